"""What was posted in a span of days: of everybody, or of the members of a list."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from events.errors import WrongUse
from projections.accounts import ACCOUNTS
from projections.balances import MOVED, blocks
from projections.counts import BLOCK
from projections.lists import check, heard_of
from projections.selection import Area, kelurahan_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import psycopg

__all__ = ["LONGEST", "Span", "days_of", "member", "moved", "numbers_of", "span", "span_of", "values"]

#: Days that one answer may have: ten years.
LONGEST: Final = 3660

_DAY: Final = timedelta(1)

# By the list's number, which is one more question, and tells the planner how many there are.
_MEMBER: Final = """
subject IN (SELECT subject FROM counts.listing
            WHERE list = %(number)s AND position <= %(known)s AND (withdrawn IS NULL OR withdrawn > %(known)s))
"""
# What came up to %(after)s stands on that day. By OFFSET 0 nothing is worked out of whom the list has not.
_MOVED_BY_MEMBERS: Final = f"""
SELECT greatest(valid_on, %(after)s) AS valid_on, from_account, to_account, people FROM counts.posting
WHERE valid_on <= %(until)s AND position <= %(known)s AND {_MEMBER}
OFFSET 0
"""


class Span(NamedTuple):
    """The days after `after` up to `until`, as known at `known`; of the members of the list `number`, or of everybody.

    `reading_version` is of the view that answers.
    """

    after: date
    until: date
    known: int
    number: int | None
    reading_version: int


def span(cursor: psycopg.Cursor[Any], first: date, last: date, known: int, list_: str | None = None) -> Span:
    """The days `first` to `last`, both of them.

    WrongUse where they end before they begin, or are more than LONGEST; NoAnswer as for counts, also for a list never
    heard of.
    """
    if last < first:
        raise _backwards(first, last)
    if (last - first).days >= LONGEST:
        raise WrongUse(f"{first} to {last} are {(last - first).days + 1} days: ask for {LONGEST} at most")
    reading_version = check(cursor, first, known)
    return Span(first - _DAY, last, known, _number(cursor, list_, known), reading_version)


def span_of(cursor: psycopg.Cursor[Any], after: date, until: date, known: int, list_: str | None = None) -> Span:
    """The days after `after`, which may be none, and as many as are asked for; refused likewise."""
    if until < after:
        raise _backwards(after, until)
    reading_version = check(cursor, after, known)
    return Span(after, until, known, _number(cursor, list_, known), reading_version)


def moved(asked: Span) -> str:
    """The query of all that was posted, with its `values` to be given; of a list also what came before its days."""
    return MOVED if asked.number is None else _MOVED_BY_MEMBERS


def member(asked: Span) -> str:
    """A condition that the subject is a member of the list, if one is asked about."""
    return "true" if asked.number is None else _MEMBER


def values(asked: Span) -> dict[str, Any]:
    return {**asked._asdict(), **blocks(asked.known, BLOCK)}


def numbers_of(standings: Iterable[str], area: Area = None) -> list[int]:
    """The accounts of these standings in an area, by number; WrongUse for an area that there is none of."""
    here = set(kelurahan_in(area))
    return [number for number, one in enumerate(ACCOUNTS) if one.standing in standings and one.area in here]


def days_of(asked: Span) -> Iterator[date]:
    """Each of its days, in order."""
    for number in range(1, (asked.until - asked.after).days + 1):
        yield asked.after + number * _DAY


def _number(cursor: psycopg.Cursor[Any], list_: str | None, known: int) -> int | None:
    return None if list_ is None else heard_of(cursor, list_, known)


def _backwards(first: date, last: date) -> WrongUse:
    return WrongUse(f"a period ends after it begins: {first} to {last}")
