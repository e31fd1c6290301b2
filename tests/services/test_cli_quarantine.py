"""`rekam quarantine`: what is parked, put through once more, or given up with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.services.said import finding, listed, withdrawal, written

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.command_line import CommandLine

pytestmark = pytest.mark.timeout(120)

NIK = "5371014605909102"


def parked(rekam: CommandLine, id_: str, *words: str) -> dict[str, Any]:
    """The parked message of that id."""
    (found,) = (row for row in rekam.json("quarantine", "list", *words)["rows"] if row["id"] == id_)
    return dict(found)


def conflict(rekam: CommandLine, folder: Path, id_: str, **data: Any) -> dict[str, Any]:
    rekam.json("publish", written(folder / "one", listed(id_, NIK)))
    rekam.json("publish", written(folder / "other", listed(id_, NIK, **data)))
    return parked(rekam, id_)


def test_the_demo_leaves_two_messages_open_of_each_code_and_two_conflicts(rekam: CommandLine) -> None:
    codes = [row["code"] for row in rekam.json("quarantine", "list")["rows"] if "synthetic" in (row["source"] or "")]

    assert codes.count("conflict") == 2
    assert {codes.count(code) for code in ("bad_nik", "bad_data", "bad_time", "wrong_topic", "waits_for_target")} == {2}


def test_a_conflict_is_shown_with_both_versions_and_what_they_differ_in(rekam: CommandLine, tmp_path: Path) -> None:
    row = conflict(rekam, tmp_path, "conflict-1", kelurahan="53.71.01.1002", name="Lain Sekali")

    assert row["differs"] == ["kelurahan", "name"]
    assert row["stands"]["fact"]["kelurahan"] == "53.71.01.1001"
    assert row["parked_version"]["fact"]["kelurahan"] == "53.71.01.1002"
    told = rekam.printed("quarantine", "list")
    assert "they differ in kelurahan, name" in told
    assert "Lain Sekali" not in told + str(row)
    assert NIK not in told + str(row)


def test_a_conflict_can_only_be_dismissed_and_only_once(rekam: CommandLine, tmp_path: Path) -> None:
    number = str(conflict(rekam, tmp_path, "conflict-2", sex="M")["number"])

    redriven = rekam.json("quarantine", "redrive", number, code=1)
    dismissed = rekam.json("quarantine", "dismiss", number, "--reason", "salah ketik")
    again = rekam.json("quarantine", "dismiss", number, "--reason", "salah ketik", code=1)

    assert redriven["rows"][0]["outcome"] == "conflict"
    assert [told["rows"][0]["outcome"] for told in (dismissed, again)] == ["dismissed", "not_open"]
    assert "conflict-2" not in {row["id"] for row in rekam.json("quarantine", "list")["rows"]}
    ended = parked(rekam, "conflict-2", "--all")
    assert (ended["resolution"], ended["reason"]) == ("dismissed", "salah ketik")
    assert "→ dismissed: salah ketik" in rekam.printed("quarantine", "list", "--all")


def test_what_is_redriven_is_refused_again_while_nothing_has_changed(rekam: CommandLine) -> None:
    (number, *_) = (row["number"] for row in rekam.json("quarantine", "list")["rows"] if row["code"] == "bad_data")

    done = rekam.run("quarantine", "redrive", str(number))

    assert (done.code, done.answer) == (1, f"{number}: bad_data\n")


def test_a_withdrawal_of_anothers_fact_is_appended_once_its_source_may_correct(
    rekam: CommandLine, tmp_path: Path
) -> None:
    rekam.json("publish", written(tmp_path / "target", finding("redrive-1", NIK)))
    foreign = withdrawal("redrive-2", "redrive-1") | {"source": "urn:rekam:test:head-office"}
    correcting = {"REKAM_CORRECTING_SOURCES": "urn:rekam:test:head-office"}
    allowed = type(rekam)(rekam.data, correcting)
    sent = allowed.json("publish", written(tmp_path / "foreign", foreign))
    row = parked(rekam, "redrive-2")

    redriven = allowed.json("quarantine", "redrive", str(row["number"]))

    assert (sent["quarantined"], row["code"]) == (1, "not_yours_to_withdraw")
    assert redriven["rows"][0]["outcome"] == "appended"
    assert parked(rekam, "redrive-2", "--all")["resolution"] == "appended"


def test_a_number_that_is_not_there_is_said_and_exit_1(rekam: CommandLine) -> None:
    for words in (("redrive", "999999"), ("dismiss", "999999", "--reason", "x")):
        done = rekam.run("quarantine", *words)

        assert (done.code, done.answer) == (1, "999,999: there is no open message of that number\n")


def test_a_dismissal_without_a_reason_is_wrong_use(rekam: CommandLine) -> None:
    done = rekam.run("quarantine", "dismiss", "1", "--reason", " ")

    assert done.code == 2
    assert "--reason is empty" in done.talk
