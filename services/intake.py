"""Intake: takes every message of the source topics and accounts for it. Any number may run; one writes at a time.

A batch goes this way:

    1. the message before it is read once more (is this still the topic we know?) while the batch is checked
    2. one transaction: lock, account, recognise, identify, seal and append (events/admission.py), commit
    3. the group's offsets are committed, which means nothing but lag

Where there is a backlog, the next batch is in step 1 while one is in its transaction, and is dropped if that one fails.
Otherwise whatever comes meanwhile makes one batch, and is visible earlier than in two.

Where it stands comes from the ledger alone, never from the group: whatever goes wrong, it asks the ledger again and
seeks there. A partition that is assigned is paused and moved before the first await, since aiokafka fetches meanwhile.

A partition whose leader does not answer is held, and holds up no other. So whatever may wait for a broker that is gone
is asked outside of a batch's turn (`_look_around`), or told beside it (services/lag.py).
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import psycopg
import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from events.errors import MadeAgain, Refusal, Retry
from events.facts import SOURCE_TOPICS
from services.account import Accountant, Batch
from services.batches import parted
from services.ends import Ends
from services.gaps import begins
from services.lag import Lag
from services.passage import places
from services.pulse import Pulse
from services.wire import subscribe

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from aiokafka import ConsumerRecord

    from events.admission import Item
    from events.offsets import Mark
    from services.incarnations import Bounds, Probe
    from services.wire import Records, Wire

__all__ = ["GROUP", "Intake"]

GROUP: Final = "rekam-intake"
_TICK_S: Final = 1.0
_PAUSE_S: Final = 0.5
_ASIDE_S: Final = 10.0
_BACKLOG: Final = 1_000
"""From so many messages in a batch on, more are taken to be there already."""

_log = structlog.get_logger("intake")


class Intake(ConsumerRebalanceListener):  # type: ignore[misc]
    """One member of the group. `run` goes on until it is cancelled."""

    def __init__(self, wire: Wire, accountant: Accountant, pulse: Pulse | None = None) -> None:
        self._wire = wire
        self._accountant = accountant
        self._pulse = pulse or Pulse()
        self._probe: Probe = wire.probe()
        self._ends = Ends(accountant)
        self._lag = Lag(_log)
        self._broker = wire.broker()
        self._subscriber = subscribe(
            self._broker, *SOURCE_TOPICS, group=GROUP, handler=self._handle, listener=self, reset="none",
            wait_ms=50 if wire.engines.embedded else 20,  # a laptop has other things to do
        )  # fmt: skip
        self._marks: dict[TopicPartition, Mark] = {}
        self._unsettled: set[TopicPartition] = set()
        self._delivered: Collection[TopicPartition] = ()  # and waiting for its turn
        self._aside: dict[TopicPartition, float] = {}
        self._turn = asyncio.Lock()
        self._under_way: asyncio.Task[None] | None = None
        self._busy = 0.0
        self._untold = False
        self._failure: Exception | None = None

    async def run(self) -> None:
        """Take messages until cancelled. Raises what no retry mends."""
        async with self._probe:
            try:
                await self._broker.start()
                while True:
                    if self._failure is not None:
                        raise self._failure
                    await self._look_around()
                    await asyncio.sleep(_PAUSE_S if self._unsettled else _TICK_S)
            finally:
                await self._lag.stop()
                await self._broker.stop()
                await self._finish()

    # ------------------------------------------------------------------ assignment

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Forget them; a batch that is on its way will clash with whoever has them next, or be first."""
        for tp in revoked:
            self._marks.pop(tp, None)
            self._unsettled.discard(tp)

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Hold them still, at any position, until the ledger has been asked. No await: see the module's docstring."""
        self._hold(assigned)

    def _hold(self, partitions: Iterable[TopicPartition]) -> None:
        consumer = self._subscriber.consumer
        if consumer is None:  # we are ending, and a batch that was in its transaction has failed
            return
        for tp in partitions:
            if tp in consumer.assignment():
                consumer.seek(tp, 0)  # a position, or aiokafka looks for one by itself
                consumer.pause(tp)
                self._marks.pop(tp, None)
                self._unsettled.add(tp)

    async def _look_around(self) -> None:
        """Settle what waits for it; see whether a topic began anew, lost messages, or ends in what nobody can read."""
        try:
            now = asyncio.get_running_loop().time()
            asked = {tp for tp in self._unsettled if self._aside.get(tp, now) <= now}
            if self._is_quiet or self._ends.due:
                asked |= self._marks.keys()
            if self._is_quiet and not asked:  # the others have all; whether the broker is there is asked all the same
                await self._probe.partitions(SOURCE_TOPICS)
            bounds = await self._probe.bounds(asked)  # takes long where a broker is gone, and batches go on meanwhile
            async with self._turn:
                await self._finish()
                await self._act(bounds)
                if self._is_quiet and not self._unsettled and asked <= bounds.keys():
                    self._pulse.beat()
            self._accountant.passage.say()
        except (Retry, KafkaError, TimeoutError, psycopg.OperationalError) as error:
            _log.warning("waiting", why=_why(error))

    @property
    def _is_quiet(self) -> bool:
        return asyncio.get_running_loop().time() - self._busy >= _TICK_S

    async def _act(self, bounds: Mapping[TopicPartition, Bounds]) -> None:
        await self._settle({tp: found for tp, found in bounds.items() if tp in self._unsettled})
        self._tell()
        if self._is_quiet:
            await self._compare(bounds)
        if self._ends.due:
            await self._ends.note(self._marks, bounds)

    async def _compare(self, bounds: Mapping[TopicPartition, Bounds]) -> None:
        quiet = {tp: mark for tp, mark in self._marks.items() if tp in bounds}
        if not quiet:
            return
        ledger = await asyncio.to_thread(self._accountant.marks, quiet)  # it may have been put back to an earlier state
        stale = {tp for tp, mark in quiet.items() if mark.next < bounds[tp].begin or mark != ledger[tp]}
        silent: set[TopicPartition] = set()
        try:
            silent = await self._probe.recognise({tp: mark for tp, mark in quiet.items() if tp not in stale})
        except MadeAgain as again:
            stale |= {tp for tp in quiet if tp.topic == again.topic}
        for tp in sorted(set(quiet) - stale - silent):
            await self._skip_silence(tp, quiet[tp], bounds[tp])
        if stale:
            self._hold(stale)
            await self._settle({tp: bounds[tp] for tp in stale})

    async def _skip_silence(self, tp: TopicPartition, mark: Mark, bounds: Bounds) -> None:
        if bounds.end > mark.next:
            try:
                upto = await self._probe.silence(tp, mark.next, bounds.end)
            except Refusal as why:
                self._set_aside(tp, mark, str(why))
                return
            if upto == mark.next and tp not in self._delivered and await self._subscriber.consumer.position(tp) > upto:
                self._hold([tp])  # it was passed over: see _begins
            elif upto > mark.next and self._marks.get(tp) == mark:
                missed = await asyncio.to_thread(self._accountant.miss, mark, upto, bounds.begin)
                self._marks |= {tp: missed} if self._marks.get(tp) == mark else {}  # it may have gone to another

    def _set_aside(self, tp: TopicPartition, mark: Mark, why: str) -> None:
        """Hold it, and look again after a while: what is next there cannot be read."""
        _log.error("set aside for a while", why=why, at=places([mark]))
        self._hold([tp])
        self._aside[tp] = asyncio.get_running_loop().time() + _ASIDE_S

    async def _settle(self, bounds: Mapping[TopicPartition, Bounds]) -> None:
        """Find out from the ledger and the broker where each partition goes on, and let it go on there."""
        for tp in sorted(bounds):
            mark = known = (await asyncio.to_thread(self._accountant.marks, [tp]))[tp]
            begin = bounds[tp].begin
            try:
                if await self._probe.recognise({tp: mark}):  # its leader does not answer any more
                    continue
            except MadeAgain:
                _log.warning("made again", at=places([mark]))
                mark = await asyncio.to_thread(self._accountant.renew, mark)
            if mark is not known or begin > mark.next:  # `begin` is an earlier topic's, or may be
                begin = (await self._probe.bounds([tp]))[tp].begin
            if begin > mark.next:
                _log.error("expired unread", at=places([mark]), upto=begin - 1)
                mark = await asyncio.to_thread(self._accountant.miss, mark, begin, begin)
            self._resume(tp, mark)

    def _resume(self, tp: TopicPartition, mark: Mark) -> None:
        consumer = self._subscriber.consumer
        if tp in self._unsettled and tp in consumer.assignment():
            self._marks[tp] = mark
            self._unsettled.discard(tp)
            consumer.seek(tp, mark.next)
            consumer.resume(tp)
            _log.info("reading", at=places([mark]))

    # ------------------------------------------------------------------ batches

    async def _handle(self, records: Records) -> None:
        by_partition, untold = parted(records)
        delivered_at = {tp: self._marks.get(tp) for tp in by_partition.keys() | untold.keys()}
        self._delivered = delivered_at.keys()
        async with self._turn:
            self._delivered = ()
            # what was fetched before the ledger was asked anew may be of a topic that is no more: it is fetched again
            self._hold(tp for tp, mark in delivered_at.items() if self._marks.get(tp) is not mark)
            batch = {tp: rows for tp, rows in by_partition.items() if tp in self._marks}
            if batch:
                await self._take(batch)
            for tp in untold.keys() & self._marks.keys():
                self._set_aside(tp, self._marks[tp], untold[tp].said_at(tp))
            self._busy = asyncio.get_running_loop().time()

    async def _take(self, records: dict[TopicPartition, list[ConsumerRecord[Any, Any]]]) -> None:
        marks = {tp: self._marks[tp] for tp in records}
        try:
            answered = await begins(self._probe, records, marks)
            batches = [Batch(marks[tp], begin, records[tp]) for tp, begin in answered.items()]
            now = datetime.now(UTC)
            items, silent = await asyncio.gather(
                asyncio.to_thread(self._accountant.check, batches, now),
                self._probe.recognise({tp: marks[tp] for tp in answered}),
            )
        except (Retry, Refusal, KafkaError, TimeoutError, psycopg.OperationalError) as error:
            _log.warning("again from the ledger", why=_why(error), at=places(marks.values()))
            self._hold(records)
            return
        except Exception as error:
            self._failure = error
            self._hold(records)
            raise
        await self._finish()
        if silent := silent | (records.keys() - answered.keys()):
            self._hold(silent)
            _log.warning("their leader does not answer", at=places(marks.pop(tp) for tp in silent))
            batches = [batch for batch in batches if batch.partition in marks]
            items = [item for item in items if TopicPartition(item.kafka.topic, item.kafka.partition) in marks]
        if any(self._marks.get(tp) is not mark for tp, mark in marks.items()):
            self._hold(records)  # the batch before did not go through, or a partition has gone to another intake
            return
        if not batches:
            return
        self._under_way = asyncio.create_task(self._account(batches, items, now))
        self._marks |= {batch.partition: batch.after() for batch in batches}
        if len(items) < _BACKLOG:
            await self._finish()

    async def _account(self, batches: Sequence[Batch], items: Sequence[Item], now: datetime) -> None:
        """Do the transaction; where it fails, the partitions wait for the ledger to be asked."""
        try:
            await asyncio.to_thread(self._accountant.take, batches, items, now)
        except (Retry, psycopg.OperationalError) as error:
            _log.warning("again from the ledger", why=_why(error), at=places(batch.mark for batch in batches))
        except Exception as error:  # noqa: BLE001 - `run` raises it
            self._failure = error
        else:
            self._untold = True
            self._pulse.beat()
            return
        self._hold(batch.partition for batch in batches)

    async def _finish(self) -> None:
        """Wait until nothing is in a transaction: the marks are then the ledger's."""
        if self._under_way is not None:
            await asyncio.wait([self._under_way])  # also when we are told to end meanwhile, it is let alone
            self._under_way = None

    def _tell(self) -> None:
        """Let Kafka know of what was accounted for since it was told last."""
        if self._untold:
            consumer = self._subscriber.consumer
            stands = {tp: self._marks[tp].next for tp in consumer.assignment() & self._marks.keys()}
            self._untold = not self._lag.tell(consumer, stands)


def _why(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if isinstance(error, Retry) else type(error).__name__
