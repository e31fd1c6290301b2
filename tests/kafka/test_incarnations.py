"""A topic that is deleted and made again under its name: what was read stays, what is new is read from its start."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.events.examples import DEATH_REGISTERED
from tests.kafka import topics
from tests.kafka.judge import judge
from tests.kafka.messages import RECORDING, capture, captures, message
from tests.kafka.world import eventually

if TYPE_CHECKING:
    from tests.kafka.world import World

INCARNATIONS = "SELECT max(incarnation) FROM intake.incarnation WHERE topic = %s"


@pytest.mark.parametrize("count", [1, 10, 25], ids=["fewer", "as many", "more"])
def test_made_again_while_intake_was_down(world: World, count: int) -> None:
    world.send(*captures(10))
    with world.running("intake"):
        world.takes()

    world.make_again(RECORDING)
    world.send(*captures(count, "second", 100))
    with world.running("intake"):
        world.takes()

    assert judge(world) == {"appended": 10 + count}
    assert world.one(INCARNATIONS, RECORDING) == 2


@pytest.mark.parametrize("count", [1, 10, 25], ids=["fewer", "as many", "more"])
def test_made_again_under_a_running_intake(world: World, count: int) -> None:
    with world.running("intake"):
        world.takes(*world.send(*captures(10)))
        world.make_again(RECORDING)
        world.takes(*world.send(*captures(count, "second", 100)))

    assert judge(world) == {"appended": 10 + count}
    assert world.one(INCARNATIONS, RECORDING) == 2


@pytest.mark.parametrize("count", [8, 9, 10], ids=["before", "at", "behind"])
def test_made_again_with_a_marker_where_the_last_message_was(world: World, count: int) -> None:
    with world.running("intake"):
        world.takes(*world.send(*captures(10)))
        world.make_again(RECORDING)
        world.send_in_transaction(*captures(count, "second", 100), commit=True)
        world.takes()

    assert judge(world) == {"appended": 10 + count}
    assert world.one(INCARNATIONS, RECORDING) == 2


def test_made_again_with_the_same_messages_they_are_duplicates(world: World) -> None:
    with world.running("intake"):
        world.takes(*world.send(*captures(10)))
        world.make_again(RECORDING)
        world.takes(*world.send(*captures(10)))

    assert judge(world) == {"appended": 10, "duplicate": 10}


def test_made_again_several_times_each_life_is_read_once(world: World) -> None:
    with world.running("intake"):
        for life in range(4):
            world.takes(*world.send(*captures(5 + life, f"life {life}", 100 * life + 1)))
            world.make_again(RECORDING)
        world.takes(*world.send(capture("last", 900)))

    assert judge(world) == {"appended": 5 + 6 + 7 + 8 + 1}
    assert world.one(INCARNATIONS, RECORDING) == 5


def test_made_again_and_left_empty_it_is_noticed_and_read_when_something_comes(world: World) -> None:
    with world.running("intake"):
        world.takes(*world.send(*captures(10)))
        world.make_again(RECORDING)
        eventually(lambda: world.one(INCARNATIONS, RECORDING) == 2)
        world.takes(*world.send(*captures(3, "second", 100)))

    assert judge(world) == {"appended": 13}


def test_the_other_topics_go_on_in_their_incarnation(world: World) -> None:
    with world.running("intake"):
        world.takes(*world.send(*captures(10), message(DEATH_REGISTERED, "x-1")))
        world.make_again(RECORDING)
        world.takes(*world.send(message(DEATH_REGISTERED, "x-2"), *captures(30, "second", 100)))

    assert judge(world) == {"appended": 42}
    assert world.rows("SELECT topic FROM intake.incarnation WHERE incarnation > 1") == [(RECORDING,)]


@pytest.mark.parametrize("counts", [(1, 30), (30, 1), (0, 5), (5, 0)])
def test_both_partitions_begin_anew_together(world: World, counts: tuple[int, int]) -> None:
    asyncio.run(topics.make_again(world.kafka, [RECORDING], 2))
    with world.running("intake"):
        world.takes(*world.send(*captures(10)), *world.send(*captures(10, "other", 100), partition=1))
        world.make_again(RECORDING, partitions=2)
        world.takes(
            *world.send(*captures(counts[0], "second", 200)),
            *world.send(*captures(counts[1], "second other", 300), partition=1),
        )

    assert judge(world) == {"appended": 20 + sum(counts)}
    assert world.one(INCARNATIONS, RECORDING) == 2


def test_a_partition_that_had_nothing_in_the_first_life_is_read_in_the_second(world: World) -> None:
    asyncio.run(topics.make_again(world.kafka, [RECORDING], 2))
    with world.running("intake"):
        world.takes(*world.send(*captures(10)))
        world.make_again(RECORDING, partitions=2)
        world.takes(*world.send(*captures(4, "second", 200), partition=1))
        world.takes(*world.send(*captures(4, "third", 300), partition=0))

    assert judge(world) == {"appended": 18}


def test_made_again_with_more_partitions_all_are_read(world: World) -> None:
    with world.running("intake"):
        world.takes(*world.send(*captures(10)))
        world.make_again(RECORDING, partitions=3)
        sent = [
            one
            for number in range(3)
            for one in world.send(*captures(4, f"p{number}", 100 * number + 100), partition=number)
        ]
        world.takes(*sent)

    assert judge(world) == {"appended": 22}


def test_made_again_in_the_middle_of_a_stream_what_kafka_still_has_is_read_once(world: World) -> None:
    with world.running("intake"):
        first = world.send(*captures(3000))
        eventually(lambda: world.accounted() > 0)
        world.make_again(RECORDING)
        second = world.send(*captures(4000, "second", 5000))
        world.takes(*second)

    lost = world.untold(first)
    ended = {place for (place,) in world.rows("SELECT max(last) FROM intake.accounted WHERE incarnation = 1")}
    kept = [one for one in first if one not in lost]
    assert judge(world, [*kept, *second]) == {"appended": len(kept) + 4000}
    assert ended <= {None, len(kept) - 1}
