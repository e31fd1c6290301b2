"""The pages put into the app: their routes, their files, and errors told as pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from events.errors import RekamError
from services.api.problem import ProblemError
from services.pages import auditing, counting, entrance, mishap, operating, people
from services.pages.screen import Switched, switched

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["add_pages"]


def add_pages(app: FastAPI) -> None:
    """Add every screen. What goes wrong is told as a page, and under /v1 as a problem of RFC 9457."""
    for router in (entrance.router, counting.router, people.router, auditing.router, operating.router):
        app.include_router(router)
    app.add_middleware(entrance.Door)
    app.mount("/static", entrance.Static(directory=entrance.STATIC), name="static")
    app.add_exception_handler(Switched, switched)
    for kind in (ProblemError, RekamError, RequestValidationError, HTTPException, psycopg.Error, Exception):
        app.add_exception_handler(kind, mishap.answer)
