"""Where nobody answers for one partition, or for the group, intake goes on with the others.

One broker, and a client that looks for another one which is not there: no real one is lost here.
"""

from __future__ import annotations

import asyncio
import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.cluster import ClusterMetadata

from tests.kafka import topics
from tests.kafka.judge import judge
from tests.kafka.leftovers import LEFT_BY_AIOKAFKA
from tests.kafka.messages import RECORDING, capture, captures
from tests.kafka.world import eventually

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tests.kafka.world import World

LOST: Final = TopicPartition(RECORDING, 0)
NOBODY: Final = 99

pytestmark = [*LEFT_BY_AIOKAFKA]


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    yield
    gc.collect()


@contextmanager
def led_by_nobody_there(patch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Every client has it that partition 0 is led by a broker that is not there, until the block ends.

    Whoever asks where it begins or ends waits, as long as a broker may hang; how many others were asked for with it is
    given, for each time.
    """
    leader = ClusterMetadata.leader_for_partition
    asked: list[int] = []

    def led_by(cluster: ClusterMetadata, partition: TopicPartition) -> Any:
        return NOBODY if partition == LOST else leader(cluster, partition)

    def answering(genuine: Any) -> Any:
        async def answer(consumer: AIOKafkaConsumer, partitions: Collection[TopicPartition]) -> Any:
            if LOST in partitions:
                asked.append(len(partitions) - 1)
                await asyncio.get_running_loop().create_future()
            return await genuine(consumer, partitions)

        return answer

    with patch.context() as within:
        within.setattr(ClusterMetadata, "leader_for_partition", led_by)
        for name in ("beginning_offsets", "end_offsets"):
            within.setattr(AIOKafkaConsumer, name, answering(getattr(AIOKafkaConsumer, name)))
        yield asked


def test_an_intake_that_starts_while_a_leader_is_gone_reads_what_others_lead(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(topics.make_again(world.kafka, [RECORDING], 2))
    world.send(*captures(5))
    others = world.send(*captures(5, "other", 100), partition=1)
    with led_by_nobody_there(monkeypatch), world.running("intake"):
        world.takes(*others)
        assert world.outcomes() == {"appended": 5}
    with world.running("intake"):
        world.takes()

    assert judge(world) == {"appended": 10}


def test_a_leader_that_goes_away_is_waited_for_and_the_others_go_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(topics.make_again(world.kafka, [RECORDING], 2))
    with world.running("intake"):
        world.takes(*world.send(*captures(5)), *world.send(*captures(5, "other", 100), partition=1))
        with led_by_nobody_there(monkeypatch) as asked:
            eventually(lambda: bool(asked))
            for number in range(5):
                world.takes(*world.send(capture(f"meanwhile-{number}", 200 + number), partition=1))
        world.takes(*world.send(capture("after", 300)))

    assert judge(world) == {"appended": 16}


def test_nobody_waits_until_kafka_has_been_told_how_far_the_group_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []

    async def never(_: AIOKafkaConsumer, offsets: dict[TopicPartition, int]) -> None:
        told.append(offsets[LOST])
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(AIOKafkaConsumer, "commit", never)
    with world.running("intake"):
        world.takes(*world.send(capture("before")))
        while not told:
            world.takes(*world.send(capture(f"until-{len(world.sent)}", 10 + len(world.sent))))
        world.takes(*world.send(*captures(5, "after", 500)))

    assert len(told) == 1
    assert judge(world) == {"appended": len(world.sent)}
