"""The load of a soak: facts through Kafka at a rate, repeats and broken ones among them, and questions beside them."""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import cycle, takewhile
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

import httpx

from tests.benchmarks.api import outgoing
from tests.benchmarks.latency import steadily, watch

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from services.publish import Outgoing
    from services.scenario.messages import Message
    from tests.benchmarks.city import City
    from tests.benchmarks.drawn import Drawn
    from tests.benchmarks.engines import Bench
    from tests.benchmarks.vegeta import Asked
    from tests.soak.taken import Looking

__all__ = ["asking", "publishing", "questions"]

_REPEATED, _BROKEN = 100, 250
"""One message in so many is sent twice, or its NIK has lost a digit."""

_DIFFERENT: Final = 300

_LINGER_MS: Final = 5
"""What a publisher with Kafka's own default (`linger.ms`, since 4.0) gathers before it sends."""

_SEEN_EVERY_S: Final = 0.02
"""How exactly a moment of visibility is known: whoever asks takes from the processor that is measured."""


@contextmanager
def publishing(bench: Bench, city: City, a_second: int, into: Looking, told: Counter[str]) -> Iterator[None]:
    """Publish until the end of the block, and watch what becomes visible; `told` counts by the outcome that is due."""
    today = datetime.now(UTC).date()
    said = city.said(date(today.year - 1, 1, 1), today - timedelta(1))

    def publish(over: Event) -> None:
        messages = _mixed(takewhile(lambda _: not over.is_set(), said), told)
        asyncio.run(steadily(bench, messages, a_second, into.sent.__setitem__, _LINGER_MS))

    with _beside(partial(watch, bench, into.seen, every_s=_SEEN_EVERY_S)), _beside(publish):
        yield


@contextmanager
def _beside(work: Callable[[Event], None]) -> Iterator[None]:
    """Work in a thread until the block ends; what went wrong in it is raised here."""
    over = Event()
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work(over)
        except BaseException as error:  # noqa: BLE001 - it is raised in the thread that waits
            failed.append(error)

    thread = Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if failed:
        raise failed[0]


def _mixed(said: Iterator[Message], told: Counter[str]) -> Iterator[Outgoing]:
    for number, message in enumerate(said, 1):
        if number % _BROKEN == 0:
            told["quarantined"] += 1
            yield outgoing(_broken(message))
            continue
        told["appended"] += 1
        yield outgoing(message)
        if number % _REPEATED == 1:
            told["duplicate"] += 1
            yield outgoing(message)


def _broken(message: Message) -> Message:
    assert message.value is not None
    broken = message.value.replace(b'"nik":"5371', b'"nik":"537')
    assert broken != message.value
    return message._replace(value=broken)


def questions(drawn: Drawn) -> dict[str, Sequence[Asked]]:
    """What is asked, by its kind: counts, counts of a past day as known then, a page of a list."""
    return {
        "counts": drawn.counts(_DIFFERENT),
        "counts of a past day": drawn.as_of(_DIFFERENT),
        "a page of a list": drawn.pages(_DIFFERENT),
    }


@contextmanager
def asking(questions: Mapping[str, Sequence[Asked]], into: Looking) -> Iterator[None]:
    """Ask one question of each kind a second, over one connection, until the end of the block."""
    with _beside(partial(_ask, questions, into)):
        yield


def _ask(kinds: Mapping[str, Sequence[Asked]], into: Looking, over: Event) -> None:
    turns = {name: cycle(some) for name, some in kinds.items()}
    with httpx.Client(timeout=60) as client:
        while not over.wait(1):
            for name, some in turns.items():
                one = next(some)
                began = time.monotonic()
                try:
                    answer = client.get(one.url, headers=dict(one.headers))
                except httpx.TransportError as error:
                    into.refused[f"{name}: {type(error).__name__}"] += 1
                    continue
                into.answers[name].append(1000 * (time.monotonic() - began))
                if answer.status_code != 200:
                    into.refused[f"{name}: {answer.status_code}"] += 1
