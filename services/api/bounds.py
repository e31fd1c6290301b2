"""What a request may be at most, and what every answer says about how it may be used.

A request is bounded before anybody reads it: 8 KB of address, 32 KB of headers, 64 KB of body. Written for ASGI
itself: a middleware of functions would hold streams up.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException

from services.api.problem import ProblemError, answer_problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["CONTENT_SECURITY_POLICY", "Bounds"]

_ADDRESS: Final = 8_192
_HEADERS: Final = 32_768
_BODY: Final = 65_536
_TAKEN_WITHIN_S: Final = 30.0
"""Whoever does not take a piece of an answer within this time gets no more of it: behind it stands a connection."""
_TOO_LONG: Final = f"a body has at most {_BODY} bytes"

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_SAID: Final = {
    b"content-security-policy": CONTENT_SECURITY_POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
}


class Bounds:
    """Around the whole app. `secure`: people come by https, so browsers are told to stay there."""

    def __init__(self, app: ASGIApp, *, secure: bool = False) -> None:
        self._app = app
        self._said = [*_SAID.items()]
        if secure:
            self._said.append((b"strict-transport-security", b"max-age=31536000"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sending = self._with_said(send)
        too_large = _refused(scope)
        if too_large is not None:
            await answer_problem(None, too_large)(scope, receive, sending)
            return
        try:
            await self._app(scope, _bounded(receive), sending)
        except HTTPException as too_long:
            await answer_problem(None, too_long)(scope, receive, sending)

    def _with_said(self, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                there = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(one for one in self._said if one[0] not in there)]
            async with asyncio.timeout(_TAKEN_WITHIN_S):  # TimeoutError ends the answer, and the connection
                await send(message)

        return sending


def _refused(scope: Scope) -> ProblemError | None:
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > _ADDRESS:
        return ProblemError(414, "too_large", f"an address has at most {_ADDRESS} bytes: ask in fewer words")
    if sum(len(name) + len(value) for name, value in scope["headers"]) > _HEADERS:
        return ProblemError(431, "too_large", f"headers have at most {_HEADERS} bytes")
    length = dict(scope["headers"]).get(b"content-length", b"0")
    if not length.isdigit() or int(length) > _BODY:
        return ProblemError(413, "too_large", _TOO_LONG)
    return None


def _bounded(receive: Receive) -> Receive:
    """A body that says nothing of its length is cut off where it has grown too long."""
    read = 0

    async def receiving() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > _BODY:
            raise HTTPException(413, _TOO_LONG)  # of its kind none is taken for a body that cannot be read
        return message

    return receiving
