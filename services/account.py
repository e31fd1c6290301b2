"""The accountant: what intake does in the database, on one connection, one call at a time, in a thread.

`take` is the transaction that everything rests on. Its order: the log's lock, the offsets (compare-and-set), the
claims, the people, the entries, then quarantine, receipts and the outcome of each offset; COMMIT.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog
from aiokafka import TopicPartition

from events import database, log, offsets, vault, watch
from events.admission import Admission, Item, Outcome, Ready, ready
from events.entry import Coordinates
from events.envelope import check
from events.errors import Refused
from events.quarantine import Message, open_parked
from services import tracing
from services.batches import Unreadable
from services.incarnations import last_of
from services.passage import Passage, Place
from services.tracing import Tracing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import psycopg
    from aiokafka import ConsumerRecord
    from opentelemetry.trace import Span

    from events.offsets import Mark
    from events.watch import End
    from services.settings import Settings

__all__ = ["Accountant", "Batch"]

_log = structlog.get_logger("intake")


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Batch:
    """What was delivered of one partition, ascending, from `mark.next` on; the broker's log begins at `begin`."""

    mark: Mark
    begin: int
    records: Sequence[ConsumerRecord[Any, Any]]

    @property
    def partition(self) -> TopicPartition:
        return TopicPartition(self.mark.topic, self.mark.partition)

    def after(self) -> Mark:
        """Where the partition stands when the batch is accounted for."""
        return replace(self.mark, next=self.records[-1].offset + 1, last=last_of(self.records[-1]))


class Accountant:
    """Holds the keys, and a session. psycopg's OperationalError is for the caller.

    `clock` says when the log's lock is held: what was waited for before is not accepted yet, and somebody may ask
    meanwhile what was known by then.
    """

    def __init__(
        self,
        settings: Settings,
        address: str,
        traces: Tracing | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._traces = traces or Tracing()
        self.passage = Passage("intake", "accounted")
        self._session = database.Session(address, "rekam_intake")
        with self._session.transaction() as cursor:
            self._keys = vault.unlock(cursor, settings.keys)

    def close(self) -> None:
        """Wait for the transaction that is under way, if any, and close the connection."""
        self._session.close()
        self.passage.say(at_once=True)

    # ------------------------------------------------------------------ where intake stands

    def marks(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, Mark]:
        with self._session.transaction() as cursor:
            return {TopicPartition(*place): found for place, found in offsets.marks(cursor, partitions).items()}

    def renew(self, mark: Mark) -> Mark:
        """Begin the topic's next incarnation, or follow another intake into it."""
        with self._session.transaction() as cursor:
            log.lock(cursor)
            return offsets.renew(cursor, mark)

    def miss(self, mark: Mark, end: int, begin: int) -> Mark:
        """Account for the offsets from the mark to `end` (exclusive), of which nothing was delivered."""
        with self._session.transaction() as cursor:
            log.lock(cursor)
            offsets.advance(cursor, {mark: (end, None)})
            offsets.account(cursor, [(mark, offsets.missing(mark.next, end, begin))])
        _log.info(
            "not delivered", topic=mark.topic, incarnation=mark.incarnation, partition=mark.partition,
            first=mark.next, last=end - 1,
        )  # fmt: skip
        return replace(mark, next=end)

    def look(self, ends: Iterable[End]) -> None:
        """Take note of where partitions end."""
        with self._session.transaction() as cursor:
            watch.look(cursor, ends)

    # ------------------------------------------------------------------ messages

    def check(self, batches: Sequence[Batch], now: datetime) -> list[Item]:
        """Check every message by itself, and make it ready; needs no database."""
        items = []
        for batch in batches:
            topic, incarnation, partition = batch.mark.topic, batch.mark.incarnation, batch.mark.partition
            for record in batch.records:
                kafka = Coordinates(topic, incarnation, partition, record.offset)
                message = Message(record.headers, record.value)
                items.append(Item(kafka, message, self._checked(kafka, message, now)))
        return items

    def take(self, batches: Sequence[Batch], items: Sequence[Item], now: datetime) -> None:
        """Account for the batches and append what they bring; each partition then stands where its batch says.

        Clash where the ledger has moved on: nothing was done, ask it again.
        """
        with self._session.transaction() as cursor:
            admission = self._admission(cursor, now)
            before = admission.head.size
            moved = {batch.mark: batch.after() for batch in batches}
            offsets.advance(cursor, {mark: (after.next, after.last) for mark, after in moved.items()})
            outcomes = admission.admit(items)
            told = iter(outcomes)
            offsets.account(cursor, [(batch.mark, _ranges(batch, told)) for batch in batches])
            spans = self._traces.taken(items, outcomes, now)
            watch.keep_traces(cursor, _parents(spans, outcomes))
        tracing.end(spans.values())
        self.passage.batch(
            (before + 1, admission.head.size), {_place(mark): _span(mark, moved[mark]) for mark in moved}
        )
        self.passage.outcomes(
            (item.kafka, outcome.outcome, outcome.reason) for item, outcome in zip(items, outcomes, strict=True)
        )
        self.passage.say()

    def redrive(self, number: int, now: datetime) -> Outcome | None:
        """Put a parked message through once more, with its old coordinates; None where it is not open."""
        with self._session.transaction() as cursor:
            admission = self._admission(cursor, now)
            parked = open_parked(cursor, self._keys, number)
            if parked is None:
                return None
            if parked.outcome == "conflict" or parked.code == "unreadable":  # can only be dismissed
                return Outcome(parked.outcome, None, parked.code)
            checked = self._checked(parked.kafka, parked.message, now)
            return admission.admit([Item(parked.kafka, parked.message, checked, number)])[0]

    def _admission(self, cursor: psycopg.Cursor[Any], now: datetime) -> Admission:
        head = log.lock(cursor)
        return Admission(
            cursor, self._keys, head, log.accepted(head, max(now, self._clock())),
            lambda kafka, message: self._checked(kafka, message, now),
        )  # fmt: skip

    def _checked(self, kafka: Coordinates, message: Message, now: datetime) -> Ready | Refused:
        settings = self._settings
        if isinstance(message.value, Unreadable):
            return Refused("unreadable", f"the message cannot be read: {message.value.why}")
        try:
            event = check(kafka.topic, message.headers, message.value, now, settings.correcting_sources)
            return ready(self._keys, settings.departure_rule, event)
        except Refused as why:  # as a value: its traceback would hold the batch, which holds it
            return Refused(why.code, why.message, source=why.source, id=why.id, type=why.type)
        except Exception as error:  # noqa: BLE001 - a message that we fall over must not hold up those behind it
            _log.error("cannot be understood", **kafka._asdict(), error=type(error).__name__)
            return Refused("bad_data", f"could not be understood: {type(error).__name__} in Rekam; tell its makers")


def _parents(spans: Mapping[int, Span], outcomes: Sequence[Outcome]) -> dict[int, str]:
    """What is kept for the relay, by position: of what was appended, the context of intake's own span."""
    appended = ((outcomes[number], span) for number, span in spans.items() if span.is_recording())
    return {
        told.position: tracing.parent_of(span)
        for told, span in appended
        if told.outcome == "appended" and told.position is not None
    }


def _place(mark: Mark) -> Place:
    return Place(mark.topic, mark.partition, mark.incarnation)


def _span(mark: Mark, after: Mark) -> tuple[int, int]:
    return mark.next, after.next - 1


def _ranges(batch: Batch, outcomes: Any) -> list[offsets.Range]:
    told = [(record.offset, next(outcomes).outcome) for record in batch.records]
    return offsets.ranges(batch.mark.next, batch.begin, told)
