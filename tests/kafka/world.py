"""A register of a test's own: a database, the nine topics made anew on a real Kafka, and Rekam's processes on both.

A process runs in a thread of the test, which is quick, or as a program of its own, which can be killed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from services import child, processes
from services.embedded import find
from services.settings import Settings, from_environ
from services.wire import Wire
from tests.kafka import topics
from tests.kafka.messages import Sent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
    from pathlib import Path

    from tests.kafka.messages import Message

RUN = ("-m", "services", "run")

__all__ = ["Program", "World", "eventually", "holds_for"]


def eventually(check: Callable[[], object], *, within_s: float = 30.0) -> None:
    """Try the check until it neither raises AssertionError nor gives False; its last word when time is up."""
    deadline = time.monotonic() + within_s
    while True:
        _all_live()
        try:
            if check() is not False:
                return
            said = AssertionError(f"not within {within_s} s")
        except (AssertionError, psycopg.OperationalError) as error:
            said = AssertionError(f"not within {within_s} s: {error}")
        if time.monotonic() > deadline:
            raise said
        time.sleep(0.05)


def holds_for(check: Callable[[], object], *, during_s: float) -> None:
    """Where the point is that nothing happens: the check is true again and again for that long."""
    deadline = time.monotonic() + during_s
    while time.monotonic() < deadline:
        assert check() is not False
        time.sleep(0.05)


@dataclass
class Program:
    """`python -m services run NAME`, which the test may kill."""

    name: str
    child: child.Child
    log: Path
    told: bool = False

    def must_live(self) -> None:
        if not self.told and not self.runs():
            pytest.fail(f"{self.name} ended by itself with {self.child.returncode}: {self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        self.told = True
        self.child.kill()
        self.child.wait()

    def stop(self) -> int:
        """End it in order; its exit code."""
        self.told = True
        child.end(self.child, signal.SIGTERM, patience_s=20)
        return self.child.returncode

    def runs(self) -> bool:
        return self.child.poll() is None


@dataclass
class World:
    """Where everything is, what was sent, and how often each topic was made again."""

    kafka: str
    database: str
    folder: Path
    environ: dict[str, str] = field(default_factory=dict)
    lives: dict[str, int] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)

    def settings(self) -> Settings:
        ours = {"REKAM_KAFKA": self.kafka, "REKAM_DATABASE": self.database, "REKAM_DATA": str(self.folder)}
        return from_environ({**ours, **self.environ})

    def wire(self) -> Wire:
        return Wire(self.settings(), find(self.settings()))

    # ------------------------------------------------------------------ Kafka

    def send(self, *messages: Message, partition: int = 0, compressed: str | None = None) -> list[Sent]:
        """Send in this order to that partition; where each message then stood, which is also remembered."""
        return self.remember(messages, asyncio.run(topics.send(self.kafka, messages, partition, compressed)), partition)

    def remember(self, messages: Sequence[Message], places: Sequence[int], partition: int = 0) -> list[Sent]:
        """Note where messages went that were sent in another way."""
        sent = [
            Sent(m.topic, self.lives.get(m.topic, 1), partition, offset, m.source, m.id)
            for m, offset in zip(messages, places, strict=True)
        ]
        self.sent += sent
        return sent

    def send_in_transaction(self, *messages: Message, commit: bool) -> None:
        """Send in one transaction to partition 0; its marker takes the next offset. Aborted ones are not remembered."""
        places = asyncio.run(topics.send_in_transaction(self.kafka, messages, commit=commit))
        if commit:
            self.sent += [
                Sent(m.topic, self.lives.get(m.topic, 1), 0, offset, m.source, m.id)
                for m, offset in zip(messages, places, strict=True)
            ]

    def make_again(self, *names: str, partitions: int = 1) -> None:
        """Delete the topics and make them under the same names; what comes to them now is of another incarnation."""
        asyncio.run(topics.make_again(self.kafka, names, partitions))
        for name in names:
            self.lives[name] = self.lives.get(name, 1) + 1

    def on_topic(self, name: str) -> list[Any]:
        """Every record on the first partition of a topic."""
        return asyncio.run(topics.read_all(self.kafka, name))

    # ------------------------------------------------------------------ PostgreSQL

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database) as connection:
            return connection.execute(query.encode(), values or None).fetchall()

    def one(self, query: str, *values: object) -> Any:
        (row,) = self.rows(query, *values)
        return row[0] if len(row) == 1 else row

    def size(self) -> int:
        return int(self.one("SELECT size FROM log.head"))

    def outcomes(self, topic: str | None = None) -> dict[str, int]:
        """How many offsets came to which outcome, over all incarnations."""
        where = "WHERE topic = %s" if topic else "WHERE %s::text IS NULL"
        query = f"SELECT outcome, sum(last - first + 1)::int FROM intake.accounted {where} GROUP BY outcome"
        return dict(self.rows(query, topic))

    def accounted(self) -> int:
        return sum(self.outcomes().values())

    def takes(self, *sent: Sent, within_s: float = 30.0) -> None:
        """Wait until each of them is accounted for."""
        eventually(lambda: not self.untold(sent or self.sent), within_s=within_s)

    def untold(self, sent: Sequence[Sent]) -> list[Sent]:
        ends = {row[:3]: row[3] for row in self.rows("SELECT topic, incarnation, partition, next FROM intake.cursor")}
        return [one for one in sent if ends.get(one[:3], 0) <= one.offset]

    # ------------------------------------------------------------------ processes

    def prepare(self) -> None:
        """What every process does first; done once, so that two may start at once."""
        processes.prepare(self.database)
        processes.unlock(self.settings(), self.database)

    @contextmanager
    def running(self, *names: str) -> Iterator[None]:
        """Run the processes in threads; what one of them dies of is raised at the end."""
        started = [InThread(lambda name=name: processes._process(self.settings(), self.wire(), name)) for name in names]  # type: ignore[misc]
        try:
            yield
        finally:
            failures = [failure for one in started if (failure := one.stop()) is not None]
        for failure in failures:
            raise failure

    def start(self, name: str, **environ: str) -> Program:
        """Start a process as a program of its own; ended by the fixture at the latest."""
        settings = {"REKAM_KAFKA": self.kafka, "REKAM_DATABASE": self.database, "REKAM_DATA": str(self.folder)}
        log = self.folder / f"{name}-{len(_PROGRAMS)}.log"
        ours = {n: value for n, value in os.environ.items() if not n.startswith("REKAM_")}
        command = [sys.executable, *RUN, name]
        program = Program(
            name, child.start(command, log=log, environ={**ours, **settings, **self.environ, **environ}), log
        )
        _PROGRAMS.append(program)
        return program

    def forget(self, *groups: str) -> None:
        """Do at once what Kafka does when a killed member's session has run out: it is no member any more."""
        asyncio.run(topics.forget_members(self.kafka, groups or topics.GROUPS))


