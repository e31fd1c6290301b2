"""What a fact costs, and a question takes, as one register grows: measured at each size, kept in `docs/growth.json`.

At each size the last 20,000 facts are the sample. Everything before goes through Kafka, intake, the views and the relay
at once, as fast as it goes; where that is more than a million facts, only the last 100,000 of them do, and before those
intake works alone, and then the views are made by `rekam rebuild`. Then all of them rest; the sample is put on Kafka,
and intake alone takes it in; each view follows it, one after the other, by the projector's own Follower, which at first
remembers nobody; the API, with every process up and nothing coming in, is asked one question after the other; and the
views are rebuilt, all three only where they have not just been.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from contextlib import ExitStack, redirect_stderr
from datetime import UTC, datetime
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import httpx

from services.memory import spare_garbage
from services.processes import VIEWS, unlock
from services.projector import Follower
from services.rebuilding import rebuild
from tests.benchmarks import growing
from tests.benchmarks.api import made_user, outgoing, served
from tests.benchmarks.drawn import Drawn
from tests.benchmarks.engines import Bench, memory_mb
from tests.benchmarks.figure import Figure, machine, timed
from tests.benchmarks.observed import postmaster, processor_s, server_s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from services.publish import Outgoing
    from services.settings import Settings
    from tests.benchmarks.vegeta import Asked

__all__ = ["KEPT", "SIZES", "keep", "measured"]

SIZES: Final = (100_000, 300_000, 1_000_000)
KEPT: Final = Path(__file__).resolve().parents[2] / "docs" / "growth.json"
SAMPLE: Final = 20_000
_ASKED: Final = 300
_AT_ONCE: Final = 20_000
IN_BULK: Final = 1_000_000
"""More facts than these are taken in by intake alone, all but the last."""
_THROUGH_ALL: Final = 100_000
_AHEAD: Final = 200_000
"""So far the publisher goes ahead of intake alone, lest it take its processor and intake finds all of it on disk."""

_WARM_S: Final = 20
"""The API looks ahead when it has started."""

_LONGEST_S: Final = 4 * 3_600.0
_BEHIND: Final = ("relay", *VIEWS)
_TABLES: Final = """
    SELECT relnamespace::regnamespace::text || '.' || relname, pg_total_relation_size(oid) FROM pg_class
    WHERE relkind = 'r' AND relnamespace::regnamespace::text = ANY(%s) ORDER BY 2 DESC
