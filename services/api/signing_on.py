"""/sign-on: through the office's own provider, where one is set. The browser is sent there, and comes back with a code.

What is to be remembered meanwhile is in a cookie of its own, for ten minutes and for these two addresses alone. Nobody
needs to be signed in to come here, and the provider may be slow: both are worked on by threads of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

import anyio
import anyio.to_thread
import orjson
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from events.errors import NoAnswer
from services.access import sessions, users
from services.access.sign_on import Begun
from services.api.problem import ProblemError
from services.api.signing import keep_cookie

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.access.sign_on import SignOn
    from services.api.reach import Reach

__all__ = ["BACK", "FAILED", "Messengers", "router"]

router = APIRouter(include_in_schema=False)

BACK: Final = "/sign-on/back"
_COOKIE: Final = "rekam-sign-on"
_WITHIN_S: Final = 600
FAILED: Final = "/sign-in?failed=sign_on"
"""The entrance, where it says that the sign-on did not come to an end, or that nobody here is known to it."""
_AT_ONCE: Final = 2
_WAITING: Final = 8
_AGAIN_S: Final = 5.0

_Brought = TypeVar("_Brought")


@dataclass
class Messengers:
    """Who go and ask the provider: one of these for a process, used in its event loop, with threads of its own.

    However slow the provider is, nobody is kept waiting but those who sign on by it.
    """

    _sent: int = 0
    _threads: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(_AT_ONCE))

    async def send(self, ask: Callable[[], _Brought]) -> _Brought:
        """What `ask` gives; 503 where too many wait for theirs already, and nothing was asked."""
        if self._sent >= _AT_ONCE + _WAITING:
            said = "too many people wait for the sign-on at this moment: try again in a few seconds, or use a password"
            raise ProblemError(503, "not_ready", said, after_s=_AGAIN_S)
        self._sent += 1
        try:
            return await anyio.to_thread.run_sync(ask, limiter=self._threads)
        finally:
            self._sent -= 1


@router.get("/sign-on")
async def begin(request: Request) -> Response:
    """Send the browser to the provider."""
    address, begun = await _messengers(request).send(_provider(request).begin)
    answer = RedirectResponse(address, 303, {"Cache-Control": "no-store"})
    kept = orjson.dumps([*begun]).hex()  # of a named tuple it makes nothing
    answer.set_cookie(
        _COOKIE, kept, _WITHIN_S, path="/sign-on", secure=_reach(request).secure, httponly=True, samesite="lax"
    )
    return answer


@router.get(BACK)
async def finish(request: Request, state: str = "", code: str = "") -> Response:
    """Sign in whom the provider names, where a user here has that subject.

    Else back to the entrance, which says the same to whoever has none and to whoever did not come to an end there. The
    code can be used once, so nobody is ever sent here again; 503 comes before it is used, and leaves the cookie.
    """
    begun = _kept(request.cookies.get(_COOKIE, ""))
    reach = _reach(request)
    secret = None
    if begun is not None:
        secret = await _messengers(request).send(partial(_signed_in, request, begun, state, code))
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


def _messengers(request: Request) -> Messengers:
    found: Messengers = request.app.state.messengers
    return found


def _reach(request: Request) -> Reach:
    reach: Reach = request.app.state.reach
    return reach


def _kept(text: str) -> Begun | None:
    try:
        return Begun(*map(str, orjson.loads(bytes.fromhex(text))))
    except (ValueError, TypeError):
        return None
