"""What Rekam tells on Kafka, as JSON Schema 2020-12: receipts, and parked messages.

A reader of theirs must not mind a field that it does not know: more may be added, none goes.
"""

from __future__ import annotations

from typing import Any, Final

from events.contracts import DIALECT, schema_id
from events.errors import CODES
from events.facts import SOURCE_TOPICS
from services.wire import QUARANTINE_TOPIC, RECEIPTS_TOPIC

__all__ = ["PARKED", "RECEIPT", "parked_schema", "receipt_schema"]

Schema = dict[str, Any]

#: What the two schemas are called.
RECEIPT: Final = f"{RECEIPTS_TOPIC}.v1"
PARKED: Final = f"{QUARANTINE_TOPIC}.v1"

_NULL: Final[Schema] = {"type": "null"}
_NUMBER: Final[Schema] = {"type": "integer", "minimum": 1}
_CODE: Final[Schema] = {"type": "string", "pattern": "^[a-z_]+$", "maxLength": 100}

_COORDINATES: Final[Schema] = {
    "topic": {"title": "Topic", "description": "Where the message stood.", "type": "string"},
    "incarnation": {
        "title": "Incarnation",
        "description": "Which life of the topic: 1, and one more each time it was deleted and made again.",
        **_NUMBER,
    },
    "partition": {"title": "Partition", "description": "Kafka's.", "type": "integer", "minimum": 0},
    "offset": {"title": "Offset", "description": "Kafka's.", "type": "integer", "minimum": 0},
    "source": {"title": "Source", "description": "The event's own; null: not readable.", "type": ["string", "null"]},
    "id": {"title": "Id", "description": "The event's own; null: not readable.", "type": ["string", "null"]},
}


def receipt_schema() -> Schema:
    """A message of `rekam.receipts`."""
    fields = _COORDINATES | {
        "outcome": {
            "title": "Outcome",
            "description": "What became of the message.",
            "type": "string",
            "enum": ["appended", "duplicate", "conflict", "quarantined", "resolved"],
        },
        "position": {
            "title": "Position",
            "description": "Where the fact stands in the log; null: nowhere.",
            "type": ["integer", "null"],
            "minimum": 1,
        },
        "reason": {
            "title": "Reason",
            "description": f"Why it is no fact of its own, by a code. Known ones: {', '.join(CODES)}, duplicate.",
            "anyOf": [_CODE, _NULL],
        },
    }
    there = {"position": _NUMBER, "reason": _NULL}
    ways = [
        ({"outcome": {"enum": ["appended", "duplicate"]}} | there, "A fact, by this message or an earlier one."),
        ({"outcome": {"enum": ["conflict", "quarantined"]}, "position": _NULL, "reason": _CODE}, "Parked."),
        ({"outcome": {"const": "resolved"}, "position": _NUMBER}, "Parked once, and at its end."),
    ]
    examples = [
        _told("rekam.listing", 3, "row-1", {"outcome": "appended", "position": 1, "reason": None}),
        _told("rekam.listing", 4, "row-2", {"outcome": "quarantined", "position": None, "reason": "bad_nik"}),
    ]
    return _schema(RECEIPT, "Receipt", "What became of one message of a registry.", fields, examples) | {
        "oneOf": [{"description": description, "properties": shapes} for shapes, description in ways]
    }


def parked_schema() -> Schema:
    """A message of `rekam.quarantine`."""
    fields = _COORDINATES | {
        "code": {"title": "Code", "description": f"Why it was parked. Known ones: {', '.join(CODES)}.", **_CODE},
        "message": {
            "title": "Message",
            "description": "Names the field and the way out; a value is described and never shown.",
            "type": "string",
        },
    }
    wrong = {"code": "bad_nik", "message": "`nik` has 15 digits, it must have 16 digits"}
    examples = [_told("rekam.listing", 4, "row-2", wrong)]
    return _schema(PARKED, "Parked", "A message that was parked, without its body.", fields, examples)


def _schema(name: str, title: str, description: str, fields: Schema, examples: list[Schema]) -> Schema:
    return {
        "$schema": DIALECT,
        "$id": schema_id(name),
        "title": title,
        "description": description,
        "type": "object",
        "required": list(fields),
        "properties": fields,
        "examples": examples,
    }


def _told(topic: str, offset: int, id_: str, rest: Schema) -> Schema:
    assert topic in SOURCE_TOPICS
    stood = {"topic": topic, "incarnation": 1, "partition": 0, "offset": offset}
    return stood | {"source": "urn:rekam:synthetic:5371", "id": id_} | rest
