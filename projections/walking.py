"""In which order the people of a kelurahan are met: the walk, of which everybody has to be opened at least once.

What is learned of it is kept in `walks`, where the caller has some. When more has become known only those are opened
who are new, or of whom something newer is known, and some of their neighbours.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from math import isqrt
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

from projections import position
from projections.ledger import STANDS
from projections.opening import opened
from projections.people import counted, place_of
from projections.selection import kelurahan_in
from projections.transfers import NOWHERE
from projections.walks import PLACED, Before, Order, Walk
from projections.wanted import IS_MEMBER, Wanted, accounts_in, nowhere_yet, numbers_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg

    from events.vault import Keys
    from projections.people import Place
    from projections.walks import Walks
    from projections.wanted import Sight

__all__ = ["Asking", "order", "remembered", "shown_by", "subject_of", "within"]

# Which of the particulars are shown: of those that are live the greatest by S.
_MARKS: Final = """
    WITH stands AS MATERIALIZED ({stands})
    SELECT coalesce(uuid_send(stands.subject) || int8send(shown.position), uuid_send(stands.subject)), stands.account
    FROM stands LEFT JOIN LATERAL (
        SELECT position FROM (SELECT * FROM outstanding.particulars AS p
                              WHERE p.subject = stands.subject AND p.position <= %(known)b OFFSET 0) AS stated
        WHERE NOT EXISTS (SELECT FROM outstanding.withdrawal AS w
                          WHERE w.subject = stated.subject AND w.source = stated.source AND w.id = stated.id
                            AND w.position <= %(known)b OFFSET 0)
          AND EXISTS (SELECT FROM vault.person AS v WHERE v.subject = stands.subject OFFSET 0)
        ORDER BY recordedtime COLLATE "C" DESC, source COLLATE "C" DESC, id COLLATE "C" DESC LIMIT 1
    ) AS shown ON true
"""
_STANDS: Final = STANDS.format(view="outstanding")
_STANDS_ON_LIST: Final = f"SELECT subject, account FROM ({_STANDS}) AS stands WHERE {IS_MEMBER}"
_OF_ACCOUNTS: Final = _MARKS.format(stands=_STANDS)
_OF_MEMBERS: Final = _MARKS.format(stands=_STANDS_ON_LIST)
_OF_SUBJECTS: Final = _MARKS.format(stands="SELECT unnest(%(subjects)b::uuid[]) AS subject, 0::smallint AS account")

# Whose mark or account another position may have changed: something was posted there, or said of their particulars.
_TOUCHED: Final = """
    SELECT subject FROM outstanding.posting
    WHERE position + 0 > %(after)b AND position + 0 <= %(until)b
      AND (to_account = ANY(%(accounts)b::smallint[]) OR from_account = ANY(%(accounts)b::smallint[]))
    UNION SELECT subject FROM outstanding.particulars WHERE position + 0 > %(after)b AND position + 0 <= %(until)b
    UNION SELECT subject FROM outstanding.withdrawal WHERE position + 0 > %(after)b AND position + 0 <= %(until)b
