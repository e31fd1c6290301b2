"""The log: every fact, in the one order in which it was accepted, gapless, and chained by digests.

The functions work inside the caller's transaction, on a psycopg cursor whose rows are tuples. A writer takes `lock`
first and holds it until it commits: positions are counted from the locked row, so what is rolled back leaves no gap,
and the order of positions is the order of commits. `Log` is the same log as a recorder of the `eventsourcing` library.

Statements are planned anew each time (`prepare=False`): a plan that PostgreSQL keeps from when the log was nearly
empty reads the whole table, and goes on doing so until the next ANALYZE.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from eventsourcing.postgres import PostgresDatastore, PostgresProcessRecorder, PostgresSubscription
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import tuple_row

from events.errors import WrongUse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from eventsourcing.persistence import ApplicationRecorder, StoredEvent, Subscription
    from psycopg import Cursor

    # subject (the library's type; the column takes only a UUID), version, type, state
    Placed = tuple[UUID | str, int, str, bytes]

__all__ = [
    "CHANNEL",
    "GENESIS",
    "Head",
    "Log",
    "New",
    "Stored",
    "StoredFact",
    "accepted",
    "append",
    "chain",
    "datastore",
    "digest_at",
    "facts_of",
    "head",
    "lock",
    "position_at",
    "read",
]

GENESIS: Final = bytes(32)
CHANNEL: Final = "rekam_log"  # NOTIFY here carries the new head's position and nothing else


class Head(NamedTuple):
    """Where the log ends: the last position (0: empty), when it was accepted, and the digest there."""

    size: int
    accepted: datetime
    digest: bytes


class New(NamedTuple):
    """A fact to be appended; its place within the subject is found when it is."""

    subject: UUID
    type: str
    state: bytes


class Stored(NamedTuple):
    position: int
    state: bytes
    digest: bytes


class StoredFact(NamedTuple):
    position: int
    state: bytes
    digest: bytes
    subject: UUID


_HEAD: Final = "SELECT size, accepted, digest FROM log.head"

_LOCK: Final = f"{_HEAD} FOR UPDATE"
_LOCK_TIMEOUT: Final = "SELECT set_config('lock_timeout', %s, true)"

_MOVE_HEAD: Final = """
    WITH moved AS (UPDATE log.head SET size = %s, accepted = %s, digest = %s RETURNING size)
    SELECT pg_notify(%s, size::text) FROM moved
"""

# By LATERAL and OFFSET 0 the index is asked once for each subject, whatever the statistics say of either table; with
# `= ANY(array)` planning alone took 12 µs a subject.
_VERSIONS: Final = """
    SELECT subject, version
    FROM unnest(%b::uuid[]) AS subject,
         LATERAL (SELECT max(originator_version) AS version FROM log.entry
                  WHERE originator_id = subject OFFSET 0) AS last
    WHERE version IS NOT NULL
"""

_COPY: Final = """
    COPY log.entry (originator_id, originator_version, topic, state, notification_id, digest, accepted)
    FROM STDIN (FORMAT binary)
"""
_COPY_TYPES: Final = ("uuid", "int8", "text", "bytea", "int8", "bytea", "timestamptz")

_READ: Final = """
    SELECT notification_id, state, digest FROM log.entry
    WHERE notification_id > %s ORDER BY notification_id LIMIT %s
"""

# With the bound inside, the planner of a table not yet analysed reads a bitmap of all positions for each subject.
_FACTS_OF: Final = """
    SELECT notification_id, state, digest, subject
    FROM unnest(%b::uuid[]) AS subject,
         LATERAL (SELECT notification_id, state, digest FROM log.entry WHERE originator_id = subject OFFSET 0) AS fact
    WHERE notification_id <= %b
    ORDER BY notification_id
"""

# Halving: `accepted` never goes back, so all positions up to `low` are early enough and all after `high` are not.
_POSITION_AT: Final = """
    WITH RECURSIVE search (low, high) AS (
        SELECT 0::bigint, size FROM log.head
        UNION ALL
        SELECT CASE WHEN entry.accepted <= %s THEN middle ELSE low END,
               CASE WHEN entry.accepted <= %s THEN high ELSE middle - 1 END
        FROM search, LATERAL (SELECT (low + high + 1) / 2 AS middle) AS half, log.entry
        WHERE low < high AND notification_id = middle
    )
    SELECT max(low) FROM search
