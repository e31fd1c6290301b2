"""How far the views are, looked at for all who wait: who wants to read their own write, and who follows changes.

While nobody waits nothing is looked at. Positions only tell that there is something new: what it is, is asked for.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from events.errors import NoAnswer, Refusal, Retry
from projections import position
from services.access.roles import Caller, Role
from services.ask import VIEW_NAMES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from services.api.reach import Reach

__all__ = ["LONGEST_WAIT_S", "Moment", "Watch"]

LONGEST_WAIT_S: Final = 10.0
_EVERY_S: Final = 0.1
_PAUSE_S: Final = 1.0

#: Who looks: of all roles the one that sees least.
_NOBODY: Final = Caller("watch", Role.REPORTING)


class Moment(NamedTuple):
    """The position that all three views have reached, when its entry was accepted, and where the log ends."""

    position: int
    accepted: datetime | None
    head: int


class Watch:
    """One for a process, used in its event loop alone."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._last = Moment(-1, None, -1)
        self._waiting = 0
        self._changed = asyncio.Condition()
        self._looking: asyncio.Task[None] | None = None

    async def close(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking

    async def reached(self, wanted: int, within_s: float = LONGEST_WAIT_S) -> bool:
        """Wait until all views have reached a position; whether they have in time. NoAnswer: the log has none such.

        Where a standby is looked at, its log may end before one that the primary has: that comes, and is waited for.
        """
        end = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                async for moment in self.moments():
                    if moment.position >= wanted:
                        return True
                    end = max(end, moment.head)
                    if end < wanted:
                        end = await asyncio.to_thread(self._reach.head)
                    if end < wanted:
                        raise NoAnswer(f"position {wanted} is ahead of the log, which ends at {end}")
        return False

    async def moments(self, within_s: float | None = None) -> AsyncIterator[Moment]:
        """The newest moment at once, then each newer one that is seen, be it that the log alone has grown.

        Those in between may be left out. With `within_s` there are no more after it.
        """
        until = None if within_s is None else asyncio.get_running_loop().time() + within_s
        self._waiting += 1
        seen = Moment(-1, None, -1)
        try:
            self._look()
            while True:
                try:
                    async with asyncio.timeout_at(until), self._changed:
                        while self._last.position <= seen.position and self._last.head <= seen.head:
                            await self._changed.wait()
                        moment = self._last
                except TimeoutError:
                    return
                seen = moment
                yield moment
        finally:
            self._waiting -= 1

    def _look(self) -> None:
        if self._looking is None or self._looking.done():
            self._last = Moment(-1, None, -1)  # what was seen long ago is not told as new
            self._looking = asyncio.create_task(self._go_on_looking())

    async def _go_on_looking(self) -> None:
        while self._waiting:
            try:
                moment = await asyncio.to_thread(self._moment)
            except (Retry, NoAnswer, Refusal):
                await asyncio.sleep(_PAUSE_S)
                continue
            if moment != self._last:
                async with self._changed:
                    self._last = moment
                    self._changed.notify_all()
            await asyncio.sleep(_EVERY_S)

    def _moment(self) -> Moment:
        with self._reach.question(_NOBODY) as question:
            at = min(position.of(question.cursor, view) for view in VIEW_NAMES)
            return Moment(at, question.accepted(at), question.head())
