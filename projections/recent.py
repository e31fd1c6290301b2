"""Figures of a list's members, remembered: at the next position only those are asked about of whom something came.

Such a figure is a sum over people, and from one position to another only those give something else to it of whom a
posting or a listing came, or a listing was withdrawn. So it is the sum as known at the other position, less what those
people gave to it, more what they give: both by the very statement that asks about everybody.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from projections.counts import BLOCK

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from uuid import UUID

    import psycopg

__all__ = ["Recent", "Summed", "sums"]

_MOST: Final = 200
_TURNS: Final = 16

# Of whom something came after one position and up to another.
_TOUCHED: Final = """
SELECT subject FROM counts.posting WHERE position > %(after)s AND position <= %(until)s
UNION SELECT subject FROM counts.listing WHERE position > %(after)s AND position <= %(until)s
UNION SELECT subject FROM counts.listing WHERE withdrawn > %(after)s AND withdrawn <= %(until)s
"""

# A view that was put back from a copy, or made anew, is another one: its server has been started, or its table made.
_WHICH: Final = "SELECT pg_postmaster_start_time(), 'counts.posting'::regclass::oid::bigint"


class Summed(NamedTuple):
    """Statements of rows whose last column is a sum over people, by the others: of everybody, and of %(those)s alone.

    As known at %(known)s.
    """

    everybody: str
    those: str


class _Known(NamedTuple):
    position: int
    sums: Mapping[tuple[Any, ...], int]


class Recent:
    """Sums by what was asked, the latest used; shared by threads. Each has some hundred numbers at most."""

    def __init__(self, most: int = _MOST, far: int = BLOCK) -> None:
        self._most = most
        self._far = far
        self._kept: OrderedDict[tuple[Hashable, int], _Known] = OrderedDict()
        self._lock = Lock()
        self._turns = tuple(Lock() for _ in range(_TURNS))

    def turn(self, key: Hashable) -> Lock:
        """Whoever holds it asks this alone; another who asks the same waits, and then finds most of it here."""
        return self._turns[hash(key) % _TURNS]

    def near(self, key: Hashable, position: int) -> _Known | None:
        """The nearest position at which it is known; None where it is known at none that is near."""
        with self._lock:
            known = [one for (asked, _), one in self._kept.items() if asked == key]
            found = min(known, key=lambda one: abs(one.position - position), default=None)
            if found is None or abs(found.position - position) > self._far:
                return None
            self._kept.move_to_end((key, found.position))
            return found

    def keep(self, key: Hashable, one: _Known, instead_of: _Known | None) -> None:
        """Keep it. Of two that are near to each other the later one is kept."""
        with self._lock:
            if instead_of is not None:
                if instead_of.position >= one.position:
                    return
                self._kept.pop((key, instead_of.position), None)
            self._kept[key, one.position] = one
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def __len__(self) -> int:
        """How many sums are kept."""
        return len(self._kept)


def sums(
    cursor: psycopg.Cursor[Any], summed: Summed, asked: Mapping[str, Any], recent: Recent | None
) -> Mapping[tuple[Any, ...], int]:
    """The sums as known at `asked["known"]`, without those of nobody; by what is remembered, where there is such."""
    if recent is None:
        return _ask(cursor, summed.everybody, asked)
    which = cursor.execute(_WHICH).fetchone()
    key = which, summed, tuple(value for name, value in sorted(asked.items()) if name != "known")
    known: int = asked["known"]
    with recent.turn(key):
        before = recent.near(key, known)
        found = _ask(cursor, summed.everybody, asked) if before is None else _since(cursor, summed, asked, before)
        recent.keep(key, _Known(known, found), before)
    return found


def _since(
    cursor: psycopg.Cursor[Any], summed: Summed, asked: Mapping[str, Any], before: _Known
) -> Mapping[tuple[Any, ...], int]:
    those = _touched(cursor, before.position, asked["known"])
    if not those:
        return before.sums
    found = Counter(before.sums)
    found.subtract(_ask(cursor, summed.those, {**asked, "known": before.position, "those": those}))
    found.update(_ask(cursor, summed.those, {**asked, "those": those}))
    return {key: people for key, people in found.items() if people}


def _touched(cursor: psycopg.Cursor[Any], one: int, another: int) -> Sequence[UUID]:
    asked = {"after": min(one, another), "until": max(one, another)}
    return [subject for (subject,) in cursor.execute(_TOUCHED, asked, binary=True)]


def _ask(cursor: psycopg.Cursor[Any], statement: str, asked: Mapping[str, Any]) -> dict[tuple[Any, ...], int]:
    rows = cursor.execute(statement.encode(), asked, binary=True)
    return {tuple(key): int(people) for *key, people in rows if people}
