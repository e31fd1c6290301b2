"""Watches how far each partition is accounted for, and says who had to wait how long: for Kafka, or for intake."""

from __future__ import annotations

import time
from bisect import bisect_right
from contextlib import suppress
from threading import Event, Thread
from typing import TYPE_CHECKING, Final, NamedTuple, Self

import psycopg
from aiokafka import TopicPartition

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from types import TracebackType

    from tests.kafka.steady import Taken

__all__ = ["Moved", "Period", "Waits", "Watcher", "waits"]

_NEXT: Final = "SELECT topic, partition, next FROM intake.cursor"


class Moved(NamedTuple):
    """The ledger of offsets has moved: the next offset of a partition, and when that was seen, in monotonic seconds."""

    partition: TopicPartition
    next: int
    at: float


class Period(NamedTuple):
    """From and until when, in monotonic seconds."""

    since: float
    until: float

    def longest_between(self, moments: Sequence[float]) -> float:
        """The longest time, in seconds, without any of the moments, which ascend."""
        inside = [at for at in moments if self.since <= at <= self.until]
        return max(b - a for a, b in zip([self.since, *inside], [*inside, self.until], strict=True))


class Waits(NamedTuple):
    """Three times in seconds, each that of the partition which had to wait longest.

    `taken`: Kafka took nothing; `accounted`: intake accounted for nothing; `between`: from the moment at which Kafka
    said that it has a message until that message was accounted for.
    """

    taken: float
    accounted: float
    between: float

    def __str__(self) -> str:
        return ", ".join(f"{wait:.2f} s" for wait in self)


def waits(taken: Sequence[Taken], moved: Sequence[Moved], of: Collection[TopicPartition], period: Period) -> Waits:
    """What was taken and how the ledger moved, both in the order of time; what was taken has to be accounted for."""
    each = []
    for partition in of:
        mine = [one for one in taken if one.partition == partition]
        ledger = [one for one in moved if one.partition == partition]
        nexts = [one.next for one in ledger]
        inside = [one for one in mine if period.since <= one.at <= period.until]
        between = [ledger[bisect_right(nexts, one.offset)].at - one.at for one in inside]
        each.append(
            Waits(
                period.longest_between([one.at for one in mine]),
                period.longest_between([one.at for one in ledger]),
                max([0.0, *between]),
            )
        )
    return Waits(*(max(column) for column in zip(*each, strict=True)))


class Watcher:
    """Looks a hundred times a second how far each partition is accounted for, wherever the ledger is."""

    def __init__(self, database: str) -> None:
        self.moved: list[Moved] = []
        self._database = database
        self._over = Event()
        self._thread = Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        last: dict[TopicPartition, int] = {}
        while not self._over.is_set():
            with suppress(psycopg.OperationalError), psycopg.connect(self._database, autocommit=True) as connection:
                while not self._over.wait(0.01):
                    rows = connection.execute(_NEXT).fetchall()
                    now = time.monotonic()
                    for topic, number, next_ in rows:
                        partition = TopicPartition(topic, number)
                        if last.get(partition) != next_:
                            self.moved.append(Moved(partition, next_, now))
                            last[partition] = next_
