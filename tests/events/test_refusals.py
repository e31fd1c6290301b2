"""Each row of the contract's table of codes that is about the data."""

from __future__ import annotations

from typing import Any

import pytest

from events.calendar import seventeen_on
from events.envelope import check
from events.errors import Refused
from events.facts import TOPIC_OF, TYPES, VALID_ON, Event, ResidentListed
from tests.events import examples
from tests.events.examples import ACCEPTED, STRUCTURED, good_data, structured, to_json

WITH_NIK = [type_ for type_ in TYPES if "nik" in TYPES[type_].model_fields]
WITHOUT_NIK = [type_ for type_ in TYPES if type_ not in WITH_NIK]
FIELDS = [(type_, field) for type_ in TYPES for field in TYPES[type_].model_fields]
OPTIONAL = [(type_, field) for type_, field in FIELDS if not TYPES[type_].model_fields[field].is_required()]
REQUIRED = [(type_, field) for type_, field in FIELDS if TYPES[type_].model_fields[field].is_required()]
DAYS = [
    (type_, field)
    for type_, field in FIELDS
    if field.endswith("_on") or field in ("as_of", "birth_date", "valid_until")
]
KELURAHAN = [(type_, field) for type_, field in FIELDS if field in ("kelurahan", "from_kelurahan", "to_kelurahan")]
CHOICES = ("kind", "sex", "place", "outcome")
TEXTS = [
    (type_, field)
    for type_, field in FIELDS
    if (type_, field) not in DAYS + KELURAHAN
    and field not in (*CHOICES, "nik", "regency", "origin", "destination", "rows", "rows_by_kelurahan", "ever_married")
]
WRONG = [1, 1.0, True, [], {}, "", ["x"], {"x": "x"}]


def taken(type_: str, data: object, *, source: str = examples.SOURCE, id_: str = "e-1") -> Event:
    return check(
        TOPIC_OF[type_], STRUCTURED, structured(type_, data, source=source, id=id_), ACCEPTED, frozenset({"centre"})
    )


def code(type_: str, data: object, **names: str) -> str:
    with pytest.raises(Refused) as raised:
        taken(type_, data, **names)
    return raised.value.code


def good(type_: str, **fields: Any) -> dict[str, Any]:
    """Good data with these fields; `...` leaves one off."""
    return {name: value for name, value in (good_data(type_) | fields).items() if value is not ...}


@pytest.mark.parametrize(("type_", "field"), [item for item in VALID_ON.items() if item[1]])
@pytest.mark.parametrize(
    ("day", "expected"),
    [("2018-11-23", "bad_time"), ("2199-12-31", "bad_time"), ("2200-01-01", "bad_time"), ("9999-12-31", "bad_time")]
    + [(day, "bad_data") for day in ("2019-02-29", "2019-13-01", "2019-1-1", "2018-11-23T00:00:00Z", "x", "")]
    + [(day, "bad_data") for day in ("1849-12-31", "0000-00-00", "2018-W47-5", 20191120, None, ["2019-01-01"])],
)
def test_a_valid_on_too_far_ahead_is_a_bad_time_and_no_day_is_bad_data(
    type_: str, field: str, day: object, expected: str
) -> None:
    assert code(type_, good(type_, **{field: day})) == expected


def test_other_days_may_lie_ahead() -> None:
    assert taken(examples.DEPARTED, good(examples.DEPARTED, valid_until="2199-12-31"))
    listed = taken(examples.RESIDENT_LISTED, good(examples.RESIDENT_LISTED, birth_date="2199-12-31")).data
    assert isinstance(listed, ResidentListed)
    assert seventeen_on(listed.birth_date).year == 2216


@pytest.mark.parametrize("type_", WITH_NIK)
@pytest.mark.parametrize(
    "nik",
    [..., None, "", 5371010101909001, 1.0, True, [], {}, "537101010190900", "5371010101900000", "0371010101909001"],
)
def test_a_nik_that_is_none_is_a_bad_nik(type_: str, nik: object) -> None:
    assert code(type_, good(type_, nik=nik)) == "bad_nik"


@pytest.mark.parametrize("type_", WITHOUT_NIK)
@pytest.mark.parametrize("nik", [examples.NIK, "x", None])
def test_a_type_without_a_nik_that_is_given_one_is_bad_data(type_: str, nik: object) -> None:
    assert code(type_, good(type_, nik=nik)) == "bad_data"


@pytest.mark.parametrize("nik", ["5399990101909001", "5371013102909001", "5371014101909001"])
def test_a_doubtful_nik_is_accepted(nik: str) -> None:
    assert taken(examples.RESIDENT_LISTED, good(examples.RESIDENT_LISTED, nik=nik))


@pytest.mark.parametrize(("type_", "field"), KELURAHAN)
@pytest.mark.parametrize("value", ["53.71.01.1013", "5371011001", "53.71.01", "", "Namosain", "53.71.01.1001 ", "\x00"])
def test_a_kelurahan_that_is_a_text_and_not_in_the_reference_is_unknown(type_: str, field: str, value: str) -> None:
    assert code(type_, good(type_, **{field: value})) == "unknown_kelurahan"


