"""What a refusal says: the field, what it looks like, the way out; and never a value out of the data."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

from events.envelope import check
from events.errors import Refused
from events.facts import TOPIC_OF
from events.violations import field_name
from tests.events import examples
from tests.events.examples import ACCEPTED, ARRIVED, CAPTURED, DEPARTED, LIST_DECLARED, RESIDENT_LISTED, STRUCTURED


def refused(type_: str, **fields: Any) -> Refused:
    data = {name: value for name, value in (examples.good_data(type_) | fields).items() if value is not ...}
    with pytest.raises(Refused) as raised:
        check(TOPIC_OF[type_], STRUCTURED, examples.structured(type_, data, id="e-1"), ACCEPTED, frozenset())
    return raised.value


@pytest.mark.parametrize(
    ("type_", "fields", "message"),
    [
        (CAPTURED, {"nik": "537101010190900"}, "`nik` has 15 digits, it must have 16 digits"),
        (CAPTURED, {"nik": ...}, "`nik` is missing, it must be a text of 16 digits"),
        (CAPTURED, {"nik": None}, "`nik` is null, it must be a text of 16 digits"),
        (CAPTURED, {"nik": 5371010101909001}, "`nik` is a whole number, it must be a text of 16 digits"),
        (CAPTURED, {"captured_on": ...}, "`captured_on` is missing: add it"),
        (
            CAPTURED,
            {"captured_on": "2018-02-29"},
            "`captured_on` is a day that is not in the calendar: write a day like",
        ),
        (CAPTURED, {"captured_on": 20181120}, "`captured_on` is a whole number, write a day like 2018-11-20"),
        (CAPTURED, {"captured_on": "2100-01-01"}, "`captured_on` lies more than a day after the day of recordedtime"),
        (CAPTURED, {"place": "OFFICE"}, "`place` must be one of 'office', 'kecamatan', 'kelurahan', 'mobile' or"),
        (CAPTURED, {"session": ""}, "`session` is an empty text, it must be a text of 1 to 2,000 characters"),
        (CAPTURED, {"session": "x" * 2001}, "`session` is a text of 2001 characters, it must be a text of 1 to 2,000"),
        (CAPTURED, {"session": "a\x00"}, "`session` holds the character U+0000: leave it off"),
        (CAPTURED, {"session": []}, "`session` is a list, it must be a text"),
        (CAPTURED, {"template": "x"}, "`template` is no field of this type: leave it off"),
        (
            DEPARTED,
            {"destination": "517"},
            "`destination` is a text of 3 digits, it must have 2 or 4 digits, as a text",
        ),
        (DEPARTED, {"destination": "9971"}, "`destination` begins with 2 digits that are no province: send the code"),
        (DEPARTED, {"valid_until": "2018-11-19"}, "`valid_until` lies before `departed_on`: correct one of them"),
        (
            ARRIVED,
            {"kelurahan": "x"},
            "`kelurahan` has a code that is no kelurahan of the city: send it with dots, like",
        ),
        (ARRIVED, {"regency": "5371"}, "`regency` is this city, which is not elsewhere: send `kelurahan` instead"),
        (ARRIVED, {"regency": "51"}, "give exactly one of `kelurahan` and `regency`"),
        (
            ARRIVED,
            {"rw": None},
            "give all of `name`, `sex`, `birth_date`, `ever_married`, `address`, `rt`, `rw`, or none",
        ),
        (ARRIVED, {"ever_married": 1}, "`ever_married` is a whole number, it must be true or false"),
        (LIST_DECLARED, {"rows": 3.5}, "`rows` is a number with a fraction or an exponent, it must be a whole number"),
        (LIST_DECLARED, {"rows": True}, "`rows` is a boolean, it must be a whole number from 0"),
        (LIST_DECLARED, {"rows": -1}, "`rows` is negative: it must be a whole number from 0"),
        (LIST_DECLARED, {"rows": 2**60}, "`rows` is too large: it must be a whole number from 0 to 9007199254740991"),
        (LIST_DECLARED, {"rows_by_kelurahan": []}, "`rows_by_kelurahan` is a list, it must be an object of codes and"),
        (
            LIST_DECLARED,
            {"rows_by_kelurahan": {"53.71.01.1001": "1"}},
            "`rows_by_kelurahan` is a text of 1 digit, it must",
        ),
    ],
)
def test_a_refusal_names_the_field_what_it_looks_like_and_the_way_out(
    type_: str, fields: dict[str, Any], message: str
) -> None:
    assert refused(type_, **fields).message.startswith(message)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("fingerprint", "`fingerprint`"),
        ("birth_date", "`birth_date`"),
        ("Listed_on2", "a field whose name has 10 characters, not all of them digits, nearly `listed_on`,"),
        ("captured_onn", "a field whose name has 12 characters, nearly `captured_on`,"),
        ("NIK", "a field whose name has 3 characters, nearly `nik`,"),
        ("5371010101909001", "a field whose name has 16 digits"),
        ("n5371010101909001", "a field whose name has 17 characters, not all of them digits"),
        ("Siti", "a field whose name has 4 characters"),
        ("siti", "a field whose name has 4 characters"),
        ("siti_contoh", "a field whose name has 11 characters"),
        ("SITI", "a field whose name has 4 characters"),
        ("Siti Contoh", "a field whose name has 11 characters"),
        ("", "a field whose name has 0 characters"),
        ("x" * 41, "a field whose name has 41 characters"),
        ("nik" * 10_000, "a field whose name has 30000 characters"),
    ],
)
def test_the_name_of_a_field_is_shown_only_where_it_is_known_and_the_one_that_was_meant(name: str, shown: str) -> None:
    assert field_name(name) == shown
    assert refused(CAPTURED, **{name: 1}).message == f"{shown} is no field of this type: leave it off"


@pytest.mark.parametrize("field", examples.good_data(RESIDENT_LISTED))
@pytest.mark.parametrize(
    "canary", ["Kenari 5371990101909999", {"Kenari 5371990101909999": 1}, ["Kenari 5371990101909999"]]
)
def test_nothing_out_of_the_data_is_in_a_refusal_or_its_traceback(field: str, canary: object) -> None:
    # The text is good where any text is, so one more field makes it bad in every case.
    error = refused(RESIDENT_LISTED, **{field: canary, "Kenari 5371990101909999": canary})
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(error.args)
    assert "Kenari" not in shown
    assert "5371990101909999" not in shown


def test_a_refusal_names_the_event_where_it_can_be_read() -> None:
    error = refused(CAPTURED, nik="x")
    assert (error.source, error.id, error.type) == (examples.SOURCE, "e-1", CAPTURED)


def test_in_binary_mode_the_event_can_be_read_whatever_the_value_is() -> None:
    headers, _ = examples.binary(CAPTURED, id="e-1")
    for value in (None, b"", b"x", b"x" * 40_000, b"[]"):
        with pytest.raises(Refused) as raised:
            check("rekam.recording", headers, value, ACCEPTED, frozenset())
        assert (raised.value.source, raised.value.id, raised.value.type) == (examples.SOURCE, "e-1", CAPTURED)


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (b"", (None, None, None)),
        (b"[]", (None, None, None)),
        (b'{"source":"s","id":7,"type":"t"}', ("s", None, "t")),
        (b'{"source":"","id":"i"}', (None, "i", None)),
        (b'{"source":"a\\nb","id":"i","type":null}', (None, "i", None)),
    ],
)
def test_what_cannot_be_read_of_the_event_is_left_off(value: bytes, names: tuple[str | None, ...]) -> None:
    with pytest.raises(Refused) as raised:
        check("rekam.recording", STRUCTURED, value, ACCEPTED, frozenset())
    assert (raised.value.source, raised.value.id, raised.value.type) == names
