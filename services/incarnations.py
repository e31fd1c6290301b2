"""Whether a topic is still the one we have read: a second consumer that looks without taking part.

A topic may be deleted and made again under its name, and a running consumer is not told. The sign is the message that
was read last: where the log of the partition ends before it, or another message stands in its place, it is a new topic.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from events.errors import MadeAgain, Refusal, Unreachable
from events.offsets import Last
from services import batches
from services.batches import Untellable

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from types import TracebackType

    from aiokafka import ConsumerRecord

    from events.offsets import Mark

__all__ = ["Bounds", "Probe", "last_of"]

_PATIENCE_S: Final = 10.0
"""How long a message that must be there is waited for."""

_ANSWER_S: Final = 3.0
"""How long the leader of a partition is waited for: many times what one that lives takes."""

_SILENCE_S: Final = 0.5
"""How long nothing may come before one that lies at or behind the end that the broker names is not waited for."""


_log = structlog.get_logger("kafka")


class Bounds(NamedTuple):
    """The first offset that the broker still has, and the one behind the last that may be read."""

    begin: int
    end: int


def last_of(record: ConsumerRecord[Any, Any]) -> Last:
    """What is remembered of a message, to know it again."""
    return Last(record.offset, record.timestamp, sha256(record.value or b"").digest())


class Probe:
    """A consumer without a group, to be used by one task at a time. Errors of Kafka come out as Unreachable.

    A broker that is gone, or hangs, says nothing of what it leads; what the others say is given without it.
    """

    def __init__(self, bootstrap: str, options: Mapping[str, Any]) -> None:
        batches.install()
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            metadata_max_age_ms=1000,
            request_timeout_ms=5_000,  # so long a broker that hangs keeps from us who leads now what it led
            fetch_max_wait_ms=1,  # one request is under way at a time, and the next must not wait for it
            fetch_max_bytes=512 * 1024,  # the embedded broker heeds this limit alone
            max_partition_fetch_bytes=16 * 1024,
            **options,
        )
        self._one_at_a_time = asyncio.Lock()
        self._attended: set[TopicPartition] = set()
        self._untold: set[tuple[TopicPartition, int]] = set()

    async def __aenter__(self) -> Self:
        try:
            await self._consumer.start()
        except BaseException as error:  # also when we are told to end meanwhile: a client is never left open
            await self._consumer.stop()
            if not isinstance(error, KafkaError):
                raise
            raise Unreachable(f"Kafka does not answer: {error!r}. Check REKAM_KAFKA, or start it.") from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._consumer.stop()

    async def partitions(self, topics: Collection[str]) -> set[TopicPartition]:
        """Ask which partitions the topics have; none of a topic that is not there."""
        async with self._one_at_a_time:
            try:
                # `topics()` asks this too, but gives names alone; `partitions_for_topic` looks into what is older
                cluster = await self._consumer._client.fetch_all_metadata()  # noqa: SLF001
            except KafkaError as error:
                raise Unreachable(f"Kafka does not say which topics it has: {error!r}") from error
            found = {topic: cluster.partitions_for_topic(topic) or () for topic in topics}
        return {TopicPartition(topic, number) for topic, numbers in found.items() for number in numbers}

    async def bounds(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, Bounds]:
        """Ask what Kafka still has of each partition; nothing is given of one whose leader does not answer.

        Unreachable where none of them does. It may be asked beside everything else.
        """
        said = await self._said(partitions)
        bounds = {tp: found for answer in said if not isinstance(answer, Exception) for tp, found in answer.items()}
        if said and not bounds:
            error = next(answer for answer in said if isinstance(answer, Exception))
            raise Unreachable(f"Kafka does not say where its topics begin and end: {error!r}") from error
        return bounds

    async def recognise(self, marks: Mapping[TopicPartition, Mark]) -> set[TopicPartition]:
        """Read the message before each mark once more. MadeAgain where it is gone or is another.

        Those are given of which that cannot be said, because their leader does not answer.
        Where retention has taken it away, or none was ever read, only an end before the mark tells. The message itself
        is asked for first: that is one request, and the embedded broker says of a log of several batches that it ends
        where its last batch begins.
        """
        lasts = {tp: mark.last for tp, mark in marks.items() if mark.last is not None}
        found = await self._firsts(lasts)
        same = {tp for tp, first in found.items() if first is not None and last_of(first) == lasts[tp]}
        silent = lasts.keys() - found.keys()
        doubtful = {tp: mark for tp, mark in marks.items() if mark.next > 0 and tp not in same | silent}
        bounds = await self._bounds(doubtful)
        for tp, (begin, end) in bounds.items():
            mark = doubtful[tp]
            if (mark.last is not None and begin <= mark.last.offset) or end < mark.next:
                raise MadeAgain(tp.topic, tp.partition)
        return silent | (doubtful.keys() - bounds.keys())

    async def silence(self, partition: TopicPartition, next_: int, end: int) -> int:
        """Give the offset up to which (exclusive) nothing is delivered from `next_` on; `next_` if something is there.

        Markers of transactions and aborted messages take offsets and are never delivered. Refusal where something is
        that this client cannot read: nobody can say what it is, and nothing behind it is delivered.
        """
        async with self._one_at_a_time, asyncio.timeout(_PATIENCE_S):
            self._attend({partition: next_})
            try:
                while await self._consumer.position(partition) < end:
                    for first in (await self._some({partition})).values():
                        if first is not None and isinstance(first.value, Untellable):
                            raise Refusal(first.value.said_at(partition))
                        return next_ if first is None else min(int(first.offset), end)
                return int(await self._consumer.position(partition))
            finally:
                self._consumer.pause(*self._attended)

    def _attend(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Read these partitions, from these offsets, and no other.

        Whatever was read once stays assigned, and paused: at every new assignment the client asks for all topics anew.
        """
        if not self._attended.issuperset(offsets):
            self._attended.update(offsets)
            self._consumer.assign(list(self._attended))
            for tp in self._attended:
                self._consumer.seek(tp, 0)  # a position, or the client looks for one by itself
        self._consumer.pause(*self._attended)
        for tp, offset in offsets.items():
            self._consumer.seek(tp, offset)
        self._consumer.resume(*offsets)

    async def _bounds(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, Bounds]:
        """As `bounds`, and none where nobody answers."""
        try:
            return await self.bounds(partitions)
        except Unreachable:
            return {}

    async def _said(self, partitions: Collection[TopicPartition]) -> list[dict[TopicPartition, Bounds] | Exception]:
        """Ask each leader by itself, all at once: asked together, the client waits for all before it gives any."""
        cluster = self._consumer._client.cluster  # noqa: SLF001 - the consumer itself does not say who leads
        led: dict[int | str, list[TopicPartition]] = defaultdict(list)
        for tp in partitions:
            leader = cluster.leader_for_partition(tp)
            led[tp.topic if leader in (None, -1) else leader].append(tp)  # not known yet, or there is none
        return await asyncio.gather(*(self._said_of(wanted) for wanted in led.values()))

    async def _said_of(self, wanted: Collection[TopicPartition]) -> dict[TopicPartition, Bounds] | Exception:
        try:
            async with asyncio.timeout(_ANSWER_S):
                begins, ends = await asyncio.gather(
                    self._consumer.beginning_offsets(wanted), self._consumer.end_offsets(wanted)
                )
        except (KafkaError, TimeoutError, ValueError) as error:
            return error
        return {tp: Bounds(begins[tp], ends[tp]) for tp in wanted}

    async def _firsts(
        self, expected: Mapping[TopicPartition, Last]
    ) -> dict[TopicPartition, ConsumerRecord[Any, Any] | None]:
        """Read the first message at or behind each offset; None where the broker has none there.

        Those are left out whose leader does not answer, or gives that message in a batch that cannot be told.
        """
        found: dict[TopicPartition, ConsumerRecord[Any, Any] | None] = {}
        silent: set[TopicPartition] = set()
        if not expected:
            return found
        async with self._one_at_a_time:
            self._attend({tp: last.offset for tp, last in expected.items()})
            since = asyncio.get_running_loop().time()
            try:
                while missing := set(expected) - set(found) - silent:
                    some = await self._some(missing) or await self._passed_over(missing, expected)
                    silent |= {tp for tp, first in some.items() if self._hidden(tp, first, expected[tp])}
                    found |= {tp: first for tp, first in some.items() if tp not in silent}
                    if some:
                        since = asyncio.get_running_loop().time()
                    elif asyncio.get_running_loop().time() - since > _SILENCE_S:
                        bounds = await self._bounds(missing)
                        silent |= missing - bounds.keys()
                        # the embedded broker does not say that it has no such offset
                        found |= {tp: None for tp, (_, end) in bounds.items() if end <= expected[tp].offset}
                    if asyncio.get_running_loop().time() - since > _PATIENCE_S:
                        raise Unreachable("Kafka does not give the messages read last")
            except KafkaError as error:
                raise Unreachable(f"Kafka does not give the messages read last: {error!r}") from error
            finally:
                self._consumer.pause(*self._attended)
        return found

    def _hidden(self, tp: TopicPartition, first: ConsumerRecord[Any, Any] | None, expected: Last) -> bool:
        """Whether what was given is a batch that cannot be told, with the message that is looked for; said once."""
        if first is None or not isinstance(first.value, Untellable) or first.value.first > expected.offset:
            return False
        if (tp, first.value.first) not in self._untold:
            self._untold.add((tp, first.value.first))
            _log.error("the message read last cannot be read any more", why=first.value.said_at(tp))
        return True

    async def _passed_over(
        self, missing: set[TopicPartition], expected: Mapping[TopicPartition, Last]
    ) -> dict[TopicPartition, ConsumerRecord[Any, Any] | None]:
        """Which of them have nothing more to read there: a marker stands there now, or an aborted message."""
        return {tp: None for tp in missing if await self._consumer.position(tp) > expected[tp].offset}

    async def _some(self, wanted: set[TopicPartition]) -> dict[TopicPartition, ConsumerRecord[Any, Any] | None]:
        try:
            got = await self._consumer.getmany(*wanted, timeout_ms=200, max_records=1)  # not also what is behind
            some = {tp: first for tp, (first,) in got.items()}
        except OffsetOutOfRangeError as error:
            some = dict.fromkeys(set(error.args[0]) & wanted, None)
        for tp in some:
            self._consumer.pause(tp)
            self._consumer.seek(tp, 0)  # drops what came with it, or the next fetch would wait 100 ms for it
        return some
