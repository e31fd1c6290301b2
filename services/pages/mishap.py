"""What goes wrong, told as a page to whoever reads pages and as a problem of RFC 9457 to programs."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from services.api.problem import ProblemError, answer_problem, problem_of
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
    return page(request, problem)


def page(request: Request, problem: ProblemError) -> Response:
    frame = Frame(Words(language_of(request)), safe(request.url.path))
    html = render("mishap.html", frame, word=problem.word, detail=problem.detail, status=problem.status)
    return HTMLResponse(html, problem.status, {**problem.headers, "Cache-Control": "no-store"})


def _sign_in(request: Request) -> str:
    if request.method != "GET" or request.url.path == "/":
        return "/sign-in"
    to = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"/sign-in?{urlencode({'to': to})}"
