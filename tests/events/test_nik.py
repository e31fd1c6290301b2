from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.nik import check_nik, describe, mask, nik_flags
from events.territory import PROVINCES

GOOD = "5371010101909001"


def changed(start: int, digits: str) -> str:
    return GOOD[:start] + digits + GOOD[start + len(digits) :]


@pytest.mark.parametrize("nik", [GOOD, changed(6, "41"), changed(6, "71"), changed(12, "0001"), changed(12, "9999")])
def test_a_nik_is_taken_as_it_is(nik: str) -> None:
    assert check_nik(nik) == nik


@pytest.mark.parametrize("day", range(100))
def test_its_birth_day_is_01_to_31_or_41_to_71(day: int) -> None:
    nik = changed(6, f"{day:02}")
    if 1 <= day <= 31 or 41 <= day <= 71:
        assert check_nik(nik) == nik
    else:
        with pytest.raises(ValueError, match="birth day"):
            check_nik(nik)


@pytest.mark.parametrize("month", range(100))
def test_its_birth_month_is_01_to_12(month: int) -> None:
    nik = changed(8, f"{month:02}")
    if 1 <= month <= 12:
        assert check_nik(nik) == nik
    else:
        with pytest.raises(ValueError, match="birth month"):
            check_nik(nik)


@pytest.mark.parametrize("province", range(10, 100))
def test_its_province_is_one_of_the_country(province: int) -> None:
    nik = changed(0, str(province))
    if str(province) in PROVINCES:
        assert check_nik(nik) == nik
    else:
        with pytest.raises(ValueError, match="no province"):
            check_nik(nik)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "has 0 characters"),
        (GOOD[:15], "has 15 digits"),
        (GOOD + "1", "has 17 digits"),
        (GOOD + "\n", "not all of them digits"),
        (" " + GOOD[1:], "not all of them digits"),
        (GOOD[:15] + "X", "16 characters, not all of them digits"),
        ("٥٣٧١٠١٠١٠١٩٠٩٠٠١", "16 characters"),
        (GOOD[:15] + "²", "not all of them digits"),
        (GOOD[:12] + "0000", "serial number 0000"),
        ("0" + GOOD[1:], "temporary village"),
    ],
)
def test_what_is_no_nik_is_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        check_nik(text)


@given(st.text(alphabet="0123456789", min_size=4, max_size=20))
def test_the_reason_never_shows_the_number(text: str) -> None:
    try:
        check_nik(text)
    except ValueError as error:
        shown = str(error).replace("0000, they begin with 0001", "")
        assert text not in shown


def test_the_mask_hides_birth_date_and_sex() -> None:
    assert mask("5371014506900003") == "537101******0003"


@pytest.mark.parametrize("nik", [GOOD, changed(2, "71") + "", changed(4, "06"), changed(2, "0199"), changed(2, "2150")])
def test_a_district_that_the_reference_knows_or_cannot_know_is_not_flagged(nik: str) -> None:
    assert nik_flags(nik) == ()


@pytest.mark.parametrize(("start", "digits"), [(4, "00"), (4, "07"), (2, "0001"), (2, "2201"), (2, "7001")])
def test_an_unknown_district_of_the_province_is_flagged(start: int, digits: str) -> None:
    assert nik_flags(changed(start, digits)) == ("nik_district_unknown",)


def test_a_district_of_another_province_cannot_be_told() -> None:
    assert nik_flags("1199990101909001") == ()


@pytest.mark.parametrize("day_month_year", ["310290", "300204", "310490", "710690", "290201", "690290", "310990"])
def test_a_date_that_no_century_has_is_flagged(day_month_year: str) -> None:
    assert nik_flags(changed(6, day_month_year)) == ("nik_date_impossible",)


@pytest.mark.parametrize("day_month_year", ["290200", "290204", "690296", "310190", "300490", "710890"])
def test_a_date_that_one_century_has_is_not_flagged(day_month_year: str) -> None:
    assert nik_flags(changed(6, day_month_year)) == ()


@pytest.mark.parametrize(
    ("nik", "flags"),
    [
        (GOOD, ()),
        (changed(6, "41"), ("nik_sex_differs",)),
        (changed(6, "02"), ("nik_birth_date_differs",)),
        (changed(8, "02"), ("nik_birth_date_differs",)),
        (changed(10, "91"), ("nik_birth_date_differs",)),
        (changed(6, "710290"), ("nik_date_impossible", "nik_birth_date_differs", "nik_sex_differs")),
        (
            changed(4, "99710290"),
            ("nik_district_unknown", "nik_date_impossible", "nik_birth_date_differs", "nik_sex_differs"),
        ),
    ],
)
def test_what_differs_from_the_particulars_is_flagged_in_order(nik: str, flags: tuple[str, ...]) -> None:
    assert nik_flags(nik, date(1990, 1, 1), "M") == flags


def test_a_woman_born_in_another_century_agrees_with_her_nik() -> None:
    assert nik_flags(changed(6, "690204"), date(2004, 2, 29), "F") == ()
    assert nik_flags(changed(6, "690204"), date(1904, 2, 29), "F") == ()


def test_without_particulars_nothing_can_differ() -> None:
    assert nik_flags(changed(6, "41")) == ()


@pytest.mark.parametrize(
    ("text", "looks"),
    [
        ("", "0 characters"),
        ("7", "1 digit"),
        ("537101010190900", "15 digits"),
        ("5371 0101", "9 characters, not all of them digits"),
        ("x", "1 character"),
        ("Siti", "4 characters"),
        ("٥٣", "2 characters"),
    ],
)
def test_a_text_is_described_and_not_shown(text: str, looks: str) -> None:
    assert describe(text) == looks
