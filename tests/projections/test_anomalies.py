"""Which facts each anomaly names, and what is none."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from projections.anomalies import Anomaly
from projections.reading import read
from tests.projections.residents import (
    ELSEWHERE,
    GROWN,
    HERE,
    THERE,
    arrived,
    captured,
    day,
    declared,
    departed,
    died,
    found,
    listed,
    moved,
    refs,
    status,
    withdrawn,
)

if TYPE_CHECKING:
    from projections.evidence import Fact, Particulars


def anomalies(*facts: Fact) -> list[Anomaly]:
    return list(read(facts).anomalies)


def test_an_ordinary_life_has_none() -> None:
    facts = (
        listed("2018-11-01"),
        found("2018-11-03", "needs_home_visit"),
        captured("2018-11-05"),
        status("2018-11-06", "CARD_ISSUED"),
        moved("2018-11-07", HERE, THERE),
        listed("2019-03-01", THERE),
        departed("2019-04-01"),
        died("2019-05-01"),
    )
    assert anomalies(*facts) == []


class TestAfterDeath:
    def test_each_later_event_is_named_with_the_death_in_force(self) -> None:
        death, capture, here = died("2018-11-03"), captured("2018-11-05"), found("2018-11-06", "still_here")
        assert anomalies(listed("2018-11-01"), death, capture, here) == [
            Anomaly("event_after_death", refs(death, capture)),
            Anomaly("event_after_death", refs(death, here)),
        ]

    def test_on_the_day_of_the_death_or_as_a_late_status_it_is_none(self) -> None:
        facts = listed("2018-11-01"), died("2018-11-03"), captured("2018-11-03"), status("2018-12-01", "CARD_ISSUED")
        assert anomalies(*facts, found("2018-12-01", "deceased")) != []
        assert anomalies(*facts, found("2018-12-01", "not_found")) == []

    def test_a_list_that_has_not_heard_of_it(self) -> None:
        listing, death = listed("2018-11-01"), died("2018-10-03")
        assert anomalies(listing, death) == [Anomaly("listed_after_death", refs(death, listing))]

    def test_two_certificates_are_one_too_many_until_one_is_withdrawn(self) -> None:
        listing, one, two = listed("2018-11-01"), died("2018-11-03"), died("2018-11-03", written="2018-11-09")
        assert anomalies(listing, two, one) == [Anomaly("died_twice", refs(one, two))]
        assert anomalies(listing, one, two, withdrawn(two)) == []

    def test_of_many_certificates_each_is_named_with_the_one_before(self) -> None:
        deaths = [died("2018-11-03", written=f"2018-11-{written:02}") for written in range(4, 14)]
        named = anomalies(listed("2018-11-01"), *deaths)
        assert {anomaly.refs for anomaly in named} == {refs(*pair) for pair in pairwise(deaths)}


class TestFindings:
    def test_found_gone_after_a_reported_recording(self) -> None:
        printed, gone = status("2018-11-03", "CARD_PRINTED"), found("2018-11-05", "moved_away")
        assert anomalies(listed("2018-11-01"), printed, gone) == [
            Anomaly("finding_against_recording", refs(printed, gone))
        ]

    def test_a_failure_in_between_makes_it_plausible(self) -> None:
        failed = status("2018-11-04", "ENROLL_FAILURE_AT_CENTRAL")
        facts = listed("2018-11-01"), captured("2018-11-03"), failed, found("2018-11-05", "deceased")
        assert anomalies(*facts) == []

    def test_captured_after_being_found_dead(self) -> None:
        dead, capture = found("2018-11-03", "deceased"), captured("2018-11-05")
        assert anomalies(listed("2018-11-01"), dead, capture) == [
            Anomaly("finding_against_recording", refs(dead, capture))
        ]

    def test_captured_after_being_found_gone_is_none(self) -> None:
        assert anomalies(listed("2018-11-01"), found("2018-11-03", "moved_away"), captured("2018-11-05")) == []

    def test_still_here_in_between_settles_the_capture_but_not_that_the_doors_disagree(self) -> None:
        dead, here = found("2018-11-03", "deceased"), found("2018-11-04", "still_here")
        assert anomalies(listed("2018-11-01"), dead, here, captured("2018-11-05")) == [
            Anomaly("findings_disagree", refs(dead, here))
        ]

    def test_two_doors_on_one_day(self) -> None:
        gone, here = found("2018-11-03", "moved_away"), found("2018-11-03", "still_here")
        assert anomalies(listed("2018-11-01"), here, gone) == [Anomaly("findings_disagree", refs(gone, here))]
        assert anomalies(listed("2018-11-01"), gone, found("2018-11-03", "not_found")) == []

    def test_of_many_doors_on_one_day_those_who_differ_from_the_one_before(self) -> None:
        first = found("2018-11-03", "moved_away", written="2018-11-04")
        again = found("2018-11-03", "moved_away", written="2018-11-05")
        other = found("2018-11-03", "deceased", written="2018-11-06")
        assert anomalies(listed("2018-11-01"), other, again, first) == [
            Anomaly("findings_disagree", refs(again, other))
        ]

    def test_on_different_days_people_come_back(self) -> None:
        facts = listed("2018-11-01"), found("2018-11-03", "moved_away"), found("2018-11-09", "still_here")
        assert anomalies(*facts) == []

    def test_after_deceased_only_the_next_other_outcome_is_named(self) -> None:
        dead, here = found("2018-11-03", "deceased"), found("2018-11-05", "still_here")
        gone = found("2018-11-07", "moved_away")
        assert anomalies(listed("2018-11-01"), dead, here, gone) == [Anomaly("findings_disagree", refs(dead, here))]


class TestPlaces:
    def test_still_here_and_listed_while_departed_name_the_letter(self) -> None:
        letter, here, listing = departed("2018-11-03"), found("2018-11-05", "still_here"), listed("2018-11-07")
        assert anomalies(listed("2018-11-01"), letter, here, listing) == [
            Anomaly("listed_while_departed", refs(letter, listing)),
            Anomaly("still_here_while_departed", refs(letter, here)),
        ]

    def test_a_letter_that_lapsed_that_day_is_no_departure(self) -> None:
        letter = departed("2018-11-03", "2018-11-05")
        assert anomalies(listed("2018-11-01"), letter, found("2018-11-05", "still_here")) == []

    def test_listed_on_the_day_of_leaving(self) -> None:
        listing, letter = listed("2018-11-03"), departed("2018-11-03")
        assert anomalies(listing, letter) == [Anomaly("listed_while_departed", refs(letter, listing))]

    def test_listed_elsewhere_than_the_last_move_of_that_day(self) -> None:
        listing, move = listed("2018-11-03", HERE), moved("2018-11-03", HERE, THERE)
        assert anomalies(listing, move) == [Anomaly("listed_elsewhere_than_moved", refs(move, listing))]

    def test_a_move_from_where_the_person_was_not(self) -> None:
        newcomer, move = arrived("2018-11-01", HERE, GROWN), moved("2018-11-03", ELSEWHERE, THERE)
        assert anomalies(newcomer, move) == [Anomaly("from_kelurahan_differs", refs(newcomer, move))]

    def test_a_move_from_an_unknown_kelurahan_is_none(self) -> None:
        assert anomalies(moved("2018-11-01", HERE, THERE), listed("2018-11-03", THERE)) == []


class TestParticulars:
    @pytest.mark.parametrize(
        "other",
        [
            GROWN._replace(sex="M"),
            GROWN._replace(seventeen_on=day("1991-05-01")),
        ],
    )
    def test_another_sex_or_birthday(self, other: Particulars) -> None:
        one, two = listed("2018-11-01"), listed("2019-03-01", particulars=other)
        assert anomalies(two, one) == [Anomaly("particulars_differ", refs(one, two))]

    def test_marrying_is_none_and_never_having_been_is(self) -> None:
        married = GROWN._replace(ever_married=True)
        one, two = listed("2018-11-01"), listed("2019-03-01", particulars=married)
        assert anomalies(one, two) == []
        three = listed("2019-06-01")
        assert anomalies(one, two, three) == [Anomaly("particulars_differ", refs(two, three))]

    def test_never_listed_names_the_first_fact(self) -> None:
        capture = captured("2018-11-01")
        assert anomalies(found("2018-11-05", "still_here"), capture) == [Anomaly("never_listed", refs(capture))]


def test_an_unknown_status_and_the_flags_of_a_nik() -> None:
    odd = status("2018-11-05", "ON_THE_WAY")
    flagged = listed("2018-11-01", flags="nik_sex_differs nik_district_unknown")
    assert anomalies(flagged, odd) == [
        Anomaly("nik_district_unknown", refs(flagged)),
        Anomaly("nik_sex_differs", refs(flagged)),
        Anomaly("unknown_status", refs(odd)),
    ]


def test_a_list_whose_control_totals_are_not_its_rows() -> None:
    right, wrong = declared("2018-11-01", 3, {HERE: 2, THERE: 1}), declared("2018-11-02", 4, {HERE: 2, THERE: 1})
    assert anomalies(right, wrong) == [Anomaly("list_does_not_sum", refs(wrong))]
    assert anomalies(right, wrong, withdrawn(wrong)) == []
