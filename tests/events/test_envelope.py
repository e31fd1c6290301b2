"""How a message is taken in: modes, headers, attributes, times, topics."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from events.envelope import check
from events.errors import Refused
from events.facts import TOPIC_OF, TYPES, Event
from tests.events.examples import (
    ACCEPTED,
    CAPTURED,
    DEPARTED,
    SOURCE,
    STRUCTURED,
    binary,
    envelope,
    structured,
    to_json,
)

Headers = list[tuple[str, bytes | None]]


def taken(headers: Any, value: bytes | None, topic: str = TOPIC_OF[CAPTURED], accepted: datetime = ACCEPTED) -> Event:
    return check(topic, headers, value, accepted, frozenset())


def refused(headers: Any, value: bytes | None, topic: str = TOPIC_OF[CAPTURED]) -> Refused:
    with pytest.raises(Refused) as raised:
        taken(headers, value, topic)
    return raised.value


def changed(**attributes: Any) -> bytes:
    """A good structured event with these attributes; `...` leaves one off."""
    event = envelope(CAPTURED) | attributes
    return to_json({name: value for name, value in event.items() if value is not ...})


def with_headers(**changes: bytes | None) -> tuple[Headers, bytes]:
    """A good binary message with these ce_ headers in place of its own; None leaves one off."""
    headers, value = binary(CAPTURED)
    kept: Headers = [(name, text) for name, text in headers if name.removeprefix("ce_") not in changes]
    return kept + [(f"ce_{name}", text) for name, text in changes.items() if text is not None], value


@pytest.mark.parametrize("type_", TYPES)
def test_a_good_message_of_each_type_is_taken_in_both_modes(type_: str) -> None:
    in_structured = taken(STRUCTURED, structured(type_, id="e-1"), TOPIC_OF[type_])
    in_binary = taken(*binary(type_, id="e-1"), TOPIC_OF[type_])
    assert in_structured == in_binary
    assert (in_structured.type, in_structured.source, in_structured.id) == (type_, SOURCE, "e-1")
    assert in_structured.time == in_structured.recordedtime == "2018-11-21T01:12:00.000000Z"
    assert isinstance(in_structured.data, TYPES[type_])


@pytest.mark.parametrize(
    "content_type",
    [
        b"application/cloudevents+json",
        b"Application/CloudEvents+JSON",
        b"application/cloudevents+json; charset=UTF-8",
        b"application/cloudevents+json;charset=utf-8",
    ],
)
@pytest.mark.parametrize("name", ["content-type", "Content-Type", "CONTENT-TYPE"])
def test_a_content_type_of_cloudevents_is_structured_in_any_case(name: str, content_type: bytes) -> None:
    assert taken([(name, content_type)], structured(CAPTURED)).type == CAPTURED


def test_structured_mode_wins_over_ce_headers() -> None:
    headers: Headers = [("ce_id", b"other"), ("ce_source", b"other"), *STRUCTURED]
    assert taken(headers, structured(CAPTURED, id="own")).id == "own"


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        b"",
        b"application/json",
        b"text/plain",
        b"\xff",
        b"application/cloudevents+avro",
        b" application/cloudevents+json",
    ],
)
def test_with_another_content_type_or_none_any_ce_header_makes_it_binary(content_type: bytes | None) -> None:
    headers, value = binary(CAPTURED)
    assert taken([("content-type", content_type), *headers[1:]], value).type == CAPTURED
    assert taken(headers[1:], value).type == CAPTURED


def test_names_of_headers_are_compared_without_case() -> None:
    headers, value = binary(CAPTURED)
    assert taken([(name.upper(), text) for name, text in headers], value).type == CAPTURED


def test_of_two_content_types_the_last_holds() -> None:
    assert taken([("content-type", b"text/plain"), *STRUCTURED], structured(CAPTURED)).type == CAPTURED
    assert refused([*STRUCTURED, ("content-type", b"text/plain")], structured(CAPTURED)).code == "not_cloudevents"


@pytest.mark.parametrize(
    "headers", [[], [("content-type", b"application/json")], [("x-ce_id", b"1")], [("cloudevents", None)]]
)
def test_in_neither_mode_it_is_no_cloudevent(headers: Headers) -> None:
    assert refused(headers, structured(CAPTURED)).code == "not_cloudevents"


@pytest.mark.parametrize(
    "content_type", [b"application/cloudevents-batch+json", b"Application/CloudEvents-Batch+JSON; a=b"]
)
def test_a_batch_is_no_cloudevent(content_type: bytes) -> None:
    batch = b"[" + structured(CAPTURED) + b"]"
    headers, _ = binary(CAPTURED)
    assert refused([("content-type", content_type)], batch).code == "not_cloudevents"
    assert refused([*headers, ("content-type", content_type)], batch).code == "not_cloudevents"
    assert refused(STRUCTURED, batch).code == "not_cloudevents"


@pytest.mark.parametrize("value", [b"[]", b"null", b'"text"', b"1", b"1.5", b"true"])
def test_an_event_that_is_no_object_is_no_cloudevent(value: bytes) -> None:
    assert refused(STRUCTURED, value).code == "not_cloudevents"


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type"])
@pytest.mark.parametrize(
    "value", [..., None, "", 1, 1.0, True, [], {}, "x" * 501, "a\x00", "a\n", "\x1fa", "a\x7f", "a\x9f"]
)
def test_an_attribute_that_names_the_event_is_a_text_of_500_characters_without_control_characters(
    name: str, value: object
) -> None:
    error = refused(STRUCTURED, changed(**{name: value}))
    assert error.code == "not_cloudevents"
    assert error.message.startswith(name)


@pytest.mark.parametrize("version", ["0.3", "1", "1.0.0", "1.1", "1.0 ", "2.0"])
def test_another_specversion_is_no_cloudevent(version: str) -> None:
    assert refused(STRUCTURED, changed(specversion=version)).code == "not_cloudevents"


@pytest.mark.parametrize("text", ["x", "x" * 500, "😀" * 500, " ", "a b", "é\u00a0\u200b\ufeff", "\u2028"])
def test_source_and_id_are_kept_as_they_are(text: str) -> None:
    event = taken(STRUCTURED, changed(source=text, id=text))
    assert (event.source, event.id) == (text, text)
    headers, value = with_headers(source=text.encode(), id=text.encode())
    assert taken(headers, value) == event


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type"])
@pytest.mark.parametrize("text", [None, b"", b"\xff", b"\xed\xa0\x80", b"x" * 501, b"a\x00", b"a\n"])
def test_the_headers_of_binary_mode_are_held_to_the_same(name: str, text: bytes | None) -> None:
    assert refused(*with_headers(**{name: text})).code == "not_cloudevents"


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type"])
def test_a_required_header_given_twice_or_null_is_no_cloudevent(name: str) -> None:
    headers, value = binary(CAPTURED)
    own = dict(headers)[f"ce_{name}"]
    assert refused([*headers, (f"CE_{name}", own)], value).code == "not_cloudevents"
    assert refused(
        [header for header in headers if header[0] != f"ce_{name}"] + [(f"ce_{name}", None)], value
    ).code == ("not_cloudevents")


@pytest.mark.parametrize("name", ["time", "recordedtime"])
def test_a_time_given_twice_or_not_utf_8_is_a_bad_time(name: str) -> None:
    headers, value = binary(CAPTURED, recordedtime="2018-11-21T10:00:00+08:00")
    assert refused([*headers, (f"ce_{name}", b"2018-11-21T10:00:00+08:00")], value).code == "bad_time"
    assert refused(
        [header for header in headers if header[0] != f"ce_{name}"] + [(f"ce_{name}", b"\xff")], value
    ).code == ("bad_time")


def test_other_extensions_are_accepted_and_not_kept() -> None:
    extended = taken(STRUCTURED, changed(traceparent="00-1", subject=None, dataschema=[{}], datacontenttype=7))
    assert extended == taken(STRUCTURED, structured(CAPTURED))
    assert extended == taken(STRUCTURED, changed(x=1).replace(b'"x":1', b'"x":[1e400,' + b"9" * 5_000 + b"]"))
    headers, value = binary(CAPTURED)
    assert taken([*headers, ("ce_traceparent", b"\xff"), ("ce_traceparent", None), ("other", None)], value) == extended


@pytest.mark.parametrize(
    "type_", ["x", "rekam.recording.captured.v2", "rekam.recording.captured", "Rekam.Recording.Captured.v1", "x" * 500]
)
def test_a_type_that_is_not_in_the_contract_is_unknown(type_: str) -> None:
    assert refused(STRUCTURED, changed(type=type_)).code == "unknown_type"


def test_the_message_about_an_unknown_type_shows_it_only_when_it_looks_like_one() -> None:
    assert "rekam.captured.v9" in refused(STRUCTURED, changed(type="rekam.captured.v9")).message
    assert "5371" not in refused(STRUCTURED, changed(type="rekam.5371010101909001")).message
    assert "Siti" not in refused(STRUCTURED, changed(type="Siti Contoh")).message


@pytest.mark.parametrize("type_", TYPES)
def test_a_type_comes_by_its_own_topic_only(type_: str) -> None:
    for topic in {*TOPIC_OF.values(), "rekam.log", "REKAM.LISTING"} - {TOPIC_OF[type_]}:
        assert refused(STRUCTURED, structured(type_), topic).code == "wrong_topic"


@pytest.mark.parametrize(
    "value", [..., None, 1, 1542852000, True, [], {}, "", "yesterday", "2018-11-21", "2018-11-21T09:12:00"]
)
def test_a_time_that_is_missing_or_none_is_a_bad_time(value: object) -> None:
    error = refused(STRUCTURED, changed(time=value))
    assert error.code == "bad_time"
    assert error.message.startswith("time ")


@pytest.mark.parametrize(
    "value", [1, True, [], {}, "", "2018-11-21", "2018-11-21T23:59:60Z", "2018-11-21T09:12:00.1234567Z"]
)
def test_a_recordedtime_that_is_none_is_a_bad_time(value: object) -> None:
    error = refused(STRUCTURED, changed(recordedtime=value))
    assert error.code == "bad_time"
    assert error.message.startswith("recordedtime ")


@pytest.mark.parametrize("recordedtime", [..., None])
def test_recordedtime_is_time_unless_it_is_given(recordedtime: object) -> None:
    event = taken(STRUCTURED, changed(time="2018-11-21t09:12:00.5z", recordedtime=recordedtime))
    assert event.recordedtime == event.time == "2018-11-21T09:12:00.500000Z"
    headers, value = binary(CAPTURED)
    assert taken([*headers, ("ce_recordedtime", None)], value).recordedtime == "2018-11-21T01:12:00.000000Z"


def test_recordedtime_may_lie_a_day_after_acceptance_and_no_more() -> None:
    def message(instant: datetime) -> bytes:
        return changed(recordedtime=instant.isoformat())

    day = timedelta(days=1)
    assert taken(STRUCTURED, message(ACCEPTED + day)).recordedtime == "2018-11-24T04:00:00.000000Z"
    assert refused(STRUCTURED, message(ACCEPTED + day + timedelta(microseconds=1))).code == "bad_time"


def test_time_has_no_such_bound_but_where_it_stands_for_recordedtime() -> None:
    ahead = "9999-12-31T23:59:59Z"
    assert (
        taken(STRUCTURED, changed(time=ahead, recordedtime="2018-11-21T09:12:00Z")).time
        == "9999-12-31T23:59:59.000000Z"
    )
    assert refused(STRUCTURED, changed(time=ahead)).code == "bad_time"


def test_twenty_years_earlier_is_normal() -> None:
    data = {**envelope(DEPARTED)["data"], "departed_on": "1850-01-01", "valid_until": None}
    assert (
        taken(STRUCTURED, structured(DEPARTED, data, time="1998-05-01T00:00:00+08:00"), TOPIC_OF[DEPARTED]).time
        < "1999"
    )


@pytest.mark.parametrize(
    ("recordedtime", "last"),
    [
        ("2018-11-21T15:59:59.999999Z", "2018-11-22"),  # before midnight in WITA
        ("2018-11-21T16:00:00Z", "2018-11-23"),
        ("2018-11-22T00:30:00+09:00", "2018-11-22"),
    ],
)
def test_valid_on_may_be_the_day_after_recordedtimes_day_in_wita(recordedtime: str, last: str) -> None:
    def message(day: str) -> bytes:
        return structured(CAPTURED, {**envelope(CAPTURED)["data"], "captured_on": day}, recordedtime=recordedtime)

    assert taken(STRUCTURED, message(last))
    assert refused(STRUCTURED, message(f"2018-11-{int(last[-2:]) + 1}")).code == "bad_time"


def test_at_the_end_of_the_calendar_nothing_overflows() -> None:
    end = datetime.max.replace(tzinfo=UTC)
    with pytest.raises(Refused) as raised:
        taken(STRUCTURED, changed(time="9999-12-31T23:00:00Z", data={"captured_on": "9999-12-31"}), accepted=end)
    assert raised.value.code == "bad_nik"
