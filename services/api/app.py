"""The app: every door put together once, with what all of them share.

Handlers are plain functions, which the framework calls in a few threads: they ask PostgreSQL and wait for it.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import anyio.to_thread
import httpx
from fastapi import FastAPI

from services.access.reached import reached
from services.access.sign_on import sign_on
from services.api import (
    auditing,
    checking,
    counting,
    exporting,
    hearing,
    metering,
    noting,
    operating,
    pacing,
    people,
    signing_on,
)
from services.api.bounds import Bounds
from services.api.checker import Checker
from services.api.described import describe
from services.api.holders import Holders
from services.api.reach import Reach
from services.api.signing import Doorkeeper
from services.api.watch import Watch
from services.pages.app import add_pages

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from services.settings import Settings

__all__ = ["make_app"]

_ROUTERS: Final = (
    counting.router, pacing.router, people.router, exporting.router, auditing.router, checking.router, noting.router,
    operating.router, hearing.router, metering.router, signing_on.router,
)  # fmt: skip
_THREADS: Final = 12
"""As many requests are worked on at once, two more than there are connections to ask on; the others wait their turn."""


def make_app(settings: Settings) -> FastAPI:
    """Put the app together; nothing is opened until it is started."""
    app = FastAPI(
        title="Rekam", lifespan=_alive, openapi_url="/v1/openapi.json", docs_url=None, redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )  # fmt: skip
    app.state.reach = Reach(settings)
    app.state.holders = Holders()
    app.state.ready = False
    app.state.warming = None
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    for router in _ROUTERS:
        app.include_router(router)
    add_pages(app)
    app.state.web = httpx.Client()
    app.state.sign_on = sign_on(settings, f"{reached(settings).url}{signing_on.BACK}", app.state.web)
    app.state.messengers = signing_on.Messengers()
    app.state.checker = Checker(app.state.reach)
    app.state.doorkeeper = Doorkeeper(app.state.reach)
    app.state.meter = metering.Meter()
    app.add_middleware(metering.Metered, meter=app.state.meter)
    app.add_middleware(Bounds, secure=app.state.reach.secure)
    return app


@asynccontextmanager
async def _alive(app: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = _THREADS
    app.state.watch = Watch(app.state.reach)
    try:
        yield
    finally:
        await app.state.watch.close()
        app.state.checker.close()
        app.state.web.close()
        app.state.reach.close()
