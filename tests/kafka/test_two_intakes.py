"""Two intakes in one group, and two that know nothing of each other: no message twice, none left out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from services import intake
from services.wire import subscribe
from tests.kafka import topics
from tests.kafka.judge import judge
from tests.kafka.messages import RECORDING, captures
from tests.kafka.world import eventually

if TYPE_CHECKING:
    import pytest

    from tests.kafka.messages import Sent
    from tests.kafka.world import World

PARTITIONS = 4


def with_partitions(world: World) -> None:
    asyncio.run(topics.make_again(world.kafka, [RECORDING], PARTITIONS))


def spread(world: World, count: int, prefix: str, first: int) -> list[Sent]:
    return [
        one
        for partition in range(PARTITIONS)
        for one in world.send(*captures(count, f"{prefix}-{partition}", first + 1000 * partition), partition=partition)
    ]


def members(world: World) -> int:
    return len(asyncio.run(topics.members(world.kafka, "rekam-intake")))


def test_a_second_intake_joins_and_leaves_in_the_middle_of_a_stream(world: World) -> None:
    with_partitions(world)
    with world.running("intake"):
        world.takes(*spread(world, 50, "one", 0))
        with world.running("intake"):
            eventually(lambda: members(world) == 2)
            for number in range(5):
                spread(world, 50, f"two-{number}", 100 * number + 5000)
            world.takes()
        world.takes(*spread(world, 50, "three", 20_000))

    assert judge(world) == {"appended": PARTITIONS * 50 * 7}


def test_intakes_that_come_and_go_all_the_time(world: World) -> None:
    with_partitions(world)
    with world.running("intake"):
        for number in range(4):
            with world.running("intake"):
                spread(world, 100, f"round-{number}", 5000 * number)
                eventually(lambda: members(world) == 2)
                world.takes()

    assert judge(world) == {"appended": PARTITIONS * 100 * 4}


def test_two_that_each_believe_every_partition_to_be_their_own_clash_and_nothing_is_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = (f"group-{number}" for number in range(10))
    monkeypatch.setattr(
        intake, "subscribe", lambda *given, **named: subscribe(*given, **{**named, "group": next(groups)})
    )
    with_partitions(world)
    spread(world, 500, "before", 0)
    with world.running("intake", "intake"):
        for number in range(3):
            spread(world, 100, f"round-{number}", 5000 * number + 10_000)
        world.takes()

    assert judge(world) == {"appended": PARTITIONS * 800}


def test_a_topic_made_again_under_two_intakes_is_read_once(world: World) -> None:
    with_partitions(world)
    with world.running("intake", "intake"):
        world.takes(*spread(world, 50, "one", 0))
        world.make_again(RECORDING, partitions=PARTITIONS)
        world.takes(*spread(world, 80, "two", 5000))

    assert judge(world) == {"appended": PARTITIONS * 130}
    assert world.one("SELECT max(incarnation) FROM intake.incarnation") == 2