@pytest.mark.parametrize(("type_", "field"), KELURAHAN)
@pytest.mark.parametrize("value", [5371011001, 1.5, True, ["x"], {"x": 1}])
def test_a_kelurahan_that_is_no_text_is_bad_data(type_: str, field: str, value: object) -> None:
    assert code(type_, good(type_, **{field: value})) == "bad_data"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ({"53.71.01.1013": 1}, "unknown_kelurahan"),
        ({"53.71.01.1001": 1, "x": None}, "unknown_kelurahan"),
        ({"": 1}, "unknown_kelurahan"),
        ({"53.71.01.1001": "1"}, "bad_data"),
        ({"53.71.01.1001": None}, "bad_data"),
        ({"53.71.01.1001": True}, "bad_data"),
        ({"53.71.01.1001": 1.0}, "bad_data"),
        ({"53.71.01.1001": -1}, "bad_data"),
        ([], "bad_data"),
        ("53.71.01.1013", "bad_data"),
        (["53.71.01.1013"], "bad_data"),
        (7, "bad_data"),
        (None, "bad_data"),
    ],
)
def test_rows_by_kelurahan_are_numbers_by_known_codes(rows: object, expected: str) -> None:
    assert code(examples.LIST_DECLARED, good(examples.LIST_DECLARED, rows_by_kelurahan=rows)) == expected


def test_rows_by_kelurahan_need_not_sum_to_rows() -> None:
    for rows in ({}, {"53.71.01.1001": 0}, {"53.71.01.1001": 9007199254740991}):
        assert taken(examples.LIST_DECLARED, good(examples.LIST_DECLARED, rows_by_kelurahan=rows, rows=0))


@pytest.mark.parametrize("type_", [type_ for type_ in TYPES if type_ != examples.ARRIVED])
def test_a_kelurahan_where_the_type_has_none_is_an_unknown_field(type_: str) -> None:
    if "kelurahan" not in TYPES[type_].model_fields:
        assert code(type_, good(type_, kelurahan="x")) == "bad_data"


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("data", [..., None, [], "text", 1, 1.5, True, [{}]])
def test_data_that_are_missing_or_no_object_are_bad_data(type_: str, data: object) -> None:
    event = examples.envelope(type_) | {"data": data}
    value = to_json({name: part for name, part in event.items() if part is not ...})
    with pytest.raises(Refused) as raised:
        check(TOPIC_OF[type_], STRUCTURED, value, ACCEPTED, frozenset())
    assert raised.value.code == "bad_data"
    if data is not ...:
        headers, _ = examples.binary(type_)
        with pytest.raises(Refused) as raised:
            check(TOPIC_OF[type_], headers, to_json(data), ACCEPTED, frozenset())
        assert raised.value.code == "bad_data"


@pytest.mark.parametrize(("type_", "field"), REQUIRED)
def test_a_required_field_is_neither_missing_nor_null(type_: str, field: str) -> None:
    expected = "bad_nik" if field == "nik" else "bad_data"
    assert code(type_, good(type_, **{field: ...})) == expected
    assert code(type_, good(type_, **{field: None})) == expected


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("name", ["extra", "NIK", "Listed_on", "", "fingerprint", "time"])
def test_an_unknown_field_is_refused_even_when_it_is_null(type_: str, name: str) -> None:
    assert code(type_, good(type_, **{name: None})) == "bad_data"


@pytest.mark.parametrize(("type_", "field"), TEXTS)
def test_a_text_has_1_to_2_000_characters_without_u_0000(type_: str, field: str) -> None:
    for text in ("x", "x" * 2000, "😀" * 2000, " ", "a\nb", "\x7f", "\u2028"):
        assert getattr(taken(type_, good(type_, **{field: text}), source="centre").data, field) == text
    for wrong in ["", "x" * 2001, "\x00", "a\x00b", *WRONG]:
        assert code(type_, good(type_, **{field: wrong})) == "bad_data"


@pytest.mark.parametrize(("type_", "field"), DAYS)
@pytest.mark.parametrize(
    "value", [20181120, 1.0, True, [], {}, "", "2018-02-30", "1849-12-31", "2018-11-20 ", "20/11/2018"]
)
def test_a_day_is_a_text_in_the_calendar(type_: str, field: str, value: object) -> None:
    assert code(type_, good(type_, **{field: value})) == "bad_data"


@pytest.mark.parametrize(("type_", "field"), [pair for pair in FIELDS if pair[1] in CHOICES])
@pytest.mark.parametrize("value", [*WRONG, "X", "f", "OFFICE", "Register", "refused ", "not found"])
def test_a_choice_is_matched_exactly(type_: str, field: str, value: object) -> None:
    assert code(type_, good(type_, **{field: value})) == "bad_data"


