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
from services.pages.frame import Frame, address
from services.pages.rendering import render
from services.pages.screen import Switched, language_of, switched
from services.pages.words import LANGUAGES, Words

__all__ = ["answer"]

_PROGRAMS: Final = ("/v1/", "/static/")
_NOT_SIGNED_IN: Final = 401
_FRESH: Final = {"Cache-Control": "no-store"}


def answer(request: Request, error: Exception) -> Response:
    """As the app's handler of errors. Whoever is not signed in is asked to, and comes back to where they were."""
    if request.url.path.startswith(_PROGRAMS):
        return answer_problem(request, error)
    language = request.query_params.get("lang")
    if language in LANGUAGES and request.method == "GET":  # no screen of that address has seen to it
        return switched(request, Switched(language, _without_language(request)))
    problem = problem_of(error)
    if problem.status == _NOT_SIGNED_IN:
        return _to_sign_in(request)
    word = "nothing_yet" if isinstance(error, NothingYet) else problem.word
    elsewhere = request.url.path != "/"
    html = render("mishap.html", _frame(request), word=word, detail=problem.detail, elsewhere=elsewhere)
    return HTMLResponse(html, problem.status, {**problem.headers, **_FRESH})


def _frame(request: Request) -> Frame:
    """With the menu, for whoever was found to be signed in; it leads to now, not back to what went wrong."""
    caller, secret = getattr(request.state, "caller", None), getattr(request.state, "secret", None)
    csrf = "" if caller is None or secret is None else sessions.csrf(secret)
    path = safe(request.url.path) if request.method == "GET" else "/"  # where a form was sent to, nothing can be read
    return Frame(Words(language_of(request)), path, caller, csrf=csrf)


def _without_language(request: Request) -> str:
    said = {name: value for name, value in request.query_params.items() if name != "lang"}
    return address(safe(request.url.path), said)


def _to_sign_in(request: Request) -> Response:
    """An open page that asks for a part of itself is told to go there as a whole: the form would be a part of none."""
    if request.headers.get("hx-request") == "true":
        return Response(status_code=_NOT_SIGNED_IN, headers={**_FRESH, "HX-Redirect": _sign_in(request)})
    return RedirectResponse(_sign_in(request), 303, headers=_FRESH)


def _sign_in(request: Request) -> str:
    to = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.method != "GET" or to == "/":
        return "/sign-in"
    return f"/sign-in?{urlencode({'to': to})}"
