"""The entry: what is in clear, what is sealed, and that what was kept once is read for ever."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.calendar import DepartureRule
from events.entry import (
    MAX_BYTES,
    Acceptance,
    Calendar,
    Coordinates,
    Entry,
    Person,
    decode,
    encode,
    open_calendar,
    open_person,
    seal_entry,
    split,
)
from events.errors import Refusal, Refused
from events.facts import TYPES, VALID_ON, Event
from events.parts import CLEAR
from tests.events.examples import (
    ARRIVED,
    CAPTURED,
    DEPARTED,
    FINDING_REPORTED,
    LIST_DECLARED,
    NIK,
    PARTICULARS,
    RESIDENT_LISTED,
    event,
    good_data,
)

RULE: Final = DepartureRule.parse("30")
PERSON: Final = Person(UUID("6f1c9f5e0d3b4a7c8e2d1f0a9b8c7d6e"), bytes(range(32)))
NONCES: Final = (bytes(range(12)), bytes(range(12, 24)))
ACCEPTANCE: Final = Acceptance("2018-11-23T04:00:00.000000Z", Coordinates("rekam.listing", 1, 3, 41))
FIXTURES: Final = sorted((Path(__file__).parent / "fixtures").glob("entry_v1_*.json"))
NO_PARTICULARS: Final = dict.fromkeys([*PARTICULARS, "family_card"])


def entry_of(of: Event) -> Entry:
    return seal_entry(of, split(of, RULE), PERSON, NONCES, ACCEPTANCE)


def changed(of: Entry, **fields: Any) -> bytes:
    """The entry's bytes with these fields instead; None takes one away."""
    kept = {**json.loads(encode(of)), **fields}
    return orjson.dumps({name: value for name, value in kept.items() if value is not None})


every_type = pytest.mark.parametrize("type_", TYPES)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=40)
days = st.dates(date(1850, 1, 1), date(2182, 12, 31)).map(date.isoformat)
names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30)


# ------------------------------------------------------------------ clear and sealed


@every_type
def test_each_field_is_kept_once_in_clear_sealed_or_as_valid_on(type_: str) -> None:
    parts = split(event(type_), RULE)
    assert not parts.fact.keys() & parts.person.keys()
    assert {*parts.fact, *parts.person, VALID_ON[type_]} - {None} == set(good_data(type_))


@every_type
def test_what_is_in_clear_is_what_the_design_names(type_: str) -> None:
    assert set(split(event(type_), RULE).fact) == set(good_data(type_)) & set(CLEAR)


@every_type
def test_the_valid_on_is_the_days_own_field(type_: str) -> None:
    field = VALID_ON[type_]
    valid_on = split(event(type_), RULE).valid_on
    assert valid_on == (None if field is None else date.fromisoformat(good_data(type_)[field]))


def test_a_declared_list_is_wholly_in_clear() -> None:
    entry = entry_of(event(LIST_DECLARED))
    assert entry.person is None
    assert entry.fact == good_data(LIST_DECLARED)
    assert open_person(entry, PERSON.key) == {}


def test_a_listing_seals_its_17th_birthday_apart() -> None:
    entry = entry_of(event(RESIDENT_LISTED, birth_date="2000-02-29", ever_married=True))
    assert open_calendar(entry, PERSON.key) == Calendar(date(2017, 3, 1), ever_married=True)


def test_an_arrival_without_particulars_has_no_calendar() -> None:
    entry = entry_of(event(ARRIVED, **NO_PARTICULARS))
    assert entry.calendar is None
    assert open_calendar(entry, PERSON.key) is None


def test_an_arrival_elsewhere_has_no_kelurahan_and_seals_where_to() -> None:
    entry = entry_of(event(ARRIVED, **NO_PARTICULARS, kelurahan=None, regency="5171"))
    assert entry.fact == {}
    assert open_person(entry, PERSON.key)["regency"] == "5171"


def test_a_departure_keeps_the_day_its_letter_lapses_by_the_rule_of_its_own_day() -> None:
    of = event(DEPARTED, departed_on="2018-11-20", valid_until=None)
    assert split(of, DepartureRule.parse("30,2018-11-20:45,2018-11-21:60")).lapses_on == date(2019, 1, 5)


def test_of_a_departure_valid_until_wins() -> None:
    assert split(event(DEPARTED, valid_until="2018-12-20"), RULE).lapses_on == date(2018, 12, 21)


def test_the_flags_of_the_nik_stand_in_clear() -> None:
    of = event(RESIDENT_LISTED, birth_date="1990-01-02", sex="F")
    assert decode(encode(entry_of(of))).flags == ("nik_birth_date_differs", "nik_sex_differs")


def test_the_length_of_what_is_sealed_does_not_tell_who_was_married() -> None:
    married, unmarried = (entry_of(event(RESIDENT_LISTED, ever_married=value)) for value in (True, False))
    assert len(encode(married)) == len(encode(unmarried))


