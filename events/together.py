"""Several statements in one way to PostgreSQL and back: on a busy machine each way waits for its turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    import psycopg

__all__ = ["array_of", "together"]


def together(
    cursor: psycopg.Cursor[Any], statements: Sequence[str], asked: Mapping[str, Any]
) -> list[list[tuple[Any, ...]]]:
    """The rows of each statement, in their order, in the transaction of the cursor; all take what they need of `asked`.

    Where one fails its error comes out, and those behind it are not run.
    """
    connection = cursor.connection
    with connection.pipeline():
        cursors = [
            connection.cursor(binary=True).execute(statement.encode(), asked, prepare=False) for statement in statements
        ]
    return [one.fetchall() for one in cursors]


def array_of(subjects: Iterable[UUID]) -> str:
    """As PostgreSQL writes an array of them, for `%s::uuid[]`: made once for several statements, and soon."""
    return f"{{{','.join(subject.hex for subject in subjects)}}}"
