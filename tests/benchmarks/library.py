"""The same facts through the `eventsourcing` library as it is meant to be used, on the same PostgreSQL, over TCP.

    an Application       saves the facts, with its own mapper and JSON transcoder, in batches of 1,000
    its bare recorder    is given the very bytes that our log keeps, in batches of 1,000
    its ProjectionRunner writes the same postings as our view `counts`, one event and one transaction at a time

All three are favoured: nothing is checked, recognised, identified or sealed, no offset is accounted for, and the
projection keeps whom it has read in memory and never asks the database.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import DomainEvent
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.conninfo import conninfo_to_dict

from events import vault
from events.entry import Calendar, Entry, decode, open_calendar, open_person
from events.log import datastore
from projections.accounts import NUMBERS
from projections.evidence import fact_of
from projections.postings import Subject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from events.vault import Keys
    from tests.benchmarks.engines import Bench

__all__ = ["application", "recorder", "runner"]

BATCH = 1_000


@dataclass(frozen=True)
class Reported(DomainEvent):
    """A fact as the library keeps one: in clear, by its own transcoder."""

    kind: str
    source: str
    id: str
    recordedtime: str
    days: list[str | None]
    fact: dict[str, Any]
    person: dict[str, Any]


class Register(Application[UUID]):
    """Saves facts, and nothing else."""

    name = "register"


class Postings(PostgresTrackingRecorder):
    """The view of the library's projection: the ledger of people, one row a posting."""

    def create_table(self) -> None:
        super().create_table()
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute(
                "CREATE TABLE library_runner.posting (position bigint, subject uuid, valid_on date, "
                "from_account smallint, to_account smallint, people smallint)"
            )
            cursor.execute("CREATE INDEX ON library_runner.posting (position)")
            cursor.execute("CREATE INDEX ON library_runner.posting (from_account)")
            cursor.execute("CREATE INDEX ON library_runner.posting (to_account)")


class Counting(Projection[Postings]):
    """Reads each resident as our projectors do, and remembers everybody."""

    name = "counting"
    topics = ()

    def __init__(self, view: Postings) -> None:
        super().__init__(view)
        self._known: dict[UUID, Subject] = {}

    def process_event(self, domain_event: Reported, tracking: Any) -> None:
        subject = self._known.setdefault(domain_event.originator_id, Subject.of(noting=False))
        entry, calendar = _entry(domain_event)
        change = subject.add(tracking.notification_id, entry, fact_of(entry, calendar), noting=False)
        rows = [
            (change.position, entry.subject, day, NUMBERS[from_], NUMBERS[to], people)
            for day, from_, to, people in change.postings
        ]
        with self.view.datastore.transaction(commit=True) as cursor:
            self.view._insert_tracking(cursor, tracking)
            for row in rows:
                cursor.execute("INSERT INTO library_runner.posting VALUES (%s, %s, %s, %s, %s, %s)", row)


def application(bench: Bench, states: Sequence[bytes], keys: Keys) -> float:
    """Facts a second; the time is that of `save` alone."""
    events = _reported(bench, states, keys)
    with Register(_environ(bench, "library_application")) as saving:
        began = time.monotonic()
        for at in range(0, len(events), BATCH):
            saving.save(*events[at : at + BATCH])
        return len(events) / (time.monotonic() - began)


def recorder(bench: Bench, states: Sequence[bytes]) -> float:
    """Facts a second; their versions are known beforehand."""
    entries = [decode(state) for state in states]
    events = [
        StoredEvent(entry.subject, version, entry.type, state)
        for entry, version, state in zip(entries, _versions(entries), states, strict=True)
    ]
    _environ(bench, "library_recorder")
    with datastore(bench.settings.database) as store:
        store.schema = "library_recorder"
        bare = PostgresApplicationRecorder(store, events_table_name="stored_events")
        bare.create_table()
        began = time.monotonic()
        for at in range(0, len(events), BATCH):
            bare.insert_events(events[at : at + BATCH])
        return len(events) / (time.monotonic() - began)


def runner(bench: Bench, states: Sequence[bytes], keys: Keys) -> float:
    """Facts a second of the library's projection, all of which are saved before it starts."""
    events = _reported(bench, states, keys)
    environ = _environ(bench, "library_runner")
    with Register(environ) as saving:
        for at in range(0, len(events), BATCH):
            saving.save(*events[at : at + BATCH])
    began = time.monotonic()
    with ProjectionRunner(
        application_class=Register, projection_class=Counting, view_class=Postings, env=environ
    ) as running:
        running.wait(len(events), timeout=120)
        return len(events) / (time.monotonic() - began)


def _environ(bench: Bench, schema: str) -> dict[str, str]:
    """Settings of the library for a schema of its own, which is made."""
    bench.looking.execute(f"CREATE SCHEMA {schema}".encode())
    address = conninfo_to_dict(bench.settings.database)
    password = Path(str(address["passfile"])).read_text().strip().rpartition(":")[2]
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_HOST": str(address["host"]),
        "POSTGRES_PORT": str(address["port"]),
        "POSTGRES_DBNAME": str(address["dbname"]),
        "POSTGRES_USER": str(address["user"]),
        "POSTGRES_PASSWORD": password,
        "POSTGRES_SCHEMA": schema,
    }


def _versions(entries: Sequence[Entry]) -> list[int]:
    last: Counter[UUID] = Counter()
    versions = []
    for entry in entries:
        last[entry.subject] += 1
        versions.append(last[entry.subject])
    return versions


def _reported(bench: Bench, states: Sequence[bytes], keys: Keys) -> list[Reported]:
    """The facts of our log, opened."""
    entries = [decode(state) for state in states]
    opened = vault.people(bench.looking.cursor(), keys, {entry.subject for entry in entries})
    now = datetime.now(UTC)
    return [
        _opened(entry, version, opened[entry.subject], now)
        for entry, version in zip(entries, _versions(entries), strict=True)
    ]


def _opened(entry: Entry, version: int, key: bytes, now: datetime) -> Reported:
    calendar = open_calendar(entry, key)
    days = [
        None if day is None else day.isoformat()
        for day in (entry.valid_on, entry.lapses_on, None if calendar is None else calendar.seventeen_on)
    ]
    person = open_person(entry, key) | ({} if calendar is None else {"ever_married": calendar.ever_married})
    names = (entry.type, entry.source, entry.id, entry.recordedtime)
    return Reported(entry.subject, version, now, *names, days, dict(entry.fact), person)


def _entry(event: Reported) -> tuple[Entry, Calendar | None]:
    """As a projector has it, without what it does not look at."""
    valid_on, lapses_on, seventeen_on = [day and date.fromisoformat(day) for day in event.days]
    calendar = Calendar(seventeen_on, event.person["ever_married"]) if seventeen_on else None
    entry = Entry(
        event.originator_id, event.kind, event.source, event.id, "", event.recordedtime, "", None, False,
        valid_on or None, lapses_on or None, (), event.fact, None, b"" if calendar else None,
    )  # fmt: skip
    return entry, calendar
