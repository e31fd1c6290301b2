"""How long intake stands still when a part of the cluster is lost: `make cluster`.

Three brokers with Kafka's own timeouts, a PostgreSQL with a synchronous standby, each process of ours a program, and
a registry that publishes 200 messages a second to four partitions, each led by whoever leads it. What is printed is the
longest time between two commits of the ledger of offsets: of all, and of the partition that had to wait longest. At the
end the judge accounts for every message. It takes about three minutes.
"""

from __future__ import annotations

import asyncio
import signal
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Final, Self

import psycopg

from services.processes import VIEWS
from tests.benchmarks.figure import Figure, machine, table
from tests.kafka.cluster import Cluster
from tests.kafka.judge import judge
from tests.kafka.messages import RECORDING
from tests.kafka.steady import Steady
from tests.kafka.test_kills import in_order_without_gap, positions, stands
from tests.kafka.world import World, end_programs, eventually
from tests.replication import pair

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from tests.kafka.cluster import Node

__all__ = ["Watcher", "main"]

A_SECOND: Final = 200
PARTITIONS: Final = 4
HANGS_S: Final = 30
OF_KAFKA: Final = {"broker.session.timeout.ms": "9000", "broker.heartbeat.interval.ms": "2000"}


class Watcher:
    """Looks a hundred times a second how far each partition is accounted for, wherever the ledger is."""

    def __init__(self, database: str) -> None:
        self._database = database
        self._moved: list[tuple[float, int]] = []
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

    def gaps(self, since: float, until: float) -> tuple[float, float]:
        """The longest time, in seconds, in which nothing was accounted for, and in which nothing of one partition."""
        moved = [one for one in self._moved if since <= one[0] <= until]
        each = [_longest(since, [at for at, of in moved if of == partition], until) for partition in range(PARTITIONS)]
        return _longest(since, [at for at, _ in moved], until), max(each)

    def _watch(self) -> None:
        last: dict[int, int] = {}
        while not self._over.is_set():
            with suppress(psycopg.OperationalError), psycopg.connect(self._database, autocommit=True) as connection:
                while not self._over.wait(0.01):
                    rows = connection.execute(
                        "SELECT partition, next FROM intake.cursor WHERE topic = %s", [RECORDING]
                    ).fetchall()
                    now = time.monotonic()
                    self._moved += [(now, partition) for partition, next_ in rows if last.get(partition) != next_]
                    last = dict(rows)


def _longest(since: float, moved: list[float], until: float) -> float:
    return max(b - a for a, b in zip([since, *moved], [*moved, until], strict=True))


class Trial:
    """What is done to the cluster while the registry publishes, and what is then seen."""

    def __init__(self, world: World, registry: Steady, watcher: Watcher) -> None:
        self._world, self._registry, self._watcher = world, registry, watcher
        self.figures: list[Figure] = []

    @contextmanager
    def measured(self, what: str) -> Iterator[None]:
        """From the block's begin until what was handed over three seconds after its end is accounted for."""
        since = time.monotonic()
        yield
        handed = self._registry.handed + 3 * A_SECOND
        eventually(lambda: self._least() >= handed // PARTITIONS, within_s=120)
        overall, worst = self._watcher.gaps(since, time.monotonic())
        figure = Figure(what, f"{overall:.2f} s, {worst:.2f} s")
        print(f"{figure.what}: {figure.measured}", flush=True)
        self.figures.append(figure)

    def _least(self) -> int:
        query = "SELECT coalesce(min(next), 0) FROM intake.cursor WHERE topic = %s"
        return int(self._world.one(query, RECORDING))


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
        asyncio.run(world.wire().make_topics())
        for name in ("intake", "relay", *VIEWS):
            world.start(name)
        watcher = opened.enter_context(Watcher(servers.both))
        with Steady(cluster.address, a_second=A_SECOND, partitions=PARTITIONS) as registry:
            eventually(lambda: world.accounted() > A_SECOND)
            trial = Trial(world, registry, watcher)
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
    with trial.measured("a broker is killed (-9)"):
        broker.kill()
    with trial.measured("it comes back"):
        broker.start()
        cluster.until_in_sync()
    controller = cluster.controller()
    with trial.measured("the controller is killed (-9), a broker as well"):
        controller.kill()
    with trial.measured("it comes back, once more"):
        controller.start()
        cluster.until_in_sync()
    broker = other_than_the_controller(cluster)
    assert broker.child is not None
    with trial.measured(f"a broker hangs for {HANGS_S} s (SIGSTOP), as if its machine had vanished"):
        broker.child.send_signal(signal.SIGSTOP)
        time.sleep(HANGS_S)
        broker.child.send_signal(signal.SIGCONT)
    cluster.until_in_sync()


def other_than_the_controller(cluster: Cluster) -> Node:
    """A broker that leads a partition, and is not the controller."""
    leading = [cluster.leader(RECORDING, partition) for partition in range(PARTITIONS)]
    return next(node for node in leading if node is not cluster.controller())


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
