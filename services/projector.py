"""A projector: keeps one view at the head of the log.

`rekam.log` is the fast path and the doorbell, the log itself is the truth. A batch goes this way:

    1. what is at or below the view's own position is ignored; what follows on it without a gap is taken, and where
       anything else was sent, or nothing was for a second, the entries are read from the log
    2. the digest chained over them is compared with the log's own at their end: what was sent from a log that has since
       been put back to an earlier state is dropped, and read from the log
    3. one transaction: the view, its position and digest (compare-and-set: a second projector is fenced off); commit
    4. the group's offset is committed, which means nothing but lag, and is waited for by nobody
"""

from __future__ import annotations

import asyncio
from itertools import count, takewhile
from typing import TYPE_CHECKING, Any, Final

import psycopg
import structlog

from events import database, log
from events.errors import Clash, Refusal, Retry
from projections import position
from projections.history import Memory
from projections.position import Standing
from services import tracing
from services.batches import parted
from services.lag import Lag
from services.passage import Passage, Place
from services.pulse import Pulse
from services.tracing import Tracing
from services.wire import LOG_TOPIC, subscribe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiokafka import ConsumerRecord, TopicPartition

    from events.vault import Keys
    from projections.views import View
    from services.wire import Records, Wire

__all__ = ["Follower", "Projector"]

LIMIT: Final = 2000
_TICK_S: Final = 1.0
_PAUSE_S: Final = 0.5
_DIGITS: Final = 18

_log = structlog.get_logger("projector")

Sent = tuple[int, bytes]


class Follower:
    """The database's side of a projector: one connection, one call at a time, in a thread."""

    def __init__(self, view: View, address: str, keys: Keys, schema: str | None = None) -> None:
        self._view = view
        self._schema = schema or view.name
        self._address = address
        self._memory = Memory(keys, noting=view.noting)
        self._stood: Standing | None = None
        self._connection: database.Connection | None = None
        self._over = False

    def advance(self, sent: Sequence[Sent]) -> bool:
        """Bring the view on by what was sent, or by what the log has; whether the log may have more.

        Clash where another projector was here. Refusal where the view stands at a place that the log does not have.
        """
        connection = self._connected()
        try:
            with connection.transaction(), connection.cursor() as cursor:
                old = position.take(cursor, self._view)
                if old != self._stood:  # another projector was here meanwhile, or the database was put back
                    self._memory.forget()
                entries, new = self._following(cursor, old, sent)
                if entries:
                    position.move(cursor, old, new)
                    self._view.apply(cursor, self._memory.changes(cursor, entries))
        except BaseException as error:
            self._memory.forget()
            if isinstance(error, psycopg.OperationalError):
                self._disconnect()
            raise
        self._stood = new
        return len(entries) >= LIMIT

    def check(self) -> Standing:
        """Where the view stands. Refusal where the log has another digest there, or does not reach that far."""
        connection = self._connected()
        with connection.transaction(), connection.cursor() as cursor:
            standing = position.take(cursor, self._view)
            if log.digest_at(cursor, standing.position) != standing.digest:
                raise self._elsewhere(standing)
        return standing

    @property
    def stood(self) -> Standing | None:
        """Where the view stood after the last `advance`."""
        return self._stood

    def close(self) -> None:
        """For good: a call that goes on in its thread, though nobody waits for it any more, connects no more."""
        self._over = True
        self._disconnect()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _following(
        self, cursor: psycopg.Cursor[Any], old: Standing, sent: Sequence[Sent]
    ) -> tuple[list[Sent], Standing]:
        """What follows on `old`, and where the view then stands; the digest there is the log's own.

        Refusal where the log has another digest there: the view was made from another log.
        """
        ahead = dict(pair for pair in sent if pair[0] > old.position)
        run = [(place, ahead[place]) for place in takewhile(ahead.__contains__, count(old.position + 1))]
        if run and len(run) == len(ahead):
            new = _chained(old, run)
            if log.digest_at(cursor, new.position) == new.digest:
                return run, new
            _log.warning("sent from another log", view=self._schema, first=run[0][0], last=run[-1][0])
        stored = log.read(cursor, old.position, LIMIT)
        found = [(place, state) for place, state, _ in stored]
        new = _chained(old, found)
        if stored and stored[-1].digest != new.digest:
            raise self._elsewhere(old)
        return found, new

    def _elsewhere(self, standing: Standing) -> Refusal:
        return Refusal(
            f"view {self._schema} stands at position {standing.position} of another log than this one: "
            f"run `rekam rebuild {self._view.name} --accept`"
        )

    def _connected(self) -> database.Connection:
        connection = self._connection
        if connection is None or connection.closed:
            connection = self._connection = database.connect(self._address, "rekam_projector", derived=True)
            try:
                connection.execute(f"SET search_path = {self._schema}")
                connection.commit()
            except BaseException:
                self._disconnect()
                raise
        if self._over:
            connection.close()
        return connection


