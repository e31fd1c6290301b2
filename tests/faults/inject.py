"""How each fault is brought about and ended again. A plan is followed in the order of time, by one thread."""

from __future__ import annotations

import asyncio
import heapq
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Final

from aiokafka.errors import KafkaError

from tests.faults.in_bulk import IN_BULK
from tests.faults.stage import PARTITIONS, faketime
from tests.kafka import topics
from tests.kafka.apache import START_WITHIN_S

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.faults.plan import Fault
    from tests.faults.stage import Slot, Stage
    from tests.kafka.proxy import Proxy

__all__ = ["Injector"]

DELAY_S: Final = 0.05
LATER_S: Final = 0.3
COMMITS: Final = 2
INTAKE: Final = "rekam_intake"


class Later(Exception):  # noqa: N818 - what it says
    """It cannot be done at this moment, for another fault is in its way."""


class LeftOut(Exception):  # noqa: N818
    """It cannot be done on this machine, or nobody was there to do it to."""


@dataclass
class Injector:
    """Follows a plan. `done` and `left_out` count faults by kind; `failures` are what a fault has shown to be wrong."""

    stage: Stage
    folder: Path
    done: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    why_left_out: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    made_again: list[tuple[str, float]] = field(default_factory=list)
    _agenda: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _kafka_starts: bool = False
    _number: count[int] = field(default_factory=count)
    _rebuilds: list[tuple[str, subprocess.Popen[bytes]]] = field(default_factory=list)

    def follow(self, faults: Sequence[Fault]) -> None:
        """Take on a plan, which begins now."""
        now = time.monotonic()
        for fault in faults:
            self._at(now + fault.at_s, partial(self._begin, fault))

    @property
    def busy(self) -> bool:
        """Whether anything is still to be begun or to be ended."""
        return bool(self._agenda or self._rebuilds)

    def step(self) -> None:
        """Do the next that is due; to be called often. One at a time: who calls has to look after the others too."""
        if self._agenda and self._agenda[0][0] <= time.monotonic():
            _, _, act = heapq.heappop(self._agenda)
            try:
                act()
            except Later:
                self._at(time.monotonic() + LATER_S, act)
        for view, child in self._rebuilds.copy():
            if child.poll() is not None:
                self._rebuilds.remove((view, child))
                self._look_at_rebuild(view, child.returncode)

    def end(self) -> None:
        for _, child in self._rebuilds:
            child.kill()
            child.wait()

    def _at(self, moment: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (moment, next(self._number), act))

    def _begin(self, fault: Fault) -> None:
        try:
            ending = _BEGIN[fault.kind](self, fault.target)
        except LeftOut as why:
            self.left_out[fault.kind] += 1
            self.why_left_out[fault.kind] = str(why)
            return
        self.done[fault.kind] += 1
        if ending is not None:
            self._at(time.monotonic() + fault.lasts_s, ending)

    # ------------------------------------------------------------------ our processes

    def kill(self, name: str) -> Callable[[], None]:
        return self._gone(name, signal.SIGKILL)

    def _gone(self, name: str, how: signal.Signals) -> Callable[[], None]:
        """End it, also where it is stopped; what is given lets it be started again."""
        slot = self.stage.slots[name]
        slot.wanted = False
        slot.signal(signal.SIGCONT)
        if not slot.signal(how):
            slot.wanted = True
            raise LeftOut(f"{name} did not run at that moment")
        return partial(setattr, slot, "wanted", True)

    def stop(self, name: str) -> Callable[[], None]:
        slot = self.stage.slots[name]
        if not slot.signal(signal.SIGSTOP):
            raise LeftOut(f"{name} did not run at that moment")
        return partial(self._go_on, slot)

    @staticmethod
    def _go_on(slot: Slot) -> None:
        slot.signal(signal.SIGCONT)

    def intake_more(self, name: str) -> Callable[[], None]:
        if name in self.stage.slots:
            raise Later
        self.stage.add(name)
        return partial(self.stage.remove, name, signal.SIGTERM)

    def intake_less(self, name: str) -> Callable[[], None]:
        return self._gone(name, signal.SIGTERM)

    def twice(self, view: str) -> Callable[[], None]:
        name = f"{view}-second"
        if name in self.stage.slots:
            raise Later
        self.stage.add(name)
        return partial(self.stage.remove, name, signal.SIGKILL)

    def clock_back(self, _: str) -> Callable[[], None]:
        if faketime() is None:
            raise LeftOut("libfaketime is not installed")
        self.stage.clock.write_text("-1h\n")
        return partial(self.stage.clock.write_text, "+0\n")  # type: ignore[return-value]

    # ------------------------------------------------------------------ engines

    def kill_kafka(self, _: str) -> Callable[[], None]:
        if not self._kafka_runs():
            raise Later
        self.stage.kafka.kill()
        return self._start_kafka

    def _start_kafka(self) -> None:
        """Not waited for: it takes seconds, in which all else would stand still."""
        self.stage.kafka.begin()
        self._kafka_starts = True
        self._at(time.monotonic(), partial(self._see_kafka_up, time.monotonic() + START_WITHIN_S))

    def _see_kafka_up(self, deadline: float) -> None:
        if self._kafka_ended() or time.monotonic() > deadline:
            self.failures.append(f"Kafka did not come up: {self.stage.kafka.said()}")
        elif not self.stage.kafka.answers():
            raise Later
        self._kafka_starts = False

    def kill_postgres(self, _: str) -> Callable[[], None]:
        postgres = self.stage.postgres
        if postgres.child is None or postgres.ended() or self.stage.disk.is_full:
            raise Later
        postgres.child.kill()
        postgres.child.wait()
        postgres.child = None  # so that `keep` does not start it before its time
        return postgres.start

    def full_disk(self, _: str) -> Callable[[], None]:
        disk = self.stage.disk
        if disk.why_not:
            raise LeftOut(f"no disk of a size can be mounted here: {disk.why_not}")
        if disk.is_full or self.stage.postgres.child is None:
            raise Later
        disk.fill()
        return disk.empty

    # ------------------------------------------------------------------ the wires to them

    def cut(self, engine: str) -> None:
        self._wire(engine).cut()

    def delay(self, engine: str) -> Callable[[], None]:
        wire = self._wire(engine)
        wire.delay_s = DELAY_S
        return partial(setattr, wire, "delay_s", 0.0)

    def half_open(self, target: str) -> Callable[[], None]:
        engine, _, gone = target.partition(": ")
        wire = self._wire(engine)
        wire.half_open("client" if gone.startswith("client") else "server")
        return wire.close_halves

    def lost_commit(self, _: str) -> Callable[[], None]:
        """Of intake, whose commits matter most, and every other time of whoever comes first."""
        wire = self.stage.before_postgres
        wire.swallow(COMMITS, of="" if self.done["lost_commit"] % 2 else INTAKE)
        return partial(wire.swallow, 0)

    def _wire(self, engine: str) -> Proxy:
        return self.stage.before_kafka if engine == "kafka" else self.stage.before_postgres

    # ------------------------------------------------------------------ topics and views

    def topic_again(self, topic: str) -> None:
        if not self._kafka_runs():
            raise Later
        partitions = 1 if topic in topics.ALL[6:] else PARTITIONS
        began = time.time()
        try:
            asyncio.run(topics.make_again(self.stage.kafka.address, [topic], partitions))
        except (KafkaError, TimeoutError):
            raise Later from None
        finally:
            ended = time.time()
            with (self.folder / "topics.jsonl").open("a") as file:
                file.write(json.dumps({"topic": topic, "from": began, "until": ended}) + "\n")
            self.made_again.append((topic, ended))

    def rebuild(self, view: str) -> None:
        with (self.folder / f"rebuild-{view}.log").open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.in_bulk", view],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.stage.environ(),
            )
        self._rebuilds.append((view, child))

    def _look_at_rebuild(self, view: str, code: int) -> None:
        """3 is an engine that went away; 1 that the view was another than its rebuild, or could not be compared."""
        self.done[f"rebuild ended with {code}"] += 1
        said = (self.folder / f"rebuild-{view}.log").read_text()
        if in_bulk := said.count(IN_BULK):
            self.done[f"rebuilds of {view} in bulk"] = in_bulk
        if code not in (0, 3):
            self.failures.append(f"rekam rebuild {view} ended with {code}: {said[-1500:]}")

    def _kafka_ended(self) -> bool:
        child = self.stage.kafka.child
        return child is None or child.poll() is not None

    def _kafka_runs(self) -> bool:
        return not self._kafka_starts and not self._kafka_ended()


_BEGIN: Final = {
    name: getattr(Injector, name)
    for name in (
        "kill", "stop", "intake_more", "intake_less", "twice", "clock_back", "kill_kafka", "kill_postgres", "full_disk",
        "cut", "delay", "half_open", "lost_commit", "topic_again", "rebuild",
    )
}  # fmt: skip
