"""The printed schemas and intake agree: what one allows the other does, but for what JSON Schema cannot say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from events.calendar import parse_day, parse_instant
from events.contracts import data_schema, event_schema
from events.envelope import check
from events.errors import Refused
from events.facts import TOPIC_OF, TYPES
from events.nik import check_nik
from events.patterns import DAY, INSTANT, NAME, NIK
from events.samples import SAMPLES, sample_event
from events.territory import KELURAHAN, PROVINCES
from tests.events.examples import FACT_WITHDRAWN, STRUCTURED, binary, to_json
from tests.json_schema import is_valid

#: So late that no time, and no day of the data, lies ahead.
LATE: Final = "2199-12-31T12:00:00Z"
ACCEPTED: Final = datetime(9999, 12, 31, tzinfo=UTC)
EVENT: Final = event_schema()


def refusal(event: dict[str, Any]) -> str | None:
    """The code that intake refuses the event with; None: it accepts it."""
    topic = TOPIC_OF.get(str(event.get("type")), "rekam.listing")
    try:
        check(topic, STRUCTURED, to_json(event), ACCEPTED, frozenset({str(event.get("source"))}))
    except Refused as refused:
        return refused.code
    return None


def refuses(parse: Any, text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return True
    return False


# ------------------------------------------------------------------ examples


@pytest.mark.parametrize(("type_", "data"), [(type_, data) for type_, all_ in SAMPLES.items() for data in all_])
def test_an_example_is_accepted_in_both_modes_and_valid(type_: str, data: dict[str, Any]) -> None:
    event = sample_event(type_, data)
    headers, value = binary(type_, data, source=event["source"])

    assert data in data_schema(type_)["examples"]
    assert refusal(event) is None
    assert check(TOPIC_OF[type_], headers, value, ACCEPTED, frozenset({event["source"]}))
    assert is_valid(data_schema(type_), data)
    assert is_valid(EVENT, event)


def test_every_type_has_an_example() -> None:
    assert list(SAMPLES) == list(TYPES)
    assert {event["type"] for event in EVENT["examples"]} == set(TYPES)


# ------------------------------------------------------------------ data


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=count, max_size=count)


DAYS: Final = [
    "1849-12-31",
    "1850-01-01",
    "1900-02-29",
    "2000-02-29",
    "2018-02-29",
    "2018-11-31",
    "2199-12-31",
    "2200-01-01",
]
ODD: Final[list[object]] = [
    None,
    "",
    True,
    False,
    0,
    -1,
    2**53 - 1,
    2**53,
    1.5,
    [],
    {},
    "\x00",
    "a\x00b",
    "x" * 2000,
    "x" * 2001,
    "\U0001f600" * 2000,
]
CODES: Final = [
    *list(KELURAHAN)[:3],
    "53.71.01.1001\n",
    "5371011001",
    "53",
    "53\n",
    "5371",
    "5371\n",
    "5306",
    "99",
    "530",
    "530601",
]
WORDS: Final = ["M", "F", "m", "register", "office", "moved_away", "CARD_PRINTED", "Contoh"]
NIKS: Final = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from([*PROVINCES, "00", "10"]),
    digits(4),
    digits(2),
    digits(4),
    digits(4) | st.just("0000"),
)
COUNTS: Final = st.dictionaries(st.sampled_from(CODES), st.sampled_from([0, 3, -1, None, True, "1"]), max_size=3)
VALUES: Final = (
    st.sampled_from([*DAYS, *ODD, *CODES, *WORDS, "2018-11-20", "5371010101909001", "5371010101909001\n"])
    | st.dates().map(str)
    | NIKS
    | COUNTS
    | st.text(max_size=5)
)


@st.composite
def changed(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """An example's data with up to three fields taken away, added, or given another value."""
    type_ = draw(st.sampled_from(list(TYPES)))
    data = dict(draw(st.sampled_from(SAMPLES[type_])))
    fields = [*TYPES[type_].model_fields, "other"]
    for field in draw(st.lists(st.sampled_from(fields), max_size=3)):
        if draw(st.booleans()):
            data[field] = draw(VALUES)
        else:
            data.pop(field, None)
    return type_, data


