"""A balance is a plain sum with two bounds, however it is put together."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projections.accounts import ACCOUNTS
from projections.balances import balances, balances_of_members, flows
from projections.ledger import who_stands
from projections.transfers import NOWHERE, Account
from tests.projections.ledger import Ledger, told
from tests.projections.residents import FIRST_DAY, HERE, THERE, captured, day, listed, moved

if TYPE_CHECKING:
    from projections.reading import Fact

SMALL = 8  # positions a block, so that a few facts complete some
EVER = [
    date(1850, 1, 1),
    date(2018, 10, 31),
    date(2018, 11, 30),
    date(2018, 12, 1),
    date(2199, 12, 31),
    date(2250, 6, 7),
    date.max,
]
DAYS = st.integers(-1, 14).map(lambda n: FIRST_DAY + timedelta(n)) | st.sampled_from(EVER)
OUTSTANDING, RECORDED = Account(HERE, "outstanding"), Account(HERE, "recorded")

on_a_ledger = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def without_nowhere(stand: Counter[Account]) -> dict[Account, int]:
    return {account: number for account, number in stand.items() if account != NOWHERE}


@st.composite
def months(draw: st.DrawFn) -> list[tuple[str, Fact]]:
    """Residents listed, recorded and moved on days all over two centuries, most of them in a few months."""
    said: list[tuple[str, Fact]] = []
    for n in range(draw(st.integers(1, 30))):
        on = draw(st.dates(date(1998, 1, 1), date(2030, 1, 1)) | st.dates(date(2018, 10, 1), date(2019, 1, 31)))
        fact = listed(on.isoformat()) if draw(st.booleans()) else captured(on.isoformat())
        said.append((f"person {draw(st.integers(0, 5))}", fact))
        if n % 5 == 4:
            said.append((f"person {draw(st.integers(0, 5))}", moved(on.isoformat(), HERE, THERE)))
    return said


@on_a_ledger
@given(said=told() | months(), asked=DAYS | st.dates(date(1990, 1, 1), date(2035, 1, 1)), data=st.data())
def test_at_any_day_and_position_a_balance_is_the_number_of_people_who_read_so(
    ledger: Ledger, said: list[tuple[str, Fact]], asked: date, data: st.DataObject
) -> None:
    with ledger.cursor.connection.transaction(force_rollback=True):
        made = Ledger(ledger.cursor, SMALL)
        made.tell_all(said, at_once=data.draw(st.sampled_from([1, 3, 20, 1000])))
        known = data.draw(st.integers(0, made.position))
        assert balances(made.cursor, asked, known, SMALL) == without_nowhere(made.standings(asked, known))


@on_a_ledger
@given(said=told() | months(), after=DAYS, until=DAYS, data=st.data())
def test_flows_lead_from_one_balance_to_the_next(
    ledger: Ledger, said: list[tuple[str, Fact]], after: date, until: date, data: st.DataObject
) -> None:
    after, until = sorted((after, until))
    with ledger.cursor.connection.transaction(force_rollback=True):
        made = Ledger(ledger.cursor, SMALL)
        made.tell_all(said)
        known = data.draw(st.integers(0, made.position))
        held = Counter(balances(made.cursor, after, known, SMALL))
        moved = flows(made.cursor, after, until, known, SMALL)
        for (from_, to), number in moved.items():
            held[from_] -= number
            held[to] += number
        del held[NOWHERE]
        assert {account: number for account, number in held.items() if number} == balances(
            made.cursor, until, known, SMALL
        )
        assert all(number > 0 for number in moved.values())


@pytest.mark.parametrize("on", [FIRST_DAY, date(2018, 11, 30), date(2020, 2, 29), date.max])
def test_in_a_period_without_a_day_nobody_moves(ledger: Ledger, on: date) -> None:
    made = Ledger(ledger.cursor, SMALL)
    made.tell_all([(f"person {n}", listed(min(on, date(2199, 12, 31)).isoformat())) for n in range(SMALL)])

    assert flows(made.cursor, on, on, made.position, SMALL) == {}


@on_a_ledger
@given(said=told(), asked=DAYS, data=st.data())
def test_each_count_is_the_length_of_its_list(
    ledger: Ledger, said: list[tuple[str, Fact]], asked: date, data: st.DataObject
) -> None:
    with ledger.cursor.connection.transaction(force_rollback=True):
        made = Ledger(ledger.cursor, SMALL)
        made.tell_all(said)
        known = data.draw(st.integers(0, made.position))
        held = balances(made.cursor, asked, known, SMALL)
        by_name = {account: who_stands(made.cursor, "counts", [account], asked, known) for account in held}
        assert {account: len(names) for account, names in by_name.items()} == held
        together = who_stands(made.cursor, "counts", ACCOUNTS[1:], asked, known)
        assert sorted(together) == sorted(name for names in by_name.values() for name in names)
        assert len(set(together)) == len(together)


@on_a_ledger
@given(said=told(), asked=DAYS, data=st.data())
def test_members_of_a_list_are_balanced_to_the_last_person(
    ledger: Ledger, said: list[tuple[str, Fact]], asked: date, data: st.DataObject
) -> None:
    with ledger.cursor.connection.transaction(force_rollback=True):
        made = Ledger(ledger.cursor, SMALL)
        made.tell_all(said)
        known = data.draw(st.integers(0, made.position))
        members = made.members("L", known)
        held = balances_of_members(made.cursor, "L", asked, known)
        assert held == dict(made.standings(asked, known, among=members))
        assert sum(held.values()) == len(members)


def test_a_transfer_counts_from_its_own_day(ledger: Ledger) -> None:
    ledger.tell("Ani", listed("2018-11-01"), captured("2018-11-20"))
    assert balances(ledger.cursor, day("2018-10-31"), 2) == {}
    assert balances(ledger.cursor, day("2018-11-19"), 2) == {OUTSTANDING: 1}
    assert balances(ledger.cursor, day("2018-11-20"), 2) == {RECORDED: 1}
    assert balances(ledger.cursor, day("2199-12-31"), 2) == {RECORDED: 1}


def test_a_fact_counts_from_its_own_position_also_inside_an_open_block(ledger: Ledger) -> None:
    ledger.tell("Ani", listed("2018-11-01"), captured("2018-11-20"))
    assert balances(ledger.cursor, day("2018-11-23"), 0) == {}
    assert balances(ledger.cursor, day("2018-11-23"), 1) == {OUTSTANDING: 1}


def test_what_was_known_in_a_complete_block_stays_as_it_was(ledger: Ledger) -> None:
    made = Ledger(ledger.cursor, SMALL)
    made.tell_all([(f"person {n}", listed("2018-11-01")) for n in range(12)])
    before = [balances(made.cursor, day("2018-11-23"), known, SMALL) for known in range(13)]
    made.tell_all([(f"person {n}", captured("2018-11-02")) for n in range(12)])
    assert [balances(made.cursor, day("2018-11-23"), known, SMALL) for known in range(13)] == before


def test_a_block_without_any_posting_carries_the_month_ends_on(ledger: Ledger) -> None:
    made = Ledger(ledger.cursor, SMALL)
    made.tell_all([("Ani", listed("2018-11-01"))] + [("Ani", listed("2018-11-01")) for _ in range(40)])
    assert balances(made.cursor, day("2018-12-23"), 40, SMALL) == {OUTSTANDING: 1}
