"""What `make cluster` prints is what was seen: who waited how long, of which partitions."""

from __future__ import annotations

from aiokafka import TopicPartition

from tests.kafka.messages import RECORDING
from tests.kafka.steady import Taken
from tests.kafka.watcher import Moved, Period, Waits, waits

ONE, OTHER = TopicPartition(RECORDING, 0), TopicPartition(RECORDING, 1)

TAKEN = [Taken(ONE, 0, 10.0), Taken(OTHER, 0, 10.5), Taken(ONE, 1, 11.0), Taken(OTHER, 1, 15.5), Taken(ONE, 2, 18.0)]
MOVED = [Moved(ONE, 1, 10.25), Moved(OTHER, 1, 10.75), Moved(OTHER, 2, 16.0), Moved(ONE, 3, 18.5)]


def test_each_partition_waits_by_itself() -> None:
    period = Period(10.0, 20.0)

    assert waits(TAKEN, MOVED, [ONE], period) == Waits(7.0, 8.25, 7.5)
    assert waits(TAKEN, MOVED, [OTHER], period) == Waits(5.0, 5.25, 0.5)


def test_of_several_the_one_is_told_that_waited_longest() -> None:
    assert waits(TAKEN, MOVED, [ONE, OTHER], Period(10.0, 20.0)) == Waits(7.0, 8.25, 7.5)


def test_where_nothing_comes_the_whole_period_is_waited() -> None:
    assert waits(TAKEN, MOVED, [OTHER], Period(16.5, 19.0)) == Waits(2.5, 2.5, 0.0)
    assert waits(TAKEN, MOVED, [OTHER], Period(12.0, 15.0)) == Waits(3.0, 3.0, 0.0)
