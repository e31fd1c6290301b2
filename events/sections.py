"""Sections of the log: all entries of the subjects in a range, and the keys of those people; the links of its chain.

Subjects are random, so ranges of equal width hold about as many entries each. The functions work inside the caller's
transaction, whose snapshot all sections of one reading share.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

from events import log
from events.errors import Refusal

if TYPE_CHECKING:
    from psycopg import Cursor

__all__ = ["Span", "check_chain", "entries", "spans", "wrapped_keys"]

_SUBJECTS: Final = 1 << 128

_ENTRIES: Final = """
    SELECT notification_id, state FROM log.entry
    WHERE originator_id >= %b AND originator_id <= %b AND notification_id <= %b
    ORDER BY notification_id
"""
_KEYS: Final = "SELECT subject, wrapped FROM vault.person WHERE subject >= %b AND subject <= %b"

# Each link by itself, from the digest that the log holds before it: together they are the chain.
_CHAIN: Final = """
    SELECT count(*), min(notification_id) FILTER (WHERE digest IS DISTINCT FROM follows)
    FROM (SELECT notification_id, digest,
              sha256(lag(digest, 1, %b::bytea) OVER (ORDER BY notification_id) || int8send(notification_id) || state)
                  AS follows
          FROM log.entry WHERE notification_id > %b AND notification_id <= %b) AS link
"""


class Span(NamedTuple):
    """Subjects from the first to the last, both included, as the database orders them."""

    first: UUID
    last: UUID

    def __contains__(self, subject: object) -> bool:
        return isinstance(subject, UUID) and self.first.int <= subject.int <= self.last.int


def spans(number: int) -> list[Span]:
    """All subjects in so many spans of equal width, in their order."""
    bounds = [_SUBJECTS * n // number for n in range(number + 1)]
    return [Span(UUID(int=first), UUID(int=after - 1)) for first, after in pairwise(bounds)]


def entries(cursor: Cursor[tuple[Any, ...]], span: Span, up_to: int) -> list[tuple[Any, ...]]:
    """Position and bytes of all entries of the subjects in a span up to a position (inclusive), in order of position.

    By the column beside the entry: the caller sees that the entry itself says the same.
    """
    cursor.execute(_ENTRIES, [*span, up_to], prepare=False, binary=True)
    return cursor.fetchall()


def wrapped_keys(cursor: Cursor[tuple[Any, ...]], span: Span) -> dict[int, bytes]:
    """The key of each person in a span, as the vault has it, by the subject's number: a UUID hashes slowly.

    Who has none any more is left out.
    """
    cursor.execute(_KEYS, list(span), prepare=False, binary=True)
    return {subject.int: wrapped for subject, wrapped in cursor.fetchall()}


def check_chain(cursor: Cursor[tuple[Any, ...]], after: int, up_to: int) -> None:
    """See that every digest behind position `after` up to `up_to` follows from the one before it, without a gap.

    Refusal names the first that does not. Whether the digest at `after` is right is for the caller.
    """
    cursor.execute("SET LOCAL enable_sort = off")  # the log lies in this order; sorting it would copy all of it
    cursor.execute(_CHAIN, [log.digest_at(cursor, after), after, up_to], prepare=False, binary=True)
    found = cursor.fetchone()
    assert found is not None
    number, broken = found
    if broken is not None:
        raise Refusal(f"the log's digest at position {broken} does not follow from what is before: `rekam audit check`")
    if number != up_to - after:
        raise Refusal(f"the log has {number} entries behind position {after} up to {up_to}: `rekam audit check`")
