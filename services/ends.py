"""Where Kafka's partitions end, taken note of in the database: nothing else there knows how much waits for intake.

The note is of now and then, while what intake has accounted for is of every batch; so what waits is told a few seconds
late. That a note was made at all says that intake lives, has its partitions, and that Kafka answers it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from events.watch import End

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiokafka import TopicPartition

    from events.offsets import Mark
    from services.account import Accountant
    from services.incarnations import Bounds

__all__ = ["Ends"]

_EVERY_S: Final = 10.0


class Ends:
    """One for an intake, which asks about once a second whether a note is `due`."""

    def __init__(self, accountant: Accountant) -> None:
        self._accountant = accountant
        self._noted = float("-inf")

    @property
    def due(self) -> bool:
        """Whether the last note was made a while ago."""
        return asyncio.get_running_loop().time() - self._noted >= _EVERY_S

    async def note(self, marks: Mapping[TopicPartition, Mark], bounds: Mapping[TopicPartition, Bounds]) -> None:
        """Take note of those that are bounded. Errors as of the database's own.

        The bounds may have been asked for before the marks: a partition ends nowhere before its mark.
        """
        ends = [
            End(tp.topic, tp.partition, mark.incarnation, max(bounds[tp].end, mark.next))
            for tp, mark in marks.items()
            if tp in bounds
        ]
        if ends:
            await asyncio.to_thread(self._accountant.look, ends)
            self._noted = asyncio.get_running_loop().time()
