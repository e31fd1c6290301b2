"""How long intake stands still when a part of the cluster is lost: `make cluster`.

Three brokers with Kafka's own timeouts, a PostgreSQL with a synchronous standby, each process of ours a program, and
a registry that publishes 210 messages a second in turn to seven partitions: four of a topic as we make it, with a copy
at each broker, and three of one with two copies, so that there is always one that has none at the broker that is lost.
It is with those as with most partitions of a larger cluster.

Three times are printed, of what the lost broker led, of what it had a copy of, and of what it had no copy of: how long
Kafka took nothing, how long intake accounted for nothing, and how long a message that Kafka had taken waited for
intake; each of the partition that had to wait longest. At the end the judge accounts for every message. It takes about
three minutes.
"""

from __future__ import annotations

import asyncio
import signal
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aiokafka import TopicPartition

from events.facts import TOPIC_OF
from services.processes import VIEWS
from tests.benchmarks.figure import Figure, machine, table
from tests.events.examples import DEATH_REGISTERED
from tests.kafka import topics
from tests.kafka.cluster import Cluster
from tests.kafka.judge import judge
from tests.kafka.steady import CAPTURES, Steady
from tests.kafka.test_kills import in_order_without_gap, positions, stands
from tests.kafka.watcher import Period, Watcher, waits
from tests.kafka.world import World, end_programs, eventually
from tests.replication import pair

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from tests.kafka.cluster import Node

__all__ = ["main"]

A_SECOND: Final = 210
HANGS_S: Final = 30
OF_KAFKA: Final = {"broker.session.timeout.ms": "9000", "broker.heartbeat.interval.ms": "2000"}
OF_TWO: Final = {0: [1, 2], 1: [2, 3], 2: [3, 1]}
DEATHS: Final = [TopicPartition(TOPIC_OF[DEATH_REGISTERED], number) for number in OF_TWO]
PARTITIONS: Final = [*CAPTURES, *DEATHS]
EVERY: Final = {"every partition": PARTITIONS}


class Trial:
    """What is done to the cluster while the registry publishes, and what is then seen."""

    def __init__(self, registry: Steady, watcher: Watcher) -> None:
        self._registry, self._watcher = registry, watcher
        self.figures: list[Figure] = []

    @contextmanager
    def measured(self, what: str, parts: Mapping[str, Collection[TopicPartition]] = EVERY) -> Iterator[None]:
        """From the block's begin until what was handed over three seconds after its end is accounted for."""
        since = time.monotonic()
        yield
        handed = self._registry.handed + 3 * A_SECOND
        eventually(lambda: self._least() >= handed // len(PARTITIONS), within_s=120)
        period = Period(since, time.monotonic())
        eventually(self._all_is_accounted_for)
        for part, partitions in parts.items():
            seen = waits(self._registry.taken, self._watcher.moved, partitions, period)
            self.figures.append(Figure(f"{what}: {part}", str(seen)))
            print(f"{what}: {part}: {seen}", flush=True)

    def _least(self) -> int:
        nexts = {one.partition: one.next for one in list(self._watcher.moved)}
        return min(nexts.get(one, 0) for one in PARTITIONS)

    def _all_is_accounted_for(self) -> bool:
        """Of what was taken until now."""
        ends = {one.partition: one.offset for one in list(self._registry.taken)}
        seen = {one.partition: one.next for one in list(self._watcher.moved)}
        return all(seen.get(partition, 0) > offset for partition, offset in ends.items())


def main() -> None:
    print(machine(), flush=True)
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        (folder / "brokers").mkdir()
        cluster = Cluster(folder / "brokers", OF_KAFKA)
        opened.callback(cluster.stop)
        cluster.start()
        servers = opened.enter_context(pair(folder))
        servers.wait_for_the_standby()
        world = World(cluster.address, servers.both, folder)
        opened.callback(end_programs)
        world.prepare()
        asyncio.run(topics.make_placed(cluster.address, DEATHS[0].topic, OF_TWO))
        asyncio.run(world.wire().make_topics())
        for name in ("intake", "relay", *VIEWS):
            world.start(name)
        watcher = opened.enter_context(Watcher(servers.both))
        with Steady(cluster.address, a_second=A_SECOND, partitions=PARTITIONS) as registry:
            eventually(lambda: world.accounted() > A_SECOND)
            trial = Trial(registry, watcher)
            brokers(trial, cluster)
            with trial.measured("PostgreSQL's primary lost, the synchronous standby promoted at once"):
                servers.lose_the_primary()
                servers.standby.promote()
        world.sent = registry.sent
        account(world)
    print(f"\n{table(trial.figures)}\n\n{machine()}")


def brokers(trial: Trial, cluster: Cluster) -> None:
    cluster.until_in_sync()
    with trial.measured("nothing is done"):
        pass
    broker = other_than_the_controller(cluster)
    with trial.measured("a broker is killed (-9)", parts_of(cluster, broker)):
        broker.kill()
    with trial.measured("it comes back"):
        broker.start()
        cluster.until_in_sync()
    controller = cluster.controller()
    with trial.measured("the controller is killed (-9), a broker as well", parts_of(cluster, controller)):
        controller.kill()
    with trial.measured("it comes back, once more"):
        controller.start()
        cluster.until_in_sync()
    broker = other_than_the_controller(cluster)
    assert broker.child is not None
    what = f"a broker hangs for {HANGS_S} s (SIGSTOP), as if its machine had vanished"
    with trial.measured(what, parts_of(cluster, broker)):
        broker.child.send_signal(signal.SIGSTOP)
        time.sleep(HANGS_S)
        broker.child.send_signal(signal.SIGCONT)
    cluster.until_in_sync()


def other_than_the_controller(cluster: Cluster) -> Node:
    """A broker that leads a partition, and is not the controller."""
    leading = [cluster.leader(one.topic, one.partition) for one in CAPTURES]
    return next(node for node in leading if node is not cluster.controller())


def parts_of(cluster: Cluster, node: Node) -> dict[str, list[TopicPartition]]:
    """Which partitions it leads, which it has a copy of, and which it has nothing to do with."""
    parts: dict[str, list[TopicPartition]] = {"led by it": [], "with a copy there": [], "without a copy there": []}
    for topic in asyncio.run(topics.described(cluster.address, {one.topic for one in PARTITIONS})):
        for one in topic["partitions"]:
            copy = "with a copy there" if node.number in one["replicas"] else "without a copy there"
            part = "led by it" if one["leader"] == node.number else copy
            parts[part].append(TopicPartition(topic["topic"], one["partition"]))
    return {part: partitions for part, partitions in parts.items() if partitions}


def account(world: World) -> None:
    """That nothing is lost and nothing stands twice, here and in Kafka, and the views are the log's."""
    world.takes(within_s=120)
    size = world.size()
    eventually(lambda: in_order_without_gap(positions(world), size), within_s=120)
    for view in VIEWS:
        eventually(lambda view=view: stands(world, view) == (size, True), within_s=120)  # type: ignore[misc]
    outcomes = dict(judge(world))
    print(f"\n{len(world.sent):,} messages were taken by Kafka, and each is explained once: {outcomes}")


if __name__ == "__main__":
    main()
