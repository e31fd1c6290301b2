"""Where a resident stands on one day: the table of standings, and what its words mean.

`Known` takes the facts that count up to a day, in the order of changes (see `orders`), and answers for that day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias, assert_never

from events.statuses import Effect, effect_of
from projections.evidence import (
    CONCLUSIVE,
    EXPLAINS,
    Arrival,
    Capture,
    Death,
    Departure,
    Finding,
    Listing,
    Move,
    Said,
    Status,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from projections.live import Live

__all__ = ["Known", "Residence", "State", "adult_from", "away", "residence_on"]

Residence: TypeAlias = Departure | Move | Arrival


class State(NamedTuple):
    """`reason` says why someone is outstanding (`never`, `again`, `duplicate`); None in any other standing."""

    area: str
    standing: str
    reason: str | None


def residence_on(day: date, residences: list[Residence]) -> Residence | None:
    """The last of `residences` (in order K, none later than `day`), letters that lapsed by `day` not counted.

    Lapsed letters at the end are taken off the list: they stay lapsed on every later day.
    """
    while residences:
        last = residences[-1]
        if not isinstance(last, Departure) or day < last.lapses_on:
            return last
        residences.pop()
    return None


def away(residence: Residence | None) -> bool:
    """Whether it says that the resident lives outside the city."""
    return isinstance(residence, Departure) or (isinstance(residence, Arrival) and residence.kelurahan is None)


class Known:
    """What is known of a resident, day after day: `on` takes each fact once, so its days must not go back."""

    __slots__ = (
        "_died_on",
        "_enrolled_at",
        "_enrolment",
        "_entered",
        "_explained",
        "_facts",
        "_listed",
        "_placed",
        "_residences",
        "_seen_at",
        "_taken",
        "adult_from",
    )

    def __init__(self, live: Live, facts: Sequence[Said] | None = None) -> None:
        """`facts` are those that move something, where the caller knows them, in order K."""
        self._facts = live.telling if facts is None else facts
        self._taken = 0
        self._died_on = live.deaths[-1].valid_on if live.deaths else None
        self.adult_from = adult_from(live)
        self._entered = False
        self._listed: str | None = None
        self._placed: str | None = None
        self._residences: list[Residence] = []
        self._enrolment = Effect.NONE
        self._enrolled_at = -1
        self._explained: str | None = None
        self._seen_at = -1

    def on(self, day: date) -> State:
        """The first true row of the table on `day`, a day not before the first fact's."""
        facts = self._facts
        while self._taken < len(facts) and facts[self._taken].valid_on <= day:
            self._take(facts[self._taken])
            self._taken += 1
        if not self._entered:
            return State("-", "unlisted", None)
        area = self._placed or self._listed or "-"
        if self._died_on is not None and day >= self._died_on:
            return State(area, "deceased", None)
        if away(residence_on(day, self._residences)):
            return State(area, "departed", None)
        if self.adult_from is None or day < self.adult_from:
            return State(area, "underage", None)
        return self._adult(area)

    def _adult(self, area: str) -> State:
        enrolment = self._enrolment
        if enrolment is Effect.CAPTURED:
            return State(area, "recorded", None)
        if self._explained is not None:
            # A failure or a duplicate that came after "already has one" speaks of that very recording.
            overtaken = self._explained == "explained_recorded" and self._enrolled_at > self._seen_at
            if not overtaken:
                return State(area, self._explained, None)
        if enrolment is Effect.NONE:
            return State(area, "outstanding", "never")
        return State(area, "outstanding", "again" if enrolment is Effect.FAILED else "duplicate")

    def _take(self, fact: Said) -> None:  # noqa: C901 - one case for each kind of fact
        match fact:
            case Listing():
                self._entered = True
                self._listed = fact.kelurahan
            case Finding():
                if fact.outcome in CONCLUSIVE:
                    self._seen(EXPLAINS.get(fact.outcome))
            case Status():
                # No sighting: statuses come late.
                if (effect := effect_of(fact.status)) is not Effect.NONE:
                    self._enrolled(effect)
            case Capture():
                self._enrolled(Effect.CAPTURED)
                self._seen(None)
            case Departure():
                self._residences.append(fact)
            case Move():
                self._residences.append(fact)
                self._placed = fact.to_kelurahan
                self._seen(None)
            case Arrival():
                self._residences.append(fact)
                if fact.kelurahan is not None:
                    self._entered = self._entered or fact.particulars is not None
                    self._placed = fact.kelurahan
                    self._seen(None)
            case Death():
                pass  # in force by the order of corrections, see __init__
            case _:
                assert_never(fact)

    def _enrolled(self, effect: Effect) -> None:
        self._enrolment = effect
        self._enrolled_at = self._taken

    def _seen(self, explained: str | None) -> None:
        self._explained = explained
        self._seen_at = self._taken


def adult_from(live: Live) -> date | None:
    """The first day of being obliged, or None without particulars.

    It is one day because neither half depends on the day asked about: the birth date is the one written last, also
    when its list is of a later day, and a marriage once stated holds from the least day it was stated of.
    """
    if not live.particulars:
        return None
    day = live.particulars[-1][1].seventeen_on
    return day if live.married_from is None else min(day, live.married_from)
