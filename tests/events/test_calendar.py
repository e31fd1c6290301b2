from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.calendar import DepartureRule, day_in_wita, format_instant, parse_day, parse_instant, seventeen_on

INSTANTS = st.datetimes(timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2018-11-22T10:00:00+08:00", datetime(2018, 11, 22, 2, tzinfo=UTC)),
        ("2018-11-22t02:00:00z", datetime(2018, 11, 22, 2, tzinfo=UTC)),
        ("2018-11-22T02:00:00Z", datetime(2018, 11, 22, 2, tzinfo=UTC)),
        ("2018-11-22T02:00:00.5Z", datetime(2018, 11, 22, 2, 0, 0, 500_000, tzinfo=UTC)),
        ("2018-11-22T02:00:00.123456Z", datetime(2018, 11, 22, 2, 0, 0, 123_456, tzinfo=UTC)),
        ("2018-11-21T21:30:00-04:30", datetime(2018, 11, 22, 2, tzinfo=UTC)),
        ("2018-11-22T02:00:00-00:00", datetime(2018, 11, 22, 2, tzinfo=UTC)),
        ("2018-11-22T23:59:59+23:59", datetime(2018, 11, 22, 0, 0, 59, tzinfo=UTC)),
        ("2016-02-29T00:00:00Z", datetime(2016, 2, 29, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999999Z", datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_in_utc(text: str, instant: datetime) -> None:
    assert parse_instant(text) == instant
    assert parse_instant(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2018-11-22",
        "2018-11-22T02:00:00",  # no offset
        "2018-11-22T02:00Z",
        "2018-11-22 02:00:00Z",
        "20181122T020000Z",
        "2018-W47-4T02:00:00Z",
        "2018-11-22T02:00:00.Z",
        "2018-11-22T02:00:00,5Z",
        "2018-11-22T02:00:00.1234567Z",
        "2018-11-22T02:00:00.0000000Z",
        "2018-12-31T23:59:60Z",
        "2018-11-22T24:00:00Z",
        "2018-11-22T02:60:00Z",
        "2018-11-22T02:00:00+0800",
        "2018-11-22T02:00:00+08",
        "2018-11-22T02:00:00+24:00",
        "2018-11-22T02:00:00+08:60",
        "2018-11-22T02:00:00+08:00:00",
        "2018-02-29T02:00:00Z",
        "2018-13-01T02:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+08:00",
        "9999-12-31T23:59:59-08:00",
        "+2018-11-22T02:00:00Z",
        " 2018-11-22T02:00:00Z",
        "2018-11-22T02:00:00Z\n",
        "２018-11-22T02:00:00Z",
        "2018-11-22T02:00:00−08:00",
        "1542852000",
    ],
)
def test_what_is_no_rfc_3339_instant_with_an_offset_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(is|has|lies) "):
        parse_instant(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2018-11-22T02:00:00.1234567Z", "fractional digits"),
        ("2018-12-31T23:59:60Z", "second 60"),
        ("2018-11-22T02:00:00", "no offset"),
        ("2018-02-29T02:00:00Z", "not in the calendar"),
        ("0001-01-01T00:00:00+08:00", "0001 to 9999"),
        ("yesterday", "no RFC 3339"),
    ],
)
def test_the_reason_says_what_is_wrong_with_an_instant(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as raised:
        parse_instant(text)
    assert text not in str(raised.value)


@given(INSTANTS, st.integers(-23 * 60, 23 * 60))
def test_what_is_written_is_read_back_whatever_the_offset(instant: datetime, minutes: int) -> None:
    try:
        elsewhere = instant.astimezone(timezone(timedelta(minutes=minutes)))
    except OverflowError:
        elsewhere = instant
    assert parse_instant(format_instant(elsewhere)) == instant
    assert parse_instant(elsewhere.isoformat()) == instant


@given(INSTANTS, INSTANTS)
def test_the_order_of_written_instants_is_the_order_of_instants(one: datetime, other: datetime) -> None:
    assert (format_instant(one) < format_instant(other)) == (one < other)
    assert len(format_instant(one)) == len("2018-11-22T02:00:00.000000Z")


@given(st.text())
def test_reading_an_instant_fails_in_one_way_only(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(is|has|lies) "):
        parse_instant(text + "?")


@pytest.mark.parametrize("text", ["1850-01-01", "2199-12-31", "2016-02-29", "2018-11-20"])
def test_a_day_is_read(text: str) -> None:
    assert parse_day(text).isoformat() == text


@pytest.mark.parametrize(
    "text",
    [
        "1849-12-31",
        "2200-01-01",
        "2018-02-29",
        "2018-11-31",
        "2018-00-10",
        "2018-1-1",
        "20181120",
        "2018-W47-2",
        "2018-324",
        "2018-11-20T00:00:00",
        "20-11-2018",
        "2018/11/20",
        " 2018-11-20",
        "2018-11-20\n",
        "２018-11-20",
        "٢٠١٨-11-20",
        "",
    ],
)
def test_what_is_no_iso_day_from_1850_to_2199_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(is|does not) ") as raised:
        parse_day(text)
    assert not text or text not in str(raised.value)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2018, 11, 22, 15, 59, 59, 999_999, tzinfo=UTC), date(2018, 11, 22)),
        (datetime(2018, 11, 22, 16, tzinfo=UTC), date(2018, 11, 23)),
        (datetime(2018, 11, 22, 23, 30, tzinfo=timezone(timedelta(hours=7))), date(2018, 11, 23)),
    ],
)
def test_a_day_begins_at_midnight_in_wita(instant: datetime, day: date) -> None:
    assert day_in_wita(instant) == day


