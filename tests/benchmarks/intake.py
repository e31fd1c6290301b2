"""Intake with every guarantee from a real Kafka, and the library saving the same facts on the same PostgreSQL."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from services.processes import unlock
from tests.benchmarks import library
from tests.benchmarks.engines import Bench, memory_mb
from tests.benchmarks.figure import Figure, rate

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MESSAGES", "measured"]

MESSAGES = 60_000


def measured(bench: Bench) -> Iterator[Figure]:
    """Everything is on Kafka before intake starts; the clock runs from its first append to its last offset."""
    ours, memory = _intake(bench, processes=1)
    states = bench.states()
    keys = unlock(bench.settings, bench.settings.database)
    saved, bare = library.application(bench, states, keys), library.recorder(bench, states)
    size = sum(map(len, states)) / len(states)
    yield Figure.ratio("intake, one process, to an `eventsourcing` Application", ours, saved, 1.5)
    yield Figure.ratio(f"intake, one process, to its bare recorder, {size:.0f} bytes a fact", ours, bare, 0.8)
    with Bench.up() as another:
        both, _ = _intake(another, processes=2)
    yield Figure.ratio("intake, two processes, to the Application", both, saved, 1.5)
    yield Figure.ratio("intake, two processes, to the bare recorder", both, bare, 1.5)
    yield Figure("memory of intake", f"{memory:.0f} MB", "250 MB", memory <= 250)
    yield Figure("bytes on disk a fact, log with claims and people, indexes too", f"{_on_disk(bench):,.0f}")


def _intake(bench: Bench, *, processes: int) -> tuple[float, float]:
    """Facts a second, and the most memory that one had."""
    asyncio.run(bench.send(bench.messages(MESSAGES)))
    with ExitStack() as opened:
        running = [opened.enter_context(bench.process("intake")) for _ in range(processes)]
        bench.until("SELECT size > 0 FROM log.head")
        began, size = time.monotonic(), bench.one("SELECT size FROM log.head")
        bench.until(f"SELECT coalesce(sum(last - first + 1), 0) >= {MESSAGES} FROM intake.accounted")
        a_second = (bench.one("SELECT size FROM log.head") - size) / (time.monotonic() - began)
        print(f"{processes} intake: {rate(a_second)}", flush=True)
        return a_second, max(memory_mb(one.pid) for one in running)


def _on_disk(bench: Bench) -> float:
    bytes_ = bench.one(
        "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c "
        "WHERE relkind = 'r' AND relnamespace::regnamespace::text IN ('log', 'vault', 'intake')"
    )
    return float(bytes_) / int(bench.one("SELECT size FROM log.head"))
