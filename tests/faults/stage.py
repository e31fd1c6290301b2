"""The stage: both engines behind proxies, PostgreSQL on a disk of its own, and our processes, which are kept running.

Everything is started from the thread that makes it, which must stay (see `services.child.start`), and nothing runs by
itself: `keep` is to be called some ten times a second.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psycopg

from events.errors import Unreachable
from services import child, processes
from services.postgres import Postgres
from services.private import give_back, port_for
from services.settings import from_environ
from tests.benchmarks.api import made_user
from tests.faults.disk import Disk
from tests.faults.plan import PROCESSES
from tests.kafka import topics
from tests.kafka.apache import ApacheKafka
from tests.kafka.proxy import DatabaseProxy, Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PARTITIONS", "Slot", "Stage", "clock_environ", "faketime", "on_stage"]

HERE: Final = Path(__file__).resolve().parent
PARTITIONS: Final = 4
# Safe against kill -9 of the server, which leaves what it has written to the kernel; the machine itself stays up here.
POSTGRES: Final = {"fsync": "off", "max_connections": "100"}
FAKETIME: Final = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib64/faketime/libfaketimeMT.so.1")
GOOD_ENDS: Final = {0, 3}
"""Told to, or an engine cannot be reached: whoever looks after the processes starts it again."""


@dataclass
class Slot:
    """One of our processes, which is started again whenever it has ended, as long as it is wanted."""

    name: str
    wanted: bool = True
    child: child.Child | None = None
    log: Path = Path()
    not_before: float = 0.0

    @property
    def process(self) -> str:
        return self.name.partition("-")[0]

    def runs(self) -> bool:
        return self.child is not None and self.child.poll() is None

    def signal(self, number: signal.Signals) -> bool:
        """Whether there was a process to send it to."""
        if self.child is None or self.child.poll() is not None:
            return False
        self.child.send_signal(number)
        return True


@dataclass
class Stage:
    """Where everything is. `ended` counts the processes that ended without being told to, by name and exit code."""

    folder: Path
    disk: Disk
    postgres: Postgres
    kafka: ApacheKafka
    before_postgres: DatabaseProxy
    before_kafka: Proxy
    api: str
    token: str = field(default="", repr=False)
    slots: dict[str, Slot] = field(default_factory=dict)
    ended: Counter[str] = field(default_factory=Counter)
    last_words: list[str] = field(default_factory=list)

    # ------------------------------------------------------------------ addresses

    @property
    def clock(self) -> Path:
        """What libfaketime reads: `+0`, or by how much the clock of our processes differs."""
        return self.folder / "clock"

    def environ(self) -> dict[str, str]:
        """For our own programs: both engines through their proxies, and a clock that can be set."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith("REKAM_")}
        given = {
            "REKAM_KAFKA": self.kafka.address,
            "REKAM_DATABASE": self.before_postgres.address,
            "REKAM_DATA": str(self.folder),
            "REKAM_API": self.api,
        }
        return {**ours, **given, **clock_environ(self.clock)}

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask PostgreSQL, not through its proxy. psycopg's OperationalError where it is away."""
        with psycopg.connect(self.postgres.address, connect_timeout=5) as connection:
            return connection.execute(query.encode()).fetchall()

    # ------------------------------------------------------------------ processes

    def add(self, name: str) -> Slot:
        self.slots[name] = Slot(name)
        self._start(self.slots[name])
        return self.slots[name]

    def remove(self, name: str, how: signal.Signals) -> None:
        """End one for good."""
        slot = self.slots.pop(name, None)
        if slot is not None and slot.child is not None:
            slot.signal(signal.SIGCONT)
            slot.signal(how)
            child.end(slot.child, how, patience_s=20)

    def keep(self) -> None:
        """Start again what has ended: our processes, and an engine that has fallen over while the disk was full."""
        if self.postgres.ended() and not self.disk.is_full:
            with suppress(Unreachable):
                self.postgres.start()
        for slot in self.slots.values():
            if slot.child is not None and not slot.runs():
                self._note_end(slot)
            if slot.wanted and slot.child is None and time.monotonic() >= slot.not_before:
                self._start(slot)

    def _start(self, slot: Slot) -> None:
        slot.log = self.folder / f"{slot.name}.log"
        slot.child = child.start(
            [sys.executable, "-m", "services", "run", slot.process], log=slot.log, environ=self.environ()
        )
        slot.not_before = time.monotonic() + 1.0

    def _note_end(self, slot: Slot) -> None:
        assert slot.child is not None
        code = slot.child.returncode
        slot.child = None
        # told to end before it listens to that, a process ends by the signal itself
        if code == -signal.SIGKILL or (code in (0, -signal.SIGTERM) and not slot.wanted):
            return
        self.ended[f"{slot.process} exit {code}"] += 1
        if code not in GOOD_ENDS:
            self.last_words.append(f"{slot.name} ended with {code}: {slot.log.read_text()[-1500:]}")

    def end(self) -> None:
        for slot in self.slots.values():
            slot.signal(signal.SIGKILL)
            if slot.child is not None:
                slot.child.wait()


def faketime() -> Path | None:
    """The library by which a process sees another time; None where it is not installed."""
    found = (path for pattern in FAKETIME for path in sorted(Path("/").glob(pattern.removeprefix("/"))))
    return next(found, None)


def clock_environ(clock: Path) -> dict[str, str]:
    """What a program must be started with, so that its clock differs by what that file says; its waits do not."""
    library = faketime()
    if library is None:
        return {"PYTHONPATH": str(HERE.parents[1])}
    return {
        "PYTHONPATH": os.pathsep.join(map(str, (HERE / "waiting", HERE.parents[1]))),
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # else who waits for a condition does not wait: see test_real.py
        "NO_FAKE_STAT": "1",
    }


@contextmanager
def on_stage(folder: Path) -> Iterator[Stage]:
    """Engines up, tables, keys and topics made, all our processes started; at the end all of it down."""
    with ExitStack() as opened:
        disk = opened.enter_context(Disk.mounted(folder / "disk"))
        postgres = Postgres(disk.folder, POSTGRES, wish=None)
        opened.callback(postgres.stop)
        postgres.start()
        (folder / "kafka").mkdir()
        kafka = ApacheKafka(folder / "kafka")
        before_kafka = Proxy(("127.0.0.1", kafka.port))
        kafka.advertised = before_kafka.port
        opened.callback(before_kafka.close)
        opened.callback(kafka.stop)
        kafka.start()
        before_postgres = DatabaseProxy(postgres.address)
        opened.callback(before_postgres.close)
        port = port_for(folder / "api.port")
        opened.callback(give_back, port)
        stage = Stage(folder, disk, postgres, kafka, before_postgres, before_kafka, f"127.0.0.1:{port}")
        stage.clock.write_text("+0\n")
        processes.prepare(postgres.address)
        settings = from_environ({"REKAM_DATA": str(folder)})
        processes.unlock(settings, postgres.address)
        # with the clock an hour back, one that was issued only now would be of the future
        stage.token = made_user(settings, postgres.address, datetime.now(UTC) - timedelta(hours=2))
        asyncio.run(topics.make_again(kafka.address, topics.ALL[:6], PARTITIONS))
        asyncio.run(topics.make_again(kafka.address, topics.ALL[6:], 1))
        opened.callback(stage.end)
        for name in PROCESSES:
            stage.add(name)
        yield stage
