"""The processes: how each is put together from the settings, and how it ends when it is told to."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog
from aiokafka.errors import KafkaError

from events import database, vault
from events.errors import WrongUse
from projections import position, reporting
from projections.catalogue import VIEWS
from services.access import tables
from services.account import Accountant
from services.embedded import find
from services.intake import Intake
from services.memory import give_back, spare_garbage
from services.projector import Follower, Projector
from services.pulse import Pulse
from services.relay import Relay
from services.tracing import tracing
from services.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from events.vault import Keys
    from services.settings import Settings
    from services.tracing import Tracing

__all__ = ["PROCESSES", "VIEWS", "prepare", "run", "standing_still", "unlock"]

PROCESSES: Final = ("intake", "relay", *VIEWS, "api")

_BEHIND: Final = 10
"""How much nicer than the API the others are: whoever asks goes first, and meanwhile batches grow.

It is a tenth of the weight that the API has: on a machine that is busy with other work they come to little.
"""

_log = structlog.get_logger("process")


def prepare(address: str, *, restoring: bool = False) -> None:
    """Make what is missing in the database: roles, tables, views, reports, bounds. At every start, by several.

    `restoring`: for the restore itself, which makes them before what it has restored is proved.
    """
    database.create(address, restoring=restoring)
    with database.connect(address, "rekam_projector") as connection:
        for view in VIEWS.values():
            with connection.transaction(), connection.cursor() as cursor:
                position.make(cursor, view)
    with database.connect(address) as connection, connection.cursor() as cursor:
        reporting.make(cursor)
        tables.make(cursor)


def standing_still(address: str) -> list[str]:
    """Say of which views nothing goes on, and why: see `projections.position.still`."""
    with database.connect(address, "rekam_reader") as connection, connection.cursor() as cursor:
        return position.still(cursor, VIEWS.values())


def unlock(settings: Settings, address: str) -> Keys:
    """Load the keys and see that they are this database's; make them at the very first start."""
    with database.connect(address, "rekam_intake") as connection, connection.cursor() as cursor:
        return vault.unlock(cursor, settings.keys)


def run(settings: Settings, name: str) -> None:
    """Run one process until SIGTERM or SIGINT. Errors that no retry mends come out."""
    if name not in PROCESSES:
        raise WrongUse(f"there is no process {name!r}; there are {', '.join(PROCESSES)}")
    if name == "api":
        _run_api(settings)
    else:
        _stand_back()
        engines = find(settings)
        prepare(engines.database)
        spare_garbage()
        asyncio.run(_until_told(_process(settings, Wire(settings, engines), name)))
    _log.info("ended", process=name)


def _stand_back() -> None:
    """Let the API go first, and wait for the processor rather than make whoever asks wait.

    Where Linux groups processes by session (sched(7), autogroup) a process's niceness counts within its session alone,
    and each of our children has its own: the session's own niceness is what counts then.
    """
    os.setpriority(os.PRIO_PROCESS, 0, max(_BEHIND, os.getpriority(os.PRIO_PROCESS, 0)))
    if os.getsid(0) == os.getpid():
        with suppress(OSError):
            Path("/proc/self/autogroup").write_text(f"{_BEHIND}", encoding="ascii")


def _run_api(settings: Settings) -> None:
    """The one process that does not wait for its engines: it says that they are missing."""
    import uvloop  # noqa: PLC0415 - the API's alone, as is all that it serves with

    from services.api.serving import serve  # noqa: PLC0415

    spare_garbage()  # looking among all that the API keeps took half a second, while everybody waited
    pulse = Pulse(settings.pulse)
    pulse.begin()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_told(serve(settings, prepare, pulse)))


async def _process(settings: Settings, wire: Wire, name: str) -> None:
    pulse = Pulse(settings.pulse)
    pulse.begin()
    await wire.make_topics()
    try:
        with tracing(name, os.environ) as traces:
            await _work(settings, wire, name, pulse, traces)
    except KafkaError as error:  # it went away before the first connection was made
        raise await wire.unreachable(error) from error


async def _work(settings: Settings, wire: Wire, name: str, pulse: Pulse, traces: Tracing) -> None:
    if name == "relay":
        await Relay(wire, pulse, traces).run()
    elif name == "intake":
        accountant = Accountant(settings, wire.engines.database, traces)
        try:
            await Intake(wire, accountant, pulse).run()
        finally:
            accountant.close()
    else:
        follower = Follower(VIEWS[name], wire.engines.database, unlock(settings, wire.engines.database))
        try:
            await Projector(wire, VIEWS[name], follower, pulse, traces).run()
        finally:
            follower.close()


async def _until_told(work: Awaitable[None]) -> None:
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    beside = asyncio.create_task(give_back())
    with suppress(asyncio.CancelledError):
        await task
    beside.cancel()
