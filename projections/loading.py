"""Views that are made anew from whole histories: rows go in by COPY, as they come, into tables without indexes.

What names a list waits in a file: lists are numbered in the order in which the log first names them, which is known
only when all of it was read.
"""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any, Self

import orjson

from projections.counts import named
from projections.views import copy_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg

    from projections.postings import Change
    from projections.views import Copy, View

__all__ = ["Loading"]


class Loading:
    """Writes histories into views by the schemas that they are made in; to be used by `with`, in one transaction."""

    def __init__(self, cursor: psycopg.Cursor[Any], views: Mapping[str, View]) -> None:
        self._cursor = cursor
        self._views = views
        self._waiting = tempfile.TemporaryFile()  # noqa: SIM115 - closed by ours
        self.names: dict[str, int] = {}
        """The lists that were named so far, each with the position that names it first."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._waiting.close()

    def write(self, changes: Sequence[Change]) -> None:
        """Write whole histories of some subjects, of whom nothing was written; changes are in position order."""
        made: dict[Copy, str | bytes] = {}  # views share some of their rows
        for schema, view in self._views.items():
            self._look_at(schema)
            for copy in view.copies:
                data = made.get(copy)
                if data is None:
                    data = made[copy] = copy.data(changes)
                copy_in(self._cursor, copy.statement, data)
            for number, listed in enumerate(view.listed):
                for name, rows in listed.rows(changes).items():
                    self._waiting.write(orjson.dumps([schema, number, name, rows]) + b"\n")
        for name, position in named(changes).items():
            self.names[name] = min(position, self.names.get(name, position))

    def write_listed(self, numbers: Mapping[str, int]) -> None:
        """Write what has waited for the numbers of all lists that were named."""
        self._waiting.seek(0)
        for line in self._waiting:
            schema, number, name, rows = orjson.loads(line)
            listed = self._views[schema].listed[number]
            self._look_at(schema)
            copy_in(self._cursor, listed.statement, listed.data(rows, numbers[name]))

    def _look_at(self, schema: str) -> None:
        self._cursor.execute(f"SET LOCAL search_path = {schema}".encode())
