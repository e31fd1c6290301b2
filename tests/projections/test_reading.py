"""The design's case table row by row, then each word of the table of standings."""

from __future__ import annotations

from datetime import date

import pytest

from projections.evidence import Fact, Particulars
from projections.reading import EXPLAINED, OFFICIAL, READING_VERSION, STANDINGS, Step, read, state_on
from tests.projections.residents import (
    ELSEWHERE,
    GROWN,
    HERE,
    THERE,
    arrived,
    arrived_elsewhere,
    captured,
    day,
    declared,
    departed,
    died,
    found,
    listed,
    moved,
    names,
    status,
    withdrawn,
)


def stands(on: str, *facts: Fact) -> str:
    return state_on(facts, day(on)).standing


def timeline(*facts: Fact) -> list[tuple[str, str, str]]:
    return [(step.from_day.isoformat(), step.area, step.standing) for step in read(facts).timeline]


def anomalies(*facts: Fact) -> set[str]:
    return names(read(facts).anomalies)


class TestCaseTable:
    def test_recorded_at_sixteen_is_underage_and_recorded_on_the_seventeenth_birthday(self) -> None:
        sixteen = Particulars("M", day("2018-12-10"), ever_married=False)
        facts = listed("2018-11-01", particulars=sixteen), captured("2018-11-05")
        assert timeline(*facts) == [("2018-11-01", HERE, "underage"), ("2018-12-10", HERE, "recorded")]

    def test_a_capture_after_a_death_is_deceased_and_an_anomaly(self) -> None:
        facts = listed("2018-11-01"), died("2018-11-03"), captured("2018-11-05")
        assert stands("2018-11-05", *facts) == "deceased"
        assert anomalies(*facts) == {"event_after_death"}

    def test_found_deceased_after_a_capture_is_recorded_and_an_anomaly(self) -> None:
        facts = listed("2018-11-01"), captured("2018-11-03"), found("2018-11-05", "deceased")
        assert stands("2018-11-05", *facts) == "recorded"
        assert anomalies(*facts) == {"finding_against_recording"}

    @pytest.mark.parametrize("later", ["2018-11-05", "2018-11-07"])
    def test_found_deceased_then_still_here_is_outstanding(self, later: str) -> None:
        facts = listed("2018-11-01"), found("2018-11-05", "deceased"), found(later, "still_here")
        assert state_on(facts, day(later)) == (HERE, "outstanding", "never")

    def test_still_here_wins_its_day_also_when_it_was_written_down_first(self) -> None:
        here = found("2018-11-05", "still_here", written="2018-11-05")
        dead = found("2018-11-05", "deceased", written="2018-11-09")
        assert stands("2018-11-05", listed("2018-11-01"), here, dead) == "outstanding"

    def test_an_unconfirmed_departure_lapses_to_where_the_person_stood_before(self) -> None:
        facts = listed("2018-11-01"), captured("2018-11-02"), departed("2018-11-05", "2018-12-06")
        assert timeline(*facts) == [
            ("2018-11-01", HERE, "outstanding"),
            ("2018-11-02", HERE, "recorded"),
            ("2018-11-05", HERE, "departed"),
            ("2018-12-06", HERE, "recorded"),
        ]

    def test_a_departure_confirmed_before_it_lapses_is_for_good(self) -> None:
        facts = listed("2018-11-01"), departed("2018-11-05", "2018-12-06"), arrived_elsewhere("2018-12-05")
        assert timeline(*facts)[-1] == ("2018-11-05", HERE, "departed")

    def test_found_moved_then_a_letter_that_lapses_is_explained_moved_again(self) -> None:
        facts = listed("2018-11-01"), found("2018-11-03", "moved_away"), departed("2018-11-05", "2018-12-06")
        assert [standing for _, _, standing in timeline(*facts)] == [
            "outstanding",
            "explained_moved",
            "departed",
            "explained_moved",
        ]

    def test_a_move_wins_over_a_later_listing_with_the_old_kelurahan(self) -> None:
        facts = listed("2018-11-01", HERE), moved("2018-11-03", HERE, THERE), listed("2018-11-05", HERE)
        assert state_on(facts, day("2018-11-05")).area == THERE
        assert anomalies(*facts) == {"listed_elsewhere_than_moved"}

    def test_a_move_from_another_kelurahan_goes_to_its_target(self) -> None:
        facts = listed("2018-11-01", HERE), moved("2018-11-03", ELSEWHERE, THERE)
        assert state_on(facts, day("2018-11-03")).area == THERE
        assert anomalies(*facts) == {"from_kelurahan_differs"}

    def test_of_two_deaths_the_one_written_last_holds(self) -> None:
        first = died("2018-11-03", written="2018-11-04")
        last = died("2018-11-09", written="2018-11-10")
        assert timeline(listed("2018-11-01"), first, last)[-1] == ("2018-11-09", HERE, "deceased")
        assert anomalies(listed("2018-11-01"), first, last) == {"died_twice"}

    def test_still_here_while_a_letter_holds_is_departed_and_an_anomaly(self) -> None:
        facts = listed("2018-11-01"), departed("2018-11-03"), found("2018-11-05", "still_here")
        assert stands("2018-11-05", *facts) == "departed"
        assert anomalies(*facts) == {"still_here_while_departed"}

    def test_confirmed_elsewhere_then_on_a_new_list_is_departed_and_an_anomaly(self) -> None:
        facts = listed("2018-11-01"), arrived_elsewhere("2018-11-03"), listed("2019-03-01")
        assert stands("2019-03-01", *facts) == "departed"
        assert anomalies(*facts) == {"listed_while_departed"}

    def test_a_move_before_any_listing_gives_the_kelurahan(self) -> None:
        facts = moved("2017-05-01", HERE, THERE), listed("2018-11-01", HERE)
        assert timeline(*facts) == [("2017-05-01", "-", "unlisted"), ("2018-11-01", THERE, "outstanding")]
        assert anomalies(*facts) == {"listed_elsewhere_than_moved"}

    def test_dead_but_never_on_a_list_is_unlisted_and_an_anomaly(self) -> None:
        assert timeline(died("2018-11-03")) == [("2018-11-03", "-", "unlisted")]
        assert anomalies(died("2018-11-03")) == {"never_listed"}


