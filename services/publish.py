"""Publishing: sends messages to the source topics and is done when intake has accounted for every one of them.

A topic may be deleted and made again, or an embedded broker started again, at any moment, and an offset then means
another message. So a topic's offsets are believed only where the ledger's incarnation was the same before and after,
and the message that intake read last is still in its place; else what went to that topic is sent once more, which is
harmless.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, TypeVar

import psycopg
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from events import database, offsets
from events.errors import MadeAgain, Unreachable
from events.facts import SOURCE_TOPICS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from aiokafka import AIOKafkaProducer

    from events.offsets import Mark
    from services.incarnations import Probe
    from services.wire import Wire

__all__ = ["Outgoing", "Progress", "publish", "publish_in_portions"]

_T = TypeVar("_T")

_LOOK_S: Final = 0.1
_PATIENCE_S: Final = 90.0
"""How long nothing may happen before we give up: a group may take half of it to let its first member in."""


class Outgoing(NamedTuple):
    """A message for a source topic. `name` (source and id) decides the partition: one event, one partition."""

    topic: str
    headers: Sequence[tuple[str, bytes]]
    value: bytes | None
    name: str


@dataclass
class Progress:
    """How far it is; `report` is called after every change."""

    total: int
    sent: int = 0
    accounted: int = 0
    report: Callable[[Progress], None] = field(default=lambda _: None)

    def at(self, *, sent: int | None = None, accounted: int | None = None) -> None:
        self.sent = self.sent if sent is None else sent
        self.accounted = self.accounted if accounted is None else accounted
        self.report(self)


class _Place(NamedTuple):
    partition: TopicPartition
    offset: int


class _Sent(NamedTuple):
    """Messages, the place each went to, or None where Kafka did not take it, and the topics' incarnations before."""

    messages: Sequence[Outgoing]
    places: list[_Place | None]
    before: dict[str, int]


async def publish(wire: Wire, messages: Sequence[Outgoing], progress: Progress) -> Counter[str]:
    """Send all and wait; how many of them ended in which outcome.

    Unreachable where Kafka or intake do nothing for a minute and a half: some may have been sent; send them all again.
    """
    return await publish_in_portions(wire, [messages], progress)


async def publish_in_portions(wire: Wire, portions: Iterable[Sequence[Outgoing]], progress: Progress) -> Counter[str]:
    """As `publish`; each portion is sent while intake accounts for the one before, and at most three are in memory.

    What has to be sent once more comes behind the portion that followed: two messages with one source and id, of which
    the first is to be the fact, belong in one portion.
    """
    producer = wire.producer()
    try:
        try:
            await producer.start()
        except KafkaError as error:
            raise Unreachable(f"Kafka at {wire.engines.kafka} does not answer: {error!r}. Is it running?") from error
        async with wire.probe() as probe, _Ledger(wire, probe) as ledger:
            publisher = _Publisher(producer, ledger, progress)
            rest = iter(portions)
            earlier: _Sent | None = None
            while (messages := await asyncio.to_thread(next, rest, None)) is not None:
                sent = await publisher.send(messages)
                if earlier is not None:
                    await publisher.account(earlier)
                earlier = sent
            if earlier is not None:
                await publisher.account(earlier)
            return publisher.done
    finally:
        await producer.stop()


@dataclass
class _Publisher:
    """Sends and waits, and counts what is done."""

    producer: AIOKafkaProducer
    ledger: _Ledger
    progress: Progress
    done: Counter[str] = field(default_factory=Counter)

    async def send(self, messages: Sequence[Outgoing]) -> _Sent:
        """Send them, and learn where each of them went."""
        before = await self.ledger.incarnations()
        futures = []
        already = self.progress.sent
        for number, (topic, headers, value, name) in enumerate(messages, 1):
            key = blake2b(name.encode(), digest_size=8).hexdigest().encode()
            try:
                futures.append(await self.producer.send(topic, value, key=key, headers=list(headers)))
            except KafkaError as error:
                raise Unreachable(f"Kafka does not take messages for {topic}: {error!r}; publish again") from error
            if number % 500 == 0:
                self.progress.at(sent=already + number)
                await asyncio.sleep(0)
        told = await asyncio.gather(*futures, return_exceptions=True)
        self.progress.at(sent=already + len(messages))
        places: list[_Place | None] = []
        for answer in told:
            if isinstance(answer, BaseException) and not isinstance(answer, KafkaError):
                raise answer
            taken = not isinstance(answer, BaseException)
            places.append(_Place(TopicPartition(answer.topic, answer.partition), answer.offset) if taken else None)
        return _Sent(messages, places, before)

    async def account(self, sent: _Sent) -> None:
        """Wait until each of them has its outcome. What has none is sent once more."""
        while True:
            outcomes = await self.ledger.outcomes(sent, self.progress, self.done.total())
            self.done.update(outcome for outcome in outcomes if outcome is not None)
            again = [m for m, outcome in zip(sent.messages, outcomes, strict=True) if outcome is None]
            if not again:
                return
            self.progress.at(sent=self.progress.sent - len(again))
            sent = await self.send(again)


