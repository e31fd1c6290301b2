"""Everything in one place: the engines that are ours to run, and every process of Rekam as a child.

A child that ends is started again, after a pause that grows to half a minute while it keeps ending. When the embedded
broker had to be started again, it has forgotten its topics, and whatever talks to it is started again as well.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from services import child, private
from services.embedded import Embedded
from services.processes import PROCESSES, prepare, standing_still, unlock
from services.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from services.embedded import Engines
    from services.settings import Settings

__all__ = ["Supervisor", "supervised"]

_LONGEST_PAUSE_S: Final = 30.0
_STEADY_S: Final = 60.0
_PATIENCE_S: Final = 8.0
"""For all of them together; who is killed then loses nothing, it only has to begin again."""
_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_log = structlog.get_logger("up")


@dataclass
class _Runner:
    """One process: its child, and when it may be started again."""

    name: str
    child: child.Child | None = None
    started: float = 0.0
    pause_s: float = 0.5
    not_before: float = 0.0


@dataclass
class Supervisor:
    """Runs the processes. `tick` is to be called about twice a second, from the thread that made it."""

    settings: Settings
    embedded: Embedded
    runners: list[_Runner] = field(default_factory=lambda: [_Runner(name) for name in PROCESSES])
    told: bool = False

    @property
    def engines(self) -> Engines:
        return self.embedded.engines

    def begin(self) -> None:
        """Make what the processes stand on, in database and broker, and start them."""
        prepare(self.engines.database)
        for why in standing_still(self.engines.database):
            _log.warning("a view stands still", why=why)
        unlock(self.settings, self.engines.database)
        self._make_topics()
        if not self.settings.api_given:
            port = private.port_for(self.settings.data / "api-port", self.settings.api_port)
            self.settings = replace(self.settings, api_port=port)
        for runner in self.runners:
            self._start(runner)

    @property
    def api(self) -> str:
        """Where the API listens."""
        host = f"[{self.settings.api_host}]" if ":" in self.settings.api_host else self.settings.api_host
        return f"{host}:{self.settings.api_port}"

    def tick(self) -> None:
        """Start again what has ended. KeyboardInterrupt once we are told to end ourselves."""
        if self.told:
            raise KeyboardInterrupt
        if self.embedded.ended():
            names = self.embedded.start_again()
            _log.warning("engine started again", engines=names)
            if "broker" in names:
                self._make_topics()
                for runner in self.runners:
                    if runner.name != "api":  # it does not talk to the broker
                        self._end(runner)
                        self._start(runner)
        for runner in self.runners:
            self._look_after(runner)

    def end(self) -> None:
        """End all children; they get a while to finish what they are at."""
        for runner in self.runners:
            if runner.child is not None and runner.child.poll() is None:
                runner.child.terminate()
        deadline = time.monotonic() + _PATIENCE_S
        for runner in self.runners:
            self._end(runner, max(0.1, deadline - time.monotonic()))

    def log_of(self, name: str) -> Path:
        return self.settings.data / f"{name}.log"

    def _look_after(self, runner: _Runner) -> None:
        now = time.monotonic()
        if runner.child is not None:
            code = runner.child.poll()
            if code is None:
                child.put_aside(self.log_of(runner.name))
                return
            if now - runner.started > _STEADY_S:
                runner.pause_s = 0.5
            runner.child, runner.not_before = None, now + runner.pause_s
            runner.pause_s = min(2 * runner.pause_s, _LONGEST_PAUSE_S)
            _log.warning("ended by itself", process=runner.name, code=code, log=str(self.log_of(runner.name)))
        if now >= runner.not_before:
            self._start(runner)

    def _start(self, runner: _Runner) -> None:
        command = [sys.executable, "-m", "services", "run", runner.name]
        environ = {**os.environ, **_paths(self.settings), "REKAM_API": self.api}
        environ.pop("REKAM_PULSE", None)  # one file would stand for all of them
        runner.child = child.start(command, log=self.log_of(runner.name), environ=environ)
        runner.started = time.monotonic()

    def _end(self, runner: _Runner, patience_s: float = _PATIENCE_S) -> None:
        if runner.child is not None:
            child.end(runner.child, patience_s=patience_s)
            runner.child = None

    def _make_topics(self) -> None:
        asyncio.run(Wire(self.settings, self.engines).make_topics())


def _paths(settings: Settings) -> dict[str, str]:
    """The settings that are files and folders, absolute: a child runs elsewhere than we do."""
    found = ((f"REKAM_{one.name.upper()}", getattr(settings, one.name)) for one in fields(settings))
    return {name: str(value) for name, value in found if isinstance(value, Path)}


@contextmanager
def supervised(settings: Settings, look: Callable[[Engines], None] = lambda _: None) -> Iterator[Supervisor]:
    """Engines up and processes started; at the end all of them down, in the right order.

    `look` is called in between, when the engines are up and nothing was made in them: what it raises ends them again.

    To be entered in the main thread. SIGTERM, and SIGHUP of a terminal that is closed, are taken for Ctrl-C: the first
    raises KeyboardInterrupt in the block, and `tick` raises it again, since one that is raised while the interpreter
    cleans up is lost. The others do nothing, and when all is down they do what they did before.
    """
    supervisor = Supervisor(settings, Embedded(settings))

    def tell(number: int, frame: FrameType | None) -> None:
        first, supervisor.told = not supervisor.told, True
        if first:
            signal.default_int_handler(number, frame)

    with ExitStack() as opened:
        before = {number: signal.getsignal(number) for number in _ENDING}
        heard = [number for number in _ENDING if before[number] is not signal.SIG_IGN]  # as by nohup
        for number in heard:
            opened.callback(signal.signal, number, before[number])
            signal.signal(number, tell)
        private.make_folder(settings.data)
        opened.enter_context(supervisor.embedded)
        opened.callback(supervisor.end)
        for number in heard:
            opened.callback(signal.signal, number, signal.SIG_IGN)  # being told once is enough
        look(supervisor.engines)
        supervisor.begin()
        yield supervisor
