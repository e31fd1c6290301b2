"""Workbooks as they come: merged, with formulas, of either calendar, damaged, locked, or no workbooks at all."""

from __future__ import annotations

import re
import zipfile
from datetime import date, datetime
from typing import TYPE_CHECKING

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from events.errors import WrongUse
from services.sheets import workbook
from services.sheets.cells import Merged, place
from services.sheets.files import is_sheet
from tests.services.sheets.paper import CAPTURED, captured, known, only_flaw, to_csv, to_xlsx

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "xl/worksheets/sheet1.xml"


def changed(file: Path, old: str, new: str, part: str = PAGE) -> Path:
    """Change the XML of a part of the workbook, which no library would write so."""
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old.encode() in parts[part]
    parts[part] = parts[part].replace(old.encode(), new.encode())
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in parts.items():
            archive.writestr(name, value)
    return file


def refused(file: Path, kind: str | None = None) -> str:
    with pytest.raises(WrongUse) as error:
        known(file, kind)
    return str(error.value)


# ------------------------------------------------------------------ cells


@pytest.mark.parametrize("mac", [False, True])
def test_a_date_cell_is_its_day_in_either_calendar(tmp_path: Path, mac: bool) -> None:
    file = tmp_path / "a.xlsx"
    book = Workbook()
    if mac:
        book.epoch = CALENDAR_MAC_1904
    page = book.worksheets[0]
    page.title = "captured"
    page.append(CAPTURED)
    page.append(captured(day=date(2018, 11, 23)))
    book.save(file)

    assert str(getattr(known(file).events[2].data, "captured_on")) == "2018-11-23"  # noqa: B009


def test_a_date_cell_with_a_time_of_day_is_no_day(tmp_path: Path) -> None:
    noon = captured(day=datetime(2018, 11, 23, 12))  # noqa: DTZ001 - as a cell holds it

    assert "has a time of day" in only_flaw(to_xlsx(tmp_path / "a.xlsx", [CAPTURED, noon])).message


def test_a_date_that_no_calendar_has_is_an_error_of_the_spreadsheet_and_not_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = to_xlsx(tmp_path / "a.xlsx", [CAPTURED, captured(day=date(2018, 11, 23))])
    changed(file, "<v>43427</v>", "<v>99999999</v>")

    assert "is an error of the spreadsheet" in only_flaw(file).message
    assert "99999999" not in "".join(capsys.readouterr())


def test_a_formula_counts_by_its_result(tmp_path: Path) -> None:
    file = to_xlsx(tmp_path / "a.xlsx", [CAPTURED, captured(place="=LOWER(C9)")])
    changed(file, "<v />", "<v>office</v>")
    changed(file, '<c r="C2"', '<c t="str" r="C2"')

    assert getattr(known(file).events[2].data, "place") == "office"  # noqa: B009


def test_a_formula_without_a_result_is_refused_and_not_taken_for_an_empty_cell(tmp_path: Path) -> None:
    file = to_xlsx(tmp_path / "a.xlsx", [[*CAPTURED, "Sesi"], [*captured(), "=A1"], captured()])
    flaw = only_flaw(file)

    assert (flaw.cell, flaw.field) == ("D2", "session")
    assert "is a formula without a result" in flaw.message


@pytest.mark.parametrize("empty", ["<v></v>", "<v/>"])
def test_a_formula_whose_result_is_the_empty_text_is_an_empty_cell(tmp_path: Path, empty: str) -> None:
    file = to_xlsx(tmp_path / "a.xlsx", [[*CAPTURED, "Sesi"], [*captured(), '=IF(A2="","x","")'], captured()])
    changed(file, '<c r="D2"', '<c t="str" r="D2"')
    changed(file, "<v />", empty)
    told = known(file)

    assert told.flaws == []
    assert [getattr(event.data, "session") for event in told.events.values()] == [None, None]  # noqa: B009


@pytest.mark.parametrize(("type_", "result"), [("", "<v></v>"), ("", ""), (' t="str"', ""), (' t="b"', "<v/>")])
def test_a_formula_that_only_says_the_kind_of_its_result_has_none(tmp_path: Path, type_: str, result: str) -> None:
    file = to_xlsx(tmp_path / "a.xlsx", [CAPTURED, captured(place="=A1")])
    changed(file, '<c r="C2"', f'<c{type_} r="C2"')
    changed(file, "<v />", result)

    assert "is a formula without a result" in only_flaw(file).message