_PROGRAMS: list[Program] = []
_THREADS: list[InThread] = []


def _all_live() -> None:
    """What a test waits for will not come from a process that has ended."""
    for program in _PROGRAMS:
        program.must_live()
    for thread in _THREADS:
        thread.must_live()


def end_programs(programs: Collection[Program] = ()) -> None:
    """End what a test has started and left running."""
    for program in programs or tuple(_PROGRAMS):
        with suppress(ProcessLookupError):
            program.kill()
    _PROGRAMS.clear()


class InThread:
    """A coroutine in an event loop of its own thread, until it is stopped."""

    def __init__(self, work: Callable[[], Awaitable[None]]) -> None:
        self._work = work
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[None] | None = None
        self._failure: BaseException | None = None
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()
        _THREADS.append(self)

    def must_live(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        async def all_of_it() -> None:
            await self._work()

        self._task = self._loop.create_task(all_of_it())
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass
        except BaseException as error:  # noqa: BLE001 - handed to the test
            self._failure = error
        finally:
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    def stop(self) -> BaseException | None:
        _THREADS.remove(self)
        while self._task is None and self._thread.is_alive():
            time.sleep(0.01)
        if self._task is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(30)
        assert not self._thread.is_alive(), "a process does not end when it is told to"
        return self._failure
