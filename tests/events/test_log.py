"""The log by its functions, on a real PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg
import pytest

from events import log
from events.database import connect
from events.log import GENESIS, Head, New

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg import Cursor

DAY = datetime(2018, 11, 23, 1, 0, 0, 123456, tzinfo=UTC)
MARIA, YOSEF = UUID(int=1), UUID(int=2)


@pytest.fixture
def cursor(database: str) -> Iterator[Cursor[tuple[Any, ...]]]:
    with connect(database, "rekam_intake") as connection, connection.cursor() as cursor:
        yield cursor


def fact(subject: UUID, state: bytes = b"{}") -> New:
    return New(subject, "rekam.recording.captured.v1", state)


def appended(cursor: Cursor[tuple[Any, ...]], *facts: New, now: datetime = DAY) -> Head:
    before = log.lock(cursor)
    after = log.append(cursor, before, facts, log.accepted(before, now))
    cursor.connection.commit()
    return after


def versions(cursor: Cursor[tuple[Any, ...]]) -> Sequence[tuple[Any, ...]]:
    cursor.execute("SELECT notification_id, originator_id, originator_version FROM log.entry ORDER BY notification_id")
    return cursor.fetchall()


def test_an_empty_log_ends_at_position_0_with_the_genesis_digest(cursor: Cursor[tuple[Any, ...]]) -> None:
    end = log.head(cursor)

    assert (end.size, end.digest) == (0, GENESIS)
    assert log.read(cursor, 0, 10) == []
    assert log.facts_of(cursor, [MARIA], 10) == []
    assert log.digest_at(cursor, 0) == GENESIS
    assert log.position_at(cursor, DAY) == 0


def test_positions_count_through_the_log_and_versions_through_each_subject(cursor: Cursor[tuple[Any, ...]]) -> None:
    appended(cursor, fact(MARIA), fact(YOSEF), fact(MARIA))
    appended(cursor, fact(YOSEF), fact(MARIA))

    assert versions(cursor) == [(1, MARIA, 1), (2, YOSEF, 1), (3, MARIA, 2), (4, YOSEF, 2), (5, MARIA, 3)]


def test_the_head_that_append_returns_is_the_one_that_is_stored(cursor: Cursor[tuple[Any, ...]]) -> None:
    after = appended(cursor, fact(MARIA), fact(YOSEF))

    assert after == log.head(cursor)
    assert (after.size, after.accepted) == (2, DAY)


def test_the_digest_is_that_of_the_one_before_the_position_and_the_exact_bytes(
    cursor: Cursor[tuple[Any, ...]],
) -> None:
    appended(cursor, fact(MARIA, b"\x00one"), fact(YOSEF, b""))

    first = sha256(bytes(32) + b"\0\0\0\0\0\0\0\x01" + b"\x00one").digest()
    second = sha256(first + b"\0\0\0\0\0\0\0\x02").digest()
    assert log.read(cursor, 0, 10) == [(1, b"\x00one", first), (2, b"", second)]
    assert log.head(cursor).digest == second
    assert [log.digest_at(cursor, position) for position in range(4)] == [GENESIS, first, second, None]


def test_appending_nothing_changes_nothing(cursor: Cursor[tuple[Any, ...]]) -> None:
    before = appended(cursor, fact(MARIA))

    assert appended(cursor, now=DAY + timedelta(days=1)) == before
    assert log.head(cursor) == before


def test_what_is_rolled_back_leaves_no_gap(cursor: Cursor[tuple[Any, ...]]) -> None:
    appended(cursor, fact(MARIA))
    log.append(cursor, log.lock(cursor), [fact(MARIA), fact(YOSEF)], DAY)
    cursor.connection.rollback()
    appended(cursor, fact(YOSEF))

    assert versions(cursor) == [(1, MARIA, 1), (2, YOSEF, 1)]


def test_accepted_never_goes_back(cursor: Cursor[tuple[Any, ...]]) -> None:
    appended(cursor, fact(MARIA), now=DAY)
    appended(cursor, fact(MARIA), now=DAY - timedelta(hours=1))
    after = appended(cursor, fact(MARIA), now=DAY + timedelta(microseconds=1))

    cursor.execute("SELECT accepted FROM log.entry ORDER BY notification_id")
    assert [time for (time,) in cursor] == [DAY, DAY, DAY + timedelta(microseconds=1)]
    assert after.accepted == DAY + timedelta(microseconds=1)


def test_a_time_is_the_last_position_accepted_by_then(cursor: Cursor[tuple[Any, ...]]) -> None:
    times = [DAY + timedelta(seconds=second) for second in (0, 0, 0, 1, 5, 5, 9)]
    for time in times:
        appended(cursor, fact(MARIA), now=time)

    def at(second: float) -> int:
        return log.position_at(cursor, DAY + timedelta(seconds=second))

    assert [at(-0.000001), at(0), at(0.5), at(1), at(4), at(5), at(8.999999), at(9), at(99)] == [
        0,
        3,
        3,
        4,
        4,
        6,
        6,
        7,
        7,
    ]


def test_reading_begins_behind_a_position_and_stops_at_the_limit(cursor: Cursor[tuple[Any, ...]]) -> None:
    appended(cursor, *(fact(MARIA, b"%d" % n) for n in range(1, 8)))

    assert [(entry.position, entry.state) for entry in log.read(cursor, 2, 3)] == [(3, b"3"), (4, b"4"), (5, b"5")]
    assert [entry.position for entry in log.read(cursor, 5, 100)] == [6, 7]
    assert log.read(cursor, 7, 100) == []


def test_the_facts_of_some_subjects_come_in_the_order_of_positions(cursor: Cursor[tuple[Any, ...]]) -> None:
    other = uuid4()
    appended(cursor, fact(MARIA), fact(other), fact(YOSEF), fact(MARIA), fact(YOSEF))

    facts = log.facts_of(cursor, [YOSEF, MARIA, YOSEF], up_to=4)

    assert [(fact.position, fact.subject) for fact in facts] == [(1, MARIA), (3, YOSEF), (4, MARIA)]
    assert [fact.digest for fact in facts] == [log.digest_at(cursor, position) for position in (1, 3, 4)]


def test_the_commit_notifies_of_the_new_position_and_nothing_else(
    database: str, cursor: Cursor[tuple[Any, ...]]
) -> None:
    with connect(database, "rekam_relay", autocommit=True) as listener:
        listener.execute("LISTEN rekam_log")
        appended(cursor, fact(MARIA), fact(YOSEF))
        appended(cursor)
        appended(cursor, fact(MARIA))

        heard = [notice.payload for notice in listener.notifies(timeout=30, stop_after=2)]
        assert heard == ["2", "3"]


def test_a_second_writer_waits_for_the_first_only_so_long(database: str, cursor: Cursor[tuple[Any, ...]]) -> None:
    log.lock(cursor)

    with (
        connect(database, "rekam_intake") as other,
        other.cursor() as impatient,
        pytest.raises(psycopg.errors.LockNotAvailable),
    ):
        log.lock(impatient, timeout=1)


def test_a_reader_never_waits_for_a_writer(database: str, cursor: Cursor[tuple[Any, ...]]) -> None:
    log.append(cursor, log.lock(cursor), [fact(MARIA)], DAY)

    with connect(database, "rekam_reader") as other, other.cursor() as reader:
        assert log.head(reader).size == 0
        assert log.read(reader, 0, 10) == []


def test_concurrent_writers_leave_a_gapless_log_whose_chain_holds(database: str) -> None:
    subjects = [uuid4() for _ in range(5)]

    def write(writer: int) -> None:
        with connect(database, "rekam_intake") as connection, connection.cursor() as cursor:
            for batch in range(40):
                appended(cursor, *(fact(subject, f"{writer} {batch}".encode()) for subject in subjects))

    with ThreadPoolExecutor() as executor:
        list(executor.map(write, range(2)))

    with connect(database, "rekam_reader") as connection, connection.cursor() as cursor:
        entries = log.read(cursor, 0, 1000)
        assert [entry.position for entry in entries] == list(range(1, 401))
        digest = GENESIS
        for entry in entries:
            digest = log.chain(digest, entry.position, entry.state)
            assert entry.digest == digest
        assert log.head(cursor)[::2] == (400, digest)
        of_one = [version for _, subject, version in versions(cursor) if subject == subjects[0]]
        assert of_one == list(range(1, 81))
        batches = [entries[start : start + 5] for start in range(0, 400, 5)]
        assert all(a.state == b.state for batch in batches for a, b in pairwise(batch))


@pytest.mark.parametrize("role", ["rekam_intake", "rekam_relay", "rekam_projector", "rekam_reader"])
def test_no_role_can_change_what_is_in_the_log(database: str, role: str) -> None:
    with connect(database, role, autocommit=True) as connection:
        for statement in (
            "UPDATE log.entry SET state = ''",
            "DELETE FROM log.entry",
            "TRUNCATE log.entry",
            "DROP TABLE log.entry",
            "UPDATE log.claim SET position = 0",
            "DELETE FROM log.claim",
            "DELETE FROM log.head",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


@pytest.mark.parametrize("role", ["rekam_relay", "rekam_projector", "rekam_reader"])
def test_only_intake_can_append(database: str, role: str) -> None:
    with connect(database, role) as connection, connection.cursor() as cursor:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            log.lock(cursor)
        connection.rollback()
        assert log.head(cursor).size == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            log.append(cursor, log.head(cursor), [fact(MARIA)], DAY)
