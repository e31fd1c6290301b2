"""Two makings of one view, compared by digests over the sorted rows of each table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from psycopg import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg

    from projections.views import View

__all__ = ["Comparison", "Table", "compared"]

# A row's text, and so the digest, depends on these; the time zone and the encoding are the connection's own.
_FORM: Final = "SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1"
_FROM: Final = re.compile(r"\bFROM\s+(\w+)")


class Table(NamedTuple):
    """A table's sorted rows: how many, and the SHA-256 of their text."""

    rows: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both at `position`. A table that the view in use has not, or not in this form, is None."""

    position: int
    in_use: Mapping[str, Table | None]
    rebuilt: Mapping[str, Table]

    @property
    def same(self) -> bool:
        return self.in_use == self.rebuilt

    def document(self, view: str, *, swapped: bool) -> dict[str, Any]:
        return {
            "view": view,
            "position": self.position,
            "digest_in_use": _digest(self.in_use),
            "digest_rebuilt": _digest(self.rebuilt),
            "same": self.same,
            "swapped": swapped,
            "differs": [
                {"table": name, "in_use": None if there is None else there.rows, "rebuilt": table.rows}
                for name, table in self.rebuilt.items()
                if (there := self.in_use[name]) != table
            ],
        }


def compared(cursor: psycopg.Cursor[Any], view: View, at: int, schemas: tuple[str | None, str]) -> Comparison:
    """Compare the view in use (None: there is none to be compared) with the rebuild, by their schemas.

    The caller's transaction has one snapshot, in which both stand at position `at`.
    """
    cursor.execute(_FORM)
    selects = [(found[1], rows) for rows in view.sorted_rows if (found := _FROM.search(rows))]
    in_use, rebuilt = schemas
    return Comparison(
        at,
        {name: _table_if_there(cursor, in_use, rows) if in_use else None for name, rows in selects},
        {name: _table(cursor, rebuilt, rows) for name, rows in selects},
    )


def _table_if_there(cursor: psycopg.Cursor[Any], schema: str, rows: str) -> Table | None:
    try:
        with cursor.connection.transaction():
            return _table(cursor, schema, rows)
    except (errors.UndefinedTable, errors.UndefinedColumn):  # made by a program that had other tables
        return None


def _table(cursor: psycopg.Cursor[Any], schema: str, rows: str) -> Table:
    cursor.execute(f"SET LOCAL search_path = {schema}")
    number, digest = 0, sha256()
    with cursor.copy(f"COPY ({rows}) TO STDOUT") as copy:
        for data in copy:
            digest.update(data)
            number += bytes(data).count(b"\n")  # a line is a row: one within a value is escaped
    return Table(number, digest.digest())


def _digest(tables: Mapping[str, Table | None]) -> str | None:
    """One digest over all tables; None where one is missing."""
    digest = sha256()
    for name, table in tables.items():
        if table is None:
            return None
        digest.update(f"{name} {table.rows} ".encode() + table.digest)
    return digest.hexdigest()