def is_beyond(type_: str, data: dict[str, Any], code: str | None) -> bool:
    """Whether it is refused for what no schema can say."""
    if type_ == "rekam.relocation.departed.v1" and code == "bad_data":
        return isinstance(data.get("valid_until"), str) and data["valid_until"] < data["departed_on"]
    return False


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(changed())
@example(("rekam.relocation.arrived.v1", {"nik": "5371010101909001", "arrived_on": "2018-11-20", "regency": "5371"}))
@example(("rekam.relocation.arrived.v1", {"nik": "5371010101909001", "arrived_on": "2018-11-20"}))
def test_data_are_valid_just_when_intake_accepts_them(case: tuple[str, dict[str, Any]]) -> None:
    type_, data = case
    code = refusal(sample_event(type_, data) | {"recordedtime": LATE, "time": LATE})
    valid = is_valid(data_schema(type_), data)

    assert valid is (code is None) or (valid and is_beyond(type_, data, code))
    assert is_valid(EVENT, sample_event(type_, data)) is valid


def test_a_day_is_valid_just_when_intake_reads_it() -> None:
    days = [f"{y}-{m:02}-{d:02}" for y in range(1840, 2210) for m in range(14) for d in range(33)]

    assert [day for day in days if is_valid(DAY, day) is refuses(parse_day, day)] == []


@given(NIKS | digits(16) | st.text("0123456789\n ", max_size=18))
def test_a_nik_is_valid_just_when_intake_takes_it(nik: str) -> None:
    assert is_valid(NIK, nik) is not refuses(check_nik, nik)


# ------------------------------------------------------------------ the envelope

OFFSETS: Final = st.sampled_from(["Z", "z", "+08:00", "-23:59", "+24:00", "", "+0800", "Z\n", " "])
FRACTIONS: Final = st.sampled_from(["", ".1", ".123456", ".1234567", "."])
NUMBERS: Final = st.integers(0, 70)
INSTANTS: Final = st.builds(
    "{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}{}{}".format,
    st.integers(2, 9998) | st.sampled_from([0, 4, 1900, 2000, 2100]),
    st.integers(0, 13), st.integers(0, 32), st.sampled_from("Tt "), st.integers(0, 25), NUMBERS, NUMBERS,
    FRACTIONS, OFFSETS,
)  # fmt: skip


@given(INSTANTS | st.datetimes().map(lambda at: f"{at.replace(microsecond=0, year=2018).isoformat()}+08:00"))
def test_an_instant_is_valid_just_when_intake_reads_it(text: str) -> None:
    assert is_valid(INSTANT, text) is not refuses(parse_instant, text)


@given(
    st.sampled_from([*EVENT["properties"], "other"]),
    st.none() | st.booleans() | st.integers(-2, 2) | st.text(max_size=5) | INSTANTS
    | st.sampled_from(["1.0", "x" * 500, "x" * 501, "\x7f", "\x9f", "a\n", *TYPES]),
    st.booleans(),
)  # fmt: skip
def test_an_event_is_valid_just_when_intake_accepts_it(attribute: str, value: object, there: object) -> None:
    event = sample_event(FACT_WITHDRAWN, SAMPLES[FACT_WITHDRAWN][0]) | {attribute: value}
    if not there:
        del event[attribute]

    assert is_valid(EVENT, event) is (refusal(event) is None)


@given(st.text(max_size=8) | st.sampled_from(["x" * 500, "x" * 501, "x\n", "\x85", "\u2028"]))
def test_a_name_is_valid_just_when_intake_takes_it(name: str) -> None:
    event = sample_event(FACT_WITHDRAWN, SAMPLES[FACT_WITHDRAWN][0]) | {"id": name}

    assert is_valid(NAME, name) is (refusal(event) is None)
