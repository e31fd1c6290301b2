"""What a projection is: a schema of its own, the tables in it, and how a batch of changes is written to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import psycopg

    from projections.postings import Change

__all__ = ["Copy", "Listed", "Sorted", "View", "copy_in"]


class Copy(NamedTuple):
    """A COPY FROM STDIN, and what changes give it, in its format; nothing for no rows.

    The changes are in position order and hold whatever the log says of their subjects, or are what follows on that.
    """

    statement: str
    data: Callable[[Sequence[Change]], str | bytes]


class Listed(NamedTuple):
    """A COPY FROM STDIN of rows that name a list by its number, in their last column.

    `rows` gives by the list's name the other columns of each row, in COPY's text format.
    """

    statement: str
    rows: Callable[[Sequence[Change]], Mapping[str, list[str]]]

    def data(self, rows: Sequence[str], number: int) -> str:
        """The same rows with the number of their list."""
        end = f"\t{number}\n"
        return end.join((*rows, "")) if rows else ""


class Sorted(NamedTuple):
    """The rows of a table in a total order; `order` begins with an integer column, `columns` are all that count."""

    table: str
    order: str
    columns: str = "*"

    @property
    def select(self) -> str:
        return f"SELECT {self.columns} FROM {self.table} ORDER BY {self.order}"


@dataclass(frozen=True, slots=True)
class View:
    """One projection.

    `name` is its schema and the end of its consumer group. `tables` is SQL that makes what is missing, with unqualified
    names: whoever runs it, or `apply`, has set the search path to the schema, which a rebuild replaces by another.
    `shape` counts the shapes that its rows have had: a view in another shape must be rebuilt.
    `apply` gets changes in position order, inside the transaction that also moves the position. `rows` together show
    every row, for the digest that a rebuild is compared by. `noting` views keep anomalies; the others are spared
    finding them. `readers` may read all of it, or, where `rights` bound them, their part; `rights` is SQL like
    `tables`, run only where it has changed.

    A view can also be written from changes that hold all facts of some subjects, before and after others: `copies` and
    `listed` are all that such changes say, and `finish` makes the rest, of what was written up to a position.
    """

    name: str
    tables: str
    apply: Callable[[psycopg.Cursor[Any], Sequence[Change]], None]
    rows: tuple[Sorted, ...]
    copies: tuple[Copy, ...]
    listed: tuple[Listed, ...] = ()
    finish: Callable[[psycopg.Cursor[Any], int], None] | None = None
    noting: bool = False
    shape: int = 1
    readers: tuple[str, ...] = ()
    rights: str = ""

    @property
    def sorted_rows(self) -> tuple[str, ...]:
        """SELECTs that together show every row, each in a total order."""
        return tuple(rows.select for rows in self.rows)


def copy_in(cursor: psycopg.Cursor[Any], statement: str, data: str | bytes) -> None:
    """Run a COPY FROM STDIN with data in its format, which is not begun where there is none."""
    if data:
        with cursor.copy(statement.encode()) as copy:
            copy.write(data)
