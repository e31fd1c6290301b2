"""From the set of facts about one resident to where they stood on every date.

`read` is pure, total, order-free and repeat-free: no clock, no settings, no memory of arrival order, so late,
repeated and shuffled delivery cannot change an answer. It relies on one thing: no two facts of the set share source
and id with different content (of two such messages intake keeps the first).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from projections.anomalies import Anomaly, anomalies_of
from projections.evidence import Departure, Fact, Said, fact_of
from projections.standing import EXPLAINS, Known, Live, State, live_of

if TYPE_CHECKING:
    from collections.abc import Iterable
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
    live = live_of(facts)
    return Reading(_timeline(live), anomalies_of(live) if noting else ())


def state_on(facts: Iterable[Fact], day: date) -> State:
    """Where the resident stood on `day`, and for the outstanding why; before the first fact `nowhere`."""
    live = live_of(facts)
    if not live.facts or day < live.facts[0].valid_on:
        return State("-", "nowhere", None)
    return Known(live).on(day)


def _timeline(live: Live) -> tuple[Step, ...]:
    if not live.facts:
        return ()
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
    for fact in live.facts:
        days.add(fact.valid_on)
        if isinstance(fact, Departure) and fact.lapses_on > first:
            days.add(fact.lapses_on)
    if adult is not None and adult > first:
        days.add(adult)
    return sorted(days)
