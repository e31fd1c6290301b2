"""The AsyncAPI 3.0 document: every topic, who publishes there, and what its messages are.

It stands on its own: the schemas are in it, in the dialect of AsyncAPI (draft 7 of JSON Schema, of which they use what
2020-12 has too).
"""

from __future__ import annotations

from typing import Any, Final

from events import patterns
from events.contracts import data_schema, envelope_schema
from events.facts import SOURCE_TOPICS, TOPIC_OF, TYPES
from events.samples import SAMPLES, sample_event
from services.told import parked_schema, receipt_schema
from services.wire import LOG_TOPIC, QUARANTINE_TOPIC, RECEIPTS_TOPIC

__all__ = ["document"]

Part = dict[str, Any]

_INTRODUCTION: Final = (
    "Registries publish CloudEvents 1.0, in structured or binary mode, and are told on rekam.receipts what became of "
    "each. source and id name an event for ever; a repeat is harmless; order means nothing, save which of two "
    "different messages under one name came first. The rules are in docs/registries.md."
)
_STRUCTURED: Final = "application/cloudevents+json"
_SAID: Final = "What registries say."
_TOLD: Final[dict[str, tuple[str, str]]] = {
    RECEIPTS_TOPIC: ("receipt", "What became of every message; a receipt may come twice, and says the same."),
    QUARANTINE_TOPIC: ("parked", "The messages that were parked, without their bodies."),
    LOG_TOPIC: ("entry", "The log, entry by entry, in order; an entry may come twice, under its position."),
}
_TRACEPARENT: Final = {
    "type": "string",
    "pattern": "^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
    "description": "The relay's span, by W3C Trace Context: where traces are on, and the publisher has sent one.",
}


def document() -> Part:
    return {
        "asyncapi": "3.0.0",
        "id": "urn:rekam:contract:asyncapi",
        "info": {
            "title": "Rekam",
            "version": "1.0.0",
            "description": _INTRODUCTION,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": _channels(),
        "operations": {
            f"{verb}.{topic}": {"action": verb, "channel": _ref("channels", topic)}
            for verb, topics in (("receive", SOURCE_TOPICS), ("send", tuple(_TOLD)))
            for topic in topics
        },
        "components": {"messages": _messages(), "schemas": _schemas()},
    }


def _ref(*path: str) -> Part:
    return {"$ref": f"#/{'/'.join(path)}"}


def _channels() -> Part:
    named = {
        topic: [f"{type_}.{mode}" for type_ in TYPES if TOPIC_OF[type_] == topic for mode in ("structured", "binary")]
        for topic in SOURCE_TOPICS
    } | {topic: [message] for topic, (message, _) in _TOLD.items()}
    return {
        topic: {
            "address": topic,
            "description": _TOLD[topic][1] if topic in _TOLD else _SAID,
            "messages": {name: _ref("components", "messages", name) for name in names},
        }
        for topic, names in named.items()
    }


def _messages() -> Part:
    messages: Part = {}
    for type_ in TYPES:
        messages[f"{type_}.structured"] = _structured(type_)
        messages[f"{type_}.binary"] = _binary(type_)
    for name, about in _TOLD.values():
        messages[name] = {"title": name.capitalize(), "summary": about, "payload": _ref("components", "schemas", name)}
    position = {"type": "string", "pattern": "^[1-9][0-9]*$", "description": "Where the entry stands in the log."}
    messages["entry"]["headers"] = _object({"position": position, "traceparent": _TRACEPARENT}, ["position"])
    return messages


def _structured(type_: str) -> Part:
    narrowed = {"type": {"const": type_}, "data": _ref("components", "schemas", type_)}
    headers = {"content-type": {"type": "string", "description": f"Begins with {_STRUCTURED}, in any case."}}
    return _said(type_, "structured", _STRUCTURED) | {
        "headers": _object(headers, ["content-type"]),
        "payload": {"allOf": [_ref("components", "schemas", "envelope"), {"properties": narrowed}]},
        "examples": [
            {"headers": {"content-type": _STRUCTURED}, "payload": sample_event(type_, data)} for data in SAMPLES[type_]
        ],
    }


def _binary(type_: str) -> Part:
    headers = {
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_source": patterns.NAME,
        "ce_id": patterns.NAME,
        "ce_type": {"type": "string", "const": type_},
        "ce_time": patterns.INSTANT,
        "ce_recordedtime": patterns.INSTANT,
    }
    examples = []
    for data in SAMPLES[type_]:
        attributes = sample_event(type_, data)
        examples.append({"headers": {name: attributes[name[3:]] for name in headers}, "payload": data})
    return _said(type_, "binary", "application/json") | {
        "headers": _object(headers, [name for name in headers if name != "ce_recordedtime"]),
        "payload": _ref("components", "schemas", type_),
        "examples": examples,
    }


def _said(type_: str, mode: str, content_type: str) -> Part:
    about = " ".join((TYPES[type_].__doc__ or "").split())
    key = {"type": "string", "description": "Means nothing and must not hold a NIK; the id keeps it on its partition."}
    return {
        "name": type_,
        "title": f"{type_}, {mode}",
        "summary": about,
        "contentType": content_type,
        "bindings": {"kafka": {"key": key, "bindingVersion": "0.5.0"}},
    }


def _object(properties: Part, required: list[str]) -> Part:
    return {"type": "object", "required": required, "properties": properties}


def _schemas() -> Part:
    named = {type_: data_schema(type_) for type_ in TYPES}
    told = {"receipt": receipt_schema(), "parked": parked_schema()}
    entry = {"type": "object", "description": "An entry of the log, as docs/auditors.md says; its bytes are kept."}
    embedded = {"$schema", "$id"}
    return {
        name: {key: part for key, part in schema.items() if key not in embedded}
        for name, schema in {"envelope": envelope_schema(), **named, **told, "entry": entry}.items()
    }
