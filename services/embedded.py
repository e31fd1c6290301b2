"""The engines: our own where no address is given, both on this machine alone, and where to find them.

In the folder REKAM_DATA, beside the engines' own files: `lock`, held by the one process that runs them for as long as
it lives, and `engines.json`, the addresses while they run. Whoever only uses the engines calls `find`.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from events import database
from events.errors import Refusal, Unreachable, WrongUse
from services import private
from services.broker import Broker
from services.postgres import Postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from services.settings import Settings

__all__ = ["Embedded", "Engines", "database_of", "find", "only_one"]

WAY_OUT = "start them with `rekam up`, or set REKAM_KAFKA and REKAM_DATABASE"


@dataclass(frozen=True, slots=True)
class Engines:
    """Addresses: Kafka's bootstrap servers, PostgreSQL's connection string, and that by which questions are asked.

    `embedded` means that the broker is our own: it refuses idempotent producers, and forgets everything at its end.
    `standby` is empty where questions are asked of the database itself.
    """

    kafka: str
    database: str = field(repr=False)  # may hold a password
    embedded: bool
    standby: str = field(default="", repr=False)

    @property
    def reading(self) -> str:
        """Where questions are asked."""
        return self.standby or self.database


class Embedded:
    """Runs the engines that the settings give no address for; a context manager, for the main thread (see child.start).

    Entering raises Refusal where another process runs them on the same folder, Unreachable where one does not come up.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._broker = None if settings.kafka else Broker(settings.data)
        self._postgres = None if settings.database else Postgres(settings.data)
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            if self._broker or self._postgres:
                private.make_folder(self._settings.data)
                opened.enter_context(only_one(self._settings.data))
                opened.callback(self._runtime.unlink, missing_ok=True)
                self._runtime.unlink(missing_ok=True)  # of a run that was killed
            for engine in (self._postgres, self._broker):
                if engine is not None:
                    opened.callback(engine.stop)
                    engine.start()
            self._tell()
            self._open = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    @property
    def engines(self) -> Engines:
        kafka = self._broker.address if self._broker else self._settings.kafka
        address = self._postgres.address if self._postgres else database_of(self._settings)
        return Engines(kafka, address, embedded=self._broker is not None, standby=standby_of(self._settings))

    def ended(self) -> tuple[str, ...]:
        """Which of `broker` and `postgres` have ended by themselves. Quick: to be asked often."""
        both = (("broker", self._broker), ("postgres", self._postgres))
        return tuple(name for name, engine in both if engine is not None and engine.ended())

    def start_again(self) -> tuple[str, ...]:
        """Starts those that have ended, and names them. As a rule the addresses stay; read `engines` again.

        The broker has forgotten its topics: make them, and start again what consumes from it.
        """
        started = self.ended()
        for name in started:
            engine = self._broker if name == "broker" else self._postgres
            assert engine is not None
            engine.start()
        self._tell()
        return started

    @property
    def _runtime(self) -> Path:
        return self._settings.data / "engines.json"

    def _tell(self) -> None:
        if self._broker or self._postgres:
            known = {
                "kafka": self._broker and self._broker.address,
                "database": self._postgres and self.engines.database,
            }
            private.write(self._runtime, json.dumps({name: value for name, value in known.items() if value}))


def find(settings: Settings) -> Engines:
    """The engines' addresses, from the settings or from the process that runs ours; they are not tried.

    Raises Unreachable where our own would be needed and nobody runs them.
    """
    if settings.kafka and settings.database:
        return Engines(settings.kafka, database_of(settings), embedded=False, standby=standby_of(settings))
    try:
        running = is_held(settings.data / "lock")
        known = json.loads((settings.data / "engines.json").read_text()) if running else {}
    except FileNotFoundError:
        raise Unreachable(f"the embedded engines in {settings.data} are just being started: try again") from None
    except PermissionError:
        raise WrongUse(
            f"{settings.data} belongs to another user: set REKAM_DATA, or REKAM_KAFKA and REKAM_DATABASE"
        ) from None
    if not running:
        raise Unreachable(f"the embedded engines in {settings.data} do not run: {WAY_OUT}")
    kafka, address = settings.kafka or known.get("kafka"), database_of(settings) or known.get("database")
    if not (kafka and address):
        missing = "REKAM_DATABASE" if kafka else "REKAM_KAFKA"
        raise Unreachable(f"`rekam up` runs with a {missing} of its own: set the same {missing} here")
    return Engines(kafka, address, embedded=not settings.kafka, standby=standby_of(settings))


def database_of(settings: Settings) -> str:
    """The address that the settings give, with the password from its file; empty where our own is meant."""
    return _opened(settings, settings.database, "REKAM_DATABASE") if settings.database else ""


def standby_of(settings: Settings) -> str:
    """The same for the address that questions are asked at; empty where that is the database itself."""
    return _opened(settings, settings.database_read, "REKAM_DATABASE_READ") if settings.database_read else ""


def _opened(settings: Settings, address: str, setting: str) -> str:
    if settings.database_password_file is None:
        return database.checked(address, setting)
    password = private.password("REKAM_DATABASE_PASSWORD_FILE", settings.database_password_file)
    return database.with_password(address, password, setting)


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Holds the folder's lock, which ends with us however we end; Refusal where another process holds it."""
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + 1  # `find` holds it for a moment
        while not taken(lock, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                other = os.read(lock, 20).decode()
                raise Refusal(
                    f"process {other} runs the engines in {folder} already: end it, or set REKAM_DATA to another"
                )
            time.sleep(0.02)
        os.ftruncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
        yield
    finally:
        os.close(lock)


def is_held(path: Path) -> bool:
    try:
        lock = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not taken(lock, fcntl.LOCK_SH)
    finally:
        os.close(lock)


def taken(lock: int, how: int) -> bool:
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
