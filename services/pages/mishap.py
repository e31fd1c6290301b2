"""What goes wrong, told as a page to whoever reads pages and as a problem of RFC 9457 to programs."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from events.errors import NothingYet
from services.access import sessions
from services.api.problem import answer_problem, problem_of
from services.pages.entrance import safe
from services.pages.frame import Frame
from services.pages.rendering import render
from services.pages.screen import language_of
from services.pages.words import Words

__all__ = ["answer"]

_PROGRAMS: Final = ("/v1/", "/static/")
_NOT_SIGNED_IN: Final = 401


def answer(request: Request, error: Exception) -> Response:
    """As the app's handler of errors. Whoever is not signed in is asked to, and comes back to where they were."""
    if request.url.path.startswith(_PROGRAMS):
        return answer_problem(request, error)
    problem = problem_of(error)
    if problem.status == _NOT_SIGNED_IN:
        return RedirectResponse(_sign_in(request), 303, headers={"Cache-Control": "no-store"})
    word = "nothing_yet" if isinstance(error, NothingYet) else problem.word
    html = render("mishap.html", _frame(request), word=word, detail=problem.detail)
    return HTMLResponse(html, problem.status, {**problem.headers, "Cache-Control": "no-store"})


def _frame(request: Request) -> Frame:
    """With the menu, for whoever was found to be signed in; it leads to now, not back to what went wrong."""
    caller, secret = getattr(request.state, "caller", None), getattr(request.state, "secret", None)
    csrf = "" if caller is None or secret is None else sessions.csrf(secret)
    return Frame(Words(language_of(request)), safe(request.url.path), caller, csrf=csrf)


def _sign_in(request: Request) -> str:
    if request.method != "GET" or request.url.path == "/":
        return "/sign-in"
    to = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"/sign-in?{urlencode({'to': to})}"
