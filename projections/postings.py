"""What each new fact of the log posts to the ledger, and which anomalies came and went with it.

Three views are fed by this one function, so that a count and its list cannot differ.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from projections.live import live_of
from projections.reading import Reading, reading_of
from projections.transfers import difference, transfers

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from events.entry import Entry
    from projections.live import Live
    from projections.reading import Anomaly, Fact, Step
    from projections.transfers import Account

__all__ = ["Change", "Posting", "Subject"]

_FEW: Final = 8
"""Steps of both timelines together; longer ones nobody else has."""


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
    """What the facts of one subject up to some position were read as; without anomalies where none asks.

    `known` is how many facts it has in mind: what is live, what was withdrawn, and what was added since. With `without`
    some are left out (see `abridged`), and to a fact that `needs_all` of them this may be the wrong answer.

    A list is a subject too. Its facts, declarations and their withdrawals, concern no person: they read as an empty
    timeline (see `Declaration`), so they post nothing, and they need no special way through here.
    """

    __slots__ = ("anomalies", "known", "live", "timeline", "without")

    def __init__(self, live: Live, reading: Reading, without: date | None = None) -> None:
        """`reading` is that of `live`, without anomalies where none asks; `without` says what is left out of it."""
        self.live = live
        self.without = without
        self.known = len(live.facts) + len(live.declarations) + len(live.withdrawn)
        self.timeline, self.anomalies = reading

    @classmethod
    def of(cls, facts: Iterable[Fact] = (), *, noting: bool = True) -> Self:
        """Whoever these facts are about."""
        live = live_of(facts)
        anything = live.facts or live.declarations
        return cls(live, reading_of(live, noting=noting) if anything else Reading((), ()))

    def add(self, position: int, entry: Entry, fact: Fact, *, noting: bool = True) -> Change:
        """Take one more fact in; what it changed."""
        self.live.take(fact)
        self.known += 1
        timeline, anomalies = reading_of(self.live, noting=noting)
        posted = _posted(self.timeline, timeline)
        appeared, gone = _less(anomalies, self.anomalies), _less(self.anomalies, anomalies)
        self.timeline, self.anomalies = timeline, anomalies
        return Change(position, entry, posted, appeared, gone)


def _posted(before: tuple[Step, ...], after: tuple[Step, ...]) -> tuple[Posting, ...]:
    """What to post; of a few steps looked up where somebody else's timeline changed in the same way."""
    if before == after:
        return ()
    if len(before) + len(after) > _FEW:
        return _compared(before, after)
    return _looked_up(before, after)


def _compared(before: tuple[Step, ...], after: tuple[Step, ...]) -> tuple[Posting, ...]:
    return tuple([Posting(*transfer, people) for transfer, people in difference(transfers(before), transfers(after))])


_looked_up = lru_cache(20_000)(_compared)


def _less(some: tuple[Anomaly, ...], others: tuple[Anomaly, ...]) -> tuple[Anomaly, ...]:
    if some == others:
        return ()
    known = frozenset(others)
    return tuple([anomaly for anomaly in some if anomaly not in known])
