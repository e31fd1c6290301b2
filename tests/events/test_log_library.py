"""The log as a recorder of the eventsourcing library: the library's own cases, unchanged, and what they leave open."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from eventsourcing.application import Application, LocalNotificationLog
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import IntegrityError, OperationalError, StoredEvent, Tracking
from eventsourcing.system import NotificationLogReader
from eventsourcing.tests import persistence as cases
from psycopg.conninfo import conninfo_to_dict

from events import log
from events.database import connect
from events.errors import WrongUse
from events.log import GENESIS, Log, New

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from eventsourcing.persistence import Notification
    from eventsourcing.postgres import PostgresDatastore


class Given:
    """A recorder on a database of the test's own, for the library's unittest cases."""

    datastore: PostgresDatastore

    @pytest.fixture(autouse=True)
    def _datastore(self, database: str) -> Iterator[None]:
        with log.datastore(database, pool_size=2, max_overflow=10) as self.datastore:
            yield

    def create_recorder(self) -> Log:
        recorder = Log(self.datastore)
        recorder.create_table()
        return recorder


class TestApplicationRecorder(Given, cases.ApplicationRecorderTestCase[Log]):
    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestProcessRecorder(Given, cases.ProcessRecorderTestCase):
    pass


class TestNonInterleavingNotificationIDs(Given, cases.NonInterleavingNotificationIDsBaseCase):
    pass


@pytest.fixture
def recorder(database: str) -> Iterator[Log]:
    with log.datastore(database) as datastore:
        yield Log(datastore)


def event(subject: UUID, version: int, state: bytes = b"{}") -> StoredEvent:
    return StoredEvent(subject, version, "rekam.recording.captured.v1", state)


def test_the_cases_expect_contiguous_ids() -> None:
    assert TestApplicationRecorder.EXPECT_CONTIGUOUS_NOTIFICATION_IDS


def test_an_ordinary_notification_log_reads_what_our_own_append_wrote(database: str, recorder: Log) -> None:
    subjects = [uuid4() for _ in range(25)]
    with connect(database, "rekam_intake") as connection, connection.cursor() as cursor:
        head = log.lock(cursor)
        log.append(cursor, head, [New(subject, "a.type", subject.bytes) for subject in subjects], head.accepted)

    reader = NotificationLogReader(LocalNotificationLog(recorder), section_size=10)

    notifications = list(reader.read(start=1))
    assert [notification.id for notification in notifications] == list(range(1, 26))
    assert [notification.originator_id for notification in notifications] == subjects
    assert [notification.state for notification in notifications] == [subject.bytes for subject in subjects]
    assert {(notification.topic, notification.originator_version) for notification in notifications} == {("a.type", 1)}
    assert recorder.max_notification_id() == 25


def test_an_ordinary_application_of_the_library_writes_the_log(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where = conninfo_to_dict(database)
    monkeypatch.setenv("PGPASSFILE", str(where["passfile"]))
    environment = {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "APPLICATION_RECORDER_TOPIC": "events.log:Log",
        "POSTGRES_SCHEMA": "log",
        "POSTGRES_DBNAME": str(where["dbname"]),
        "POSTGRES_HOST": str(where["host"]),
        "POSTGRES_PORT": str(where["port"]),
        "POSTGRES_USER": str(where["user"]),
        "POSTGRES_PASSWORD": "",
    }
    with Application[UUID](environment) as application:
        application.save(Aggregate(), Aggregate())
        assert [item.id for item in application.notification_log["1,10"].items] == [1, 2]

    with connect(database, "rekam_reader") as connection, connection.cursor() as cursor:
        assert log.head(cursor).size == 2


def test_a_subscription_of_the_library_hears_of_our_own_append(database: str, recorder: Log) -> None:
    subject = uuid4()
    with (
        log.datastore(database, pool_size=3) as datastore,
        Log(datastore).subscribe() as subscription,
        connect(database, "rekam_intake") as connection,
        connection.cursor() as cursor,
    ):
        recorder.insert_events([event(subject, 1)])
        assert next(subscription).id == 1
        log.append(cursor, head := log.lock(cursor), [New(subject, "a.type", b"two")], head.accepted)
        connection.commit()
        notification = next(subscription)

    assert (notification.id, notification.originator_version, notification.state) == (2, 2, b"two")


def test_a_subscription_that_listens_late_misses_nothing(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looked, written = Event(), Event()
    listen, select = log._Subscription._listen, Log.select_notifications

    def listen_late(self: log._Subscription) -> None:
        written.wait(30)
        listen(self)

    def look(self: Log, *args: Any, **kwargs: Any) -> Sequence[Notification]:
        found: Sequence[Notification] = select(self, *args, **kwargs)
        looked.set()
        return found

    monkeypatch.setattr(log._Subscription, "_listen", listen_late)
    monkeypatch.setattr(Log, "select_notifications", look)
    with log.datastore(database, pool_size=3) as datastore, Log(datastore).subscribe() as subscription:
        assert looked.wait(30)
        Log(datastore).insert_events([event(uuid4(), 1)])
        written.set()

        assert next(subscription).id == 1


def test_both_ways_of_writing_continue_one_chain(database: str, recorder: Log) -> None:
    subject = uuid4()
    recorder.insert_events([event(subject, 1, b"one")])
    with connect(database, "rekam_intake") as connection, connection.cursor() as cursor:
        head = log.lock(cursor)
        assert log.accepted(head, head.accepted) == head.accepted
        log.append(cursor, head, [New(subject, "a.type", b"two")], head.accepted)
    assert recorder.insert_events([event(subject, 3, b"three")]) == [3]

    with connect(database, "rekam_reader") as connection, connection.cursor() as cursor:
        entries = log.read(cursor, 0, 10)
        expected = GENESIS
        for entry, state in zip(entries, [b"one", b"two", b"three"], strict=True):
            expected = log.chain(expected, entry.position, state)
            assert entry.digest == expected
        assert log.head(cursor)[::2] == (3, expected)


def test_a_clash_of_versions_is_the_librarys_error_and_leaves_no_gap(recorder: Log) -> None:
    subject = uuid4()
    recorder.insert_events([event(subject, 1)])

    with pytest.raises(IntegrityError):
        recorder.insert_events([event(uuid4(), 1), event(subject, 1)])

    assert recorder.insert_events([event(subject, 2)]) == [2]


def test_a_clash_of_tracking_is_the_librarys_error_and_leaves_no_gap(recorder: Log) -> None:
    recorder.insert_events([event(uuid4(), 1)], tracking=Tracking("upstream", 7))

    with pytest.raises(IntegrityError):
        recorder.insert_events([event(uuid4(), 1)], tracking=Tracking("upstream", 7))

    assert recorder.insert_events([event(uuid4(), 1)], tracking=Tracking("upstream", 8)) == [2]


def test_a_batch_of_three_megabytes_is_appended(recorder: Log) -> None:
    subject = uuid4()

    positions = recorder.insert_events([event(subject, version, bytes(30_000)) for version in range(1, 101)])

    assert positions == list(range(1, 101))


def test_a_lock_that_is_not_given_in_time_is_the_librarys_error(database: str) -> None:
    with (
        log.datastore(database, lock_timeout=1) as datastore,
        connect(database, "rekam_intake") as connection,
        connection.cursor() as cursor,
    ):
        log.lock(cursor)
        with pytest.raises(OperationalError, match="lock timeout"):
            Log(datastore).insert_events([event(uuid4(), 1)])


def test_a_datastore_of_another_schema_is_refused(database: str) -> None:
    with log.datastore(database) as datastore:
        datastore.schema = "public"
        with pytest.raises(WrongUse, match="POSTGRES_SCHEMA=log"):
            Log(datastore)
