from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from events.errors import WrongUse
from projections.filters import NO_FILTERS, Filters
from projections.transfers import Account
from tests.projections.residents import HERE, captured, day, found, status

if TYPE_CHECKING:
    from projections.people import Sign

TODAY = day("2018-11-23")
OUTSTANDING = Account(HERE, "outstanding")
ANI = {"name": "Ani", "rw": "002", "rt": "10", "birth_date": "1995-11-23"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"rw": " "}, "rw ' ': write a number"),
        ({"rt": ""}, "rt '': write a number"),
        ({"age_from": -1}, "age_from -1: an age is from 0 to 150 years"),
        ({"age_to": 151}, "age_to 151: an age"),
        ({"age_from": 30, "age_to": 20}, "age_from 30 is above age_to 20: change the two about"),
        ({"reason": "lost"}, "no such reason: 'lost'; there are never, again, duplicate"),
        ({"not_visited_for": 0}, "not_visited_for 0: give days, from 1 to 36500"),
    ],
)
def test_a_value_that_can_be_none_is_wrong_use(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(WrongUse, match=said):
        Filters(**wrong)


def test_nobody_leaves_before_the_day_asked_about() -> None:
    Filters(leaves_before=date(2018, 11, 24)).refuse_before(TODAY)
    with pytest.raises(
        WrongUse, match="leaves_before 2018-11-23 is not after the day asked about, 2018-11-23: give a later one"
    ):
        Filters(leaves_before=TODAY).refuse_before(TODAY)


@pytest.mark.parametrize(
    ("asked", "let"),
    [
        (Filters(rw="2"), True),
        (Filters(rw="02", rt="010"), True),
        (Filters(rw="20"), False),
        (Filters(rw="2", rt="1"), False),
        (Filters(age_from=23), True),
        (Filters(age_from=24), False),
        (Filters(age_to=23), True),
        (Filters(age_to=22), False),
        (Filters(rw="2", age_from=23, age_to=23), True),
    ],
)
def test_rw_rt_and_age_are_those_of_the_particulars(asked: Filters, let: bool) -> None:
    assert asked.by_person
    assert asked.let_person(ANI, TODAY) is let
    assert not asked.let_person({"nik": "5371010101909001"}, TODAY)


@pytest.mark.parametrize(
    ("asked", "signs", "let"),
    [
        (Filters(reason="never"), [], True),
        (Filters(reason="again"), [], False),
        (Filters(reason="duplicate"), [captured("2018-11-02"), status("2018-11-03", "DUPLICATE_RECORD")], True),
        (Filters(not_visited_for=10), [], True),
        (Filters(not_visited_for=10), [found("2018-11-13", "not_found")], True),
        (Filters(not_visited_for=10), [found("2018-11-13", "not_found"), found("2018-11-14", "refused")], False),
        (Filters(home_visit_needed=True), [], False),
        (Filters(home_visit_needed=False), [], True),
        (Filters(home_visit_needed=True), [found("2018-11-13", "needs_home_visit")], True),
        (Filters(home_visit_needed=False), [found("2018-11-13", "needs_home_visit")], False),
    ],
)
def test_reason_and_visits_are_what_has_been_seen(asked: Filters, signs: list[Sign], let: bool) -> None:
    assert asked.by_signs
    assert asked.let_signs(OUTSTANDING, signs, TODAY) is let


def test_only_the_official_have_a_reason() -> None:
    assert Filters(reason="never").let_signs(Account(HERE, "explained_moved"), [], TODAY)
    assert not Filters(reason="never").let_signs(Account(HERE, "underage"), [], TODAY)


def test_what_is_not_asked_for_lets_everybody() -> None:
    assert not NO_FILTERS.any
    assert not NO_FILTERS.by_person
    assert not NO_FILTERS.by_signs
    assert Filters(home_visit_needed=False).any
