"""Measures on this machine, against a real Apache Kafka and PostgreSQL on loopback, bounded in count and in time.

    python -m tests.benchmarks intake       facts a second from Kafka into the log, one intake, every guarantee
    python -m tests.benchmarks projectors   facts a second of each view, alone, from the log
    python -m tests.benchmarks latency      publish to visible in `counts`, 500 a second

Nothing is asserted. `docs/figures.md` keeps what was printed, with the machine.
"""

from __future__ import annotations

import asyncio
import os
import platform
import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from services import scenario
from services.processes import PROCESSES, VIEWS, spare_garbage, unlock
from services.projector import Follower
from services.publish import Outgoing
from tests.benchmarks.engines import Bench, memory_mb
from tests.benchmarks.latency import measure

if TYPE_CHECKING:
    from collections.abc import Sequence

MESSAGES = 60_000


def intake(bench: Bench) -> None:
    """Everything is on Kafka before intake starts; the clock runs from its first append to its last offset."""
    messages = _messages(MESSAGES)
    asyncio.run(bench.send(messages))
    with bench.process("intake") as running:
        bench.until("SELECT size > 0 FROM log.head")
        began, size = time.monotonic(), bench.one("SELECT size FROM log.head")
        bench.until(f"SELECT coalesce(sum(last - first + 1), 0) >= {len(messages)} FROM intake.accounted")
        took, facts = time.monotonic() - began, bench.one("SELECT size FROM log.head") - size
        print(f"intake: {facts:,} facts in {took:.1f} s, {facts / took:,.0f}/s, {memory_mb(running.pid):.0f} MB")


def projectors(bench: Bench) -> None:
    """Each view alone, in this process, from the log, in the projectors' own batches."""
    messages = _messages(MESSAGES)
    asyncio.run(bench.send(messages))
    with bench.process("intake"):
        bench.until(f"SELECT coalesce(sum(last - first + 1), 0) >= {len(messages)} FROM intake.accounted")
    facts = bench.one("SELECT size FROM log.head")
    keys = unlock(bench.settings, bench.settings.database)
    spare_garbage()  # as in a projector's own process
    for view in VIEWS.values():
        follower = Follower(view, bench.settings.database, keys)
        began, busy = time.monotonic(), time.process_time()
        while follower.advance(()):
            pass
        took, busy = time.monotonic() - began, time.process_time() - busy
        follower.close()
        print(f"{view.name}: {facts:,} facts in {took:.1f} s, {facts / took:,.0f}/s")
        print(f"    of it {busy / facts * 1e6:.0f} µs a fact in Python")


def latency(bench: Bench) -> None:
    """All processes up, 500 messages a second for 30 s."""
    with ExitStack() as running:
        children = {name: running.enter_context(bench.process(name)) for name in PROCESSES}
        measure(bench, _messages(16_000), a_second=500, during_s=30)
        print("memory: " + ", ".join(f"{name} {memory_mb(one.pid):.0f} MB" for name, one in children.items()))


def _messages(count: int) -> list[Outgoing]:
    told = list(scenario.phase_one(2018, scenario.WHOLE))[:count]
    return [Outgoing(m.topic, m.headers, m.value, f"{m.source}\0{m.id}") for m in told]


def main(arguments: Sequence[str]) -> None:
    chosen = {"intake": intake, "projectors": projectors, "latency": latency}
    if len(arguments) != 1 or arguments[0] not in chosen:
        sys.exit(__doc__)
    began = time.perf_counter()
    sum(range(10_000_000))
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    print(f"load {os.getloadavg()[0]:.1f}; adding up 10 million numbers takes {time.perf_counter() - began:.2f} s")
    with Bench.up() as bench:
        chosen[arguments[0]](bench)


if __name__ == "__main__":
    main(sys.argv[1:])
