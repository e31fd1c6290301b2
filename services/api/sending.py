"""Answers that are sent as they are made: each keeps a connection to the database for as long as it is fetched.

So there are only so many at once, whatever they are of; the others find a connection free. Each of them also needs a
thread again for every piece. Could they keep all connections, whoever waits for one would keep all threads, and neither
would move.
"""

from __future__ import annotations

from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Final

import anyio
import anyio.to_thread
from starlette.responses import StreamingResponse

from services.api.problem import ProblemError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import ExitStack
    from typing import Self

    from starlette.types import Receive, Scope, Send

__all__ = ["Pieces", "Sending", "take_turn", "take_turn_of_pages"]

_AT_ONCE: Final = BoundedSemaphore(4)
_PAGES_AT_ONCE: Final = BoundedSemaphore(4)
"""With the lists two fewer than there are connections to ask on: two are always left to what is answered at once."""
_AGAIN_S: Final = 5.0


def take_turn(opened: ExitStack) -> None:
    """Be one of those that are sent, until `opened` is closed; 503 where there are enough."""
    if not _AT_ONCE.acquire(blocking=False):
        raise ProblemError(503, "not_ready", "other lists are being sent: try again", after_s=_AGAIN_S)
    opened.callback(_AT_ONCE.release)


def take_turn_of_pages(opened: ExitStack) -> bool:
    """Be one of the pages that are sent in parts, until `opened` is closed; False where there are enough."""
    taken = _PAGES_AT_ONCE.acquire(blocking=False)
    if taken:
        opened.callback(_PAGES_AT_ONCE.release)
    return taken


class Pieces:
    """The pieces of an answer; what is open behind them is closed after the last one, or when nobody wants more.

    A generator would not do: one that was never begun closes nothing.
    """

    def __init__(self, pieces: Iterator[bytes], opened: ExitStack) -> None:
        self._pieces = pieces
        self._opened = opened

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._opened.close()

    def __del__(self) -> None:
        self.close()


class Sending(StreamingResponse):
    """Sends pieces. However it ends, what is open behind them is closed then, and not when Python collects them."""

    def __init__(self, pieces: Pieces, headers: Mapping[str, str], media_type: str) -> None:
        super().__init__(pieces, headers=headers, media_type=media_type)
        self._sent = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            with anyio.CancelScope(shield=True):  # also where whoever asked has gone
                await anyio.to_thread.run_sync(self._sent.close)
