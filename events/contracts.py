"""The contracts as JSON Schema 2020-12: the `data` of each type, and a whole event in structured mode.

They allow all that intake accepts and refuse what it refuses, but for what JSON Schema cannot say (`BEYOND`).
"""

from __future__ import annotations

from typing import Any, Final

from events import patterns
from events.facts import SOURCE_TOPICS, TOPIC_OF, TYPES, Arrived
from events.samples import SAMPLES, sample_event

__all__ = ["BEYOND", "DIALECT", "EVENT", "data_schema", "envelope_schema", "event_schema", "schema_id"]

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
#: What the schema of a whole event is called.
EVENT: Final = "rekam.event.v1"

#: What intake refuses although the schemas allow it.
BEYOND: Final = (
    "a number written with a fraction or an exponent where a whole one is asked for, such as 3.0",
    "a `valid_until` before `departed_on`",
    "a `recordedtime` more than a day ahead of acceptance, or a valid_on more than a day after its day in WITA",
    "an instant that its offset moves out of the years 0001 to 9999",
    "a withdrawal of another source's fact, of a withdrawal, or of itself",
    "a value of more than 32,768 bytes, a name given twice, half a surrogate, nesting deeper than 200",
)

_PARTICULARS: Final = ("name", "sex", "birth_date", "ever_married", "address", "rt", "rw")


def schema_id(name: str) -> str:
    """A name, not an address: nothing can be fetched there."""
    return f"urn:rekam:contract:{name}"


def data_schema(type_: str) -> Schema:
    """The schema of a type's `data`; a field that may be left off may also be null, which is the same."""
    contract = TYPES[type_]
    schema = contract.model_json_schema()
    if contract is Arrived:
        schema["oneOf"] = _ways_to_arrive()
    described = " ".join((contract.__doc__ or "").split())
    head = {
        "$schema": DIALECT,
        "$id": schema_id(type_),
        "title": schema.pop("title"),
        "description": f"{described} The data of {type_}, by topic {TOPIC_OF[type_]}.",
        "type": schema.pop("type"),
    }
    return (
        head | {name: schema[name] for name in sorted(schema) if name != "description"} | {"examples": SAMPLES[type_]}
    )


def _ways_to_arrive() -> list[Schema]:
    newcomers = (*_PARTICULARS, "family_card")
    return [
        _way("A newcomer, with all particulars.", ("kelurahan", *_PARTICULARS), ("regency",)),
        _way("Back in this city, without particulars.", ("kelurahan",), ("regency", *newcomers)),
        _way("Elsewhere: it confirms a departure.", ("regency",), ("kelurahan", *newcomers)),
    ]


def _way(description: str, given: tuple[str, ...], absent: tuple[str, ...]) -> Schema:
    return {
        "description": description,
        "required": list(given),
        "properties": {name: {"not": {"type": "null"}} for name in given} | {name: {"type": "null"} for name in absent},
    }


def envelope_schema() -> Schema:
    """An event in structured mode, whatever its type is and without a word on its data."""
    at = "RFC 3339 with an offset, at most 6 fractional digits, no second 60."
    return {
        "type": "object",
        "required": ["specversion", "source", "id", "type", "time", "data"],
        "properties": {
            "specversion": _field("Specversion", "The version of CloudEvents.", {"const": "1.0"}),
            "source": _field("Source", "Who says it; with `id` it names the event for ever.", patterns.NAME),
            "id": _field("Id", "The source's own name for the event, never used again.", patterns.NAME),
            "type": _field("Type", "What is said to have happened.", {"type": "string", "enum": list(TYPES)}),
            "time": _field("Time", f"When it was said to have happened. {at}", patterns.INSTANT),
            "recordedtime": _field(
                "Recordedtime",
                f"When the registry wrote it down; absent: `time`. {at}",
                {"anyOf": [patterns.INSTANT, {"type": "null"}]},
            ),
            "datacontenttype": _field("Datacontenttype", "Is application/json whatever it says; not kept.", {}),
            "data": _field("Data", "The fact itself, with the fields of its type.", {"type": "object"}),
        },
    }


def event_schema() -> Schema:
    """A whole event in structured mode, its data by its type. Other attributes are accepted and not kept."""
    head = {
        "$schema": DIALECT,
        "$id": schema_id(EVENT),
        "title": "Event",
        "description": f"A CloudEvents 1.0 event in structured mode, for one of {', '.join(SOURCE_TOPICS)}.",
    }
    embedded = {"$schema", "$id"}
    return {
        **head,
        **envelope_schema(),
        "allOf": [_if(type_) for type_ in TYPES],
        "$defs": {
            type_: {name: part for name, part in data_schema(type_).items() if name not in embedded} for type_ in TYPES
        },
        "examples": [sample_event(type_, data) for type_, samples in SAMPLES.items() for data in samples],
    }


def _if(type_: str) -> Schema:
    return {
        "if": {"properties": {"type": {"const": type_}}, "required": ["type"]},
        "then": {"properties": {"data": {"$ref": f"#/$defs/{type_}"}}},
    }


def _field(title: str, description: str, shape: Schema) -> Schema:
    return {"title": title, "description": description, **shape}
