"""/sign-on: through the office's own provider, where one is set. The browser is sent there, and comes back with a code.

What is to be remembered meanwhile is in a cookie of its own, for ten minutes and for these two addresses alone.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import orjson
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from events.errors import NoAnswer
from services.access import sessions, users
from services.access.sign_on import Begun
from services.api.signing import keep_cookie

if TYPE_CHECKING:
    from services.access.sign_on import SignOn
    from services.api.reach import Reach

__all__ = ["BACK", "FAILED", "router"]

router = APIRouter(include_in_schema=False)

BACK: Final = "/sign-on/back"
_COOKIE: Final = "rekam-sign-on"
_WITHIN_S: Final = 600
FAILED: Final = "/sign-in?failed=sign_on"
"""The entrance, where it says that the sign-on did not come to an end, or that nobody here is known to it."""


@router.get("/sign-on")
def begin(request: Request) -> Response:
    """Send the browser to the provider."""
    address, begun = _provider(request).begin()
    answer = RedirectResponse(address, 303, {"Cache-Control": "no-store"})
    kept = orjson.dumps([*begun]).hex()  # of a named tuple it makes nothing
    answer.set_cookie(
        _COOKIE, kept, _WITHIN_S, path="/sign-on", secure=_reach(request).secure, httponly=True, samesite="lax"
    )
    return answer


@router.get(BACK)
def finish(request: Request, state: str = "", code: str = "") -> Response:
    """Sign in whom the provider names, where a user here has that subject.

    Else back to the entrance, which says the same to whoever has none and to whoever did not come to an end there. The
    code can be used once, so nobody is ever sent here again.
    """
    begun = _kept(request.cookies.get(_COOKIE, ""))
    reach = _reach(request)
    secret = None if begun is None else _signed_in(request, begun, state, code)
    answer = RedirectResponse(FAILED if secret is None else "/", 303, {"Cache-Control": "no-store"})
    answer.delete_cookie(_COOKIE, path="/sign-on", secure=reach.secure, httponly=True, samesite="lax")
    if secret is not None:
        keep_cookie(reach, answer, secret)
    return answer


def _signed_in(request: Request, begun: Begun, state: str, code: str) -> str | None:
    now = datetime.now(UTC)
    try:
        subject = _provider(request).finish(begun, state, code, now)
    except NoAnswer:
        return None
    with _reach(request).access() as cursor:
        user = users.by_subject(cursor, subject)
        return None if user is None else sessions.begin(cursor, user, now)


def _provider(request: Request) -> SignOn:
    found: SignOn | None = request.app.state.sign_on
    if found is None:
        raise NoAnswer("no sign-on of the office is set: sign in with a password")
    return found


def _reach(request: Request) -> Reach:
    reach: Reach = request.app.state.reach
    return reach


def _kept(text: str) -> Begun | None:
    try:
        return Begun(*map(str, orjson.loads(bytes.fromhex(text))))
    except (ValueError, TypeError):
        return None
