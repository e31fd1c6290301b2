"""The commands of `rekam user`: nobody is there by default, and what is secret is shown once."""

from __future__ import annotations

import getpass
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg
import pytest

from events.database import connect
from services.access import tokens, users
from services.access.passwords import Passwords
from services.access.roles import Caller, Role
from services.processes import prepare, unlock
from tests.register import settings_of
from tests.services.command_line import CommandLine

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = "four words of mine"
OFFICER = ("--role", "officer", "--area", "53.71.01")


@pytest.fixture
def address(database: str) -> str:
    prepare(database)
    return database


@pytest.fixture
def rekam(address: str, tmp_path: Path) -> CommandLine:
    engines = {"REKAM_DATABASE": address, "REKAM_KAFKA": "127.0.0.1:1", "REKAM_KEYS": str(tmp_path / "keys")}
    return CommandLine(tmp_path / "data", engines)


def kept(address: str, name: str) -> str | None:
    with connect(address, "rekam_access") as connection:
        user = users.find(connection.cursor(), name)
    assert user is not None
    return user.password


def test_a_token_is_signed_with_the_register_s_own_keys_or_not_at_all(
    rekam: CommandLine, address: str, tmp_path: Path
) -> None:
    unlock(settings_of(address, tmp_path / "keys"), address)
    rekam.json("user", "add", "ann", "--role", "operator", "--generate")
    elsewhere = CommandLine(tmp_path / "data", {**rekam.settings, "REKAM_KEYS": str(tmp_path / "elsewhere")})

    done = elsewhere.run("user", "token", "ann", "--days", "7")

    assert done.code == 1
    assert "REKAM_KEYS" in done.talk
    assert not (tmp_path / "elsewhere").exists()
    assert rekam.json("user", "list")["rows"][0]["tokens"] == []
    assert rekam.json("user", "token", "ann", "--days", "7")["token"]


def test_nobody_is_there_by_default(rekam: CommandLine) -> None:
    assert rekam.json("user", "list") == {"rows": []}
    assert rekam.printed("user", "list") == "There are no users: `rekam user add` makes one.\n"


def test_an_officer_is_added_with_a_password_that_is_shown_once(rekam: CommandLine, address: str) -> None:
    made = rekam.json("user", "add", "lena", *OFFICER, "--area", "53.71.02.1001", "--generate")

    assert (made["name"], made["role"], made["areas"]) == ("lena", "officer", ["53.71.01", "53.71.02.1001"])
    assert Passwords().verify(kept(address, "lena"), made["password"])
    (row,) = rekam.json("user", "list")["rows"]
    assert row == {name: value for name, value in made.items() if name != "password"} | {"tokens": []}
    assert made["password"] not in rekam.printed("user", "list")


def test_two_passwords_that_are_made_differ(rekam: CommandLine) -> None:
    made = [rekam.json("user", "add", name, "--role", "auditor", "--generate")["password"] for name in ("ann", "ben")]

    assert len(set(made)) == 2


def test_a_password_is_read_from_a_file(rekam: CommandLine, address: str, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(PASSWORD + "\nanother line\n")
    added = rekam.printed("user", "add", "ann", "--role", "auditor", "--password-file", str(tmp_path / "password"))

    assert added == "ann, auditor\n"
    assert Passwords().verify(kept(address, "ann"), PASSWORD)


@pytest.mark.parametrize(("again", "code"), [(PASSWORD, 0), (PASSWORD + "!", 2)])
def test_a_password_is_asked_for_twice(
    rekam: CommandLine, monkeypatch: pytest.MonkeyPatch, again: str, code: int
) -> None:
    given = iter([PASSWORD, again])
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(getpass, "getpass", lambda _: next(given))

    assert rekam.run("user", "add", "ann", "--role", "auditor").code == code
    assert len(rekam.json("user", "list")["rows"]) == (code == 0)


def test_who_is_known_at_the_sign_on_needs_no_password(rekam: CommandLine, address: str) -> None:
    rekam.json("user", "add", "ann", "--role", "auditor", "--subject", "248289761001")

    assert kept(address, "ann") is None
    with connect(address, "rekam_access") as connection:
        user = users.by_subject(connection.cursor(), "248289761001")
    assert user is not None
    assert user.caller == Caller("ann", Role.AUDITOR)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ann", "--role", "auditor"), "no terminal to ask"),
        (("ann", "--role", "mayor", "--generate"), "'mayor' is no role"),
        (("Ann", "--role", "auditor", "--generate"), "no name of a user"),
        (("ann", "--role", "officer", "--generate"), "at least one area"),
        (("ann", "--role", "auditor", "--area", "53.71.01", "--generate"), "only an officer has areas"),
        (("ann", "--role", "officer", "--area", "53.72", "--generate"), "'53.72' is no kelurahan"),
        (("ann", "--role", "auditor", "--generate", "--password-file", "x"), "take one away"),
        (("ann", "--role", "auditor", "--password-file", "none"), "cannot be read"),
        (("ann", "--role", "auditor", "--subject", "a b", "--generate"), "a subject has"),
    ],
)
def test_what_is_wrong_use_is_said_and_nothing_is_done(rekam: CommandLine, words: tuple[str, ...], said: str) -> None:
    done = rekam.run("user", "add", *words)

    assert (done.code, done.answer) == (2, "")
    assert said in done.talk
    assert rekam.json("user", "list") == {"rows": []}


