"""Days as people write them: the day first, the year whole, and nothing guessed."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.calendar import FIRST_DAY, LAST_DAY, WITA, parse_instant
from services.sheets.cells import Broken, Unreadable, Untyped
from services.sheets.days import day, instant, is_month_first, may_be_month_first

MONTHS = [
    "Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "November",
    "Desember",
]  # fmt: skip
SHORT = ["Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"]
DAYS = st.dates(FIRST_DAY, LAST_DAY)

WAYS = [
    lambda d: f"{d.day:02}/{d.month:02}/{d.year}",
    lambda d: f"{d.day}/{d.month}/{d.year}",
    lambda d: f"{d.day:02}-{d.month:02}-{d.year}",
    lambda d: f"{d.day}.{d.month}.{d.year}",
    lambda d: d.isoformat(),
    lambda d: f"{d.year}/{d.month}/{d.day}",
    lambda d: f"{d.isoformat()} 00:00:00",
    lambda d: f"{d.day} {MONTHS[d.month - 1]} {d.year}",
    lambda d: f"{d.day} {MONTHS[d.month - 1].upper()} {d.year}",
    lambda d: f" {d.day:02}-{SHORT[d.month - 1]}-{d.year} ",
    lambda d: f"{d.day} {SHORT[d.month - 1]}. {d.year}",
    lambda d: d,
    lambda d: datetime.combine(d, time()),
]


@given(day_=DAYS, way=st.sampled_from(WAYS))
def test_any_spelling_of_a_day_is_that_day(day_: date, way: Any) -> None:
    assert day(way(day_)) == day_.isoformat()


@given(day_=DAYS, way=st.sampled_from(WAYS))
def test_the_instant_of_a_day_is_its_midnight_in_wita(day_: date, way: Any) -> None:
    assert instant(way(day_)) == f"{day_}T00:00:00+08:00"


@given(
    st.datetimes(datetime(1900, 3, 1), datetime(2199, 12, 31), timezones=st.none())  # noqa: DTZ001 - as cells hold them
)
def test_a_cell_with_a_time_of_day_is_that_time_in_wita(cell: datetime) -> None:
    assert parse_instant(instant(cell)) == cell.replace(tzinfo=WITA)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("23/11/2018 14:30", "2018-11-23T14:30:00+08:00"),
        ("23-11-2018 14.30.05", "2018-11-23T14:30:05+08:00"),
        ("2018-11-23 14:30:05", "2018-11-23T14:30:05+08:00"),
        ("2018-11-23T14:30:05Z", "2018-11-23T14:30:05Z"),
        ("2018-11-23T14:30:05+07:00", "2018-11-23T14:30:05+07:00"),
        ("2018-11-23T14:30:05", "2018-11-23T14:30:05+08:00"),
    ],
)
def test_a_time_without_an_offset_is_wita(text: str, meant: str) -> None:
    assert instant(text) == meant


def test_where_both_could_be_the_day_it_is_the_first() -> None:
    assert day("03/04/2018") == "2018-04-03"


@pytest.mark.parametrize("text", ["23 Nopember 2018", "23 nov 2018", "23/Nov/2018", "23 November, 2018", "23-NOV-2018"])
def test_november_by_any_of_its_names(text: str) -> None:
    assert day(text) == "2018-11-23"


REFUSED: list[tuple[Any, str]] = [
    ("11/23/2018", "has a month greater than 12"),
    ("2018-23-11", "has a month greater than 12"),
    ("23/11/18", "has a year of 2 digits"),
    ("23-Nov-18", "has a year of 2 digits"),
    (Untyped("43427"), "is a bare number, as a spreadsheet counts days"),
    ("43427.5", "is a bare number"),
    (43427, "is a bare number: format the column as a date"),
    (43427.5, "is a bare number: format the column as a date"),
    ("31/02/2018", "not in the calendar"),
    ("00/01/2018", "not in the calendar"),
    ("32/01/2018", "not in the calendar"),
    ("29/02/2019", "not in the calendar"),
    ("23/11/1849", "does not lie between 1850-01-01 and 2199-12-31"),
    ("23/11-2018", "that is no day"),
    ("November 2018", "that is no day"),
    ("23 Brumaire 2018", "that is no day"),
    ("kemarin", "that is no day"),
    ("٢٣/١١/٢٠١٨", "that is no day"),
    ("23/11/2018 14:30", "has a time of day"),
    ("23/11/2018 25:30", "has a time of day that is none"),
    (datetime(2018, 11, 23, 14, 30), "has a time of day"),  # noqa: DTZ001
    (time(14, 30), "is a time of day"),
    (timedelta(hours=30), "is a time of day"),
    (True, "is a boolean"),
    (Broken.ERROR, "is something else"),
]


@pytest.mark.parametrize(("value", "why"), REFUSED)
def test_what_is_no_day_is_refused_with_the_way_out_and_not_shown(value: Any, why: str) -> None:
    with pytest.raises(Unreadable) as refused:
        day(value)

    assert why in str(refused.value)
    assert "23/11/2018" in str(refused.value)
    if str(value) not in {"23/11/2018 14:30", "23/11/2018 25:30", "True"}:
        assert str(value) not in str(refused.value)


@given(DAYS)
def test_a_day_is_month_first_or_may_be_or_neither(day_: date) -> None:
    turned = f"{day_.month}/{day_.day}/{day_.year}"

    assert is_month_first(turned) == (day_.day > 12)
    assert may_be_month_first(turned) == may_be_month_first(day_) == (day_.day <= 12 and day_.day != day_.month)
    assert not is_month_first(day_)
    assert not is_month_first(day_.isoformat())
    assert not may_be_month_first(day_.isoformat())


@pytest.mark.parametrize(
    "value", ["32/13/2018", "13/32/2018", "05/32/2018", "11/2018", "Nov 5 2018", "", 43427, None, True, time(1, 2)]
)
def test_what_is_no_day_is_not_month_first(value: Any) -> None:
    assert not is_month_first(value)
    assert not may_be_month_first(value)
