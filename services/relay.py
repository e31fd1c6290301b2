"""The relay: passes on what stands in the database, in order, to `rekam.log`, `rekam.quarantine` and `rekam.receipts`.

It sends, waits until the broker has everything, and then notes how far it is. Where it dies in between it sends the
same again, which every reader ignores. One relay works at a time: a second waits until the first one's session ends.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
import psycopg
import structlog
from aiokafka.errors import KafkaError

from events import database, log, watch
from events.entry import origin
from events.errors import Clash, Retry
from services import tracing
from services.passage import Passage
from services.pulse import Pulse
from services.tracing import Tracing
from services.wire import LOG_TOPIC, QUARANTINE_TOPIC, RECEIPTS_TOPIC

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aiokafka import AIOKafkaProducer

    from services.wire import Wire

__all__ = ["Relay"]

_LIMIT: Final = 2000
_TOLD: Final = 10 * _LIMIT
_TICK_S: Final = 1.0
_PAUSE_S: Final = 0.5
_ONLY_ONE: Final = 0x52454C4159  # "RELAY"

_RELAYED: Final = "SELECT topic, last FROM intake.relayed"
_NOTE: Final = "UPDATE intake.relayed SET last = %s WHERE topic = %s"
_PARKED: Final = (
    'SELECT number, topic, incarnation, partition, "offset", source, id, code, message FROM intake.quarantine '
    "WHERE number > %s ORDER BY number LIMIT %s"
)
_RECEIPTS: Final = (
    'SELECT number, topic, incarnation, partition, "offset", source, id, outcome, position, reason '
    "FROM intake.receipt WHERE number > %s ORDER BY number LIMIT %s"
)
_PARKED_NAMES: Final = ("topic", "incarnation", "partition", "offset", "source", "id", "code", "message")
_RECEIPT_NAMES: Final = (
    "topic", "incarnation", "partition", "offset", "source", "id", "outcome", "position", "reason",
)  # fmt: skip

_log = structlog.get_logger("relay")


class Outgoing(NamedTuple):
    """A message to be sent; `position` is its header, where it is an entry."""

    topic: str
    value: bytes
    position: int | None = None


class Shelf(NamedTuple):
    """What one look into the database found: the messages, and how far each topic was and will be passed on.

    `parents` are the trace contexts of entries, by position, of those that have one.
    """

    messages: list[Outgoing]
    after: dict[str, int]
    upto: dict[str, int]
    parents: dict[int, str]


class Relay:
    """`run` goes on until it is cancelled; a database or broker that goes away is waited for."""

    def __init__(self, wire: Wire, pulse: Pulse | None = None, traces: Tracing | None = None) -> None:
        self._wire = wire
        self._pulse = pulse or Pulse()
        self._traces = traces or Tracing()
        self._passage = Passage("relay", "relayed")
        self._connection: database.Connection | None = None
        self._over = False
        self._trouble = ""

    async def run(self) -> None:
        while True:
            # a new producer after each trouble: one that missed a number of its sequence is refused from then on
            producer = self._wire.producer(linger_ms=0)  # what is read together is sent together
            try:
                await producer.start()
                while True:
                    await self._pass_on(producer)
                    self._trouble = ""
                    self._pulse.beat()
            except (Retry, KafkaError, psycopg.OperationalError) as error:
                self._say(type(error).__name__)
                if isinstance(error, Clash):  # the other one works; this one has nothing to do
                    self._pulse.beat()
            except asyncio.CancelledError:
                self._over = True  # a call that goes on in its thread, though nobody waits for it, connects no more
                raise
            finally:
                self._passage.say(at_once=True)
                try:
                    await asyncio.to_thread(self._close)
                finally:  # also when we are told to end meanwhile
                    await self._wire.stop(producer)
            await asyncio.sleep(_PAUSE_S)

    def _say(self, trouble: str) -> None:
        """Once, however often it is tried: a second relay waits for as long as the first one lives."""
        if trouble != self._trouble:
            self._trouble = trouble
            _log.warning("waiting", why=trouble)

    async def _pass_on(self, producer: AIOKafkaProducer) -> None:
        shelf = await asyncio.to_thread(self._look)
        self._passage.say()
        if not shelf.upto:
            await asyncio.to_thread(self._wait)
            return
        spans = self._traces.sent(shelf.parents)
        parents = shelf.parents | {position: tracing.parent_of(span) for position, span in spans.items()}
        first = [message for message in shelf.messages if message.topic == QUARANTINE_TOPIC]
        # what was parked, and said to be so, goes before the log that may say how it ended; see `_look`
        first += [m for m in shelf.messages if m.topic == RECEIPTS_TOPIC and not m.position]
        await self._send(producer, first, {})
        await self._send(producer, [m for m in shelf.messages if m.topic == LOG_TOPIC or m.position], parents)
        tracing.end(spans.values())
        await asyncio.to_thread(self._note, shelf.upto)
        if shelf.parents:
            await asyncio.to_thread(self._forget, shelf.upto[LOG_TOPIC])
        self._told(shelf)

    async def _send(self, producer: AIOKafkaProducer, messages: Iterable[Outgoing], parents: Mapping[int, str]) -> None:
        sent = []
        for topic, value, position in messages:
            headers = _headers(position, parents) if position and topic == LOG_TOPIC else None
            sent.append(await producer.send(topic, value, headers=headers))
        if sent:
            await asyncio.gather(*sent)

    def _told(self, shelf: Shelf) -> None:
        """Positions of the log, and of the other two topics the numbers in their tables."""
        spans = {topic: (shelf.after[topic] + 1, last) for topic, last in shelf.upto.items()}
        self._passage.batch(spans.pop(LOG_TOPIC, (1, 0)), {})
        self._passage.numbers(spans)
        self._passage.say()

    # ------------------------------------------------------------------ the database, in a thread

    def _look(self) -> Shelf:
        with self._session() as cursor:
            relayed = dict(cursor.execute(_RELAYED).fetchall())
            entries = log.read(cursor, relayed[LOG_TOPIC], _LIMIT)
            parked = cursor.execute(_PARKED, [relayed[QUARANTINE_TOPIC], _TOLD]).fetchall()
            receipts = cursor.execute(_RECEIPTS, [relayed[RECEIPTS_TOPIC], _TOLD]).fetchall()
            if len(parked) == _TOLD or len(receipts) == _TOLD:
                entries = []  # an entry may say how something ended of which it is not told yet that it was parked
            parents = watch.traces(cursor, relayed[LOG_TOPIC], entries[-1].position) if entries else {}
        messages = [Outgoing(QUARANTINE_TOPIC, _json(_PARKED_NAMES, row[1:])) for row in parked]
        messages += [Outgoing(RECEIPTS_TOPIC, _json(_RECEIPT_NAMES, row[1:])) for row in receipts]
        for position, state, _ in entries:
            messages.append(Outgoing(LOG_TOPIC, state, position))
            messages += _receipt_of(position, state)
        ends = ((LOG_TOPIC, entries), (QUARANTINE_TOPIC, parked), (RECEIPTS_TOPIC, receipts))
        return Shelf(messages, relayed, {topic: rows[-1][0] for topic, rows in ends if rows}, parents)

    def _note(self, upto: dict[str, int]) -> None:
        with self._session() as cursor:
            cursor.executemany(_NOTE, [(last, topic) for topic, last in upto.items()])

    def _forget(self, upto: int) -> None:
        with self._session() as cursor:
            watch.forget_traces(cursor, upto)

    def _wait(self) -> None:
        """Wait until intake says that it has committed, or for a second."""
        assert self._connection is not None
        for _ in self._connection.notifies(timeout=_TICK_S, stop_after=1):
            pass

    def _session(self) -> psycopg.Cursor[Any]:
        if self._connection is None or self._connection.closed:
            connection = database.connect(self._wire.engines.database, "rekam_relay", autocommit=True, derived=True)
            self._connection = connection
            if self._over:
                connection.close()
            row = connection.execute("SELECT pg_try_advisory_lock(%s)", [_ONLY_ONE]).fetchone()
            if row is None or not row[0]:
                self._close()
                raise Clash("another relay is at work")
            connection.execute(f"LISTEN {log.CHANNEL}")
        return self._connection.cursor()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _headers(position: int, parents: Mapping[int, str]) -> list[tuple[str, bytes]]:
    headers = [("position", str(position).encode())]
    return [*headers, (tracing.PARENT, parents[position].encode())] if position in parents else headers


def _receipt_of(position: int, state: bytes) -> list[Outgoing]:
    """The receipt of an appended message is read from its own entry; one appended by hand came from no topic."""
    of = origin(state)
    if of is None:
        return []
    outcome = "resolved" if of.resolved else "appended"
    row = (*of.kafka, of.source, of.id, outcome, position, None)
    return [Outgoing(RECEIPTS_TOPIC, _json(_RECEIPT_NAMES, row), position)]


def _json(names: Sequence[str], row: Sequence[Any]) -> bytes:
    return orjson.dumps(dict(zip(names, row, strict=True)))
