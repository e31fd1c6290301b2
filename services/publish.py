"""Publishing: sends messages to the source topics and is done when intake has accounted for every one of them.

What went to a topic that was made again meanwhile is sent once more, which is harmless; `outcomes` says how it is told.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from events.errors import Unreachable
from services.outcomes import Ledger, Place, Sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from aiokafka import AIOKafkaProducer

    from services.wire import Wire

__all__ = ["Outgoing", "Progress", "publish", "publish_in_portions"]


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

    Unreachable where Kafka or intake do nothing for a minute and a half: some may have been sent; send them all again.
    """
    return await publish_in_portions(wire, [messages], progress)


async def publish_in_portions(wire: Wire, portions: Iterable[Sequence[Outgoing]], progress: Progress) -> Counter[str]:
    """As `publish`; each portion is sent while intake accounts for the one before, and at most three are in memory.

    What has to be sent once more comes behind the portion that followed: two messages with one source and id, of which
    the first is to be the fact, belong in one portion. Where intake has never read, nobody would notice a topic that is
    made again, and the next portion would take the offsets of the one before: there it is waited for.
    """
    producer = wire.producer()
    try:
        try:
            await producer.start()
        except KafkaError as error:
            raise await wire.unreachable(error) from error
        async with wire.probe() as probe, Ledger(wire, probe) as ledger:
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
    finally:
        await producer.stop()


@dataclass
class _Publisher:
    """Sends and waits, and counts what is done."""

    producer: AIOKafkaProducer
    ledger: Ledger
    progress: Progress
    done: Counter[str] = field(default_factory=Counter)

    async def send(self, messages: Sequence[Outgoing]) -> Sent:
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
        places: list[Place | None] = []
        for answer in told:
            if isinstance(answer, BaseException) and not isinstance(answer, KafkaError):
                raise answer
            taken = not isinstance(answer, BaseException)
            places.append(Place(TopicPartition(answer.topic, answer.partition), answer.offset) if taken else None)
        return Sent(places, before)

    async def account(self, messages: Sequence[Outgoing], sent: Sent) -> None:
        """Wait until each of them has its outcome. What has none is sent once more."""
        while True:
            outcomes = await self.ledger.outcomes(sent, partial(self._waiting, len(messages)))
            self.done.update(outcome for outcome in outcomes if outcome is not None)
            self.progress.at(accounted=self.done.total())
            messages = [message for message, outcome in zip(messages, outcomes, strict=True) if outcome is None]
            if not messages:
                return
            self.progress.at(sent=self.progress.sent - len(messages))
            sent = await self.send(messages)

    def _waiting(self, messages: int, left: int) -> None:
        done = self.done.total()
        self.progress.at(accounted=max(done, done + messages - left))