def test_a_formula_that_is_shared_counts_by_its_result_too(tmp_path: Path) -> None:
    file = to_xlsx(tmp_path / "a.xlsx", [CAPTURED, captured(place="=A1"), captured(place="=A2")])
    changed(file, "<f>A1</f><v />", '<f t="shared" ref="C2:C3" si="0">A1</f><v>office</v>')
    changed(file, "<f>A2</f><v />", '<f t="shared" si="0"/><v>office</v>')
    changed(changed(file, '<c r="C2"', '<c t="str" r="C2"'), '<c r="C3"', '<c t="str" r="C3"')

    assert list(known(file).events) == [2, 3]


def test_what_a_page_says_of_its_own_size_is_not_believed(tmp_path: Path) -> None:
    file = to_xlsx(tmp_path / "a.xlsx", [CAPTURED, captured(), captured()])
    changed(file, '<dimension ref="A1:C3"', '<dimension ref="A1:A1"')

    assert list(known(file).events) == [2, 3]


def test_merged_cells_in_rows_are_refused_by_place_and_the_others_stand(tmp_path: Path) -> None:
    file = to_xlsx(tmp_path / "a.xlsx", [CAPTURED, *(captured() for _ in range(5)), []])
    book = load_workbook(file)
    book.worksheets[0].merge_cells("C3:C4")
    book.worksheets[0].merge_cells("A9:C12")
    book.save(file)
    told = known(file)

    assert [(flaw.row, flaw.message.partition(":")[0]) for flaw in told.flaws] == [(3, "C3"), (4, "C3")]
    assert "C3:C4 is merged" in told.flaws[0].message
    assert list(told.events) == [2, 5, 6]


def test_merged_rows_are_found_wherever_they_lie() -> None:
    merged = Merged.of(["B2:B4", "A4:C4", "A7", "A100:XFD1048576", "nonsense"])

    assert [row for row in range(1, 12) if merged.over(row)] == [2, 3, 4, 7]
    assert (merged.over(3), merged.over(4), merged.over(10**6), merged.over(99)) == (
        "B2:B4",
        "B2:B4",
        "A100:XFD1048576",
        None,
    )
    assert Merged().over(1) is None


def test_a_place_is_named_as_a_spreadsheet_does() -> None:
    assert [place(7, at) for at in (0, 25, 26, 701, 702, 16383)] == ["A7", "Z7", "AA7", "ZZ7", "AAA7", "XFD7"]


# ------------------------------------------------------------------ pages


def pages(file: Path, *titles: str, hidden: str | None = None) -> Path:
    book = Workbook()
    book.remove(book.worksheets[0])
    for number, title in enumerate(titles):
        page = book.create_sheet(title)
        for _ in range(number):  # so that no two have a row of the same number
            page.append(["judul"])
        page.append(CAPTURED)
        page.append(captured())
        page.sheet_state = "hidden" if title == hidden else "visible"
    book.save(file)
    return file


def ids(file: Path, kind: str | None = None) -> list[str]:
    return [event.id for event in known(file, kind).events.values()]


def test_a_page_named_after_a_kind_is_the_one_that_is_read(tmp_path: Path) -> None:
    assert ids(pages(tmp_path / "a.xlsx", "Catatan", "captured", "Penjelasan")) == ["a/captured:3"]


def test_where_none_is_every_visible_page_is_read_and_its_title_is_in_the_ids(tmp_path: Path) -> None:
    file = pages(tmp_path / "a.xlsx", "Namosain", "Alak", "Rahasia", "Penjelasan", hidden="Rahasia")

    assert ids(file, "captured") == ["a/Namosain:2", "a/Alak:3"]
    assert "say with --kind" in refused(file)


def test_a_page_added_later_changes_no_id(tmp_path: Path) -> None:
    before = ids(pages(tmp_path / "a.xlsx", "Januari"), "captured")
    after = ids(pages(tmp_path / "a.xlsx", "Januari", "Februari"), "captured")

    assert after[:1] == before


def test_a_page_of_another_kind_than_was_said_is_refused(tmp_path: Path) -> None:
    assert "its page 'captured' is not of the --kind given" in refused(
        pages(tmp_path / "a.xlsx", "captured"), "departed"
    )


