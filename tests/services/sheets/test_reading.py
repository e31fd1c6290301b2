"""Rows: what each becomes, by which id, and everything that is wrong with one, by its place."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook

from events.errors import WrongUse
from services.sheets.files import Told, check_told
from tests.services.sheets.paper import CAPTURED, SOURCE, captured, known, only_flaw, to_csv, to_xlsx

if TYPE_CHECKING:
    from pathlib import Path

ENDS_IN_0 = "5371010101909010"


def test_the_same_sheet_gives_the_same_events(tmp_path: Path) -> None:
    rows = [CAPTURED, captured(), captured(day=date(2018, 11, 21))]
    first, second = (known(to_xlsx(tmp_path / "a.xlsx", rows)).events for _ in range(2))

    assert first == second
    assert [event.id for event in first.values()] == ["a/captured:2", "a/captured:3"]
    assert first[2].time == first[2].recordedtime == "2018-11-19T16:00:00.000000Z"


def test_an_id_is_made_of_the_sheet_and_the_row_unless_there_is_one(tmp_path: Path) -> None:
    rows = [[*CAPTURED, "ID"], [*captured(), None], [*captured(), 17], [*captured(), " k-3 "]]

    assert [one.id for one in known(to_csv(tmp_path / "b.csv", rows), "captured").events.values()] == [
        "b:2",
        "17",
        "k-3",
    ]
    named = known(to_xlsx(tmp_path / "a.xlsx", rows), name="alak").events
    assert [one.id for one in named.values()] == ["alak:2", "17", "k-3"]


def test_a_number_is_read_as_its_format_of_zeros_shows_it_and_as_csv_has_it(tmp_path: Path) -> None:
    header = ["withdraws_source", "withdraws_id", "reason", "time", "id"]
    number = [SOURCE, 7, "salah orang", "23/11/2018", 8]
    file = to_xlsx(tmp_path / "a.xlsx", [header, number, [*number[:4], 12345678]], "fact_withdrawn")
    book = load_workbook(file)
    for row in book.worksheets[0].iter_rows(min_row=2):
        row[1].number_format, row[4].number_format = "0" * 16, "00000"
    book.save(file)
    shown = known(file).events
    text = known(to_csv(tmp_path / "a.csv", [header, [SOURCE, "7", *number[2:4], "00008"]]), "fact_withdrawn").events

    assert [shown[n].id for n in (2, 3)] == ["00008", "12345678"]
    assert (text[2].id, text[2].data) == ("00008", shown[2].data)
    assert getattr(text[2].data, "withdraws_id") == "7"  # noqa: B009


@pytest.mark.parametrize("id_", ["5371010101909001", "baris 5371010101909001", "5371 0101 0190 9001"])
def test_an_id_must_not_hold_a_nik(tmp_path: Path, id_: str) -> None:
    for file in (
        to_xlsx(tmp_path / "a.xlsx", [[*CAPTURED, "ID"], [*captured(), id_]]),
        to_csv(tmp_path / "a.csv", [[*CAPTURED, "ID"], [*captured(), id_]]),
    ):
        assert "holds a NIK" in only_flaw(file, "captured").message


@pytest.mark.parametrize(
    ("kind", "field", "row"),
    [
        ("captured", "session", captured()),
        ("captured", "source", captured()),
        ("status_reported", "status", ["5371010101909001", "20/11/2018"]),
    ],
)
def test_a_text_that_is_kept_in_clear_must_not_hold_a_nik(
    tmp_path: Path, kind: str, field: str, row: list[Any]
) -> None:
    header = CAPTURED if kind == "captured" else ["NIK", "Tanggal Status"]
    for nik in ("NIK 5371010101909001", "NIK 53.71.01.010190.9001", "NIK-53710101019090011"):
        flaw = only_flaw(to_xlsx(tmp_path / "a.xlsx", [[*header, field], [*row, nik]], kind))

        assert (flaw.field, flaw.cell) == (field, "D2" if kind == "captured" else "C2")
        assert "holds a NIK, and is kept in clear for ever" in flaw.message


@pytest.mark.parametrize("nik", ["5371010101909001", "5371-0101-0190-9001", "5371 0101 0190 9001"])
def test_a_file_must_not_be_named_by_a_nik(tmp_path: Path, nik: str) -> None:
    file = to_xlsx(tmp_path / f"warga {nik}.xlsx", [CAPTURED, captured()])

    with pytest.raises(WrongUse, match="holds a NIK, and goes into ids"):
        known(file)
    assert [event.id for event in known(file, name="warga").events.values()] == ["warga:2"]


def test_nor_a_source_that_is_given(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="--source holds a NIK"):
        check_told([tmp_path / "a.csv"], Told("captured", "urn:5371-0101-0190-9001", None))


def test_a_name_that_is_no_utf_8_is_refused_with_the_way_out(tmp_path: Path) -> None:
    file = to_csv(tmp_path / "desa\udce9.csv", [CAPTURED, captured()])  # as an old archive unpacks it

    with pytest.raises(WrongUse, match="is not UTF-8, and goes into ids: rename it, or give --sheet"):
        known(file, "captured")
    assert [event.id for event in known(file, "captured", name="desa").events.values()] == ["desa:2"]


def test_times_come_from_their_columns_where_there_are_any(tmp_path: Path) -> None:
    header = [*CAPTURED, "Waktu", "Tanggal Catat"]
    row = [*captured(), datetime(2018, 11, 20, 9, 30), "22/11/2018"]  # noqa: DTZ001 - as a cell holds it
    event = known(to_xlsx(tmp_path / "a.xlsx", [header, row])).events[2]

    assert (event.time, event.recordedtime) == ("2018-11-20T01:30:00.000000Z", "2018-11-21T16:00:00.000000Z")


def test_a_withdrawal_has_no_day_so_it_needs_a_time(tmp_path: Path) -> None:
    header = ["withdraws_source", "withdraws_id", "reason"]
    row = ["urn:rekam:test:sheets", "a/captured:2", "salah orang"]
    without = to_xlsx(tmp_path / "a.xlsx", [header, row], "fact_withdrawn")
    with_time = to_xlsx(tmp_path / "b.xlsx", [[*header, "time"], [*row, "23/11/2018"]], "fact_withdrawn")

    assert "the column Waktu (`time`) is missing" in only_flaw(without).message
    assert known(with_time).events[2].time == "2018-11-22T16:00:00.000000Z"


def test_everything_that_is_wrong_with_a_row_is_told_by_its_place(tmp_path: Path) -> None:
    rows = [["Judul"], CAPTURED, captured(), captured("537101010190900", "11/23/2018", "rumah"), ["", None, "office"]]
    told = known(to_xlsx(tmp_path / "a.xlsx", rows))

    assert [(flaw.row, flaw.cell, flaw.field, flaw.code) for flaw in told.flaws] == [
        (4, "A4", "nik", "bad_nik"), (4, "B4", "captured_on", "bad_data"), (4, "C4", "place", "bad_data"),
        (5, "A5", "nik", "bad_nik"), (5, "B5", "captured_on", "bad_data"),
    ]  # fmt: skip
    assert list(told.events) == [3]


def test_an_empty_cell_is_a_field_that_is_not_given(tmp_path: Path) -> None:
    rows = [[*CAPTURED, "Sesi"], [*captured(), "  "], [*captured(), "ALAK"]]
    events = known(to_csv(tmp_path / "a.csv", rows), "captured").events

    assert [getattr(event.data, "session") for event in events.values()] == [None, "ALAK"]  # noqa: B009


def test_empty_rows_are_passed_over_and_named(tmp_path: Path) -> None:
    rows = [CAPTURED, captured(), [], [], captured(), ["", " "], captured(), [], []]

    for file in (to_xlsx(tmp_path / "a.xlsx", rows), to_csv(tmp_path / "a.csv", rows)):
        told = known(file, "captured")
        assert list(told.events) == [2, 5, 7]
        assert told.empty == [(3, 4), (6, 6)]


def test_an_error_of_the_spreadsheet_is_no_value(tmp_path: Path) -> None:
    for value in ("#N/A", "#REF!"):
        for file in (
            to_xlsx(tmp_path / "a.xlsx", [CAPTURED, captured(place=value)]),
            to_csv(tmp_path / "a.csv", [CAPTURED, captured(place=value)]),
        ):
            flaw = only_flaw(file, "captured")
            assert (flaw.cell, flaw.field) == ("C2", "place")
            assert "is an error of the spreadsheet" in flaw.message


def test_of_a_csv_numbers_that_all_end_in_0_are_refused(tmp_path: Path) -> None:
    rows = [CAPTURED, captured(ENDS_IN_0), captured("5371010101909020")]
    told = known(to_csv(tmp_path / "a.csv", rows), "captured")

    assert [(flaw.cell, flaw.code) for flaw in told.flaws] == [("A2", "bad_nik"), ("A3", "bad_nik")]
    assert "ends in 0, as all do in this column, and may have been rounded" in told.flaws[0].message


def test_of_a_csv_one_that_ends_in_0_is_believed_beside_one_that_does_not(tmp_path: Path) -> None:
    rows = [CAPTURED, captured(ENDS_IN_0), captured("5371010101909021")]

    assert list(known(to_csv(tmp_path / "a.csv", rows), "captured").events) == [2, 3]


def test_rows_that_are_believed_for_the_sake_of_others_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    niks = [ENDS_IN_0, "5371010101909021", "5371010101909030", "'5371010101909040"]
    known(to_csv(tmp_path / "a.csv", [CAPTURED, *map(captured, niks)]), "captured")
    said = capsys.readouterr().err

    assert said.startswith("a: `nik` ends in 0 beside others that do not")
    assert said.endswith(": compare rows 2, 4\n")
    assert "5371" not in said


def test_of_very_many_of_them_the_first_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [captured("5371010101909021"), *[captured(ENDS_IN_0)] * 25]
    known(to_csv(tmp_path / "a.csv", [CAPTURED, *rows]), "captured")

    assert capsys.readouterr().err.endswith("20, 21, 22 and 5 more\n")


def test_where_none_is_believed_so_nothing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known(to_csv(tmp_path / "a.csv", [CAPTURED, captured(ENDS_IN_0)]), "captured")
    known(to_csv(tmp_path / "b.csv", [CAPTURED, captured()]), "captured")
    known(to_csv(tmp_path / "c.csv", [CAPTURED, captured(), [*captured(ENDS_IN_0), "stray"]]), "captured")
    known(to_xlsx(tmp_path / "a.xlsx", [CAPTURED, captured(), captured(ENDS_IN_0)]))

    assert capsys.readouterr().err == ""


def test_of_a_csv_one_that_ends_in_0_is_believed_behind_an_apostrophe(tmp_path: Path) -> None:
    rows = [CAPTURED, captured(f"'{ENDS_IN_0}")]

    assert list(known(to_csv(tmp_path / "a.csv", rows), "captured").events) == [2]


def test_of_an_xlsx_a_text_that_ends_in_0_is_believed_and_a_number_is_not(tmp_path: Path) -> None:
    rows = [CAPTURED, captured(ENDS_IN_0), captured(int(ENDS_IN_0)), captured(5371010101909001)]
    told = known(to_xlsx(tmp_path / "a.xlsx", rows))

    assert list(told.events) == [2, 4]
    assert [(flaw.cell, flaw.code) for flaw in told.flaws] == [("A3", "bad_nik")]


def test_a_formula_in_a_csv_is_just_text(tmp_path: Path) -> None:
    rows = [[*CAPTURED, "Sesi"], [*captured(), '=HYPERLINK("x";"y")']]
    (event,) = known(to_csv(tmp_path / "a.csv", rows), "captured").events.values()

    assert getattr(event.data, "session") == '=HYPERLINK("x";"y")'  # noqa: B009


def test_a_mark_that_our_own_export_put_before_a_text_is_taken_away(tmp_path: Path) -> None:
    header = ["NIK", "Tgl Kunjungan", "Hasil", "Petugas", "Catatan", "ID"]
    rows = [header, ["5371010101909001", "20/11/2018", "other", "'=Ani", "'3/4", "'001"]]
    (event,) = known(to_csv(tmp_path / "a.csv", rows), "finding.reported").events.values()
    (typed,) = known(to_xlsx(tmp_path / "a.xlsx", rows, "finding.reported")).events.values()

    assert (getattr(event.data, "verifier"), getattr(event.data, "note"), event.id) == ("=Ani", "3/4", "001")  # noqa: B009
    assert (getattr(typed.data, "verifier"), typed.id) == ("'=Ani", "'001")  # noqa: B009


# ------------------------------------------------------------------ days with the month first

MONTH_FIRST = ["11/14/2018", "11/05/2018", "11/06/2018", "11/11/2018", "2018-11-05", "5 November 2018"]


def test_beside_a_day_with_the_month_first_none_is_turned_round(tmp_path: Path) -> None:
    rows = [CAPTURED, *(captured(day=day) for day in MONTH_FIRST)]
    for file in (to_csv(tmp_path / "a.csv", rows), to_xlsx(tmp_path / "a.xlsx", rows)):
        told = known(file, "captured")

        assert [(flaw.cell, flaw.field, flaw.code) for flaw in told.flaws] == [
            (f"B{row}", "captured_on", "bad_data") for row in (2, 3, 4)
        ]
        assert "could be either of two days, for another in this column has the month first" in told.flaws[1].message
        assert "23/11/2018, the day first, or like 2018-11-23" in told.flaws[1].message
        assert "11/05" not in told.flaws[1].message
        assert list(told.events) == [5, 6, 7]


@pytest.mark.parametrize("evidence", ["11/14/2018", "11-14-2018", "11.14.18", "11/14/2018 00:00", " 11/14/2018 "])
def test_it_may_be_the_last_row_and_written_in_another_way(tmp_path: Path, evidence: str) -> None:
    rows = [CAPTURED, captured(day="11/05/2018"), captured(day="13/05/2018"), captured(day=evidence)]

    assert list(known(to_csv(tmp_path / "a.csv", rows), "captured").events) == [3]


def test_a_date_cell_is_doubted_too_for_a_spreadsheet_may_have_made_it_of_such_a_text(tmp_path: Path) -> None:
    days = [date(2018, 5, 11), date(2018, 5, 13), date(2018, 5, 5), "11/14/2018"]
    told = known(to_xlsx(tmp_path / "a.xlsx", [CAPTURED, *(captured(day=day) for day in days)]))

    assert [flaw.cell for flaw in told.flaws] == ["B2", "B5"]


def test_another_column_and_what_is_no_day_say_nothing_of_a_day(tmp_path: Path) -> None:
    rows = [[*CAPTURED, "Waktu", "Sesi"], [*captured(day="11/05/2018"), "11/06/2018", "11/14/2018"]]
    rows += [[*captured(day="11/13/2018"), "13/11/2018", None], [*captured(day="32/13/2018"), "6 November 2018", None]]
    told = known(to_csv(tmp_path / "a.csv", rows), "captured")

    assert [flaw.cell for flaw in told.flaws] == ["B2", "B3", "B4"]


def test_a_time_is_turned_round_no_more_than_a_day(tmp_path: Path) -> None:
    rows = [[*CAPTURED, "Waktu"], [*captured(), "11/06/2018 09:30"], [*captured(), "11/14/2018 09:30"]]
    told = known(to_csv(tmp_path / "a.csv", rows), "captured")

    assert [(flaw.cell, flaw.code) for flaw in told.flaws] == [("D2", "bad_time"), ("D3", "bad_time")]