class TestWithdrawals:
    def test_a_withdrawn_capture_leaves_the_person_outstanding(self) -> None:
        capture = captured("2018-11-03")
        assert timeline(listed("2018-11-01"), capture, withdrawn(capture)) == [("2018-11-01", HERE, "outstanding")]

    def test_a_withdrawal_cannot_be_withdrawn(self) -> None:
        capture = captured("2018-11-03")
        undo = withdrawn(capture)
        assert stands("2018-11-03", listed("2018-11-01"), capture, undo, withdrawn(undo)) == "outstanding"

    def test_two_withdrawals_of_one_fact_are_as_one_and_one_of_nothing_does_nothing(self) -> None:
        death, nothing = died("2018-11-03"), died("2018-11-04")
        facts = listed("2018-11-01"), death, withdrawn(death), withdrawn(death), withdrawn(nothing)
        assert read(facts) == read(facts[:1])

    def test_with_everything_withdrawn_the_person_is_nowhere(self) -> None:
        listing = listed("2018-11-01")
        assert read([listing, withdrawn(listing)]) == ((), ())
        assert state_on([listing, withdrawn(listing)], day("2018-11-01")) == ("-", "nowhere", None)


class TestWords:
    def test_the_timeline_begins_with_the_first_fact_also_one_without_effect(self) -> None:
        facts = found("2018-10-01", "not_found"), listed("2018-11-01")
        assert timeline(*facts)[0] == ("2018-10-01", "-", "unlisted")
        assert state_on(facts, day("2018-09-30")) == ("-", "nowhere", None)

    def test_a_newcomer_enters_by_an_arrival_with_particulars_only(self) -> None:
        assert stands("2018-11-02", arrived("2018-11-01")) == "unlisted"
        assert state_on([arrived("2018-11-01", THERE, GROWN)], day("2018-11-02")) == (THERE, "outstanding", "never")

    def test_absence_and_death_leave_the_kelurahan(self) -> None:
        gone = listed("2018-11-01", THERE), arrived_elsewhere("2018-11-02")
        assert state_on(gone, day("2018-11-03")) == (THERE, "departed", None)
        assert state_on([*gone, died("2018-11-04")], day("2018-11-05")) == (THERE, "deceased", None)

    def test_a_death_is_corrected_to_a_later_day_before_that_day_has_come(self) -> None:
        wrong, right = died("2018-11-03", written="2018-11-04"), died("2018-11-20", written="2018-11-05")
        assert stands("2018-11-10", listed("2018-11-01"), wrong, right) == "outstanding"

    def test_a_birthday_is_the_one_written_last_also_on_a_list_of_a_later_day(self) -> None:
        child = Particulars("F", day("2019-06-01"), ever_married=False)
        earlier = listed("2018-11-01", particulars=GROWN, written="2018-11-02")
        later = listed("2019-03-01", particulars=child, written="2019-03-02")
        assert timeline(earlier, later) == [("2018-11-01", HERE, "underage"), ("2019-06-01", HERE, "outstanding")]

    def test_marriage_makes_adult_from_the_day_it_was_stated_of_and_stays(self) -> None:
        child = Particulars("F", day("2020-01-01"), ever_married=False)
        facts = (
            listed("2018-11-01", particulars=child),
            listed("2018-12-01", particulars=child._replace(ever_married=True)),
            listed("2019-01-01", particulars=child),
        )
        assert timeline(*facts) == [("2018-11-01", HERE, "underage"), ("2018-12-01", HERE, "outstanding")]
        assert timeline(*facts, withdrawn(facts[1]))[-1] == ("2020-01-01", HERE, "outstanding")

    @pytest.mark.parametrize(
        ("reported", "standing", "reason"),
        [
            ("PRINT_READY_RECORD", "recorded", None),
            ("SEARCH_FAILURE_AT_CENTRAL", "outstanding", "again"),
            ("DUPLICATE_RECORD", "outstanding", "duplicate"),
            ("UNREGISTERED", "outstanding", "never"),
            ("print_ready_record", "outstanding", "never"),
        ],
    )
    def test_the_last_status_with_an_effect_decides(self, reported: str, standing: str, reason: str | None) -> None:
        facts = listed("2018-11-01"), status("2018-11-05", reported), status("2018-11-06", "UNREGISTERED")
        assert state_on(facts, day("2018-11-06")) == (HERE, standing, reason)

    def test_a_reason_is_given_for_the_outstanding_only(self) -> None:
        facts = listed("2018-11-01"), status("2018-11-02", "DUPLICATE_RECORD"), found("2018-11-03", "moved_away")
        assert state_on(facts, day("2018-11-02")).reason == "duplicate"
        assert state_on(facts, day("2018-11-03")) == (HERE, "explained_moved", None)

    def test_a_failure_after_already_recorded_is_outstanding_again(self) -> None:
        facts = listed("2018-11-01"), found("2018-11-03", "already_recorded")
        later = status("2018-11-04", "ENROLL_FAILURE_AT_REGIONAL")
        assert state_on([*facts, later], day("2018-11-04")) == (HERE, "outstanding", "again")

    def test_a_failure_of_before_leaves_already_recorded_explained(self) -> None:
        failure = status("2018-11-03", "ENROLL_FAILURE_AT_REGIONAL", written="2018-11-20")
        facts = listed("2018-11-01"), failure, found("2018-11-03", "already_recorded", written="2018-11-03")
        assert stands("2018-11-04", *facts) == "explained_recorded"

    def test_a_failure_after_moved_away_does_not_bring_back(self) -> None:
        facts = listed("2018-11-01"), found("2018-11-03", "moved_away"), status("2018-11-04", "DUPLICATE_RECORD")
        assert stands("2018-11-05", *facts) == "explained_moved"

    def test_who_was_found_gone_and_then_moves_within_the_city_is_seen(self) -> None:
        facts = listed("2018-11-01"), found("2018-11-03", "moved_away"), moved("2018-11-05", HERE, THERE)
        assert state_on(facts, day("2018-11-05")) == (THERE, "outstanding", "never")

    def test_a_visit_that_met_nobody_changes_nothing(self) -> None:
        facts = listed("2018-11-01"), found("2018-11-03", "deceased"), found("2018-11-05", "not_found")
        assert stands("2018-11-05", *facts) == "explained_deceased"

    def test_under_a_lapsed_letter_an_older_one_may_still_hold(self) -> None:
        facts = listed("2018-11-01"), departed("2018-11-02", "2018-11-20"), departed("2018-11-05", "2018-11-10")
        assert [(on, standing) for on, _, standing in timeline(*facts)] == [
            ("2018-11-01", "outstanding"),
            ("2018-11-02", "departed"),
            ("2018-11-20", "outstanding"),
        ]

    def test_on_one_day_a_listing_comes_before_a_departure_and_that_before_an_arrival(self) -> None:
        away = departed("2018-11-01", written="2018-11-09")
        assert stands("2018-11-01", away, listed("2018-11-01", written="2018-11-10")) == "departed"
        assert stands("2018-11-01", away, listed("2018-11-01"), arrived("2018-11-01", written="2018-11-02")) == (
            "outstanding"
        )

    def test_at_one_rank_the_one_written_later_wins_and_at_one_time_the_greater_id(self) -> None:
        first = moved("2018-11-02", HERE, THERE, written="2018-11-05")
        second = moved("2018-11-02", HERE, ELSEWHERE, written="2018-11-05")
        earlier = moved("2018-11-02", HERE, HERE, written="2018-11-03")
        assert state_on([listed("2018-11-01"), second, first, earlier], day("2018-11-02")).area == ELSEWHERE

    def test_the_facts_of_a_list_read_as_nobody(self) -> None:
        assert read([declared("2018-11-01", 2, {HERE: 2})]).timeline == ()


def test_the_standings_are_nine_of_which_four_are_official() -> None:
    assert len(STANDINGS) == 9
    assert EXPLAINED == ("explained_recorded", "explained_moved", "explained_deceased")
    assert OFFICIAL[:3] == EXPLAINED
    assert OFFICIAL[3:] == ("outstanding",)
    assert READING_VERSION == 1
    assert read([listed("2018-11-01")]).timeline == (Step(date(2018, 11, 1), HERE, "outstanding"),)