"""

_DIGEST_AT: Final = "SELECT digest FROM log.entry WHERE notification_id = %s"


def chain(previous: bytes, position: int, state: bytes) -> bytes:
    """The digest at `position`, from the digest before it (`GENESIS` before the first) and the stored bytes."""
    return sha256(previous + position.to_bytes(8, "big") + state).digest()


def accepted(head: Head, now: datetime) -> datetime:
    """When what is appended after `head` is accepted: now, but never before what is already there."""
    return max(head.accepted, now)


def lock(cursor: Cursor[tuple[Any, ...]], timeout: int = 60) -> Head:
    """Become the only writer until the transaction ends, and say where the log ends.

    Waits for another writer `timeout` seconds at most (0: for ever), then raises psycopg's LockNotAvailable, an
    OperationalError; nothing was changed, the same may be tried again. The limit holds for the transaction's other
    locks too.
    """
    cursor.execute(_LOCK_TIMEOUT, [f"{timeout}s"])
    return _head(cursor.execute(_LOCK, prepare=False, binary=True))


def append(cursor: Cursor[tuple[Any, ...]], head: Head, rows: Sequence[New], accepted: datetime) -> Head:
    """Append `rows` in their order behind `head`, which this transaction has locked; the new head.

    `accepted` is not before the head's: see the function of that name. Waiting readers are notified by the commit.
    """
    versions = _versions(cursor, rows)
    placed: list[Placed] = []
    for subject, type_, state in rows:
        versions[subject] += 1
        placed.append((subject, versions[subject], type_, state))
    return _insert(cursor, head, placed, accepted)


def head(cursor: Cursor[tuple[Any, ...]]) -> Head:
    """Where the log ends, without locking it."""
    return _head(cursor.execute(_HEAD, prepare=False, binary=True))


def read(cursor: Cursor[tuple[Any, ...]], after: int, limit: int) -> list[Stored]:
    """At most `limit` entries behind position `after` (exclusive; 0: from the start), in order."""
    cursor.execute(_READ, [after, limit], prepare=False, binary=True)
    return [Stored(*row) for row in cursor]


def facts_of(cursor: Cursor[tuple[Any, ...]], subjects: Sequence[UUID], up_to: int) -> list[StoredFact]:
    """All entries of `subjects` up to position `up_to` (inclusive), in order of position."""
    cursor.execute(_FACTS_OF, [list(set(subjects)), up_to], prepare=False, binary=True)
    return [StoredFact(*row) for row in cursor]


def position_at(cursor: Cursor[tuple[Any, ...]], time: datetime) -> int:
    """The last position that was accepted at `time` or before; 0 where nothing was."""
    cursor.execute(_POSITION_AT, [time, time], prepare=False)
    (position,) = _one(cursor)
    return int(position)


def digest_at(cursor: Cursor[tuple[Any, ...]], position: int) -> bytes | None:
    """The digest the log itself holds at `position`; None where the log does not reach that far."""
    if position == 0:
        return GENESIS
    cursor.execute(_DIGEST_AT, [position], prepare=False, binary=True)
    row = cursor.fetchone()
    return None if row is None else bytes(row[0])


def _one(cursor: Cursor[tuple[Any, ...]]) -> tuple[Any, ...]:
    row = cursor.fetchone()
    assert row is not None, "log.head has its one row from the day it is made"
    return row


def _head(cursor: Cursor[tuple[Any, ...]]) -> Head:
    return Head(*_one(cursor))


def _versions(cursor: Cursor[tuple[Any, ...]], rows: Sequence[New]) -> Counter[UUID]:
    """The last version of each subject in the log; 0 for those that are new to it."""
    subjects = list({row.subject for row in rows})
    cursor.execute(_VERSIONS, [subjects], prepare=False, binary=True)
    return Counter(dict(cursor))


def _insert(cursor: Cursor[tuple[Any, ...]], head: Head, rows: Sequence[Placed], accepted: datetime) -> Head:
    if not rows:
        return head
    position, digest = head.size, head.digest
    with cursor.copy(_COPY) as copy:
        copy.set_types(_COPY_TYPES)
        for position, (subject, version, type_, state) in enumerate(rows, head.size + 1):
            digest = chain(digest, position, state)
            copy.write_row((subject, version, type_, state, position, digest, accepted))
    moved = Head(position, accepted, digest)
    cursor.execute(_MOVE_HEAD, [*moved, CHANNEL], prepare=False)
    return moved


def datastore(address: str, **options: Any) -> PostgresDatastore:
    """The library's way to the log of an address, to be opened and closed by `with`; `options` are the library's."""
    store = PostgresDatastore("", "", "", "", "", schema="log", **options)
    assert isinstance(store.pool.kwargs, dict)
    store.pool.kwargs |= conninfo_to_dict(address)  # all of it: the library has no names for passfile or sslmode
    return store


class Log(PostgresProcessRecorder):
    """The same log for `eventsourcing`: its applications, notification logs and subscriptions read and write it.

    Ours are the lock, the insert and the positions; reading is the library's. The tables are made by
    `events.database`, so this makes none, and their names are fixed: those that the library's factory proposes are not
    used. The datastore's schema must be `log`, else WrongUse. An insert is not repeated when the connection breaks, as
    the library's would be: after a COMMIT that did get through, that reads as a conflict with oneself.
    """

    def __init__(self, datastore: PostgresDatastore, **_: str) -> None:
        if datastore.schema != "log":
            raise WrongUse(f"the log is in the schema 'log', not {datastore.schema!r}: set POSTGRES_SCHEMA=log")
        super().__init__(datastore, events_table_name="entry", tracking_table_name="tracking")
        self.channel_name = CHANNEL

    def create_table(self) -> None:
        """Nothing: the tables are in events/schema.sql."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Append, with the tracking in `kwargs`, all or nothing; the positions given, None for no events.

        The library's IntegrityError where a version or a tracking is already there; its OperationalError where the lock
        was not given in the datastore's time, or the connection broke, and then it may have been committed.
        """
        with self.datastore.get_connection() as connection, connection.transaction():
            self._insert_events(connection.cursor(), stored_events, **kwargs)
            if not stored_events:
                return None
            cursor = connection.cursor(row_factory=tuple_row)
            before = lock(cursor, self.datastore.lock_timeout)
            rows = [(e.originator_id, e.originator_version, e.topic, e.state) for e in stored_events]
            after = _insert(cursor, before, rows, accepted(before, datetime.now(UTC)))
        return list(range(before.size + 1, after.size + 1))

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        return _Subscription(self, gt, topics)


class _Subscription(PostgresSubscription):
    """The library's own misses what is committed after its first look and before its LISTEN: this looks once more."""

    def _listen(self) -> None:
        try:
            with self._recorder.datastore.get_connection() as connection:
                connection.execute(f"LISTEN {CHANNEL}")
                self._has_been_notified.set()
                while not self._has_been_stopped and not self._thread_error:
                    for _ in connection.notifies(timeout=0.1, stop_after=1):
                        self._has_been_notified.set()
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that reads, as in the library
            self._thread_error = self._thread_error or error
            self.stop()
