"""What a request may be at most, and what every answer says beside what was asked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import orjson
import pytest
from starlette.responses import PlainTextResponse

from services.api import bounds
from services.api.bounds import Bounds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Message, Receive, Scope, Send


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """An app that reads the whole body and says how long it was."""
    length, more = 0, True
    while more:
        message = await receive()
        length += len(message.get("body", b""))
        more = message.get("more_body", False)
    await PlainTextResponse(str(length))(scope, receive, send)


def ask(method: str, path: str, **more: Any) -> httpx.Response:
    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app=Bounds(echo), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.request(method, path, **more)

    return asyncio.run(asked())


def test_a_long_query_string_is_refused_before_anybody_reads_it() -> None:
    answer = ask("GET", "/v1/counts?list=" + "x" * 9_000)

    assert answer.status_code == 414
    assert answer.headers["content-type"] == "application/problem+json"
    assert orjson.loads(answer.content)["type"] == "urn:rekam:problem:too_large"


def test_a_long_body_is_refused_by_what_it_says_of_its_length() -> None:
    assert ask("POST", "/v1/residents/find", content=b"x" * 65_537).status_code == 413


def test_a_long_body_that_does_not_say_its_length_is_refused() -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 1_000

    assert ask("POST", "/v1/residents/find", content=parts()).status_code == 413


def test_a_body_of_the_longest_length_passes() -> None:
    assert ask("POST", "/x", content=b"x" * 65_536).text == "65536"


@pytest.mark.parametrize("path", ["/v1/health", "/?" + "x" * 9_000], ids=["short", "long"])
def test_every_answer_forbids_what_no_page_of_ours_does(path: str) -> None:
    said = ask("GET", path).headers

    assert "default-src 'none'" in said["content-security-policy"]
    assert "unsafe" not in said["content-security-policy"]
    assert said["x-content-type-options"] == "nosniff"
    assert said["referrer-policy"] == "same-origin"


def test_an_answer_that_nobody_takes_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "_TAKEN_WITHIN_S", 0.05)
    ended: list[bool] = []

    async def endless(_: Scope, __: Receive, send: Send) -> None:
        try:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
        finally:
            ended.append(True)

    async def taken(message: Message) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async def nothing() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope: Scope = {"type": "http", "path": "/", "raw_path": b"/", "query_string": b"", "headers": []}
    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(Bounds(endless)(scope, nothing, taken), 5))
    assert ended == [True]
