"""From the set of facts about one resident to where they stood on every date.

`read` is pure, total, order-free and repeat-free: no clock, no settings, no memory of arrival order, so late,
repeated and shuffled delivery cannot change an answer. It relies on one thing: no two facts of the set share source
and id with different content (of two such messages intake keeps the first).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from events.statuses import Effect, effect_of
from projections.anomalies import Anomaly, anomalies_of
from projections.evidence import (
    CONCLUSIVE,
    EXPLAINS,
    Arrival,
    Capture,
    Death,
    Departure,
    Fact,
    Finding,
    Listing,
    Move,
    Said,
    Status,
    fact_of,
)
from projections.live import Live, live_of
from projections.standing import Known, State, adult_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

__all__ = [
    "EXPLAINED",
    "OFFICIAL",
    "READING_VERSION",
    "STANDINGS",
    "Anomaly",
    "Fact",
    "Reading",
    "Said",
    "State",
    "Step",
    "fact_of",
    "read",
    "reading_of",
    "state_on",
]

# Shown beside every figure; it goes up with any change that can give another timeline or another anomaly for the
# same facts.
READING_VERSION: Final = 1

# In the order in which reports show them; `nowhere` is the contra account and no standing of anybody.
STANDINGS: Final = (
    "unlisted",
    "deceased",
    "departed",
    "underage",
    "recorded",
    "explained_recorded",
    "explained_moved",
    "explained_deceased",
    "outstanding",
)
# Still officially outstanding, though somebody at the door has explained why they need not come.
EXPLAINED: Final = tuple(EXPLAINS.values())
OFFICIAL: Final = (*EXPLAINED, "outstanding")


# What of a fact moves a timeline, by its kind; `standing.Known` takes nothing else. None for a fact without effect.
_GISTS: Final[dict[type[Said], Callable[[Any], tuple[object, ...] | None]]] = {
    Listing: lambda fact: (Listing, fact.valid_on, fact.kelurahan),
    Capture: lambda fact: (Capture, fact.valid_on),
    Status: lambda fact: (
        None if (effect := effect_of(fact.status)) is Effect.NONE else (Status, fact.valid_on, effect.value)
    ),
    Departure: lambda fact: (Departure, fact.valid_on, fact.lapses_on),
    Move: lambda fact: (Move, fact.valid_on, fact.to_kelurahan),
    Arrival: lambda fact: (Arrival, fact.valid_on, fact.kelurahan, fact.particulars is not None),
    Finding: lambda fact: (Finding, fact.valid_on, fact.outcome) if fact.outcome in CONCLUSIVE else None,
    Death: lambda fact: (Death, fact.valid_on),
}
# Many people have the same few facts of the same days, so most timelines were read before. About 1 kB each.
_READ: Final[dict[tuple[object, ...], tuple[Step, ...]]] = {}
_READ_AT_MOST: Final = 20_000
_SHARED: Final = 9  # nobody else has as many of the same days
_REMEMBERED: Final = 64


class Step(NamedTuple):
    """Stood here from `from_day`, that day included, until the next step."""

    from_day: date
    area: str
    standing: str


class Reading(NamedTuple):
    """`timeline` is empty without a live fact, else its steps are in order of day and no two neighbours are equal."""

    timeline: tuple[Step, ...]
    anomalies: tuple[Anomaly, ...]


def read(facts: Iterable[Fact], *, noting: bool = True) -> Reading:
    """Read all facts about one resident; the facts about a list read as nobody. Anomalies only where `noting`."""
    return reading_of(live_of(facts), noting=noting)


def reading_of(live: Live, *, noting: bool = True) -> Reading:
    """The same of what was taken in fact by fact."""
    return Reading(_timeline(live), anomalies_of(live) if noting else ())


def state_on(facts: Iterable[Fact], day: date) -> State:
    """Where the resident stood on `day`, and for the outstanding why; before the first fact `nowhere`."""
    live = live_of(facts)
    if not live.facts or day < live.facts[0].valid_on:
        return State("-", "nowhere", None)
    return Known(live).on(day)


def _timeline(live: Live) -> tuple[Step, ...]:
    """The steps of what is live; of few facts looked up where somebody else's came to the same."""
    if not live.facts:
        return ()
    several = len(live.telling)
    if several > _SHARED:
        return _steps(live) if several <= _REMEMBERED else _last(live)
    key = _gist(live)
    steps = _READ.get(key)
    if steps is None:
        if len(_READ) >= _READ_AT_MOST:
            _READ.clear()
        steps = _READ[key] = _steps(live)
    return steps


def _last(live: Live) -> tuple[Step, ...]:
    """Where so many facts tell that it is quicker to see that none of those moves anything: what it was last."""
    key = _gist(live)
    if live.read is None or live.read[0] != key:
        live.read = key, _steps(live)
    return live.read[1]


def _gist(live: Live) -> tuple[object, ...]:
    """All that a timeline depends on: two residents of whom this is equal stand in the same places on the same days.

    When somebody came of age before their first fact is not in it: that they had is. The day of a fact without effect
    is not in it either, unless it is the first.
    """
    first, adult = live.facts[0].valid_on, adult_from(live)
    of_age = first if adult is not None and adult < first else adult
    died_on = live.deaths[-1].valid_on if live.deaths else None
    moving = [gist for fact in live.telling if (gist := _GISTS[type(fact)](fact)) is not None]
    return (first, of_age, died_on, *moving)


def _steps(live: Live) -> tuple[Step, ...]:
    known = Known(live)
    steps: list[Step] = []
    last: tuple[str, str] | None = None
    for day in _breakpoints(live, known.adult_from):
        area, standing, _ = known.on(day)
        if (area, standing) != last:
            last = (area, standing)
            steps.append(Step(day, area, standing))
    return tuple(steps)


def _breakpoints(live: Live, adult: date | None) -> list[date]:
    """Every day on which the table can change, from the first fact's, also when that fact has no effect."""
    first = live.facts[0].valid_on
    days = {first}
    for fact in live.telling:
        days.add(fact.valid_on)
        if isinstance(fact, Departure) and fact.lapses_on > first:
            days.add(fact.lapses_on)
    if adult is not None and adult > first:
        days.add(adult)
    return sorted(days)
