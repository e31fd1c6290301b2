"""The API at a million real facts while 500 more a second come in: asked 100 times a second over 50 connections.

Everything runs on this one machine: the load tool, the publisher, Kafka, PostgreSQL and each of our processes.
"""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

import httpx

from events import database
from services.access import tokens, users
from services.access.passwords import Passwords
from services.access.roles import Role
from services.private import port_for
from services.processes import PROCESSES
from services.publish import Outgoing
from tests.benchmarks import vegeta
from tests.benchmarks.city import City
from tests.benchmarks.drawn import Drawn
from tests.benchmarks.figure import Figure
from tests.benchmarks.latency import at_a_rate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.child import Child
    from services.scenario.messages import Message
    from services.settings import Settings
    from tests.benchmarks.engines import Bench
    from tests.benchmarks.vegeta import Asked, Report

__all__ = ["ask", "made_user", "measured", "memory", "outgoing", "served"]

RATE, A_SECOND, DURING_S, LONG_S = 100, 500, 40, 180
_DIFFERENT: Final = 2_000
_PASSWORD: Final = "four words that nobody guesses"
_SIGN_INS: Final = 2_000
_WARM_S: Final = 20
"""The API looks ahead when it has started."""


def measured(bench: Bench) -> Iterator[Figure]:
    """Fill the city, start everything, and ask; the load of the machine stands beside each figure."""
    city = City()
    vegeta.vegeta()  # rather at once than when the city is filled
    took = city.fill(bench)
    print(f"{bench.one('SELECT size FROM log.head'):,} facts in {took:.0f} s", flush=True)
    token = made_user(bench.settings, bench.settings.database)
    with served(bench) as (api, children), facts_coming_in(bench, city):
        time.sleep(_WARM_S)
        for figure in ask(bench, api, children["api"].pid, token):
            yield replace(figure, measured=f"{figure.measured}; load {os.getloadavg()[0]:.1f}")


@contextmanager
def served(bench: Bench) -> Iterator[tuple[str, dict[str, Child]]]:
    """All processes up; where the API is, and each of them by name."""
    bench.environ["REKAM_API"] = f"127.0.0.1:{port_for(bench.settings.data / 'api.port')}"
    api = f"http://{bench.environ['REKAM_API']}"
    with ExitStack() as opened:
        children = {name: opened.enter_context(bench.process(name)) for name in PROCESSES}
        deadline = time.monotonic() + 60
        while not _ready(api):
            assert time.monotonic() < deadline, "the API does not get ready"
            time.sleep(0.1)
        yield api, children


def _ready(api: str) -> bool:
    try:
        return httpx.get(f"{api}/v1/health").status_code == 200
    except httpx.TransportError:
        return False


def made_user(settings: Settings, address: str, now: datetime | None = None) -> str:
    """A supervisor who signs in by password, and a token of theirs, issued now or then."""
    key, now = tokens.load_key(settings.keys), now or datetime.now(UTC)
    with database.connect(address, "rekam_access") as connection, connection.cursor() as cursor:
        caller = users.check("supervisor", Role.SUPERVISOR, ())
        user = users.add(cursor, caller, Passwords().hash(_PASSWORD))
        return tokens.issue(cursor, key, user, 2, now).token


@contextmanager
def facts_coming_in(bench: Bench, city: City) -> Iterator[None]:
    """500 a second through Kafka, until the end of the block."""
    over, today = Event(), datetime.now(UTC).date()
    said = city.said(date(today.year - 1, 1, 1), today - timedelta(1))
    messages = map(outgoing, takewhile(lambda _: not over.is_set(), said))
    publisher = Thread(target=lambda: asyncio.run(at_a_rate(bench, messages, A_SECOND)))
    publisher.start()
    try:
        time.sleep(3)
        yield
    finally:
        over.set()
        publisher.join()


def outgoing(message: Message) -> Outgoing:
    """What the scenario says, as it is handed to Kafka."""
    return Outgoing(message.topic, message.headers, message.value, f"{message.source}\0{message.id}")


# ------------------------------------------------------------------ what is asked


