"""What the log keeps of a fact: one line of compact JSON, at most 65,535 bytes, read back for ever.

    {"v": 1, "subject": 32 hex, "type", "source", "id", "time", "recordedtime", "accepted",
     "kafka": {"topic", "incarnation", "partition", "offset"}, "resolved": true, "valid_on", "lapses_on",
     "flags": […], "fact": {what is in clear}, "person": base64, "calendar": base64}

What is absent is left out; `resolved` is there when the message had waited in quarantine. Of the two sealed parts
`calendar` holds {"seventeen_on", "ever_married"} wherever there are particulars, `person` what else is personal. Sealed
texts are filled up with spaces to a multiple of 32 bytes, or their length would tell `true` from `false`.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from datetime import date, datetime
from operator import itemgetter
from sys import intern
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

import orjson

from events.errors import Refusal, Refused
from events.form import MAX_BYTES, VERSION, damaged, read_form
from events.parts import SHAPES, Calendar, Parts, Shape, split
from events.seal import Person, associated_data, calendar_key, open_sealed, person_key, person_keys, seal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from events.facts import Event

__all__ = [
    "MAX_BYTES",
    "VERSION",
    "Acceptance",
    "Calendar",
    "Coordinates",
    "Entry",
    "Origin",
    "Parts",
    "Person",
    "decode",
    "encode",
    "open_calendar",
    "open_person",
    "origin",
    "read_calendar",
    "recall",
    "seal_entry",
    "split",
]

_FILL: Final = 32
_WHERE: Final = itemgetter("topic", "incarnation", "partition", "offset")
_CLEAR_TYPES: Final = {"rows": int, "rows_by_kelurahan": dict}


class Coordinates(NamedTuple):
    """Where in Kafka the message stood; `incarnation` counts the lives of a topic of that name."""

    topic: str
    incarnation: int
    partition: int
    offset: int


class Origin(NamedTuple):
    """Which message an entry was made of; `resolved` when it had waited in quarantine."""

    kafka: Coordinates
    source: str
    id: str
    resolved: bool


class Acceptance(NamedTuple):
    """How the log took a fact in; `resolved` when it had waited in quarantine."""

    accepted: str
    kafka: Coordinates | None
    resolved: bool = False


class Entry(NamedTuple):
    """One fact as it is kept. The three times are texts as `format_instant` writes them.

    Only a withdrawal has no valid_on, only a departure has a lapses_on; an arrival without `kelurahan` in `fact` is one
    elsewhere; a listing has its `list` there.
    """

    subject: UUID
    type: str
    source: str
    id: str
    time: str
    recordedtime: str
    accepted: str
    kafka: Coordinates | None
    resolved: bool
    valid_on: date | None
    lapses_on: date | None
    flags: tuple[str, ...]
    fact: Mapping[str, Any]
    person: bytes | None
    calendar: bytes | None


# ------------------------------------------------------------------ sealed


def seal_entry(
    event: Event, parts: Parts, person: Person, nonces: tuple[bytes, bytes], acceptance: Acceptance
) -> Entry:
    """The entry of a fact about `person`; of the two fresh nonces the first is for the person part."""
    named = calendar = None
    if parts.person:
        aad = associated_data(VERSION, person.subject, event.type, event.source, event.id)
        if parts.calendar is None:
            for_person = person_key(person.key)
        else:
            for_person, for_calendar = person_keys(person.key)
            days = {"seventeen_on": parts.calendar.seventeen_on, "ever_married": parts.calendar.ever_married}
            calendar = seal(for_calendar, nonces[1], _filled(days), aad)
        named = seal(for_person, nonces[0], _filled(parts.person), aad)
    return Entry(
        person.subject,
        event.type,
        event.source,
        event.id,
        event.time,
        event.recordedtime,
        *acceptance,
        parts.valid_on,
        parts.lapses_on,
        parts.flags,
        parts.fact,
        named,
        calendar,
    )


def open_person(entry: Entry, key: bytes) -> dict[str, Any]:
    """The sealed fields, days as texts; {} where nothing is sealed. Refusal where it does not open with this key."""
    return {} if entry.person is None else _opened(entry, "person", entry.person, person_key(key))


def open_calendar(entry: Entry, key: bytes) -> Calendar | None:
    """None for a fact without particulars. Refusal where it does not open with this person's key."""
    return None if entry.calendar is None else read_calendar(entry, entry.calendar, calendar_key(key))


def read_calendar(entry: Entry, sealed: bytes, key: bytes) -> Calendar:
    """The same of an entry that has a calendar, with the key `calendar` of its person, for who has made that before."""
    values = _opened(entry, "calendar", sealed, key)
    return Calendar(date.fromisoformat(values["seventeen_on"]), values["ever_married"])


def _filled(values: dict[str, Any]) -> bytes:
    text = orjson.dumps(values)
    return text.ljust(len(text) + -len(text) % _FILL)


def _opened(entry: Entry, part: str, blob: bytes, key: bytes) -> dict[str, Any]:
    aad = associated_data(VERSION, entry.subject, entry.type, entry.source, entry.id)
    try:
        values: dict[str, Any] = orjson.loads(open_sealed(key, blob, aad))
    except Refusal as why:
        raise Refusal(
            f"the {part} part of event {entry.id!r} of {entry.source!r}, subject {entry.subject.hex}: {why}"
        ) from None
    return values


