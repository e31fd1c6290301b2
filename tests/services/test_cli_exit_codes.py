"""How a command ends: 0 done, 1 the answer is "no", 2 wrong use, 3 an engine cannot be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.services.command_line import CommandLine

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(120)

DAY = "--on 2018-11-23"
UNKNOWN_NIK = "5371010101909999"
UNKNOWN_SUBJECT = "4e6f626f647920697320746869732031"
KELURAHAN = "53.71.01.1001"

#: words, and what the talk must name: the thing, the value, the way out
WRONG_USE = [
    ("", "Usage: rekam"),
    ("nonsense", "No such command 'nonsense'"),
    ("counts --nonsense", "No such option: --nonsense"),
    ("counts --on", "requires an argument"),
    ("counts --on 2018-13-01", "--on '2018-13-01' is no day; write it like 2018-11-23"),
    ("counts --on 23-11-2018", "--on '23-11-2018' is no day"),
    ("counts --on 1849-12-31", "--on '1849-12-31' is no day"),
    ("counts --on 2200-01-01", "--on '2200-01-01' is no day"),
    (f"counts {DAY} --by rw", "--by 'rw': write one of kelurahan, kecamatan, city"),
    (f"counts {DAY} --known yesterday", "--known 'yesterday' is neither a position nor a time"),
    (f"counts {DAY} --known 2018-11-23T17:00:00", "is neither a position nor a time"),
    (f"counts {DAY} --known -1", "--known '-1' is neither a position nor a time"),
    ("flows --from 2018-11-23 --to 2018-11-01", "a period ends after it begins"),
    ("flows --from 2018-11-01 --to 2018-11-23 --known 900 --then 800", "a period ends after it begins"),
    ("flows --from 2018-11-01", "Missing option '--to'"),
    ("reconcile", "Missing argument 'LIST'"),
    ("list nobody", "no such standing: 'nobody'; there are unlisted, deceased"),
    (f"list nowhere {DAY}", "who stands nowhere is in no count"),
    (f"list outstanding {DAY} --kelurahan 53.71.09.1001", "no such area: '53.71.09.1001'"),
    (f"list outstanding {DAY} --kelurahan 5371011001", "no such area: '5371011001'; give a code with dots"),
    (f"audit explain --area 99 --standing recorded {DAY}", "no such area: '99'"),
    (f"audit explain --area 53.71 --standing nobody {DAY}", "no such standing: 'nobody'"),
    ("audit explain --standing recorded", "Missing option '--area'"),
    ("audit trail nobody", "a NIK of 16 digits, or by a subject of 32 hex digits"),
    ("audit replay --from 0", "'--from': Input should be greater than or equal to 1"),
    ("audit replay --from 9 --to 3", "--from 9 --to 3: a stretch of the log ends after it begins"),
    ("audit replay --from one", "'--from': Input should be a valid integer"),
    ("rebuild", "Missing argument 'VIEW…'"),
    ("rebuild nothing", "there is no view 'nothing'; there are counts, trail, outstanding"),
    ("run nothing", "there is no process 'nothing'; there are intake, relay, counts, trail, outstanding"),
    ("prepare", "REKAM_DATABASE is empty, and our own engines are prepared by `rekam up`"),
    ("publish", "Missing argument 'FILE…'"),
    ("publish no-such-file.jsonl", "no-such-file.jsonl cannot be read: No such file or directory"),
    ("publish .", ". cannot be read: Is a directory"),
    ("quarantine redrive one", "'NUMBER…': Input should be a valid integer"),
    ("quarantine dismiss 1", "Missing option '--reason'"),
    ("quarantine redrive 99999999999999999999", "'NUMBER…': Input should be less than or equal to"),
]

NO_ANSWER = [
    ("counts --on 2018-10-31", "before the register's first day, 2018-11-01"),
    ("flows --from 2018-10-31 --to 2018-11-23", "before the register's first day"),
    ("list outstanding --on 2017-01-01", "before the register's first day"),
    ("audit explain --area 53.71 --standing recorded --on 2017-01-01", "before the register's first day"),
    (f"counts {DAY} --known 0", "at position 0"),
    (f"counts {DAY} --known 999999", "position 999999 is ahead"),
    (f"counts {DAY} --known 99999999999999999999", "position 99999999999999999999 is ahead"),
    (f"list recorded {DAY} --known 999999", "position 999999 is ahead"),
    ("audit replay --to 999999", "position 999999 is ahead of the log"),
    ("audit replay --from 999999", "position 999999 is ahead of the log"),
    (f"reconcile NO-SUCH-LIST {DAY}", "'NO-SUCH-LIST'"),
    (f"reconcile PUSAT-2018-11 {DAY} --against NO-SUCH-LIST", "'NO-SUCH-LIST'"),
    (f"reconcile PUSAT-2019-03 {DAY} --known {{between}}", "'PUSAT-2019-03'"),
    (f"counts {DAY} --list NO-SUCH-LIST", "'NO-SUCH-LIST'"),
    (f"list recorded {DAY} --list NO-SUCH-LIST", "'NO-SUCH-LIST'"),
    (f"audit trail {UNKNOWN_SUBJECT}", "nothing is known of subject"),
    (f"audit trail {UNKNOWN_NIK}", "nothing is known of a resident with that NIK"),
]


def said_by(rekam: CommandLine, words: str, code: int) -> str:
    done = rekam.run(*words.split())
    assert (done.code, done.answer) == (code, ""), (words, done)
    assert "Traceback" not in done.talk
    return done.talk


@pytest.mark.parametrize(("words", "named"), WRONG_USE, ids=[words for words, _ in WRONG_USE])
def test_wrong_use_is_exit_2_and_names_what_is_wrong(rekam: CommandLine, words: str, named: str) -> None:
    if not words:
        assert rekam.run().code == 2
        return
    assert named in said_by(rekam, words, 2)


@pytest.mark.parametrize(("words", "named"), NO_ANSWER, ids=[words for words, _ in NO_ANSWER])
def test_a_question_without_an_answer_is_exit_1_with_the_reason(
    rekam: CommandLine, between: int, words: str, named: str
) -> None:
    said = said_by(rekam, words.format(between=between), 1)

    assert named in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("nik", [UNKNOWN_NIK, "5371013201909999", "5371010101900000", "9971010101909999", "０" * 16])
def test_a_nik_that_is_unknown_or_none_is_never_repeated(rekam: CommandLine, nik: str) -> None:
    done = rekam.run("audit", "trail", nik)

    assert done.code in {1, 2}
    assert nik not in done.answer + done.talk


def test_a_time_on_the_command_line_is_what_was_accepted_by_then(rekam: CommandLine) -> None:
    first = rekam.json("audit", "trail", rekam.json("list", "recorded", *DAY.split())["rows"][0]["subject"])["facts"][0]
    early = rekam.run("counts", *DAY.split(), "--known", "2018-11-23T17:00:00+08:00")
    then = rekam.run("counts", *DAY.split(), "--known", first["accepted"], "--json")
    to_come = rekam.json("counts", *DAY.split(), "--known", "2999-01-01T00:00:00Z")

    assert (early.code, "position 0" in early.talk) == (1, True)
    assert then.code in {0, 1}
    assert to_come["position"] == rekam.json("counts", *DAY.split())["position"]


@pytest.mark.parametrize(
    ("setting", "value", "named"),
    [
        ("REKAM_DATABSE", "x", "REKAM_DATABSE is no setting; the nearest is REKAM_DATABASE"),
        ("REKAM_API", "nowhere", "REKAM_API is 'nowhere', which is no host:port"),
        ("REKAM_DEPARTURE_DAYS", "soon", "REKAM_DEPARTURE_DAYS"),
        ("REKAM_KAFKA_SECURITY", "none", "REKAM_KAFKA_SECURITY is 'none'; write one of"),
        ("REKAM_DATABASE", "not an address", "REKAM_DATABASE is no PostgreSQL address"),
    ],
)
def test_a_wrong_setting_is_exit_2(tmp_path: Path, setting: str, value: str, named: str) -> None:
    here = CommandLine(tmp_path, {setting: value} | ({"REKAM_KAFKA": "127.0.0.1:1"} if "DATABASE" in setting else {}))

    assert named in said_by(here, "status", 2)


@pytest.mark.parametrize(
    "words",
    ["status", "counts", "list outstanding", "audit check", "audit replay", "quarantine list", "quarantine redrive 1",
     "quarantine dismiss 1 --reason x", "rebuild counts", "run intake"],
)  # fmt: skip
def test_without_engines_every_question_is_exit_3_and_says_how_to_start_them(tmp_path: Path, words: str) -> None:
    assert "start them with `rekam up`" in said_by(CommandLine(tmp_path / "none"), words, 3)


def test_an_engine_that_does_not_answer_is_exit_3_and_named(tmp_path: Path) -> None:
    nowhere = {"REKAM_KAFKA": "127.0.0.1:1", "REKAM_DATABASE": "postgresql://rekam@127.0.0.1:1/rekam"}

    assert "PostgreSQL does not answer" in said_by(CommandLine(tmp_path, nowhere), "status", 3)


def test_a_kafka_that_does_not_answer_is_exit_3_and_named(tmp_path: Path, database: str) -> None:
    here = CommandLine(tmp_path / "data", {"REKAM_KAFKA": "127.0.0.1:1", "REKAM_DATABASE": database})

    assert "Kafka at 127.0.0.1:1 does not answer" in said_by(here, "up", 3)


def test_a_database_without_a_register_is_exit_1(tmp_path: Path, empty_database: str) -> None:
    here = CommandLine(tmp_path, {"REKAM_KAFKA": "127.0.0.1:1", "REKAM_DATABASE": empty_database})

    assert "start it with `rekam up`" in said_by(here, "status", 1)


def test_a_second_up_on_the_same_folder_is_refused_and_the_first_goes_on(rekam: CommandLine) -> None:
    assert "runs the engines in" in said_by(rekam, "up", 1)
    assert rekam.run("status").code == 0


def test_help_says_what_each_command_is_for_on_one_line_each(rekam: CommandLine) -> None:
    for words in ([], ["audit"], ["quarantine"]):
        done = rekam.run(*words, "--help")

        assert done.code == 0
        assert "..." not in done.answer.partition("Commands:")[2]


def test_the_version_is_said(rekam: CommandLine) -> None:
    assert rekam.printed("--version").startswith("rekam 0.")
