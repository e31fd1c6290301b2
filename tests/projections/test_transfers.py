"""A timeline as double entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projections.reading import read
from projections.transfers import NOWHERE, Account, Transfer, difference, transfers
from tests.projections.residents import HERE, THERE, captured, day, died, listed, moved

if TYPE_CHECKING:
    from projections.evidence import Fact

OUTSTANDING, RECORDED, DECEASED = (Account(HERE, it) for it in ("outstanding", "recorded", "deceased"))


def of(*facts: Fact) -> frozenset[Transfer]:
    return transfers(read(facts).timeline)


def test_everyone_comes_from_nowhere_and_goes_from_account_to_account() -> None:
    assert of(listed("2018-11-01"), captured("2018-11-05"), moved("2018-11-07", HERE, THERE)) == {
        Transfer(day("2018-11-01"), NOWHERE, OUTSTANDING),
        Transfer(day("2018-11-05"), OUTSTANDING, RECORDED),
        Transfer(day("2018-11-07"), RECORDED, Account(THERE, "recorded")),
    }


def test_nobody_makes_no_transfer() -> None:
    assert transfers(()) == frozenset()


def test_a_new_fact_posts_what_is_new() -> None:
    listing, capture = listed("2018-11-01"), captured("2018-11-05")
    assert difference(of(listing), of(listing, capture)) == ((Transfer(day("2018-11-05"), OUTSTANDING, RECORDED), 1),)


def test_a_late_death_takes_the_recording_back_on_its_own_accounts() -> None:
    known = listed("2018-11-01"), captured("2018-11-05")
    assert difference(of(*known), of(*known, died("2018-11-03"))) == (
        (Transfer(day("2018-11-03"), OUTSTANDING, DECEASED), 1),
        (Transfer(day("2018-11-05"), OUTSTANDING, RECORDED), -1),
    )


def test_on_one_day_what_is_taken_back_stands_before_what_is_new() -> None:
    known, move = listed("2018-11-01", THERE), moved("2018-11-01", THERE, HERE)
    assert [people for _, people in difference(of(known), of(known, move))] == [-1, 1]


def test_nothing_changed_posts_nothing() -> None:
    same = of(listed("2018-11-01"))
    assert difference(same, same) == ()
