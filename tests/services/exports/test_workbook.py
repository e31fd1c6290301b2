"""XLSX: what openpyxl reads back is what was given, every text a text, and the second sheet says what it is about."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from events.errors import WrongUse
from services.exports import workbook
from services.exports.columns import COLUMNS, choose
from services.exports.workbook import encode
from tests.services.exports.paper import ABOUT, many, opened, row, unasked
from tests.services.exports.test_separated import TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from openpyxl import Workbook

    from services.sheets.columns import Language

#: As openpyxl gives a day.
day = datetime.fromisoformat
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def book(rows: Sequence[dict[str, Any]], names: Sequence[str] = (), language: Language = "id") -> Workbook:
    return opened(encode(rows, choose(names), language, ABOUT))


def values(of: Workbook) -> list[tuple[Any, ...]]:
    return list(of.worksheets[0].iter_rows(values_only=True))


def said(of: Workbook) -> dict[Any, Any]:
    return {name: value for name, value in of.worksheets[1].iter_rows(values_only=True)}  # noqa: C416 - for mypy


# ------------------------------------------------------------------ the table


def test_the_first_sheet_is_the_table_alone() -> None:
    header, first = values(book([row(status="CARD_PRINTED", status_since="2018-10-01")]))

    assert header[:4] == ("No", "Nama", "NIK", "Nomor KK")
    assert first == (
        1, "Contoh Warga", "5371010101909001", "5371010101180001", "L", day("1990-01-01"), 28, "Jalan Contoh 1",
        "001", "002", "Namosain", "CARD_PRINTED", day("2018-10-01"), "belum pernah merekam", day("2007-01-01"),
        "ya", day("2018-11-20"), "perlu kunjungan", 2,
    )  # fmt: skip


def test_it_speaks_english_too() -> None:
    made = book([row(sex="F")], ["sex", "reason"], "en")

    assert made.sheetnames == ["List", "About"]
    assert values(made) == [("Sex", "Why listed"), ("F", "never recorded")]


def test_digits_are_text_and_formatted_as_text() -> None:
    page = book([row(nik="5371010101909001", rt="001")], ["nik", "family_card", "rt"]).worksheets[0]

    assert [(cell.value, cell.number_format) for cell in page[2]] == [
        ("5371010101909001", "@"), ("5371010101180001", "@"), ("001", "@"),
    ]  # fmt: skip


def test_days_and_counts_are_formatted_as_what_they_are() -> None:
    page = book([row()], ["birth_date", "visits"]).worksheets[0]

    assert [cell.number_format for cell in page[2]] == ["dd/mm/yyyy", "0"]


@pytest.mark.parametrize(
    ("born", "shown"),
    [("1900-03-01", day("1900-03-01")), ("1900-02-28", "1900-02-28"), ("1850-01-01", "1850-01-01")],
)
def test_a_day_that_a_spreadsheet_counts_wrongly_is_a_text(born: str, shown: object) -> None:
    assert values(book([row(birth_date=born)], ["birth_date"]))[1] == (shown,)


def test_a_formula_is_a_text() -> None:
    cell = book([row(name="=1+1")], ["name"]).worksheets[0]["A2"]

    assert (cell.value, cell.data_type, cell.number_format) == ("=1+1", "s", "@")


def test_it_can_be_worked_with() -> None:
    page = book([row(), row(number=2)]).worksheets[0]

    assert (page.freeze_panes, page.auto_filter.ref, page.print_title_rows) == ("A2", "A1:S3", "$1:$1")
    assert (page["A1"].font.b, page["B2"].font.b, page.column_dimensions["H"].width) == (True, False, 32)
    assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)


def test_a_list_of_nobody_is_a_header() -> None:
    made = book([], ["nik"])

    assert (values(made), made.worksheets[0].auto_filter.ref) == ([("NIK",)], "A1:A1")


@given(st.lists(st.tuples(TEXTS, TEXTS)))
def test_what_is_read_back_is_what_was_given(texts: list[tuple[str, str]]) -> None:
    rows = [row(number=at, name=name, address=address) for at, (name, address) in enumerate(texts, 1)]

    _, *read = values(book(rows, ["number", "name", "address"]))

    assert read == [(at, *(FORBIDDEN.sub("\ufffd", text) or None for text in pair)) for at, pair in enumerate(texts, 1)]


def test_half_a_character_does_not_stop_it() -> None:
    assert values(book([row(name="a\ud800b")], ["name"]))[1] == ("a\ufffdb",)


@pytest.mark.parametrize("text", ["_x0041_", "_x005F_x0041_", "__x0041__"])
def test_what_a_spreadsheet_would_take_for_another_character_is_written_so_that_it_does_not(text: str) -> None:
    (kept,) = values(book([row(name=text)], ["name"]))[1]

    assert kept != text
    assert unescape(kept) == text


# ------------------------------------------------------------------ the second sheet


def test_the_second_sheet_says_what_it_is_about() -> None:
    made = book([row(), row(number=2)])

    assert said(made) == {
        "Daftar": "PUSAT-2018-11",
        "Keadaan": "benar-benar belum merekam",
        "Wilayah": "53.71.01.1001 Namosain",
        "Per tanggal": day("2018-11-23"),
        "Posisi": 78_000,
        "Diterima (WITA)": "2018-11-23 10:00:00+08:00",
        "Versi pembacaan": 1,
        "Dibuat oleh": "petugas alak",
        "Dibuat pada (WITA)": "2018-11-23 10:15:30+08:00",
        "Keperluan": "kunjungan rumah",
        "Jumlah baris": 2,
        "Perhatian": "Berisi data pribadi (UU 27/2022): hanya untuk keperluan di atas, dan dihapus sesudahnya.",
    }


def test_it_says_so_where_little_was_asked() -> None:
    about = replace(ABOUT, list=None, area=None, purpose=None, accepted=None)
    read = said(opened(encode([], COLUMNS, "en", about)))

    assert (read["List"], read["Area"], read["Purpose"]) == ("all residents", "everywhere", "-")
    assert (read["Accepted (WITA)"], read["Rows"]) == (None, 0)


# ------------------------------------------------------------------ the file


def parts(value: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(value))


def test_every_part_is_xml_and_named_in_the_contents() -> None:
    package = parts(b"".join(encode(many(200), COLUMNS, "id", ABOUT)))
    named = {one.get("PartName") for one in ET.fromstring(package.read("[Content_Types].xml"))} - {None}

    assert package.testzip() is None
    assert {f"/{name}" for name in package.namelist() if not name.endswith((".rels", "Types].xml"))} == named
    for name in package.namelist():
        ET.fromstring(package.read(name))


def test_it_is_no_zip64_which_some_spreadsheets_refuse() -> None:
    package = parts(b"".join(encode(many(200), COLUMNS, "id", ABOUT)))

    assert {(one.extract_version, one.extra) for one in package.infolist()} == {(20, b"")}


def test_the_same_list_is_the_same_file() -> None:
    first, second = (b"".join(encode(many(200), COLUMNS, "id", ABOUT)) for _ in range(2))

    assert first == second


def test_more_rows_than_a_sheet_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 201)

    assert len(values(opened(encode(many(200), COLUMNS, "id", ABOUT)))) == 201
    with pytest.raises(WrongUse, match="more rows than a sheet"):
        list(encode(many(201), COLUMNS, "id", ABOUT))


# ------------------------------------------------------------------ in pieces


def test_the_first_piece_comes_before_a_row_is_asked_for() -> None:
    assert next(encode(unasked(), COLUMNS, "id", ABOUT)).startswith(b"PK\x03\x04")


def test_the_pieces_are_small_and_begin_before_the_last_row() -> None:
    pieces = list(encode(many(2_000), COLUMNS, "id", ABOUT))

    assert len(pieces) > 3
    assert max(map(len, pieces)) < 70_000


def test_one_that_is_left_is_no_workbook() -> None:
    made = encode(many(2_000), COLUMNS, "id", ABOUT)
    some = b"".join(islice(made, 3))
    made.close()  # type: ignore[attr-defined]

    with pytest.raises(zipfile.BadZipFile):
        parts(some)


def test_one_whose_rows_fail_fails_and_is_no_workbook() -> None:
    def failing() -> Iterator[dict[str, Any]]:
        yield from many(500)
        raise ConnectionError

    some: list[bytes] = []
    with pytest.raises(ConnectionError):
        some.extend(encode(failing(), COLUMNS, "id", ABOUT))

    with pytest.raises(zipfile.BadZipFile):
        parts(b"".join(some))
