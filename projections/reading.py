"""From the set of facts about one resident to where they stood on every date.

`read` is pure, total, order-free and repeat-free: no clock, no settings, no memory of arrival order, so late,
repeated and shuffled delivery cannot change an answer. It relies on one thing: no two facts of the set share source
and id with different content (of two such messages intake keeps the first).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from events.statuses import effect_of
from projections.anomalies import Anomaly, anomalies_of
from projections.evidence import (
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
from projections.telling import moving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
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


# What of a fact moves a timeline, by its kind; `standing.Known` takes nothing else.
_GISTS: Final[dict[type[Said], Callable[[Any], tuple[object, ...]]]] = {
    Listing: lambda fact: (Listing, fact.valid_on, fact.kelurahan),
    Capture: lambda fact: (Capture, fact.valid_on),
    Status: lambda fact: (Status, fact.valid_on, effect_of(fact.status).value),
    Departure: lambda fact: (Departure, fact.valid_on, fact.lapses_on),
    Move: lambda fact: (Move, fact.valid_on, fact.to_kelurahan),
    Arrival: lambda fact: (Arrival, fact.valid_on, fact.kelurahan, fact.particulars is not None),
    Finding: lambda fact: (Finding, fact.valid_on, fact.outcome),
    Death: lambda fact: (Death, fact.valid_on),
}
# Many people have the same few facts of the same days, so most timelines were read before. About 1 kB each.
_READ: Final[dict[tuple[object, ...], tuple[Step, ...]]] = {}
_READ_AT_MOST: Final = 20_000
_SHARED: Final = 9  # facts that move something; nobody else has more than so many of the same days
_VERY_MANY: Final = 64  # to read so many again takes longer than to see that nothing among them has changed


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
    facts = moving(live.telling)
    if len(facts) > _SHARED:
        return _steps(live, facts) if len(facts) <= _VERY_MANY else _last(live, facts)
    key = _gist(live, facts)
    steps = _READ.get(key)
    if steps is None:
        if len(_READ) >= _READ_AT_MOST:
            _READ.clear()
        steps = _READ[key] = _steps(live, facts)
    return steps


def _last(live: Live, facts: Sequence[Said]) -> tuple[Step, ...]:
    """Where very many facts move something: the last timeline again, if they are the same."""
    key = _gist(live, facts)
    if live.read is None or live.read[0] != key:
        live.read = key, _steps(live, facts)
    return live.read[1]


def _gist(live: Live, facts: Sequence[Said]) -> tuple[object, ...]:
    """All that a timeline depends on: two residents of whom this is equal stand in the same places on the same days.

    `facts` are those that move something. When somebody came of age before their first fact is not in it: that they had
    is. The day of a fact without effect is not in it either, unless it is the first.
    """
    first, adult = live.facts[0].valid_on, adult_from(live)
    of_age = first if adult is not None and adult < first else adult
    died_on = live.deaths[-1].valid_on if live.deaths else None
    return (first, of_age, died_on, *[_GISTS[type(fact)](fact) for fact in facts])


def _steps(live: Live, facts: Sequence[Said]) -> tuple[Step, ...]:
    known = Known(live, facts)
    steps: list[Step] = []
    last: tuple[str, str] | None = None
    for day in _breakpoints(live.facts[0].valid_on, facts, known.adult_from):
        area, standing, _ = known.on(day)
        if (area, standing) != last:
            last = (area, standing)
            steps.append(Step(day, area, standing))
    return tuple(steps)


def _breakpoints(first: date, facts: Iterable[Said], adult: date | None) -> list[date]:
    """Every day on which the table can change, from the first fact's, also when that fact has no effect."""
    days = {first}
    for fact in facts:
        days.add(fact.valid_on)
        if isinstance(fact, Departure) and fact.lapses_on > first:
            days.add(fact.lapses_on)
    if adult is not None and adult > first:
        days.add(adult)
    return sorted(days)