@pytest.mark.parametrize(
    ("born", "obliged"),
    [
        ("2001-11-23", "2018-11-23"),
        ("2000-02-29", "2017-03-01"),
        ("1999-02-28", "2016-02-28"),
        ("1999-03-01", "2016-03-01"),
        ("1850-01-01", "1867-01-01"),
        ("2199-12-31", "2216-12-31"),
    ],
)
def test_a_resident_is_obliged_from_the_17th_birthday(born: str, obliged: str) -> None:
    assert seventeen_on(date.fromisoformat(born)).isoformat() == obliged


@given(st.dates(date(1850, 1, 1), date(2199, 12, 31)))
def test_everyone_born_on_a_leap_day_is_obliged_from_the_first_of_march(born: date) -> None:
    birthday = seventeen_on(born)
    assert birthday.year == born.year + 17
    leap = (born.month, born.day) == (2, 29)
    assert (birthday.month, birthday.day) == ((3, 1) if leap else (born.month, born.day))


def test_a_letter_without_its_own_end_holds_for_the_days_in_force_on_its_day() -> None:
    rule = DepartureRule.parse("30,2019-01-01:45, 2020-06-01:10")
    assert rule == DepartureRule(30, ((date(2019, 1, 1), 45), (date(2020, 6, 1), 10)))
    assert rule.lapses_on(date(2018, 12, 31), None) == date(2018, 12, 31) + timedelta(days=31)
    assert rule.lapses_on(date(2019, 1, 1), None) == date(2019, 1, 1) + timedelta(days=46)
    assert rule.lapses_on(date(2020, 6, 1), None) == date(2020, 6, 12)


def test_a_letter_with_its_own_end_lapses_on_the_day_after_it() -> None:
    rule = DepartureRule.parse("30")
    assert rule.lapses_on(date(2018, 11, 20), date(2018, 11, 20)) == date(2018, 11, 21)
    assert rule.lapses_on(date(2018, 11, 20), date(2199, 12, 31)) == date(2200, 1, 1)
    assert rule.lapses_on(date(2018, 11, 20), None) == date(2018, 12, 21)


def test_a_letter_of_the_last_day_can_still_lapse() -> None:
    assert DepartureRule.parse("99999").lapses_on(date(2199, 12, 31), None).year == 2473


@pytest.mark.parametrize(
    "text",
    [
        "",
        "thirty",
        "-1",
        "30.5",
        "100000",
        "30,",
        "30,2019-01-01",
        "30,2019-01-01:",
        "30,2019-02-29:45",
        "30,2019-01-01:x",
        "2019-01-01:45",
        "30,2020-01-01:45,2019-01-01:40",
        "30,2019-01-01:45,2019-01-01:40",
        "٣٠",
    ],
)
def test_a_rule_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        DepartureRule.parse(text)
