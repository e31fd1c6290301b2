"""What the view `counts` holds, and that it holds the same however the log came in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.territory import KELURAHAN
from projections import position as place
from projections.accounts import ACCOUNTS, NUMBERS
from projections.counts import COUNTS
from projections.reading import STANDINGS
from projections.transfers import NOWHERE, Account
from tests.projections.ledger import Ledger, told
from tests.projections.residents import HERE, captured, declared, died, listed, withdrawn

if TYPE_CHECKING:
    from projections.reading import Fact

SMALL = 8


def test_the_accounts_are_nowhere_and_every_standing_of_every_area() -> None:
    assert ACCOUNTS[0] == NOWHERE
    assert len(set(ACCOUNTS)) == len(ACCOUNTS) == 1 + len(STANDINGS) * (1 + len(KELURAHAN))
    assert NUMBERS[Account("-", "unlisted")] == 1
    assert NUMBERS[Account("53.71.06.1010", "outstanding")] == len(ACCOUNTS) - 1


def test_the_tables_say_the_accounts_by_name(ledger: Ledger) -> None:
    ledger.cursor.execute("SELECT area, standing FROM counts.account ORDER BY number")
    assert [Account(*row) for row in ledger.cursor.fetchall()] == list(ACCOUNTS)


def test_the_tables_can_be_made_again(ledger: Ledger) -> None:
    ledger.tell("Ani", listed("2018-11-01"))
    before = ledger.contents()
    place.make(ledger.cursor, COUNTS)
    assert ledger.contents() == before


def test_a_view_with_other_numbers_for_its_accounts_is_not_gone_on_with(ledger: Ledger) -> None:
    ledger.cursor.execute("DELETE FROM counts.account WHERE number = 7")
    ledger.cursor.execute("UPDATE counts.account SET number = 7 WHERE number = 8")
    with pytest.raises(psycopg.errors.UniqueViolation), ledger.cursor.connection.transaction():
        place.make(ledger.cursor, COUNTS)


def test_a_posting_that_no_longer_holds_is_taken_back_on_its_own_pair_of_accounts(ledger: Ledger) -> None:
    capture = captured("2018-11-20")
    ledger.tell("Ani", listed("2018-11-01"), capture, withdrawn(capture))
    ledger.cursor.execute("SELECT position, from_account, to_account, people FROM counts.posting ORDER BY position")
    outstanding, recorded = NUMBERS[Account(HERE, "outstanding")], NUMBERS[Account(HERE, "recorded")]
    assert ledger.cursor.fetchall() == [
        (1, 0, outstanding, 1),
        (2, outstanding, recorded, 1),
        (3, outstanding, recorded, -1),
    ]


def test_a_fact_without_effect_moves_the_view_and_posts_nothing(ledger: Ledger) -> None:
    ledger.tell("Ani", listed("2018-11-01"), died("2018-11-10"), captured("2018-11-20"))
    ledger.cursor.execute("SELECT max(position) FROM counts.posting")
    assert ledger.cursor.fetchone() == (2,)


def test_no_changes_are_nothing_to_do(ledger: Ledger) -> None:
    before = ledger.contents()
    COUNTS.apply(ledger.cursor, [])
    assert ledger.contents() == before


def test_a_name_of_two_thousand_characters_is_a_list_like_another(ledger: Ledger) -> None:
    name = "".join(chr(0x4E00 + n * 7 % 20_000) for n in range(2000))
    ledger.tell("a list", replace(declared("2018-11-01", 1, {HERE: 1}), list=name))
    ledger.tell("Ani", replace(listed("2018-11-01"), list=name))
    ledger.cursor.execute("SELECT name FROM counts.list JOIN counts.listing ON listing.list = list.number")
    assert ledger.cursor.fetchall() == [(name,)]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=told(), batches=st.sampled_from([1, 2, 5, 9]))
def test_the_same_log_makes_the_same_rows_in_whatever_batches(
    ledger: Ledger, said: list[tuple[str, Fact]], batches: int
) -> None:
    log = [("a list", declared("2018-11-01", 4, {HERE: 4})), *said]
    made = []
    for at_once in (1000, batches):
        with ledger.cursor.connection.transaction(force_rollback=True):
            one = Ledger(ledger.cursor, SMALL)
            one.tell_all(log, at_once)
            made.append(one.contents())
    assert made[0] == made[1]
