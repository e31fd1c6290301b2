"""`rekam publish` of sheets and `rekam template`, beside a running register: all or nothing, and twice is harmless."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook

from tests.services.command_line import CommandLine
from tests.services.said import finding, written
from tests.services.shapes import ABSENT, wrong
from tests.services.sheets.paper import to_csv, to_xlsx

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(120)

HEADER = ["No", "NIK", "Tanggal Kunjungan", "Hasil", "Petugas"]
OUTCOMES = ("appended", "duplicate", "conflict", "quarantined")
SAID = ("--source", "urn:rekam:test:sheets")
FINDING = ("--kind", "finding.reported", *SAID)

PUBLISHED = {
    "accepted": int,
    "refused": [{"file": str, "sheet": (str, None), "line": int, "cell": (str, None), "field": (str, None),
                 "code": str, "message": str}],
    "appended": int, "duplicate": int, "conflict": int, "quarantined": int,
    "understood": (ABSENT, [{"file": str, "sheet": (str, None), "line": int, "id": str, "source": str, "type": str,
                             "time": str, "recordedtime": str, "data": dict}]),
}  # fmt: skip


def nik(serial: int) -> str:
    return f"537101460590{serial}"


def row(serial: int, outcome: str = "tidak ditemukan", day: str = "20/11/2018") -> list[Any]:
    return [serial - 9000, nik(serial), day, outcome, "Petugas Rahasia"]


def outcomes(document: dict[str, Any]) -> tuple[int, ...]:
    return tuple(document[outcome] for outcome in OUTCOMES)


def position(rekam: CommandLine) -> int:
    return int(rekam.json("status")["position"])


def test_a_workbook_that_is_published_again_is_all_duplicates(rekam: CommandLine, tmp_path: Path) -> None:
    file = str(to_xlsx(tmp_path / "twice.xlsx", [HEADER, row(9301), row(9302)], "finding.reported"))

    told = [outcomes(rekam.json("publish", file, *SAID)) for _ in range(3)]

    assert told == [(2, 0, 0, 0), (0, 2, 0, 0), (0, 2, 0, 0)]


def test_a_csv_that_is_published_again_is_all_duplicates(rekam: CommandLine, tmp_path: Path) -> None:
    file = str(to_csv(tmp_path / "lines.csv", [["Kelurahan Namosain"], [], HEADER, row(9303), [], row(9304)]))

    assert outcomes(rekam.json("publish", file, *FINDING)) == (2, 0, 0, 0)
    assert outcomes(rekam.json("publish", file, *FINDING)) == (0, 2, 0, 0)
    trail = rekam.json("audit", "trail", nik(9304))
    assert [(fact["id"], fact["valid_on"]) for fact in trail["facts"]] == [("lines:6", "2018-11-20")]


def test_a_row_that_was_changed_is_a_conflict(rekam: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "changed.xlsx"
    rekam.json("publish", str(to_xlsx(file, [HEADER, row(9305), row(9306)], "finding.reported")), *SAID)
    to_xlsx(file, [HEADER, row(9305), row(9306, "menolak")], "finding.reported")

    assert outcomes(rekam.json("publish", str(file), *SAID)) == (0, 1, 1, 0)


def test_if_one_row_is_refused_nothing_is_sent_unless_it_is_skipped(rekam: CommandLine, tmp_path: Path) -> None:
    rows = [HEADER, row(9307), [1, nik(9308)[:15], "11/23/2018", "lenyap", None], row(9309)]
    file = str(to_xlsx(tmp_path / "bad.xlsx", rows, "finding.reported"))
    before = position(rekam)

    document = rekam.json("publish", file, *SAID, code=1)

    assert (document["accepted"], outcomes(document), position(rekam)) == (2, (0, 0, 0, 0), before)
    assert wrong(document, PUBLISHED) == []
    assert [(one["sheet"], one["line"], one["cell"], one["field"], one["code"]) for one in document["refused"]] == [
        ("finding.reported", 3, "B3", "nik", "bad_nik"), ("finding.reported", 3, "C3", "found_on", "bad_data"),
        ("finding.reported", 3, "D3", "outcome", "bad_data"),
    ]  # fmt: skip
    assert outcomes(rekam.json("publish", "--skip", file, *SAID)) == (2, 0, 0, 0)


def test_lines_and_sheets_may_be_published_together(rekam: CommandLine, tmp_path: Path) -> None:
    lines = written(tmp_path / "lines.jsonl", finding("mixed-1", nik(9310)), finding("mixed-2", "1"))
    sheet = str(to_csv(tmp_path / "mixed.csv", [HEADER, row(9311)]))

    document = rekam.json("publish", "--skip", lines, sheet, *FINDING)

    assert (outcomes(document), [set(one) for one in document["refused"]]) == (
        (2, 0, 0, 0), [{"file", "line", "code", "message"}]
    )  # fmt: skip


# ------------------------------------------------------------------ without a register: a dry run needs none


@pytest.fixture
def here(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "none")


def test_a_dry_run_shows_the_first_rows_as_they_were_understood_and_no_personal_value(
    here: CommandLine, tmp_path: Path
) -> None:
    file = str(to_csv(tmp_path / "dry.csv", [HEADER, *(row(9320 + n) for n in range(9))]))
    document = here.json("publish", "--dry-run", file, *FINDING)
    done = here.run("publish", "--dry-run", file, *FINDING)

    assert wrong(document, PUBLISHED) == []
    assert [one["line"] for one in document["understood"]] == [2, 3, 4, 5, 6]
    assert document["understood"][0]["data"] == {
        "nik": "537101******9320", "found_on": "2018-11-20", "outcome": "not_found",
        "verifier": "a text of 15 characters",
    }  # fmt: skip
    assert document["understood"][0]["time"] == "2018-11-20T00:00:00+08:00"
    assert "537101******9320" in done.answer
    assert done.answer.endswith("9 accepted, 0 refused: nothing was sent\n")
    for secret in (nik(9320), nik(9320)[6:12], "Rahasia"):
        assert secret not in done.answer + done.talk + json.dumps(document)


def test_refusals_are_told_by_place_and_show_no_personal_value(here: CommandLine, tmp_path: Path) -> None:
    header = ["NIK", "Nama Daftar", "Tanggal Daftar", "Nama", "Jenis Kelamin", "Tanggal Lahir", "Pernah Kawin",
              "Kelurahan", "Alamat", "RT", "RW", "Nomor KK"]  # fmt: skip
    bad = ["537101460590930", "L", "31/02/2018", 71.5, "Sari", "17-05-90", "Uji", "Jalan Rahasia", True, "1/2", -7,
           "5,3E+15"]  # fmt: skip
    file = str(to_xlsx(tmp_path / "bad.xlsx", [header, bad], "resident_listed"))
    done = here.run("publish", file, *SAID)

    assert done.code == 1
    assert [line.split(" ")[2].strip("():") for line in done.answer.splitlines()[:-1]] == [
        f"{letter}2" for letter in "ACDEFGHIJKL"
    ]
    assert done.answer.endswith("0 accepted, 1 refused: nothing was sent\n")
    for secret in ("53710146", "71.5", "Sari", "17-05-90", "Uji", "Rahasia", "1/2", "5,3E"):
        assert secret not in done.answer.replace("23/11/2018", "") + done.talk


def test_what_the_contract_alone_refuses_has_its_place_too(here: CommandLine, tmp_path: Path) -> None:
    header = ["NIK", "Tanggal Pindah", "Nomor SKPWNI", "Tujuan", "Berlaku Sampai"]
    rows: list[list[Any]] = [
        [nik(9331), "20/11/2018", "x", "9999", None],
        [nik(9332), "20/11/2018", "x", 5171, "19/11/2018"],
        [nik(9333), "20/11/2118", "x", 5171, None],
    ]
    file = str(to_csv(tmp_path / "a.csv", [header, *rows]))
    document = here.json("publish", file, "--kind", "departed", *SAID, code=1)

    assert [(one["cell"], one["field"], one["code"]) for one in document["refused"]] == [
        ("D2", "destination", "bad_data"), ("E3", "valid_until", "bad_data"), ("B4", "departed_on", "bad_time"),
    ]  # fmt: skip


def test_of_very_many_refusals_the_first_are_shown_and_the_others_counted(here: CommandLine, tmp_path: Path) -> None:
    file = str(to_csv(tmp_path / "a.csv", [HEADER, *([row(9000 + n, "lenyap") for n in range(1, 131)])]))
    done = here.run("publish", file, *FINDING)

    assert len(here.json("publish", file, *FINDING, code=1)["refused"]) == 130
    assert len(done.answer.splitlines()) == 102
    assert "… and 30 more; --json has them all" in done.answer


def test_a_page_that_is_not_read_beside_one_that_is_is_said(here: CommandLine, tmp_path: Path) -> None:
    file = to_xlsx(tmp_path / "two.xlsx", [HEADER, row(9340)], "finding.reported")
    book = load_workbook(file)
    for title in ("Namosain", "Penjelasan"):
        book.create_sheet(title).append(HEADER)
    book.save(file)

    done = here.run("publish", "--dry-run", str(file), *SAID)

    assert done.answer.endswith("1 accepted, 0 refused: nothing was sent\n")
    assert "only pages named after a kind are read, and not 'Namosain': rename" in done.talk


def test_empty_rows_are_said(here: CommandLine, tmp_path: Path) -> None:
    file = to_xlsx(tmp_path / "a.xlsx", [HEADER, row(9340), [], [], row(9341), [], row(9342)], "finding.reported")

    assert "page 'finding.reported': empty rows were passed over: 3 to 4, 6" in here.run(
        "publish", "--dry-run", str(file), *SAID
    ).talk  # fmt: skip


def test_a_sheet_whose_headings_are_wrong_is_refused_as_a_whole_also_when_skipping(
    here: CommandLine, tmp_path: Path
) -> None:
    good = str(to_csv(tmp_path / "good.csv", [HEADER, row(9353)]))
    bad = str(to_csv(tmp_path / "bad.csv", [HEADER, row(9351), [*row(9352), "tamu"]]))
    document = here.json("publish", "--dry-run", "--skip", good, bad, *FINDING)

    assert (document["accepted"], [(one["line"], one["cell"]) for one in document["refused"]]) == (1, [(1, "F1")])
    assert {one["file"] for one in document["understood"]} == {good}


def test_one_id_for_two_rows_is_refused_before_it_becomes_a_conflict(here: CommandLine, tmp_path: Path) -> None:
    rows = [[*row(9361), "a"], [*row(9362), "a"], [*row(9363), "b"], [77, *row(9363)[1:], "b"]]
    file = str(to_csv(tmp_path / "a.csv", [[*HEADER, "ID"], *rows]))
    document = here.json("publish", "--dry-run", file, *FINDING, code=1)

    assert document["accepted"] == 3
    assert [(one["cell"], one["code"]) for one in document["refused"]] == [("F3", "conflict")]


def test_two_files_of_one_name_are_told_apart_by_hand(here: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    first = str(to_csv(tmp_path / "same.csv", [HEADER, row(9371)]))
    second = str(to_csv(tmp_path / "other" / "same.csv", [HEADER, row(9372)]))
    (refused,) = here.json("publish", "--dry-run", first, second, *FINDING, code=1)["refused"]

    assert (refused["file"], refused["line"], refused["code"]) == (second, 2, "conflict")
    assert f"row 2 of {first}" in refused["message"]


def test_a_file_whose_name_is_no_utf_8_is_told_of(here: CommandLine, tmp_path: Path) -> None:
    bad = str(to_csv(tmp_path / "\udce9.csv", [HEADER, row(9330), row(9331, "lenyap")]))
    lines = written(tmp_path / "\udce9.jsonl", finding("no-utf-8", "1"))

    document = here.json("publish", "--dry-run", bad, lines, *FINDING, "--sheet", "e", code=1)

    assert [one["file"][-6:] for one in document["understood"]] == ["/\ufffd.csv"]
    assert [one["file"].rpartition("/")[2] for one in document["refused"]] == ["\ufffd.csv", "\ufffd.jsonl"]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("lines.jsonl --kind captured", "--kind: for CSV and XLSX only"),
        ("lines.jsonl --source x --sheet y", "--source, --sheet: for CSV and XLSX only"),
        ("a.csv", "say with --kind what its rows are: list_declared, resident_listed"),
        ("a.csv --kind nonsense", "there is no kind 'nonsense'; there are list_declared"),
        ("a.csv --kind resident_liste", "is it resident_listed?"),
        ("a.csv b.csv --kind captured --sheet x", "--sheet names one sheet, and here are 2 files"),
        ("none.csv --kind captured", "none.csv cannot be read: No such file or directory"),
        ("none.xlsx --kind captured", "none.xlsx cannot be read: No such file or directory"),
        ("a.csv --kind captured --source \udce9", "--source is not UTF-8: type it again"),
        ("a.csv --kind captured --source urn:5371010101909001", "--source holds a NIK"),
        ("a.csv --kind captured --sheet \udce9", "--sheet is not UTF-8: type it again"),
        ("a.ods", "a.ods is not read as it is: open it in the office program and save it as XLSX, or as CSV"),
        ("a.xls", "a.xls is not read as it is"),
    ],
)
def test_wrong_use_of_a_sheet_is_exit_2_and_says_the_way_out(
    here: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, named: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("lines.jsonl", "a.csv", "b.csv", "a.ods", "a.xls"):
        (tmp_path / name).touch()
    done = here.run("publish", *words.split())

    assert (done.code, done.answer) == (2, "")
    assert named in done.talk
    assert done.talk.count("\n") == 1


def test_a_template_is_written_filled_in_and_published(
    rekam: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert rekam.printed("template", "finding.reported") == "finding.reported.xlsx\n"
    assert rekam.printed("template", "departed", "--language", "en", "--output", "out.xlsx") == "out.xlsx\n"
    assert rekam.run("template", "finding.reported").code == 2
    book = load_workbook("finding.reported.xlsx")
    book.worksheets[0].append([nik(9380), "20/11/2018", "pindah"])
    book.save("finding.reported.xlsx")

    assert outcomes(rekam.json("publish", "finding.reported.xlsx", *SAID)) == (1, 0, 0, 0)
    assert load_workbook("out.xlsx").sheetnames == ["departed", "Explanation"]
