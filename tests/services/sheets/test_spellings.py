"""A kelurahan by any of its spellings, and by no guess."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.territory import KELURAHAN
from services.sheets.cells import Unreadable, Untyped
from services.sheets.spellings import code_of, kelurahan

CODES = st.sampled_from(sorted(KELURAHAN))
NUMERALS = {"Satu": ["I", "1", "satu"], "Dua": ["II", "2", "dua"], "II": ["Dua", "2", "ii"]}


@st.composite
def spelled(draw: st.DrawFn) -> tuple[str, str]:
    """A code, and a way to write its name."""
    code = draw(CODES)
    words = [draw(st.sampled_from([word, *NUMERALS.get(word, [])])) for word in KELURAHAN[code].split()]
    text = draw(st.sampled_from([" ", "-", "", ".", "  ", " - "])).join(words)
    numeral = words[-1].lower() in {"i", "ii", "1", "2"}
    if numeral:  # a numeral in letters, stuck to a word, is no longer one
        text = draw(st.sampled_from([" ", "-", ". "])).join(words)
    cased = draw(st.sampled_from([text, text.upper(), text.lower(), text.title()]))
    return code, draw(st.sampled_from(["{}", " {} ", "Kel. {}", "KEL {}", "Kelurahan {}", "kel.{}"])).format(cased)


@given(spelled())
def test_any_spelling_of_a_name_is_that_kelurahan(one: tuple[str, str]) -> None:
    code, text = one

    assert kelurahan(text) == code


@given(CODES)
def test_a_code_with_or_without_dots_is_that_kelurahan(code: str) -> None:
    digits = code.replace(".", "")
    for value in (code, digits, int(digits), f" {code} ", Untyped(digits), code.replace(".", " ")):
        assert kelurahan(value) == code


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Batuplat", "Batu Plat"), ("Batu Plat", "Batu Plat"), ("Belo", "Bello"), ("Bello", "Bello"),
        ("Penkase-Oeleta", "Penkase Oeleta"), ("PENKASE OELETA", "Penkase Oeleta"), ("LLBK", "Lai Lai Bisi Kopan"),
        ("L.L.B.K.", "Lai Lai Bisi Kopan"), ("TDM", "Tuak Daun Merah"), ("Kel. TDM", "Tuak Daun Merah"),
        ("Bakunase II", "Bakunase Dua"), ("bakunase 2", "Bakunase Dua"), ("Naikoten I", "Naikoten Satu"),
        ("NAIKOTEN II", "Naikoten Dua"), ("Manulai Dua", "Manulai II"), ("Kelapa Lima", "Kelapa Lima"),
    ],
)  # fmt: skip
def test_the_spellings_of_the_office_are_understood(text: str, name: str) -> None:
    assert KELURAHAN[kelurahan(text)] == name


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("Naikoten", {"Naikoten Satu", "Naikoten Dua"}), ("Bakunase I", {"Bakunase"}), ("Oesapa Timur", {"Oesapa"}),
        ("Liliba Barat", {"Liliba"}), ("Sikumna", {"Sikumana"}),
    ],
)  # fmt: skip
def test_what_could_be_two_is_refused_and_both_are_named(text: str, near: set[str]) -> None:
    with pytest.raises(Unreadable) as refused:
        kelurahan(text)

    assert all(name in str(refused.value) for name in near)
    assert text not in str(refused.value).replace("Bakunase Dua", "").split("?")[0].split(":")[0]


@pytest.mark.parametrize("value", ["53.71.01.9999", "5371019999", "Jakarta", "Kel.", "-", "2", 7, True, 1.5])
def test_what_names_none_is_refused(value: Any) -> None:
    with pytest.raises(Unreadable, match="kelurahan"):
        kelurahan(value)


def test_no_two_kelurahan_are_spelled_alike() -> None:
    assert {code_of(name) for name in KELURAHAN.values()} == set(KELURAHAN)
