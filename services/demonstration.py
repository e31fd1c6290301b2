"""The demo: Kota Kupang 2018, made up, published through Kafka as a stranger would, and what the register says then.

In two phases: what was known on 23 November, and what became known later. The position between the two is noted before
the second begins, with the log's digest there; so a second run, in which every message is a duplicate, finds it again.
(It does not follow from the messages: some of the first phase wait for one of the second, and are appended after it.)
"""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import Future, wait
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import psycopg

from events import database, log
from events.errors import Unreachable
from projections import flows, position, reconciliation
from services import page, private, scenario, telling
from services.ask import asking
from services.note import Between, Note
from services.processes import VIEWS, spare_garbage
from services.publish import Outgoing, Progress, publish
from services.showing import upkeep
from services.supervisor import supervised
from services.talk import bars, say
from services.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from events.database import Session
    from services.settings import Settings
    from services.supervisor import Supervisor

__all__ = ["Choice", "demo", "stay"]

_T = TypeVar("_T")

THE_DAY: Final = date(2018, 11, 23)
AFTER_THE_SECOND: Final = date(2019, 3, 31)
_TICK_S: Final = 0.25
_PATIENCE_S: Final = 60.0
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """Which of the demo's registers: the whole city or a hundredth of it, and whose people."""

    quick: bool
    seed: int

    @property
    def scale(self) -> scenario.Scale:
        return scenario.QUICK if self.quick else scenario.WHOLE

    def messages(self, phase: Callable[[int, scenario.Scale], Iterator[scenario.Message]]) -> list[Outgoing]:
        return [
            Outgoing(message.topic, message.headers, message.value, f"{message.source}\0{message.id}")
            for message in phase(self.seed, self.scale)
        ]


class _Look(NamedTuple):
    """Where the log ends, and where the slowest view is."""

    head: int
    projected: int


@dataclass
class _Story:
    """What the demo is about to tell: the register it runs in, and how far it is."""

    supervisor: Supervisor
    choice: Choice
    note: Note
    bars: Bars
    reading: Session
    tasks: dict[str, TaskID] = field(default_factory=dict)
    before: int = 0

    def tell(self, first: Future[list[Outgoing]]) -> int:
        """Publish both phases; the position at the end of the first. The second is made up meanwhile."""
        for name in ("published", "appended", "projected"):
            self.tasks[name] = self.bars.add_task(name, total=None)
        messages = first.result()
        second = _beside(lambda: self.choice.messages(scenario.phase_two))
        second.add_done_callback(lambda told: self._of(len(messages) + len(told.result())))
        between = self._between(self._publish(messages))
        self._wait_for_views(self._publish(second.result()))
        return between

    def _of(self, total: int) -> None:
        self.bars.update(self.tasks["published"], total=total)

    def _between(self, end: int) -> int:
        """Give the position that was noted when the first phase ended; at its first end, note it."""
        with self.reading.transaction() as cursor:
            noted = self.note.between
            if noted is not None and noted.digest == _digest(cursor, noted.position):
                return noted.position
            self.note.keep(Between(end, _digest(cursor, end)))
        return end

    def _publish(self, messages: list[Outgoing]) -> int:
        """Publish a phase, and wait until intake has accounted for it; where the log ends then."""
        spare_garbage()
        for tries in range(_TRIES):
            try:
                self._publish_once(messages)
                break
            except Unreachable as why:  # an engine went away, and is up again
                if tries == _TRIES - 1:
                    raise
                say(f"once more: {why}")
        self.before += len(messages)
        return self._look().head

    def _publish_once(self, messages: list[Outgoing]) -> None:
        wire = Wire(self.supervisor.settings, self.supervisor.engines)
        progress = Progress(len(messages), report=self._report)
        publishing = _beside(lambda: asyncio.run(publish(wire, messages, progress)))
        while not publishing.done():  # children are started from this thread, which stays
            self.supervisor.tick()
            self._show()
            wait([publishing], _TICK_S)
        self.supervisor.tick()
        publishing.result()

    def _wait_for_views(self, end: int) -> None:
        since = time.monotonic()
        seen = -1
        while (least := self._show()) < end:
            if least != seen:
                seen, since = least, time.monotonic()
            elif time.monotonic() - since > _PATIENCE_S:
                where = self.supervisor.settings.data
                raise Unreachable(f"the views stand still at position {least} of {end}; see the logs in {where}")
            self.supervisor.tick()
            time.sleep(_TICK_S)

    def _show(self) -> int:
        """Show how far it is; how far the slowest view is, 0 while the database is being started again."""
        try:
            return self._look().projected
        except (Unreachable, psycopg.OperationalError):
            return 0

    def _report(self, progress: Progress) -> None:
        self.bars.update(self.tasks["published"], completed=self.before + progress.sent)

    def _look(self) -> _Look:
        with self.reading.transaction() as cursor:
            look = _Look(log.head(cursor).size, min(position.of(cursor, view) for view in VIEWS))
        self.bars.update(self.tasks["appended"], completed=look.head, total=max(look.head, 1))
        self.bars.update(self.tasks["projected"], completed=look.projected, total=max(look.head, 1))
        return look


def demo(settings: Settings, choice: Choice, *, leave: bool, as_json: bool) -> None:
    """Run everything, tell the story and print it; unless `leave` is set, everything stays up until Ctrl-C."""
    private.make_folder(settings.data)
    note = Note(settings.data / "demo.json")
    note.claim(choice.quick, choice.seed)
    first = _beside(lambda: choice.messages(scenario.phase_one))
    with supervised(settings) as supervisor:
        began = time.monotonic()
        with bars() as shown, closing(database.Session(supervisor.engines.database, "rekam_reader")) as reading:
            known_then = _Story(supervisor, choice, note, shown, reading).tell(first)
        _print(settings, known_then, as_json=as_json)
        say(f"{time.monotonic() - began:.0f} s from the engines up to this line")
        if not leave:
            upkeep.invite(supervisor.engines)
            stay(supervisor)


def stay(supervisor: Supervisor) -> None:
    """Look after everything until SIGINT, SIGTERM or SIGHUP."""
    with suppress(KeyboardInterrupt):
        while True:
            supervisor.tick()
            time.sleep(_TICK_S)


def _beside(work: Callable[[], _T]) -> Future[_T]:
    """Do it in a thread that does not hold up the end of the program."""
    done: Future[_T] = Future()

    def do() -> None:
        try:
            done.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
            done.set_exception(error)

    threading.Thread(target=do, daemon=True).start()
    return done


def _print(settings: Settings, known_then: int, *, as_json: bool) -> None:
    with asking(settings) as question:
        now = question.known(None, *VIEWS)
        cursor = question.cursor
        first, second = scenario.FIRST_LIST, scenario.SECOND_LIST
        at = [reconciliation.reconcile_answer(cursor, first, THE_DAY, known) for known in (known_then, now)]
        if as_json:
            page.print_json(at[1])
            return
        moved = flows.flows_answer(cursor, THE_DAY, THE_DAY, known_then, now, "kecamatan")
        beside = reconciliation.reconcile_answer(cursor, second, AFTER_THE_SECOND, now, first)
    telling.tell(at[0], at[1], moved, beside)


def _digest(cursor: psycopg.Cursor[Any], at: int) -> str | None:
    digest = log.digest_at(cursor, at)
    return None if digest is None else digest.hex()