def _chained(old: Standing, entries: Sequence[Sent]) -> Standing:
    place, digest = old
    for place, state in entries:
        digest = log.chain(digest, place, state)
    return Standing(place, digest)


class Projector:
    """One member of the view's consumer group. `run` goes on until it is cancelled."""

    def __init__(
        self, wire: Wire, view: View, follower: Follower, pulse: Pulse | None = None, traces: Tracing | None = None
    ) -> None:
        self._view = view
        self._follower = follower
        self._pulse = pulse or Pulse()
        self._traces = traces or Tracing()
        self._passage = Passage("projector", "applied", view=view.name)
        self._at = 0
        self._broker = wire.broker()
        self._subscriber = subscribe(
            self._broker, LOG_TOPIC, group=f"rekam-{view.name}", handler=self._handle, reset="latest",
            wait_ms=50 if wire.engines.embedded else 500,  # the embedded broker looks every 100 ms alone
        )  # fmt: skip
        self._turn = asyncio.Lock()
        self._lag = Lag(_log.bind(view=view.name))
        self._read: dict[TopicPartition, int] = {}
        self._failure: Exception | None = None

    async def run(self) -> None:
        """Follow the log until cancelled. Raises what no retry mends."""
        standing = await asyncio.to_thread(self._follower.check)
        self._at = standing.position
        _log.info("following", view=self._view.name, position=self._at)
        try:
            await self._broker.start()
            while self._failure is None:
                await self._catch_up(())
                self._passage.say()
                self._tell()
                await asyncio.sleep(_TICK_S)
            raise self._failure
        finally:
            await self._lag.stop()
            await self._broker.stop()
            self._passage.say(at_once=True)

    async def _handle(self, records: Records) -> None:
        spans = self._traces.applied(self._view.name, records)
        if await self._catch_up([sent for record in records if (sent := _sent(record)) is not None], records):
            tracing.end(spans)
        told, untold = parted(records)
        self._read |= {tp: some[-1].offset + 1 for tp, some in told.items()}
        for tp, batch in untold.items():  # the log itself has what stands there
            _log.error("passed over", view=self._view.name, why=batch.said_at(tp))

    def _tell(self) -> None:
        """Let Kafka know, once a second at most, how far the group is: it means nothing but lag."""
        consumer = self._subscriber.consumer
        read = {tp: self._read[tp] for tp in consumer.assignment() & self._read.keys()}
        if self._read and self._lag.tell(consumer, read):
            self._read.clear()

    async def _catch_up(self, sent: Sequence[Sent], records: Records = ()) -> bool:
        """Bring the view on as far as it goes; whether nothing was in the way."""
        async with self._turn:
            try:
                more = True
                while more:
                    more = await asyncio.to_thread(self._follower.advance, sent)
                    self._pulse.beat()
                    self._told(records)
                    sent, records = (), ()
            except Clash as clash:
                _log.info("fenced off", view=self._view.name, position=self._at, why=str(clash))
            except (Retry, psycopg.OperationalError) as error:
                _log.warning("waiting", view=self._view.name, position=self._at, why=type(error).__name__)
                await asyncio.sleep(_PAUSE_S)
            except Exception as error:
                self._failure = error
                raise
            else:
                return True
        return False

    def _told(self, records: Records) -> None:
        """Take note of what the view has come on by, and of the messages that rang."""
        before, stood = self._at, self._follower.stood
        self._at = self._at if stood is None else stood.position
        if self._at > before or records:
            places = {Place(one.topic, one.partition): (records[0].offset, records[-1].offset) for one in records[:1]}
            self._passage.batch((before + 1, self._at), places)


def _sent(record: ConsumerRecord[Any, Any]) -> Sent | None:
    """What the relay sent; None for a message that is not its own, which is passed over."""
    position = dict(record.headers).get("position") or b""
    own = position.isdigit() and len(position) <= _DIGITS and record.value is not None
    return (int(position), record.value) if own else None
