"""Closed sets in the words of an office, and texts that a spreadsheet has turned into something else."""

from __future__ import annotations

from datetime import date
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.facts import TYPES
from services.exports.separated import harmless
from services.sheets import words
from services.sheets.cells import Unreadable, Untyped
from services.sheets.words import KIND, MARRIED, OUTCOME, PLACE, SEX, Words

SETS = {"sex": SEX, "ever_married": MARRIED, "place": PLACE, "outcome": OUTCOME, "kind": KIND}


@pytest.mark.parametrize("field", [field for field in SETS if field != "ever_married"])
def test_each_set_has_just_the_values_of_the_contract(field: str) -> None:
    contract = next(one for one in TYPES.values() if field in one.model_fields)

    assert set(SETS[field].of) == set(get_args(contract.model_fields[field].annotation))


@pytest.mark.parametrize("of", SETS.values(), ids=SETS)
def test_every_word_means_one_value_and_so_does_the_contracts_own(of: Words) -> None:
    for meant, all_ in of.of.items():
        for word in (str(meant), *all_):
            for written in (word, word.upper(), f" {word} ", word.replace(" ", "_"), Untyped(word)):
                assert of.read(written) == meant


@pytest.mark.parametrize(
    ("value", "sex"),
    [("L", "M"), ("P", "F"), ("Laki-laki", "M"), ("LAKI - LAKI", "M"), ("perempuan", "F"), ("M", "M"), ("F", "F")],
)
def test_p_is_perempuan(value: str, sex: str) -> None:
    assert SEX.read(value) == sex


@pytest.mark.parametrize(
    ("value", "ever"),
    [(True, True), (False, False), (1, True), (0, False), ("Cerai Hidup", True), ("CERAI MATI", True),
     ("Belum Kawin", False), ("Kawin", True), ("TRUE", True), ("FALSE", False), ("tidak", False)],
)  # fmt: skip
def test_who_is_divorced_or_widowed_was_married(value: Any, ever: bool) -> None:
    assert MARRIED.read(value) is ever


@pytest.mark.parametrize("value", ["T", "mungkin", "", 2, 1.5, date(2018, 1, 1)])
def test_a_word_that_could_mean_either_is_refused(value: Any) -> None:
    with pytest.raises(Unreadable, match="write one of ya, tidak"):
        MARRIED.read(value)


@pytest.mark.parametrize(("value", "text"), [(" Sari ", "Sari"), (12, "12"), (12.0, "12"), (Untyped("=A1"), "=A1")])
def test_a_text_is_without_the_spaces_around_it(value: Any, text: str) -> None:
    assert words.text(value) == text
    assert type(words.text(value)) is str


@pytest.mark.parametrize("value", [1.5, 5371010101909001, date(2018, 2, 3), True])
def test_what_a_spreadsheet_made_of_a_text_is_refused(value: Any) -> None:
    with pytest.raises(Unreadable, match="format the column as text"):
        words.text(value)


def test_a_documents_number_is_never_a_number() -> None:
    with pytest.raises(Unreadable, match="without leading zeros"):
        words.document(7)
    assert words.document("0007") == "0007"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("'001", "001"), ("'3/4", "3/4"), ("'=Ani", "=Ani"), ("'@Ani", "@Ani"), ("' 7", "7"), ("''001", "'001"),
        ("'Ani", "'Ani"), ("O'Brien", "O'Brien"), ("'", "'"), ("'-", "'-"), ("001", "001"), ("=Ani", "=Ani"),
    ],
)  # fmt: skip
def test_of_a_csv_the_mark_that_our_own_export_needs_is_no_part_of_a_text(written: str, meant: str) -> None:
    assert words.text(Untyped(written)) == words.document(Untyped(written)) == meant
    assert words.text(written) == written


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=",;")))
def test_a_text_that_our_own_export_wrote_is_the_same_text(text: str) -> None:
    assert words.text(Untyped(harmless(text))) == text.strip()
