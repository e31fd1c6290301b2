"""Rows: what each becomes, by which id, and everything that is wrong with one, by its place."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from events.errors import WrongUse
from tests.services.sheets.paper import CAPTURED, captured, known, only_flaw, to_csv, to_xlsx

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


@pytest.mark.parametrize("id_", ["5371010101909001", "baris 5371010101909001", 5371010101909])
def test_an_id_must_not_hold_a_nik(tmp_path: Path, id_: Any) -> None:
    file = to_xlsx(tmp_path / "a.xlsx", [[*CAPTURED, "ID"], [*captured(), id_]])
    if isinstance(id_, int):
        assert known(file).events[2].id == str(id_)
    else:
        assert "holds a NIK" in only_flaw(file).message


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
    flaw = only_flaw(to_xlsx(tmp_path / "a.xlsx", [[*header, field], [*row, "NIK 5371010101909001"]], kind))

    assert (flaw.field, flaw.cell) == (field, "D2" if kind == "captured" else "C2")
    assert "holds a NIK, and is kept in clear for ever" in flaw.message


def test_a_file_must_not_be_named_by_a_nik(tmp_path: Path) -> None:
    file = to_xlsx(tmp_path / "warga 5371010101909001.xlsx", [CAPTURED, captured()])

    with pytest.raises(WrongUse, match="holds a NIK, and goes into ids"):
        known(file)
    assert [event.id for event in known(file, name="warga").events.values()] == ["warga:2"]


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