def test_a_name_for_several_pages_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="--sheet names one sheet"):
        known(pages(tmp_path / "a.xlsx", "Namosain", "Alak"), "captured", name="x")


def test_a_workbook_without_a_visible_page_to_read_is_refused(tmp_path: Path) -> None:
    assert "has no visible page to read" in refused(pages(tmp_path / "a.xlsx", "Explanation"), "captured")


# ------------------------------------------------------------------ files


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (b"", "is empty"),
        (b"NIK;Tanggal\n", "is no XLSX workbook, or a damaged one"),
        (b"PK\x03\x04 and then nothing", "is no XLSX workbook, or a damaged one"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "is a workbook of the old kind (.xls)"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
            "is protected by a password: save it without one",
        ),
    ],
)
def test_what_is_no_workbook_is_told_in_words(tmp_path: Path, value: bytes, why: str) -> None:
    file = tmp_path / "a.xlsx"
    file.write_bytes(value)

    assert why in refused(file)


def test_an_archive_of_something_else_is_told_in_words(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")

    assert "is no XLSX workbook, or a damaged one" in refused(tmp_path / "a.xlsx")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("</row>", "</rov>"),
        ('t="inlineStr"><is><t>NIK</t></is>', 't="s"><v>77</v>'),
        ('r="A2"', 'r="2A"'),
        ("<sheetData>", "<sheetData><x>"),
    ],
)
def test_a_damaged_page_is_told_in_words(tmp_path: Path, old: str, new: str) -> None:
    file = changed(to_xlsx(tmp_path / "a.xlsx", [CAPTURED, captured()]), old, new)

    assert "damaged" in refused(file)


def test_a_workbook_that_is_cut_off_is_told_in_words(tmp_path: Path) -> None:
    file = to_xlsx(tmp_path / "a.xlsx", [CAPTURED, captured()])
    file.write_bytes(file.read_bytes()[:-400])

    assert "damaged" in refused(file)


def test_a_workbook_that_unpacks_to_too_much_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = to_xlsx(tmp_path / "a.xlsx", [CAPTURED, captured()])
    monkeypatch.setattr(workbook, "LARGEST_BYTES", 1000)

    assert "bytes when it is unpacked: split it" in refused(file)


def test_a_part_that_is_not_read_in_pieces_is_not_unpacked_where_it_is_large(tmp_path: Path) -> None:
    file = to_xlsx(tmp_path / "a.xlsx", [CAPTURED, captured()])
    changed(file, "</styleSheet>", f"{' ' * workbook.LARGEST_PART}</styleSheet>", "xl/styles.xml")

    assert file.stat().st_size < 100_000
    assert "beside its cells, in 'xl/styles.xml': copy the values alone into a new workbook" in refused(file)


@pytest.mark.parametrize("part", ["xl/worksheets/_rels/sheet1.xml.rels", "xl/worksheets/sub/sheet1.xml", "xl/a.xml"])
def test_nor_is_any_other(tmp_path: Path, part: str) -> None:
    file = to_xlsx(tmp_path / "a.xlsx", [CAPTURED, captured()])
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(part, b" " * (workbook.LARGEST_PART + 1))

    assert f"in {part!r}" in refused(file)


@pytest.mark.parametrize("part", [PAGE, "xl/sharedStrings.xml"])
def test_pages_and_the_texts_of_their_cells_may_be_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    file = to_xlsx(tmp_path / "a.xlsx", [CAPTURED, captured()])
    with zipfile.ZipFile(file, "a") as archive:
        largest = max(one.file_size for one in archive.infolist())
        if part != PAGE:
            archive.writestr(part, b" " * (largest + 1))
    if part == PAGE:
        changed(file, "</sheetData>", f"</sheetData>{' ' * largest}")
    monkeypatch.setattr(workbook, "LARGEST_PART", largest)

    assert list(known(file).events) == [2]


@pytest.mark.parametrize("number", [1, 2, 3, 2_000_000_000])
def test_a_page_whose_rows_do_not_ascend_is_refused_for_they_would_be_lost(tmp_path: Path, number: int) -> None:
    file = to_xlsx(tmp_path / "a.xlsx", [CAPTURED, captured(), captured(), captured()])
    changed(file, '<row r="4"', f'<row r="{number}"')

    assert f"page 'captured' is damaged at row {number}, after row 3: open it in the office program" in refused(file)


