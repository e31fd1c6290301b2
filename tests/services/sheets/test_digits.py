"""Numbers that a spreadsheet may have rounded: believed where every digit was kept, refused where one may be lost."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from events.nik import check_nik
from events.territory import KELURAHAN, PROVINCES
from services.sheets import digits
from services.sheets.cells import Unreadable, Untyped

if TYPE_CHECKING:
    from uuid import UUID

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


# ------------------------------------------------------------------ in what is kept in clear

MARKS = st.sampled_from([" ", ".", "-", "_", "\u00a0", "\u202f", "\u2011", " - ", "\u200b"])


@given(
    niks(), MARKS, st.sets(st.integers(1, 15)), st.sampled_from(["{}", "reg-{}", "warga {} x", "a{}b", "/{}/", "({})"])
)
def test_a_nik_is_found_whatever_parts_its_digits(nik: str, mark: str, at: set[int], way: str) -> None:
    parted = "".join(f"{mark if place in at else ''}{digit}" for place, digit in enumerate(nik))
    assume(mark not in {".", "-", "_"} or not is_a_day_or_a_place(parted))

    assert digits.holds_a_nik(way.format(parted))


def is_a_day_or_a_place(text: str) -> bool:
    """Whether the digits are grouped as those of a day or of a kelurahan are, and nobody groups a NIK's."""
    groups = re.split("[._-]", text)
    three = [groups[at : at + 3] for at in range(len(groups) - 2)]
    has_a_year = any({len(one[0]), len(one[2])} <= {1, 2, 4} and 4 in map(len, (one[0], one[2])) for one in three)
    return has_a_year or any(".".join(groups[at : at + 4]) in KELURAHAN for at in range(len(groups)))


@pytest.mark.parametrize(
    "text",
    [
        GOOD, "5371 0101 0190 9001", "53.71.01.010190.9002", "5371-0101-0190-9004", "537101-010190-9004",
        "53.71.01.01.01.90.9001", "53.71.01.01.01.11.2001", "5371_0101_0190_9001", "5371\u20130101\u20130190 9001",
        "reg-53710101019090031", "15371010101909001", "537101010190900100000", "5371 0101 0190 90031",
        "2018 5371010101909001", "ALAK-2018-11-20-5371-0101-0190-9001", "53.71.01.1001-5371010101909001",
        "5371990101909001", "5371 9901 0190 9001",  # of a district that is not known, by themselves
        "deadbeef-dead-beef-dead-beef00000000 5371010101909001",
    ],
)  # fmt: skip
def test_a_nik_is_found_among_other_digits(text: str) -> None:
    assert digits.holds_a_nik(text)


@pytest.mark.parametrize(
    "way", ["{}-000123", "{}_20181120", "temuan-{}-2018-11-20", "{} 5371011002", "{}.7-5371041014"]
)
@pytest.mark.parametrize("code", ["5371011001", "5371021005", "5371061010"])
def test_the_code_of_a_kelurahan_is_no_part_of_a_nik_without_dots_either(code: str, way: str) -> None:
    assert not digits.holds_a_nik(way.format(code))


@pytest.mark.parametrize(
    "text",
    [
        "temuan:3", "register-1", "SKPWNI/5371/20112018/0007", "5371-KM-21112018-0001", "474.3/123/DKCS/2018",
        "ALAK-2018-11-20", "PUSAT-2018-11", "0812-3456-7890", "urn:oid:2.16.840.1.113883.3.1937",
        "2018-11-23T17:00:00.000", "2018-11-23T17:00:00.123456+08:00", "2018-11-23 17.00.00.000", "20181123170000000",
        "19-11-2018 10.30.15.123", "19-11-2018_10.30.15.123", "15-11-2018 - 05-12-2018", "15.11.2018-05.12.2018",
        "15-11-2018-05-12-2018",
        "53.71.01.1001-2018-11-20", "53.71.01.1001 2018-11", "53.71.01.1001-000123", "53.71.01.1001 201811",
        "550e8400-e29b-41d4-a716-446655440000", "71644665-3710-0101-0190-90015371010a",
        "0000000000000000012345", "53712018110000001", "5371201811000000123", "5371/0101/0190/9001",
        "1542963600000", "1542963600000000000", "537101010190900", "5371 0101 0190 900",
        "53719901019090011",  # of a district that is not known, within a longer number
    ],
)  # fmt: skip
def test_what_means_something_else_is_no_nik(text: str) -> None:
    assert not digits.holds_a_nik(text)


@given(st.uuids())
def test_a_uuid_is_no_nik(uuid: UUID) -> None:
    assume(re.search("[a-f]", str(uuid)))

    assert not digits.holds_a_nik(str(uuid))
    assert not digits.holds_a_nik(f"urn:uuid:{uuid}".upper())


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(["%Y-%m-%dT%H:%M:%S.%f", "%d-%m-%Y %H.%M.%S.%f", "%Y-%m-%d_%H.%M", "%d.%m.%Y-%H_%M_%S_%f"]),
)
def test_a_time_is_no_nik(time: datetime, way: str) -> None:
    assert not digits.holds_a_nik(f"ALAK {time.strftime(way)}")


def test_a_neighbourhood_is_without_the_mark_of_our_own_export() -> None:
    assert digits.neighbourhood(Untyped("'001")) == "001"
    assert digits.neighbourhood(Untyped("'3")) == "003"
    with pytest.raises(Unreadable):
        digits.neighbourhood(Untyped("'1/2"))
