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
    from services.incarnations import Probe

__all__ = ["Ends"]

_EVERY_S: Final = 10.0


class Ends:
    """One for an intake, which asks it to `note` about once a second."""

    def __init__(self, probe: Probe, accountant: Accountant) -> None:
        self._probe = probe
        self._accountant = accountant
        self._noted = float("-inf")

    async def note(self, marks: Mapping[TopicPartition, Mark]) -> None:
        """Ask and take note, where that was not done a moment ago. Errors as of Kafka's and the database's own."""
        now = asyncio.get_running_loop().time()
        if not marks or now - self._noted < _EVERY_S:
            return
        bounds = await self._probe.bounds(marks)
        ends = [End(tp.topic, tp.partition, mark.incarnation, bounds[tp].end) for tp, mark in marks.items()]
        await asyncio.to_thread(self._accountant.look, ends)
        self._noted = now