def test_a_row_that_has_a_cell_twice_is_refused_and_cells_in_any_order_are_read(tmp_path: Path) -> None:
    file = to_xlsx(tmp_path / "a.xlsx", [CAPTURED, captured(), captured()])
    twice = changed(to_xlsx(tmp_path / "b.xlsx", [CAPTURED, captured()]), 'r="B2"', 'r="C2"')
    with zipfile.ZipFile(file) as archive:
        cells = re.search(r'(<c r="A3".*?</c>)(<c r="B3".*?</c>)', archive.read(PAGE).decode())
    assert cells is not None
    changed(file, cells[0], cells[2] + cells[1])

    assert list(known(file).events) == [2, 3]
    assert "is damaged at row 2" in refused(twice)


def test_rows_need_no_numbers(tmp_path: Path) -> None:
    file = to_xlsx(tmp_path / "a.xlsx", [CAPTURED, captured()])
    changed(changed(file, '<row r="1"', "<row"), '<row r="2"', "<row")

    assert list(known(file).events) == [2]


@pytest.mark.parametrize("suffix", [".xls", ".XLS", ".ods", ".xlsm", ".tsv"])
def test_other_kinds_of_sheets_are_to_be_saved_as_one_that_is_read(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(WrongUse, match="save it as XLSX, or as CSV"):
        is_sheet(tmp_path / f"a{suffix}")


def test_sheets_are_known_by_their_suffix_and_all_else_is_lines(tmp_path: Path) -> None:
    assert [is_sheet(tmp_path / name) for name in ("a.csv", "a.XLSX", "a.jsonl", "-", "csv")] == [
        True, True, False, False, False,
    ]  # fmt: skip


# ------------------------------------------------------------------ CSV


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_csv_of_any_office_program_is_read(tmp_path: Path, separator: str, encoding: str) -> None:
    header, row = [*CAPTURED, "Sesi"], [*captured(), 'a "é", b; c\nd']
    file = to_csv(
        tmp_path / "a.csv", [["Satu, dua, tiga, empat, lima"], header, row], separator=separator, encoding=encoding
    )

    assert getattr(known(file, "captured").events[3].data, "session") == 'a "é", b; c\nd'  # noqa: B009


def test_rows_of_a_csv_are_numbered_as_a_spreadsheet_does(tmp_path: Path) -> None:
    header, row = [*CAPTURED, "Sesi"], [*captured(), "satu\r\ndua"]
    file = to_csv(tmp_path / "a.csv", [header, row, [], row])
    said = tmp_path / "said.csv"
    said.write_bytes(b"sep=;\r\n" + file.read_bytes())

    assert list(known(file, "captured").events) == list(known(said, "captured").events) == [2, 4]


def test_a_csv_that_is_not_utf_8_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known(to_csv(tmp_path / "a.csv", [[*CAPTURED, "Sesi"], [*captured(), "é"]], encoding="cp1252"), "captured")

    assert "a.csv is not UTF-8; it is read as Windows-1252" in capsys.readouterr().err


@pytest.mark.parametrize("sesi", ['"kosong', '"kosong" dua', 'kosong\n"'])
def test_a_quotation_mark_that_is_not_closed_swallows_no_rows(tmp_path: Path, sesi: str) -> None:
    file = tmp_path / "a.csv"
    row = ";".join(captured())
    file.write_text(f"{';'.join(CAPTURED)};Sesi\n{row};{sesi}\n{row};\n{row};\n")

    assert "a quotation mark stands where none can, or is not closed" in refused(file, "captured")


@pytest.mark.parametrize("value", [b"NIK;\x81\x8d\n", b"\xff\xfeN", b"NIK\0;\n", b"PK\x03\x04\0\0"])
def test_a_csv_that_is_no_text_is_told_in_words(tmp_path: Path, value: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(value)

    assert "save it as `CSV UTF-8`" in refused(tmp_path / "a.csv", "captured")


def test_a_csv_does_not_say_its_kind(tmp_path: Path) -> None:
    assert "say with --kind what its rows are" in refused(to_csv(tmp_path / "a.csv", [CAPTURED, captured()]))
