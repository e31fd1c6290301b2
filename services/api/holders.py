"""Whose a token or a session is, remembered for a second, so that whoever asks often is looked up seldom.

What was true when the look began is taken to be true for one second from then on and no longer: a user who is disabled,
or given another role, and a token that is revoked, are what they are now within a second. Who signs out is out at once.
Nobody is remembered to be nobody.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

import anyio
import anyio.to_thread

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.access.roles import Caller

__all__ = ["LASTS_S", "Holders"]

LASTS_S: Final = 1.0
_MOST: Final = 1_000
_AT_ONCE: Final = 3


class _Look(NamedTuple):
    """A look that is under way, or what it found, and when it began."""

    began: float
    found: asyncio.Task[Caller | None]


class Holders:
    """One for a process, used in its event loop. Looks by threads of its own, so that who asks what is not in the way.

    Of many requests with one secret at once, one looks and the others wait for it.
    """

    def __init__(self) -> None:
        self._looks: OrderedDict[bytes, _Look] = OrderedDict()
        self._threads = anyio.CapacityLimiter(_AT_ONCE)

    async def of(self, secret: str, look: Callable[[str], Caller | None], now: float) -> Caller | None:
        """Whose it is, by `look` or by what a look that began less than a second ago has found; its errors come out.

        `now` is in seconds of any clock that does not go back.
        """
        key = _digest(secret)
        known = self._looks.get(key)
        if known is None or now - known.began >= LASTS_S:
            known = _Look(now, asyncio.ensure_future(self._look(secret, look)))
            self._keep(key, known)
        try:
            holder = await asyncio.shield(known.found)
        except Exception:
            self._drop(key, known)
            raise
        if holder is None:
            self._drop(key, known)
        return holder

    def forget(self, secret: str) -> None:
        """Look again when it is shown the next time."""
        self._looks.pop(_digest(secret), None)

    def __len__(self) -> int:
        return len(self._looks)

    async def _look(self, secret: str, look: Callable[[str], Caller | None]) -> Caller | None:
        return await anyio.to_thread.run_sync(look, secret, limiter=self._threads)

    def _keep(self, key: bytes, one: _Look) -> None:
        self._looks[key] = one
        self._looks.move_to_end(key)
        while len(self._looks) > _MOST:
            self._looks.popitem(last=False)

    def _drop(self, key: bytes, one: _Look) -> None:
        if self._looks.get(key) is one:
            del self._looks[key]


def _digest(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "replace")).digest()