# ------------------------------------------------------------------ written and read


def encode(entry: Entry) -> bytes:
    """The bytes that are kept, hashed and passed on. Refused (`too_large`) when they are more than the log takes."""
    kept: dict[str, Any] = {
        "v": VERSION,
        "subject": entry.subject.hex,
        "type": entry.type,
        "source": entry.source,
        "id": entry.id,
        "time": entry.time,
        "recordedtime": entry.recordedtime,
        "accepted": entry.accepted,
    }
    if entry.kafka is not None:
        topic, incarnation, partition, offset = entry.kafka
        kept["kafka"] = {"topic": topic, "incarnation": incarnation, "partition": partition, "offset": offset}
    if entry.resolved:
        kept["resolved"] = True
    if entry.valid_on is not None:
        kept["valid_on"] = entry.valid_on
    if entry.lapses_on is not None:
        kept["lapses_on"] = entry.lapses_on
    if entry.flags:
        kept["flags"] = entry.flags
    if entry.fact:
        kept["fact"] = entry.fact
    if entry.person is not None:
        kept["person"] = b2a_base64(entry.person, newline=False).decode()
    if entry.calendar is not None:
        kept["calendar"] = b2a_base64(entry.calendar, newline=False).decode()
    state = orjson.dumps(kept)
    if len(state) > MAX_BYTES:
        message = f"the entry would have {len(state)} bytes, at most {MAX_BYTES} are kept; shorten the texts in `data`"
        raise Refused("too_large", message, source=entry.source, id=entry.id, type=entry.type)
    return state


def decode(state: bytes) -> Entry:
    """The entry in these bytes. Refusal where they are of another version or an unknown type, or are no entry."""
    kept = read_form(state)
    shape = SHAPES.get(kept["type"])
    if shape is None:
        raise Refusal(f"an entry of the log has the type {kept['type']!r}, unknown to this program: run a newer Rekam")
    try:
        for instant in (kept["time"], kept["recordedtime"], kept["accepted"]):
            datetime.fromisoformat(instant)
        entry = Entry(
            UUID(kept["subject"]),
            kept["type"],
            kept["source"],
            kept["id"],
            kept["time"],
            kept["recordedtime"],
            kept["accepted"],
            Coordinates(**kept["kafka"]) if "kafka" in kept else None,
            "resolved" in kept,
            date.fromisoformat(kept["valid_on"]) if "valid_on" in kept else None,
            date.fromisoformat(kept["lapses_on"]) if "lapses_on" in kept else None,
            tuple(kept.get("flags", ())),
            kept.get("fact", {}),
            a2b_base64(kept["person"], strict_mode=True) if "person" in kept else None,
            a2b_base64(kept["calendar"], strict_mode=True) if "calendar" in kept else None,
        )
    except ValueError:
        damaged("a time, a day or a sealed part is malformed")
    if not _fits(entry, shape):
        damaged(f"it has not the fields of {entry.type}")
    return entry


def recall(state: bytes) -> Entry:
    """The same as `decode`, but quick: for bytes that the log's digest vouches for, their form is not checked.

    What is no entry for all that ends as it does in `decode`.
    """
    try:
        kept = orjson.loads(state)
        if kept["v"] != VERSION:
            return decode(state)
        kafka, valid_on, lapses_on = kept.get("kafka"), kept.get("valid_on"), kept.get("lapses_on")
        person, calendar = kept.get("person"), kept.get("calendar")
        return Entry(
            UUID(int=int(kept["subject"], 16)),
            intern(kept["type"]),
            intern(kept["source"]),
            kept["id"],
            kept["time"],
            kept["recordedtime"],
            kept["accepted"],
            None if kafka is None else Coordinates(*_WHERE(kafka)),
            "resolved" in kept,
            None if valid_on is None else date.fromisoformat(valid_on),
            None if lapses_on is None else date.fromisoformat(lapses_on),
            tuple(kept.get("flags", ())),
            kept.get("fact", {}),
            None if person is None else a2b_base64(person),
            None if calendar is None else a2b_base64(calendar),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return decode(state)


def origin(state: bytes) -> Origin | None:
    """Whose message it was, and where that stood, of bytes that the digest vouches for; None for one from no topic."""
    kept = orjson.loads(state)
    kafka = kept.get("kafka")
    if kafka is None:
        return None
    return Origin(Coordinates(**kafka), kept["source"], kept["id"], "resolved" in kept)


def _fits(entry: Entry, shape: Shape) -> bool:
    fields = entry.fact.keys()
    return (
        shape.clear_must <= fields <= shape.clear_may
        and (entry.valid_on is None) == (shape.valid_on is None)
        and (entry.lapses_on is not None) == shape.lapses
        and (entry.person is not None or not shape.person_must)
        and (shape.calendar_may if entry.calendar is not None else not shape.calendar_must)
        and all(type(value) is _CLEAR_TYPES.get(name, str) for name, value in entry.fact.items())
    )
