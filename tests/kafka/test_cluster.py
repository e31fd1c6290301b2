"""Three brokers: one is killed and comes back, then the controller; nothing is lost and nothing stands twice."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from services.processes import VIEWS
from services.wire import COPIES, IN_SYNC, OUR_TOPICS
from tests.kafka import topics
from tests.kafka.apache import started
from tests.kafka.cluster import Cluster
from tests.kafka.judge import judge
from tests.kafka.messages import RECORDING
from tests.kafka.steady import Steady
from tests.kafka.test_kills import in_order_without_gap, positions, stands
from tests.kafka.world import World, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
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
    world = World(cluster.address, empty_database, tmp_path)
    world.prepare()
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


def goes_on_without(node: Node, world: World, registry: Steady) -> None:
    """Kill it; what is handed over from then on is accounted for, also what it had led."""
    node.kill()
    handed = registry.handed
    eventually(lambda: registry.handed > handed + 100)
    eventually(lambda: least(world) >= (handed + 100) // 4, within_s=60)


def least(world: World) -> int:
    """How far the partition is that is the least far."""
    return int(world.one("SELECT coalesce(min(next), 0) FROM intake.cursor WHERE topic = %s", RECORDING))
