"""What a benchmark runs on: a real Apache Kafka, a PostgreSQL with its defaults, and processes of our own."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from services import child, scenario
from services.embedded import find
from services.postgres import Postgres
from services.processes import prepare, unlock
from services.publish import Outgoing
from services.settings import from_environ
from services.wire import Wire
from tests.kafka.apache import ApacheKafka

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aiokafka import AIOKafkaProducer

    from services.settings import Settings

__all__ = ["Bench", "hand_over", "memory_mb"]

LONGEST_S = 120.0


@dataclass
class Bench:
    """Both engines, up, with topics and tables made."""

    settings: Settings
    environ: dict[str, str]
    wire: Wire
    looking: psycopg.Connection[Any]
    running: list[tuple[str, child.Child]] = field(default_factory=list)

    @classmethod
    @contextmanager
    def up(cls) -> Iterator[Bench]:
        with ExitStack() as opened:
            folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
            (folder / "kafka").mkdir()
            kafka = ApacheKafka(folder / "kafka")
            kafka.start()
            opened.callback(kafka.stop)
            (folder / "data").mkdir(mode=0o700)
            postgres = Postgres(folder / "data", wish=None)
            postgres.start()
            opened.callback(postgres.stop)
            given = {
                "REKAM_KAFKA": kafka.address,
                "REKAM_DATABASE": postgres.address,
                "REKAM_DATA": str(folder / "data"),
            }
            settings = from_environ(given)
            wire = Wire(settings, find(settings))
            prepare(postgres.address)
            unlock(settings, postgres.address)
            asyncio.run(wire.make_topics())
            looking = opened.enter_context(psycopg.connect(postgres.address, autocommit=True))
            yield cls(settings, {**os.environ, **given}, wire, looking)

    @contextmanager
    def process(self, name: str) -> Iterator[child.Child]:
        """One of our processes, ended afterwards."""
        command = [sys.executable, "-m", "services", "run", name]
        running = child.start(command, log=self.settings.data / f"{name}.log", environ=self.environ)
        self.running.append((name, running))
        try:
            yield running
        finally:
            self.running.remove((name, running))
            child.end(running)

    def one(self, question: str) -> Any:
        row = self.looking.execute(question.encode()).fetchone()
        assert row is not None
        return row[0]

    def until(self, question: str, within_s: float = LONGEST_S) -> None:
        """Ask until the answer is true; end where it does not become so."""
        if not self.comes_true(question, within_s):
            sys.exit(f"not within {within_s:.0f} s: {question}; see {self.settings.data}")

    def comes_true(self, question: str, within_s: float) -> bool:
        """Ask until the answer is true; whether it became so. Whoever waits for a process that has ended, ends too."""
        deadline = time.monotonic() + within_s
        while not self.one(question):
            for name, one in self.running:
                if one.poll() is not None:
                    sys.exit(f"{name} has ended: {(self.settings.data / f'{name}.log').read_text()[-1000:]}")
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return True

    def messages(self, count: int) -> list[Outgoing]:
        """The first of the demo's."""
        told = islice(scenario.phase_one(2018, scenario.WHOLE), count)
        return [Outgoing(m.topic, m.headers, m.value, f"{m.source}\0{m.id}") for m in told]

    def states(self) -> list[bytes]:
        """What the log keeps, in its order."""
        rows = self.looking.execute("SELECT state FROM log.entry ORDER BY notification_id", binary=True)
        return [state for (state,) in rows]

    async def send(self, messages: Sequence[Outgoing]) -> None:
        """Put them on Kafka, and wait for Kafka alone."""
        producer: AIOKafkaProducer = self.wire.producer()
        await producer.start()
        try:
            sent = [
                await producer.send(m.topic, m.value, headers=m.headers, key=m.name.encode()[-16:]) for m in messages
            ]
            await asyncio.gather(*sent)
        finally:
            await producer.stop()


async def hand_over(producer: AIOKafkaProducer, message: Outgoing) -> asyncio.Future[Any]:
    """Give a message to the producer; where it went comes later."""
    key = message.name.encode()[-16:]
    future: asyncio.Future[Any] = await producer.send(message.topic, message.value, headers=message.headers, key=key)
    return future


def memory_mb(pid: int) -> float:
    """The most that the process ever had in memory."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("VmHWM"))) / 1024
