"""The door is total: whatever comes, it is an event or a refusal with a code of the contract."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from events.envelope import check
from events.errors import Refused
from events.facts import TOPIC_OF, TYPES, Event, canonical
from events.territory import KELURAHAN
from tests.events import examples
from tests.events.examples import ACCEPTED, STRUCTURED, envelope

CODES = {
    "too_large",
    "not_json",
    "not_cloudevents",
    "unknown_type",
    "wrong_topic",
    "bad_time",
    "bad_nik",
    "unknown_kelurahan",
    "bad_data",
    "not_yours_to_withdraw",
    "withdraws_a_withdrawal",
}
TOPICS = st.sampled_from(sorted(set(TOPIC_OF.values())))
NAMES = (
    st.sampled_from(["content-type", "ce_id", "ce_source", "ce_type", "ce_time", "CE_SPECVERSION", "ce_"]) | st.text()
)
TEXTS = st.sampled_from(
    ["", "1.0", *TYPES, *KELURAHAN, examples.NIK, examples.TIME, "2018-11-20", "9999-12-31", "5171", "M"]
)
HEADERS = st.lists(
    st.tuples(
        NAMES,
        st.none() | st.binary(max_size=20) | TEXTS.map(str.encode) | st.just(b"application/cloudevents+json"),
    ),
    max_size=8,
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | TEXTS
JSON = st.recursive(
    SCALARS,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text() | TEXTS, children, max_size=3),
    max_leaves=5,
)
FIELDS = sorted({field for contract in TYPES.values() for field in contract.model_fields})


def outcome(topic: str, headers: Any, value: bytes | None) -> Event | Refused:
    """The event or the refusal; any other exception fails the test."""
    try:
        event = check(topic, headers, value, ACCEPTED, frozenset())
    except Refused as refused:
        answer = refused
    else:
        assert TYPES[event.type].model_validate(json.loads(canonical(event))["data"]) == event.data
        return event
    assert answer.code in CODES
    assert answer.message
    return answer


@given(TOPICS, HEADERS, st.none() | st.binary())
def test_any_bytes_under_any_headers(topic: str, headers: list[tuple[str, bytes | None]], value: bytes | None) -> None:
    outcome(topic, headers, value)


@given(TOPICS, HEADERS, JSON)
def test_any_json_in_both_modes(topic: str, headers: list[tuple[str, bytes | None]], value: object) -> None:
    written = json.dumps(value).encode()
    outcome(topic, headers, written)
    outcome(topic, STRUCTURED, written)


@st.composite
def near_misses(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A good event with one to three attributes or fields replaced, added or left off."""
    type_ = draw(st.sampled_from(list(TYPES)))
    event = envelope(type_)
    for _ in range(draw(st.integers(1, 3))):
        part = event["data"] if isinstance(event["data"], dict) and draw(st.booleans()) else event
        name = draw(st.sampled_from(sorted(part) or ["x"]) | st.sampled_from(FIELDS) | st.text(max_size=5))
        if draw(st.integers(0, 3)):
            part[name] = draw(JSON)
        else:
            part.pop(name, None)
        event.setdefault("data", {})
    return type_, event


@settings(max_examples=300)
@given(near_misses())
def test_near_misses_of_good_events(miss: tuple[str, dict[str, Any]]) -> None:
    type_, event = miss
    outcome(TOPIC_OF[type_], STRUCTURED, json.dumps(event).encode())


@given(st.sampled_from(list(TYPES)), st.integers(0, 10_000), st.integers(0, 255))
def test_a_good_message_with_one_byte_changed(type_: str, place: int, byte: int) -> None:
    value = bytearray(examples.structured(type_))
    value[place % len(value)] = byte
    outcome(TOPIC_OF[type_], STRUCTURED, bytes(value))


@given(st.sampled_from(list(TYPES)), st.sampled_from(FIELDS), st.text(min_size=6, max_size=30))
def test_a_refusal_shows_no_text_out_of_the_data(type_: str, field: str, text: str) -> None:
    canary = f"Kenari {text}"
    data = examples.good_data(type_) | {field: canary, canary: canary}
    refused = outcome(TOPIC_OF[type_], STRUCTURED, examples.structured(type_, data))
    assert isinstance(refused, Refused)
    assert refused.code in {"bad_nik", "unknown_kelurahan", "bad_data"}
    assert canary not in refused.message
