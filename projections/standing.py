"""Where a resident stands on one day: the table of standings, and what its words mean.

`live_of` gives the facts that count, in their orders; `Known` takes them up to a day and answers for that day.
The two orders, as in the design, with times compared as instants, source and id by Unicode code point:

    K, of changes      (valid_on, rank, recordedtime, source, id)
    S, of corrections  (recordedtime, source, id)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, assert_never

from events.statuses import Effect, effect_of
from projections.evidence import (
    Arrival,
    Capture,
    Death,
    Declaration,
    Departure,
    Fact,
    Finding,
    Listing,
    Move,
    Particulars,
    Said,
    Status,
    Withdrawal,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

__all__ = [
    "CONCLUSIVE",
    "EXPLAINS",
    "Known",
    "Live",
    "Residence",
    "State",
    "adult_from",
    "away",
    "live_of",
    "order_of_correction",
    "residence_on",
]

Residence: TypeAlias = Departure | Move | Arrival

# The explaining outcomes, and the standing each gives.
EXPLAINS: Final = {
    "already_recorded": "explained_recorded",
    "moved_away": "explained_moved",
    "deceased": "explained_deceased",
}
# The outcomes after which somebody was seen, or is known to be where they are; the others say "come again".
CONCLUSIVE: Final = frozenset({*EXPLAINS, "still_here"})

# Within a day. `still_here` ranks above the other findings, since who is found alive is alive, whatever was said
# at another door. A death has no place among the changes: the last one *written* holds. It only needs some rank.
_RANK: Final[dict[type[Said], int]] = {
    Listing: 0,
    Capture: 1,
    Status: 2,
    Departure: 3,
    Move: 4,
    Arrival: 5,
    Finding: 6,
    Death: 8,
}
_STILL_HERE: Final = 7


class State(NamedTuple):
    """`reason` says why someone is outstanding (`never`, `again`, `duplicate`); None in any other standing."""

    area: str
    standing: str
    reason: str | None


class Live(NamedTuple):
    """The live facts of one resident in order K, the particulars and deaths among them also in order S.

    `declarations` are those of a list, in order S; the others are empty then.
    """

    facts: list[Said]
    particulars: list[tuple[Listing | Arrival, Particulars]]
    deaths: list[Death]
    declarations: list[Declaration]


def order_of_change(fact: Said) -> tuple[date, int, str, str, str]:
    rank = _RANK[type(fact)]
    if isinstance(fact, Finding) and fact.outcome == "still_here":
        rank = _STILL_HERE
    return fact.valid_on, rank, fact.recordedtime, fact.source, fact.id


def order_of_correction(fact: Said | Declaration) -> tuple[str, str, str]:
    return fact.recordedtime, fact.source, fact.id


def live_of(facts: Iterable[Fact]) -> Live:
    """The facts that count, in their orders; a fact given twice counts once."""
    live: list[Said] = []
    particulars: list[tuple[Listing | Arrival, Particulars]] = []
    deaths: list[Death] = []
    declarations: list[Declaration] = []
    for fact in _less_withdrawn(facts):
        if isinstance(fact, Declaration):
            declarations.append(fact)
            continue
        live.append(fact)
        if isinstance(fact, Listing):
            particulars.append((fact, fact.particulars))
        elif isinstance(fact, Death):
            deaths.append(fact)
        elif isinstance(fact, Arrival) and fact.kelurahan is not None and fact.particulars is not None:
            particulars.append((fact, fact.particulars))
    if len(live) > 1:  # most people have one fact, or one of a kind
        live.sort(key=order_of_change)
    if len(particulars) > 1:
        particulars.sort(key=lambda pair: order_of_correction(pair[0]))
    if len(deaths) > 1:
        deaths.sort(key=order_of_correction)
    if len(declarations) > 1:
        declarations.sort(key=order_of_correction)
    return Live(live, particulars, deaths, declarations)


def _less_withdrawn(facts: Iterable[Fact]) -> Iterable[Said | Declaration]:
    """Accepted facts less withdrawals, less what they withdraw.

    A withdrawal is never itself a target, so this needs no order: what any withdrawal names is out, two that name
    the same are as one, and one whose target is not here does nothing.
    """
    said: dict[tuple[str, str], Said | Declaration] = {}
    withdrawn: list[tuple[str, str]] = []
    for fact in facts:
        if isinstance(fact, Withdrawal):
            withdrawn.append((fact.withdraws_source, fact.withdraws_id))
        else:
            said[fact.source, fact.id] = fact
    for target in withdrawn:
        said.pop(target, None)
    return said.values()


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

    def __init__(self, live: Live) -> None:
        self._facts = live.facts
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
    for fact, particulars in live.particulars:
        if particulars.ever_married and fact.valid_on < day:
            day = fact.valid_on
    return day
