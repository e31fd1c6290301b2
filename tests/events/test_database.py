"""The database: made as often as one likes, and each role may do what it needs and nothing else."""

from __future__ import annotations

import os
import socket
import sys
import threading

import psycopg
import pytest

import events.database
from events import log
from events.database import ROLES, Session, connect, create
from events.errors import Refusal, Unreachable, WrongUse

WATCHED_BY = ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT")
FORBIDDEN = [
    ("rekam_intake", "UPDATE log.entry SET state = ''"),
    ("rekam_intake", "DELETE FROM log.entry"),
    ("rekam_intake", "DELETE FROM log.claim"),
    ("rekam_intake", "DELETE FROM vault.person"),
    ("rekam_intake", "UPDATE intake.quarantine SET code = ''"),
    ("rekam_intake", "DELETE FROM intake.accounted"),
    ("rekam_relay", "SELECT * FROM vault.person"),
    ("rekam_relay", "INSERT INTO log.entry DEFAULT VALUES"),
    ("rekam_projector", "INSERT INTO vault.person DEFAULT VALUES"),
    ("rekam_projector", "UPDATE log.head SET size = 0"),
    ("rekam_projector", "SELECT * FROM intake.quarantine"),
    ("rekam_reader", "UPDATE intake.cursor SET next = 0"),
    ("rekam_reader", "DELETE FROM vault.person"),
    ("rekam_vault", "SELECT * FROM log.entry"),
    ("rekam_reporting", "SELECT * FROM log.entry"),
    ("rekam_reporting", "SELECT * FROM vault.person"),
    ("rekam_reporting", "SELECT * FROM intake.accounted"),
    ("rekam_reporting", "CREATE TEMPORARY TABLE full_disk AS SELECT 1"),
]


def test_it_is_made_as_often_as_one_likes(empty_database: str) -> None:
    create(empty_database)
    create(empty_database)
    with connect(empty_database) as connection:
        assert connection.execute("SELECT size FROM log.head").fetchall() == [(0,)]


def test_two_may_make_it_at_once(empty_database: str) -> None:
    errors: list[BaseException] = []

    def make() -> None:
        try:
            create(empty_database)
        except BaseException as error:  # noqa: BLE001 - looked at below
            errors.append(error)

    makers = [threading.Thread(target=make) for _ in range(4)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert errors == []


@pytest.mark.parametrize(("role", "statement"), FORBIDDEN)
def test_a_role_may_not_do_what_it_need_not(database: str, role: str, statement: str) -> None:
    with connect(database, role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())


@pytest.mark.parametrize("role", ROLES)
def test_each_role_can_be_taken_on(database: str, role: str) -> None:
    with connect(database, role) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (role,)


def test_a_database_of_a_newer_rekam_is_refused(database: str) -> None:
    with connect(database) as connection:
        connection.execute("UPDATE intake.schema SET version = version + 1")
    with pytest.raises(Refusal, match="schema version 5, this program knows 4"):
        create(database)


def test_a_database_of_an_older_rekam_is_brought_up_step_by_step(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events.database, "SCHEMA_VERSION", 6)
    monkeypatch.setattr(
        events.database,
        "STEPS",
        {4: "ALTER TABLE log.claim ADD COLUMN one int", 5: "ALTER TABLE log.claim RENAME COLUMN one TO two"},
    )
    create(database)
    create(database)

    with connect(database) as connection:
        assert connection.execute("SELECT version FROM intake.schema").fetchall() == [(6,)]
        connection.execute("SELECT two FROM log.claim")
    monkeypatch.undo()
    with pytest.raises(Refusal, match="schema version 6, this program knows 4"):
        create(database)


def test_where_one_step_fails_none_was_taken(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events.database, "SCHEMA_VERSION", 6)
    monkeypatch.setattr(
        events.database,
        "STEPS",
        {4: "ALTER TABLE log.claim ADD one int", 5: "ALTER TABLE log.nothing ADD x int"},
    )
    with pytest.raises(psycopg.errors.UndefinedTable):
        create(database)

    monkeypatch.undo()
    create(database)
    with connect(database) as connection, pytest.raises(psycopg.errors.UndefinedColumn):
        connection.execute("SELECT one FROM log.claim")


def test_where_no_server_answers_the_setting_is_named() -> None:
    with pytest.raises(Unreachable, match="REKAM_DATABASE"):
        connect("postgresql://rekam@127.0.0.1:1/rekam")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere these have other names, or are not there")
def test_each_end_of_a_connection_finds_out_within_half_a_minute_that_the_other_is_gone(database: str) -> None:
    with connect(database) as connection:
        shown = connection.execute(
            "SELECT current_setting('tcp_keepalives_idle'), current_setting('tcp_keepalives_interval'), "
            "current_setting('tcp_keepalives_count')"
        ).fetchall()
        with socket.socket(fileno=os.dup(connection.fileno())) as ours:
            set_here = [ours.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) for name in WATCHED_BY]

    assert shown == [("15", "5", "3")]  # read from the server's own socket
    assert set_here == [15, 5, 3, 30_000]


def test_what_the_address_says_of_keepalives_goes_before_ours(database: str) -> None:
    with connect(psycopg.conninfo.make_conninfo(database, keepalives_idle=77)) as connection:
        assert connection.info.get_parameters()["keepalives_idle"] == "77"


def test_the_options_of_the_address_hold_beside_ours(database: str) -> None:
    with connect(psycopg.conninfo.make_conninfo(database, options="-c statement_timeout=77s")) as connection:
        shown = connection.execute("SELECT current_setting('statement_timeout'), current_setting('TimeZone')")
        assert shown.fetchall() == [("77s", "UTC")]


def test_a_writer_that_falls_silent_in_its_transaction_gives_the_log_back(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events.database, "IDLE_S", 1)
    session = Session(database, "rekam_intake")
    with pytest.raises(psycopg.OperationalError), session.transaction() as cursor:  # noqa: PT012 - both in one
        log.lock(cursor)
        with connect(database, "rekam_intake") as other, other.cursor() as waiting:
            log.lock(waiting, timeout=30)  # the first one is still there, and asks for nothing
        cursor.execute("SELECT 1")
    with session.transaction() as cursor:
        assert log.lock(cursor).size == 0
    session.close()


def test_what_is_no_address_is_wrong_use() -> None:
    with pytest.raises(WrongUse, match="REKAM_DATABASE"):
        connect("nonsense://")


def test_a_user_who_may_not_make_roles_is_told_what_an_administrator_runs(empty_database: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as owner:
        owner.execute("DROP ROLE IF EXISTS plain")
        owner.execute("CREATE ROLE plain LOGIN PASSWORD 'plain'")
    address = psycopg.conninfo.make_conninfo(empty_database, user="plain", password="plain")
    with pytest.raises(Refusal, match="let an administrator run"):
        create(address)
