"""The entrance: signing in and out, and the files that come with the pages."""

from __future__ import annotations

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
from services.pages.screen import Before, before

if TYPE_CHECKING:
    from starlette.types import Scope

__all__ = ["STATIC", "Static", "router", "safe"]

router = APIRouter(include_in_schema=False)

STATIC: Final = Path(__file__).parent / "static"
_KEPT: Final = "public, max-age=31536000, immutable"


class Static(StaticFiles):
    """Files whose addresses hold their digests, so that a browser keeps them for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200 and scope["query_string"]:
            response.headers["Cache-Control"] = _KEPT
        return response


@router.get("/sign-in")
def form(request: Request, there: Annotated[Before, Depends(before)], to: str = "/") -> Response:
    return _form(request, there, to)


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
        answer = _form(request, there, to, problem)
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


def _form(request: Request, there: Before, to: str, problem: ProblemError | None = None) -> Response:
    """The form, with what was wrong where something was, and a way to the office's own sign-on where there is one."""
    sign_on = request.app.state.sign_on is not None
    html = render("sign_in.html", there.frame, to=safe(to), problem=problem and problem.word, sign_on=sign_on)
    return HTMLResponse(html, 200 if problem is None else problem.status, {"Cache-Control": "no-store"})


def safe(to: str) -> str:
    """Where to go after signing in: a page of ours, never another site's."""
    ours = to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable() and "\\" not in to
    return to if ours else "/"
