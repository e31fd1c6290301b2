"""Gaps before or within what was delivered of a partition: where it begins tells what expired from what never was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from events.errors import Clash

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aiokafka import ConsumerRecord, TopicPartition

    from events.offsets import Mark
    from services.incarnations import Probe

__all__ = ["begins"]


async def begins(
    probe: Probe,
    records: Mapping[TopicPartition, Sequence[ConsumerRecord[Any, Any]]],
    marks: Mapping[TopicPartition, Mark],
) -> dict[TopicPartition, int]:
    """Give the offset at which each partition begins; 0 where nothing is missing, none where no leader answers.

    Clash where the gap before a batch holds a message: aiokafka forgets what it has taken out of its buffers of one
    partition when it then fails at another.
    """
    gaps = {tp for tp, rows in records.items() if rows[-1].offset - marks[tp].next >= len(rows)}
    bounds = await probe.bounds(gaps)
    for tp, (begin, _) in bounds.items():
        first, delivered = max(marks[tp].next, begin), records[tp][0].offset
        if first < delivered and await probe.silence(tp, first, delivered) < delivered:
            raise Clash(f"{tp.topic}[{tp.partition}]: what stands between {first} and {delivered} was passed over")
    return dict.fromkeys(records.keys() - gaps, 0) | {tp: begin for tp, (begin, _) in bounds.items()}
