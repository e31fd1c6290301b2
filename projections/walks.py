"""What is remembered of the order in which people are met, so that a page opens its own people and nobody else.

Only subjects are kept, in their order: nothing personal. A *mark* is a subject (16 bytes) and, where something can be
opened of it, the position (8 bytes) of the particulars that are shown. A fact never changes, so of two marks the same
one is met first on every day and as known at every position; a person about whom something newer is known has another.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

__all__ = ["PLACED", "Before", "Order", "Walk", "Walks"]

#: How long a mark is where somebody can be placed by their particulars.
PLACED: Final = 24
_TURNS: Final = 64
#: A walk keeps its marks and their ranks, an order only points to marks that a walk keeps.
_WEIGHT: Final = 20


class Order(NamedTuple):
    """Everybody a question finds in one kelurahan, as somebody walks; the first `placed` by their particulars.

    `accounts` are the numbers of those in which they stand.
    """

    marks: Sequence[bytes]
    accounts: Sequence[int]
    placed: int


class Before(NamedTuple):
    """An order, and the position it was known at."""

    known: int
    order: Order


class Walk(NamedTuple):
    """Marks in the order of the walk, whoever of them a question may find."""

    marks: Sequence[bytes]
    ranks: dict[bytes, int]


class Walks:
    """Orders and walks, the latest used, up to so many marks; shared by threads.

    About 10 bytes a mark in an order and 120 in a walk, so at most some 25 MB.
    """

    def __init__(self, most: int = 2_500_000) -> None:
        self._most = most
        self._weight = 0
        self._kept: OrderedDict[Hashable, Order | Walk | Before] = OrderedDict()
        self._lock = Lock()
        self._turns = tuple(Lock() for _ in range(_TURNS))

    def turn(self, key: Hashable) -> Lock:
        """Whoever holds it looks for this alone; another who wants the same waits, and then finds it here."""
        return self._turns[hash(key) % _TURNS]

    def order(self, key: Hashable) -> Order | None:
        found = self._get(("order", key))
        return found if isinstance(found, Order) else None

    def newest(self, key: Hashable) -> Before | None:
        """The order of the latest position at which this was asked, if it is still here."""
        found = self._get(("newest", key))
        return found if isinstance(found, Before) else None

    def walk(self, key: Hashable) -> Walk | None:
        found = self._get(("walk", key))
        return found if isinstance(found, Walk) else None

    def keep_order(self, key: Hashable, order: Order) -> None:
        self._keep(("order", key), order)

    def keep_newest(self, key: Hashable, before: Before) -> None:
        self._keep(("newest", key), before)

    def keep_walk(self, key: Hashable, walk: Walk) -> None:
        self._keep(("walk", key), walk)

    def __len__(self) -> int:
        """How many orders and walks are kept."""
        return len(self._kept)

    def _get(self, key: Hashable) -> Order | Walk | Before | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: Hashable, one: Order | Walk | Before) -> None:
        with self._lock:
            self._drop(key)
            self._kept[key] = one
            self._weight += _weight(one)
            while self._weight > self._most and self._kept:
                self._drop(next(iter(self._kept)))

    def _drop(self, key: Hashable) -> None:
        gone = self._kept.pop(key, None)
        self._weight -= 0 if gone is None else _weight(gone)


def _weight(one: Order | Walk | Before) -> int:
    if isinstance(one, Before):
        return 1 + len(one.order.marks)
    return 1 + len(one.marks) * (_WEIGHT if isinstance(one, Walk) else 1)
