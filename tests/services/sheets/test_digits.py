"""Numbers that a spreadsheet may have rounded: believed where every digit was kept, refused where one may be lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from events.nik import check_nik
from events.territory import PROVINCES
from services.sheets import digits
from services.sheets.cells import Unreadable, Untyped

GOOD = "5371010101909001"
ZERO = "5371010101909010"
THOUSAND = "5371010101909000"


@st.composite
def niks(draw: st.DrawFn) -> str:
    province = draw(st.sampled_from(sorted(PROVINCES)))
    day = draw(st.integers(1, 31)) + draw(st.sampled_from([0, 40]))
    rest = draw(st.tuples(st.integers(0, 9999), st.integers(1, 12), st.integers(0, 99), st.integers(1, 9999)))
    return f"{province}{rest[0]:04}{day:02}{rest[1]:02}{rest[2]:02}{rest[3]:04}"


@given(niks(), st.sampled_from(["{}", " {} ", "'{}", "’{}", "\u200e{}\ufeff", "\u00a0{}"]))
def test_a_text_cell_is_believed_as_it_stands(nik: str, way: str) -> None:
    assert digits.nik(way.format(nik)) == nik


@given(niks(), st.sampled_from([" ", ".", "-"]), st.sets(st.integers(1, 15)))
def test_digits_may_be_parted_for_all_of_them_are_there(nik: str, mark: str, at: set[int]) -> None:
    parted = "".join(f"{mark if place in at else ''}{digit}" for place, digit in enumerate(nik))

    assert digits.nik(parted) == nik


@given(niks())
def test_a_number_cell_is_believed_where_16_digits_are_proved_to_be_kept(nik: str) -> None:
    assume(not nik.endswith("0") and int(nik) <= 2**53)

    assert digits.nik(int(nik)) == digits.nik(float(nik)) == nik


@given(niks())
def test_what_a_spreadsheet_makes_of_a_number_never_becomes_another_persons_nik(nik: str) -> None:
    kept = int(nik) // 10 * 10
    for written in (kept, float(kept), f"{kept:.5E}", Untyped(f"{kept:.5E}"), Untyped(f"{kept:.2E}".replace(".", ","))):
        with pytest.raises(Unreadable):
            digits.nik(written)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (int(ZERO), "is kept as a number and ends in 0"),
        (int(THOUSAND), "is kept as a number and ends in 0"),
        (9171010101909002, "one this large is not kept exactly"),
        (Untyped(THOUSAND), "ends in 000, as a number does that was rounded"),
        (Untyped("5,37E+15"), "was turned into a number by a spreadsheet and has lost digits"),
        ("5.371E15", "was turned into a number by a spreadsheet and has lost digits"),
        ("5.371010101909001E+14", "has lost digits"),
        (537101010190.5, "is a number with a fraction"),
        (True, "is a boolean"),
    ],
)
def test_what_may_have_lost_digits_is_refused_with_the_reason_and_the_way_out(value: Any, why: str) -> None:
    with pytest.raises(Unreadable) as refused:
        digits.nik(value)

    assert why in str(refused.value)
    assert "text" in str(refused.value)
    assert not any(run in str(refused.value) for run in ("5371", "5,37", "5.37", "9171"))


def test_an_exponent_with_every_digit_is_believed() -> None:
    assert digits.nik(Untyped("5.371010101909001E+15")) == GOOD
    assert digits.nik(Untyped("5371010101909001.0")) == GOOD


def test_a_text_cell_may_end_in_zeros() -> None:
    assert digits.nik(THOUSAND) == THOUSAND
    assert digits.nik(Untyped(f"'{THOUSAND}")) == THOUSAND


def test_of_a_csv_a_number_that_ends_in_0_is_only_doubted() -> None:
    assert digits.nik(Untyped(ZERO)) == ZERO
    assert digits.may_be_rounded(Untyped(ZERO))
    assert digits.is_exact(Untyped(GOOD))
    for meant in (ZERO, Untyped(f"'{ZERO}"), Untyped(GOOD), Untyped("Sari"), None):
        assert not digits.may_be_rounded(meant)
    for no_proof in (GOOD, Untyped(f"'{GOOD}"), Untyped(ZERO), Untyped("1"), None):
        assert not digits.is_exact(no_proof)


@pytest.mark.parametrize("value", ["537101010190900", "53710101019090011", "5371013201909001", "Sari", "0" * 16])
def test_what_is_no_nik_is_told_as_everywhere(value: str) -> None:
    with pytest.raises(ValueError) as everywhere:  # noqa: PT011
        check_nik(value)
    with pytest.raises(ValueError) as here:  # noqa: PT011
        digits.nik(value)

    assert str(here.value) == str(everywhere.value)


@pytest.mark.parametrize("value", [3, 3.0, "3", "03", "003", " 3 ", "RT 3", "rt.003", "RW 03", Untyped("3")])
def test_a_neighbourhood_has_three_digits(value: Any) -> None:
    assert digits.neighbourhood(value) == "003"


@pytest.mark.parametrize("value", ["003/002", 3.5, -1, 1000, True])
def test_what_is_no_one_neighbourhood_is_refused(value: Any) -> None:
    with pytest.raises(Unreadable):
        digits.neighbourhood(value)


@pytest.mark.parametrize(
    ("value", "meant"), [(5171, "5171"), ("51.71", "5171"), ("5171", "5171"), ("51", "51"), (51.0, "51")]
)
def test_a_region_is_its_digits(value: Any, meant: str) -> None:
    assert digits.region(value) == meant


def test_a_region_that_lost_its_last_zero_is_not_guessed() -> None:
    with pytest.raises(Unreadable, match="whose last 0 would be lost"):
        digits.region(53.1)


@pytest.mark.parametrize(("value", "meant"), [(3, 3), (3.0, 3), ("3", 3), (Untyped(" 0 "), 0), ("-1", -1)])
def test_a_count_is_a_whole_number(value: Any, meant: int) -> None:
    assert digits.count(value) == meant


@pytest.mark.parametrize("value", ["1.234", "1,5", 1.5, "banyak", True, "1" * 30, 1e30, 2**64])
def test_a_count_that_could_be_read_in_two_ways_is_refused(value: Any) -> None:
    with pytest.raises(Unreadable, match="whole number"):
        digits.count(value)
