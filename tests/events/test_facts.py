from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from events.envelope import check
from events.facts import SOURCE_TOPICS, TOPIC_OF, TYPES, VALID_ON, Contract, Departed, canonical
from tests.events import examples
from tests.events.examples import ACCEPTED, ARRIVED, DEPARTED, RESIDENT_LISTED, STRUCTURED, event, good_data, to_json

if TYPE_CHECKING:
    import random

#: The contract's own table: type, topic, valid_on, required fields, optional ones.
TABLE = [
    ("listing.list_declared", "listing", "as_of", "list kind as_of rows rows_by_kelurahan", ""),
    (
        "listing.resident_listed",
        "listing",
        "listed_on",
        "nik list listed_on name sex birth_date ever_married kelurahan address rt rw",
        "family_card",
    ),
    ("recording.captured", "recording", "captured_on", "nik captured_on place", "session"),
    ("recording.status_reported", "recording", "reported_on", "nik status reported_on", ""),
    ("relocation.departed", "relocation", "departed_on", "nik departed_on document_no destination", "valid_until"),
    (
        "relocation.arrived",
        "relocation",
        "arrived_on",
        "nik arrived_on",
        "kelurahan regency origin document_no name sex birth_date ever_married address rt rw family_card",
    ),
    ("relocation.moved_within", "relocation", "moved_on", "nik moved_on from_kelurahan to_kelurahan", ""),
    ("death.registered", "death", "died_on", "nik died_on certificate_no", ""),
    ("finding.reported", "finding", "found_on", "nik found_on outcome", "verifier note"),
    ("correction.fact_withdrawn", "correction", None, "withdraws_source withdraws_id reason", ""),
]


@pytest.mark.parametrize(("name", "topic", "valid_on", "required", "optional"), TABLE, ids=lambda part: str(part)[:25])
def test_a_type_has_the_topic_the_day_and_the_fields_of_the_contract(
    name: str, topic: str, valid_on: str | None, required: str, optional: str
) -> None:
    type_ = f"rekam.{name}.v1"
    fields = TYPES[type_].model_fields
    assert TOPIC_OF[type_] == f"rekam.{topic}"
    assert VALID_ON[type_] == valid_on
    assert {field for field, info in fields.items() if info.is_required()} == set(required.split())
    assert {field for field, info in fields.items() if not info.is_required()} == set(optional.split())


def test_there_are_ten_types_on_six_topics() -> None:
    assert list(TYPES) == list(TOPIC_OF) == list(VALID_ON) == [f"rekam.{row[0]}.v1" for row in TABLE]
    names = ("listing", "recording", "relocation", "death", "finding", "correction")
    assert tuple(f"rekam.{name}" for name in names) == SOURCE_TOPICS


@pytest.mark.parametrize("type_", TYPES)
def test_a_fact_is_closed_and_frozen(type_: str) -> None:
    fact = TYPES[type_].model_validate(good_data(type_))
    field = next(iter(good_data(type_)))
    with pytest.raises(ValidationError):
        setattr(fact, field, "other")
    with pytest.raises(ValidationError):
        TYPES[type_].model_validate({**good_data(type_), "extra": None})


@pytest.mark.parametrize("type_", TYPES)
def test_neither_a_fact_nor_an_event_nor_an_error_shows_what_is_in_it(type_: str) -> None:
    checked = event(type_)
    with pytest.raises(ValidationError) as raised:
        TYPES[type_].model_validate({**good_data(type_), "extra": examples.NIK})
    for shown in (repr(checked), str(checked.data), repr(raised.value)):
        assert examples.NIK not in shown
        assert "Contoh" not in shown
        assert "2018-11-20" not in shown


@pytest.mark.parametrize("type_", TYPES)
def test_a_fact_has_a_json_schema_that_is_closed(type_: str) -> None:
    schema = TYPES[type_].model_json_schema()
    assert schema["additionalProperties"] is False
    assert schema["properties"].keys() == TYPES[type_].model_fields.keys()


def test_days_are_days() -> None:
    departed = event(DEPARTED).data
    assert isinstance(departed, Departed)
    assert (departed.departed_on, departed.valid_until) == (date(2018, 11, 20), date(2018, 12, 20))
    with pytest.raises(ValidationError):
        Departed.model_validate({**good_data(DEPARTED), "departed_on": date(2018, 11, 20)})


