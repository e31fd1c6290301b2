"""A fact as a made-up registry puts it on Kafka: a CloudEvent, structured or binary."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

if TYPE_CHECKING:
    from random import Random

__all__ = [
    "ARRIVED",
    "CAPTURED",
    "CENTRE",
    "DECLARED",
    "DEPARTED",
    "DIED",
    "FOUND",
    "LISTED",
    "MADE_UP",
    "MOVED",
    "STATUS",
    "STRUCTURED",
    "WITHDRAWN",
    "Fact",
    "Form",
    "Message",
    "binary",
    "said_again",
    "structured",
]


class Message(NamedTuple):
    """What a publisher hands to Kafka. `source` and `id` choose the partition only; the Kafka key stays empty."""

    topic: str
    headers: list[tuple[str, bytes]]
    value: bytes | None
    source: str
    id: str


class Form(NamedTuple):
    """One kind of fact: the word its ids begin with, and the registry that reports it."""

    word: str
    topic: str
    type: str
    source: str
    optional: str | None = None
    """A field of the data that may be left out, or be null, which is the same."""


class Fact(NamedTuple):
    """One event, not yet written down; both times are RFC 3339 with an offset."""

    form: Form
    source: str
    id: str
    time: str
    recordedtime: str
    data: dict[str, Any]


#: How every source of the scenario begins, and no registry's.
MADE_UP = "urn:rekam:synthetic:"
CENTRE = f"{MADE_UP}5371:pusat"
_REGISTRY = f"{MADE_UP}5371:siak"
_STUDIO = f"{MADE_UP}5371:perekaman"
_DEATHS = f"{MADE_UP}5371:akta-kematian"
_DOOR = f"{MADE_UP}5371:pendataan"

DECLARED = Form("list", "rekam.listing", "rekam.listing.list_declared.v1", CENTRE)
LISTED = Form("row", "rekam.listing", "rekam.listing.resident_listed.v1", CENTRE, "family_card")
CAPTURED = Form("capture", "rekam.recording", "rekam.recording.captured.v1", _STUDIO, "session")
STATUS = Form("status", "rekam.recording", "rekam.recording.status_reported.v1", CENTRE)
DEPARTED = Form("departure", "rekam.relocation", "rekam.relocation.departed.v1", _REGISTRY, "valid_until")
ARRIVED = Form("arrival", "rekam.relocation", "rekam.relocation.arrived.v1", _REGISTRY, "origin")
MOVED = Form("move", "rekam.relocation", "rekam.relocation.moved_within.v1", _REGISTRY)
DIED = Form("death", "rekam.death", "rekam.death.registered.v1", _DEATHS)
FOUND = Form("finding", "rekam.finding", "rekam.finding.reported.v1", _DOOR, "note")
WITHDRAWN = Form("withdrawal", "rekam.correction", "rekam.correction.fact_withdrawn.v1", "")
"""Its source is that of the fact it withdraws."""

STRUCTURED = [("content-type", b"application/cloudevents+json; charset=UTF-8")]
_SORTED_OTHERWISE = ("data", "recordedtime", "type", "time", "source", "id", "datacontenttype", "specversion")
_WIB = timezone(timedelta(hours=7))


def structured(fact: Fact) -> Message:
    """The whole event as one JSON document."""
    return Message(fact.form.topic, STRUCTURED, _json(_event(fact)), fact.source, fact.id)


def binary(fact: Fact) -> Message:
    """The attributes as headers, the data as the value."""
    attributes = _event(fact)
    del attributes["data"]
    headers = [("content-type", attributes.pop("datacontenttype").encode())]
    headers += [(f"ce_{name}", text.encode()) for name, text in attributes.items()]
    return Message(fact.form.topic, headers, _json(fact.data), fact.source, fact.id)


def said_again(fact: Fact, rng: Random) -> Message:
    """The same event in other bytes: mode, key order, notation of the offset, null for absent, a trace header."""
    data = dict(reversed(fact.data.items()))
    optional = fact.form.optional
    if optional is not None:
        data.setdefault(optional, None)
    otherwise = fact._replace(time=_notation(fact.time, rng), recordedtime=_notation(fact.recordedtime, rng), data=data)
    if rng.random() < 0.5:
        return binary(otherwise)
    event = _event(otherwise)
    turned = {name: event[name] for name in _SORTED_OTHERWISE}
    turned["traceparent"] = f"00-{rng.getrandbits(128):032x}-{rng.getrandbits(64):016x}-01"
    return structured(otherwise)._replace(value=orjson.dumps(turned, option=orjson.OPT_INDENT_2))


def _json(document: dict[str, Any]) -> bytes:
    # A copy: what orjson returns keeps its whole buffer, 4 kB for 500 bytes, and a phase holds 100,000 of them.
    return bytes(memoryview(orjson.dumps(document)))


def _event(fact: Fact) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "source": fact.source,
        "id": fact.id,
        "type": fact.form.type,
        "time": fact.time,
        "recordedtime": fact.recordedtime,
        "datacontenttype": "application/json",
        "data": fact.data,
    }


def _notation(time: str, rng: Random) -> str:
    instant = datetime.fromisoformat(time)
    if rng.random() < 0.5:
        return instant.astimezone(_WIB).isoformat(timespec="milliseconds")
    return instant.astimezone(UTC).strftime("%Y-%m-%dt%H:%M:%Sz")
