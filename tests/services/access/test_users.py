"""Users: named once, disabled and never removed; and how long they stay signed in."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from argon2 import extract_parameters

from events.database import connect
from events.errors import NoAnswer, Refusal, WrongUse
from services.access import passwords, sessions, users
from services.access.passwords import Busy, Passwords
from services.access.roles import MAY, Caller, Operation, Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.access.users import User

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PASSWORD = "four words of mine"
Cursor = psycopg.Cursor[Any]


def added(cursor: Cursor, name: str = "lena", password: str | None = "a hash") -> User:
    return users.add(cursor, users.check(name, "officer", ["53.71.02", "53.71.01.1001"]), password, f"sub-{name}")


# ------------------------------------------------------------------ roles


def test_the_table_of_rights_knows_every_operation() -> None:
    assert set(MAY) == set(Operation)
    assert not any(Caller("r", Role.REPORTING).may(one) for one in Operation if one is not Operation.COUNTS)
    assert [one for one in Operation if MAY[one] == {Role.OPERATOR}] == [
        Operation.QUARANTINE,
        Operation.MEND,
        Operation.METRICS,
    ]


@pytest.mark.parametrize(("role", "areas"), [(Role.OFFICER, ()), (Role.AUDITOR, ("53.71.01",))])
def test_who_asks_has_areas_just_where_they_are_an_officer(role: Role, areas: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="an officer has at least one area"):
        Caller("x", role, areas)


# ------------------------------------------------------------------ users


def test_a_user_is_found_by_name_and_by_subject(cursor: Cursor) -> None:
    user = added(cursor)

    assert users.find(cursor, "lena") == users.by_subject(cursor, "sub-lena") == user
    assert user.caller == Caller("lena", Role.OFFICER, ("53.71.01.1001", "53.71.02"))
    assert users.listed(cursor) == [user]
    assert "a hash" not in repr(user)
    assert users.find(cursor, "nobody") is None


@pytest.mark.parametrize(
    ("name", "role", "areas", "subject", "said"),
    [
        ("Lena", "auditor", [], None, "no name of a user"),
        ("", "auditor", [], None, "no name of a user"),
        ("x" * 65, "auditor", [], None, "no name of a user"),
        ("lena\n", "auditor", [], None, "no name of a user"),
        ("lena", "mayor", [], None, "there are reporting, officer, supervisor, auditor, operator"),
        ("lena", "officer", [], None, "at least one area"),
        ("lena", "officer", ["53.71"], None, "no kelurahan or kecamatan"),
        ("lena", "officer", ["-"], None, "no kelurahan or kecamatan"),
        ("lena", "supervisor", ["53.71.01"], None, "only an officer has areas"),
        ("lena", "auditor", [], "with space", "a subject has"),
    ],
)
def test_what_does_not_fit_is_refused(name: str, role: str, areas: list[str], subject: str | None, said: str) -> None:
    with pytest.raises(WrongUse, match=said):
        users.check(name, role, areas, subject)


def test_a_name_and_a_subject_are_given_once(prepared: str) -> None:
    with connect(prepared, "rekam_access") as connection:
        added(connection.cursor())
        with pytest.raises(Refusal, match="the name lena is taken"):
            added(connection.cursor())
    with connect(prepared, "rekam_access") as connection:
        added(connection.cursor())
        with pytest.raises(Refusal, match="that subject is taken"):
            users.add(connection.cursor(), users.check("leo", "auditor", []), None, "sub-lena")


@pytest.mark.parametrize(
    "change", [users.disable, users.enable, lambda cursor, name: users.set_password(cursor, name, "x")]
)
def test_who_is_nobody_cannot_be_changed(cursor: Cursor, change: Callable[[Cursor, str], None]) -> None:
    with pytest.raises(NoAnswer, match="there is no user 'nobody'"):
        change(cursor, "nobody")


def test_the_database_itself_refuses_an_officer_without_an_area(cursor: Cursor) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        cursor.execute("INSERT INTO access.user (name, role, areas) VALUES ('lena', 'officer', '{}')")


def test_nobody_removes_a_user_or_changes_a_role(prepared: str) -> None:
    for statement in ("DELETE FROM access.user", "UPDATE access.user SET role = 'auditor'"):
        with connect(prepared, "rekam_access") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())


# ------------------------------------------------------------------ passwords


def test_a_password_is_known_again_and_no_other_is() -> None:
    hashes = Passwords()
    kept = hashes.hash(PASSWORD)

    assert hashes.verify(kept, PASSWORD)
    assert not hashes.verify(kept, PASSWORD + " ")
    assert not hashes.verify(None, PASSWORD)
    assert not hashes.verify("no hash", PASSWORD)
    assert not hashes.verify(kept, "x" * 5_000_000)
    assert not hashes.verify(kept, "\ud800" * 12)
    assert hashes.hash(PASSWORD) != kept


def test_a_letter_with_an_accent_is_one_however_it_was_typed() -> None:
    hashes = Passwords()

    assert hashes.verify(
        hashes.hash("caf\N{LATIN SMALL LETTER E WITH ACUTE} di kupang"), "cafe\N{COMBINING ACUTE ACCENT} di kupang"
    )


@pytest.mark.parametrize("password", ["", "eleven char", "x" * 1001])
def test_a_password_has_a_length(password: str) -> None:
    with pytest.raises(WrongUse, match="a password has 12 to 1000 characters"):
        Passwords().hash(password)


def test_nobodys_password_is_hashed_as_slowly_as_anybodys() -> None:
    assert extract_parameters(passwords._NOBODYS) == extract_parameters(Passwords().hash(PASSWORD))


def test_more_than_wait_are_told_so_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked, go_on = threading.Semaphore(0), threading.Event()

    class Slow:
        def verify(self, *_: object) -> bool:
            looked.release()
            assert go_on.wait(20)
            return True

    monkeypatch.setattr(passwords, "_HASHER", Slow())
    hashes = Passwords(at_once=2, waiting=3)
    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(hashes.verify, "a hash", PASSWORD) for _ in range(20)]
        try:
            assert all(looked.acquire(timeout=20) for _ in range(2))
            refused = [one for one in asked if isinstance(one.exception(timeout=20) if one.done() else None, Busy)]
            while len(refused) < 15:
                refused = [one for one in asked if one.done() and isinstance(one.exception(), Busy)]
            assert not looked.acquire(blocking=False)
        finally:
            go_on.set()
    assert len(refused) == 15
    assert sum(one.exception() is None for one in asked) == 5
    assert hashes.verify("a hash", PASSWORD)


# ------------------------------------------------------------------ sessions


def test_a_session_finds_its_user(cursor: Cursor) -> None:
    user = added(cursor)
    secret = sessions.begin(cursor, user, NOW)

    assert secret is not None
    assert len(secret) == 43
    assert sessions.find(cursor, secret, NOW) == user.caller
    assert sessions.find(cursor, secret + "x", NOW) is None
    assert sessions.find(cursor, "x" * 1_000_000, NOW) is None
    assert sessions.find(cursor, "\ud800", NOW) is None


def test_the_database_does_not_hold_what_the_cookie_holds(cursor: Cursor) -> None:
    secret = sessions.begin(cursor, added(cursor), NOW)

    row = cursor.execute("SELECT * FROM access.session").fetchone()
    assert secret is not None
    assert secret not in str(row)


def test_a_session_ends_an_hour_after_its_last_use(cursor: Cursor) -> None:
    secret = sessions.begin(cursor, added(cursor), NOW) or ""

    assert sessions.find(cursor, secret, NOW + 59 * MINUTE)
    assert sessions.find(cursor, secret, NOW + 118 * MINUTE)
    assert sessions.find(cursor, secret, NOW + 178 * MINUTE) is None


def test_an_open_page_that_follows_by_itself_does_not_keep_a_session(cursor: Cursor) -> None:
    secret = sessions.begin(cursor, added(cursor), NOW) or ""
    for minutes in range(1, 60, 2):
        assert sessions.find(cursor, secret, NOW + minutes * MINUTE, used=False)

    assert sessions.find(cursor, secret, NOW + 61 * MINUTE) is None


def test_a_session_ends_twelve_hours_after_it_began(cursor: Cursor) -> None:
    secret = sessions.begin(cursor, added(cursor), NOW) or ""
    for half_hours in range(1, 24):
        assert sessions.find(cursor, secret, NOW + 30 * half_hours * MINUTE)

    assert sessions.find(cursor, secret, NOW + timedelta(hours=12)) is None


def test_a_use_is_written_down_once_a_minute(cursor: Cursor) -> None:
    secret = sessions.begin(cursor, added(cursor), NOW) or ""
    written = []
    for seconds in (1, 59, 60, 61, 62, 120, 122):
        sessions.find(cursor, secret, NOW + timedelta(seconds=seconds))
        row = cursor.execute("SELECT used FROM access.session").fetchone()
        written.append(row and int((row[0] - NOW).total_seconds()))

    assert written == [0, 0, 0, 61, 61, 61, 122]


def test_who_signs_out_is_out(cursor: Cursor) -> None:
    user = added(cursor)
    secret, other = sessions.begin(cursor, user, NOW) or "", sessions.begin(cursor, user, NOW) or ""
    sessions.end(cursor, secret)

    assert sessions.find(cursor, secret, NOW) is None
    assert sessions.find(cursor, other, NOW)


def test_who_is_disabled_is_out_and_does_not_come_in(cursor: Cursor) -> None:
    user = added(cursor)
    secret = sessions.begin(cursor, user, NOW) or ""
    users.disable(cursor, "lena")

    assert sessions.find(cursor, secret, NOW) is None
    assert sessions.begin(cursor, user, NOW) is None
    users.enable(cursor, "lena")
    assert sessions.find(cursor, secret, NOW) is None
    assert sessions.begin(cursor, user, NOW)


def test_another_password_ends_every_session_and_those_that_are_just_beginning(cursor: Cursor) -> None:
    user = added(cursor)
    secret = sessions.begin(cursor, user, NOW) or ""
    users.set_password(cursor, "lena", "another hash")

    assert sessions.find(cursor, secret, NOW) is None
    assert sessions.begin(cursor, user, NOW) is None
    assert sessions.begin(cursor, replace(user, password="another hash"), NOW)


def test_who_signs_in_at_that_very_moment_is_out_too(prepared: str) -> None:
    def change() -> None:
        with connect(prepared, "rekam_access") as other:
            users.set_password(other.cursor(), "mia", "another hash")

    with connect(prepared, "rekam_access") as connection:
        user = users.add(connection.cursor(), users.check("mia", "auditor", []), "a hash")
    with connect(prepared, "rekam_access") as connection, ThreadPoolExecutor(1) as pool:
        secret = sessions.begin(connection.cursor(), user, NOW) or ""
        changed = pool.submit(change)
        with connect(prepared) as looks:
            looks.autocommit = True
            while not looks.execute("SELECT FROM pg_locks WHERE NOT granted").fetchall():
                assert not changed.done()
        connection.commit()
        changed.result(30)

        assert sessions.find(connection.cursor(), secret, NOW) is None


def test_sessions_that_are_over_are_removed(cursor: Cursor) -> None:
    user = added(cursor)
    sessions.begin(cursor, user, NOW)
    sessions.begin(cursor, user, NOW + timedelta(hours=2))

    assert cursor.execute("SELECT count(*) FROM access.session").fetchone() == (1,)


def test_a_form_is_of_its_own_session_alone() -> None:
    given = sessions.csrf("one")

    assert sessions.is_csrf("one", given)
    assert not sessions.is_csrf("two", given)
    assert not sessions.is_csrf("one", "")
    assert not sessions.is_csrf("one", "é\ud800")