"""
_SCHEMAS: Final = ["log", "vault", "intake", "watch", *VIEWS]


class Spent(NamedTuple):
    """Seconds on the clock, and of the processor: of ours, and of all of PostgreSQL."""

    clock: float
    ours: float
    servers: float

    def a_fact(self, facts: int) -> dict[str, float]:
        """Facts a second, and microseconds of the processor a fact."""
        return {
            "a_second": round(facts / self.clock),
            "process_us": round(1e6 * self.ours / facts, 1),
            "postgres_us": round(1e6 * self.servers / facts, 1),
        }


class Grown(NamedTuple):
    """Facts a second; the most memory of each process that took part in all of it, in MB; seconds of a rebuild, if any.

    What has passed by only the last of many facts has not the memory that it would have.
    """

    a_second: int
    memory: dict[str, float]
    rebuilt: dict[str, float]


def measured(bench: Bench, sizes: Sequence[int] = SIZES) -> Iterator[Figure]:
    """Measure at each size, ascending; after each, everything so far is kept."""
    assert list(sizes) == sorted(set(sizes)), "the sizes ascend"
    assert sizes[0] > 2 * SAMPLE, f"the first size is more than {2 * SAMPLE:,}"
    messages = map(outgoing, growing.said())
    document: dict[str, Any] = {"machine": machine(), "day": f"{datetime.now(UTC):%Y-%m-%d}", "sizes": []}
    token = made_user(bench.settings, bench.settings.database)
    for facts in sizes:
        document["sizes"].append(found := _at(bench, facts, messages, token))
        keep(document)
        yield Figure(f"at {facts:,} facts", json.dumps({name: found[name] for name in found if name != "disk"}))


def keep(document: dict[str, Any]) -> None:
    """Write what was measured where the documents are drawn from."""
    KEPT.write_text(json.dumps(document, indent=1) + "\n")


def _at(bench: Bench, facts: int, messages: Iterator[Outgoing], token: str) -> dict[str, Any]:
    """Grow to that many facts, and everything that is measured there."""
    size, up_to = int(bench.one("SELECT size FROM log.head")), facts - SAMPLE
    in_bulk = facts - size > IN_BULK
    if in_bulk:
        grown = _grow_in_bulk(bench, messages, up_to - _THROUGH_ALL)
        _grow(bench, islice(messages, _THROUGH_ALL), up_to)
    else:
        grown = _grow(bench, islice(messages, up_to - size), up_to)
    print(f"grown to {up_to:,}: {grown}", flush=True)
    _settle(bench)
    found: dict[str, Any] = {"facts": facts, "grown_a_second": grown.a_second, "in_bulk": in_bulk, "load": {}}
    for name, measure in (
        ("intake", lambda: _intake(bench, list(islice(messages, SAMPLE)), facts)),
        ("views", lambda: _views(bench, facts)),
        ("disk", lambda: _disk(bench, facts)),
        ("questions", lambda: _asked(bench, token)),
        ("rebuild", lambda: grown.rebuilt | _rebuilt(bench.settings, all_three=not in_bulk)),
    ):
        found[name] = measure()
        found["load"][name] = round(os.getloadavg()[0], 1)
        print(f"{name}: {found[name]}", flush=True)
    answers, grown.memory["api"] = found.pop("questions")
    return {**found, **answers, "memory": {name: round(mb) for name, mb in grown.memory.items()}}


def _settle(bench: Bench) -> None:
    bench.looking.execute("VACUUM (ANALYZE)")
    bench.looking.execute("CHECKPOINT")


def _grow_in_bulk(bench: Bench, messages: Iterator[Outgoing], facts: int) -> Grown:
    """Have intake alone take them in, and make the views anew, with nothing to compare them with.

    What the relay has not passed on it leaves out, as if it had grown too old to be kept on its topic.
    """
    began, size = time.monotonic(), int(bench.one("SELECT size FROM log.head"))
    with bench.process("intake") as intake:
        for at in range(size, facts, _AT_ONCE):
            asyncio.run(bench.send(list(islice(messages, min(_AT_ONCE, facts - at)))))
            bench.until(f"SELECT size >= {at - _AHEAD} FROM log.head", _LONGEST_S)
        bench.until(f"SELECT size >= {facts} FROM log.head", _LONGEST_S)
        a_second = round((facts - size) / (time.monotonic() - began))
        memory = {"intake": memory_mb(intake.pid)}
    for view in VIEWS:
        bench.looking.execute(f"DROP SCHEMA {view} CASCADE".encode())
    bench.looking.execute("UPDATE intake.relayed SET last = (SELECT size FROM log.head) WHERE topic = 'rekam.log'")
    _settle(bench)
    took = _rebuild(bench.settings, list(VIEWS), accept=True)
    return Grown(a_second, memory, {"all_made_s": took["made"], "all_made_of": facts})


def _grow(bench: Bench, messages: Iterator[Outgoing], facts: int) -> Grown:
    """Take them in while views and relay follow."""
    began, size = time.monotonic(), int(bench.one("SELECT size FROM log.head"))
    with ExitStack() as opened:
        children = {name: opened.enter_context(bench.process(name)) for name in ("intake", *_BEHIND)}
        while some := list(islice(messages, _AT_ONCE)):
            asyncio.run(bench.send(some))
        bench.until(f"SELECT size >= {facts} FROM log.head", _LONGEST_S)
        for view in VIEWS:
            bench.until(f"SELECT position >= {facts} FROM {view}.position", _LONGEST_S)
        bench.until(f"SELECT last >= {facts} FROM intake.relayed WHERE topic = 'rekam.log'", _LONGEST_S)
        a_second = round((facts - size) / (time.monotonic() - began))
        return Grown(a_second, {name: memory_mb(one.pid) for name, one in children.items()}, {})


def _intake(bench: Bench, sample: Sequence[Outgoing], facts: int) -> dict[str, float]:
    """The sample is on Kafka before intake starts; measured from its first append to its last."""
    asyncio.run(bench.send(sample))
    server = postmaster(bench)
    began = bench.one("SELECT size FROM log.head")
    with bench.process("intake") as running:
        bench.until(f"SELECT size > {began} FROM log.head")
        first = bench.one("SELECT size FROM log.head")
        before = Spent(time.monotonic(), processor_s(running.pid), server_s(server))
        bench.until(f"SELECT size >= {facts} FROM log.head")
        after = Spent(time.monotonic(), processor_s(running.pid), server_s(server))
    assert bench.one("SELECT size FROM log.head") == facts, "every message of the sample is a fact"
    return _between(before, after).a_fact(facts - first)


def _views(bench: Bench, facts: int) -> dict[str, dict[str, float]]:
    """Each view from where it stands to the log's end, in this process, one after the other."""
    keys, server = unlock(bench.settings, bench.settings.database), postmaster(bench)
    found = {}
    spare_garbage()  # as in a projector's own process
    for view in VIEWS.values():
        follower = Follower(view, bench.settings.database, keys)
        try:
            stood = follower.check().position
            before = Spent(time.monotonic(), time.process_time(), server_s(server))
            while follower.advance(()):
                pass
            after = Spent(time.monotonic(), time.process_time(), server_s(server))
        finally:
            follower.close()
        found[view.name] = _between(before, after).a_fact(facts - stood)
    return found


