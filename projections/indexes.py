"""The indexes of tables that are to be filled: taken away before, and made again from their own definitions afterwards.

An index that is made of all rows at once is sorted once; one that grows row by row, out of order, costs several times
as much. Meanwhile autovacuum is kept away, which would hold up the making.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg

    from projections.views import View

__all__ = ["Index", "filled", "make", "settle", "take_away"]

_INTO: Final = re.compile(r"\bCOPY (\w+)")

_INDEXES: Final = """
    SELECT format('%%I.%%I', n.nspname, t.relname), c.relname, pg_get_indexdef(i.indexrelid), k.conname IS NOT NULL
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_class t ON t.oid = i.indrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
    LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype = 'p' AND k.conrelid = t.oid
    WHERE n.nspname = %s AND t.relname = ANY(%s)
    ORDER BY t.relname = 'posting' DESC, c.relname = 'posting_position_idx' DESC, t.relname = 'fact' DESC, c.relname
"""


class Index(NamedTuple):
    """An index of a table, with both names as they are written in SQL; `definition` makes it."""

    table: str
    name: str
    definition: str
    primary: bool


def filled(view: View) -> list[str]:
    """The tables of a view that whole histories are written to."""
    statements = [*(copy.statement for copy in view.copies), *(listed.statement for listed in view.listed)]
    return sorted({found[1] for statement in statements if (found := _INTO.search(statement))})


def take_away(cursor: psycopg.Cursor[Any], view: View, schema: str) -> list[Index]:
    """Drop the indexes of the tables that are to be filled; what they were.

    First the one by which a view is finished, then those that take longest.
    """
    tables = filled(view)
    cursor.execute(_INDEXES, [schema, tables])
    taken = [Index(*row) for row in cursor.fetchall()]
    for index in taken:
        if index.primary:
            cursor.execute(f"ALTER TABLE {index.table} DROP CONSTRAINT {index.name}".encode())
        else:
            cursor.execute(f"DROP INDEX {schema}.{index.name}".encode())
    for table in tables:
        cursor.execute(f"ALTER TABLE {schema}.{table} SET (autovacuum_enabled = off)".encode())
    return taken


def make(cursor: psycopg.Cursor[Any], index: Index) -> None:
    """Make an index again; others of the same table may be made at the same time, on other connections."""
    cursor.execute(index.definition.encode())


def settle(cursor: psycopg.Cursor[Any], view: View, schema: str, indexes: Iterable[Index]) -> None:
    """When all are made again: give the primary keys their names back, and autovacuum its work."""
    for index in indexes:
        if index.primary:
            using = f"ADD CONSTRAINT {index.name} PRIMARY KEY USING INDEX {index.name}"
            cursor.execute(f"ALTER TABLE {index.table} {using}".encode())
    for table in filled(view):
        cursor.execute(f"ALTER TABLE {schema}.{table} RESET (autovacuum_enabled)".encode())
