"""The rows of a list one after the other, from a place in it on: who is met, who of them is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from events.errors import WrongUse
from projections.accounts import ACCOUNTS
from projections.opening import opened, residents, signs
from projections.people import row_of, signs_on
from projections.selection import kelurahan_in
from projections.walking import order, shown_by, subject_of, within

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from uuid import UUID

    from projections.transfers import Account
    from projections.walking import Asking

__all__ = ["Key", "Met", "through"]

# From the standing of the day, on a later one before the date; what was posted and no longer holds sums to nothing.
_LEAVING: Final = """
    SELECT DISTINCT subject
    FROM (SELECT asked.subject
          FROM unnest(%(subjects)b::uuid[], %(standings)b::text[]) AS asked (subject, standing),
               LATERAL (SELECT * FROM outstanding.posting
                        WHERE posting.subject = asked.subject AND position <= %(known)b
                          AND valid_on > %(day)b AND valid_on < %(before)b OFFSET 0) AS posted
               JOIN outstanding.account AS f ON f.number = from_account
               JOIN outstanding.account AS t ON t.number = to_account
          WHERE f.standing = asked.standing AND t.standing <> asked.standing
          GROUP BY asked.subject, valid_on, from_account, to_account
          HAVING sum(people) > 0) AS left_then
"""

#: People that are shown are read and opened in such groups, as a page that is full wants no more of them.
_AT_ONCE: Final = 100


class Key(NamedTuple):
    """A place in a list: behind `rank` people of the walk of that kelurahan, who are `number` rows of the list so far.

    It is one place of one question at one position: of another it says nothing.
    """

    kelurahan: str
    rank: int
    number: int


class Met(NamedTuple):
    """A row, and the place behind it; or no row, and a place that somebody may be met after."""

    key: Key
    row: dict[str, Any] | None


def through(one: Asking, start: Key | None, size: int, *, full: bool) -> Iterator[Met]:
    """Every row from the place on, and a place before each `size` people that are looked at.

    WrongUse where the place lies in a kelurahan that is no part of the list.
    """
    areas = kelurahan_in(one.wanted.area)
    start = start or Key(areas[0], 0, 0)
    if start.kelurahan not in areas or start.rank < 0 or start.number < 0:
        raise WrongUse(f"{tuple(start)} is no place in this list: begin at its first page")
    number = start.number
    for area in areas[areas.index(start.kelurahan) :]:
        found = order(one, area)
        rank, last = within(one, found)
        rank = max(rank, start.rank) if area == start.kelurahan else rank
        while rank < last:
            yield Met(Key(area, rank, number), None)
            end = min(rank + size, last)
            some = found.marks[rank:end]
            for at, row in _rows(one, some, found.accounts[rank:end], full=full):
                number += 1
                yield Met(Key(area, rank + at + 1, number), {"number": number, **row})
            rank += len(some)


def _rows(
    one: Asking, marks: Sequence[bytes], accounts: Sequence[int], *, full: bool
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Whoever of them is asked for, with where among them they are met."""
    wanted = one.wanted
    there = {subject_of(mark): ACCOUNTS[number] for mark, number in zip(marks, accounts, strict=True)}
    met = {subject: at for at, subject in enumerate(there)}
    let = list((_asked_for(one, marks, there) if wanted.filters.any else there).items())
    for first in range(0, len(let), _AT_ONCE):
        some = dict(let[first : first + _AT_ONCE])
        known = residents(one.cursor, one.keys, some, wanted.day, wanted.known)
        for subject, resident in zip(some, known, strict=True):
            yield met[subject], row_of(resident, wanted.day, full=full)


def _asked_for(one: Asking, marks: Sequence[bytes], there: Mapping[UUID, Account]) -> dict[UUID, Account]:
    """Who is let by the filters, in the order given; first by what is in clear, so that fewer are opened."""
    wanted, filters = one.wanted, one.wanted.filters
    let = dict(there)
    if filters.leaves_before is not None:
        leaving = _leaving(one, let)
        let = {subject: account for subject, account in let.items() if subject in leaving}
    if filters.by_signs:
        seen = signs(one.cursor, list(let), wanted.known)
        let = {
            subject: account
            for subject, account in let.items()
            if filters.let_signs(account, signs_on(seen.get(subject, ()), wanted.day), wanted.day)
        }
    if filters.by_person:
        shown = [named for mark in marks if (named := shown_by(mark)) is not None and named[0] in let]
        found = opened(one.cursor, one.keys, shown)
        those = {shown[at][0] for at, who in found if filters.let_person(who, wanted.day)}
        let = {subject: account for subject, account in let.items() if subject in those}
    return let


def _leaving(one: Asking, there: Mapping[UUID, Account]) -> frozenset[UUID]:
    asked = {
        "subjects": list(there),
        "standings": [account.standing for account in there.values()],
        "day": one.wanted.day,
        "before": one.wanted.filters.leaves_before,
        "known": one.wanted.known,
    }
    return frozenset(subject for (subject,) in one.cursor.execute(_LEAVING, asked, binary=True, prepare=False))
