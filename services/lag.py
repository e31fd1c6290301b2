"""What Kafka is told of how far we are: the offsets of a group, which mean nothing but lag.

The broker that keeps them may be the one that is gone, and aiokafka goes on asking for it without end. So they are told
beside the work and never waited for; what is told late is told with the next ones.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiokafka.errors import KafkaError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiokafka import AIOKafkaConsumer, TopicPartition
    from structlog.typing import FilteringBoundLogger

__all__ = ["Lag"]


class Lag:
    """One for each consumer. It tells once at a time; `stop` it before its consumer."""

    def __init__(self, log: FilteringBoundLogger) -> None:
        self._log = log
        self._telling: asyncio.Task[None] | None = None

    def tell(self, consumer: AIOKafkaConsumer, offsets: Mapping[TopicPartition, int]) -> bool:
        """Begin to tell the next offset of each partition; False where the ones before are not told yet.

        What went wrong the last time, and is no matter of Kafka's, comes out here.
        """
        if self._telling is not None:
            if not self._telling.done():
                return False
            self._telling.result()
        self._telling = asyncio.create_task(self._tell(consumer, dict(offsets)))
        return True

    async def stop(self) -> None:
        """Leave it untold, where it is not told yet. Nothing comes out: what is told last is of no matter any more."""
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.gather(self._telling, return_exceptions=True)
            self._telling = None

    async def _tell(self, consumer: AIOKafkaConsumer, offsets: dict[TopicPartition, int]) -> None:
        try:
            if offsets:  # aiokafka takes none for all that were delivered
                await consumer.commit(offsets)
        except KafkaError as error:
            self._log.info("group offsets not committed", why=type(error).__name__)
