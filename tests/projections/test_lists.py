"""A list is a fact too: it is declared, named, withdrawn, and known only from the position that says so."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from events.errors import NoAnswer
from projections.lists import Declaration, Membership, check, declaration, members
from projections.reading import READING_VERSION
from tests.projections.residents import HERE, THERE, day, declared, listed, withdrawn

if TYPE_CHECKING:
    from tests.projections.ledger import Ledger

LIST = "PUSAT-2018-11"


def test_a_declaration_is_known_from_its_own_position(ledger: Ledger) -> None:
    ledger.tell("Ani", listed("2018-11-01"))
    ledger.tell(LIST, declared("2018-11-01", 3, {HERE: 1, THERE: 2}))
    assert declaration(ledger.cursor, LIST, 1) is None
    assert declaration(ledger.cursor, LIST, 2) == Declaration(
        register=False, as_of=day("2018-11-01"), rows=3, rows_by_kelurahan={HERE: 1, THERE: 2}
    )


def test_a_withdrawn_declaration_still_holds_as_known_before(ledger: Ledger) -> None:
    said = declared("2018-11-01", 3, {HERE: 3})
    ledger.tell(LIST, said)
    ledger.tell(LIST, withdrawn(said))
    assert declaration(ledger.cursor, LIST, 1) is not None
    assert declaration(ledger.cursor, LIST, 2) is None


def test_the_first_of_two_withdrawals_counts(ledger: Ledger) -> None:
    said = declared("2018-11-01", 3, {HERE: 3})
    ledger.tell(LIST, said, withdrawn(said))
    ledger.tell(LIST, withdrawn(said))
    assert [declaration(ledger.cursor, LIST, known) is None for known in (1, 2, 3)] == [False, True, True]


def test_of_two_live_declarations_the_one_written_last_holds_not_the_one_that_came_last(ledger: Ledger) -> None:
    early = declared("2018-11-01", 63_000, {HERE: 63_000})
    late = replace(declared("2018-11-01", 62_999, {HERE: 62_999}), recordedtime="2018-11-09T02:00:00.000000Z")
    ledger.tell(LIST, late, early)
    found = declaration(ledger.cursor, LIST, 2)
    assert found is not None
    assert found.rows == 62_999


def test_equal_times_are_told_apart_by_source_then_id_by_code_point(ledger: Ledger) -> None:
    said = [replace(declared("2018-11-01", n, {}), source=source, id="x") for n, source in enumerate(["a", "B", "é"])]
    ledger.tell(LIST, *said)
    found = declaration(ledger.cursor, LIST, 3)
    assert found is not None
    assert found.rows == 2


def test_members_are_distinct_residents_with_a_live_listing_whatever_its_day(ledger: Ledger) -> None:
    first, second = listed("2018-11-01"), listed("2030-11-02")
    ledger.tell("Ani", first, second)
    ledger.tell("Budi", listed("2019-12-01"))
    assert members(ledger.cursor, LIST, 3) == 2
    ledger.tell("Ani", withdrawn(first))
    assert members(ledger.cursor, LIST, 4) == 2
    ledger.tell("Ani", withdrawn(second))
    assert [members(ledger.cursor, LIST, known) for known in range(6)] == [0, 1, 1, 2, 2, 1]


def test_a_list_that_only_residents_name_has_been_heard_of(ledger: Ledger) -> None:
    ledger.tell("Ani", replace(listed("2018-11-01"), list="BARU"))
    assert declaration(ledger.cursor, "BARU", 1) is None


def test_a_list_never_heard_of_has_no_answer(ledger: Ledger) -> None:
    ledger.tell("Ani", listed("2018-11-01"))
    with pytest.raises(NoAnswer, match="'LAIN' was never heard of"):
        declaration(ledger.cursor, "LAIN", 1)


def test_a_list_first_heard_of_later_has_no_answer_as_known_before(ledger: Ledger) -> None:
    ledger.tell("a list", declared("2018-11-01", 0, {}))
    ledger.tell("Ani", replace(listed("2018-11-01"), list="BARU"))
    with pytest.raises(NoAnswer, match="never heard of, as known at position 1"):
        declaration(ledger.cursor, "BARU", 1)


def test_a_declaration_that_does_not_sum_and_rows_that_miss_are_anomalies(ledger: Ledger) -> None:
    stated = Declaration(register=False, as_of=day("2018-11-01"), rows=10, rows_by_kelurahan={HERE: 4, THERE: 5})
    assert Membership(stated, 7).anomalies() == [
        {"name": "list_does_not_sum", "rows": 10, "rows_by_kelurahan": 9},
        {"name": "list_rows_missing", "people": 3},
    ]
    assert Membership(stated, 12).anomalies()[1] == {"name": "list_rows_too_many", "people": 2}
    assert Membership(stated._replace(rows=9), 9).anomalies() == []
    assert Membership(None, 9).anomalies() == []


def test_without_a_live_declaration_no_day_has_an_answer(ledger: Ledger) -> None:
    said = declared("2018-11-01", 1, {HERE: 1})
    ledger.tell("Ani", listed("2018-11-01"))
    ledger.tell(LIST, said, withdrawn(said))
    assert check(ledger.cursor, day("2018-11-23"), 2) == READING_VERSION
    for known in (1, 3):
        with pytest.raises(NoAnswer, match="no list is declared"):
            check(ledger.cursor, day("2018-11-23"), known)


def test_the_first_day_is_the_least_as_of_of_all_lists_known_at_the_position(ledger: Ledger) -> None:
    ledger.tell("later", replace(declared("2018-11-05", 1, {HERE: 1}), list="later"))
    ledger.tell(LIST, declared("2018-11-01", 1, {HERE: 1}))
    with pytest.raises(NoAnswer, match="2018-11-04 is before the register's first day, 2018-11-05"):
        check(ledger.cursor, day("2018-11-04"), 1)
    assert check(ledger.cursor, day("2018-11-04"), 2) == READING_VERSION
    assert check(ledger.cursor, day("2199-12-31"), 2) == READING_VERSION


def test_a_position_ahead_of_the_view_has_no_answer_yet(ledger: Ledger) -> None:
    ledger.tell(LIST, declared("2018-11-01", 1, {HERE: 1}))
    with pytest.raises(NoAnswer, match="position 2 is ahead of the view counts, which is at 1"):
        check(ledger.cursor, day("2018-11-23"), 2)
