"""What everything stands on, made once in engines that have an address: roles, tables, views, keys, topics."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final, TypeVar

import psycopg

from events.errors import Unreachable, WrongUse
from services.access import tokens
from services.embedded import find
from services.processes import prepare as make_database
from services.processes import standing_still, unlock
from services.talk import say
from services.wire import OUR_TOPICS, Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.settings import Settings

__all__ = ["prepare"]

_T = TypeVar("_T")

_PATIENCE_S: Final = 60.0
_PAUSE_S: Final = 0.5


def prepare(settings: Settings, patience_s: float = _PATIENCE_S) -> str:
    """Make what is missing, and say what is there now. May be called again, and by several at once.

    Engines that are just being started are waited for; Unreachable when they do not answer in time.
    """
    if not (settings.kafka and settings.database):
        missing = "REKAM_KAFKA" if settings.database else "REKAM_DATABASE"
        raise WrongUse(
            f"{missing} is empty, and our own engines are prepared by `rekam up`: run that, or set {missing}"
        )
    until = time.monotonic() + patience_s
    engines = find(settings)
    _patiently(lambda: make_database(engines.database), until)
    for why in _patiently(lambda: standing_still(engines.database), until):
        say(why)
    keys = _patiently(lambda: unlock(settings, engines.database), until)
    tokens.load_key(settings.keys)  # by which programs sign in at the API
    _patiently(lambda: asyncio.run(Wire(settings, engines).make_topics()), until)
    return f"prepared: the database, {len(OUR_TOPICS)} topics, and in {settings.keys} the keys {keys.fingerprint}"


def _patiently(work: Callable[[], _T], until: float) -> _T:
    said = ""
    while True:
        try:
            return work()
        except psycopg.OperationalError as error:  # it went away in the middle, as when it is started anew
            why = Unreachable(f"PostgreSQL goes away: {type(error).__name__}. Check REKAM_DATABASE, or start it.")
        except Unreachable as error:
            why = error
        if time.monotonic() > until:
            raise why
        if str(why) != said:
            said = str(why)
            say(f"waiting: {said}")
        time.sleep(_PAUSE_S)
