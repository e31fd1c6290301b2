"""What moved between kinds of accounts, day by day: of everybody, or of the members of a list.

The accounts are many and a question tells a few kinds of them apart, so the sums are made by kind, in one pass over the
cells and the open block's postings.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from events.errors import WrongUse
from projections.accounts import NUMBERS
from projections.balances import MEMBER, MOVED, MOVED_BY_MEMBERS, balances, blocks
from projections.counts import BLOCK
from projections.lists import check, declaration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg

__all__ = ["LONGEST", "Move", "Span", "days_of", "member", "moved", "moves", "span", "values"]

#: Days that one question may ask about: ten years.
LONGEST: Final = 3660

_DAY: Final = timedelta(1)

# An account is looked up in the array of kinds, which begins at 1: quicker than to look for it among several hundred.
_MOVES: Final = """
SELECT valid_on, from_kind, to_kind, sum(people)::bigint
FROM (SELECT valid_on, people, (%(kinds)s::smallint[])[from_account + 1] AS from_kind,
        (%(kinds)s::smallint[])[to_account + 1] AS to_kind
      FROM ({moved}) AS moved) AS told
WHERE from_kind <> to_kind
GROUP BY 1, 2, 3
HAVING sum(people) <> 0
"""


class Span(NamedTuple):
    """The days after `after` up to `until`, as known at `known`; of the members of `list`, or of everybody."""

    after: date
    until: date
    known: int
    list: str | None


class Move(NamedTuple):
    """On `day` as many `people` went from accounts of one kind to accounts of another, net of what was taken back."""

    day: date
    from_kind: int
    to_kind: int
    people: int


def span(
    cursor: psycopg.Cursor[Any], first: date, last: date, known: int, list_: str | None = None
) -> tuple[Span, int]:
    """The days `first` to `last`, both of them, and the view's reading version.

    WrongUse where they end before they begin, or are more than LONGEST; NoAnswer as for counts, also for a list never
    heard of.
    """
    if last < first:
        raise WrongUse(f"a period ends after it begins: {first} to {last}")
    if (last - first).days >= LONGEST:
        raise WrongUse(f"{first} to {last} are {(last - first).days + 1} days: ask for {LONGEST} at most")
    reading_version = check(cursor, first, known)
    if list_ is not None:
        declaration(cursor, list_, known)
    return Span(first - _DAY, last, known, list_), reading_version


def moves(cursor: psycopg.Cursor[Any], asked: Span, kinds: Sequence[int]) -> Iterator[Move]:
    """What moved between kinds, in no order; `kinds` has the kind of each account, in the order of their numbers.

    Where somebody stood at the end of `after` is a move on that day, out of `nowhere`.
    """
    if asked.list is None:
        nowhere = kinds[0]
        for account, people in balances(cursor, asked.after, asked.known, BLOCK).items():
            yield Move(asked.after, nowhere, kinds[NUMBERS[account]], people)
    cursor.execute(_MOVES.format(moved=moved(asked)).encode(), {**values(asked), "kinds": list(kinds)})
    yield from map(Move._make, cursor)


def moved(asked: Span) -> str:
    """The query of all that was posted, with its `values` to be given; of a list also what came before its days."""
    return MOVED if asked.list is None else MOVED_BY_MEMBERS


def member(asked: Span) -> str:
    """A condition that the subject is a member of the list, if one is asked about."""
    return "true" if asked.list is None else f"subject IN ({MEMBER})"


def values(asked: Span) -> dict[str, Any]:
    return {**asked._asdict(), **blocks(asked.known, BLOCK)}


def days_of(asked: Span) -> Iterator[date]:
    """Each of its days, in order."""
    for number in range(1, (asked.until - asked.after).days + 1):
        yield asked.after + number * _DAY
