"""A register over HTTP as an office has it: the quick demo's people, a user of each role, a real server on a socket.

Filled without Kafka, once for the whole run; what a test adds must leave the others' figures alone.
"""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import uvicorn

from events import database
from services import scenario
from services.access import tokens, users
from services.access.passwords import Passwords
from services.access.roles import Role
from services.api.app import make_app
from services.api.serving import config_of
from tests.databases import new_database
from tests.register import fill, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from fastapi import FastAPI
    from starlette.types import ASGIApp

    from services.settings import Settings
    from tests.register import Sent

__all__ = ["ALAK", "Office", "opened", "served"]

ALAK = "53.71.01"
MAULAFA = "53.71.02"
PASSWORD = "four words that nobody guesses"
DAY = "2018-11-23"
LIST = "PUSAT-2018-11"


@dataclass(frozen=True)
class Office:
    """Where it is served, how its database is reached as its owner, and a token for each user."""

    url: str
    database: str
    settings: Settings
    app: FastAPI
    tokens: dict[str, str]

    def ask(self, who: str | None, path: str, method: str = "GET", **more: Any) -> httpx.Response:
        """Ask as a user, or as nobody."""
        said = {} if who is None else {"Authorization": f"Bearer {self.tokens[who]}"}
        said |= more.pop("headers", {})
        return httpx.request(method, self.url + path, headers=said, timeout=60, **more)

    def json(self, who: str | None, path: str, method: str = "GET", **more: Any) -> Any:
        answer = self.ask(who, path, method, **more)
        assert answer.status_code == 200, f"{method} {path} as {who}: {answer.status_code} {answer.text}"
        return answer.json()


@contextmanager
def opened(postgres: str, folder: Path, messages: Iterable[Sent] | None = None) -> Iterator[Office]:
    """A database of its own with the demo's people in it, or with what is sent, served until the end of the block."""
    with new_database(postgres) as address:
        fill(address, folder, _demo() if messages is None else messages)
        settings = settings_of(address, folder)
        app = make_app(settings)
        app.state.ready = True
        with served(app) as url:
            yield Office(url, address, settings, app, made_users(settings, address))


def _demo() -> Iterator[scenario.Message]:
    yield from scenario.phase_one(1, scenario.QUICK)
    yield from scenario.phase_two(1, scenario.QUICK)


def made_users(settings: Settings, address: str) -> dict[str, str]:
    """A user of each role by that name, and an `elsewhere` of another kecamatan; a token for each."""
    key, now = tokens.load_key(settings.keys), datetime.now(UTC)
    areas = {"officer": [ALAK], "elsewhere": [MAULAFA]}
    made = {}
    with database.connect(address, "rekam_access") as connection, connection.cursor() as cursor:
        for name in (*Role, "elsewhere"):
            role = Role.OFFICER if name == "elsewhere" else name
            hashed = Passwords().hash(PASSWORD)
            user = users.add(cursor, users.check(name, role, areas.get(name, ())), hashed)
            made[str(name)] = tokens.issue(cursor, key, user, 1, now).token
    return made


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """Serve the app on a free port as `rekam run api` does; its address."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    config = config_of(app)
    config.timeout_graceful_shutdown = 1
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()
