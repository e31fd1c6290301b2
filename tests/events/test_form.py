"""What is no entry: whatever the bytes are, they are an entry or a Refusal that says why and shows nothing."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.entry import MAX_BYTES, Entry, decode, encode, open_calendar, open_person
from events.errors import Refusal
from tests.events.examples import (
    CAPTURED,
    DEPARTED,
    FINDING_REPORTED,
    NIK,
    PARTICULARS,
    RESIDENT_LISTED,
    event,
    good_data,
)
from tests.events.test_entry import PERSON, entry_of


def changed(of: Entry, **fields: Any) -> bytes:
    """The entry's bytes with these fields instead; None takes one away."""
    kept = {**json.loads(encode(of)), **fields}
    return orjson.dumps({name: value for name, value in kept.items() if value is not None})


@pytest.mark.parametrize(
    "fields",
    [
        {"subject": None},
        {"subject": "6F1C9F5E0D3B4A7C8E2D1F0A9B8C7D6E"},
        {"accepted": None},
        {"time": "2018-11-21T09:12:00+08:00"},
        {"time": "2018-02-31T01:12:00.000000Z"},
        {"valid_on": None},
        {"valid_on": "2018-11-31"},
        {"valid_on": "20181120"},
        {"lapses_on": "2018-11-21"},
        {"kafka": {"topic": "rekam.listing", "incarnation": 1, "partition": 3}},
        {"kafka": {"topic": "rekam.listing", "incarnation": 1, "partition": 3, "offset": -1}},
        {"kafka": {"topic": "rekam.listing", "incarnation": True, "partition": 3, "offset": 1}},
        {"resolved": False},
        {"flags": "nik_sex_differs"},
        {"fact": {}},
        {"fact": {**good_data(RESIDENT_LISTED)}},
        {"fact": {"list": "a", "sex": "M", "kelurahan": 5}},
        {"person": None},
        {"person": "no base64!" * 9},
        {"person": b64encode(bytes(27)).decode()},
        {"calendar": None},
        {"more": 1},
        {"v": None},
        {"v": True},
        {"v": "1"},
    ],
    ids=lambda value: next(f"{name}={str(of)[:40]}" for name, of in value.items()),
)
def test_an_entry_of_the_wrong_form_is_damaged(fields: dict[str, Any]) -> None:
    with pytest.raises(Refusal, match="damaged"):
        decode(changed(entry_of(event(RESIDENT_LISTED)), **fields))


@pytest.mark.parametrize("state", [b"", b"null", b"[]", b"{}", b"\xff", b'{"v":1', b'{"v":1}', b"[" * 60_000], ids=len)
def test_bytes_of_the_wrong_form_are_damaged(state: bytes) -> None:
    with pytest.raises(Refusal, match="damaged"):
        decode(state)


def test_too_many_bytes_are_damaged() -> None:
    with pytest.raises(Refusal, match="too many"):
        decode(encode(entry_of(event(CAPTURED))).ljust(MAX_BYTES + 1))


def test_a_captured_fact_has_no_calendar() -> None:
    entry = entry_of(event(CAPTURED))
    with pytest.raises(Refusal, match="damaged"):
        decode(encode(entry._replace(calendar=entry.person)))


def test_a_null_is_damaged() -> None:
    with pytest.raises(Refusal, match="damaged: `calendar`"):
        decode(encode(entry_of(event(CAPTURED)))[:-1] + b',"calendar":null}')


@pytest.mark.parametrize("more", [{}, {"whatever": 1}, {"subject": 7}])
def test_an_entry_of_a_later_version_asks_for_a_newer_program(more: dict[str, Any]) -> None:
    with pytest.raises(Refusal, match=r"version 2.*newer"):
        decode(changed(entry_of(event(CAPTURED)), v=2, **more))


def test_an_entry_of_an_unknown_type_asks_for_a_newer_program() -> None:
    with pytest.raises(Refusal, match=r"rekam\.other\.v1.*newer"):
        decode(changed(entry_of(event(CAPTURED)), type="rekam.other.v1"))


@given(st.data())
def test_a_damaged_byte_is_an_entry_still_or_a_refusal_and_nothing_else(data: st.DataObject) -> None:
    state = bytearray(
        encode(entry_of(event(data.draw(st.sampled_from([RESIDENT_LISTED, DEPARTED, FINDING_REPORTED])))))
    )
    at = data.draw(st.integers(0, len(state) - 1))
    state[at] = data.draw(st.integers(0, 255))
    refusal = ""
    try:
        entry = decode(bytes(state))
        open_person(entry, PERSON.key)
        open_calendar(entry, PERSON.key)
    except Refusal as error:
        refusal = str(error)
    assert NIK not in refusal
    assert PARTICULARS["name"] not in refusal