class _Ledger:
    """The ledger of offsets as a publisher sees it: through `rekam_reader`, beside a probe of the broker."""

    def __init__(self, wire: Wire, probe: Probe) -> None:
        self._session = database.Session(wire.engines.database, "rekam_reader")
        self._probe = probe
        self._partitions: set[TopicPartition] = set()
        self._settled: dict[str, int] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._session.close)

    async def incarnations(self) -> dict[str, int]:
        """Give each topic's incarnation as it last was settled. An older one is never wrong, it is only doubted."""
        return self._settled or await self.settled()

    async def settled(self) -> dict[str, int]:
        """Give each topic's incarnation, once the ledger and the broker agree on which one it is."""
        async with _Patience("intake does not take note of a topic that was made again; is it running?"):
            while True:
                self._partitions = await self._probe.partitions(SOURCE_TOPICS)
                if {tp.topic for tp in self._partitions} != set(SOURCE_TOPICS):  # of a broker that was started again
                    await asyncio.sleep(_LOOK_S)
                    continue
                marks = await asyncio.to_thread(self._marks)
                try:
                    await self._probe.recognise(marks)
                except MadeAgain:
                    await asyncio.sleep(_LOOK_S)
                else:
                    self._settled = {tp.topic: mark.incarnation for tp, mark in marks.items()}
                    return self._settled

    async def outcomes(self, sent: _Sent, progress: Progress, already: int) -> list[str | None]:
        """Wait until each offset has its outcome. None for a message that must be sent again."""
        _, places, before = sent
        await self._wait(sent, progress, already)
        after = await self.settled()
        ranges = await asyncio.to_thread(self._ranges, places, before)
        return [
            None if place is None or after[place.partition.topic] != before[place.partition.topic]
            else _outcome(ranges[place.partition], place.offset)
            for place in places
        ]  # fmt: skip

    async def _wait(self, sent: _Sent, progress: Progress, already: int) -> None:
        """Return when every partition is accounted for up to its end, or its topic has begun another incarnation."""
        ends: dict[TopicPartition, int] = defaultdict(int)
        for place in sent.places:
            if place is not None:
                ends[place.partition] = max(ends[place.partition], place.offset + 1)
        loop = asyncio.get_running_loop()
        last, since = -1, loop.time()
        while True:
            marks = await asyncio.to_thread(self._marks)
            open_ = [
                end - marks[tp].next
                for tp, end in ends.items()
                if marks[tp].incarnation == sent.before[tp.topic] and marks[tp].next < end
            ]
            if not open_:
                return
            accounted = already + len(sent.places) - sum(open_)
            progress.at(accounted=max(already, accounted))
            if accounted != last:
                last, since = accounted, loop.time()
            elif loop.time() - since > _PATIENCE_S:
                raise Unreachable(f"intake has not accounted for {sum(open_)} offsets; is it running? publish again")
            await asyncio.sleep(_LOOK_S)

    def _marks(self) -> dict[TopicPartition, Mark]:
        found = self._read(lambda cursor: offsets.marks(cursor, self._partitions))
        return {TopicPartition(*place): mark for place, mark in found.items()}

    def _read(self, read: Callable[[psycopg.Cursor[Any]], _T]) -> _T:
        """Ask the database, and once more over a new connection: the one before may be from before a restart."""
        try:
            with self._session.transaction() as cursor:
                return read(cursor)
        except psycopg.OperationalError:
            try:
                with self._session.transaction() as cursor:
                    return read(cursor)
            except psycopg.OperationalError as error:
                raise Unreachable(f"PostgreSQL goes away: {type(error).__name__}; publish again") from error

    def _ranges(
        self, places: Sequence[_Place | None], before: dict[str, int]
    ) -> dict[TopicPartition, tuple[list[int], list[str]]]:
        found = {}
        for tp in {place.partition for place in places if place is not None}:
            first = min(place.offset for place in places if place is not None and place.partition == tp)
            at = (tp.topic, before[tp.topic], tp.partition, first)
            rows = self._read(lambda cursor, at=at: offsets.told(cursor, *at))  # type: ignore[misc]
            found[tp] = ([row.first for row in rows], [row.outcome for row in rows])
        return found


def _outcome(ranges: tuple[list[int], list[str]], offset: int) -> str | None:
    """None where Kafka gave the message up before intake had read it."""
    firsts, outcomes = ranges
    outcome = outcomes[bisect_right(firsts, offset) - 1]
    return None if outcome in {"expired", "absent"} else outcome


class _Patience:
    """A limit of time that says what was waited for."""

    def __init__(self, said: str) -> None:
        self._said = said
        self._limit = asyncio.timeout(_PATIENCE_S)

    async def __aenter__(self) -> None:
        await self._limit.__aenter__()

    async def __aexit__(self, *how: object) -> None:
        try:
            await self._limit.__aexit__(*how)  # type: ignore[arg-type]
        except TimeoutError as error:
            raise Unreachable(self._said) from error
