"""The log against a plain list: whatever is appended, rolled back and refused, by whom ever, they say the same."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from events import log
from events.database import Connection, connect
from events.log import GENESIS, Head, Log, New

if TYPE_CHECKING:
    from collections.abc import Sequence

START = datetime(2018, 11, 23, tzinfo=UTC)

SUBJECTS = [UUID(int=number) for number in range(1, 6)]
facts = st.builds(New, st.sampled_from(SUBJECTS), st.sampled_from(["a.type", "b.type"]), st.binary(max_size=40))
batches = st.lists(facts, max_size=8)
some = st.lists(facts, min_size=1, max_size=8)
clocks = st.integers(0, 20).map(lambda second: START + timedelta(seconds=second))
positions = st.integers(0, 40)


class LogAsList(RuleBasedStateMachine):
    """Two connections that take turns, and the library's recorder, write to one log; `facts` is what it must be."""

    def __init__(self, intakes: Sequence[Connection], recorder: Log) -> None:
        super().__init__()
        self.recorder = recorder
        self.intakes = intakes
        self.turn = count()
        self.facts: list[New] = []
        self.times: list[datetime] = []

    def intake(self) -> Connection:
        return self.intakes[next(self.turn) % 2]

    def append(self, cursor: psycopg.Cursor[tuple[Any, ...]], batch: Sequence[New], clock: datetime) -> Head:
        before = log.lock(cursor)
        assert (before.size, before.accepted) == (len(self.facts), max(self.times, default=before.accepted))
        return log.append(cursor, before, batch, log.accepted(before, clock))

    def accept(self, batch: Sequence[New], time: datetime) -> None:
        self.facts += batch
        self.times += [time] * len(batch)

    def events(self, batch: Sequence[New], versions: Counter[UUID]) -> list[StoredEvent]:
        events = []
        for fact in batch:
            versions[fact.subject] += 1
            events.append(StoredEvent(fact.subject, versions[fact.subject], fact.type, fact.state))
        return events

    @rule(batch=batches, clock=clocks)
    def a_batch_is_appended(self, batch: list[New], clock: datetime) -> None:
        with self.intake().transaction() as transaction, transaction.connection.cursor() as cursor:
            after = self.append(cursor, batch, clock)
        self.accept(batch, after.accepted)
        assert after.size == len(self.facts)

    @rule(one=some, other=some, clock=clocks)
    def two_batches_are_appended_in_one_transaction(self, one: list[New], other: list[New], clock: datetime) -> None:
        with self.intake().transaction() as transaction, transaction.connection.cursor() as cursor:
            between = self.append(cursor, one, clock)
            self.accept(one, between.accepted)
            after = log.append(cursor, between, other, log.accepted(between, clock))
            self.accept(other, after.accepted)
        assert after.size == len(self.facts)

    @rule(batch=some, clock=clocks)
    def a_batch_is_rolled_back(self, batch: list[New], clock: datetime) -> None:
        with self.intake().transaction() as transaction, transaction.connection.cursor() as cursor:
            self.append(cursor, batch, clock)
            raise psycopg.Rollback(transaction)

    @rule(batch=some)
    def a_batch_is_recorded_by_the_library(self, batch: list[New]) -> None:
        before = len(self.facts)
        given = self.recorder.insert_events(self.events(batch, Counter(fact.subject for fact in self.facts)))
        with self.intake().transaction() as transaction, transaction.connection.cursor() as cursor:
            self.accept(batch, log.head(cursor).accepted)
        assert given == list(range(before + 1, len(self.facts) + 1))

    @precondition(lambda self: self.facts)
    @rule(batch=batches)
    def a_version_that_is_taken_is_refused_to_the_library(self, batch: list[New]) -> None:
        taken = Counter(fact.subject for fact in self.facts)
        events = self.events(batch, taken.copy())
        again = self.facts[-1]
        with pytest.raises(IntegrityError):
            self.recorder.insert_events(
                [*events, StoredEvent(again.subject, taken[again.subject], again.type, again.state)]
            )

    @rule(after=positions, limit=positions)
    def any_stretch_reads_as_in_the_list(self, after: int, limit: int) -> None:
        with self.intake().transaction() as transaction, transaction.connection.cursor() as cursor:
            entries = log.read(cursor, after, limit)
        expected = list(enumerate((fact.state for fact in self.facts), 1))[after : after + limit]
        assert [(entry.position, entry.state) for entry in entries] == expected

    @rule(subjects=st.lists(st.sampled_from(SUBJECTS), max_size=3), up_to=positions)
    def the_facts_of_some_read_as_in_the_list(self, subjects: list[UUID], up_to: int) -> None:
        with self.intake().transaction() as transaction, transaction.connection.cursor() as cursor:
            facts = log.facts_of(cursor, subjects, up_to)
        expected = [
            (position, fact.state, fact.subject)
            for position, fact in enumerate(self.facts[:up_to], 1)
            if fact.subject in subjects
        ]
        assert [(fact.position, fact.state, fact.subject) for fact in facts] == expected

    @rule(time=clocks)
    def a_time_is_the_number_of_facts_accepted_by_then(self, time: datetime) -> None:
        with self.intake().transaction() as transaction, transaction.connection.cursor() as cursor:
            assert log.position_at(cursor, time) == bisect_right(self.times, time)

    @invariant()
    def the_whole_log_is_the_list_and_its_chain_holds(self) -> None:
        with self.intake().transaction() as transaction, transaction.connection.cursor() as cursor:
            entries = log.read(cursor, 0, len(self.facts) + 1)
            end = log.head(cursor)
            cursor.execute("SELECT originator_id, originator_version, topic FROM log.entry ORDER BY notification_id")
            columns = cursor.fetchall()
        digest, versions = GENESIS, Counter[UUID]()
        for position, (entry, fact, column) in enumerate(zip(entries, self.facts, columns, strict=True), 1):
            digest = log.chain(digest, position, fact.state)
            versions[fact.subject] += 1
            assert entry == (position, fact.state, digest)
            assert column == (fact.subject, versions[fact.subject], fact.type)
        assert (end.size, end.digest) == (len(self.facts), digest)


def test_the_log_is_a_list(database: str) -> None:
    with (
        connect(database, "rekam_intake") as one,
        connect(database, "rekam_intake") as other,
        connect(database, autocommit=True) as owner,
        log.datastore(database, pool_size=1) as datastore,
    ):
        recorder = Log(datastore)

        class Emptied(LogAsList):
            def __init__(self) -> None:
                owner.execute("TRUNCATE log.entry")
                owner.execute("UPDATE log.head SET size = 0, accepted = 'epoch', digest = %s", [GENESIS])
                super().__init__((one, other), recorder)

        run_state_machine_as_test(Emptied, settings=settings(max_examples=40, stateful_step_count=20, deadline=None))
