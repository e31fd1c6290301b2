"""Made-up residents for the tests of meaning: facts by the words of the domain, and random sets of them."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count
from typing import TYPE_CHECKING, get_args

from hypothesis import strategies as st

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
    Outcome,
    Particulars,
    Said,
    Status,
    Withdrawal,
)

if TYPE_CHECKING:
    from projections.anomalies import Anomaly

SOURCE = "urn:rekam:registry:5371:siak"
HERE, THERE, ELSEWHERE = "53.71.01.1001", "53.71.02.1003", "53.71.04.1010"
GROWN = Particulars("F", date(1990, 5, 1), ever_married=False)
_ids = count(1)


def day(text: str) -> date:
    return date.fromisoformat(text)


def _named(on: str, written: str | None) -> tuple[str, str, str, date]:
    return SOURCE, f"{next(_ids):06}", f"{written or on}T02:00:00.000000Z", day(on)


def listed(
    on: str, kelurahan: str = HERE, particulars: Particulars = GROWN, *, written: str | None = None, flags: str = ""
) -> Listing:
    return Listing(*_named(on, written), "PUSAT-2018-11", kelurahan, particulars, flags=tuple(flags.split()))


def captured(on: str, *, written: str | None = None) -> Capture:
    return Capture(*_named(on, written))


def status(on: str, status: str, *, written: str | None = None) -> Status:
    return Status(*_named(on, written), status)


def departed(on: str, lapses: str = "2199-12-31", *, written: str | None = None) -> Departure:
    return Departure(*_named(on, written), day(lapses))


def arrived_elsewhere(on: str) -> Arrival:
    return Arrival(*_named(on, None), None)


def arrived(
    on: str, kelurahan: str = HERE, particulars: Particulars | None = None, *, written: str | None = None
) -> Arrival:
    return Arrival(*_named(on, written), kelurahan, particulars)


def moved(on: str, origin: str, to: str, *, written: str | None = None) -> Move:
    return Move(*_named(on, written), origin, to)


def found(on: str, outcome: Outcome, *, written: str | None = None) -> Finding:
    return Finding(*_named(on, written), outcome)


def died(on: str, *, written: str | None = None) -> Death:
    return Death(*_named(on, written))


def withdrawn(fact: Fact, *, written: str = "2019-01-01") -> Withdrawal:
    source, id_, recordedtime, _ = _named(written, None)
    return Withdrawal(source, id_, recordedtime, fact.source, fact.id)


def declared(on: str, rows: int, by_kelurahan: dict[str, int]) -> Declaration:
    return Declaration(*_named(on, None), "PUSAT-2018-11", "unrecorded", rows, tuple(by_kelurahan.items()))


def refs(*facts: Fact) -> tuple[tuple[str, str], ...]:
    return tuple((fact.source, fact.id) for fact in facts)


def names(anomalies: tuple[Anomaly, ...]) -> set[str]:
    return {anomaly.name for anomaly in anomalies}


# Random residents: few days, kelurahan, times and sources, so that nearly every set has facts that collide.
FIRST_DAY = date(2018, 11, 1)
_days = st.integers(0, 9).map(lambda n: FIRST_DAY + timedelta(n))
_kelurahan = st.sampled_from([HERE, THERE, ELSEWHERE])
_written = st.sampled_from([f"2018-11-0{n}T02:00:00.000000Z" for n in (2, 5, 8)])
_statuses = st.sampled_from(
    ["UNREGISTERED", "PROCESSING", "CARD_ISSUED", "ENROLL_FAILURE_AT_CENTRAL", "DUPLICATE_RECORD", "SOMETHING_NEW"]
)
_particulars = st.builds(
    Particulars,
    st.sampled_from(["M", "F"]),
    # Before the first day, between two facts, or after the last: nearly seventeen, as the hard cases are.
    st.integers(-2, 12).map(lambda n: FIRST_DAY + timedelta(n)),
    st.booleans(),
)
_flags = st.sampled_from([(), (), (), ("nik_sex_differs",)])


@st.composite
def _said(draw: st.DrawFn, number: int) -> Said:  # noqa: PLR0911 - a return for each kind of fact
    named = draw(st.sampled_from(["a", "b"])), str(number), draw(_written), draw(_days)
    flags = draw(_flags)
    match draw(st.sampled_from([Listing, Listing, Capture, Status, Departure, Move, Arrival, Finding, Finding, Death])):
        case kind if kind is Listing:
            return Listing(*named, "L", draw(_kelurahan), draw(_particulars), flags=flags)
        case kind if kind is Capture:
            return Capture(*named, flags=flags)
        case kind if kind is Status:
            return Status(*named, draw(_statuses), flags=flags)
        case kind if kind is Departure:
            # Also letters that lapse before they begin, which intake refuses and a reading must survive.
            return Departure(*named, named[3] + timedelta(draw(st.integers(-1, 6))), flags=flags)
        case kind if kind is Move:
            return Move(*named, draw(_kelurahan), draw(_kelurahan), flags=flags)
        case kind if kind is Arrival:
            inside = draw(st.none() | _kelurahan)
            particulars = draw(st.none() | _particulars) if inside else None
            return Arrival(*named, inside, particulars, flags=flags)
        case kind if kind is Finding:
            return Finding(*named, draw(st.sampled_from(get_args(Outcome))), flags=flags)
        case _:
            return Death(*named, flags=flags)


@st.composite
def residents(draw: st.DrawFn, most: int = 8) -> list[Fact]:
    """A set of accepted facts in some order: what was said, and withdrawals of it, of each other and of nothing."""
    facts: list[Fact] = [draw(_said(number)) for number in range(draw(st.integers(0, most)))]
    for number in range(draw(st.sampled_from([0, 0, 1, 1, 2, 3]))):
        named = "a", f"w{number}", draw(_written)
        # The last of the targets was never published.
        targets = [*((fact.source, fact.id) for fact in facts), ("b", "unheard")]
        facts.append(Withdrawal(*named, *draw(st.sampled_from(targets))))
    return draw(st.permutations(facts))
