"""What people see: calm, at 120 columns and in a pipe, nothing cut off; no personal value without need."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from services import page
from tests.services.command_line import REKAM
from tests.services.said import finding, listed, written

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.command_line import CommandLine

pytestmark = pytest.mark.timeout(120)

DAY = ("--on", "2018-11-23")
ANSWERS = [
    "status",
    "counts --on 2018-11-23 --known 1829",
    "counts --on 2019-03-31 --known 1829 --by kecamatan",
    "counts --on 2018-11-23 --by city --list PUSAT-2018-11",
    "flows --from 2018-11-01 --to 2019-03-31",
    "flows --from 2018-11-23 --to 2018-11-23 --known 1000 --then 1829 --by kecamatan",
    "reconcile PUSAT-2018-11 --on 2018-11-23",
    "reconcile PUSAT-2019-03 --on 2019-03-31 --against PUSAT-2018-11",
    "audit check",
    "audit explain --area 53.71.06 --standing departed --on 2018-11-23",
    "list outstanding --on 2018-11-23",
    "list cleared --on 2018-11-23 --list PUSAT-2018-11",
]
NIK = re.compile(r"\b\d{16}\b")


@pytest.mark.parametrize("words", ANSWERS)
def test_an_answer_fits_into_120_columns_and_nothing_is_cut_off(rekam: CommandLine, words: str) -> None:
    printed = rekam.printed(*words.split())

    assert [line for line in printed.splitlines() if len(line) > 120] == []
    assert "…" not in printed
    assert "\x1b" not in printed
    assert [line for line in printed.splitlines() if line != line.rstrip()] == []


@pytest.mark.parametrize("words", [*ANSWERS, "quarantine list --all", "audit replay"])
def test_no_nik_is_in_an_answer(rekam: CommandLine, words: str) -> None:
    assert NIK.findall(rekam.printed(*words.split())) == []
    if words != "audit replay":
        assert NIK.findall(str(rekam.json(*words.split()))) == []


def test_counts_name_the_areas_add_them_up_and_leave_out_standings_that_nobody_has(rekam: CommandLine) -> None:
    printed = rekam.printed("counts", *DAY, "--known", "1829")

    assert "53.71.01 Alak" in printed
    assert "  1001 Namosain" in printed
    assert "unlisted" not in printed
    total = next(line for line in printed.splitlines() if line.startswith("total"))
    assert total.split()[-3:] == ["554", "254", "300"]


def test_flows_of_every_kelurahan_are_one_table_and_no_wall(rekam: CommandLine) -> None:
    printed = rekam.printed("flows", "--from", "2018-11-01", "--to", "2018-11-23", "--known", "1829")

    assert len(printed.splitlines()) < 100
    for line in printed.partition("truly outstanding")[2].splitlines()[1:]:
        opening, restated, came, went, closing = (
            int(figure.replace(",", "").replace("·", "0")) for figure in line.split()[-5:]
        )
        assert closing == opening + restated + came - went


def test_a_list_that_balances_is_said_in_sums(rekam: CommandLine) -> None:
    printed = rekam.printed("reconcile", "PUSAT-2018-11", *DAY, "--known", "1829")

    assert "630 rows declared = 630 members + residual 0" in printed
    assert "630 members = 330 cleared + 300 truly outstanding" in printed


def test_a_list_by_name_goes_from_kelurahan_to_kelurahan_and_shows_all_that_is_known(rekam: CommandLine) -> None:
    printed = rekam.printed("list", "outstanding", *DAY, "--known", "1829")
    rows = rekam.json("list", "outstanding", *DAY, "--known", "1829")["rows"]

    assert f"{len(rows)} people on 2018-11-23" in printed
    for row in rows:
        for known in ("name", "nik", "family_card", "birth_date", "address", "obliged_since", "status", "last_visit"):
            assert row[known] is None or str(row[known]) in printed


def test_what_comes_from_outside_cannot_move_the_cursor(rekam: CommandLine, tmp_path: Path) -> None:
    evil = listed("printed-1", "5371014605909103", name="Sari\x1b[2J\rUji\nsecond line", kelurahan="53.71.06.1010")
    rekam.json("publish", written(tmp_path / "file", evil))

    printed = rekam.printed("list", "outstanding", "--kelurahan", "53.71.06.1010")

    assert "\x1b" not in printed
    assert "\r" not in printed
    assert "Sari\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}Uji\N{REPLACEMENT CHARACTER}second line" in printed


def test_a_canary_is_only_where_a_name_must_be_shown(rekam: CommandLine, tmp_path: Path) -> None:
    nik, name = "5371014605909104", "Kenari Kuning"
    rekam.json(
        "publish",
        written(tmp_path / "file", listed("canary-1", nik, name=name), finding("canary-2", nik, note=f"{name} {nik}")),
    )
    subject = rekam.json("audit", "trail", nik)["subject"]

    shown = rekam.printed("list", "outstanding", "--kelurahan", "53.71.01.1001")
    others = [
        rekam.run(*words.split(), *json)
        for json in ([], ["--json"])
        for words in (
            "status", "counts", "flows --from 2018-11-01 --to 2018-12-31", "reconcile TEST-LIST",
            "quarantine list --all",
            f"audit trail {nik}", f"audit trail {subject}", "audit check", f"publish {tmp_path / 'file'}",
            "audit explain --area 53.71.01.1001 --standing outstanding",
        )
    ]  # fmt: skip
    logs = [file.read_text(errors="replace") for file in rekam.data.glob("*.log")]

    assert name in shown
    assert nik not in shown
    for text in [*(done.answer + done.talk for done in others), rekam.printed("audit", "replay"), *logs]:
        assert nik not in text
        assert name not in text


def test_a_reader_who_has_seen_enough_is_no_error(rekam: CommandLine) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{REKAM} audit replay | head -n 1"],
        env=rekam.environ, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert (done.stdout.count("\n"), done.stderr) == (1, "")


def test_a_replay_is_json_whether_that_is_asked_for_or_not(rekam: CommandLine) -> None:
    plain, as_json = (rekam.run("audit", "replay", "--to", "3", *more) for more in ((), ("--json",)))

    assert (as_json.code, as_json.answer) == (0, plain.answer)
    assert as_json.answer.count("\n") == 3


def test_a_terminal_that_is_not_utf_8_shows_what_it_can(rekam: CommandLine) -> None:
    here = type(rekam)(rekam.data, {"PYTHONIOENCODING": "ascii"})

    done = here.program("counts", *DAY)

    assert (done.code, done.talk) == (0, "")


def test_a_question_is_not_kept_waiting_by_what_it_does_not_need(rekam: CommandLine) -> None:
    heavy = ("faststream", "rich.console", "structlog", "services.scenario", "services.intake")
    script = (
        f"import sys, services.questions, services.upkeep; print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_a_table_sets_numbers_to_the_right_and_leaves_nothing_out(capsys: pytest.CaptureFixture[str]) -> None:
    page.table(["name", "people\nhere"], [["a long name", 1234567], ["b", 0], ["c", None]])

    assert capsys.readouterr().out == (
        "                people\n"
        "name              here\n"
        "a long name  1,234,567\n"
        "b                    ·\n"
        "c\n"
    )  # fmt: skip
