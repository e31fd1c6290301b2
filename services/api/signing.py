"""Signing in by password, for the screens: bounded before a password is looked at, and the same for a name that nobody
has, in words and in time. Programs need none of it: they show a token with each request.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import anyio
import anyio.to_thread

from services.access import sessions, users
from services.access.passwords import Passwords
from services.access.throttle import Throttle
from services.api.problem import ProblemError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from services.access.users import User
    from services.api.holders import Holders
    from services.api.reach import Reach

__all__ = ["Doorkeeper", "keep_cookie", "let_cookie_go"]

_AT_ONCE: Final = 1  # it takes a whole core
_WAITING: Final = 16
_AGAIN_S: Final = 3.0


@dataclass
class Doorkeeper:
    """One for a process, used in its event loop. It has threads of its own: others who ask are not held up."""

    reach: Reach
    passwords: Passwords = field(default_factory=Passwords)
    throttle: Throttle = field(default_factory=Throttle)
    _waiting: int = 0
    _threads: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(_AT_ONCE))

    async def sign_in(self, name: str, password: str, address: str) -> str:
        """What the session's cookie is to hold. 401 for a wrong name or password, 429 and 503 for too many tries."""
        tried_at = time.monotonic()
        wait_s = self.throttle.attempt(name, address, tried_at)
        if wait_s > 0:
            raise ProblemError(429, "too_many", "too many tries: wait before the next one", after_s=wait_s)
        if self._waiting >= _AT_ONCE + _WAITING:
            said = "too many people are signing in at this moment: try again in a few seconds"
            raise ProblemError(503, "not_ready", said, after_s=_AGAIN_S)
        self._waiting += 1
        try:
            secret = await anyio.to_thread.run_sync(self._look, name, password, limiter=self._threads)
        finally:
            self._waiting -= 1
        if secret is None:
            raise ProblemError(401, "not_signed_in", "the name or the password is not right")
        self.throttle.succeeded(name, address, tried_at)
        return secret

    def _look(self, name: str, password: str) -> str | None:
        with self.reach.access() as cursor:
            user = users.find(cursor, name[:100])
        kept = None if user is None or user.disabled is not None else user.password
        right = self.passwords.verify(kept, password)
        return self._begun(user) if right and user is not None else None

    def _begun(self, user: User) -> str | None:
        with self.reach.access() as cursor:
            return sessions.begin(cursor, user, datetime.now(UTC))


def keep_cookie(reach: Reach, response: Response, secret: str) -> None:
    """Until the browser ends; the session itself may end before."""
    response.set_cookie(reach.cookie, secret, path="/", secure=reach.secure, httponly=True, samesite="lax")


def let_cookie_go(reach: Reach, request: Request, response: Response) -> None:
    """Sign out: the session is ended in the database, whatever the browser does with its cookie."""
    secret = request.cookies.get(reach.cookie)
    if secret:
        with reach.access() as cursor:
            sessions.end(cursor, secret)
        holders: Holders = request.app.state.holders
        holders.forget(secret)
    response.delete_cookie(reach.cookie, path="/", secure=reach.secure, httponly=True, samesite="lax")