def ask(bench: Bench, api: str, pid: int, token: str) -> Iterator[Figure]:
    """Each kind of question alone, then all of them for minutes; a file; the first page; sign-ins."""
    drawn, folder = Drawn(bench, api, token), bench.settings.data
    began = memory(pid)
    yield _within("counts, today", 50, vegeta.attack(folder, drawn.counts(_DIFFERENT), RATE, DURING_S))
    yield _within(
        "counts of a past day, as known then", 100, vegeta.attack(folder, drawn.as_of(_DIFFERENT), RATE, DURING_S)
    )
    yield _within("a page of a list", 100, vegeta.attack(folder, drawn.pages(_DIFFERENT), RATE, DURING_S))
    before = memory(pid)
    mixed = drawn.mixed(_DIFFERENT)
    half, whole = [], []
    for _ in range(2):
        whole.append(vegeta.attack(folder, mixed, RATE, LONG_S // 2))
        half.append(memory(pid))
    yield _within(f"all of them, {LONG_S // 2} s", 100, whole[0])
    yield _within(f"all of them, {LONG_S // 2} s more", 100, whole[1])
    at = [f"{one:.0f}" for one in (began, before, *half)]
    yield Figure(
        "memory of the API: at first, after each alone, after half and all of the minutes", f"{', '.join(at)} MB"
    )
    yield from _exported(api, pid, token)
    yield from _first_page(api)
    yield from _signed_in(folder, api, drawn)


def _within(what: str, goal_ms: float, report: Report, asked: int = RATE) -> Figure:
    told = f"p50 {report.p50:.1f} ms, p99 {report.p99:.1f} ms, longest {report.longest:.0f} ms"
    rate = f"{report.a_second:.0f}/s answered, {report.errors} errors"
    good = report.p99 <= goal_ms and not report.errors
    return Figure(f"{what}, {asked}/s asked over 50 connections", f"{told}; {rate}", f"p99 ≤ {goal_ms:g} ms", good)


def memory(pid: int) -> float:
    """What the process has in memory, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("VmRSS"))) / 1024


def _exported(api: str, pid: int, token: str) -> Iterator[Figure]:
    """Everybody truly outstanding, twice: what it takes, and how much memory at most."""
    for written in ("csv", "xlsx"):
        asked = {"standing": "outstanding", "format": written, "purpose": "supervision"}
        before, most, began, first = memory(pid), 0.0, time.monotonic(), 0.0
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.stream("GET", f"{api}/v1/outstanding/export", params=asked, headers=headers, timeout=120) as answer:
            answer.raise_for_status()
            lines = 0
            for piece in answer.iter_raw():
                first = first or time.monotonic() - began
                lines += piece.count(b"\n")
                most = max(most, memory(pid))
        took = time.monotonic() - began
        said = f"first byte {first:.2f} s, all {took:.1f} s, memory {before:.0f} MB, at most {most:.0f} MB"
        rows = f" of {lines - 1:,} rows" if written == "csv" else ""
        yield Figure(f"an export as {written}{rows}, while facts come in", said, "≤ 0.5 s", first <= 0.5)


def _first_page(api: str) -> Iterator[Figure]:
    with httpx.Client(base_url=api, timeout=60) as client:
        told = client.post("/sign-in", data={"name": "supervisor", "password": _PASSWORD})
        assert told.status_code == 303, told.status_code
        for page in ("/", "/city", "/pace"):
            took = sorted(_first_byte(client, page) for _ in range(5))
            yield Figure.within(f"first byte of {page}, signed in, while facts come in", took[2], took[-1], 500)


def _first_byte(client: httpx.Client, page: str) -> float:
    began = time.perf_counter()
    with client.stream("GET", page) as answer:
        assert answer.status_code == 200, answer.status_code
        next(answer.iter_raw())
        return 1000 * (time.perf_counter() - began)


def _signed_in(folder: Path, api: str, drawn: Drawn) -> Iterator[Figure]:
    """Two thousand at once, each from an address of its own, one in a hundred with the right password."""
    meanwhile = vegeta.start(folder, drawn.counts(_DIFFERENT), 20, 20)
    time.sleep(2)
    stormed = vegeta.attack(folder, [_sign_in(api, number) for number in range(_SIGN_INS)], _SIGN_INS, 1, _SIGN_INS)
    counted = meanwhile.ended()
    said = ", ".join(f"{times:,} with {status}" for status, times in sorted(stormed.statuses.items()))
    yield Figure(f"{_SIGN_INS:,} sign-ins at once", f"{said}; longest {stormed.longest / 1000:.1f} s")
    yield _within("counts meanwhile", 1000, counted, 20)


def _sign_in(api: str, number: int) -> Asked:
    name = "supervisor" if number % 100 == 0 else f"nobody-{number}"
    body = str(httpx.QueryParams({"name": name, "password": _PASSWORD})).encode()
    address = f"10.0.{number // 250}.{number % 250 + 1}"
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": address}
    return vegeta.Asked(f"{api}/sign-in", headers, "POST", body)