def test_the_canonical_bytes_never_change() -> None:
    """Keyed digests of them are kept for ever: another byte, and every repeat would be a conflict."""
    assert (
        canonical(event(DEPARTED, valid_until=None, document_no="SKPWNI/é"))
        == (
            '{"data":{"departed_on":"2018-11-20","destination":"5171","document_no":"SKPWNI/é","nik":"5371010101909001"},'
            '"recordedtime":"2018-11-21T01:12:00.000000Z","time":"2018-11-21T01:12:00.000000Z",'
            '"type":"rekam.relocation.departed.v1"}'
        ).encode()
    )
    assert canonical(event(examples.LIST_DECLARED, rows_by_kelurahan={"53.71.06.1010": 0, "53.71.01.1001": 3})) == (
        b'{"data":{"as_of":"2018-11-01","kind":"unrecorded","list":"PUSAT-2018-11","rows":3,'
        b'"rows_by_kelurahan":{"53.71.01.1001":3,"53.71.06.1010":0}},'
        b'"recordedtime":"2018-11-21T01:12:00.000000Z","time":"2018-11-21T01:12:00.000000Z",'
        b'"type":"rekam.listing.list_declared.v1"}'
    )


def _shuffled(value: Any, chance: random.Random) -> Any:
    if not isinstance(value, dict):
        return value
    names = list(value)
    chance.shuffle(names)
    return {name: _shuffled(value[name], chance) for name in names}


def _without_optionals(type_: str, chance: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """Data with some optional fields null, and the same with those fields absent."""
    fields = TYPES[type_].model_fields
    groups = [[field] for field, info in fields.items() if not info.is_required()]
    if type_ == ARRIVED:
        groups = [["origin"], ["document_no"], ["family_card"], [*examples.PARTICULARS, "family_card"]]
    gone = {field for group in groups if chance.random() < 0.5 for field in group}
    data = good_data(type_)
    absent = {field: value for field, value in data.items() if field not in gone}
    return {**data, **dict.fromkeys(gone)}, absent


@given(
    st.sampled_from(list(TYPES)),
    st.randoms(use_true_random=False),
    st.datetimes(datetime(1900, 1, 1), datetime(2018, 11, 20)),  # noqa: DTZ001 - put into two zones below
    st.tuples(*[st.integers(-23 * 60, 23 * 60)] * 2),
)
def test_the_same_event_has_the_same_bytes_in_whatever_dress(
    type_: str, chance: random.Random, when: datetime, minutes: tuple[int, int]
) -> None:
    one, other = (
        when.replace(tzinfo=UTC).astimezone(timezone(timedelta(minutes=offset))).isoformat() for offset in minutes
    )
    with_nulls, without = _without_optionals(type_, chance)
    headers, value = examples.binary(type_, _shuffled(without, chance), time=one, recordedtime=None)
    plain = {
        **examples.envelope(type_, with_nulls, time=other),
        "traceparent": "00-1",
        "recordedtime": chance.choice([other, None]),
    }
    recorded = "2018-11-20T16:00:00Z"
    chance.shuffle(headers)
    if VALID_ON[type_] is not None:  # a day not after recordedtime's own
        headers.append(("ce_recordedtime", recorded.encode()))
        plain["recordedtime"] = "2018-11-21T00:00:00.000+08:00"
    structured = to_json(_shuffled(plain, chance))

    in_binary = check(TOPIC_OF[type_], headers, value, ACCEPTED, frozenset())
    in_structured = check(TOPIC_OF[type_], STRUCTURED, structured, ACCEPTED, frozenset())

    assert canonical(in_binary) == canonical(in_structured)
    assert in_binary == in_structured


@pytest.mark.parametrize(
    "other",
    [
        event(RESIDENT_LISTED, name="Contoh warga"),
        event(RESIDENT_LISTED, ever_married=True),
        event(RESIDENT_LISTED, family_card=None),
        event(RESIDENT_LISTED, time="2018-11-21T09:12:00.000001+08:00"),
        event(RESIDENT_LISTED, recordedtime="2018-11-21T09:13:00+08:00"),
    ],
)
def test_other_content_has_other_bytes(other: Any) -> None:
    assert canonical(other) != canonical(event(RESIDENT_LISTED))


def test_source_and_id_name_the_event_and_are_no_part_of_its_content() -> None:
    assert canonical(event(DEPARTED, id="d-1")) == canonical(event(DEPARTED, id="d-2", source="urn:other"))


@pytest.mark.parametrize("type_", TYPES)
def test_every_contract_is_one(type_: str) -> None:
    assert issubclass(TYPES[type_], Contract)
    assert TYPES[type_].__doc__
