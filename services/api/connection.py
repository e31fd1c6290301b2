"""What a connection may be at most before there is a request: how long its head is, how slowly it comes, how many are.

The server itself bounds none of these. A header of 100 MB was put together piece by piece, which kept everybody else
waiting for a minute and a half; and whoever sends half a request could keep the connection for ever.
"""

from __future__ import annotations

import resource
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

__all__ = ["Connection"]

_HEAD: Final = 65_536
"""Bytes of an address and headers that have not ended yet; how long an address may be is for the app to say."""
_MOST: Final = 4_096
_OTHER_FILES: Final = 128


def _most() -> int:
    """As many connections as there may be open files, without those that are needed beside."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST if soft == resource.RLIM_INFINITY else max(1, min(_MOST, soft - _OTHER_FILES))


class Connection(HttpToolsProtocol):
    """One connection. A request is there as a whole, with its body, `within_s` after its first byte, or is not heard.

    One that has nothing to say for so long is closed, too; a stream that is being sent is not.
    """

    within_s = 20.0

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._most = _most()
        self._patience: asyncio.TimerHandle | None = None
        self._in_head = True
        self._head = 0
        self._parts = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self._most:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "not_ready", "too many are connected: try again in a while")
        else:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._go_on()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        before = self._parts
        super().data_received(data)
        if not self._in_head or self.transport.is_closing():
            return
        self._head = self._head + len(data) if self._parts == before else 0
        if self._head > _HEAD:
            large = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            self._refuse(large, "too_large", f"an address and headers have at most {_HEAD} bytes")
        elif self._patience is None and (self.cycle is None or self.cycle.response_complete):
            self._wait()

    def send_400_response(self, msg: str) -> None:
        """An address that is longer than can be read is refused as one that can be read is."""
        if len(self.url) > _HEAD // 2:
            self._refuse(HTTPStatus.REQUEST_URI_TOO_LONG, "too_large", "an address is too long: ask in fewer words")
        else:
            super().send_400_response(msg)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._patience is None:
            self._wait()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > _HEAD // 2:
            raise ValueError(len(self.url))

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self._in_head, self._head, self._parts = False, 0, self._parts + 1

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head, self._parts = True, self._parts + 1
        self._go_on()

    def _wait(self) -> None:
        self._go_on()
        self._patience = self.loop.call_later(self.within_s, self._too_slow)

    def _go_on(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _too_slow(self) -> None:
        self._refuse(HTTPStatus.REQUEST_TIMEOUT, "too_slow", f"a request is sent within {self.within_s:.0f} s")

    def _refuse(self, status: HTTPStatus, word: str, detail: str) -> None:
        """Say why, unless an answer is under way, and hear no more."""
        self._go_on()
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:
            problem = {"type": f"urn:rekam:problem:{word}", "title": status.phrase, "status": status, "detail": detail}
            body = orjson.dumps({**problem, "errors": []})
            said = ("content-type: application/problem+json", "cache-control: no-store", "connection: close")
            head = "\r\n".join((f"HTTP/1.1 {status} {status.phrase}", *said, f"content-length: {len(body)}", "", ""))
            self.transport.write(head.encode() + body)
        self.transport.close()