@pytest.mark.parametrize(
    ("type_", "field", "choices"),
    [
        (examples.LIST_DECLARED, "kind", "register unrecorded"),
        (examples.RESIDENT_LISTED, "sex", "M F"),
        (examples.ARRIVED, "sex", "M F"),
        (examples.CAPTURED, "place", "office kecamatan kelurahan mobile elsewhere"),
        (
            examples.FINDING_REPORTED,
            "outcome",
            "already_recorded moved_away deceased still_here not_found needs_home_visit refused other",
        ),
        (examples.STATUS_REPORTED, "status", "UNREGISTERED CARD_ISSUED something else"),
    ],
)
def test_every_choice_of_the_contract_is_taken(type_: str, field: str, choices: str) -> None:
    for choice in choices.split():
        assert getattr(taken(type_, good(type_, **{field: choice})).data, field) == choice


@pytest.mark.parametrize("value", ["0", 1.0, 1.5, True, False, -1, [], {}, "", 2**53])
def test_a_count_is_a_json_integer_of_0_and_more(value: object) -> None:
    assert code(examples.LIST_DECLARED, good(examples.LIST_DECLARED, rows=value)) == "bad_data"


@pytest.mark.parametrize("written", [b"1.0", b"1e2", b"1E0", b"0.0", b"1e400", b"-1", b"9" * 400, b"9" * 5_000])
def test_a_number_with_a_fraction_or_an_exponent_is_no_count(written: bytes) -> None:
    value = structured(examples.LIST_DECLARED).replace(b'"rows":3', b'"rows":' + written)
    with pytest.raises(Refused) as raised:
        check("rekam.listing", STRUCTURED, value, ACCEPTED, frozenset())
    assert raised.value.code == "bad_data"


@pytest.mark.parametrize("value", [0, 1, "true", "false", "", [], 1.0])
@pytest.mark.parametrize("type_", [examples.RESIDENT_LISTED, examples.ARRIVED])
def test_ever_married_is_true_or_false(type_: str, value: object) -> None:
    assert code(type_, good(type_, ever_married=value)) == "bad_data"
    assert taken(type_, good(type_, ever_married=True))


@pytest.mark.parametrize(("type_", "field"), [(examples.DEPARTED, "destination"), (examples.ARRIVED, "origin")])
def test_where_to_and_where_from_are_a_province_or_a_regency_in_it(type_: str, field: str) -> None:
    for known in ("51", "5171", "5371", "53", "5399", "9600"):
        assert taken(type_, good(type_, **{field: known}))
    for wrong in ("5", "517", "51710", "51.71", "99", "9971", "00", "5x", "51\n", "٥١", "", 51, 5171, ["51"], True):
        assert code(type_, good(type_, **{field: wrong})) == "bad_data"


def test_the_regency_of_an_arrival_elsewhere_is_another_than_this_city() -> None:
    elsewhere = {"nik": examples.NIK, "arrived_on": "2018-11-20"}
    for known in ("51", "5171", "53", "5301"):
        assert taken(examples.ARRIVED, {**elsewhere, "regency": known, "origin": "5371", "document_no": "x"})
    for wrong in ("5371", "99", "9971", "517", "53.71", "", 5171):
        assert code(examples.ARRIVED, {**elsewhere, "regency": wrong}) == "bad_data"


def test_a_letter_may_end_on_the_day_it_begins_and_not_before() -> None:
    assert taken(examples.DEPARTED, good(examples.DEPARTED, valid_until="2018-11-20"))
    assert code(examples.DEPARTED, good(examples.DEPARTED, valid_until="2018-11-19")) == "bad_data"


PARTICULARS = dict(examples.PARTICULARS)
INSIDE = {"nik": examples.NIK, "arrived_on": "2018-11-20", "kelurahan": "53.71.02.1005"}
ELSEWHERE = {"nik": examples.NIK, "arrived_on": "2018-11-20", "regency": "5171"}


@pytest.mark.parametrize(
    "data",
    [
        INSIDE,
        ELSEWHERE,
        {**INSIDE, "regency": None, "family_card": None, **dict.fromkeys(PARTICULARS)},
        {**ELSEWHERE, "kelurahan": None, "family_card": None, **dict.fromkeys(PARTICULARS)},
        {**INSIDE, "origin": "51", "document_no": "x"},
        {**ELSEWHERE, "origin": "5371", "document_no": "x"},
        {**INSIDE, **PARTICULARS},
        {**INSIDE, **PARTICULARS, "family_card": "x"},
    ],
)
def test_an_arrival_is_inside_or_elsewhere(data: dict[str, Any]) -> None:
    assert taken(examples.ARRIVED, data)


@pytest.mark.parametrize(
    "data",
    [
        {"nik": examples.NIK, "arrived_on": "2018-11-20"},
        {**INSIDE, "regency": "5171"},
        {**INSIDE, "kelurahan": None},
        {**ELSEWHERE, **PARTICULARS},
        {**ELSEWHERE, "family_card": "x"},
        {**ELSEWHERE, "name": "x"},
        {**INSIDE, "family_card": "x"},
        *[{**INSIDE, **PARTICULARS, name: None} for name in PARTICULARS],
        *[{**INSIDE, name: value} for name, value in PARTICULARS.items()],
    ],
)
def test_particulars_come_all_or_none_and_with_a_kelurahan_only(data: dict[str, Any]) -> None:
    assert code(examples.ARRIVED, data) == "bad_data"
