"""What opens, is restated, flows and closes, in every area and standing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.errors import NoAnswer, WrongUse
from projections.figures import counts_answer
from projections.flows import flows_answer
from tests.projections.ledger import Ledger, told
from tests.projections.residents import FIRST_DAY, HERE, THERE, captured, day, declared, died, listed, moved

if TYPE_CHECKING:
    from datetime import date

    from events.territory import Level
    from projections.reading import Fact

FROM, TO = day("2018-11-23"), day("2018-12-18")
NEAR = "53.71.01.1002"


def opened(ledger: Ledger) -> None:
    ledger.tell("a list", declared("2018-11-01", 2, {HERE: 2}))
    ledger.tell("Ani", listed("2018-11-01"))
    ledger.tell("Budi", listed("2018-11-01"))


def flow(from_area: str, from_: str, to_area: str, to: str, people: int = 1) -> dict[str, Any]:
    return {"from_area": from_area, "from": from_, "to_area": to_area, "to": to, "people": people}


def test_a_recording_in_the_period_is_a_flow(ledger: Ledger) -> None:
    opened(ledger)
    ledger.tell("Ani", captured("2018-12-01"))
    (row,) = flows_answer(ledger.cursor, FROM, TO, 3, 4)["rows"]
    assert (row["area"], row["name"], row["opening"]["outstanding"]) == (HERE, "Namosain", 2)
    assert set(row["restated"].values()) == {0}
    assert row["flows"] == [flow(HERE, "outstanding", HERE, "recorded")]
    assert (row["closing"]["outstanding"], row["closing"]["recorded"]) == (1, 1)


def test_a_late_fact_of_an_earlier_day_is_restated_and_no_flow(ledger: Ledger) -> None:
    opened(ledger)
    ledger.tell("Ani", died("2018-11-10"))
    answer = flows_answer(ledger.cursor, FROM, TO, 3, 4)
    assert answer["rows"][0]["restated"] | {"outstanding": -1, "deceased": 1} == answer["rows"][0]["restated"]
    assert answer["rows"][0]["flows"] == []
    assert answer["total"]["restated"]["deceased"] == 1


def test_a_flow_between_two_areas_stands_in_the_row_of_each_also_at_equal_standing(ledger: Ledger) -> None:
    opened(ledger)
    ledger.tell("Ani", moved("2018-12-01", HERE, THERE))
    answer = flows_answer(ledger.cursor, FROM, TO, 3, 4)
    crossing = [flow(HERE, "outstanding", THERE, "outstanding")]
    assert [(row["area"], row["flows"]) for row in answer["rows"]] == [(HERE, crossing), (THERE, crossing)]
    assert answer["total"]["flows"] == []


def test_a_move_inside_an_area_of_the_level_is_no_flow(ledger: Ledger) -> None:
    opened(ledger)
    ledger.tell("Ani", moved("2018-12-01", HERE, NEAR))
    assert [row["flows"] for row in flows_answer(ledger.cursor, FROM, TO, 3, 4, "kecamatan")["rows"]] == [[]]


def test_whoever_is_new_comes_from_nowhere(ledger: Ledger) -> None:
    opened(ledger)
    ledger.tell("Citra", listed("2018-12-01"))
    answer = flows_answer(ledger.cursor, FROM, TO, 3, 4, "city")
    coming = [flow("-", "nowhere", "53.71", "outstanding")]
    assert [(row["area"], row["flows"]) for row in answer["rows"]] == [("53.71", coming), ("-", coming)]
    assert all("nowhere" not in row[part] for row in answer["rows"] for part in ("opening", "restated", "closing"))
    assert answer["total"]["flows"] == [{"from": "nowhere", "to": "outstanding", "people": 1}]


def test_the_answer_names_what_was_asked(ledger: Ledger) -> None:
    opened(ledger)
    answer = flows_answer(ledger.cursor, FROM, TO, 2, 3)
    assert {name: answer[name] for name in ("from", "to", "known", "position", "by")} == {
        "from": "2018-11-23",
        "to": "2018-12-18",
        "known": 2,
        "position": 3,
        "by": "kelurahan",
    }


@pytest.mark.parametrize(("from_day", "to_day", "known", "then"), [(TO, FROM, 3, 3), (FROM, TO, 3, 2)])
def test_a_period_that_ends_before_it_begins_is_wrong_use(
    ledger: Ledger, from_day: date, to_day: date, known: int, then: int
) -> None:
    opened(ledger)
    with pytest.raises(WrongUse, match="a period ends after it begins"):
        flows_answer(ledger.cursor, from_day, to_day, known, then)


def test_a_period_from_before_the_registers_first_day_has_no_answer(ledger: Ledger) -> None:
    opened(ledger)
    with pytest.raises(NoAnswer, match="2018-10-31 is before"):
        flows_answer(ledger.cursor, day("2018-10-31"), TO, 3, 3)


DAYS = st.integers(0, 14).map(lambda n: FIRST_DAY + timedelta(n))
LEVELS = st.sampled_from(["kelurahan", "kecamatan", "city"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=told(), days=st.tuples(DAYS, DAYS), by=LEVELS, data=st.data())
def test_closing_is_opening_and_restated_and_flows_in_every_area_and_standing(
    ledger: Ledger, said: list[tuple[str, Fact]], days: tuple[date, date], by: Level, data: st.DataObject
) -> None:
    from_day, to_day = sorted(days)
    with ledger.cursor.connection.transaction(force_rollback=True):
        made = Ledger(ledger.cursor)
        made.tell("a list", declared(FIRST_DAY.isoformat(), 4, {HERE: 4}))
        made.tell_all(said)
        known, then = sorted(data.draw(st.tuples(*[st.integers(1, made.position)] * 2)))
        answer = flows_answer(made.cursor, from_day, to_day, known, then, by)
        for row in answer["rows"]:
            assert closing_of(row, row["area"]) == row["closing"]
        assert closing_of(answer["total"], None) == answer["total"]["closing"]
        for part, day_, at in (("opening", from_day, known), ("closing", to_day, then)):
            counted = {row["area"]: row["standings"] for row in counts_answer(made.cursor, day_, at, by)["rows"]}
            held = {row["area"]: row[part] for row in answer["rows"] if any(row[part].values())}
            assert held == counted


def closing_of(row: dict[str, Any], area: str | None) -> dict[str, int]:
    """Opening, restated and flows put together; without an area the flows of a total, which name none."""
    held = {standing: row["opening"][standing] + row["restated"][standing] for standing in row["opening"]}
    for moved_ in row["flows"]:
        for end, sign in (("from", -1), ("to", 1)):
            if moved_[end] != "nowhere" and moved_.get(f"{end}_area") == area:
                held[moved_[end]] += sign * moved_["people"]
    return held