def test_a_short_password_is_refused(rekam: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("too short")
    done = rekam.run("user", "add", "ann", "--role", "auditor", "--password-file", str(tmp_path / "password"))

    assert done.code == 2
    assert "a password has 12 to 1000 characters" in done.talk
    assert "too short" not in done.talk


def test_a_name_that_is_taken_is_a_no(rekam: CommandLine) -> None:
    rekam.json("user", "add", "ann", "--role", "auditor", "--generate")
    done = rekam.run("user", "add", "ann", "--role", "operator", "--generate")

    assert (done.code, done.answer) == (1, "")
    assert "the name ann is taken" in done.talk


def test_who_is_disabled_may_be_enabled_again(rekam: CommandLine) -> None:
    rekam.json("user", "add", "ann", "--role", "auditor", "--generate")

    assert rekam.json("user", "disable", "ann")["disabled"]
    assert rekam.printed("user", "disable", "ann") == "ann, auditor: disabled\n"
    assert rekam.json("user", "enable", "ann")["disabled"] is None


def test_another_password_is_given(rekam: CommandLine, address: str) -> None:
    first = rekam.json("user", "add", "ann", "--role", "auditor", "--generate")["password"]
    second = rekam.json("user", "password", "ann", "--generate")["password"]

    assert Passwords().verify(kept(address, "ann"), second)
    assert not Passwords().verify(kept(address, "ann"), first)


def test_a_token_is_issued_listed_and_revoked(rekam: CommandLine, address: str, tmp_path: Path) -> None:
    rekam.json("user", "add", "ann", "--role", "auditor", "--generate")
    made = rekam.json("user", "token", "ann", "--days", "7")
    key = tokens.load_key(tmp_path / "keys")

    def found() -> Caller | None:
        with connect(address, "rekam_access") as connection:
            return tokens.find(connection.cursor(), key, made["token"], datetime.now(UTC))

    assert found() == Caller("ann", Role.AUDITOR)
    ((listed,),) = (row["tokens"] for row in rekam.json("user", "list")["rows"])
    assert (listed["jti"], listed["expires"], listed["revoked"]) == (made["jti"], made["expires"], None)
    assert made["jti"] in rekam.printed("user", "list")
    assert rekam.json("user", "revoke", made["jti"]) == {"jti": made["jti"], "revoked": True}
    assert found() is None


def test_the_token_alone_is_on_stdout(rekam: CommandLine) -> None:
    rekam.json("user", "add", "ann", "--role", "auditor", "--generate")
    done = rekam.run("user", "token", "ann")

    assert done.answer.count(".") == 2
    assert done.answer.count("\n") == 1
    assert "Shown once" in done.talk


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("disable", "nobody"), 1),
        (("enable", "nobody"), 1),
        (("password", "nobody", "--generate"), 1),
        (("token", "nobody"), 1),
        (("token", "nobody", "--days", "0"), 2),
        (("token", "nobody", "--days", "367"), 2),
        (("revoke", "00000000-0000-4000-8000-000000000000"), 1),
        (("revoke", "nothing"), 2),
    ],
)
def test_what_is_not_there_is_a_no(rekam: CommandLine, words: tuple[str, ...], code: int) -> None:
    done = rekam.run("user", *words)

    assert (done.code, done.answer) == (code, "")


def test_a_register_of_an_older_rekam_is_to_be_brought_up_first(rekam: CommandLine, address: str) -> None:
    with psycopg.connect(address) as owner:
        owner.execute("DROP SCHEMA access CASCADE")
    done = rekam.run("user", "list")

    assert done.code == 1
    assert "start this one" in done.talk


def test_where_no_database_answers_that_is_said(tmp_path: Path) -> None:
    engines = {"REKAM_DATABASE": "postgresql://rekam@127.0.0.1:1/rekam", "REKAM_KAFKA": "127.0.0.1:1"}

    assert CommandLine(tmp_path / "data", engines).run("user", "list").code == 3