def _between(before: Spent, after: Spent) -> Spent:
    return Spent(*(late - early for early, late in zip(before, after, strict=True)))


def _rebuilt(settings: Settings, *, all_three: bool) -> dict[str, float]:
    """Seconds of `rekam rebuild`, until it is made and as a whole, with its comparison; always of `counts` alone."""
    found: dict[str, float] = {}
    for name, views in (("all", list(VIEWS)), ("counts", ["counts"])):
        if all_three or name != "all":
            took = _rebuild(settings, views, accept=False)
            found |= {f"{name}_made_s": took["made"], f"{name}_s": took["whole"]}
    return found


def _rebuild(settings: Settings, names: list[str], *, accept: bool) -> dict[str, float]:
    """Seconds of one, by phase and as a whole; `made` is until its rows, indexes and blocks are there."""
    took: dict[str, float] = {}
    began = time.monotonic()
    with redirect_stderr(StringIO()):  # its progress bar
        told = rebuild(settings, names, accept=accept, seconds=took)
    assert all(view["swapped"] for view in told["views"]), told
    took |= {"whole": time.monotonic() - began, "made": took["load"] + took["indexes and blocks"]}
    return {name: round(seconds, 2) for name, seconds in took.items()}


def _disk(bench: Bench, facts: int) -> dict[str, float]:
    """Bytes on disk a fact by table, with its indexes; of those that hold anything."""
    rows = bench.looking.execute(_TABLES, [_SCHEMAS]).fetchall()
    return {table: round(size / facts, 1) for table, size in rows if size >= facts}


def _asked(bench: Bench, token: str) -> tuple[dict[str, dict[str, float]], float]:
    """Counts of past days as known then, and pages of lists, over one connection; and the API's most memory, in MB."""
    with served(bench) as (api, children), httpx.Client(timeout=60) as client:
        time.sleep(_WARM_S)
        drawn = Drawn(bench, api, token)
        found = {}
        for name, questions in (("as_of", drawn.as_of(_ASKED)), ("page", drawn.pages(_ASKED))):
            p50, p99 = timed(_next(client, iter(questions)), _ASKED)
            found[name] = {"p50_ms": round(p50, 1), "p99_ms": round(p99, 1)}
        return found, memory_mb(children["api"].pid)


def _next(client: httpx.Client, questions: Iterator[Asked]) -> Callable[[], None]:
    def ask() -> None:
        one = next(questions)
        client.get(one.url, headers=dict(one.headers)).raise_for_status()

    return ask
