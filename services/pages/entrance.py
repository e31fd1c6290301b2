"""The entrance: signing in and out, and the files that come with the pages."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from services.access.roles import Caller
from services.api.caller import from_our_own_pages, sincere
from services.api.problem import ProblemError
from services.api.signing import Doorkeeper, keep_cookie, let_cookie_go
from services.pages.rendering import render
from services.pages.screen import Before, before, language_of
from services.pages.words import LANGUAGES, Language

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["STATIC", "Door", "Static", "router", "safe"]

router = APIRouter(include_in_schema=False)

STATIC: Final = Path(__file__).parent / "static"
_INSIDE: Final = 40
"""Twice as many as the doorkeeper lets wait: who comes after that has no chance."""
_AGAIN_S: Final = 3
_KEPT: Final = "public, max-age=31536000, immutable"


class Static(StaticFiles):
    """Files whose addresses hold their digests, so that a browser keeps them for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200 and scope["query_string"]:
            response.headers["Cache-Control"] = _KEPT
        return response


class Door:
    """Around the app: of those who sign in at once whoever is too many is told so before anything of theirs is read.

    Two thousand at once would otherwise keep everybody else waiting for as long as it takes to read what they sent.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] != "/sign-in":
            await self._app(scope, receive, send)
        elif self._inside >= _INSIDE:
            crowded = _crowded(language_of(Request(scope)), sign_on=scope["app"].state.sign_on is not None)
            await crowded(scope, receive, send)
        else:
            self._inside += 1
            try:
                await self._app(scope, receive, send)
            finally:
                self._inside -= 1


@router.get("/sign-in")
def form(
    request: Request, there: Annotated[Before, Depends(before)], to: str = "/", failed: str | None = None
) -> Response:
    return _form(request, there, to, "sign_on_failed" if failed == "sign_on" else None)


@router.post("/sign-in", dependencies=[Depends(from_our_own_pages)])
async def sign_in(
    request: Request,
    there: Annotated[Before, Depends(before)],
    name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    to: Annotated[str, Form(max_length=8000)] = "/",
) -> Response:
    """Begin a session and go where the reader wanted to go; the form again, with what is wrong, where that fails."""
    keeper: Doorkeeper = request.app.state.doorkeeper
    address = request.client.host if request.client is not None else ""
    try:
        secret = await keeper.sign_in(name, password, address)
    except ProblemError as problem:
        answer = _form(request, there, to, problem.word, problem.status)
        answer.headers.update({name: said for name, said in problem.headers.items() if name == "Retry-After"})
        return answer
    response = RedirectResponse(safe(to), 303, headers={"Cache-Control": "no-store"})
    keep_cookie(request.app.state.reach, response, secret)
    return response


@router.post("/sign-out")
def sign_out(request: Request, _: Annotated[Caller, Depends(sincere)]) -> Response:
    response = RedirectResponse("/sign-in", 303, headers={"Cache-Control": "no-store"})
    let_cookie_go(request.app.state.reach, request, response)
    return response


def _form(request: Request, there: Before, to: str, problem: str | None = None, status: int = 200) -> Response:
    """The form, with what was wrong where something was, and a way to the office's own sign-on where there is one."""
    sign_on = request.app.state.sign_on is not None
    html = render("sign_in.html", there.frame, to=safe(to), problem=problem, sign_on=sign_on)
    return HTMLResponse(html, status, {"Cache-Control": "no-store"})


@lru_cache(maxsize=2 * len(LANGUAGES))
def _crowded_page(language: Language, *, sign_on: bool) -> str:
    frame = Before(language, "/sign-in", {}).frame
    return render("sign_in.html", frame, to="/", problem="not_ready", sign_on=sign_on)


def _crowded(language: Language, *, sign_on: bool) -> Response:
    headers = {"Cache-Control": "no-store", "Retry-After": str(_AGAIN_S)}
    return HTMLResponse(_crowded_page(language, sign_on=sign_on), 503, headers)


def safe(to: str) -> str:
    """Where to go after signing in: a page of ours, never another site's."""
    ours = to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable() and "\\" not in to
    return to if ours else "/"
