"""The demo: Kota Kupang 2018, made up, published through Kafka as a stranger would, and what the register says then.

In two phases: what was known on 23 November, and what became known later; where the city is asked for, the centre's
whole register is published before them. The position at the end of each is noted before the next begins, with the log's
digest there; so a second run, in which every message is a duplicate, finds it again. (It does not follow from the
messages: some of the first phase wait for one of the second, and are appended after it.)
"""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import psycopg

from events import database, log
from events.errors import Refusal, Unreachable
from projections import figures, flows, lists, position, reconciliation
from services import page, private, scenario, stage, telling, visitors
from services.ask import asking
from services.memory import spare_garbage
from services.note import End, Note
from services.processes import VIEWS, standing_still
from services.publish import Outgoing, Progress, publish_in_portions
from services.showing import upkeep
from services.supervisor import supervised
from services.talk import bars, say
from services.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from services.settings import Settings
    from services.supervisor import Supervisor

__all__ = ["Choice", "demo", "stay"]

_T = TypeVar("_T")

THE_DAY: Final = date(2018, 11, 23)
AFTER_THE_SECOND: Final = date(2019, 3, 31)
_TICK_S: Final = 0.25
_LOOK_S: Final = 1.0
_PATIENCE_S: Final = 60.0
_AGAIN_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Choice:
    """Which of the demos: at full size or at a hundredth, with the whole register or without, and whose people."""

    quick: bool
    city: bool
    seed: int

    @property
    def scale(self) -> scenario.Scale:
        return scenario.QUICK if self.quick else scenario.WHOLE

    def messages(self, phase: Callable[[int, scenario.Scale], Iterator[scenario.Message]]) -> list[Outgoing]:
        return _outgoing(phase(self.seed, self.scale))

    @property
    def register(self) -> scenario.Register | None:
        return scenario.Register(self.seed, self.scale) if self.city else None


