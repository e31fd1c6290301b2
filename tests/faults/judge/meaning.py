"""What facts mean, once more: the table of standings written anew from the design, a day at a time, for plain messages.

A fact is the event as it was published. Nothing here is quick, and no rule is shared with the product.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["NOWHERE", "Transfers", "particulars", "transfers"]

Event = dict[str, Any]
Account = tuple[str, str]
Transfers = frozenset[tuple[date, Account, Account]]

NOWHERE: Final = ("-", "nowhere")
LETTER_HOLDS: Final = timedelta(days=30)  # where it does not say until when

DAY_OF: Final = {
    "rekam.listing.resident_listed.v1": "listed_on",
    "rekam.recording.captured.v1": "captured_on",
    "rekam.recording.status_reported.v1": "reported_on",
    "rekam.relocation.departed.v1": "departed_on",
    "rekam.relocation.arrived.v1": "arrived_on",
    "rekam.relocation.moved_within.v1": "moved_on",
    "rekam.death.registered.v1": "died_on",
    "rekam.finding.reported.v1": "found_on",
}
LISTED, CAPTURED, STATUS, DEPARTED, ARRIVED, MOVED, DIED, FOUND = DAY_OF
RANK: Final = {LISTED: 0, CAPTURED: 1, STATUS: 2, DEPARTED: 3, MOVED: 4, ARRIVED: 5, FOUND: 6, DIED: 8}

MEANS_CAPTURED: Final = {
    "BIO_CAPTURED", "PROCESSING", "SENT_FOR_ENROLLMENT", "RECEIVED_AT_CENTRAL", "ADJUDICATE_RECORD",
    "PRINT_READY_RECORD", "SENT_FOR_CARD_PRINTING", "CARD_PRINTED", "CARD_SHIPPED", "CARD_ISSUED",
}  # fmt: skip
MEANS_NOT: Final = {
    "ENROLL_FAILURE_AT_CENTRAL", "ENROLL_FAILURE_AT_REGIONAL", "SEARCH_FAILURE_AT_CENTRAL", "DUPLICATE_RECORD",
}  # fmt: skip
EXPLAINS: Final = {
    "already_recorded": "explained_recorded",
    "moved_away": "explained_moved",
    "deceased": "explained_deceased",
}


def transfers(facts: Iterable[Event]) -> Transfers:
    """From which account to which the person goes on which day, by the live facts about them, in any order."""
    live = sorted(facts, key=_by_k)
    if not live:
        return frozenset()
    days = {_day(fact) for fact in live} | {_lapses(fact) for fact in live if fact["type"] == DEPARTED}
    days |= {_seventeen(fact["data"]) for fact in live if _has_particulars(fact)}
    made, before = [], NOWHERE
    for day in sorted(day for day in days if day >= _day(live[0])):
        account = _stands(live, day)
        if account != before:
            made.append((day, before, account))
            before = account
    return frozenset(made)


def particulars(facts: Iterable[Event]) -> dict[str, Any]:
    """Those written last, of somebody's live facts, some of which have them."""
    data: dict[str, Any] = max(filter(_has_particulars, facts), key=_by_s)["data"]
    return data


def _stands(live: list[Event], day: date) -> Account:
    known = [fact for fact in live if _day(fact) <= day]
    if not any(map(_has_particulars, known)):
        return "-", "unlisted"
    area = _area(known)
    deaths = [fact for fact in live if fact["type"] == DIED]
    if deaths and _day(max(deaths, key=_by_s)) <= day:
        return area, "deceased"
    residence = _last(known, lambda f: f["type"] in (ARRIVED, MOVED) or (f["type"] == DEPARTED and day < _lapses(f)))
    if residence and (residence["type"] == DEPARTED or (residence["type"] == ARRIVED and not _is_inside(residence))):
        return area, "departed"
    if not _is_adult(live, day):
        return area, "underage"
    enrolment = _last(known, lambda f: _is_captured(f) or f["data"].get("status") in MEANS_NOT)
    if enrolment and _is_captured(enrolment):
        return area, "recorded"
    return area, _explained(known, enrolment) or "outstanding"


def _explained(known: list[Event], enrolment: Event | None) -> str | None:
    seen = _last(
        known,
        lambda f: (
            f["type"] in (CAPTURED, MOVED) or _is_inside(f) or f["data"].get("outcome") in {*EXPLAINS, "still_here"}
        ),
    )
    outcome = seen["data"].get("outcome") if seen else None
    if outcome == "already_recorded" and seen and enrolment and _by_k(enrolment) > _by_k(seen):
        return None
    return EXPLAINS.get(str(outcome))


def _area(known: list[Event]) -> str:
    came = _last(known, lambda f: f["type"] == MOVED or _is_inside(f)) or _last(known, lambda f: f["type"] == LISTED)
    assert came is not None  # whoever has particulars was listed, or arrived inside
    return str(came["data"].get("to_kelurahan") or came["data"]["kelurahan"])


def _is_adult(live: list[Event], day: date) -> bool:
    told = [fact for fact in live if _has_particulars(fact)]
    married = any(fact["data"]["ever_married"] and _day(fact) <= day for fact in told)
    return married or _seventeen(particulars(told)) <= day


# ------------------------------------------------------------------ of one fact


def _day(fact: Event) -> date:
    return date.fromisoformat(fact["data"][DAY_OF[fact["type"]]])


def _lapses(fact: Event) -> date:
    until: str | None = fact["data"].get("valid_until")
    return (date.fromisoformat(until) if until else _day(fact) + LETTER_HOLDS) + timedelta(days=1)


def _seventeen(told: dict[str, Any]) -> date:
    born = date.fromisoformat(told["birth_date"])
    is_leap = (born.month, born.day) == (2, 29)
    return date(born.year + 17, 3, 1) if is_leap else born.replace(year=born.year + 17)


def _has_particulars(fact: Event) -> bool:
    return "birth_date" in fact["data"]


def _is_inside(fact: Event) -> bool:
    return fact["type"] == ARRIVED and "kelurahan" in fact["data"]


def _is_captured(fact: Event) -> bool:
    return fact["type"] == CAPTURED or fact["data"].get("status") in MEANS_CAPTURED


def _by_s(fact: Event) -> tuple[datetime, str, str]:
    written_down = fact["recordedtime"] if "recordedtime" in fact else fact["time"]
    return datetime.fromisoformat(written_down), fact["source"], fact["id"]


def _by_k(fact: Event) -> tuple[date, int, datetime, str, str]:
    rank = 7 if fact["data"].get("outcome") == "still_here" else RANK[fact["type"]]
    return _day(fact), rank, *_by_s(fact)


def _last(ordered: list[Event], which: Callable[[Event], object]) -> Event | None:
    return next((fact for fact in reversed(ordered) if which(fact)), None)
