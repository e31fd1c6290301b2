"""A registry that publishes all the time, whatever becomes of the brokers, and knows where each message went."""

from __future__ import annotations

import asyncio
import time
from itertools import count, cycle
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from aiokafka import AIOKafkaProducer, TopicPartition

from tests.events.examples import DEATH_REGISTERED
from tests.kafka.messages import RECORDING, Sent, capture, message, nik

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from tests.kafka.messages import Message

__all__ = ["CAPTURES", "Steady", "Taken"]

CAPTURES = [TopicPartition(RECORDING, number) for number in range(4)]


class Taken(NamedTuple):
    """One message that Kafka has said it has: where it stands, and when that was said, in monotonic seconds."""

    partition: TopicPartition
    offset: int
    at: float


class Steady:
    """Sends a fact about another person each time, `a_second`, to each of the partitions in turn; ends with the block.

    Its producer is idempotent and waits for every copy in sync, as docs/registries.md tells registries to. `taken` says
    what Kafka has already. After the block `sent` says where each message stands; it is an error where one of them was
    not taken.
    """

    def __init__(self, kafka: str, *, a_second: int, partitions: Sequence[TopicPartition] = CAPTURES) -> None:
        self.sent: list[Sent] = []
        self.taken: list[Taken] = []
        self.handed = 0
        self._kafka = kafka
        self._every_s = 1 / a_second
        self._partitions = partitions
        self._over = Event()
        self._failure: BaseException | None = None
        self._thread = Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(120)
        if self._failure is not None and error is None:
            raise self._failure

    def _run(self) -> None:
        try:
            asyncio.run(self._publish())
        except BaseException as failure:  # noqa: BLE001 - handed to the test
            self._failure = failure

    async def _publish(self) -> None:
        handed: list[tuple[Message, TopicPartition, asyncio.Future[Any]]] = []
        async with AIOKafkaProducer(
            bootstrap_servers=self._kafka, acks="all", enable_idempotence=True, linger_ms=2, metadata_max_age_ms=1000,
            max_batch_size=512 * 1024,  # or what waits for one partition's new leader holds up the others, here already
            request_timeout_ms=5_000,  # or a broker that hangs holds up here what others lead by now
        ) as producer:  # fmt: skip
            began = time.monotonic()
            for number, partition in zip(count(), cycle(self._partitions)):
                if self._over.is_set():
                    break
                await asyncio.sleep(max(0.0, began + number * self._every_s - time.monotonic()))
                one = _fact(partition.topic, number)
                future = await producer.send(
                    one.topic, one.value, headers=list(one.headers), partition=partition.partition
                )
                future.add_done_callback(self._note)
                handed.append((one, partition, future))
                self.handed = len(handed)
            for one, partition, future in handed:
                told = await future
                self.sent.append(Sent(partition.topic, 1, partition.partition, told.offset, one.source, one.id))

    def _note(self, future: asyncio.Future[Any]) -> None:
        if not future.cancelled() and future.exception() is None:
            told = future.result()
            self.taken.append(Taken(TopicPartition(told.topic, told.partition), told.offset, time.monotonic()))


def _fact(topic: str, number: int) -> Message:
    if topic == RECORDING:
        return capture(f"steady-{number}", number + 1)
    return message(DEATH_REGISTERED, f"steady-{number}", nik=nik(number + 1))
