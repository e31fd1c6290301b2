"""The design's section on standings once more, written down as it reads: slow, a day at a time, sharing no rule with
the code. Names of anomalies likewise, each by its definition over all pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

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

Key: TypeAlias = "tuple[date, int, str, str, str]"
CAPTURED = ("PROCESSING", "CARD_ISSUED")  # of those that `residents` draws
FAILED = ("ENROLL_FAILURE_AT_CENTRAL",)
CONCLUSIVE = ("already_recorded", "moved_away", "deceased", "still_here")


def live(facts: Iterable[Fact]) -> list[Said]:
    accepted = {(fact.source, fact.id): fact for fact in facts}
    named = {(f.withdraws_source, f.withdraws_id) for f in accepted.values() if isinstance(f, Withdrawal)}
    return [
        fact for name, fact in accepted.items() if name not in named and not isinstance(fact, Withdrawal | Declaration)
    ]


def by_k(fact: Said) -> Key:
    order = [Listing, Capture, Status, Departure, Move, Arrival, Finding, "still_here", Death]
    rank = order.index("still_here" if isinstance(fact, Finding) and fact.outcome == "still_here" else type(fact))
    return fact.valid_on, rank, fact.recordedtime, fact.source, fact.id


def by_s(fact: Said) -> tuple[str, str, str]:
    return fact.recordedtime, fact.source, fact.id


def particulars_of(fact: Said) -> Particulars | None:
    return fact.particulars if isinstance(fact, Listing | Arrival) else None


def inside(fact: Said) -> bool:
    return isinstance(fact, Arrival) and fact.kelurahan is not None


def enrols(fact: Said) -> str | None:
    if isinstance(fact, Capture):
        return "captured"
    if isinstance(fact, Status):
        if fact.status in CAPTURED:
            return "captured"
        if fact.status in FAILED:
            return "again"
        if fact.status == "DUPLICATE_RECORD":
            return "duplicate"
    return None


def last(facts: Iterable[Said]) -> Said | None:
    return max(facts, key=by_k, default=None)


def kelurahan_by(known: list[Said]) -> str | None:
    fact = last(f for f in known if isinstance(f, Move) or inside(f)) or last(
        f for f in known if isinstance(f, Listing)
    )
    match fact:
        case Move():
            return fact.to_kelurahan
        case Arrival() | Listing():
            return fact.kelurahan
        case _:
            return None


def residence(known: list[Said], d: date) -> Said | None:
    return last(f for f in known if isinstance(f, Arrival | Move) or (isinstance(f, Departure) and d < f.lapses_on))


def away(fact: Said | None) -> bool:
    return isinstance(fact, Departure) or (isinstance(fact, Arrival) and not inside(fact))


def adult(everything: list[Said], d: date) -> bool:
    told = [f for f in everything if particulars_of(f)]
    seventeen_on = [p.seventeen_on for f in sorted(told, key=by_s) if (p := particulars_of(f))][-1]
    married = [f.valid_on for f in told if (p := particulars_of(f)) and p.ever_married]
    return d >= seventeen_on or any(d >= on for on in married)


def stands(facts: Iterable[Fact], d: date) -> tuple[str, str, str | None]:  # noqa: PLR0911 - a return a row
    """(area, standing, reason) on day `d`, row by row of the table."""
    everything = live(facts)
    known = [f for f in everything if f.valid_on <= d]
    if not known:
        return "-", "nowhere", None
    if not any(particulars_of(f) for f in known):
        return "-", "unlisted", None
    area = kelurahan_by(known) or "-"
    deaths = [f for f in everything if isinstance(f, Death)]
    if deaths and max(deaths, key=by_s).valid_on <= d:
        return area, "deceased", None
    if away(residence(known, d)):
        return area, "departed", None
    if not adult(everything, d):
        return area, "underage", None
    enrolment = last(f for f in known if enrols(f))
    if enrolment and enrols(enrolment) == "captured":
        return area, "recorded", None
    seen = last(
        f
        for f in known
        if isinstance(f, Capture | Move) or inside(f) or (isinstance(f, Finding) and f.outcome in CONCLUSIVE)
    )
    if isinstance(seen, Finding) and seen.outcome != "still_here":
        later = enrolment is not None and by_k(enrolment) > by_k(seen)
        if not (seen.outcome == "already_recorded" and later):
            standing = {"already_recorded": "recorded", "moved_away": "moved", "deceased": "deceased"}[seen.outcome]
            return area, f"explained_{standing}", None
    return area, "outstanding", (enrols(enrolment) if enrolment else None) or "never"


def anomaly_names(facts: Iterable[Fact]) -> set[str]:
    everything = sorted(live(facts), key=by_k)
    found = {flag for f in everything for flag in f.flags}
    if any(isinstance(f, Status) and f.status == "SOMETHING_NEW" for f in everything):
        found.add("unknown_status")
    if everything and not any(particulars_of(f) for f in everything):
        found.add("never_listed")
    return (
        found | _of_deaths(everything) | _of_particulars(everything) | _of_findings(everything) | _of_places(everything)
    )


def _still_here(fact: Said) -> bool:
    return isinstance(fact, Finding) and fact.outcome == "still_here"


def _of_deaths(everything: list[Said]) -> set[str]:
    deaths = [f for f in everything if isinstance(f, Death)]
    if not deaths:
        return set()
    later = [f for f in everything if f.valid_on > max(deaths, key=by_s).valid_on]
    found = {"died_twice"} if len(deaths) > 1 else set()
    if any(isinstance(f, Capture | Departure | Move | Arrival) or _still_here(f) for f in later):
        found.add("event_after_death")
    if any(isinstance(f, Listing) for f in later):
        found.add("listed_after_death")
    return found


def _of_particulars(everything: list[Said]) -> set[str]:
    told = [p for f in sorted(everything, key=by_s) if (p := particulars_of(f))]
    pairs = [(a, b) for i, a in enumerate(told) for b in told[i + 1 :]]
    differ = any(
        a.seventeen_on != b.seventeen_on or a.sex != b.sex or (a.ever_married and not b.ever_married) for a, b in pairs
    )
    return {"particulars_differ"} if differ else set()


def _of_findings(everything: list[Said]) -> set[str]:
    found = set()
    conclusive = [f for f in everything if isinstance(f, Finding) and f.outcome in CONCLUSIVE]
    for a in conclusive:
        for b in conclusive:
            followed = a.outcome == "deceased" and by_k(a) < by_k(b)
            if a.outcome != b.outcome and (a.valid_on == b.valid_on or followed):
                found.add("findings_disagree")
        before = [f for f in everything if by_k(f) < by_k(a) and enrols(f)]
        if a.outcome in ("deceased", "moved_away") and before and enrols(before[-1]) == "captured":
            found.add("finding_against_recording")
        for c in everything:
            between = any(_still_here(f) and by_k(a) < by_k(f) < by_k(c) for f in everything)
            if a.outcome == "deceased" and isinstance(c, Capture) and by_k(a) < by_k(c) and not between:
                found.add("finding_against_recording")
    return found


def _of_places(everything: list[Said]) -> set[str]:
    found = set()
    for f in everything:
        known = [g for g in everything if g.valid_on <= f.valid_on]
        if away(residence(known, f.valid_on)):
            if isinstance(f, Listing):
                found.add("listed_while_departed")
            if _still_here(f):
                found.add("still_here_while_departed")
        moves = [g for g in known if isinstance(g, Move) or inside(g)]
        if isinstance(f, Listing) and moves and kelurahan_by(moves) != f.kelurahan:
            found.add("listed_elsewhere_than_moved")
        before = kelurahan_by([g for g in everything if by_k(g) < by_k(f)])
        if isinstance(f, Move) and before is not None and before != f.from_kelurahan:
            found.add("from_kelurahan_differs")
    return found
