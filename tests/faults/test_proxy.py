"""The proxy does what a fault says: the judge's verdict on a run is worth no more than the faults were real."""

from __future__ import annotations

import socket
import time
from contextlib import contextmanager, suppress
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from tests.kafka.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

WITHIN_S = 5.0
SILENT_S = 0.3


class Echo:
    """A server that answers what it is told, and remembers it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.left = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listening.getsockname()
        Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                Thread(target=self._answer, args=(client,), daemon=True).start()

    def _answer(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            while data := client.recv(1000):
                self.heard.append(data)
                client.sendall(data)
        self.left += 1


@pytest.fixture
def echo() -> Iterator[Echo]:
    made = Echo()
    yield made
    made.close()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[Proxy]:
    made = Proxy(echo.address)
    yield made
    made.close()


@contextmanager
def connected(proxy: Proxy) -> Iterator[socket.socket]:
    """A connection over which something has already gone both ways."""
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=WITHIN_S) as client:
        assert said(client, b"hello") == b"hello"
        yield client


def said(client: socket.socket, words: bytes) -> bytes:
    client.sendall(words)
    return client.recv(1000)


def until(check: object, within_s: float = WITHIN_S) -> None:
    assert callable(check)
    deadline = time.monotonic() + within_s
    while not check():
        assert time.monotonic() < deadline


def hears_nothing(client: socket.socket) -> bool:
    client.settimeout(SILENT_S)
    try:
        return client.recv(1000) == b"anything at all"
    except TimeoutError:
        return True
    finally:
        client.settimeout(WITHIN_S)


def test_it_passes_everything_on(proxy: Proxy) -> None:
    with connected(proxy) as client:
        assert said(client, b"again") == b"again"


def test_a_cut_connection_is_reset_and_the_next_one_works(proxy: Proxy) -> None:
    with connected(proxy) as client:
        proxy.cut()
        with pytest.raises(ConnectionError):
            until(lambda: said(client, b"still there?") == b"")
    with connected(proxy):
        pass


def test_what_is_delayed_comes_later_and_whole(proxy: Proxy) -> None:
    with connected(proxy) as client:
        proxy.delay_s = 0.2
        began = time.monotonic()
        assert said(client, b"late") == b"late"
        assert time.monotonic() - began >= 0.4  # there and back


def test_a_server_that_is_gone_leaves_its_client_waiting_until_the_halves_are_closed(proxy: Proxy, echo: Echo) -> None:
    with connected(proxy) as client:
        proxy.half_open("server")
        client.sendall(b"into the void")
        assert hears_nothing(client)
        with connected(proxy) as other:  # a new connection is whole
            assert said(other, b"x") == b"x"
        proxy.close_halves()
        with suppress(ConnectionError):
            assert client.recv(1000) == b""
    assert b"into the void" not in echo.heard


def test_a_client_that_is_gone_leaves_its_server_waiting_until_the_halves_are_closed(proxy: Proxy, echo: Echo) -> None:
    with connected(proxy) as client:
        proxy.half_open("client")
        with suppress(ConnectionError):
            assert client.recv(1000) == b""
        assert echo.left == 0
        proxy.close_halves()
        until(lambda: echo.left == 1)


def test_a_commit_arrives_and_its_answer_does_not_as_often_as_is_said(proxy: Proxy, echo: Echo) -> None:
    proxy.swallow(1)
    with connected(proxy) as client:
        with suppress(ConnectionError):
            assert said(client, b"COMMIT\0") == b""
        until(lambda: b"COMMIT\0" in echo.heard)
    with connected(proxy) as client:
        assert said(client, b"COMMIT\0") == b"COMMIT\0"
    assert proxy.swallowed == 1


def test_of_one_client_alone_answers_to_commit_are_lost(proxy: Proxy) -> None:
    proxy.swallow(1, of="intake")
    with connected(proxy) as one, connected(proxy) as other:
        for client, name in ((one, b"relay"), (other, b"intake")):
            started = b"\0\x03\0\0user\0x\0application_name\0" + name + b"\0\0"
            assert said(client, started) == started
        assert said(one, b"COMMIT\0") == b"COMMIT\0"
        with suppress(ConnectionError):
            assert said(other, b"COMMIT\0") == b""
    assert proxy.swallowed_of == {"intake": 1}


def test_what_is_left_of_the_commits_to_be_lost_can_be_taken_back(proxy: Proxy) -> None:
    proxy.swallow(2)
    proxy.swallow(0)
    with connected(proxy) as client:
        assert said(client, b"COMMIT\0") == b"COMMIT\0"


def test_where_the_server_is_down_a_connection_ends_and_the_proxy_goes_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        proxy = Proxy(nobody.getsockname())
    for _ in range(2):
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=WITHIN_S) as client, suppress(ConnectionError):
            assert client.recv(1000) == b""
    proxy.close()
