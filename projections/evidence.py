"""What a reading is made of: the facts about one resident, each with only what can move a standing or contradict.

    Fact
    ├── Said                  has a day on which it is true, `valid_on`
    │   ├── Listing  Capture  Status  Departure  Move  Arrival  Finding  Death
    │   └── Declaration       about a list, not about a resident
    └── Withdrawal            has no day

The arrival in the log, its position and `accepted`, is left out on purpose: a reading must not be able to see it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias, cast

from events.errors import Refusal
from events.statuses import Effect, effect_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from events.entry import Calendar, Entry

__all__ = [
    "CONCLUSIVE",
    "EXPLAINS",
    "GONE",
    "Arrival",
    "Capture",
    "Death",
    "Declaration",
    "Departure",
    "Fact",
    "Finding",
    "Listing",
    "Move",
    "Outcome",
    "Particulars",
    "Said",
    "Status",
    "Withdrawal",
    "fact_of",
    "says_of_recording",
]

Outcome: TypeAlias = Literal[
    "already_recorded", "moved_away", "deceased", "still_here", "not_found", "needs_home_visit", "refused", "other"
]
# The explaining outcomes, and the standing each gives.
EXPLAINS: Final = {
    "already_recorded": "explained_recorded",
    "moved_away": "explained_moved",
    "deceased": "explained_deceased",
}
# The outcomes that say that somebody is no longer there.
GONE: Final = frozenset({"deceased", "moved_away"})
# The outcomes after which somebody was seen, or is known to be where they are; the others say "come again".
CONCLUSIVE: Final = frozenset({*EXPLAINS, "still_here"})


class Particulars(NamedTuple):
    """Who someone is, as far as a standing depends on it; `seventeen_on` was worked out at intake."""

    sex: str
    seventeen_on: date
    ever_married: bool


@dataclass(frozen=True, slots=True)
class _Kept:
    """`source` + `id` name the fact for ever; `recordedtime` is `format_instant`'s text, ordered as time is."""

    source: str
    id: str
    recordedtime: str


@dataclass(frozen=True, slots=True)
class _Dated(_Kept):
    """`flags` are the anomaly names that intake found in the NIK itself."""

    valid_on: date
    flags: tuple[str, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True, slots=True)
class Declaration(_Dated):
    """A list with its control totals, `valid_on` its `as_of`. It concerns no person, so it is in no timeline.

    A list is a subject of its own: its set holds declarations and withdrawals only, and its timeline is empty.
    """

    list: str
    kind: str
    rows: int
    rows_by_kelurahan: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Listing(_Dated):
    """Stood on `list` with all particulars."""

    list: str
    kelurahan: str
    particulars: Particulars


@dataclass(frozen=True, slots=True)
class Capture(_Dated):
    """Fingerprints, iris and portrait were taken."""


@dataclass(frozen=True, slots=True)
class Status(_Dated):
    """What the centre reported about the recording, word for word."""

    status: str


@dataclass(frozen=True, slots=True)
class Departure(_Dated):
    """A moving-out letter; it holds on days before `lapses_on`."""

    lapses_on: date


@dataclass(frozen=True, slots=True)
class Move(_Dated):
    """From one kelurahan of the city to another."""

    from_kelurahan: str
    to_kelurahan: str


@dataclass(frozen=True, slots=True)
class Arrival(_Dated):
    """Without `kelurahan` an arrival elsewhere, which confirms a departure; `particulars` for a newcomer only."""

    kelurahan: str | None
    particulars: Particulars | None = None


