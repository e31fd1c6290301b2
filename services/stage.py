"""The demo's stage: a register that nobody else has used. What is appended to a log is never taken out again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from aiokafka.errors import KafkaError

from events import database, log
from events.entry import decode
from events.errors import Refusal, Unreachable
from events.facts import SOURCE_TOPICS
from services.access.roles import Role
from services.scenario.messages import MADE_UP
from services.wire import Wire

if TYPE_CHECKING:
    import psycopg

    from services.embedded import Engines
    from services.note import Note
    from services.settings import Settings

__all__ = ["refuse_another"]

_THERE: Final = "SELECT to_regclass(%s) IS NOT NULL"
_USERS: Final = "SELECT name FROM access.user"
_ACCOUNTED: Final = "SELECT EXISTS (SELECT FROM intake.accounted)"


def refuse_another(settings: Settings, note: Note, engines: Engines) -> None:
    """Refusal where the register, or the Kafka it would be filled by, was ever used for anything but this demo.

    To be asked before anything is made in them: it only reads, and also a database that has nothing in it yet.
    """
    with database.connect(engines.database) as connection, connection.cursor() as cursor:
        found = _of_others(cursor, begun=note.begun)
    if found:
        where = "the database of REKAM_DATABASE" if settings.database else f"the register in {settings.data}"
        and_empty = ", and leave REKAM_DATABASE empty" if settings.database else ""
        raise Refusal(
            f"{where} holds {found} that are not the demo's, and made-up people would be among them for ever: "
            f"set REKAM_DATA to another folder{and_empty}"
        )
    begun_there = note.begun and note.kafka in {None, settings.kafka}  # earlier ones have not noted where
    if settings.kafka and not begun_there and asyncio.run(_was_written_to(Wire(settings, engines))):
        raise Refusal(
            f"the topics of Kafka at {settings.kafka} were written to, and nothing says that it was by this demo; "
            "whoever reads them would take made-up people for real: leave REKAM_KAFKA empty and set REKAM_DATA to "
            "another folder, or delete those topics if they are a demo's"
        )


def _of_others(cursor: psycopg.Cursor[Any], *, begun: bool) -> str:
    """What there is that no demo has made; `begun` says that one was begun here. Empty: nothing.

    A demo that was killed early may have made its users, and had messages refused, before its first fact.
    """
    if not _is_there(cursor, "log.entry"):
        return ""
    first = log.read(cursor, 0, 1)
    if first and not decode(first[0].state).source.startswith(MADE_UP):
        return "facts"
    users = {name for (name,) in cursor.execute(_USERS)} if _is_there(cursor, "access.user") else set()
    if users and not (begun and (first or users <= set(Role))):
        return "users"
    if not first and not begun and cursor.execute(_ACCOUNTED).fetchone() == (True,):
        return "accounts of messages"
    return ""


def _is_there(cursor: psycopg.Cursor[Any], table: str) -> bool:
    return cursor.execute(_THERE, [table]).fetchone() == (True,)


async def _was_written_to(wire: Wire) -> bool:
    """Whether there ever was a message in a source topic; also one that has expired since."""
    try:
        async with wire.probe() as probe:
            partitions = await probe.partitions(SOURCE_TOPICS)
            bounds = await probe.bounds(partitions)
    except Unreachable as error:
        raise await wire.unreachable(error.__cause__) if isinstance(error.__cause__, KafkaError) else error from None
    if bounds.keys() != set(partitions):
        raise Unreachable(f"Kafka at {wire.engines.kafka} does not say of all its topics whether they were written to")
    return any(end > 0 for _, end in bounds.values())
