"""What a day needs, what a day gets, and the day on which it would end."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.calendar import LAST_DAY
from events.errors import WrongUse
from projections.target import WINDOW, Rate, needed, working_days

ON = date(2018, 11, 23)  # a Friday
DAYS = st.integers(0, 4000).map(lambda n: date(2012, 1, 1) + timedelta(n))
PEOPLE = st.integers(0, 100_000)


def test_four_thousand_a_month_cannot_finish_thirty_thousand_by_december() -> None:
    found = needed(30_000, ON, date(2018, 12, 31), [143] * WINDOW)
    assert (found.days, found.working_days) == (38, 26)
    assert found.needs == Rate(30_000 / 38, 30_000 / 26)
    assert found.gets == Rate(143, 143 * 28 / 20)
    assert found.ends_on == date(2019, 6, 21)
    assert not found.in_time


def test_where_nobody_is_left_it_has_ended() -> None:
    found = needed(0, ON, ON, [])
    assert (found.ends_on, found.in_time, found.gets) == (ON, True, Rate(None, None))


def test_without_recordings_it_never_ends() -> None:
    assert needed(1, ON, ON, [0] * WINDOW).ends_on is None
    assert needed(1, ON, ON, []).ends_on is None


def test_on_the_target_day_itself_and_on_a_weekend_there_is_no_day_left() -> None:
    assert needed(10, ON, ON, [1]).needs == Rate(None, None)
    assert needed(10, ON, ON + timedelta(2), [1]).needs == Rate(5, None)


def test_what_would_end_after_the_calendar_never_ends() -> None:
    assert needed(100_000, LAST_DAY - timedelta(99_999), LAST_DAY, [1]).ends_on is None
    assert needed(100_000, LAST_DAY - timedelta(100_000), LAST_DAY, [1]).ends_on == LAST_DAY


def test_a_target_that_has_passed_is_wrong_use() -> None:
    with pytest.raises(WrongUse, match="lies before"):
        needed(1, ON, ON - timedelta(1), [])


@given(after=DAYS, days=st.integers(0, 400))
def test_working_days_are_monday_to_friday(after: date, days: int) -> None:
    among = [after + timedelta(n) for n in range(1, days + 1)]
    assert working_days(after, after + timedelta(days)) == sum(day.isoweekday() < 6 for day in among)


@given(truly=PEOPLE, on=DAYS, ahead=st.integers(0, 2000), recorded=st.lists(st.integers(0, 500), max_size=40))
def test_at_its_pace_it_ends_on_that_day_and_not_on_the_day_before(
    truly: int, on: date, ahead: int, recorded: list[int]
) -> None:
    found = needed(truly, on, on + timedelta(ahead), recorded)
    last = recorded[-WINDOW:]
    got = sum(last)
    if found.ends_on is None:
        assert truly
        assert got == 0 or truly * len(last) > got * (LAST_DAY - on).days
    else:
        days = (found.ends_on - on).days
        assert got * days >= truly * len(last) or not truly
        assert not days or got * (days - 1) < truly * len(last)
        # as quick as is needed is in time, and the reverse
        assert found.in_time == (not truly or got * ahead >= truly * len(last))


@given(truly=PEOPLE, on=DAYS, ahead=st.integers(0, 2000))
def test_what_a_day_needs_is_enough_and_no_more(truly: int, on: date, ahead: int) -> None:
    found = needed(truly, on, on + timedelta(ahead), [])
    for days, need in ((found.days, found.needs.a_day), (found.working_days, found.needs.a_working_day)):
        assert (need is None) == (days == 0)
        assert need is None or need * days == pytest.approx(truly)