@dataclass(frozen=True, slots=True)
class Finding(_Dated):
    """What someone saw at the door."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Death(_Dated):
    """An akta kematian; `valid_on` is the day of the death."""


@dataclass(frozen=True, slots=True)
class Withdrawal(_Kept):
    """Takes the named fact out of the reading, and is itself never taken out."""

    withdraws_source: str
    withdraws_id: str


Said: TypeAlias = Listing | Capture | Status | Departure | Move | Arrival | Finding | Death
Fact: TypeAlias = Said | Declaration | Withdrawal


def says_of_recording(fact: Said) -> Effect:
    """What it says of a recording, if anything: a capture as much as a status."""
    if isinstance(fact, Status):
        return effect_of(fact.status)
    return Effect.CAPTURED if isinstance(fact, Capture) else Effect.NONE


def fact_of(entry: Entry, calendar: Calendar | None) -> Fact:
    """The fact that an entry keeps, with its opened calendar where the entry has one.

    Refusal: a type this program does not know (a newer one wrote it), a sealed calendar that was not opened, or an
    entry without what its type promises. Going on would give wrong figures, so the caller stops.
    """
    if entry.type == "rekam.correction.fact_withdrawn.v1":
        clear = entry.fact
        name = (entry.source, entry.id, entry.recordedtime)
        return Withdrawal(*name, withdraws_source=clear["withdraws_source"], withdraws_id=clear["withdraws_id"])
    make = _MAKERS.get(entry.type)
    if make is None:
        raise Refusal(f"the log holds a {entry.type}, which this program does not know: install a newer Rekam")
    if entry.valid_on is None:
        raise _broken(entry, "valid_on")
    return make(entry, entry.valid_on, calendar)


def _declaration(entry: Entry, day: date, _: Calendar | None) -> Declaration:
    clear = entry.fact
    totals = tuple(sorted(clear["rows_by_kelurahan"].items()))
    return Declaration(*_names(entry), day, clear["list"], clear["kind"], clear["rows"], totals, flags=entry.flags)


def _listing(entry: Entry, day: date, calendar: Calendar | None) -> Listing:
    clear, particulars = entry.fact, _particulars(entry, calendar)
    if particulars is None:
        raise _broken(entry, "calendar")
    return Listing(*_names(entry), day, clear["list"], clear["kelurahan"], particulars, flags=entry.flags)


def _capture(entry: Entry, day: date, _: Calendar | None) -> Capture:
    return Capture(*_names(entry), day, flags=entry.flags)


def _status(entry: Entry, day: date, _: Calendar | None) -> Status:
    return Status(*_names(entry), day, entry.fact["status"], flags=entry.flags)


def _departure(entry: Entry, day: date, _: Calendar | None) -> Departure:
    if entry.lapses_on is None:
        raise _broken(entry, "lapses_on")
    return Departure(*_names(entry), day, entry.lapses_on, flags=entry.flags)


def _move(entry: Entry, day: date, _: Calendar | None) -> Move:
    clear = entry.fact
    return Move(*_names(entry), day, clear["from_kelurahan"], clear["to_kelurahan"], flags=entry.flags)


def _arrival(entry: Entry, day: date, calendar: Calendar | None) -> Arrival:
    kelurahan = entry.fact.get("kelurahan")
    return Arrival(*_names(entry), day, kelurahan, _particulars(entry, calendar), flags=entry.flags)


def _finding(entry: Entry, day: date, _: Calendar | None) -> Finding:
    return Finding(*_names(entry), day, cast("Outcome", entry.fact["outcome"]), flags=entry.flags)


def _death(entry: Entry, day: date, _: Calendar | None) -> Death:
    return Death(*_names(entry), day, flags=entry.flags)


_MAKERS: dict[str, Callable[[Entry, date, Calendar | None], Said | Declaration]] = {
    "rekam.listing.list_declared.v1": _declaration,
    "rekam.listing.resident_listed.v1": _listing,
    "rekam.recording.captured.v1": _capture,
    "rekam.recording.status_reported.v1": _status,
    "rekam.relocation.departed.v1": _departure,
    "rekam.relocation.moved_within.v1": _move,
    "rekam.relocation.arrived.v1": _arrival,
    "rekam.finding.reported.v1": _finding,
    "rekam.death.registered.v1": _death,
}


def _names(entry: Entry) -> tuple[str, str, str]:
    return entry.source, entry.id, entry.recordedtime


def _particulars(entry: Entry, calendar: Calendar | None) -> Particulars | None:
    if calendar is not None:
        return Particulars(entry.fact["sex"], calendar.seventeen_on, calendar.ever_married)
    if entry.calendar is None:
        return None
    raise Refusal(f"the calendar of subject {entry.subject} is sealed and was not opened: its person's key is needed")


def _broken(entry: Entry, what: str) -> Refusal:
    return Refusal(f"an entry of {entry.type} for subject {entry.subject} has no {what}: run `rekam audit check`")
