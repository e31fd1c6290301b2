"""CSV: what is read back is what was given, no cell is a formula, and no digit is lost."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from events.errors import WrongUse
from services.exports.columns import COLUMNS, choose
from services.exports.separated import encode, harmless
from services.sheets import digits
from services.sheets.cells import Untyped
from tests.services.exports.paper import many, parted, row, unasked

NAME = choose(["name"])
#: Any text that UTF-8 can hold, with a fair share of what makes trouble.
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.text(st.sampled_from("=+-@＝－﹢⁻\t\r\n\x00\x01\u200b\ufeff \u00a0'\",;0159./:eE%aé😀")),
)
PARTS = re.compile("[,;\t\r\n]")


def written(text: str, separator: str = ",") -> str:
    (_, (cell,)) = parted(encode([row(name=text)], NAME, "id", separator), separator)
    return cell


def plain(cell: str) -> str:
    """As the docstring tells a program to read a cell."""
    if re.fullmatch(r"'+\s*[0-9][0-9\s.,/:%eE+\-]*", cell):
        cell = cell[1:]
    if re.match("'+[\t\r\n]", cell):
        cell = cell[1:]
    parts = [part[1:] if part.startswith("'") and is_formula(part) else part for part in PARTS.split(cell)]
    separators = [*PARTS.findall(cell), ""]
    return "".join(part + separator for part, separator in zip(parts, separators, strict=True))


def is_formula(part: str) -> bool:
    """Whether a spreadsheet of any kind could calculate it, said again without the encoder's patterns."""
    if part.strip(" ") == "-":
        return False
    for char in part:
        if char in "\"'" or char.isspace() or unicodedata.category(char) in {"Cc", "Cf"}:
            continue
        return unicodedata.normalize("NFKC", char) in {"=", "+", "-", "@", "\u2212"}
    return False


# ------------------------------------------------------------------ the file


def test_it_has_a_mark_a_header_and_a_row_a_resident() -> None:
    value = b"".join(encode([row(), row(number=2, name=None, reason="again")], COLUMNS, "id"))

    assert value.decode() == (
        "\ufeffNo,Nama,NIK,Nomor KK,Jenis Kelamin,Tanggal Lahir,Umur,Alamat,RT,RW,Kelurahan,Status Perekaman,"
        "Status Sejak,Alasan,Wajib KTP Sejak,Perlu Kunjungan,Kunjungan Terakhir,Hasil Kunjungan,Jumlah Kunjungan\r\n"
        "1,Contoh Warga,'5371010101909001,'5371010101180001,L,1990-01-01,28,Jalan Contoh 1,'001,'002,Namosain,,,"
        "belum pernah merekam,2007-01-01,ya,2018-11-20,perlu kunjungan,2\r\n"
        "2,,'5371010101909001,'5371010101180001,L,1990-01-01,28,Jalan Contoh 1,'001,'002,Namosain,,,"
        "harus merekam ulang,2007-01-01,ya,2018-11-20,perlu kunjungan,2\r\n"
    )


def test_it_speaks_english_too() -> None:
    header, first = parted(encode([row(sex="F")], choose(["sex", "reason", "home_visit_needed"]), "en"))

    assert (header, first) == (["Sex", "Why listed", "Home visit needed"], ["F", "never recorded", "yes"])


def test_semicolons_may_part_it() -> None:
    value = b"".join(encode([row(name="Warga, Contoh; Dua")], choose(["number", "name"]), "en", ";"))

    assert value.decode() == '\ufeffNo;Name\r\n1;"Warga, Contoh; Dua"\r\n'


def test_nothing_else_may() -> None:
    with pytest.raises(WrongUse, match="write , or ;"):
        encode([], COLUMNS, "id", "\t")


def test_a_list_of_nobody_is_a_header() -> None:
    assert len(parted(encode([], COLUMNS, "id"))) == 1


@given(st.lists(st.tuples(TEXTS, TEXTS)), st.sampled_from(",;"))
def test_what_is_read_back_is_what_was_given(texts: list[tuple[str, str]], separator: str) -> None:
    rows = [row(number=at, name=name, address=address) for at, (name, address) in enumerate(texts, 1)]

    _, *read = parted(encode(rows, choose(["number", "name", "address"]), "id", separator), separator)

    assert [(int(at), plain(name), plain(address)) for at, name, address in read] == [
        (at, *pair) for at, pair in enumerate(texts, 1)
    ]


def test_half_a_character_does_not_stop_it() -> None:
    assert written("a\ud800b") == "a?b"


# ------------------------------------------------------------------ formulas


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "+62 812", "-2+3", "@SUM(A1)", " =1+1", "\t=1+1", "\r=1", "\n=1", "\u00a0=1", "\u200b=1", "\ufeff=1",
        "\x01=1", "＝1+1", "＋1", "－1", "＠A1", "﹦1", "--", "''=1", '"=1',
    ],
)  # fmt: skip
def test_a_formula_is_made_harmless(text: str) -> None:
    assert written(text).startswith("'")
    assert plain(written(text)) == text


@pytest.mark.parametrize("text", ["a;=1+1", "a,=1+1", "a\t=1+1", "a\n=1+1", 'a";"=1+1', "a; ＝1"])
@pytest.mark.parametrize("separator", [",", ";"])
def test_also_where_another_separator_would_begin_a_cell(text: str, separator: str) -> None:
    assert not any(is_formula(part) and not part.startswith("'") for part in PARTS.split(written(text, separator)))


@given(TEXTS)
@example("a,\u200b=1")
def test_no_part_of_any_text_is_a_formula(text: str) -> None:
    cell = harmless(text)

    assert not cell.startswith(("\t", "\r", "\n"))
    assert [part for part in PARTS.split(cell) if is_formula(part) and not part.startswith("'")] == []


@pytest.mark.parametrize("text", ["-", " - ", "Jl. Contoh, -", "O'Brien", "Jl. Timor-Timur 5", "a=b", "", "😀", "L/P"])
def test_what_is_none_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


# ------------------------------------------------------------------ digits


@pytest.mark.parametrize(
    "text", ["5371010101909001", "001", "1", "3/4", "12-05", "1E5", "1.000", "10:30", " 7", "50%", "2018-11-23"]
)
def test_what_a_spreadsheet_would_make_a_number_or_a_day_of_is_marked(text: str) -> None:
    assert harmless(text) == f"'{text}"


def test_a_masked_nik_is_a_text_by_itself() -> None:
    assert [harmless("537101******9001"), harmless("*" * 16)] == ["537101******9001", "*" * 16]


def test_a_marked_nik_is_one_that_our_own_sheets_believe() -> None:
    _, (nik, card) = parted(encode([row(nik="5371010101909000")], choose(["nik", "family_card"]), "id"))

    assert digits.nik(Untyped(nik)) == "5371010101909000"
    assert digits.card(Untyped(card)) == "5371010101180001"
    assert not digits.may_be_rounded(Untyped(nik))


def test_numbers_and_days_are_not_marked() -> None:
    _, cells = parted(encode([row()], choose(["number", "age", "birth_date"]), "id"))

    assert cells == ["1", "28", "1990-01-01"]


# ------------------------------------------------------------------ in pieces


def test_the_first_piece_comes_before_a_row_is_asked_for() -> None:
    assert next(encode(unasked(), NAME, "id")) == b"\xef\xbb\xbfNama\r\n"


def test_the_pieces_are_small() -> None:
    pieces = list(encode(many(2_000), COLUMNS, "id"))

    assert len(pieces) > 3
    assert max(map(len, pieces)) < 70_000
