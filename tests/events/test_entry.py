"""The entry: what is in clear, what is sealed, and that what was kept once is read for ever."""

from __future__ import annotations

import json
from dataclasses import replace
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
    recall,
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
NO_PARTICULARS: Final[dict[str, Any]] = dict.fromkeys([*PARTICULARS, "family_card"])


def entry_of(of: Event) -> Entry:
    return seal_entry(of, split(of, RULE), PERSON, NONCES, ACCEPTANCE)


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
    field = VALID_ON[type_]
    if field is not None and entry.valid_on is not None:
        told[field] = entry.valid_on.isoformat()
    assert told == good_data(type_)


@given(name=names, address=texts, birth_date=days, ever_married=st.booleans(), id=names, resolved=st.booleans())
def test_any_listing_comes_back(id: str, resolved: bool, **given: Any) -> None:  # noqa: A002
    of = event(RESIDENT_LISTED, id=id, **given)
    entry = entry_of(of)._replace(resolved=resolved, kafka=None)
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
    fields: dict[str, Any] = {part: bytes(blob)}
    harmed = decode(encode(entry._replace(**fields)))
    with pytest.raises(Refusal, match=f"{part} part.*{entry.id}.*{entry.source}.*{entry.subject.hex}"):
        (open_person if part == "person" else open_calendar)(harmed, PERSON.key)


@pytest.mark.parametrize(
    "other", [{"subject": UUID(int=1)}, {"type": ARRIVED}, {"source": "urn:other"}, {"id": "other"}], ids=str
)
def test_a_sealed_part_opens_in_no_other_entry(other: dict[str, Any]) -> None:
    entry = entry_of(event(RESIDENT_LISTED))._replace(**other)
    for open_part in (open_person, open_calendar):
        with pytest.raises(Refusal, match="does not open"):
            open_part(entry, PERSON.key)


def test_the_two_sealed_parts_cannot_stand_for_each_other() -> None:
    entry = entry_of(event(RESIDENT_LISTED))
    swapped = entry._replace(person=entry.calendar, calendar=entry.person)
    for open_part in (open_person, open_calendar):
        with pytest.raises(Refusal, match="does not open"):
            open_part(swapped, PERSON.key)


@pytest.mark.parametrize("type_", [RESIDENT_LISTED, ARRIVED])
def test_the_longest_message_of_the_contract_fits(type_: str) -> None:
    long = {**good_data(type_), **dict.fromkeys(["name", "address", "rt", "rw", "family_card"], "€" * 2000)}
    of = replace(event(type_, long), source="𝄞" * 500, id="𝄞" * 500)
    assert len(encode(entry_of(of))) <= MAX_BYTES


def test_more_than_the_log_takes_is_parked() -> None:
    entry = entry_of(event(CAPTURED))._replace(person=bytes(49_000))
    with pytest.raises(Refused, match=f"{MAX_BYTES}") as refused:
        encode(entry)
    assert (refused.value.code, refused.value.id) == ("too_large", entry.id)


# ------------------------------------------------------------------ for ever


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_what_was_kept_once_is_read_for_ever(path: Path) -> None:
    kept = json.loads(path.read_text())
    entry, key = decode(kept["entry"].encode()), bytes.fromhex(kept["key"])
    assert open_person(entry, key) == kept["person"]
    calendar = open_calendar(entry, key)
    assert (calendar and [calendar.seventeen_on.isoformat(), calendar.ever_married]) == kept["calendar"]
    told = {name: value for name, value in entry._asdict().items() if name not in kept}
    assert json.loads(orjson.dumps(told, default=Coordinates._asdict)) == kept["told"]


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_version_1_is_still_written_byte_for_byte(path: Path) -> None:
    """Goes when a version 2 is written; the test above stays."""
    state = json.loads(path.read_text())["entry"].encode()
    assert encode(decode(state)) == state


def test_every_type_has_its_fixture() -> None:
    assert {json.loads(path.read_text())["told"]["type"] for path in FIXTURES} == set(TYPES)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_what_the_digest_vouches_for_is_recalled_as_it_is_decoded(path: Path) -> None:
    state = json.loads(path.read_text())["entry"].encode()
    assert recall(state) == decode(state)


@pytest.mark.parametrize("state", [b"", b"[]", b"{}", b'{"v":2}', b'{"v":1,"subject":"no"}', b"\xff"])
def test_what_is_no_entry_is_not_recalled(state: bytes) -> None:
    with pytest.raises(Refusal):
        recall(state)
