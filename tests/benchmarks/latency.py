"""Publish to visible: from the moment a message is handed to the producer until `counts` has passed its position."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from contextlib import ExitStack
from threading import Event, Thread
from typing import TYPE_CHECKING

import psycopg

from services.processes import PROCESSES
from tests.benchmarks.engines import hand_over, memory_mb
from tests.benchmarks.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from services.publish import Outgoing
    from tests.benchmarks.engines import Bench

__all__ = ["at_a_rate", "measured"]

WARM_UP, A_SECOND, DURING_S = 1_000, 500, 60


def measured(bench: Bench) -> Iterator[Figure]:
    """All processes up, and nothing else but the publisher."""
    with ExitStack() as opened:
        children = {name: opened.enter_context(bench.process(name)) for name in PROCESSES}
        took = _visible(bench, bench.messages(WARM_UP + A_SECOND * DURING_S))
        memory = ", ".join(f"{name} {memory_mb(one.pid):.0f}" for name, one in children.items())
    p50, p99, worst = (1000 * took[int(share * (len(took) - 1))] for share in (0.5, 0.99, 1))
    what = f"publish to visible in `counts`, {A_SECOND}/s for {DURING_S} s (worst {worst:.0f} ms)"
    yield Figure.within(what, p50, p99, 50)
    yield Figure("memory of each process then", f"{memory} MB")


def _visible(bench: Bench, messages: Sequence[Outgoing]) -> list[float]:
    """Seconds, ascending, of those that were appended; the first thousand only warm up."""
    seen: list[tuple[int, float]] = []
    over = Event()
    watcher = Thread(target=_watch, args=(bench, seen, over))
    watcher.start()
    try:
        asyncio.run(bench.send(messages[:WARM_UP]))
        bench.until("SELECT position >= (SELECT size FROM log.head) AND position > 0 FROM counts.position")
        chosen = messages[WARM_UP:]
        sent = asyncio.run(at_a_rate(bench, chosen, A_SECOND))
        bench.until(f"SELECT coalesce(sum(last - first + 1), 0) >= {WARM_UP + len(chosen)} FROM intake.accounted")
        bench.until("SELECT position >= (SELECT size FROM log.head) FROM counts.position")
    finally:
        over.set()
        watcher.join()
    positions = [position for position, _ in seen]
    appended = dict(_appended(bench))
    return sorted(
        seen[bisect_left(positions, position)][1] - sent[place]
        for place, position in appended.items()
        if place in sent and bisect_left(positions, position) < len(seen)
    )


def _watch(bench: Bench, seen: list[tuple[int, float]], over: Event) -> None:
    with psycopg.connect(bench.settings.database, autocommit=True) as connection:
        while not over.wait(0.005):
            row = connection.execute("SELECT position FROM counts.position").fetchone()
            assert row is not None
            if not seen or row[0] > seen[-1][0]:
                seen.append((row[0], time.monotonic()))


async def at_a_rate(bench: Bench, messages: Iterable[Outgoing], a_second: int) -> dict[tuple[str, int, int], float]:
    """Hand them over one after the other, so many a second; when each was, by where it went."""
    producer = bench.wire.producer()
    await producer.start()
    handed, futures = [], []
    try:
        began = time.monotonic()
        for number, message in enumerate(messages):
            await asyncio.sleep(max(0.0, began + number / a_second - time.monotonic()))
            handed.append(time.monotonic())
            futures.append(await hand_over(producer, message))
        told = await asyncio.gather(*futures)
    finally:
        await producer.stop()
    return {(one.topic, one.partition, one.offset): at for one, at in zip(told, handed, strict=True)}


def _appended(bench: Bench) -> list[tuple[tuple[str, int, int], int]]:
    rows = bench.looking.execute(
        "SELECT k->>'topic', (k->>'partition')::int, (k->>'offset')::bigint, position FROM "
        "(SELECT convert_from(state, 'utf8')::jsonb->'kafka' AS k, notification_id AS position FROM log.entry) AS e"
    ).fetchall()
    return [((topic, partition, offset), position) for topic, partition, offset, position in rows]
