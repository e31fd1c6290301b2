"""Who asks: by a session's cookie for the screens, by a signed token for programs. And whether they may.

Whoever comes by a cookie and wants to change something shows that the form is one of ours: it carries the session's own
token, as the field `csrf` or the header `X-CSRF-Token`, and the browser does not say that another site sent it.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Depends, Request

from services.access import sessions
from services.access.roles import Caller, Operation
from services.api.answering import Desk
from services.api.problem import ProblemError
from services.api.watch import LONGEST_WAIT_S

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from services.api.holders import Holders
    from services.api.reach import Reach
    from services.api.watch import Watch

__all__ = ["desk_for", "from_our_own_pages", "known_tags", "sincere", "waited", "whoever"]

_POSITION_DIGITS: Final = 19
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


async def whoever(request: Request) -> Caller:
    """Find who asks. 401 where there is no token and no session, or one that held no more a second ago."""
    reach: Reach = request.app.state.reach
    holders: Holders = request.app.state.holders
    now = time.monotonic()
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    secret = request.cookies.get(reach.cookie)
    if scheme.lower() == "bearer":
        found, request.state.secret = await holders.of(token.strip(), reach.holder_of, now), None
    else:
        looked = partial(reach.signed_in, used=not _by_itself(request))
        found = await holders.of(secret, looked, now) if secret else None
        request.state.secret = secret
    if found is None:
        raise ProblemError(401, "not_signed_in", "show a token of `rekam user token`, or sign in")
    request.state.caller = found
    return found


def _by_itself(request: Request) -> bool:
    """Whether an open page asks, to follow the register, and nobody has done anything."""
    return request.url.path == "/v1/changes" or request.headers.get("hx-trigger") == "live"


async def from_our_own_pages(request: Request) -> None:
    """403 where the browser says that another site's page sent this."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise ProblemError(403, "not_allowed", "this was sent from another site's page: use ours")


async def sincere(request: Request, caller: Annotated[Caller, Depends(whoever)]) -> Caller:
    """Whoever asks; 403 where a session is used to change something, and the form is none of its own."""
    secret = request.state.secret
    if request.method not in _SAFE and secret is not None:
        await from_our_own_pages(request)
        given = request.headers.get("x-csrf-token")
        if given is None:
            given = str((await request.form()).get("csrf", ""))
        if not sessions.is_csrf(secret, given):
            raise ProblemError(403, "not_allowed", "the form has grown old: open the page anew and send it again")
    return caller


async def waited(request: Request) -> None:
    """Where `wait` is asked for, until the views have come that far; 503 where they do not in time."""
    text = request.query_params.get("wait", "")
    if not (text.isascii() and text.isdigit() and len(text) <= _POSITION_DIGITS):
        return  # none, or one that the parameters' own check refuses
    watch: Watch = request.app.state.watch
    if not await watch.reached(int(text)):
        said = f"position {text} was not reached within {LONGEST_WAIT_S:.0f} s: ask again"
        raise ProblemError(503, "not_ready", said, after_s=1)


def desk_for(operation: Operation) -> Callable[..., Awaitable[Desk]]:
    """Give a dependency: a desk for whoever asks, where their role may do this; 403 where not."""

    async def desk(request: Request) -> Desk:
        # called, not depended on: three dependencies cost as much as a small question
        caller = await sincere(request, await whoever(request))
        await waited(request)
        if not caller.may(operation):
            raise ProblemError(403, "not_allowed", f"the role {caller.role} may not do this ({operation})")
        refuse_twice(request)
        return Desk(request.app.state.reach, caller, request.url.path, known_tags(request))

    return desk


def refuse_twice(request: Request) -> None:
    """400 for a parameter that is given twice: nobody could say which one was answered."""
    names = [name for name, _ in request.query_params.multi_items()]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            raise ProblemError(400, "wrong_use", f"{name[:40]!r} is given twice: give it once")


def known_tags(request: Request) -> frozenset[str]:
    said = request.headers.get("if-none-match", "")
    return frozenset(one.strip().removeprefix("W/") for one in said.split(","))