@given(names.filter(lambda name: len(name) > 3), st.sampled_from([RESIDENT_LISTED, ARRIVED]))
def test_no_name_and_no_nik_is_found_in_the_bytes(name: str, type_: str) -> None:
    canary = f"Kenari {name}"
    state = encode(entry_of(event(type_, name=canary, address=canary, rt="990077", rw="880066")))
    for hidden in (canary, NIK, good_data(type_)["family_card"], "1990-01-01", "2007-01-01", "990077", "880066"):
        assert hidden.encode() not in state
        assert orjson.dumps(hidden)[1:-1] not in state


# ------------------------------------------------------------------ there and back


@every_type
def test_an_entry_comes_back_as_it_was(type_: str) -> None:
    entry = entry_of(event(type_))
    assert decode(encode(entry)) == entry


@every_type
def test_what_was_sealed_comes_back_as_it_was_sent(type_: str) -> None:
    entry = entry_of(event(type_))
    told = {**open_person(entry, PERSON.key), **entry.fact}
    if entry.valid_on is not None:
        told[VALID_ON[type_]] = entry.valid_on.isoformat()
    assert told == good_data(type_)


@given(name=names, address=texts, birth_date=days, ever_married=st.booleans(), id=names, resolved=st.booleans())
def test_any_listing_comes_back(id: str, resolved: bool, **given: Any) -> None:  # noqa: A002
    of = event(RESIDENT_LISTED, id=id, **given)
    entry = replace(entry_of(of), resolved=resolved, kafka=None)
    again = decode(encode(entry))
    assert again == entry
    opened = open_person(again, PERSON.key)
    assert {name: opened[name] for name in given} == given
    assert (again.id, again.resolved) == (id, resolved)


@given(st.data())
def test_with_any_bit_of_a_sealed_part_flipped_it_is_refused_by_name(data: st.DataObject) -> None:
    entry = entry_of(event(RESIDENT_LISTED))
    part = data.draw(st.sampled_from(["person", "calendar"]))
    blob = bytearray(getattr(entry, part))
    bit = data.draw(st.integers(0, 8 * len(blob) - 1))
    blob[bit // 8] ^= 1 << bit % 8
    harmed = decode(encode(replace(entry, **{part: bytes(blob)})))
    with pytest.raises(Refusal, match=f"{part} part.*{entry.id}.*{entry.source}.*{entry.subject.hex}"):
        (open_person if part == "person" else open_calendar)(harmed, PERSON.key)


@pytest.mark.parametrize(
    "other", [{"subject": UUID(int=1)}, {"type": ARRIVED}, {"source": "urn:other"}, {"id": "other"}], ids=str
)
def test_a_sealed_part_opens_in_no_other_entry(other: dict[str, Any]) -> None:
    entry = replace(entry_of(event(RESIDENT_LISTED)), **other)
    for open_part in (open_person, open_calendar):
        with pytest.raises(Refusal, match="does not open"):
            open_part(entry, PERSON.key)


def test_the_two_sealed_parts_cannot_stand_for_each_other() -> None:
    entry = entry_of(event(RESIDENT_LISTED))
    swapped = replace(entry, person=entry.calendar, calendar=entry.person)
    for open_part in (open_person, open_calendar):
        with pytest.raises(Refusal, match="does not open"):
            open_part(swapped, PERSON.key)


@pytest.mark.parametrize("type_", [RESIDENT_LISTED, ARRIVED])
def test_the_longest_message_of_the_contract_fits(type_: str) -> None:
    long = dict.fromkeys(["name", "address", "rt", "rw", "family_card"], "€" * 2000)
    of = event(type_, source="𝄞" * 500, id="𝄞" * 500, **long)
    assert len(encode(entry_of(of))) <= MAX_BYTES


def test_more_than_the_log_takes_is_parked() -> None:
    entry = replace(entry_of(event(CAPTURED)), person=bytes(49_000))
    with pytest.raises(Refused, match=f"{MAX_BYTES}") as refused:
        encode(entry)
    assert (refused.value.code, refused.value.id) == ("too_large", entry.id)


# ------------------------------------------------------------------ what is no entry


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
        decode(encode(replace(entry, calendar=entry.person)))


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
    try:
        entry = decode(bytes(state))
        open_person(entry, PERSON.key)
        open_calendar(entry, PERSON.key)
    except Refusal as refusal:
        assert NIK not in str(refusal)
        assert PARTICULARS["name"] not in str(refusal)


# ------------------------------------------------------------------ for ever


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_what_was_kept_once_is_read_for_ever(path: Path) -> None:
    kept = json.loads(path.read_text())
    entry, key = decode(kept["entry"].encode()), bytes.fromhex(kept["key"])
    assert open_person(entry, key) == kept["person"]
    calendar = open_calendar(entry, key)
    assert (calendar and [calendar.seventeen_on.isoformat(), calendar.ever_married]) == kept["calendar"]
    told = {field.name: getattr(entry, field.name) for field in fields(entry) if field.name not in kept}
    assert json.loads(orjson.dumps(told, default=Coordinates._asdict)) == kept["told"]


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_version_1_is_still_written_byte_for_byte(path: Path) -> None:
    """Goes when a version 2 is written; the test above stays."""
    state = json.loads(path.read_text())["entry"].encode()
    assert encode(decode(state)) == state


def test_every_type_has_its_fixture() -> None:
    assert {json.loads(path.read_text())["told"]["type"] for path in FIXTURES} == set(TYPES)
