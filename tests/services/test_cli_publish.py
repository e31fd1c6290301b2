"""`rekam publish`: all or nothing, unless told to skip; done when intake has accounted for every message."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.services.said import finding, listed, withdrawal, written

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.command_line import CommandLine

pytestmark = pytest.mark.timeout(120)

NIK = "5371014605909101"
BROKEN = finding("publish-broken", NIK[:15])
OUTCOMES = ("appended", "duplicate", "conflict", "quarantined")


def outcomes(document: dict[str, Any]) -> tuple[int, ...]:
    return tuple(document[outcome] for outcome in OUTCOMES)


def position(rekam: CommandLine) -> int:
    return int(rekam.json("status")["position"])


def test_what_is_published_once_is_appended_and_a_second_and_third_time_a_duplicate(
    rekam: CommandLine, tmp_path: Path
) -> None:
    file = written(tmp_path / "file", listed("publish-1", NIK), "", finding("publish-2", NIK))

    told = [outcomes(rekam.json("publish", file)) for _ in range(3)]

    assert told == [(2, 0, 0, 0), (0, 2, 0, 0), (0, 2, 0, 0)]


def test_if_one_line_is_refused_nothing_is_sent_and_the_line_is_named(rekam: CommandLine, tmp_path: Path) -> None:
    file = written(tmp_path / "file", finding("publish-3", NIK), "", BROKEN)
    before = position(rekam)

    document = rekam.json("publish", file, code=1)

    assert (document["accepted"], outcomes(document), position(rekam)) == (1, (0, 0, 0, 0), before)
    assert [(one["file"], one["line"], one["code"]) for one in document["refused"]] == [(file, 3, "bad_nik")]


def test_with_skip_the_others_are_sent(rekam: CommandLine, tmp_path: Path) -> None:
    file = written(tmp_path / "file", BROKEN, finding("publish-4", NIK))

    document = rekam.json("publish", "--skip", file)

    assert (len(document["refused"]), outcomes(document)) == (1, (1, 0, 0, 0))


def test_a_dry_run_checks_every_line_and_sends_nothing(rekam: CommandLine, tmp_path: Path) -> None:
    good, bad = written(tmp_path / "good", finding("publish-5", NIK)), written(tmp_path / "bad", BROKEN)
    before = position(rekam)

    assert outcomes(rekam.json("publish", "--dry-run", good)) == (0, 0, 0, 0)
    assert len(rekam.json("publish", "--dry-run", good, bad, code=1)["refused"]) == 1
    assert len(rekam.json("publish", "--dry-run", "--skip", bad)["refused"]) == 1
    assert position(rekam) == before


def test_every_line_of_every_file_is_named_with_its_own_code(rekam: CommandLine, tmp_path: Path) -> None:
    lines = {
        "not_json": "{", "not_cloudevents": "[]", "unknown_type": json.dumps(finding("x", NIK) | {"type": "other"}),
        "bad_time": json.dumps(finding("x", NIK) | {"time": "2018-11-20"}), "bad_nik": json.dumps(BROKEN),
        "unknown_kelurahan": json.dumps(listed("x", NIK, kelurahan="53.71.01.9999")),
        "bad_data": json.dumps(finding("x", NIK, "maybe")),
        "too_large": json.dumps(finding("x", NIK, note="x" * 40_000)),
        "withdraws_a_withdrawal": json.dumps(withdrawal("x", "x")),
    }  # fmt: skip
    files = [written(tmp_path / code, text) for code, text in lines.items()]

    document = rekam.json("publish", *files, code=1)

    assert [one["code"] for one in document["refused"]] == list(lines)
    assert [one["file"] for one in document["refused"]] == files
    assert {one["line"] for one in document["refused"]} == {1}


def test_a_personal_value_is_described_and_never_shown(rekam: CommandLine, tmp_path: Path) -> None:
    file = written(
        tmp_path / "file", BROKEN, listed("x", NIK, name=7131, birth_date="1990-02-31", address="Jl. Rahasia" * 300)
    )

    done = rekam.run("publish", file)

    assert done.code == 1
    assert "15 digits" in done.answer
    for secret in (NIK[:15], "7131", "1990-02-31", "Rahasia"):
        assert secret not in done.answer + done.talk


def test_an_empty_file_is_done_at_once_and_said(rekam: CommandLine, tmp_path: Path) -> None:
    done = rekam.run("publish", written(tmp_path / "empty"))

    assert (done.code, done.answer) == (0, "0 accepted, 0 refused: nothing was sent\n")
    assert "empty holds no events" in done.talk


def test_events_come_from_stdin_too(rekam: CommandLine) -> None:
    done = rekam.program("publish", "-", "--json", given=json.dumps(finding("publish-6", NIK)).encode())

    assert done.code == 0
    assert outcomes(json.loads(done.answer)) == (1, 0, 0, 0)


def test_one_id_with_other_content_is_a_conflict_and_a_withdrawal_ahead_of_its_target_waits(
    rekam: CommandLine, tmp_path: Path
) -> None:
    file = written(tmp_path / "file", finding("publish-7", NIK), withdrawal("publish-8", "publish-9"))
    other = written(tmp_path / "other", finding("publish-7", NIK, "needs_home_visit"))
    target = written(tmp_path / "target", finding("publish-9", NIK))

    assert outcomes(rekam.json("publish", file)) == (1, 0, 0, 1)
    assert outcomes(rekam.json("publish", other)) == (0, 0, 1, 0)
    before = position(rekam)
    assert outcomes(rekam.json("publish", target)) == (1, 0, 0, 0)
    assert position(rekam) == before + 2


def test_what_is_published_is_told_in_a_line(rekam: CommandLine, tmp_path: Path) -> None:
    told = rekam.printed("publish", written(tmp_path / "file", finding("publish-10", NIK)))

    assert told == "1 accepted, 0 refused: 1 appended\n"
