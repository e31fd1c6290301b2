"""What is left at the end of each day, and what was recorded on it: one pass says what each day's question says."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.errors import NoAnswer, WrongUse
from events.territory import area_of
from projections import moves, reporting
from projections.counts import BLOCK
from projections.figures import counts_answer
from projections.pace import daily_answer, recordings_answer
from projections.reading import READING_VERSION
from projections.reconciliation import reconcile_answer
from tests.projections import reference
from tests.projections.ledger import Ledger, told
from tests.projections.residents import (
    FIRST_DAY,
    HERE,
    THERE,
    captured,
    day,
    declared,
    died,
    found,
    listed,
    moved,
    withdrawn,
)
from tests.reports import asked

if TYPE_CHECKING:
    from projections.reading import Fact

SMALL = 8  # positions a block, so that a few facts complete some
LIST = "PUSAT-2018-11"
DAYS = st.integers(0, 14).map(lambda n: FIRST_DAY + timedelta(n))
AREAS = st.sampled_from([None, "53.71", "-", area_of(HERE, "kecamatan"), HERE, THERE])
THREE = ("official", "explained", "truly")

on_a_ledger = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def reported(ledger: Ledger) -> Ledger:
    reporting.make(ledger.cursor)
    return ledger


def opened(ledger: Ledger, block: int = BLOCK) -> Ledger:
    made = Ledger(ledger.cursor, block)
    made.tell("a list", declared(FIRST_DAY.isoformat(), 4, {HERE: 3, THERE: 1}))
    return made


def test_the_answer_has_its_shape(ledger: Ledger) -> None:
    made = opened(ledger)
    made.tell("Ani", listed("2018-11-01"), captured("2018-11-03"))
    made.tell("Budi", listed("2018-11-01"), found("2018-11-02", "already_recorded"), captured("2018-11-03"))
    made.tell("Citra", listed("2018-11-02"))
    assert daily_answer(made.cursor, day("2018-11-02"), day("2018-11-03"), made.position) == {
        "from": "2018-11-02",
        "to": "2018-11-03",
        "list": None,
        "area": None,
        "position": 7,
        "reading_version": READING_VERSION,
        "opening": {"official": 2, "explained": 0, "truly": 2},
        "recorded": 2,
        "recorded_truly": 1,
        "days": [
            {"day": "2018-11-02", "official": 3, "explained": 1, "truly": 2, "recorded": 0, "recorded_truly": 0},
            {"day": "2018-11-03", "official": 1, "explained": 0, "truly": 1, "recorded": 2, "recorded_truly": 1},
        ],
    }


def test_recordings_are_a_row_a_day_and_area_in_which_anybody_was_recorded(ledger: Ledger) -> None:
    made = opened(ledger)
    made.tell("Ani", listed("2018-11-01"), captured("2018-11-03"))
    made.tell("Budi", listed("2018-11-01", THERE), found("2018-11-02", "moved_away"), captured("2018-11-03"))
    assert recordings_answer(made.cursor, day("2018-11-02"), day("2018-11-05"), made.position, "kecamatan") == {
        "from": "2018-11-02",
        "to": "2018-11-05",
        "list": None,
        "by": "kecamatan",
        "position": 6,
        "reading_version": READING_VERSION,
        "recorded": 2,
        "recorded_truly": 1,
        "rows": [
            {"day": "2018-11-03", "area": "53.71.01", "name": "Alak", "recorded": 1, "recorded_truly": 1},
            {"day": "2018-11-03", "area": "53.71.02", "name": "Maulafa", "recorded": 1, "recorded_truly": 0},
        ],
    }


def test_whoever_is_recorded_where_they_moved_the_same_day_is_counted_there(ledger: Ledger) -> None:
    made = opened(ledger)
    made.tell("Ani", listed("2018-11-01"), moved("2018-11-03", HERE, THERE), captured("2018-11-03"))
    on = day("2018-11-03")
    here, there = (daily_answer(made.cursor, on, on, made.position, area=area) for area in (HERE, THERE))
    assert (here["opening"]["truly"], here["days"][0]["truly"], here["recorded"]) == (1, 0, 0)
    assert (there["opening"]["truly"], there["days"][0]["truly"], there["recorded_truly"]) == (0, 0, 1)


def test_a_late_death_takes_a_recording_back_and_what_was_known_stays(ledger: Ledger) -> None:
    made = opened(ledger)
    made.tell("Ani", listed("2018-11-01"), captured("2018-11-03"), died("2018-11-02"))
    on = day("2018-11-03")
    assert [daily_answer(made.cursor, on, on, known)["recorded"] for known in (3, 4)] == [1, 0]


def test_members_are_followed_also_where_their_listing_comes_later(ledger: Ledger) -> None:
    made = opened(ledger)
    listing = listed("2018-11-03")
    made.tell("Ani", captured("2018-11-02"), listing, withdrawn(listing))
    answers = [daily_answer(made.cursor, FIRST_DAY, day("2018-11-04"), known, LIST) for known in (3, 4)]
    assert [answer["recorded"] for answer in answers] == [0, 0]
    made.tell("Budi", listed("2018-11-02"), captured("2018-11-04"))
    answer = daily_answer(made.cursor, FIRST_DAY, day("2018-11-04"), made.position, LIST)
    assert [one["truly"] for one in answer["days"]] == [0, 1, 1, 0]


@on_a_ledger
@given(said=told(), days=st.tuples(DAYS, DAYS), area=AREAS, data=st.data())
def test_every_day_is_what_the_counts_of_that_day_are(
    ledger: Ledger, said: list[tuple[str, Fact]], days: tuple[date, date], area: str | None, data: st.DataObject
) -> None:
    first, last = sorted(days)
    with ledger.cursor.connection.transaction(force_rollback=True), pytest.MonkeyPatch.context() as patch:
        patch.setattr(moves, "BLOCK", SMALL)
        made = opened(ledger, SMALL)
        made.tell("Ani", listed("2018-11-02"))
        made.tell_all(said)
        known = data.draw(st.integers(2, made.position))
        list_ = data.draw(st.sampled_from([None, LIST, "L"]))
        answer = ask(daily_answer, made, first, last, known, list_, area)
        if isinstance(answer, str):
            assert ask(counts_answer, made, first, known, "kelurahan", list_) == answer
            return
        assert [one["day"] for one in answer["days"]] == days_between(first, last)
        for one in answer["days"]:
            asked_day = day(one["day"])
            assert three(one) == counted(counts_answer(made.cursor, asked_day, known, list_=list_)["rows"], area)
            if list_ is not None:
                assert three(one) == counted(reconcile_answer(made.cursor, list_, asked_day, known)["rows"], area)
        assert_recorded(made, answer, known, among(made, list_, known))


def among(made: Ledger, list_: str | None, known: int) -> list[list[Fact]]:
    """What was known of everybody who is asked about."""
    subjects = made.history if list_ is None else made.members(list_, known)
    return [[fact for at, fact in made.history[subject] if at <= known] for subject in subjects]


def assert_recorded(made: Ledger, answer: dict[str, Any], known: int, people: list[list[Fact]]) -> None:
    """Recorded on a day are whom the reference has officially outstanding on its eve, and recorded on it."""
    for one in answer["days"]:
        on = day(one["day"])
        came = []
        for facts in people:
            before, after = reference.stands(facts, on - timedelta(1)), reference.stands(facts, on)
            if after[1] == "recorded" and within(after[0], answer["area"]):
                came.append(before[1])
        truly = came.count("outstanding")
        assert one["recorded"] == truly + sum(standing.startswith("explained_") for standing in came)
        assert one["recorded_truly"] == truly


def within(area: str, asked_area: str | None) -> bool:
    return asked_area is None or area == asked_area or area.startswith(f"{asked_area}.")


def three(one: dict[str, Any]) -> list[int]:
    return [one[name] for name in THREE]


def counted(rows: list[dict[str, Any]], area: str | None) -> list[int]:
    return [sum(row[name] for row in rows if within(row["area"], area)) for name in THREE]


def days_between(first: date, last: date) -> list[str]:
    return [(first + timedelta(n)).isoformat() for n in range((last - first).days + 1)]


def ask(answer: Any, made: Ledger, *given_: Any) -> Any:
    try:
        return answer(made.cursor, *given_)
    except NoAnswer as why:
        return str(why)


@on_a_ledger
@given(said=told(), days=st.tuples(DAYS, DAYS), data=st.data())
def test_recordings_are_those_of_the_reports_and_of_the_days(
    reported: Ledger, said: list[tuple[str, Fact]], days: tuple[date, date], data: st.DataObject
) -> None:
    first, last = sorted(days)
    with reported.cursor.connection.transaction(force_rollback=True):
        made = opened(reported)
        made.tell("Ani", listed("2018-11-02"))
        made.tell_all(said)
        known = data.draw(st.integers(2, made.position))
        rows = asked(made.cursor, "SELECT * FROM reporting.recordings(%s, %s, %s)", [first, last, known])
        answer = recordings_answer(made.cursor, first, last, known)
        assert answer["rows"] == [
            {
                "day": row["day"].isoformat(),
                "area": row["area"],
                "name": row["name"],
                "recorded": row["recorded"],
                "recorded_truly": row["truly"],
            }
            for row in rows
        ]
        for list_ in (None, LIST):
            city = recordings_answer(made.cursor, first, last, known, "city", list_)
            daily = daily_answer(made.cursor, first, last, known, list_)
            assert [city["recorded"], city["recorded_truly"]] == [daily["recorded"], daily["recorded_truly"]]
            assert {row["day"]: row["recorded"] for row in city["rows"]} == {
                one["day"]: one["recorded"] for one in daily["days"] if one["recorded"]
            }


# ------------------------------------------------------------------ refused


@pytest.mark.parametrize("answer", [daily_answer, recordings_answer])
def test_a_period_is_refused_that_ends_before_it_begins_or_is_longer_than_ten_years(
    ledger: Ledger, answer: Any
) -> None:
    made = opened(ledger)
    with pytest.raises(WrongUse, match="ends after it begins"):
        answer(made.cursor, day("2018-11-03"), day("2018-11-02"), 1)
    with pytest.raises(WrongUse, match="3661 days: ask for 3660"):
        answer(made.cursor, FIRST_DAY, FIRST_DAY + timedelta(3660), 1)
    answer(made.cursor, FIRST_DAY, FIRST_DAY + timedelta(3659), 1)


@pytest.mark.parametrize("answer", [daily_answer, recordings_answer])
def test_what_has_no_answer_is_refused_as_counts_are(ledger: Ledger, answer: Any) -> None:
    made = opened(ledger)
    with pytest.raises(NoAnswer, match="2018-10-31 is before"):
        answer(made.cursor, day("2018-10-31"), day("2018-11-02"), 1)
    with pytest.raises(NoAnswer, match="ahead of the view counts"):
        answer(made.cursor, FIRST_DAY, FIRST_DAY, 2)
    with pytest.raises(NoAnswer, match="never heard of"):
        answer(made.cursor, FIRST_DAY, FIRST_DAY, 1, list_="LAIN")
    with pytest.raises(WrongUse, match="no such area"):
        daily_answer(made.cursor, FIRST_DAY, FIRST_DAY, 1, area="53.72")
