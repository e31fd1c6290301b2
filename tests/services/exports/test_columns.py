"""The columns of a list: those of the domain in their order, those that were chosen, and their words."""

from __future__ import annotations

from datetime import date
from itertools import chain
from typing import TYPE_CHECKING, get_args

import pytest

from events.errors import WrongUse
from projections.evidence import Outcome
from projections.people import Resident, row_of
from projections.reading import STANDINGS
from projections.selection import WORDS
from projections.transfers import NOWHERE, Account
from services.exports.columns import COLUMNS, MORE, choose
from services.exports.words import OUTCOME, REASON, SEX, STANDING, YES_NO
from services.sheets.columns import LANGUAGES, Language
from tests.services.exports.paper import row

if TYPE_CHECKING:
    from services.sheets.words import Words

BOTH: tuple[Language, ...] = LANGUAGES


def shown(language: Language, **other: object) -> dict[str, object]:
    return {column.name: column.cell(row(**other), language) for column in (*COLUMNS, *MORE)}


def test_the_columns_are_those_of_the_domain_in_its_order() -> None:
    assert [column.heading("en") for column in COLUMNS] == [
        "No", "Name", "NIK", "Family card", "Sex", "Birth date", "Age", "Address", "RT", "RW", "Kelurahan",
        "Recording status", "Status since", "Why listed", "Obliged since", "Home visit needed", "Last visit", "Outcome",
        "Visits",
    ]  # fmt: skip


def test_every_column_is_in_a_row_of_a_list() -> None:
    unknown = row_of(Resident("00" * 16, Account("-", "unlisted"), (), (), {}), date(2018, 11, 23))
    given = {"number": 1, **unknown}

    assert {column.key for column in (*COLUMNS, *MORE)} <= set(given) == set(row())
    assert [column.cell(given, "id") for column in COLUMNS if column.name == "nik"] == [None]


@pytest.mark.parametrize("language", BOTH)
def test_no_two_columns_are_called_alike(language: Language) -> None:
    headings = [column.heading(language) for column in (*COLUMNS, *MORE)]

    assert len(set(headings)) == len(headings)


def test_in_indonesian() -> None:
    assert shown("id") == {
        "number": 1,
        "name": "Contoh Warga",
        "nik": "5371010101909001",
        "family_card": "5371010101180001",
        "sex": "L",
        "birth_date": date(1990, 1, 1),
        "age": 28,
        "address": "Jalan Contoh 1",
        "rt": "001",
        "rw": "002",
        "kelurahan": "Namosain",
        "status": None,
        "status_since": None,
        "reason": "belum pernah merekam",
        "obliged_since": date(2007, 1, 1),
        "home_visit_needed": "ya",
        "last_visit": date(2018, 11, 20),
        "last_outcome": "perlu kunjungan",
        "visits": 2,
        "kelurahan_code": "53.71.01.1001",
        "standing": "benar-benar belum merekam",
    }


def test_in_english() -> None:
    given = shown("en", sex="F", status="CARD_PRINTED", home_visit_needed=False, visits=0)

    assert (given["sex"], given["reason"], given["last_outcome"]) == ("F", "never recorded", "needs home visit")
    assert (given["status"], given["home_visit_needed"], given["visits"]) == ("CARD_PRINTED", "no", 0)
    assert given["standing"] == "truly outstanding"


# ------------------------------------------------------------------ words


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (STANDING, {*STANDINGS, NOWHERE.standing, *WORDS}),
        (REASON, {"never", "again", "duplicate"}),
        (OUTCOME, set(get_args(Outcome))),
        (SEX, {"M", "F"}),
        (YES_NO, {True, False}),
    ],
)
def test_every_value_has_a_word_of_its_own_in_both_languages(words: Words, values: set[object]) -> None:
    assert set(words.of) == values
    for language in LANGUAGES:
        assert len(set(words.labels(language))) == len(values)


# ------------------------------------------------------------------ choosing


def test_columns_are_chosen_in_the_order_they_are_named_each_once() -> None:
    assert [column.name for column in choose(["rw", "rt", "rw", "standing"])] == ["rw", "rt", "standing"]


def test_where_none_is_named_they_are_the_lists_own() -> None:
    assert choose(()) == COLUMNS


def test_each_column_can_be_chosen() -> None:
    every = tuple(chain(COLUMNS, MORE))

    assert choose(column.name for column in every) == every


def test_another_name_is_wrong_and_told_those_that_there_are() -> None:
    with pytest.raises(WrongUse, match=r"no column 'nama'; there are number, name, nik, .* standing"):
        choose(["name", "nama"])
