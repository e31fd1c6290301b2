"""The name of a file: it can be told apart from others, is a name everywhere, and tells nothing personal."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from services.exports.about import file_name
from tests.services.exports.paper import ABOUT


def test_it_says_which_list_where_of_which_day_known_when_and_made_when() -> None:
    assert file_name("csv", ABOUT, "id") == (
        "benar-benar-belum-merekam_PUSAT-2018-11_53.71.01.1001_2018-11-23_posisi-78000_20181123T101530.csv"
    )


def test_in_english_of_everybody() -> None:
    assert file_name("xlsx", replace(ABOUT, list=None, area=None), "en") == (
        "truly-outstanding_2018-11-23_position-78000_20181123T101530.xlsx"
    )


def test_those_without_a_kelurahan() -> None:
    assert "_PUSAT-2018-11_0_2018-11-23_" in file_name("csv", replace(ABOUT, area="-"), "id")


def test_it_does_not_say_who_made_it() -> None:
    assert file_name("csv", ABOUT, "id") == file_name("csv", replace(ABOUT, by="another"), "id")


def test_digits_as_long_as_a_nik_are_left_out() -> None:
    named = file_name("csv", replace(ABOUT, list="Keluarga 5371010101909001"), "id")

    assert "_Keluarga_53.71" in named


@given(st.text())
def test_whatever_a_list_is_called_it_is_a_name_everywhere(name: str) -> None:
    named = file_name("csv", replace(ABOUT, list=name), "id")

    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{30,140}\.csv", named)
    assert ".." not in named
