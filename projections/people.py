"""One row of a by-name list, from what is known about one person; pure.

signs   captures, statuses and findings up to the day asked about, in order K
stated  particulars, of any day, in order S: the last are those that are shown
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from events.nik import mask
from events.statuses import Effect, effect_of
from events.territory import name_of
from projections.evidence import CONCLUSIVE, Capture, Finding, Status
from projections.orders import order_of_change
from projections.reading import OFFICIAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from events.entry import Calendar
    from projections.transfers import Account

__all__ = [
    "Place",
    "Resident",
    "Sign",
    "Stated",
    "age_on",
    "counted",
    "place_of",
    "reason_of",
    "row_of",
    "signs_on",
    "visits_of",
]

Sign: TypeAlias = Capture | Status | Finding
#: Where somebody comes in the walk; two of them compare as two people are met. It is personal.
Place: TypeAlias = tuple[Any, ...]

#: What a capture is called among the statuses.
_CAPTURED: Final = "BIO_CAPTURED"
_PARTS: Final = re.compile("[0-9]+|[^0-9]+")


class Stated(NamedTuple):
    """Particulars of a listing or an arrival. `calendar` is None where the person's key is no more."""

    recordedtime: str
    source: str
    id: str
    valid_on: date
    sex: str
    calendar: Calendar | None


class Resident(NamedTuple):
    """A person with all that is known of them. `personal` is what was sealed, empty where it cannot be opened."""

    subject: str
    account: Account
    stated: Sequence[Stated]
    signs: Sequence[Sign]
    personal: Mapping[str, Any]


def signs_on(signs: Iterable[Sign], day: date) -> list[Sign]:
    """Those that are true on the day, in order K."""
    return sorted((sign for sign in signs if sign.valid_on <= day), key=order_of_change)


def row_of(resident: Resident, day: date, *, full: bool = False) -> dict[str, Any]:
    """The row, but for its number, which the list gives. What is not known is None.

    NIK and family card are masked unless `full`. Sex, standing and statuses are in clear in the log: they stay when a
    person's key is destroyed.
    """
    personal = resident.personal
    area, standing = resident.account
    return {
        "subject": resident.subject,
        "name": personal.get("name"),
        "nik": personal.get("nik") if full else _masked(personal.get("nik")),
        "family_card": personal.get("family_card") if full else _masked(personal.get("family_card")),
        "sex": resident.stated[-1].sex if resident.stated else None,
        "birth_date": personal.get("birth_date"),
        "age": age_on(day, date.fromisoformat(personal["birth_date"])) if "birth_date" in personal else None,
        "address": personal.get("address"),
        "rt": personal.get("rt"),
        "rw": personal.get("rw"),
        "kelurahan": area,
        "kelurahan_name": name_of(area),
        "standing": standing,
        "reason": reason_of(resident.signs) if standing in OFFICIAL else None,
        "obliged_since": _obliged_since(resident.stated),
        **_recording(resident.signs),
        **visits_of(resident.signs),
    }


def age_on(day: date, born: date) -> int | None:
    """Whole years; born on 29 February, a year is full on 1 March. None before the birth."""
    years = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return years if years >= 0 else None


def _masked(number: str | None) -> str | None:
    """As a NIK is masked; a family card's number that has not 16 digits is covered whole."""
    if number is None:
        return None
    return mask(number) if re.fullmatch("[0-9]{16}", number) else "*" * 16


def _obliged_since(stated: Sequence[Stated]) -> str | None:
    """The day of turning 17 or the first day of a stated marriage, whichever is earlier; it may still be to come."""
    days = []
    for at, particulars in enumerate(stated, start=1):
        if particulars.calendar is None:
            return None
        if at == len(stated):
            days.append(particulars.calendar.seventeen_on)
        if particulars.calendar.ever_married:
            days.append(particulars.valid_on)
    return min(days).isoformat() if days else None


def reason_of(signs: Iterable[Sign]) -> str:
    """Why somebody is on the official list: never recorded, to be recorded again, or a duplicate to be resolved first.

    By the last capture or status with an effect, which for the official standings is never a capture.
    """
    effect = Effect.NONE
    for sign in signs:
        if isinstance(sign, Capture):
            effect = Effect.CAPTURED
        elif isinstance(sign, Status) and (said := effect_of(sign.status)) is not Effect.NONE:
            effect = said
    if effect is Effect.NONE:
        return "never"
    return "duplicate" if effect is Effect.DUPLICATE else "again"


def _recording(signs: Iterable[Sign]) -> dict[str, Any]:
    """The status that was reported last, whatever its effect, and the first day of its unbroken run.

    A status is repeated by late feeds, so the last report's own day would say too little. A capture counts as the
    status BIO_CAPTURED, which means the same.
    """
    status: str | None = None
    since: date | None = None
    for sign in signs:
        if isinstance(sign, Finding):
            continue
        said = _CAPTURED if isinstance(sign, Capture) else sign.status
        if said != status:
            status, since = said, sign.valid_on
    return {"status": status, "status_since": since and since.isoformat()}


def visits_of(signs: Iterable[Sign]) -> dict[str, Any]:
    """Findings, each a visit. A home visit is needed from a finding that says so until somebody has been seen.

    That is a conclusive finding or a capture; `not_found`, `refused` and `other` leave the need as it is.
    """
    needed, visits = False, 0
    last: Finding | None = None
    for sign in signs:
        if isinstance(sign, Capture):
            needed = False
        elif isinstance(sign, Finding):
            visits, last = visits + 1, sign
            needed = sign.outcome == "needs_home_visit" or (needed and sign.outcome not in CONCLUSIVE)
    return {
        "home_visit_needed": needed,
        "last_visit": last.valid_on.isoformat() if last else None,
        "last_outcome": last.outcome if last else None,
        "visits": visits,
    }


def place_of(subject: str, personal: Mapping[str, Any]) -> Place:
    """Where somebody of these particulars comes: with a name at (0, RW, RT, …), and without one at (1, subject).

    Numbers count as numbers, so `002` is before `10`; who has no family card comes after those of the same RT who have
    one, and whoever cannot be named last.
    """
    name: str | None = personal.get("name")
    if name is None:
        return 1, subject
    card: str | None = personal.get("family_card")
    walked = counted(personal.get("rw", "")), counted(personal.get("rt", ""))
    return 0, *walked, card is None, card or "", name.casefold(), name, subject


def counted(text: str) -> tuple[tuple[int, int, str], ...]:
    """For comparing: each run of digits as its number, before any other text; all else by its letters."""
    if text.isdecimal() and text.isascii():
        return ((0, int(text), ""),)
    return tuple((0, int(part), "") if part[0] in "0123456789" else (1, 0, part) for part in _PARTS.findall(text))