"""
_ONLY: Final = ("AND position <= %(known)b", "AND position <= %(known)b AND subject = ANY(%(those)b::uuid[])")
_OF_THOSE: Final = _OF_ACCOUNTS.replace(_STANDS, _STANDS.replace(*_ONLY))
_OF_THOSE_MEMBERS: Final = _OF_MEMBERS.replace(_STANDS, _STANDS.replace(*_ONLY))

#: With more new ones than one in so many, everybody is opened again.
_FEW: Final = 8
#: Positions from one that is remembered to which it is quicker to ask who has changed than to ask about everybody.
_NEAR: Final = 16_384
_LEAST_APART: Final = 16


@dataclass(frozen=True, slots=True)
class Asking:
    """One question while it is answered, with what `check` has said of it."""

    cursor: psycopg.Cursor[Any]
    keys: Keys
    wanted: Wanted
    walks: Walks | None
    sight: Sight


class _Asked(NamedTuple):
    """What is asked about a kelurahan: what a walk is learned by, that and the day, and as known when."""

    learned: tuple[Any, ...]
    on_the_day: tuple[Any, ...]
    known: int


def order(one: Asking, area: str) -> Order:
    """Everybody in that kelurahan whom the question finds, whatever its filters."""
    if one.walks is None:
        return _order(one, area, None)[0]
    asked = _asked(one.sight, area, one.wanted)
    if (found := _remembered(one.walks, asked)) is not None:
        return found
    with one.walks.turn(asked.learned):
        if (found := _remembered(one.walks, asked)) is not None:
            return found
        newest = one.walks.newest(asked.on_the_day)
        # the transaction's own snapshot sees nothing of what came after where the view stands in it
        reached = position.of(one.cursor, "outstanding")
        before = newest if newest is not None and newest.known <= reached else None
        found, walk = _order(one, area, one.walks.walk(asked.learned), before)
        one.walks.keep_walk(asked.learned, walk)
        if newest is None or newest.known < one.wanted.known:  # and the one before is found by this one, if need be
            one.walks.keep_newest(asked.on_the_day, Before(one.wanted.known, found))
        else:
            one.walks.keep_order(asked, found)
    return found


def remembered(sight: Sight, wanted: Wanted, walks: Walks) -> Order | None:
    """The order of a question about one kelurahan, if it was asked before; nothing is looked for."""
    (area,) = kelurahan_in(wanted.area)
    return _remembered(walks, _asked(sight, area, wanted))


def _remembered(walks: Walks, asked: _Asked) -> Order | None:
    before = walks.newest(asked.on_the_day)
    if before is not None and before.known == asked.known:
        return before.order
    return walks.order(asked)


def _asked(sight: Sight, area: str, wanted: Wanted) -> _Asked:
    learned = sight, area, wanted.standing, wanted.list
    return _Asked(learned, (*learned, wanted.day), wanted.known)


def subject_of(mark: bytes) -> UUID:
    return UUID(bytes=mark[:16])


def shown_by(mark: bytes) -> tuple[UUID, int] | None:
    """Whose particulars are shown, and their position; None where there are none to be opened."""
    return (subject_of(mark), int.from_bytes(mark[16:])) if len(mark) == PLACED else None


def within(one: Asking, found: Order) -> tuple[int, int]:
    """From where to before where in the order somebody of the asked RW may be met; some others may be, too."""
    filters = one.wanted.filters
    if filters.rw is None:
        return 0, len(found.marks)
    prefix = (0, counted(filters.rw)) if filters.rt is None else (0, counted(filters.rw), counted(filters.rt))
    first, last = 0, found.placed
    apart = max(_LEAST_APART, isqrt(found.placed))
    ranks = range(0, found.placed, apart)
    places = _places(one, [found.marks[rank] for rank in ranks])
    for rank in ranks:
        if (place := places.get(found.marks[rank])) is not None:
            if place[: len(prefix)] < prefix:
                first = rank
            elif place[: len(prefix)] > prefix:
                last = min(last, rank)
    return first, last


def _order(one: Asking, area: str, walk: Walk | None, before: Before | None = None) -> tuple[Order, Walk]:
    if before is None:
        found = _marks(one, area)
    elif (since := _marks_since(one, area, before)) is not None:
        found = since
    elif walk is not None:
        return before.order, walk
    else:
        found = _pairs_of(before.order)
    walk = _walk(one, walk, [mark for mark in found if len(mark) == PLACED])
    ranks = walk.ranks
    there = [walk.marks[rank] for rank in sorted([ranks[mark] for mark in found if mark in ranks])]
    rest = sorted((mark[:16], account) for mark, account in found.items() if mark not in ranks)
    accounts = array("H", [*(found[mark] for mark in there), *(account for _, account in rest)])
    return Order((*there, *(mark for mark, _ in rest)), accounts, len(there)), walk


def _marks(one: Asking, area: str) -> dict[bytes, int]:
    """Whom the question finds there, and the number of the account that each stands in."""
    wanted = one.wanted
    numbers = numbers_in(wanted, area)
    asked = {"accounts": numbers, "day": wanted.day, "known": wanted.known, "list": wanted.list}
    statement = _OF_ACCOUNTS if wanted.list is None else _OF_MEMBERS
    found = _pairs(one.cursor, statement, asked) if numbers else {}
    if NOWHERE in accounts_in(wanted, area):
        subjects = nowhere_yet(one.cursor, wanted)
        found |= _pairs(one.cursor, _OF_SUBJECTS, {"subjects": subjects, "known": wanted.known})
    return found


def _pairs_of(order: Order) -> dict[bytes, int]:
    return dict(zip(order.marks, order.accounts, strict=True))


def _marks_since(one: Asking, area: str, before: Before) -> dict[bytes, int] | None:
    """`_marks`, by those at another position: of everybody whom nothing in between has touched they are the same.

    None where they are the same of all.
    """
    wanted, accounts = one.wanted, accounts_in(one.wanted, area)
    if abs(wanted.known - before.known) > _NEAR or NOWHERE in accounts:
        return _marks(one, area)
    asked = {"accounts": numbers_in(wanted, area), "day": wanted.day, "known": wanted.known, "list": wanted.list}
    asked |= {"after": min(before.known, wanted.known), "until": max(before.known, wanted.known)}
    touched = [row[0] for row in one.cursor.execute(_TOUCHED.encode(), asked, binary=True, prepare=False).fetchall()]
    if not touched:
        return None
    statement = _OF_THOSE if wanted.list is None else _OF_THOSE_MEMBERS
    new = _pairs(one.cursor, statement, {**asked, "those": touched})
    changed = {subject.bytes for subject in touched}
    found = _pairs_of(before.order)
    old = {mark: found.pop(mark) for mark in before.order.marks if mark[:16] in changed}
    return None if old == new else found | new


def _pairs(cursor: psycopg.Cursor[Any], statement: str, asked: Mapping[str, Any]) -> dict[bytes, int]:
    return dict(cursor.execute(statement.encode(), asked, binary=True, prepare=False).fetchall())


def _walk(one: Asking, walk: Walk | None, placed: Sequence[bytes]) -> Walk:
    """The walk, with all of these in it who can be opened."""
    new = placed if walk is None else [mark for mark in placed if mark not in walk.ranks]
    if walk is not None and not new:
        return walk
    if walk is None or len(new) * _FEW > len(placed) or len(walk.marks) > 2 * len(placed) + _FEW:
        places = _places(one, placed)
        return _walk_of(sorted(places, key=places.__getitem__))
    return _walk_of(_put_in(one, walk.marks, new))


def _put_in(one: Asking, marks: Sequence[bytes], new: Sequence[bytes]) -> list[bytes]:
    """Some more marks in a walk. To find between which, every so many are opened, and then all between two of those."""
    apart = max(_LEAST_APART, isqrt(len(marks) // len(new)))
    posts = range(0, len(marks), apart)
    places = _places(one, [*new, *(marks[rank] for rank in posts)])
    standing = [rank for rank in posts if marks[rank] in places]
    heights = [places[marks[rank]] for rank in standing]
    between: defaultdict[tuple[int, int], list[bytes]] = defaultdict(list)
    for mark in new:
        if mark in places:
            at = bisect_left(heights, places[mark])
            ends = standing[at - 1] if at else 0, standing[at] if at < len(standing) else len(marks)
            between[ends].append(mark)
    places |= _places(one, [mark for first, last in between for mark in marks[first:last]])
    put: list[bytes] = []
    behind = 0
    for (first, last), some in sorted(between.items()):
        met = [mark for mark in (*marks[first:last], *some) if mark in places]
        put += (*marks[behind:first], *sorted(met, key=places.__getitem__))
        behind = last
    return [*put, *marks[behind:]]


def _walk_of(marks: Sequence[bytes]) -> Walk:
    return Walk(marks, {mark: rank for rank, mark in enumerate(marks)})


def _places(one: Asking, marks: Sequence[bytes]) -> dict[bytes, Place]:
    """Where each comes in the walk, of those that can be opened."""
    shown = [(subject_of(mark), int.from_bytes(mark[16:])) for mark in marks]
    found = opened(one.cursor, one.keys, shown)
    return {marks[at]: place_of(shown[at][0].hex, personal) for at, personal in found}
