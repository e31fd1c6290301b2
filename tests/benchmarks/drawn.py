"""Questions to the API, drawn: various days, positions, areas and pages, none of them twice in a row."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING, Final

import httpx

from events.territory import KECAMATAN, KELURAHAN
from tests.benchmarks.vegeta import Asked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.benchmarks.engines import Bench

__all__ = ["Drawn"]

_LEVELS: Final = ("kelurahan", "kecamatan", "city")
_FROM: Final = date(2018, 11, 23)
_KEYS: Final = 100


class Drawn:
    """For one user; `api` is where it is served, `token` the user's."""

    def __init__(self, bench: Bench, api: str, token: str) -> None:
        self._rng = Random(7)
        self._api = api
        self._headers = {"Authorization": f"Bearer {token}"}
        self._facts = int(bench.one("SELECT size FROM log.head"))
        # before its declaration the register has no days to be asked about
        self._first = int(bench.one("SELECT min(position) FROM counts.declaration WHERE register"))

    def counts(self, times: int) -> list[Asked]:
        """Of today: the whole city, a kecamatan, a kelurahan."""
        areas = ("", *KECAMATAN, *KELURAHAN)
        return [
            self._counts({"by": self._rng.choice(_LEVELS), "kelurahan": self._rng.choice(areas)}) for _ in range(times)
        ]

    def as_of(self, times: int) -> list[Asked]:
        """Of a past day, as known then."""
        return [self._counts({"on": f"{self._day()}", "known": f"{self._position()}"}) for _ in range(times)]

    def pages(self, times: int) -> list[Asked]:
        """Of lists of one kelurahan: half of them first pages, the others behind a page key."""
        keys = [self._behind() for _ in range(_KEYS)]
        return [self._list(self._kelurahan()) if at % 2 else self._list(self._rng.choice(keys)) for at in range(times)]

    def mixed(self, times: int) -> list[Asked]:
        """Six in ten counts, two as of a past day, two pages."""
        tenth = times // 10
        some = [*self.counts(6 * tenth), *self.as_of(2 * tenth), *self.pages(2 * tenth)]
        self._rng.shuffle(some)
        return some

    def _behind(self) -> dict[str, str]:
        """The question of a page that is not the first, with its key."""
        asked = self._kelurahan()
        for _ in range(self._rng.randrange(1, 4)):
            one = self._list(asked)
            answer = httpx.get(one.url, headers=one.headers, timeout=60).raise_for_status()
            if answer.json()["next"] is None:
                break
            asked = {**asked, "after": answer.json()["next"]}
        return asked

    def _kelurahan(self) -> dict[str, str]:
        return {
            "kelurahan": self._rng.choice(list(KELURAHAN)),
            "standing": self._rng.choice(["outstanding", "official"]),
        }

    def _counts(self, asked: Mapping[str, str]) -> Asked:
        return self._asked("/v1/counts", asked)

    def _list(self, asked: Mapping[str, str]) -> Asked:
        return self._asked("/v1/outstanding", asked)

    def _asked(self, path: str, asked: Mapping[str, str]) -> Asked:
        said = {name: value for name, value in asked.items() if value}
        return Asked(str(httpx.URL(self._api + path, params=said)), self._headers)

    def _day(self) -> date:
        return _FROM + timedelta(self._rng.randrange(129))

    def _position(self) -> int:
        return self._rng.randrange(self._first, self._facts)
