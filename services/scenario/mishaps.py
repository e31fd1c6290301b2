"""What real feeds do to a stream of facts: shuffle it, repeat it, contradict it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.scenario.messages import CAPTURED, DIED, Fact, Message, binary, said_again, structured

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

__all__ = ["Deck"]

_REPEATED = 0.03
_SAID_OTHERWISE = 0.007
#: The forms whose registries publish in binary mode.
_BINARY = frozenset({DIED, CAPTURED})


class Deck:
    """Messages, of a whole phase or a part of it, each at a random place between 0 and 1; dealt in that order, once."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._cards: list[tuple[float, int, Message]] = []

    def __len__(self) -> int:
        return len(self._cards)

    def say(self, fact: Fact, after: float = 0.0, before: float = 1.0) -> float:
        """Put the fact between two places, now and then a second time anywhere; its own place is returned."""
        rng = self._rng
        message = _written(fact)
        place = self.put(message, after, before)
        chance = rng.random()
        if chance < _REPEATED:
            self.put(message)
        elif chance < _REPEATED + _SAID_OTHERWISE:
            self.put(said_again(fact, rng))
        return place

    def say_once(self, fact: Fact) -> None:
        """Put the fact anywhere, and never a second time."""
        self.put(_written(fact))

    def put(self, message: Message, after: float = 0.0, before: float = 1.0) -> float:
        """Put a message between two places, as it is, and return its place."""
        place = after + (before - after) * self._rng.random()
        self._cards.append((place, len(self._cards), message))
        return place

    def deal(self) -> Iterator[Message]:
        """All messages in order. The deck is empty afterwards, so what was dealt is not kept."""
        self._cards.sort(reverse=True)
        while self._cards:
            yield self._cards.pop()[2]


def _written(fact: Fact) -> Message:
    return binary(fact) if fact.form in _BINARY else structured(fact)
