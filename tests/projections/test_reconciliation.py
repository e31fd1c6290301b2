"""A list is reconciled with where its members stand, and balances to the last person."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.errors import NoAnswer
from projections.evidence import Listing, Particulars
from projections.figures import counts_answer
from projections.reading import READING_VERSION, STANDINGS, state_on
from projections.reconciliation import reconcile_answer
from tests.projections.ledger import Ledger, told
from tests.projections.residents import (
    FIRST_DAY,
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
    withdrawn,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from projections.reading import Fact

LIST, NEXT = "PUSAT-2018-11", "PUSAT-2019-03"
ON = day("2018-11-23")


def standings(**people: int) -> Mapping[str, int]:
    return dict.fromkeys(STANDINGS, 0) | people


def six_on_a_list(ledger: Ledger, kind: str = "unrecorded") -> None:
    """One truly outstanding, one each of the explained, one recorded and one departed."""
    ledger.tell(LIST, replace(declared("2018-11-01", 6, {HERE: 4, THERE: 2}), kind=kind))
    ledger.tell("Ani", listed("2018-11-01"))
    ledger.tell("Budi", listed("2018-11-01"), found("2018-11-12", "already_recorded"))
    ledger.tell("Citra", listed("2018-11-01"), found("2018-11-12", "moved_away"))
    ledger.tell("Dewi", listed("2018-11-01"), found("2018-11-12", "deceased"))
    ledger.tell("Eka", listed("2018-11-01", THERE), captured("2018-11-20"))
    ledger.tell("Fajar", listed("2018-11-01", THERE), departed("2018-11-20"))


def test_the_answer_has_the_contracts_shape(ledger: Ledger) -> None:
    six_on_a_list(ledger)
    ones = {"explained_recorded": 1, "explained_moved": 1, "explained_deceased": 1, "outstanding": 1}
    assert reconcile_answer(ledger.cursor, LIST, ON, ledger.position) == {
        "list": LIST,
        "on": "2018-11-23",
        "position": 12,
        "reading_version": READING_VERSION,
        "declared": 6,
        "members": 6,
        "residual": 0,
        "standings": standings(**ones, recorded=1, departed=1, nowhere=0),
        "official": 4,
        "explained": 3,
        "truly": 1,
        "settled": 2,
        "cleared": 5,
        "rows": [
            {
                "area": HERE,
                "name": "Namosain",
                "declared": 4,
                "standings": standings(**ones),
                "official": 4,
                "explained": 3,
                "truly": 1,
                "settled": 0,
                "cleared": 3,
            },
            {
                "area": THERE,
                "name": "Penfui",
                "declared": 2,
                "standings": standings(recorded=1, departed=1),
                "official": 0,
                "explained": 0,
                "truly": 0,
                "settled": 2,
                "cleared": 2,
            },
        ],
        "anomalies": [],
    }


def test_control_totals_stay_where_the_list_has_them_and_people_stand_where_they_are(ledger: Ledger) -> None:
    ledger.tell(LIST, declared("2018-11-01", 1, {HERE: 1}))
    ledger.tell("Ani", listed("2018-11-01"), moved("2018-11-10", HERE, THERE))
    rows = reconcile_answer(ledger.cursor, LIST, ON, 3)["rows"]
    assert [(row["area"], row["declared"], row["truly"]) for row in rows] == [(HERE, 1, 0), (THERE, 0, 1)]


def test_rows_that_are_missing_are_the_residual(ledger: Ledger) -> None:
    ledger.tell(LIST, declared("2018-11-01", 3, {HERE: 2}))
    ledger.tell("Ani", listed("2018-11-01"))
    answer = reconcile_answer(ledger.cursor, LIST, ON, 2)
    assert (answer["declared"], answer["members"], answer["residual"]) == (3, 1, 2)
    assert [anomaly["name"] for anomaly in answer["anomalies"]] == ["list_does_not_sum", "list_rows_missing"]


def test_a_member_stands_nowhere_before_the_first_fact(ledger: Ledger) -> None:
    ledger.tell(LIST, declared("2018-11-01", 1, {HERE: 1}))
    ledger.tell("Ani", listed("2018-12-01"))
    answer = reconcile_answer(ledger.cursor, LIST, ON, 2)
    assert (answer["members"], answer["standings"]["nowhere"], answer["settled"], answer["truly"]) == (1, 1, 1, 0)
    assert [(row["area"], row["declared"]) for row in answer["rows"]] == [(HERE, 1), ("-", 0)]
    assert answer["rows"][1]["standings"]["nowhere"] == 1
    assert counts_answer(ledger.cursor, ON, 2, list_=LIST)["rows"] == []


def test_a_list_without_a_live_declaration_has_nothing_declared(ledger: Ledger) -> None:
    ledger.tell("another", replace(declared("2018-11-01", 0, {}), list="another"))
    ledger.tell("Ani", listed("2018-11-01"))
    answer = reconcile_answer(ledger.cursor, LIST, ON, 2)
    assert (answer["declared"], answer["residual"], answer["members"]) == (None, None, 1)
    assert answer["rows"][0]["declared"] is None
    assert answer["anomalies"] == []


def test_a_list_never_heard_of_has_no_answer(ledger: Ledger) -> None:
    ledger.tell(LIST, declared("2018-11-01", 0, {}))
    with pytest.raises(NoAnswer, match="never heard of"):
        reconcile_answer(ledger.cursor, "LAIN", ON, 1)
    with pytest.raises(NoAnswer, match="never heard of"):
        reconcile_answer(ledger.cursor, LIST, ON, 1, "LAIN")


def test_a_late_fact_changes_what_is_known_now_and_not_what_was_known(ledger: Ledger) -> None:
    six_on_a_list(ledger)
    ledger.tell("Ani", died("2018-11-10"))
    assert reconcile_answer(ledger.cursor, LIST, ON, 12)["truly"] == 1
    assert reconcile_answer(ledger.cursor, LIST, ON, 13)["truly"] == 0


def test_the_next_list_is_laid_beside_the_first_name_by_name(ledger: Ledger) -> None:
    six_on_a_list(ledger)
    ledger.tell(NEXT, replace(declared("2019-03-01", 3, {HERE: 3}), list=NEXT))
    for who in ("Budi", "Eka", "Gita"):
        ledger.tell(who, replace(listed("2019-03-01"), list=NEXT))
    ledger.tell("Budi", captured("2019-03-05"))
    answer = reconcile_answer(ledger.cursor, NEXT, day("2019-03-10"), ledger.position, LIST)
    assert answer["against"] == {
        "list": LIST,
        "there_on": "2019-02-28",
        "both": 2,
        "only_here": 1,
        "only_there": 4,
        "pairs": [
            {"here": "recorded", "there": "explained_recorded", "people": 1},
            {"here": "recorded", "there": "recorded", "people": 1},
        ],
    }


def test_against_a_later_list_both_sides_are_of_the_day(ledger: Ledger) -> None:
    six_on_a_list(ledger)
    ledger.tell(NEXT, replace(declared("2019-03-01", 1, {HERE: 1}), list=NEXT))
    ledger.tell("Ani", replace(listed("2019-03-01"), list=NEXT))
    against = reconcile_answer(ledger.cursor, LIST, ON, ledger.position, NEXT)["against"]
    assert against["there_on"] == "2018-11-23"
    assert against["pairs"] == [{"here": "outstanding", "there": "outstanding", "people": 1}]


def test_on_a_day_before_the_eve_both_sides_are_of_the_day(ledger: Ledger) -> None:
    six_on_a_list(ledger)
    ledger.tell(NEXT, replace(declared("2019-03-01", 1, {HERE: 1}), list=NEXT))
    assert reconcile_answer(ledger.cursor, NEXT, ON, ledger.position, LIST)["against"]["there_on"] == "2018-11-23"


# ------------------------------------------------------------------ counts


def test_counts_are_of_everybody_with_the_unlisted_last_at_every_level(ledger: Ledger) -> None:
    six_on_a_list(ledger)
    ledger.tell("Hana", captured("2018-11-02"))
    for by, areas in {"kelurahan": [HERE, THERE], "kecamatan": ["53.71.01", "53.71.02"], "city": ["53.71"]}.items():
        answer = counts_answer(ledger.cursor, ON, 13, by)  # type: ignore[arg-type]
        assert [row["area"] for row in answer["rows"]] == [*areas, "-"]
        assert answer["rows"][-1]["standings"] == standings(unlisted=1)
        assert sum(row["official"] for row in answer["rows"]) == answer["total"]["official"] == 4
    assert "nowhere" not in answer["total"]["standings"]
    assert answer["coverage"] is None


def test_counts_refuse_a_day_before_the_registers_first(ledger: Ledger) -> None:
    six_on_a_list(ledger)
    with pytest.raises(NoAnswer, match="2018-10-31 is before"):
        counts_answer(ledger.cursor, day("2018-10-31"), 12)


def test_coverage_is_given_for_a_register_without_residual_officially_and_truly(ledger: Ledger) -> None:
    six_on_a_list(ledger, "register")
    # Officially 1 recorded of 5; truly 2 of 3, for the one who moved and the one who died are not obliged here.
    assert counts_answer(ledger.cursor, ON, 12, list_=LIST)["coverage"] == {"official": 1 / 5, "true": 2 / 3}


def test_coverage_leaves_out_whoever_is_not_obliged_or_not_here(ledger: Ledger) -> None:
    ledger.tell(LIST, replace(declared("2018-11-01", 2, {HERE: 2}), kind="register"))
    young = Particulars("M", day("2020-01-01"), ever_married=False)
    ledger.tell("Ani", listed("2018-11-01"), captured("2018-11-02"))
    ledger.tell("Budi", listed("2018-11-01", HERE, young), captured("2018-11-02"))
    assert counts_answer(ledger.cursor, ON, 5, list_=LIST)["coverage"] == {"official": 1.0, "true": 1.0}


@pytest.mark.parametrize(("kind", "rows"), [("unrecorded", 6), ("register", 7)])
def test_coverage_needs_the_whole_population(ledger: Ledger, kind: str, rows: int) -> None:
    six_on_a_list(ledger)
    ledger.tell(LIST, replace(declared("2018-11-02", rows, {HERE: rows}), kind=kind))
    assert counts_answer(ledger.cursor, ON, 13, list_=LIST)["coverage"] is None


def test_a_register_of_nobody_obliged_has_no_coverage(ledger: Ledger) -> None:
    ledger.tell(LIST, replace(declared("2018-11-01", 0, {}), kind="register"))
    assert counts_answer(ledger.cursor, ON, 1, list_=LIST)["coverage"] is None


# ------------------------------------------------------------------ always

DAYS = st.integers(0, 14).map(lambda n: FIRST_DAY + timedelta(n))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=told(), asked=DAYS, data=st.data())
def test_every_reconciliation_balances_and_agrees_with_its_rows_its_counts_and_its_names(
    ledger: Ledger, said: list[tuple[str, Fact]], asked: date, data: st.DataObject
) -> None:
    with ledger.cursor.connection.transaction(force_rollback=True):
        made = Ledger(ledger.cursor)
        made.tell("L", replace(declared(FIRST_DAY.isoformat(), 4, {HERE: 3, THERE: 1}), list="L"))
        made.tell("M", replace(declared((FIRST_DAY + timedelta(4)).isoformat(), 4, {HERE: 4}), list="M"))
        made.tell_all([(who, on_the_next(fact) if data.draw(st.booleans()) else fact) for who, fact in said])
        known = data.draw(st.integers(2, made.position))
        answer = reconcile_answer(made.cursor, "M", asked, known, "L")
        assert answer["members"] == len(made.members("M", known)) == answer["truly"] + answer["cleared"]
        assert answer["cleared"] == answer["explained"] + answer["settled"]
        assert answer["declared"] == answer["members"] + answer["residual"]
        assert answer["declared"] == sum(row["declared"] for row in answer["rows"])
        for figure in ("official", "explained", "truly", "settled", "cleared"):
            assert answer[figure] == sum(row[figure] for row in answer["rows"])
        rows = counts_answer(made.cursor, asked, known, list_="M")["rows"]
        stood = {row["area"]: row["standings"] for row in answer["rows"]}
        assert all(row["standings"] == stood[row["area"]] for row in rows if row["area"] != "-")
        assert_pairs(made, answer["against"], asked, known)


def on_the_next(fact: Fact) -> Fact:
    return replace(fact, list="M") if isinstance(fact, Listing) else fact


def assert_pairs(made: Ledger, against: Mapping[str, object], asked: date, known: int) -> None:
    there_on = min(asked, FIRST_DAY + timedelta(3))
    paired: Counter[tuple[str, str]] = Counter()
    both = made.members("M", known) & made.members("L", known)
    for subject in both:
        facts = [fact for at, fact in made.history[subject] if at <= known]
        paired[state_on(facts, asked).standing, state_on(facts, there_on).standing] += 1
    assert against["there_on"] == there_on.isoformat()
    assert against["both"] == len(both)
    assert isinstance(against["pairs"], list)
    assert {(pair["here"], pair["there"]): pair["people"] for pair in against["pairs"]} == paired
    assert against["only_here"] == len(made.members("M", known) - both)
    assert against["only_there"] == len(made.members("L", known) - both)


def test_arriving_with_particulars_is_no_membership(ledger: Ledger) -> None:
    ledger.tell(LIST, declared("2018-11-01", 1, {HERE: 1}))
    ledger.tell("Ani", arrived("2018-11-02", particulars=Particulars("F", day("1990-05-01"), ever_married=False)))
    assert reconcile_answer(ledger.cursor, LIST, ON, 2)["members"] == 0


def test_a_withdrawn_listing_is_no_membership(ledger: Ledger) -> None:
    listing = listed("2018-11-01")
    ledger.tell(LIST, declared("2018-11-01", 1, {HERE: 1}))
    ledger.tell("Ani", listing, withdrawn(listing))
    assert [reconcile_answer(ledger.cursor, LIST, ON, known)["members"] for known in (2, 3)] == [1, 0]
