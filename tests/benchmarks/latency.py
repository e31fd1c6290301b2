"""Publish to visible: from the moment a message is handed to the producer until `counts` has passed its position."""

from __future__ import annotations

import asyncio
import sys
import time
from bisect import bisect_left
from contextlib import ExitStack
from functools import partial
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import psycopg

from services.processes import PROCESSES
from tests.benchmarks.engines import hand_over, memory_mb
from tests.benchmarks.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from services.publish import Outgoing
    from tests.benchmarks.engines import Bench

__all__ = ["Place", "appended", "at_a_rate", "measured", "steadily", "watch"]

Place = tuple[str, int, int]
"""A topic, a partition, an offset."""

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
    watcher = Thread(target=watch, args=(bench, seen, over))
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
    return sorted(
        seen[bisect_left(positions, position)][1] - sent[place]
        for place, position in appended(bench)
        if place in sent and bisect_left(positions, position) < len(seen)
    )


def watch(bench: Bench, seen: list[tuple[int, float]], over: Event, every_s: float = 0.005) -> None:
    """Note each position that `counts` has come to, and when it was seen, until it is over."""
    with psycopg.connect(bench.settings.database, autocommit=True) as connection:
        while not over.wait(every_s):
            row = connection.execute("SELECT position FROM counts.position").fetchone()
            assert row is not None
            if not seen or row[0] > seen[-1][0]:
                seen.append((row[0], time.monotonic()))


async def at_a_rate(bench: Bench, messages: Iterable[Outgoing], a_second: int) -> dict[Place, float]:
    """Hand them over one after the other, so many a second; when each was, by where it went."""
    sent: dict[Place, float] = {}
    await steadily(bench, messages, a_second, sent.__setitem__)
    return sent


async def steadily(
    bench: Bench, messages: Iterable[Outgoing], a_second: int, note: Callable[[Place, float], None], linger_ms: int = 2
) -> None:
    """Hand them over one after the other, so many a second, for as long as there are any; nothing is kept.

    `note` is told where each went and when it was handed over, once Kafka has it.
    """
    producer = bench.wire.producer(linger_ms=linger_ms)
    waiting: set[asyncio.Future[Any]] = set()

    def told(at: float, future: asyncio.Future[Any]) -> None:
        if not future.cancelled() and future.exception() is None:
            waiting.discard(future)
            one = future.result()
            note((one.topic, one.partition, one.offset), at)

    await producer.start()
    try:
        began = time.monotonic()
        for number, message in enumerate(messages):
            await asyncio.sleep(max(0.0, began + number / a_second - time.monotonic()))
            handed = time.monotonic()
            future = await hand_over(producer, message)
            waiting.add(future)
            future.add_done_callback(partial(told, handed))
        await asyncio.gather(*waiting)
    finally:
        await producer.stop()


def appended(bench: Bench, after: int = 0, upto: int = sys.maxsize) -> list[tuple[Place, int]]:
    """Where each fact of the log came from, and its position, of those behind one position and up to another."""
    rows = bench.looking.execute(
        "SELECT k->>'topic', (k->>'partition')::int, (k->>'offset')::bigint, position FROM "
        "(SELECT convert_from(state, 'utf8')::jsonb->'kafka' AS k, notification_id AS position FROM log.entry "
        "WHERE notification_id > %s AND notification_id <= %s) AS e",
        [after, upto],
    ).fetchall()
    return [((topic, partition, offset), position) for topic, partition, offset, position in rows]
