"""Publishing: sends messages to the source topics and is done when intake has accounted for every one of them.

What went to a topic that was made again meanwhile is sent once more, which is harmless; `outcomes` says how it is told.
Kafka's own client, where it is idempotent, never gives a message up: where nothing goes on, it is we who do.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    InvalidTimestampError,
    InvalidTopicError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    PolicyViolationError,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
)

from events.errors import Refusal, Unreachable
from services.outcomes import PATIENCE_S, Ledger, Place, Sent

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence

    from aiokafka import AIOKafkaProducer

    from services.wire import Wire

__all__ = ["Outgoing", "Progress", "publish", "publish_in_portions"]

_LOOK_S: Final = 1.0
_AGAIN_S: Final = 0.5

_SAFE: Final = (
    "what it has not acknowledged may be there or not, and the same command again is safe: its ids are the same"
)

_NEVER: Final[Mapping[type[KafkaError], str]] = {
    TopicAuthorizationFailedError: "allow REKAM_KAFKA_USER to write there",
    ClusterAuthorizationFailedError: "allow REKAM_KAFKA_USER to write there, and IdempotentWrite of the cluster",
    MessageSizeTooLargeError: "set the topic's max.message.bytes to Kafka's own default, which is more than we send",
    RecordListTooLargeError: "set the topic's segment.bytes to Kafka's own default, which is more than we send",
    InvalidTimestampError: "take the topic's bounds of timestamps away, or see to the clocks",
    InvalidTopicError: "see which topic of that name there is",
    PolicyViolationError: "see to the policy of the brokers",
}
"""What no retry mends, and what does. The demo too, which tries again whatever is Unreachable, ends then."""


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


async def publish(wire: Wire, messages: Sequence[Outgoing], progress: Progress) -> Counter[str]:
    """Send all and wait; how many of them ended in which outcome.

    Unreachable where Kafka or intake do nothing for a minute and a half, Refusal where Kafka will never take one: some
    may have been sent; send them all again, which is safe.
    """
    return await publish_in_portions(wire, [messages], progress)


async def publish_in_portions(wire: Wire, portions: Iterable[Sequence[Outgoing]], progress: Progress) -> Counter[str]:
    """As `publish`; each portion is sent while intake accounts for the one before, and at most three are in memory.

    What has to be sent once more comes behind the portion that followed: two messages with one source and id, of which
    the first is to be the fact, belong in one portion. Where intake has never read, nobody would notice a topic that is
    made again, and the next portion would take the offsets of the one before: there it is waited for.
    """
    async with _producing(wire) as producer, wire.probe() as probe, Ledger(wire, probe) as ledger:
        publisher = _Publisher(producer, ledger, progress)
        rest = iter(portions)
        earlier: tuple[Sequence[Outgoing], Sent] | None = None
        while (messages := await asyncio.to_thread(next, rest, None)) is not None:
            sent = await publisher.send(messages)
            if earlier is not None:
                await publisher.account(*earlier)
            earlier = messages, sent
            if not ledger.has_read_from(sent.spans()):
                await publisher.account(*earlier)
                earlier = None
        if earlier is not None:
            await publisher.account(*earlier)
        return publisher.done


@asynccontextmanager
async def _producing(wire: Wire) -> AsyncIterator[AIOKafkaProducer]:
    """Give a producer that runs; what it still holds at the end is given up. Unreachable where it does not come up."""
    producer = wire.producer()
    try:
        try:
            async with asyncio.timeout(PATIENCE_S):
                await producer.start()
        except KafkaError as error:
            raise await wire.unreachable(error) from error
        except TimeoutError as error:
            why = f"Kafka at {wire.engines.kafka} lets no producer begin within {PATIENCE_S:.0f} s"
            raise Unreachable(f"{why}; nothing was sent") from error
        yield producer
    finally:
        await wire.stop(producer)


@dataclass
class _Publisher:
    """Sends and waits, and counts what is done."""

    producer: AIOKafkaProducer
    ledger: Ledger
    progress: Progress
    done: Counter[str] = field(default_factory=Counter)

    async def send(self, messages: Sequence[Outgoing]) -> Sent:
        """Send them, and learn where each of them went. Refusal where Kafka will never take one."""
        before = await self.ledger.incarnations()
        already = self.progress.sent
        told = await _acknowledged(await self._handed_over(messages))
        self.progress.at(sent=already + len(messages))
        for message, answer in zip(messages, told, strict=True):
            if isinstance(answer, KafkaError) and not answer.retriable:
                raise _not_taken(message.topic, answer) from answer
            if isinstance(answer, BaseException) and not isinstance(answer, KafkaError):
                raise answer
        return Sent(_places(told), before)

    async def _handed_over(self, messages: Sequence[Outgoing]) -> list[Future[Any]]:
        futures = []
        already = self.progress.sent
        for number, (topic, headers, value, name) in enumerate(messages, 1):
            key = blake2b(name.encode(), digest_size=8).hexdigest().encode()
            futures.append(await _taken(self.producer.send, topic, value, key=key, headers=list(headers)))
            if number % 500 == 0:
                self.progress.at(sent=already + number)
                await asyncio.sleep(0)
        return futures

    async def account(self, messages: Sequence[Outgoing], sent: Sent) -> None:
        """Wait until each of them has its outcome. What has none is sent once more, while ever fewer have none."""
        loop = asyncio.get_running_loop()
        since = None
        while True:
            outcomes = await self.ledger.outcomes(sent, partial(self._waiting, len(messages)))
            self.done.update(outcome for outcome in outcomes if outcome is not None)
            self.progress.at(accounted=self.done.total())
            left = [message for message, outcome in zip(messages, outcomes, strict=True) if outcome is None]
            if not left:
                return
            if since is None or len(left) < len(messages):
                since = loop.time()
            elif loop.time() - since > PATIENCE_S:
                why = f"Kafka does not take, or does not keep, {len(left)} messages, however often they are sent"
                raise Unreachable(f"{why}; {_SAFE}")
            messages = left
            self.progress.at(sent=self.progress.sent - len(messages))
            await asyncio.sleep(_AGAIN_S)
            sent = await self.send(messages)

    def _waiting(self, messages: int, left: int) -> None:
        done = self.done.total()
        self.progress.at(accounted=max(done, done + messages - left))


async def _taken(
    send: Callable[..., Awaitable[Future[Any]]], topic: str, value: bytes | None, **more: Any
) -> Future[Any]:
    """Hand a message over; where there is no room for it, as long as any other is waited for."""
    since = asyncio.get_running_loop().time()
    while True:
        try:
            return await send(topic, value, **more)
        except KafkaError as error:
            waited = asyncio.get_running_loop().time() - since
            if not isinstance(error, KafkaTimeoutError) or waited > PATIENCE_S:
                raise _not_taken(topic, error) from error


async def _acknowledged(futures: Sequence[Future[Any]]) -> list[Any]:
    """What became of each: where it stands, or an error. Unreachable where for PATIENCE_S nothing is told of any."""
    loop = asyncio.get_running_loop()
    pending, since = futures, loop.time()
    while pending:
        await asyncio.wait(pending[-1:], timeout=_LOOK_S)
        left = [future for future in pending if not future.done()]
        if len(left) < len(pending):
            since = loop.time()
        elif loop.time() - since > PATIENCE_S:
            why = f"Kafka has acknowledged nothing for {PATIENCE_S:.0f} s, and {len(left)} messages not yet"
            raise Unreachable(f"{why}; {_SAFE}")
        pending = left
    return [future.exception() or future.result() for future in futures]


def _not_taken(topic: str, error: KafkaError) -> Refusal | Unreachable:
    said = f"Kafka does not take messages for {topic}"
    way_out = next((way_out for never, way_out in _NEVER.items() if isinstance(error, never)), None)
    if way_out is None:  # of a producer that has missed a number, for one: another one is let in
        return Unreachable(f"{said}: {error!r}; {_SAFE}")
    return Refusal(f"{said}, however often they are sent, {type(error).__name__}: {way_out}; {_SAFE}")


def _places(told: Iterable[Any]) -> list[Place | None]:
    """Where each message stands, of answers in the order of sending.

    Of a batch that it has taken before Kafka may not know any more where that stands. The client then counts its places
    from -1 on, and the second would be that of another message.
    """
    places: list[Place | None] = []
    unknown: dict[TopicPartition, int] = {}
    for answer in told:
        if isinstance(answer, BaseException):
            places.append(None)
            continue
        place = Place(TopicPartition(answer.topic, answer.partition), answer.offset)
        if place.offset < 0 or unknown.get(place.partition) == place.offset:
            unknown[place.partition] = place.offset + 1
            places.append(None)
        else:
            unknown.pop(place.partition, None)
            places.append(place)
    return places
