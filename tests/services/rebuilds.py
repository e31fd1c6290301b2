"""A filled register to be rebuilt, with a database of its own for each test that asks."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
from psycopg import sql

from events import log
from events.database import connect, create
from projections import position
from services import scenario
from services.processes import VIEWS
from services.rebuilding import rebuild
from tests.register import fill, follow, settings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from events.vault import Keys
    from services.scenario import Message

FIRST, MORE = 300, 60


@dataclass
class Rebuilt:
    """A register of the first messages of the scenario; `rest` are those that have not been published yet."""

    address: str
    folder: Path
    keys: Keys
    rest: list[Message]

    def rebuild(self, *views: str, accept: bool = False) -> dict[str, Any]:
        """What was found of the one view, or of the last."""
        found: dict[str, Any] = self.rebuild_all(*views, accept=accept)[-1]
        return found

    def rebuild_all(self, *views: str, accept: bool = False) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = rebuild(settings_of(self.address, self.folder), views, accept=accept)["views"]
        return found

    def take_in(self, *, views: Sequence[str] = tuple(VIEWS)) -> None:
        """Append the next few facts, and bring these views up to date."""
        some, self.rest = self.rest[:MORE], self.rest[MORE:]
        fill(self.address, self.folder, some, views=[VIEWS[name] for name in views])

    def follow(self) -> None:
        follow(self.address, self.keys)

    def as_owner(self, statement: str) -> list[tuple[Any, ...]]:
        """Do something in the database that no role of Rekam's would."""
        with psycopg.connect(self.address, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def contents(self, view: str) -> list[tuple[Any, ...]]:
        """All rows of a view, as a reader has them."""
        with connect(self.address, "rekam_reader") as connection, connection.cursor() as cursor:
            cursor.execute(f"SET search_path = {view}")
            return [row for rows in VIEWS[view].sorted_rows for row in cursor.execute(rows).fetchall()]

    def head(self) -> int:
        with connect(self.address, "rekam_reader") as connection, connection.cursor() as cursor:
            return log.head(cursor).size

    def position(self, view: str = "counts") -> int:
        with connect(self.address, "rekam_reader") as connection, connection.cursor() as cursor:
            return position.of(cursor, view)

    def schemas(self) -> list[str]:
        """The schemas that are there beside those of the engine and of the log."""
        rows = self.as_owner(
            "SELECT nspname::text FROM pg_namespace WHERE nspname !~ '^pg_' "
            "AND nspname NOT IN ('public', 'information_schema', 'log', 'vault', 'intake', 'reporting', 'access') "
            "ORDER BY 1"
        )
        return [name for (name,) in rows]

    def waiting(self, mode: str) -> bool:
        """Whether somebody waits for a lock of that mode."""
        return bool(self.as_owner(f"SELECT 1 FROM pg_locks WHERE NOT granted AND mode = '{mode}'"))


def made(postgres: str, folder: Path) -> Rebuilt:
    """A new register, to be copied."""
    address = database(postgres, "template0")
    create(address)
    messages = list(islice(scenario.phase_one(7, scenario.QUICK), FIRST + 8 * MORE))
    keys = fill(address, folder, messages[:FIRST])
    return Rebuilt(address, folder, keys, messages[FIRST:])


def copied(postgres: str, register: Rebuilt) -> Rebuilt:
    """The same register in a database of its own."""
    name = psycopg.conninfo.conninfo_to_dict(register.address)["dbname"]
    address = database(postgres, str(name))
    create(address)  # a copy has not the rights on the database itself
    return Rebuilt(address, register.folder, register.keys, list(register.rest))


def database(postgres: str, template: str) -> str:
    name = f"rebuilt_{uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        both = sql.Identifier(name), sql.Identifier(template)
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*both))
    return psycopg.conninfo.make_conninfo(postgres, dbname=name)


def dropped(postgres: str, register: Rebuilt) -> None:
    name = str(psycopg.conninfo.conninfo_to_dict(register.address)["dbname"])
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def eventually(true: Callable[[], bool], unless: type[Exception] = AssertionError) -> None:
    """Ask again and again, for half a minute; an error `unless` is as good as a no."""
    deadline = time.monotonic() + 30
    while True:
        with suppress(unless):
            if true():
                return
        assert time.monotonic() < deadline, "it has not come true in half a minute"
        time.sleep(0.01)
