"""What SQL says of any register is what the answers in Python say of it, whatever was told."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.errors import WrongUse
from projections import reporting
from projections.balances import balances, flows
from projections.counts import BLOCK
from projections.figures import counts_answer
from projections.flows import flows_answer
from projections.reconciliation import reconcile_answer
from projections.transfers import Account
from tests.projections.ledger import Ledger, told
from tests.projections.residents import FIRST_DAY, HERE, THERE, captured, day, declared, listed, moved
from tests.reports import (
    answered,
    counted,
    counts_rows,
    flowed,
    flows_rows,
    reconciled,
    reconciliation_rows,
    recordings,
)

if TYPE_CHECKING:
    from datetime import date

    from projections.reading import Fact

SMALL = 8  # positions a block, so that a few facts complete some
LIST = "PUSAT-2018-11"
DAYS = st.integers(0, 14).map(lambda n: FIRST_DAY + timedelta(n))

on_a_ledger = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def reported(ledger: Ledger) -> Ledger:
    reporting.make(ledger.cursor)
    return ledger


def opened(ledger: Ledger, block: int = BLOCK) -> Ledger:
    made = Ledger(ledger.cursor, block)
    made.tell("a list", declared(FIRST_DAY.isoformat(), 4, {HERE: 3, THERE: 1}))
    return made


@on_a_ledger
@given(said=told(), asked=DAYS, data=st.data())
def test_counts_and_reconciliations_are_the_documents(
    reported: Ledger, said: list[tuple[str, Fact]], asked: date, data: st.DataObject
) -> None:
    with reported.cursor.connection.transaction(force_rollback=True):
        made = opened(reported)
        made.tell("Ani", listed("2018-11-01"))
        made.tell_all(said)
        known = data.draw(st.integers(2, made.position))
        rows = counted(made.cursor, asked, known)
        assert counts_rows(rows) == counts_answer(made.cursor, asked, known)["rows"]
        for name in (LIST, "L"):
            document = answered(reconcile_answer, made.cursor, name, asked, known)
            rows = answered(reconciled, made.cursor, name, asked, known)
            if isinstance(document, str):
                assert rows == document
            else:
                assert reconciliation_rows(rows, document) == document["rows"]


@on_a_ledger
@given(said=told(), days=st.tuples(DAYS, DAYS), data=st.data())
def test_flows_are_the_documents_and_the_recordings_are_among_them(
    reported: Ledger, said: list[tuple[str, Fact]], days: tuple[date, date], data: st.DataObject
) -> None:
    from_day, to_day = sorted(days)
    with reported.cursor.connection.transaction(force_rollback=True):
        made = opened(reported)
        made.tell_all(said)
        known, then = sorted(data.draw(st.tuples(*[st.integers(1, made.position)] * 2)))
        document = flows_answer(made.cursor, from_day, to_day, known, then)
        asked = (from_day, to_day, known, then)
        assert flows_rows(made.cursor, *asked) == document["rows"]
        if from_day > FIRST_DAY:  # the document's period begins after its day, which is not before the first
            document = flows_answer(made.cursor, from_day - timedelta(1), to_day, then, then)
            assert recordings(made.cursor, from_day, to_day, then) == recorded_in(document)


def recorded_in(document: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """By area: who came to `recorded` from officially outstanding, and of them from truly outstanding."""
    found: dict[str, tuple[int, int]] = {}
    for row in document["rows"]:
        for flow in row["flows"]:
            official = flow["from"].startswith("explained_") or flow["from"] == "outstanding"
            if flow["to"] == "recorded" and flow["to_area"] == row["area"] and official:
                of_area, truly = found.get(row["area"], (0, 0))
                more = flow["people"] if flow["from"] == "outstanding" else 0
                found[row["area"]] = (of_area + flow["people"], truly + more)
    return found


@on_a_ledger
@given(said=told(), days=st.tuples(DAYS, DAYS | st.just(day("2199-12-31"))), data=st.data())
def test_complete_blocks_are_summed_by_their_cells_and_month_ends(
    reported: Ledger, said: list[tuple[str, Fact]], days: tuple[date, date], data: st.DataObject
) -> None:
    from_day, to_day = sorted(days)
    with reported.cursor.connection.transaction(force_rollback=True), pytest.MonkeyPatch.context() as patch:
        patch.setattr(reporting, "BLOCK", SMALL)
        reporting.make(reported.cursor)
        made = opened(reported, SMALL)
        made.tell_all([("Ani", listed("1998-05-01")), ("Budi", captured("2010-02-03")), *said])
        made.tell("Ani", moved("2018-12-03", HERE, THERE))
        known = data.draw(st.integers(1, made.position))
        held = balances(made.cursor, to_day, known, SMALL)
        said_in_sql = {
            Account(row["area"], standing): people
            for row in counts_rows(counted(made.cursor, to_day, known))
            for standing, people in row["standings"].items()
            if people
        }
        assert said_in_sql == held
        made.cursor.execute("SELECT * FROM reporting.flows(%s, %s, %s, %s)", [from_day, to_day, known, known])
        assert flowed(made.cursor) == flows(made.cursor, from_day, to_day, known, SMALL)


@pytest.mark.parametrize(("on", "known"), [("2018-10-31", 3), ("2018-11-23", 0), ("2018-11-23", -1)])
def test_a_day_before_the_first_is_refused_in_the_same_words(reported: Ledger, on: str, known: int) -> None:
    opened(reported).tell_all([("Ani", listed("2018-11-01")), ("Ani", captured("2018-11-02"))])
    refusal = answered(counts_answer, reported.cursor, day(on), known)
    assert "first day" in refusal
    assert answered(counted, reported.cursor, day(on), known) == refusal


@pytest.mark.parametrize(
    ("days", "places"), [(("2018-12-18", "2018-11-23"), (1, 1)), (("2018-11-23", "2018-12-18"), (1, 0))]
)
@pytest.mark.parametrize("function", ["flows", "flow_balances"])
def test_a_period_that_ends_before_it_begins_is_refused_in_the_same_words(
    reported: Ledger, function: str, days: tuple[str, str], places: tuple[int, int]
) -> None:
    opened(reported)
    asked = (day(days[0]), day(days[1]), places[0], places[1])
    with pytest.raises(WrongUse) as refusal:
        flows_answer(reported.cursor, *asked)
    with pytest.raises(psycopg.errors.InvalidParameterValue) as raised:
        reported.cursor.execute(f"SELECT * FROM reporting.{function}(%s, %s, %s, %s)".encode(), asked)
    assert raised.value.diag.message_primary == str(refusal.value)


@pytest.mark.parametrize("endless", ["infinity", "-infinity"])
def test_a_day_without_end_is_no_day(reported: Ledger, endless: str) -> None:
    opened(reported)
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=f"^{endless} is no day"):
        reported.cursor.execute("SELECT * FROM reporting.counts_on(%s::date)", [endless])
