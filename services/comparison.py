"""Two makings of one view, compared by digests over the sorted rows of each table."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import psycopg
from psycopg import errors

from events import database

if TYPE_CHECKING:
    from collections.abc import Mapping

    from projections.views import Sorted, View

__all__ = ["Beside", "Comparison", "Table", "compared"]

# Rows as PostgreSQL sends them in binary, each column with its type and length, chunk by chunk: a chunk is short enough
# to be one value. Everything is made in the server, which sends a line a chunk.
_DIGESTS: Final = """
    SELECT {chunk}, count(*), sha256(string_agg(record_send(one), ''::bytea ORDER BY {order}))
    FROM (SELECT {columns} FROM {table}) AS one GROUP BY 1 ORDER BY 1
"""
_CHUNK: Final = 16_384
_TO_SORT: Final = "SET LOCAL work_mem = '128MB'"


class Table(NamedTuple):
    """A table's sorted rows: how many, and a SHA-256 over them."""

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


def compared(beside: Beside, view: View, at: int, schemas: tuple[str | None, str]) -> Comparison:
    """Compare the view in use (None: there is none to be compared) with the rebuild, by their schemas.

    In the snapshot both stand at position `at`.
    """
    in_use, rebuilt = schemas
    left = deque((schema, rows) for rows in view.rows for schema in schemas if schema)
    with ThreadPoolExecutor(beside.connections) as pool:
        found = dict(chain.from_iterable(pool.map(beside.digests, [left] * beside.connections)))
    tables = {rows.table: found[rebuilt, rows.table] for rows in view.rows}
    made = {name: table for name, table in tables.items() if table is not None}
    return Comparison(at, {name: found[in_use, name] if in_use else None for name in tables}, made)


class Beside(NamedTuple):
    """Connections side by side that share a snapshot, which somebody holds until they are done."""

    address: str
    snapshot: str
    connections: int

    def digests(self, left: deque[tuple[str, Sorted]]) -> list[tuple[tuple[str, str], Table | None]]:
        """Read on one connection what is left for all of them, until nothing is."""
        found: list[tuple[tuple[str, str], Table | None]] = []
        with database.connect(self.address, "rekam_projector") as connection, connection.cursor() as cursor:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            cursor.execute(f"SET TRANSACTION SNAPSHOT '{self.snapshot}'".encode())
            cursor.execute(_TO_SORT)
            with suppress(IndexError):
                while True:
                    schema, rows = left.popleft()
                    found.append(((schema, rows.table), _table_if_there(cursor, schema, rows)))
        return found


def _table_if_there(cursor: psycopg.Cursor[Any], schema: str, rows: Sorted) -> Table | None:
    try:
        with cursor.connection.transaction():
            return _table(cursor, schema, rows)
    except (errors.UndefinedTable, errors.UndefinedColumn):  # made by a program that had other tables
        return None


def _table(cursor: psycopg.Cursor[Any], schema: str, rows: Sorted) -> Table:
    cursor.execute(f"SET LOCAL search_path = {schema}".encode())
    first = rows.order.split(",")[0]
    chunk = f"{first} / {_CHUNK}" if first == "position" else first
    statement = _DIGESTS.format(chunk=chunk, columns=rows.columns, order=rows.order, table=rows.table)
    number, digest = 0, sha256()
    for _, some, of_chunk in cursor.execute(statement.encode(), binary=True):
        number += some
        digest.update(of_chunk)
    return Table(number, digest.digest())


def _digest(tables: Mapping[str, Table | None]) -> str | None:
    """One digest over all tables; None where one is missing."""
    digest = sha256()
    for name, table in tables.items():
        if table is None:
            return None
        digest.update(f"{name} {table.rows} ".encode() + table.digest)
    return digest.hexdigest()
