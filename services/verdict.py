"""What a check found: its figure, and what is wrong, named by place and never by person."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import psycopg

__all__ = ["Alongside", "Verdict", "stream"]

Row = tuple[Any, ...]

_MOST: Final = 5
"""As many of the violations are named; all are counted."""

_AT_ONCE: Final = 2000

_numbers = count(1)


@dataclass(slots=True)
class Verdict:
    """One invariant; `figure` says how much was looked at."""

    name: str
    figure: int = 0
    wrong: int = 0
    what: list[str] = field(default_factory=list)

    def note(self, text: str, times: int = 1) -> None:
        self.wrong += times
        if len(self.what) < _MOST:
            self.what.append(text)

    def answer(self) -> dict[str, Any]:
        """`wrong` and `what`, the first violations by name, are there only where it is not ok."""
        said = {"name": self.name, "ok": self.wrong == 0, "figure": self.figure}
        return {**said, "wrong": self.wrong, "what": self.what} if self.wrong else said


def stream(
    connection: psycopg.Connection[Row], query: str, given: Mapping[str, Any] | Sequence[Any] = ()
) -> Iterator[Row]:
    """Read a query's rows from the server as they are needed, so that memory does not grow with their number."""
    with connection.cursor(f"audit_{next(_numbers)}", binary=True) as cursor:
        cursor.execute(query.encode(), given)
        while rows := cursor.fetchmany(_AT_ONCE):
            yield from rows


class Alongside:
    """Rows in order of their first column, taken key by key beside something else in the same order.

    `stray` is told of each row whose key was passed over.
    """

    def __init__(self, rows: Iterator[Row], stray: Callable[[Row], None]) -> None:
        self._rows = rows
        self._stray = stray
        self._next = next(rows, None)

    def take(self, key: Any) -> list[Row]:
        """The rows of `key`, which is greater than any before."""
        taken: list[Row] = []
        row = self._next
        while row is not None:
            if row[0] == key:
                taken.append(row)
            elif row[0] < key:
                self._stray(row)
            else:
                break
            row = next(self._rows, None)
        self._next = row
        return taken

    def finish(self) -> None:
        """Pass over what is left."""
        while self._next is not None:
            self._stray(self._next)
            self._next = next(self._rows, None)
