"""A register of a million facts that went through intake: the city of the scenario, both phases, and more about it.

Of what comes on top, before and while it is measured, two in three are what the centre says of cards of people who were
recorded long ago, which changes no standing; the others are findings at the doors of the first list.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import date, timedelta
from itertools import chain, count, islice
from random import Random
from typing import TYPE_CHECKING, Any, Final

import orjson

from services import scenario
from services.scenario.messages import CENTRE, FOUND, STATUS, Fact, Message, structured
from tests.register import fill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.benchmarks.engines import Bench

__all__ = ["FACTS", "SEED", "City"]

FACTS: Final = 1_000_000
SEED: Final = 2018
_AT_ONCE: Final = 2_000
_LISTED: Final = b"rekam.listing.resident_listed.v1"
_STATUSES: Final = ("CARD_PRINTED", "CARD_SHIPPED", "CARD_ISSUED")
_OUTCOMES: Final = ("already_recorded", "moved_away", "still_here", "not_found", "needs_home_visit", "refused")
_LISTS: Final = (scenario.REGISTER, scenario.FIRST_LIST, scenario.SECOND_LIST)
_TO_MARCH_2019: Final = (date(2018, 11, 24), date(2019, 3, 31))


class City:
    """Who is in it, by NIK, and what is said about them, each time something else.

    `scale` is how much of the city there is, `facts` how many there are once it is filled: more than the city has.
    """

    def __init__(self, scale: scenario.Scale = scenario.WHOLE, facts: int = FACTS) -> None:
        self._scale = scale
        self._facts = facts
        self._rng = Random(SEED)
        self._numbers = count(1)
        self._listed: dict[str, dict[str, None]] = {name: {} for name in _LISTS}

    @classmethod
    def of_scale(cls, scale: scenario.Scale) -> City:
        """A part of it, with some more facts than the scenario tells of such a part."""
        return cls(scale, int(850_000 * scale) + 1_000)

    def fill(self, bench: Bench) -> float:
        """Take the facts in while the views and the relay follow; the seconds it took."""
        began = time.monotonic()
        with ExitStack() as opened:
            for name in ("counts", "trail", "outstanding", "relay"):
                opened.enter_context(bench.process(name))
            folder, address = bench.settings.keys, bench.settings.database
            fill(address, folder, self._heard(), views=(), at_once=_AT_ONCE)
            more = self._facts - int(bench.one("SELECT size FROM log.head"))
            fill(address, folder, islice(self.said(*_TO_MARCH_2019), more), views=(), at_once=_AT_ONCE)
            for behind in ("counts.position", "trail.position", "outstanding.position"):
                bench.until(f"SELECT position >= (SELECT size FROM log.head) FROM {behind}", within_s=1_800)
            bench.until(
                "SELECT last >= (SELECT size FROM log.head) FROM intake.relayed WHERE topic = 'rekam.log'",
                within_s=1_800,
            )
        bench.looking.execute("VACUUM (ANALYZE)")
        return time.monotonic() - began

    def said(self, first: date, last: date) -> Iterator[Message]:
        """More and more facts, of days from the first to the last."""
        rng = self._rng
        register, first_list, second_list = (self._listed[name] for name in _LISTS)
        at_their_doors = list(first_list)
        recorded = sorted(register.keys() - first_list.keys() - second_list.keys())
        for number in self._numbers:
            day = first + timedelta(rng.randrange((last - first).days + 1))
            if number % 3:
                data = {"nik": rng.choice(recorded), "status": rng.choice(_STATUSES), "reported_on": f"{day}"}
                fact = Fact(STATUS, CENTRE, f"more-{number}", f"{day}T02:00:00Z", f"{day}T03:00:00Z", data)
            else:
                data = {"nik": rng.choice(at_their_doors), "outcome": rng.choice(_OUTCOMES), "found_on": f"{day}"}
                fact = Fact(FOUND, FOUND.source, f"more-{number}", f"{day}T02:00:00Z", f"{day}T03:00:00Z", data)
            yield structured(fact)

    def _heard(self) -> Iterator[Message]:
        """The register and both phases; who is listed is remembered."""
        register = chain.from_iterable(scenario.Register(SEED, self._scale).portions())
        phases = (scenario.phase_one(SEED, self._scale), scenario.phase_two(SEED, self._scale))
        for message in chain(register, *phases):
            if message.value is not None and _LISTED in message.value:
                self._remember(message.value)
            yield message

    def _remember(self, value: bytes) -> None:
        try:
            data: dict[str, Any] = orjson.loads(value)["data"]
        except (ValueError, KeyError):
            return  # one of the messages that are refused
        if data.get("list") in self._listed and len(str(data.get("nik"))) == 16:
            self._listed[data["list"]][data["nik"]] = None
