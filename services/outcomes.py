"""What became of messages that were sent: the ledger of offsets as a publisher sees it.

A topic may be deleted and made again, or an embedded broker started again, at any moment, and an offset then means
another message. So a topic's offsets are believed only where the ledger's incarnation was the same before and after,
and the message that intake read last is still in its place.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, TypeVar

import psycopg
from aiokafka import TopicPartition

from events import database, offsets
from events.errors import MadeAgain, Unreachable
from events.facts import SOURCE_TOPICS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from events.offsets import Mark
    from services.incarnations import Probe
    from services.wire import Wire

__all__ = ["PATIENCE_S", "Ledger", "Place", "Sent"]

_T = TypeVar("_T")

_LOOK_S: Final = 0.1
PATIENCE_S: Final = 90.0
"""How long nothing may happen before we give up: a group may take half of it to let its first member in."""


class Place(NamedTuple):
    partition: TopicPartition
    offset: int


class Span(NamedTuple):
    """From the first offset on, to the end, which is not included."""

    first: int
    end: int


class Sent(NamedTuple):
    """The place each message went to, and the topics' incarnations before.

    None where Kafka did not take it, or does not say any more where it stands.
    """

    places: list[Place | None]
    before: dict[str, int]

    def spans(self) -> dict[TopicPartition, Span]:
        """The offsets of each partition that some of them went to."""
        spans: dict[TopicPartition, Span] = {}
        for partition, offset in filter(None, self.places):
            first, end = spans.get(partition, Span(offset, offset))
            spans[partition] = Span(min(first, offset), max(end, offset + 1))
        return spans


class Ledger:
    """The ledger of offsets as a publisher sees it: through `rekam_reader`, beside a probe of the broker."""

    def __init__(self, wire: Wire, probe: Probe) -> None:
        self._session = database.Session(wire.engines.database, "rekam_reader")
        self._probe = probe
        self._partitions: set[TopicPartition] = set()
        self._settled: dict[str, int] | None = None
        self._read_from: set[TopicPartition] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._session.close)

    async def incarnations(self) -> dict[str, int]:
        """Give each topic's incarnation as it last was settled. An older one is never wrong, it is only doubted."""
        return self._settled or await self.settled()

    def has_read_from(self, partitions: Iterable[TopicPartition]) -> bool:
        """Whether intake had read from all of them when they last were settled: by that it knows a topic again."""
        return self._read_from.issuperset(partitions)

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
                    known = not await self._probe.recognise(marks)
                except MadeAgain:
                    known = False
                if not known:  # or a partition has no leader just now
                    await asyncio.sleep(_LOOK_S)
                else:
                    self._read_from = {tp for tp, mark in marks.items() if mark.last is not None}
                    self._settled = {tp.topic: mark.incarnation for tp, mark in marks.items()}
                    return self._settled

    async def outcomes(self, sent: Sent, waiting: Callable[[int], None]) -> list[str | None]:
        """Wait until each offset has its outcome; None for a message that must be sent again.

        `waiting` is told how many offsets, these and others before them, have none yet.
        """
        places, before = sent
        spans = sent.spans()
        await self._wait(spans, before, waiting)
        after = await self.settled()
        ranges = await asyncio.to_thread(self._ranges, spans, before)
        return [
            None if place is None or after[place.partition.topic] != before[place.partition.topic]
            else _outcome(ranges[place.partition], place.offset)
            for place in places
        ]  # fmt: skip

    async def _wait(
        self, spans: Mapping[TopicPartition, Span], before: Mapping[str, int], waiting: Callable[[int], None]
    ) -> None:
        """Return when every partition is accounted for up to its end, or its topic has begun another incarnation."""
        loop = asyncio.get_running_loop()
        last, since = -1, loop.time()
        while True:
            marks = await asyncio.to_thread(self._marks, spans)
            left = sum(
                max(0, end - marks[tp].next)
                for tp, (_, end) in spans.items()
                if marks[tp].incarnation == before[tp.topic]
            )
            if not left:
                return
            waiting(left)
            if left != last:
                last, since = left, loop.time()
            elif loop.time() - since > PATIENCE_S:
                raise Unreachable(f"intake has not accounted for {left} offsets; is it running? publish again")
            await asyncio.sleep(_LOOK_S)

    def _marks(self, more: Iterable[TopicPartition] = ()) -> dict[TopicPartition, Mark]:
        """Read them of all partitions, also of those that are younger than the last look at the broker."""
        wanted = self._partitions.union(more)
        found = self._read(lambda cursor: offsets.marks(cursor, wanted))
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
        self, spans: Mapping[TopicPartition, Span], before: Mapping[str, int]
    ) -> dict[TopicPartition, tuple[list[int], list[str]]]:
        found = {}
        for tp, (first, _) in spans.items():
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
        self._limit = asyncio.timeout(PATIENCE_S)

    async def __aenter__(self) -> None:
        await self._limit.__aenter__()

    async def __aexit__(self, *how: object) -> None:
        try:
            await self._limit.__aexit__(*how)  # type: ignore[arg-type]
        except TimeoutError as error:
            raise Unreachable(self._said) from error
