"""A registry that publishes all the time, whatever becomes of the brokers, and knows where each message went."""

from __future__ import annotations

import asyncio
import time
from itertools import count
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Self

from aiokafka import AIOKafkaProducer

from tests.kafka.messages import RECORDING, Sent, capture

if TYPE_CHECKING:
    from types import TracebackType

    from tests.kafka.messages import Message

__all__ = ["Steady"]


class Steady:
    """Sends captures of people who are all different, `a_second`, to each partition in turn; ends with the block.

    Its producer is idempotent and waits for every copy in sync, as docs/registries.md tells registries to. After the
    block `sent` says where each message stands; it is an error where one of them was not taken.
    """

    def __init__(self, kafka: str, *, a_second: int, partitions: int = 4) -> None:
        self.sent: list[Sent] = []
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
        handed: list[tuple[Message, int, asyncio.Future[Any]]] = []
        async with AIOKafkaProducer(
            bootstrap_servers=self._kafka, acks="all", enable_idempotence=True, linger_ms=2, metadata_max_age_ms=1000,
            max_batch_size=512 * 1024,  # or what waits for one partition's new leader holds up the others, here already
        ) as producer:  # fmt: skip
            began = time.monotonic()
            for number in count():
                if self._over.is_set():
                    break
                await asyncio.sleep(max(0.0, began + number * self._every_s - time.monotonic()))
                one, partition = capture(f"steady-{number}", number + 1), number % self._partitions
                future = await producer.send(one.topic, one.value, headers=list(one.headers), partition=partition)
                handed.append((one, partition, future))
                self.handed = len(handed)
            for one, partition, future in handed:
                told = await future
                self.sent.append(Sent(RECORDING, 1, partition, told.offset, one.source, one.id))
