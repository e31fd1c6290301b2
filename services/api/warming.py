"""What most people ask for is looked at before they do: where the lists stand, and in which order people are met.

It takes some seconds at a start, and nobody waits for it. From then on what is remembered is brought up to what has
become known, before that is too much (see `projections.recent` and `projections.walking`), in a tenth of the time: the
rest is for those who ask.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

import psycopg
import structlog

from events.calendar import day_in_wita
from events.errors import RekamError
from projections import by_name
from projections.figures import Asked, counted
from projections.lists import named_lists
from projections.reconciliation import reconcile_answer
from projections.selection import kelurahan_in
from services.access.roles import Caller, Role
from services.ask import VIEW_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from services.api.reach import Reach

__all__ = ["keep_warm", "steps"]

_EVERY_S: Final = 15.0
_REST: Final = 9.0
"""So many times as long as a look took nothing is looked at, but at the start."""
_STANDINGS: Final = ("outstanding", "official")

#: In whose name: what is learned of people is for those alone who may see as much.
_CITY: Final = Caller("warming", Role.SUPERVISOR)

_log = structlog.get_logger("api")


async def keep_warm(reach: Reach) -> None:
    """Look, and again where more has become known, until cancelled; where it fails, the next time."""
    looked = None
    while True:
        try:
            today = day_in_wita(datetime.now(UTC))
            now = today, await asyncio.to_thread(_known, reach)
            if now != looked:
                for step in steps(reach, today):
                    began = time.monotonic()
                    await asyncio.to_thread(step)
                    await asyncio.sleep(0.0 if looked is None else _REST * (time.monotonic() - began))
                looked = now
        except (RekamError, psycopg.Error) as error:
            _log.info("not looked ahead", why=type(error).__name__)
        await asyncio.sleep(_EVERY_S)


def steps(reach: Reach, day: date) -> Iterator[Callable[[], None]]:
    """What there is to look at, in pieces that take less than a second of a large city each, one after the other."""
    yield partial(_lists, reach, day)
    for standing in _STANDINGS:
        for area in kelurahan_in(None):
            yield partial(_walk, reach, day, standing, area)


def _known(reach: Reach) -> int:
    with reach.question(_CITY) as question:
        return question.known(None, *VIEW_NAMES)


def _lists(reach: Reach, day: date) -> None:
    with reach.question(_CITY) as question:
        known, before = question.known(None, *VIEW_NAMES), None
        for one in sorted(named_lists(question.cursor, known), key=lambda one: one["as_of"] or ""):
            if one["kind"] == "unrecorded":
                reconcile_answer(question.cursor, one["list"], day, known, before, reach.recent)
                before = one["list"]
            elif one["kind"] == "register":
                counted(question.cursor, Asked(day, known, one["list"]), "city", reach.recent)


def _walk(reach: Reach, day: date, standing: str, area: str) -> None:
    with reach.question(_CITY) as question:
        wanted = by_name.Wanted(standing, day, question.known(None, *VIEW_NAMES), area)
        by_name.learn(question.cursor, question.keys, wanted, reach.walks)
