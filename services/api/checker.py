"""Runs `rekam audit check` beside the API, one at a time, in a process of its own that gives way to the others.

It reads the whole log twice, which takes minutes; in a thread of ours it would hold up every answer meanwhile.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from typing import TYPE_CHECKING, Any, Final

import structlog
from psycopg.types.json import Jsonb

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from multiprocessing.connection import Connection

    from services.api.reach import Reach
    from services.settings import Settings

__all__ = ["Checker"]

_GIVES_WAY: Final = 10
_NOTE: Final = "INSERT INTO access.checked (who, document) VALUES (%s, %s)"
_LAST: Final = "SELECT at, who, document FROM access.checked ORDER BY number DESC LIMIT 1"

_log = structlog.get_logger("api")


class Checker:
    """One for a process. What came of the last check is kept in the database, whoever has run it."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._turn = threading.Lock()
        self._running: multiprocessing.process.BaseProcess | None = None
        self._done, self._of = 0, 0
        self._failed: str | None = None

    def start(self, who: str) -> bool:
        """Begin a check; False where one is running."""
        with self._turn:
            if self._running is not None:
                return False
            told, tells = multiprocessing.get_context("spawn").Pipe(duplex=False)
            process = multiprocessing.get_context("spawn").Process(
                target=_check, args=(self._reach.settings, tells), daemon=True
            )
            process.start()
            tells.close()
            self._running, self._done, self._of, self._failed = process, 0, 0, None
        threading.Thread(target=self._follow, args=(told, who), daemon=True).start()
        return True

    def state(self) -> dict[str, Any]:
        """Whether one runs and how far it is, in entries read; what came of the last; why one has failed since."""
        row = self._read()
        last = None if row is None else {"at": row[0].isoformat(), "who": row[1], **row[2]}
        running = self._running is not None
        return {"running": running, "done": self._done, "of": self._of, "last": last, "failed": self._failed}

    def last(self) -> tuple[datetime, dict[str, Any]] | None:
        """When the last check was done, and what it said."""
        row = self._read()
        return None if row is None else (row[0], row[2])

    def _read(self) -> tuple[Any, ...] | None:
        with self._reach.access() as cursor:
            return cursor.execute(_LAST).fetchone()

    def close(self) -> None:
        if (process := self._running) is not None:
            process.kill()

    def _follow(self, told: Connection, who: str) -> None:
        failed: str | None = "the check was ended before it was done"
        try:
            while True:
                match told.recv():
                    case ("read", done, of):
                        self._done, self._of = done, of
                    case ("failed", why):
                        failed = why
                    case ("checked", document):
                        with self._reach.access() as cursor:
                            cursor.execute(_NOTE, [who, Jsonb(document)])
                        failed = None
        except EOFError:
            pass
        finally:
            self._failed, self._running = failed, None
            _log.info("checked", failed=failed)


def _check(settings: Settings, tells: Connection) -> None:
    """The check's own process."""
    from events.errors import RekamError  # noqa: PLC0415 - imported in the new process alone
    from services import audit  # noqa: PLC0415
    from services.ask import asking  # noqa: PLC0415

    os.nice(_GIVES_WAY)
    try:
        with asking(settings) as question:
            tells.send(("checked", audit.check(question.cursor.connection, question.keys, _telling(tells))))
    except RekamError as error:
        tells.send(("failed", str(error)))


def _telling(tells: Connection) -> Callable[[int, int], None]:
    return lambda done, of: tells.send(("read", done, of))
