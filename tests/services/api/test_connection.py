"""What a connection may be at most, against the server as it is run: heads that never end, and whoever is slow."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from services.api import connection
from services.api.bounds import Bounds
from services.api.connection import Connection
from tests.services.api.office import served

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from starlette.types import Receive, Scope, Send

BEGUN = b"GET / HTTP/1.1\r\nHost: here\r\n"
PIECE = b"x" * 65_536


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    assert scope["type"] == "http"
    body = await Request(scope, receive).body()
    await PlainTextResponse(str(len(body)))(scope, receive, send)


@pytest.fixture
def url() -> Iterator[str]:
    with served(app) as url:
        yield url


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await Bounds(echo)(scope, receive, send)


def connected(url: str) -> socket.socket:
    there = urlsplit(url)
    made = socket.create_connection((there.hostname or "", there.port or 0))
    made.settimeout(10)
    return made


def told(made: socket.socket) -> bytes:
    """Everything that is said until the end."""
    said = b""
    try:
        while more := made.recv(65_536):
            said += more
    except ConnectionResetError:
        pass
    return said


def ask(url: str, pieces: Iterable[bytes]) -> bytes:
    """What is said to whoever sends these pieces, as far as they get."""
    with connected(url) as made:
        try:
            for piece in pieces:
                made.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return told(made)


@pytest.mark.parametrize(
    "pieces",
    [
        [BEGUN, b"X: ", *[PIECE] * 400, b"\r\n\r\n"],
        [BEGUN, *[b"X: " + b"x" * 1_000 + b"\r\n"] * 20_000, b"\r\n"],
    ],
    ids=["one header", "many headers"],
)
def test_a_head_of_many_megabytes_is_not_heard_to_its_end(url: str, pieces: list[bytes]) -> None:
    began = time.monotonic()
    said = ask(url, pieces)

    assert said[:12] in {b"HTTP/1.1 431", b""}, said[:200]  # nothing where it is still being sent
    assert time.monotonic() - began < 5
    assert ask(url, [BEGUN + b"Connection: close\r\n\r\n"]).startswith(b"HTTP/1.1 200")


def test_headers_that_come_at_once_are_bounded_too(url: str) -> None:
    assert ask(url, [BEGUN + b"X: " + b"x" * 40_000 + b"\r\n\r\n"]).startswith(b"HTTP/1.1 431")


@pytest.mark.parametrize("length", [9_000, 40_000, 70_000, 10_000_000])
def test_an_address_of_any_length_is_too_long(url: str, length: int) -> None:
    said = ask(url, [b"GET /?" + b"x" * length + b" HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"])

    assert said[:12] in {b"HTTP/1.1 414", b""}, said[:200]
    assert length > 100_000 or b"urn:rekam:problem:too_large" in said


@pytest.mark.parametrize("part", [b"", BEGUN, b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\nx"])
def test_whoever_does_not_say_it_all_is_let_go(url: str, part: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "within_s", 0.3)

    with connected(url) as made:
        made.sendall(part)
        said = told(made)

    assert said == b"" or said.startswith(b"HTTP/1.1 408"), said[:200]


def test_whoever_asks_again_and_again_is_kept(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "within_s", 30.0)

    with connected(url) as made:
        for _ in range(3):
            made.sendall(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 60000\r\n\r\n" + b"x" * 60_000)
            said = b""
            while b"60000" not in said:
                said += made.recv(65_536)
            assert said.startswith(b"HTTP/1.1 200")


def test_so_many_are_heard_and_the_next_one_is_told_so(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setattr(connection, "_MOST", 2)

    with connected(url) as one, connected(url) as two:
        for made in (one, two):
            made.sendall(BEGUN)
        assert ask(url, []).startswith(b"HTTP/1.1 503")
        one.sendall(b"Connection: close\r\n\r\n")
        assert told(one).startswith(b"HTTP/1.1 200")
    assert ask(url, [BEGUN + b"Connection: close\r\n\r\n"]).startswith(b"HTTP/1.1 200")
