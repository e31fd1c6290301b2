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
from services.api.problem import ProblemError
from services.api.signing import keep_cookie

if TYPE_CHECKING:
    from services.access.sign_on import SignOn
    from services.api.reach import Reach

__all__ = ["BACK", "router"]

router = APIRouter(include_in_schema=False)

BACK: Final = "/sign-on/back"
_COOKIE: Final = "rekam-sign-on"
_WITHIN_S: Final = 600
_WRONG: Final = "the sign-on did not come to an end, or nobody here is known to it: begin again, or ask for a user"


@router.get("/sign-on")
def begin(request: Request) -> Response:
    """Send the browser to the provider."""
    address, begun = _provider(request).begin()
    answer = RedirectResponse(address, 303, {"Cache-Control": "no-store"})
    kept = orjson.dumps(begun).hex()
    answer.set_cookie(
        _COOKIE, kept, _WITHIN_S, path="/sign-on", secure=_reach(request).secure, httponly=True, samesite="lax"
    )
    return answer


@router.get(BACK)
def finish(request: Request, state: str = "", code: str = "") -> Response:
    """Sign in whom the provider names, where a user here has that subject; the same words for whoever has none."""
    begun = _kept(request.cookies.get(_COOKIE, ""))
    if begun is None:
        raise ProblemError(401, "not_signed_in", _WRONG)
    reach, now = _reach(request), datetime.now(UTC)
    try:
        subject = _provider(request).finish(begun, state, code, now)
    except NoAnswer:
        raise ProblemError(401, "not_signed_in", _WRONG) from None
    with reach.access() as cursor:
        user = users.by_subject(cursor, subject)
        secret = None if user is None else sessions.begin(cursor, user, now)
    if secret is None:
        raise ProblemError(401, "not_signed_in", _WRONG)
    answer = RedirectResponse("/", 303, {"Cache-Control": "no-store"})
    answer.delete_cookie(_COOKIE, path="/sign-on", secure=reach.secure, httponly=True, samesite="lax")
    keep_cookie(reach, answer, secret)
    return answer


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
