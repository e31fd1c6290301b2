"""The process `api`: listens at once, whether there is a database yet or not, and ends when it is told to."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import psycopg
import structlog
import uvicorn

from events.errors import Unreachable, WrongUse
from services.api.app import make_app
from services.api.connection import Connection
from services.api.warming import keep_warm
from services.embedded import find

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI
    from starlette.types import ASGIApp

    from services.pulse import Pulse
    from services.settings import Settings

__all__ = ["config_of", "serve"]

_EVERY_S: Final = 5.0
_PAUSE_S: Final = 1.0
_END_S: Final = 2
"""As long an answer that is under way is waited for at the end; a stream of changes would never end by itself."""

_log = structlog.get_logger("api")


async def serve(settings: Settings, prepare: Callable[[str], None], pulse: Pulse) -> None:
    """Serve until SIGTERM or SIGINT. `prepare` makes what is missing in the database, once there is one.

    WrongUse where the address is taken or is none of this machine's; Refusal as `prepare`.
    """
    listening = _listen(settings)
    app = make_app(settings)
    server = uvicorn.Server(config_of(app))
    ready = asyncio.create_task(_make_ready(settings, app, prepare, pulse))
    ready.add_done_callback(lambda _: setattr(server, "should_exit", True))
    _log.info("listening", host=settings.api_host, port=settings.api_port)
    try:
        await server.serve(sockets=[listening])
    finally:
        listening.close()
        over = ready.cancel()
        with suppress(asyncio.CancelledError):
            await ready
        assert over or ready.done()
        if app.state.warming is not None:
            app.state.warming.cancel()


def config_of(app: ASGIApp) -> uvicorn.Config:
    """How the server is set up, whatever the app."""
    return uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, http=Connection, lifespan="on", ws="none",
        proxy_headers=True, forwarded_allow_ips="127.0.0.1,::1", timeout_graceful_shutdown=_END_S, backlog=2048,
    )  # fmt: skip


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.api_host else socket.AF_INET
    try:
        return socket.create_server((settings.api_host, settings.api_port), family=family, backlog=2048)
    except OSError as error:
        where = f"{settings.api_host}:{settings.api_port}"
        said = f"nothing can listen on {where} ({error.strerror}): set REKAM_API to another host:port"
        raise WrongUse(said) from None


async def _make_ready(settings: Settings, app: FastAPI, prepare: Callable[[str], None], pulse: Pulse) -> None:
    """Prepare the database as soon as it answers, then look every few seconds whether it still does."""
    said = ""
    while True:
        try:
            address = find(settings).database
            if not app.state.ready:
                await asyncio.to_thread(prepare, address)
                app.state.ready = True
                app.state.warming = asyncio.create_task(keep_warm(app.state.reach))
                _log.info("ready")
            await asyncio.to_thread(app.state.reach.look)
            pulse.beat()
            said = ""
        except (Unreachable, psycopg.OperationalError) as error:
            why = str(error) if isinstance(error, Unreachable) else type(error).__name__
            if why != said:
                said = why
                _log.warning("waiting", why=why)
            await asyncio.sleep(_PAUSE_S)
        else:
            await asyncio.sleep(_EVERY_S)
