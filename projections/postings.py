"""What each new fact of the log posts to the ledger, and which anomalies came and went with it.

Three views are fed by this one function, so that a count and its list cannot differ.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from projections.live import live_of
from projections.reading import reading_of
from projections.transfers import difference, transfers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from events.entry import Entry
    from projections.reading import Anomaly, Fact
    from projections.transfers import Account, Transfer

__all__ = ["Change", "Posting", "Subject"]


class Posting(NamedTuple):
    """`people` is +1 for a transfer that is new, −1 for one that no longer holds, on its own pair of accounts."""

    valid_on: date
    from_: Account
    to: Account
    people: int


class Change(NamedTuple):
    """What the fact at `position` changed; a fact without effect is a change with nothing in it."""

    position: int
    entry: Entry
    postings: tuple[Posting, ...]
    appeared: tuple[Anomaly, ...]
    gone: tuple[Anomaly, ...]


class Subject:
    """What the facts of one subject up to some position were read as, and how many; without anomalies where none asks.

    A list is a subject too. Its facts, declarations and their withdrawals, concern no person: they read as an empty
    timeline (see `Declaration`), so they post nothing, and they need no special way through here.
    """

    __slots__ = ("_live", "anomalies", "known", "transfers")

    def __init__(self, facts: Sequence[Fact], *, noting: bool = True) -> None:
        self._live = live_of(facts)
        self.known = len(facts)
        self.transfers: frozenset[Transfer] = frozenset()
        self.anomalies: tuple[Anomaly, ...] = ()
        if facts:
            timeline, self.anomalies = reading_of(self._live, noting=noting)
            self.transfers = transfers(timeline)

    def add(self, position: int, entry: Entry, fact: Fact, *, noting: bool = True) -> Change:
        """Take one more fact in; what it changed."""
        self._live.take(fact)
        self.known += 1
        timeline, anomalies = reading_of(self._live, noting=noting)
        after = transfers(timeline)
        posted = _posted(self.transfers, after)
        appeared, gone = _less(anomalies, self.anomalies), _less(self.anomalies, anomalies)
        self.transfers, self.anomalies = after, anomalies
        return Change(position, entry, posted, appeared, gone)


@lru_cache(20_000)
def _posted(before: frozenset[Transfer], after: frozenset[Transfer]) -> tuple[Posting, ...]:
    """Looked up where somebody else's timeline changed in the same way."""
    return tuple([Posting(*transfer, people) for transfer, people in difference(before, after)])


def _less(some: tuple[Anomaly, ...], others: tuple[Anomaly, ...]) -> tuple[Anomaly, ...]:
    if some == others:
        return ()
    known = frozenset(others)
    return tuple([anomaly for anomaly in some if anomaly not in known])
