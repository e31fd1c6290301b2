"""The header: found under titles, in either language, and refused by place where a column would be misread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook

from services.sheets.columns import ATTRIBUTES, KINDS, NUMBER, columns_of, kind_named, type_of
from services.sheets.headers import known_headings
from tests.services.sheets.paper import CAPTURED, captured, known, only_flaw, to_csv, to_xlsx

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("type_", KINDS.values())
def test_every_heading_names_one_column_of_its_kind(type_: str) -> None:
    columns = (*columns_of(type_), *ATTRIBUTES, NUMBER)

    for column in columns:
        for heading in (column.field, column.indonesian):
            for written in (heading, heading.upper(), heading.replace(" ", "_"), f" {heading}: ", f"{heading}*"):
                assert known_headings(type_, [written]) == (1 if written.strip(" :*") else 0)
    assert len({column.field for column in columns}) == len(columns)
    assert len({column.indonesian for column in columns}) == len(columns)


@pytest.mark.parametrize(
    "header",
    [
        ["nik", "captured_on", "place"], ["NIK", "Captured On", "PLACE"], ["No. NIK", "Tgl. Perekaman", "Tempat"],
        ["N.I.K", "tanggal rekam", "tempat-perekaman"],
    ],
)  # fmt: skip
def test_headings_in_either_language_are_understood(tmp_path: Path, header: list[str]) -> None:
    assert len(known(to_xlsx(tmp_path / "a.xlsx", [header, captured()])).events) == 1


def test_titles_above_the_header_and_the_running_number_are_passed_over(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["KOTA KUPANG"], ["Kecamatan Alak", None, "2018"], [], ["No", *CAPTURED], [1, *captured()]]

    assert list(known(to_xlsx(tmp_path / "a.xlsx", rows)).events) == [5]
    assert list(known(to_csv(tmp_path / "a.csv", rows), "captured").events) == [5]


@pytest.mark.parametrize(
    ("rows", "cell", "why"),
    [
        ([[*CAPTURED, "Warna"], captured()], "D1", "the heading 'Warna' in D1 is no column of this kind"),
        ([[*CAPTURED, "Sesy"], captured()], "D1", "is it Sesi? Write that, or take the column out"),
        ([[*CAPTURED, "nik"], captured()], "D1", "D1 names the column of A1 again"),
        ([[*CAPTURED, 5371010101909001], captured()], "D1", "the heading in D1 is no column"),
        ([[*CAPTURED, "5371010101909001"], captured()], "D1", "the heading in D1 is no column"),
        ([CAPTURED, [*captured(), None, "rumah"]], "E1", "E2 holds a value and E1 has no heading"),
        ([["NIK", None, "Tempat Perekaman", "Tanggal Perekaman"],
          [captured()[0], "x", *captured()[:0:-1]]], "B1", "B2 holds a value and B1 has no heading"),
        ([CAPTURED[:2], captured()[:2]], None, "the column Tempat Perekaman (`place`) is missing: add it"),
        ([["NIK"], captured()[:1]], None, "no header was found in the first 10 rows"),
        ([], None, "the sheet is empty: one row must name the columns, NIK (nik), Tanggal Perekaman (captured_on)"),
        ([CAPTURED, captured(), CAPTURED, captured()], None, "rows 1 and 3 each look like a header"),
        ([*([["x"]] * 10), CAPTURED, captured()], None, "no header was found in the first 10 rows"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_header_is_named_by_its_place(
    tmp_path: Path, rows: list[list[Any]], cell: str | None, why: str
) -> None:
    for file in (to_xlsx(tmp_path / "a.xlsx", rows), to_csv(tmp_path / "a.csv", rows)):
        flaw = only_flaw(file, "captured")

        assert (flaw.code, flaw.cell) == ("bad_data", cell)
        assert why in flaw.message
        assert "5371010101909001" not in flaw.message


def test_who_says_it_must_be_said(tmp_path: Path) -> None:
    file = to_xlsx(tmp_path / "a.xlsx", [CAPTURED, captured()])
    with_column = to_xlsx(tmp_path / "b.xlsx", [[*CAPTURED, "Sumber"], [*captured(), "urn:a"], [*captured(), None]])

    assert "give --source, or add the column Sumber" in only_flaw(file, source=None).message
    assert known(with_column).events[2].source == "urn:a"
    assert known(with_column).events[3].source == "urn:rekam:test:sheets"
    assert only_flaw(with_column, source=None)[:2] == (3, "not_cloudevents")


def test_merged_headings_are_refused_by_place(tmp_path: Path) -> None:
    file = to_xlsx(tmp_path / "a.xlsx", [["Judul"], CAPTURED, captured()])
    book = load_workbook(file)
    book.worksheets[0].merge_cells("A1:C1")  # a title may be
    book.save(file)
    assert len(known(file).events) == 1

    book.worksheets[0].merge_cells("C2:D2")
    book.save(file)
    assert only_flaw(file).message == "C2:D2 is merged: unmerge it, and give each column its own heading"


def test_a_list_has_a_column_for_each_kelurahan(tmp_path: Path) -> None:
    header = ["Nama Daftar", "Jenis Daftar", "Per Tanggal", "Jumlah Baris", "Namosain", "LLBK", "53.71.05.1002"]
    row = ["PUSAT-2018-11", "belum rekam", "1/11/2018", 6, 1, None, "5"]
    file = to_xlsx(tmp_path / "a.xlsx", [header, row], "list_declared")
    twice = to_xlsx(tmp_path / "b.xlsx", [[*header, "Bakunase II"], row], "list_declared")
    none = to_xlsx(tmp_path / "c.xlsx", [header[:4], row[:4]], "list_declared")

    assert getattr(known(file).events[2].data, "rows_by_kelurahan") == {"53.71.01.1001": 1, "53.71.05.1002": 5}  # noqa: B009
    assert only_flaw(twice).message == "H1 names the column of G1 again: leave one"
    assert "no column is named after a kelurahan" in only_flaw(none).message


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("captured", "rekam.recording.captured.v1"), ("Resident Listed", "rekam.listing.resident_listed.v1"),
        ("registered", "rekam.death.registered.v1"), ("death.registered", "rekam.death.registered.v1"),
        ("reported", "rekam.finding.reported.v1"), ("finding-reported", "rekam.finding.reported.v1"),
        ("rekam.finding.reported.v1", "rekam.finding.reported.v1"),
        ("recording.status_reported.v1", "rekam.recording.status_reported.v1"), ("Sheet1", None), ("", None),
    ],
)  # fmt: skip
def test_a_kind_is_known_by_its_short_and_its_full_name(name: str, type_: str | None) -> None:
    assert kind_named(name) == type_


def test_each_type_has_a_kind_of_its_own() -> None:
    assert all(type_of(name) == type_ == type_of(type_) for name, type_ in KINDS.items())
