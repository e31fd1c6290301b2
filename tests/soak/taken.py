"""One look at everything: our processes, PostgreSQL, Kafka, and what became visible since the last look.

A look is a mapping of (kind, name) to a figure; the kinds are those of `tests.soak.flat`.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections import Counter, defaultdict
from contextlib import contextmanager
from statistics import quantiles
from typing import TYPE_CHECKING, Any, Final

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient

from tests.benchmarks.api import memory
from tests.benchmarks.latency import Place, appended
from tests.benchmarks.observed import handles, threads
from tests.kafka.topics import GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from services.child import Child
    from tests.benchmarks.engines import Bench

__all__ = ["Look", "Looking", "looking"]

Look = dict[tuple[str, str], float]

_CONNECTIONS: Final = """
    SELECT application_name, count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'rekam%' GROUP BY application_name
"""
# A table is rewritten where rows are changed more often than they are added.
_TABLES: Final = """
    SELECT s.schemaname || '.' || s.relname, pg_total_relation_size(s.relid), n_dead_tup, n_tup_upd > n_tup_ins
    FROM pg_stat_user_tables s WHERE n_tup_ins + n_tup_upd > 0 ORDER BY 1
"""
_WAL: Final = "SELECT sum(size) FROM pg_ls_waldir()"


class Looking:
    """Looks again and again; `sent` and `seen` are filled by the publisher and by who watches `counts`."""

    def __init__(self, bench: Bench, children: Mapping[str, Child], lags: _Lags) -> None:
        self.sent: dict[Place, float] = {}
        self.seen: list[tuple[int, float]] = []
        self.answers: dict[str, list[float]] = defaultdict(list)
        self.refused: Counter[str] = Counter()
        self._kinds: dict[str, str] = {}
        self._bench = bench
        self._children = children
        self._lags = lags
        self._known = int(bench.one("SELECT size FROM log.head"))

    def look(self) -> Look:
        """Every figure as it is now; latency is of what has become visible since the last look."""
        found: Look = {}
        for name, child in self._children.items():
            found["memory", name] = memory(child.pid)
            found["handles", name] = handles(child.pid)
            found["threads", name] = threads(child.pid)
            found["log", name] = (self._bench.settings.data / f"{name}.log").stat().st_size
        looking = self._bench.looking
        for name, connections in looking.execute(_CONNECTIONS):
            found["connections", name] = connections
        for table, size, dead, rewritten in looking.execute(_TABLES):
            kind = self._kinds.setdefault(table, "rewritten" if rewritten else "grown")
            found[kind, table] = size
            if kind == "rewritten":
                found["dead", table] = dead
        found["wal", "PostgreSQL"] = float(self._bench.one(_WAL))
        found |= {("lag", group): lag for group, lag in self._lags.now().items()}
        found |= _median_and_p99("latency", "counts", self._visible())
        for question in list(self.answers):
            found |= _median_and_p99("answer", question, self.answers.pop(question))
        return found

    def _visible(self) -> list[float]:
        """Milliseconds from handed over to visible, of each fact that has become visible since the last look."""
        seen = list(self.seen)
        if not seen:
            return []
        positions = [position for position, _ in seen]
        took = []
        for place, position in appended(self._bench, self._known, positions[-1]):
            if place in self.sent:
                took.append(1000 * (seen[bisect_left(positions, position)][1] - self.sent.pop(place)))
        self._known = positions[-1]
        del self.seen[: max(0, len(seen) - 1_000)]
        return took


def _median_and_p99(kind: str, name: str, figures: Sequence[float]) -> Look:
    if len(figures) < 2:
        return {}
    cut = quantiles(figures, n=100, method="inclusive")
    return {(kind, f"{name}, p50"): cut[49], (kind, f"{name}, p99"): cut[98]}


@contextmanager
def looking(bench: Bench, children: Mapping[str, Child]) -> Iterator[Looking]:
    """With clients of Kafka of its own, which are closed at the end."""
    with asyncio.Runner() as runner:
        lags = runner.run(_Lags.begun(bench.environ["REKAM_KAFKA"], runner))
        try:
            yield Looking(bench, children, lags)
        finally:
            runner.run(lags.end())


class _Lags:
    """How many messages each consumer group has before it, by the offsets it has committed."""

    def __init__(self, admin: Any, consumer: Any, runner: asyncio.Runner) -> None:
        self._admin = admin
        self._consumer = consumer
        self._runner = runner

    @classmethod
    async def begun(cls, kafka: str, runner: asyncio.Runner) -> _Lags:
        admin, consumer = AIOKafkaAdminClient(bootstrap_servers=kafka), AIOKafkaConsumer(bootstrap_servers=kafka)
        await admin.start()
        await consumer.start()
        return cls(admin, consumer, runner)

    def now(self) -> dict[str, int]:
        return self._runner.run(self._now())

    async def _now(self) -> dict[str, int]:
        committed = {group: await self._admin.list_consumer_group_offsets(group) for group in GROUPS}
        ends = await self._consumer.end_offsets({place for places in committed.values() for place in places})
        return {
            group: sum(ends[place] - told.offset for place, told in places.items())
            for group, places in committed.items()
        }

    async def end(self) -> None:
        await self._consumer.stop()
        await self._admin.close()
