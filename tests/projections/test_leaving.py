"""Who turns 17 and whose letters lapse: the ledger has it already, for months to come."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.errors import NoAnswer, WrongUse
from projections import moves
from projections.evidence import Particulars
from projections.leaving import foreseen, leaving_answer
from projections.reading import OFFICIAL, READING_VERSION
from tests.projections import reference
from tests.projections.ledger import Ledger, told
from tests.projections.residents import FIRST_DAY, HERE, THERE, captured, day, declared, departed, listed

if TYPE_CHECKING:
    from projections.reading import Fact

LIST = "PUSAT-2018-11"
DAYS = st.integers(0, 14).map(lambda n: FIRST_DAY + timedelta(n))
YOUNG = Particulars("M", day("2018-12-24"), ever_married=False)


def opened(ledger: Ledger, block: int = moves.BLOCK) -> Ledger:  # type: ignore[attr-defined]
    made = Ledger(ledger.cursor, block)
    made.tell("a list", declared(FIRST_DAY.isoformat(), 4, {HERE: 3, THERE: 1}))
    return made


def test_the_answer_has_its_shape(ledger: Ledger) -> None:
    made = opened(ledger)
    made.tell("Ani", listed("2018-11-01", HERE, YOUNG))
    made.tell("Budi", listed("2018-11-01", HERE, YOUNG), captured("2018-11-02"))
    made.tell("Citra", listed("2018-11-01", THERE), departed("2018-11-02", "2019-01-31"))
    assert leaving_answer(made.cursor, day("2018-11-23"), day("2019-03-31"), made.position) == {
        "on": "2018-11-23",
        "until": "2019-03-31",
        "list": None,
        "area": None,
        "position": 6,
        "reading_version": READING_VERSION,
        "turning_17": {"people": 2, "official": 1, "truly": 1},
        "lapsing": {"people": 1, "official": 1, "truly": 1},
        "months": [
            {
                "month": "2018-12",
                "turning_17": {
                    "people": 2,
                    "official": 1,
                    "truly": 1,
                    "areas": [{"area": HERE, "name": "Namosain", "people": 2, "official": 1, "truly": 1}],
                },
                "lapsing": {"people": 0, "official": 0, "truly": 0, "areas": []},
            },
            {
                "month": "2019-01",
                "turning_17": {"people": 0, "official": 0, "truly": 0, "areas": []},
                "lapsing": {
                    "people": 1,
                    "official": 1,
                    "truly": 1,
                    "areas": [{"area": THERE, "name": "Penfui", "people": 1, "official": 1, "truly": 1}],
                },
            },
        ],
    }


def test_of_a_list_and_of_an_area_only_those_are_told(ledger: Ledger) -> None:
    made = opened(ledger)
    made.tell("Ani", listed("2018-11-01", HERE, YOUNG))
    made.tell("Budi", listed("2018-11-01", THERE, YOUNG))
    asked = (day("2018-11-23"), day("2019-03-31"), made.position)
    assert leaving_answer(made.cursor, *asked, HERE)["turning_17"]["people"] == 1
    assert leaving_answer(made.cursor, *asked, None, LIST)["turning_17"]["people"] == 2
    with pytest.raises(NoAnswer, match="never heard of"):
        leaving_answer(made.cursor, *asked, None, "LAIN")
    with pytest.raises(WrongUse, match="ends after it begins"):
        leaving_answer(made.cursor, day("2018-11-23"), day("2018-11-22"), made.position)


def test_what_no_fact_tells_of_is_foreseen_and_what_one_does_is_not(ledger: Ledger) -> None:
    made = opened(ledger)
    made.tell("Ani", listed("2018-11-01", HERE, YOUNG))
    asked = (day("2018-11-23"), day("2019-03-31"))
    assert foreseen(made.cursor, *asked, made.position) == {"turning_17", "lapsing"}
    made.tell("Budi", listed("2018-12-01", THERE, YOUNG))
    assert foreseen(made.cursor, *asked, made.position) == {"lapsing"}
    assert foreseen(made.cursor, *asked, made.position, HERE) == {"turning_17", "lapsing"}
    assert foreseen(made.cursor, *asked, made.position - 1) == {"turning_17", "lapsing"}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=told(), days=st.tuples(DAYS, DAYS), data=st.data())
def test_those_who_are_foreseen_are_those_who_stand_so_on_the_day_and_leave(
    ledger: Ledger, said: list[tuple[str, Fact]], days: tuple[date, date], data: st.DataObject
) -> None:
    after, until = sorted(days)
    with ledger.cursor.connection.transaction(force_rollback=True), pytest.MonkeyPatch.context() as patch:
        patch.setattr(moves, "BLOCK", 8)
        made = opened(ledger, 8)
        made.tell("Ani", listed("2018-11-02"))
        made.tell_all(said)
        list_ = data.draw(st.sampled_from([None, LIST]))
        known = data.draw(st.integers(2, made.position))
        answer = leaving_answer(made.cursor, after, until, known, None, list_)
        exact = foreseen(made.cursor, after, until, known, None, list_)
        subjects = made.history if list_ is None else made.members(list_, known)
        people = [[fact for at, fact in made.history[subject] if at <= known] for subject in subjects]
        for what, left in (("turning_17", "underage"), ("lapsing", "departed")):
            stood = [facts for facts in people if reference.stands(facts, after)[1] == left]
            gone = [facts for facts in stood if any(
                reference.stands(facts, after + timedelta(n))[1] != left for n in range(1, (until - after).days + 1)
            )]  # fmt: skip
            assert what not in exact or answer[what]["people"] == len(gone)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=told(), days=st.tuples(DAYS, DAYS), data=st.data())
def test_they_are_those_whom_the_reference_has_leave_on_each_day(
    ledger: Ledger, said: list[tuple[str, Fact]], days: tuple[date, date], data: st.DataObject
) -> None:
    after, until = sorted(days)
    with ledger.cursor.connection.transaction(force_rollback=True), pytest.MonkeyPatch.context() as patch:
        patch.setattr(moves, "BLOCK", 8)
        made = opened(ledger, 8)
        made.tell("Ani", listed("2018-11-02"))
        made.tell("L", replace(declared(FIRST_DAY.isoformat(), 4, {HERE: 4}), list="L"))
        made.tell_all(said)
        known = data.draw(st.integers(3, made.position))
        list_ = data.draw(st.sampled_from([None, LIST, "L"]))
        answer = leaving_answer(made.cursor, after, until, known, None, list_)
        subjects = made.history if list_ is None else made.members(list_, known)
        people = [[fact for at, fact in made.history[subject] if at <= known] for subject in subjects]
        for what, left in (("turning_17", "underage"), ("lapsing", "departed")):
            found = [(month["month"], one["area"], one["people"], one["official"], one["truly"])
                     for month in answer["months"] for one in month[what]["areas"]]  # fmt: skip
            assert found == leaving(people, (after, until), left)
            assert answer[what]["people"] == sum(one[2] for one in found)


def leaving(people: list[list[Fact]], days: tuple[date, date], left: str) -> list[tuple[str, str, int, int, int]]:
    counted: dict[tuple[str, str], Counter[str]] = {}
    for facts in people:
        for n in range(1, (days[1] - days[0]).days + 1):
            on = days[0] + timedelta(n)
            before, (area, standing, _) = reference.stands(facts, on - timedelta(1)), reference.stands(facts, on)
            here = standing in {"recorded", *OFFICIAL} or (standing == "underage" and left == "departed")
            if before[1] == left and here:
                counted.setdefault((f"{on:%Y-%m}", area), Counter())[standing] += 1
    return [
        (*place, of.total(), sum(of[standing] for standing in OFFICIAL), of["outstanding"])
        for place, of in sorted(counted.items())
    ]
