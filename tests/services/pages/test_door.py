"""Whoever is one too many at the sign-in is told so before anything of theirs is read, and nobody else is held up."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from services.pages.entrance import Door

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

MANY = 40


class Slow:
    """An app that answers when it is let."""

    def __init__(self) -> None:
        self.inside = 0
        self.let = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - an app's
        self.inside += 1
        await self.let.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})


def scope(method: str = "POST", path: str = "/sign-in") -> dict[str, Any]:
    app = SimpleNamespace(state=SimpleNamespace(sign_on=None))
    return {"type": "http", "method": method, "path": path, "query_string": b"", "headers": [], "app": app}


async def told(door: Door, asked: dict[str, Any]) -> Message:
    said: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("something of theirs was read")

    async def send(message: Message) -> None:
        said.append(message)

    await door(asked, receive, send)
    return said[0]


async def crowd() -> None:
    slow = Slow()
    door = Door(slow)
    waiting = [asyncio.create_task(told(door, scope())) for _ in range(MANY)]
    await asyncio.sleep(0)

    one_too_many = await told(door, scope())

    assert one_too_many["status"] == 503
    assert dict(one_too_many["headers"])[b"retry-after"] == b"3"
    others = [asyncio.create_task(told(door, scope(*one))) for one in (("GET", "/sign-in"), ("GET", "/v1/counts"))]
    await asyncio.sleep(0)
    assert slow.inside == MANY + 2
    slow.let.set()
    assert {message["status"] for message in await asyncio.gather(*waiting, *others)} == {200}
    assert (await told(door, scope()))["status"] == 200


def test_one_too_many_is_told_so_and_lets_the_others_through() -> None:
    asyncio.run(crowd())
