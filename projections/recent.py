"""Figures that are remembered: at the next position only what came in between is asked for.

A figure of a list's members is a sum over people, and from one position to another only those give something else to it
of whom a posting or a listing came, or a listing was withdrawn. So it is the sum as known at the other position, less
what those people gave to it, more what they give: both by the very statement that asks about everybody. A balance of
everybody is a sum of postings, so those in between are all that is missing.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from contextlib import nullcontext
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from projections.counts import BLOCK

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from uuid import UUID

    import psycopg

__all__ = ["Recent", "Summed", "sums"]

_MOST: Final = 100
_TURNS: Final = 16
_OF_THE_POSITION: Final = ("known", "complete", "open")

# Of whom something came after one position and up to another.
_TOUCHED: Final = """
SELECT subject FROM counts.posting WHERE position > %(after)s AND position <= %(until)s
UNION SELECT subject FROM counts.listing WHERE position > %(after)s AND position <= %(until)s
UNION SELECT subject FROM counts.listing WHERE withdrawn > %(after)s AND withdrawn <= %(until)s
"""

# A view that was put back from a copy, or made anew, is another one: its server has been started, or its table made.
_WHICH: Final = """
SELECT position, pg_postmaster_start_time(), 'counts.posting'::regclass::oid::bigint FROM counts.position
"""


class Summed(NamedTuple):
    """Statements of rows whose last column is a sum, by the others, as known at %(known)s.

    Of everybody; and of %(those)s alone, or of what was posted after the position %(after)s up to %(until)s.
    """

    everybody: str
    those: str = ""
    posted: str = ""


class _Known(NamedTuple):
    position: int
    sums: Mapping[tuple[Any, ...], int]


class Recent:
    """Sums by what was asked, of each kind so many of the latest used; shared by threads.

    Each has some hundred numbers at most, so all of them some 30 MB.
    """

    def __init__(self, most: int = _MOST, far: int = BLOCK) -> None:
        self._most = most
        self._far = far
        self._kept: defaultdict[Summed, OrderedDict[tuple[Hashable, int], _Known]] = defaultdict(OrderedDict)
        self._lock = Lock()
        self._turns = tuple(Lock() for _ in range(_TURNS))

    def turn(self, key: Hashable) -> Lock:
        """Whoever holds it asks this alone; another who asks the same waits, and then finds most of it here."""
        return self._turns[hash(key) % _TURNS]

    def near(self, summed: Summed, key: Hashable, position: int, reached: int) -> _Known | None:
        """The nearest position at which it is known, of those that have been `reached`; None where none is near."""
        with self._lock:
            kept = self._kept[summed]
            known = [one for (asked, at), one in kept.items() if asked == key and at <= reached]
            found = min(known, key=lambda one: abs(one.position - position), default=None)
            if found is None or abs(found.position - position) > self._far:
                return None
            kept.move_to_end((key, found.position))
            return found

    def keep(self, summed: Summed, key: Hashable, one: _Known, instead_of: _Known | None) -> None:
        """Keep it. Of two that are near to each other the later one is kept."""
        with self._lock:
            kept = self._kept[summed]
            if instead_of is not None:
                if instead_of.position >= one.position:
                    return
                kept.pop((key, instead_of.position), None)
            kept[key, one.position] = one
            while len(kept) > self._most:
                kept.popitem(last=False)

    def __len__(self) -> int:
        """How many sums are kept."""
        return sum(map(len, self._kept.values()))


def sums(
    cursor: psycopg.Cursor[Any], summed: Summed, asked: Mapping[str, Any], recent: Recent | None
) -> Mapping[tuple[Any, ...], int]:
    """The sums as known at `asked["known"]`, without those of nobody; by what is remembered, where there is such.

    Nothing is taken from beyond where the view stands in the transaction's own snapshot: it sees nothing of what came
    in between, so what another transaction has learned there later would be given for what was known here.
    """
    if recent is None:
        return _ask(cursor, summed.everybody, asked)
    reached, *which = cursor.execute(_WHICH).fetchone() or (0,)
    key = (*which,), tuple(value for name, value in sorted(asked.items()) if name not in _OF_THE_POSITION)
    known: int = asked["known"]
    before = recent.near(summed, key, known, reached)
    if before is None:
        with recent.turn((summed, key)) if summed.those else nullcontext():
            before = recent.near(summed, key, known, reached)
            if before is None:
                found: Mapping[tuple[Any, ...], int] = _ask(cursor, summed.everybody, asked)
                recent.keep(summed, key, _Known(known, found), None)
                return found
    found = _since(cursor, summed, asked, before)
    recent.keep(summed, key, _Known(known, found), before)
    return found


def _since(
    cursor: psycopg.Cursor[Any], summed: Summed, asked: Mapping[str, Any], before: _Known
) -> Mapping[tuple[Any, ...], int]:
    if before.position == asked["known"]:
        return before.sums
    if summed.posted:
        return _posted_since(cursor, summed, asked, before)
    those = _touched(cursor, before.position, asked["known"])
    if not those:
        return before.sums
    found = Counter(before.sums)
    found.subtract(_ask(cursor, summed.those, {**asked, "known": before.position, "those": those}))
    found.update(_ask(cursor, summed.those, {**asked, "those": those}))
    return {key: people for key, people in found.items() if people}


def _posted_since(
    cursor: psycopg.Cursor[Any], summed: Summed, asked: Mapping[str, Any], before: _Known
) -> Mapping[tuple[Any, ...], int]:
    found, known = Counter(before.sums), asked["known"]
    between = {"after": min(before.position, known), "until": max(before.position, known)}
    posted = _ask(cursor, summed.posted, {**asked, **between})
    (found.update if before.position < known else found.subtract)(posted)
    return {key: people for key, people in found.items() if people}


def _touched(cursor: psycopg.Cursor[Any], one: int, another: int) -> Sequence[UUID]:
    asked = {"after": min(one, another), "until": max(one, another)}
    return [subject for (subject,) in cursor.execute(_TOUCHED, asked, binary=True)]


def _ask(cursor: psycopg.Cursor[Any], statement: str, asked: Mapping[str, Any]) -> dict[tuple[Any, ...], int]:
    rows = cursor.execute(statement.encode(), asked, binary=True).fetchall()
    return {row[:-1]: int(row[-1]) for row in rows if row[-1]}
