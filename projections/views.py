"""What a projection is: a schema of its own, the tables in it, and how a batch of changes is written to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import psycopg

    from projections.postings import Change

__all__ = ["View"]


@dataclass(frozen=True, slots=True)
class View:
    """One projection.

    `name` is its schema and the end of its consumer group. `tables` is SQL that makes what is missing, with unqualified
    names: whoever runs it, or `apply`, has set the search path to the schema, which a rebuild replaces by another.
    `shape` counts the shapes that its rows have had: a view in another shape must be rebuilt.
    `apply` gets changes in position order, inside the transaction that also moves the position. `sorted_rows` are
    SELECTs with a total order that together show every row, for the digest that a rebuild is compared by. `noting`
    views keep anomalies; the others are spared finding them. `readers` may read all of it, or, where `rights` bound
    them, their part; `rights` is SQL like `tables`, run only where it has changed.
    """

    name: str
    tables: str
    apply: Callable[[psycopg.Cursor[Any], Sequence[Change]], None]
    sorted_rows: tuple[str, ...]
    noting: bool = False
    shape: int = 1
    readers: tuple[str, ...] = ()
    rights: str = ""
