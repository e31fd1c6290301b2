"""How soon somebody may try to sign in again: after some failures of a name, or from an address, pauses that grow.

A name that nobody has is counted like any other. It is kept in memory, and bounded: of more names and addresses than
`most`, those whose last failure is longest ago are forgotten. The time is an argument, in seconds of any clock that
does not go back.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, NamedTuple

__all__ = ["Throttle"]

FREE_OF_A_NAME: Final = 5
FREE_OF_AN_ADDRESS: Final = 20  # a whole office may share one
LONGEST_S: Final = 300.0
FORGOTTEN_AFTER_S: Final = 3600.0


class _Tried(NamedTuple):
    """So many times since it was forgotten, the last at that time, and the one before at `before`."""

    times: int
    last: float
    before: float


@dataclass
class Throttle:
    """Attempts by name and by address. May be asked by several threads."""

    most: int = 10_000
    _tried: OrderedDict[tuple[str, str], _Tried] = field(default_factory=OrderedDict, repr=False)
    _turn: Lock = field(default_factory=Lock, repr=False)

    def attempt(self, name: str, address: str, now: float) -> float:
        """0.0: try now; else the seconds to wait. An attempt counts as a failure until it has succeeded.

        So of a thousand that come at once only the first few are let through. Who is told to wait is not counted.
        """
        with self._turn:
            wait = max(self._wait(key, free, now) for key, free in _keys(name, address))
            if wait <= 0:
                for key, _ in _keys(name, address):
                    self._count(key, now)
            return max(wait, 0.0)

    def succeeded(self, name: str, address: str, tried_at: float) -> None:
        """The name begins anew; of the address this one attempt is taken back, whoever else is tried from there.

        So what failed there fades while others of the office sign in. `tried_at` is the `now` of the attempt.
        """
        with self._turn:
            (of_name, _), (of_address, _) = _keys(name, address)
            self._tried.pop(of_name, None)
            tried = self._tried.get(of_address)
            if tried is not None:
                last = tried.before if tried.last == tried_at else tried.last
                self._tried[of_address] = _Tried(max(tried.times - 1, 0), last, tried.before)

    def __len__(self) -> int:
        return len(self._tried)

    def _wait(self, key: tuple[str, str], free: int, now: float) -> float:
        tried = self._tried.get(key)
        if tried is None or now - tried.last > FORGOTTEN_AFTER_S:
            return 0.0
        return tried.last + _pause(tried.times - free) - now

    def _count(self, key: tuple[str, str], now: float) -> None:
        tried = self._tried.pop(key, None)
        if tried is None or now - tried.last > FORGOTTEN_AFTER_S:
            tried = _Tried(0, now - FORGOTTEN_AFTER_S, 0.0)
        self._tried[key] = _Tried(tried.times + 1, now, tried.last)
        while len(self._tried) > self.most:
            self._tried.popitem(last=False)


def _pause(beyond: int) -> float:
    """1, 2, 4, … seconds from the first failure beyond those that are free."""
    return 0.0 if beyond < 0 else min(2.0 ** min(beyond, 20), LONGEST_S)


def _keys(name: str, address: str) -> tuple[tuple[tuple[str, str], int], tuple[tuple[str, str], int]]:
    return (("name", name[:64]), FREE_OF_A_NAME), (("address", _network(address)), FREE_OF_AN_ADDRESS)


def _network(address: str) -> str:
    """Of IPv6 the /64 that a subscriber has; an address that is none stands for itself."""
    try:
        there = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if there.version == 6:
        mapped = there.ipv4_mapped
        return str(mapped or ipaddress.ip_network((there, 64), strict=False))
    return str(there)
