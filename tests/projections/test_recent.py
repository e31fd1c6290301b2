"""By what is remembered of a list's members its figures are the same as without, in whatever order they are asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projections.balances import balances_of_members
from projections.evidence import Listing
from projections.figures import Asked, counted, counts_answer
from projections.lists import lists_answer, members
from projections.recent import Recent
from projections.reconciliation import reconcile_answer
from tests.projections.ledger import Ledger, told
from tests.projections.residents import FIRST_DAY, HERE, THERE, captured, day, declared, listed, withdrawn

if TYPE_CHECKING:
    from projections.reading import Fact

ON = day("2018-11-23")
DAYS = st.integers(-1, 14).map(lambda n: FIRST_DAY + timedelta(n))


class Counting:
    """A cursor that counts how often it is asked."""

    def __init__(self, cursor: Any) -> None:
        self.cursor = cursor
        self.statements: list[str] = []

    def execute(self, statement: Any, *more: Any, **others: Any) -> Any:
        self.statements.append(str(statement))
        return self.cursor.execute(statement, *more, **others)


def two_lists(ledger: Ledger) -> None:
    ledger.tell("L", replace(declared(FIRST_DAY.isoformat(), 4, {HERE: 3, THERE: 1}), list="L"))
    ledger.tell("M", replace(declared((FIRST_DAY + timedelta(4)).isoformat(), 4, {HERE: 4}), list="M"))


def on_the_next(fact: Fact) -> Fact:
    return replace(fact, list="M") if isinstance(fact, Listing) else fact


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=told(), asked=DAYS.filter(lambda one: one >= FIRST_DAY), data=st.data())
def test_at_every_position_in_any_order_it_is_as_if_nothing_were_remembered(
    ledger: Ledger, said: list[tuple[str, Fact]], asked: date, data: st.DataObject
) -> None:
    with ledger.cursor.connection.transaction(force_rollback=True):
        made = Ledger(ledger.cursor)
        two_lists(made)
        made.tell_all(
            [
                (who, replace(f, list="M") if isinstance(f, Listing) and data.draw(st.booleans()) else f)
                for who, f in said
            ]
        )
        recent = Recent(far=data.draw(st.sampled_from([2, 1000])))
        for known in data.draw(st.lists(st.integers(2, made.position), min_size=2, max_size=6)):
            for against in (None, "L"):
                there = reconcile_answer(made.cursor, "M", asked, known, against, recent)
                assert there == reconcile_answer(made.cursor, "M", asked, known, against)
            assert counted(made.cursor, Asked(asked, known, "L"), "city", recent) == counts_answer(
                made.cursor, asked, known, "city", "L"
            )
            assert counted(made.cursor, Asked(asked, known), recent=recent) == counts_answer(made.cursor, asked, known)
            assert lists_answer(made.cursor, known, recent) == lists_answer(made.cursor, known)
            assert members(made.cursor, "L", known, recent) == len(made.members("L", known))


def test_the_second_time_only_those_are_asked_about_of_whom_something_came(ledger: Ledger) -> None:
    two_lists(ledger)
    ledger.tell_all([(f"person {n}", listed("2018-11-01")) for n in range(5)])
    recent = Recent()
    balances_of_members(ledger.cursor, "PUSAT-2018-11", ON, ledger.position, recent)
    ledger.tell("person 3", captured("2018-11-02"))
    cursor: Any = Counting(ledger.cursor)

    held = balances_of_members(cursor, "PUSAT-2018-11", ON, ledger.position, recent)

    assert held == balances_of_members(ledger.cursor, "PUSAT-2018-11", ON, ledger.position)
    assert sum("ANY" in one for one in cursor.statements) == 2
    assert not any("member" in one and "ANY" not in one for one in cursor.statements)


def test_who_is_taken_off_a_list_is_taken_off_its_figures(ledger: Ledger) -> None:
    two_lists(ledger)
    fact = listed("2018-11-01")
    ledger.tell_all([("Ani", fact), ("Budi", listed("2018-11-01"))])
    recent = Recent()
    assert members(ledger.cursor, "PUSAT-2018-11", ledger.position, recent) == 2
    ledger.tell("Ani", withdrawn(fact))
    assert members(ledger.cursor, "PUSAT-2018-11", ledger.position, recent) == 1
    assert members(ledger.cursor, "PUSAT-2018-11", ledger.position - 1, recent) == 2


def test_of_many_questions_the_latest_are_remembered(ledger: Ledger) -> None:
    two_lists(ledger)
    recent = Recent(most=3)
    for number in range(10):
        balances_of_members(ledger.cursor, "L", ON + timedelta(number), ledger.position, recent)
    assert len(recent) == 3


def test_one_question_is_remembered_at_one_position_of_those_that_are_near(ledger: Ledger) -> None:
    two_lists(ledger)
    recent = Recent()
    for n in range(10):
        ledger.tell(f"person {n}", listed("2018-11-01"))
        balances_of_members(ledger.cursor, "L", ON, ledger.position, recent)
    assert len(recent) == 1


def test_of_a_view_that_was_made_anew_nothing_is_remembered(ledger: Ledger) -> None:
    two_lists(ledger)
    recent = Recent()
    ledger.tell("Ani", listed("2018-11-01"))
    assert balances_of_members(ledger.cursor, "PUSAT-2018-11", ON, ledger.position, recent) != {}
    ledger.cursor.execute("CREATE TABLE counts.another (LIKE counts.posting INCLUDING ALL)")
    ledger.cursor.execute("ALTER TABLE counts.posting RENAME TO gone")
    ledger.cursor.execute("ALTER TABLE counts.another RENAME TO posting")
    ledger.cursor.execute("DELETE FROM counts.listing")
    assert balances_of_members(ledger.cursor, "PUSAT-2018-11", ON, ledger.position, recent) == {}
