"""Three brokers: one is killed and comes back, then the controller; nothing is lost and nothing stands twice.

And where nobody leads a partition, or nobody answers who does, the others go on.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from services.processes import VIEWS
from services.wire import COPIES, IN_SYNC, OUR_TOPICS
from tests.kafka import topics
from tests.kafka.apache import started
from tests.kafka.cluster import SIZE, Cluster
from tests.kafka.judge import judge
from tests.kafka.messages import RECORDING, capture, captures
from tests.kafka.steady import Steady
from tests.kafka.test_kills import in_order_without_gap, positions, stands
from tests.kafka.world import World, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.kafka.cluster import Node

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def cluster(apache: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with started(Cluster(tmp_path_factory.mktemp("cluster"))) as made:
        yield made


@pytest.fixture
def clustered(cluster: Cluster, empty_database: str, tmp_path: Path) -> World:
    """A register whose topics we have made ourselves, as every process does when it starts."""
    return register(cluster, empty_database, tmp_path)


@pytest.fixture
def scattered(cluster: Cluster, empty_database: str, tmp_path: Path) -> World:
    """The same, where each partition of one topic is at one broker alone: partition 0 at broker 1, and so on."""
    return register(cluster, empty_database, tmp_path, {node.number - 1: [node.number] for node in cluster.nodes})


def register(cluster: Cluster, database: str, folder: Path, copies: Mapping[int, list[int]] | None = None) -> World:
    world = World(cluster.address, database, folder)
    world.prepare()
    asyncio.run(topics.delete(cluster.address, *topics.ALL))
    if copies is not None:
        asyncio.run(topics.make_placed(cluster.address, RECORDING, copies))
    asyncio.run(world.wire().make_topics())
    return world


def test_our_topics_have_three_copies_and_take_what_two_of_them_have(clustered: World, cluster: Cluster) -> None:
    found = asyncio.run(topics.described(cluster.address, OUR_TOPICS))

    assert {topic["topic"]: len(topic["partitions"]) for topic in found} == OUR_TOPICS
    assert {len(one["replicas"]) for topic in found for one in topic["partitions"]} == {COPIES}
    for name in OUR_TOPICS:
        assert asyncio.run(topics.settings_of(cluster.address, name))["min.insync.replicas"] == str(IN_SYNC)


def test_a_broker_is_killed_and_comes_back_then_the_controller_and_nothing_is_lost(
    clustered: World, cluster: Cluster
) -> None:
    with clustered.running("intake", "relay", *VIEWS):
        with Steady(cluster.address, a_second=100) as registry:
            cluster.until_in_sync()
            eventually(lambda: clustered.accounted() > 0)
            broker = cluster.leader(RECORDING, 0)
            if broker is cluster.controller():
                broker = cluster.leader(RECORDING, 1)
            for node in (broker, cluster.controller()):
                goes_on_without(node, clustered, registry)
                node.start()
                cluster.until_in_sync()
        clustered.sent = registry.sent
        clustered.takes()
        eventually(lambda: in_order_without_gap(positions(clustered), len(registry.sent)))
        for view in VIEWS:
            eventually(lambda view=view: stands(clustered, view) == (len(registry.sent), True))  # type: ignore[misc]

    assert judge(clustered) == {"appended": len(registry.sent)}


def test_a_partition_without_a_leader_holds_up_no_other(scattered: World, cluster: Cluster) -> None:
    gone = cluster.leader(RECORDING, 0)
    for partition in range(SIZE):
        scattered.send(*captures(5, f"before-{partition}", 100 * partition + 1), partition=partition)
    gone.kill()
    try:
        with scattered.running("intake"):
            scattered.takes(*(one for one in scattered.sent if one.partition > 0))
            assert scattered.outcomes() == {"appended": 10}
            gone.start()
            scattered.takes()
    finally:
        if not gone.lives:
            gone.start()

    assert judge(scattered) == {"appended": 15}


def test_a_broker_that_hangs_holds_up_no_partition_of_the_others(scattered: World, cluster: Cluster) -> None:
    with scattered.running("intake"):
        for partition in range(SIZE):
            scattered.takes(*scattered.send(capture(f"before-{partition}", partition + 1), partition=partition))
        hangs = cluster.leader("__consumer_offsets", 0)  # it keeps the group
        others = [node.number - 1 for node in cluster.nodes if node is not hangs]
        with cluster.hanging(hangs):
            for number in range(10):
                one, partition = capture(f"meanwhile-{number}", 10 + number), others[number % 2]
                places = asyncio.run(topics.send(cluster.address_without(hangs), [one], partition))
                scattered.takes(*scattered.remember([one], places, partition))
        scattered.takes(*scattered.send(capture("after", 50), partition=hangs.number - 1))

    assert judge(scattered) == {"appended": 14}


def goes_on_without(node: Node, world: World, registry: Steady) -> None:
    """Kill it; what is handed over from then on is accounted for, also what it had led."""
    node.kill()
    handed = registry.handed
    eventually(lambda: registry.handed > handed + 100)
    eventually(lambda: least(world) >= (handed + 100) // 4, within_s=60)


def least(world: World) -> int:
    """How far the partition is that is the least far."""
    return int(world.one("SELECT coalesce(min(next), 0) FROM intake.cursor WHERE topic = %s", RECORDING))
