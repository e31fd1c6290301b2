"""Answers that are sent as they are made: each keeps a connection to the database for as long as it is fetched.

So there are only so many at once, whatever they are of; the others find a connection free.
"""

from __future__ import annotations

from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Final

from services.api.problem import ProblemError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import ExitStack
    from typing import Self

__all__ = ["Pieces", "take_turn"]

_AT_ONCE: Final = BoundedSemaphore(4)
_AGAIN_S: Final = 5.0


def take_turn(opened: ExitStack) -> None:
    """Be one of those that are sent, until `opened` is closed; 503 where there are enough."""
    if not _AT_ONCE.acquire(blocking=False):
        raise ProblemError(503, "not_ready", "other lists are being sent: try again", after_s=_AGAIN_S)
    opened.callback(_AT_ONCE.release)


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
            self._opened.close()
            raise

    def __del__(self) -> None:
        self._opened.close()