class Told(NamedTuple):
    """The positions at the end of the register, None where there is none, and of the first phase."""

    registered: int | None
    then: int


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
    tasks: dict[str, TaskID] = field(default_factory=dict)
    before: int = 0
    looked: float = 0.0

    def tell(self, first: Future[list[Outgoing]]) -> Told:
        """Publish the register, if there is one, and both phases. The second is made up meanwhile."""
        for name in ("published", "appended", "projected"):
            self.tasks[name] = self.bars.add_task(name, total=None)
        register = self.choice.register
        messages = self._wait(first)
        second = _beside(lambda: self.choice.messages(scenario.phase_two))
        phases = len(messages)
        second.add_done_callback(lambda told: self._of(len(register or ()) + phases + len(told.result())))
        registered = None
        if register is not None:
            end = self._publish(len(register), lambda: map(_outgoing, register.portions()))
            registered = self._noted("register", end)
        then = self._noted("between", self._publish(phases, lambda: [messages]))
        later = self._wait(second)
        self._wait_for_views(self._publish(len(later), lambda: [later]))
        return Told(registered, then)

    def _of(self, total: int) -> None:
        self.bars.update(self.tasks["published"], total=total)

    def _noted(self, chapter: str, end: int) -> int:
        """Give the position that was noted when the chapter ended; at its first end, note it."""
        noted = self.note.end(chapter)
        if noted is not None and noted.digest == self._read(lambda cursor: _digest(cursor, noted.position)):
            return noted.position
        self.note.keep(chapter, End(end, self._read(lambda cursor: _digest(cursor, end))))
        return end

    def _publish(self, count: int, portions: Callable[[], Iterable[Sequence[Outgoing]]]) -> int:
        """Publish so many messages, and wait until intake has accounted for them; where the log ends then.

        Raises Unreachable where for a minute no try came further than the ones before it.
        """
        spare_garbage()
        furthest, since = -1, 0.0
        while True:
            wire = Wire(self.supervisor.settings, self.supervisor.engines)
            progress = Progress(count, report=self._report)
            publishing = _beside(partial(_publish, wire, portions(), progress))
            try:
                self._wait(publishing)
                break
            except Unreachable as why:  # as a rule an engine went away; what was sent already is a duplicate now
                if progress.accounted > furthest:
                    furthest, since = progress.accounted, time.monotonic()
                if not publishing.done() or time.monotonic() - since > _PATIENCE_S:
                    raise
                say(f"once more: {why}")
                time.sleep(_AGAIN_S)
                self.supervisor.tick()
                self._look()
        self.before += count
        return self._look().head

    def _wait(self, work: Future[_T]) -> _T:
        """Wait for work in another thread, and look after everything meanwhile: children are started from this one."""
        while not work.done():
            self.supervisor.tick()
            if self.tasks and time.monotonic() - self.looked > _LOOK_S:
                self._look()
            wait([work], _TICK_S)
        return work.result()

    def _wait_for_views(self, end: int) -> None:
        since = time.monotonic()
        seen = -1
        while (least := self._look().projected) < end:
            if least != seen:
                seen, since = least, time.monotonic()
            elif time.monotonic() - since > _PATIENCE_S:
                where = self.supervisor.settings.data
                raise Unreachable(f"the views stand still at position {least} of {end}; see the logs in {where}")
            self.supervisor.tick()
            time.sleep(_TICK_S)

    def _report(self, progress: Progress) -> None:
        self.bars.update(self.tasks["published"], completed=self.before + progress.sent)

    def _look(self) -> _Look:
        look = self._read(lambda cursor: _Look(log.head(cursor).size, min(position.of(cursor, view) for view in VIEWS)))
        self.bars.update(self.tasks["appended"], completed=look.head, total=max(look.head, 1))
        self.bars.update(self.tasks["projected"], completed=look.projected, total=max(look.head, 1))
        self.looked = time.monotonic()
        return look

    def _read(self, read: Callable[[psycopg.Cursor[Any]], _T]) -> _T:
        """Ask the database; one that went away is started again meanwhile, and waited for."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                with database.connect(self.supervisor.engines.database, "rekam_reader") as connection:
                    return read(connection.cursor())
            except (Unreachable, psycopg.OperationalError) as error:
                if time.monotonic() > deadline:
                    raise Unreachable(f"PostgreSQL does not come back: {type(error).__name__}") from error
            self.supervisor.tick()
            time.sleep(_TICK_S)


def demo(settings: Settings, choice: Choice, *, leave: bool, as_json: bool) -> None:
    """Run everything, tell the story and print it; unless `leave` is set, everything stays up until Ctrl-C.

    Refusal where the register is another's: it is left as it was found.
    """
    private.make_folder(settings.data)
    note = Note(settings.data / "demo.json")
    note.check(choice.quick, choice.city, choice.seed)  # and again where it is claimed: this one is quick
    first = _beside(lambda: choice.messages(scenario.phase_one))
    with supervised(settings, partial(stage.refuse_another, settings, note)) as supervisor:
        if still := standing_still(supervisor.engines.database):
            raise Refusal(f"{'; '.join(still)}, beside `rekam up`; then the demo once more")
        note.claim(choice.quick, choice.city, choice.seed, settings.kafka)
        began = time.monotonic()
        password = None if leave else visitors.make(supervisor.engines.database)
        if password is not None:
            upkeep.dashboard(supervisor.api, password)
        with bars() as shown:
            told = _Story(supervisor, choice, note, shown).tell(first)
        del first  # nobody asks for it again, and everything may stay up for days
        _print(settings, told, as_json=as_json)
        say(f"{time.monotonic() - began:.0f} s from the engines up to this line")
        if password is not None:
            upkeep.invite(supervisor.engines)
            upkeep.dashboard(supervisor.api, password)
            stay(supervisor)


def stay(supervisor: Supervisor) -> None:
    """Look after everything until SIGINT, SIGTERM or SIGHUP."""
    with suppress(KeyboardInterrupt):
        while True:
            supervisor.tick()
            time.sleep(_TICK_S)


def _publish(wire: Wire, portions: Iterable[Sequence[Outgoing]], progress: Progress) -> None:
    asyncio.run(publish_in_portions(wire, portions, progress))


def _outgoing(messages: Iterable[scenario.Message]) -> list[Outgoing]:
    return [Outgoing(m.topic, m.headers, m.value, f"{m.source}\0{m.id}") for m in messages]


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


def _print(settings: Settings, told: Told, *, as_json: bool) -> None:
    with asking(settings) as question:
        now = question.known(None, *VIEWS)
        cursor = question.cursor
        first, second = scenario.FIRST_LIST, scenario.SECOND_LIST
        at = [reconciliation.reconcile_answer(cursor, first, THE_DAY, known) for known in (told.then, now)]
        if as_json:
            page.print_json(at[1])
            return
        moved = flows.flows_answer(cursor, THE_DAY, THE_DAY, told.then, now, "kecamatan")
        beside = reconciliation.reconcile_answer(cursor, second, AFTER_THE_SECOND, now, first)
        registered = None if told.registered is None else _registered(cursor, told.registered, (told.then, now))
    telling.tell(at[0], at[1], moved, beside, registered)


def _registered(cursor: psycopg.Cursor[Any], at_first: int, later: Iterable[int]) -> telling.Registered:
    """Ask about the register: its rows, and where its members stand on its own day and on the day of the story."""
    name = scenario.REGISTER
    on_list = lists.Membership(lists.declaration(cursor, name, at_first), lists.members(cursor, name, at_first))
    moments = [(scenario.REGISTERED_ON, at_first), *((THE_DAY, known) for known in later)]
    counts = [figures.counts_answer(cursor, day, known, "kecamatan", name) for day, known in moments]
    return telling.Registered(on_list, counts)


def _digest(cursor: psycopg.Cursor[Any], at: int) -> str | None:
    digest = log.digest_at(cursor, at)
    return None if digest is None else digest.hex()
