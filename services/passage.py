"""What went through a process, said in its log once a second at most: which positions, and where in Kafka they stood.

A line is about every batch since the line before. Stretches that follow on each other are joined, so all that went
through is named, and a backlog of thousands of batches makes one line a second.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import structlog

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from events.entry import Coordinates
    from events.offsets import Mark

__all__ = ["Passage", "Place", "places"]

_EVERY_S: Final = 1.0
_MOST: Final = 20
"""As many parked messages are named in a line; all are counted in it, and `rekam quarantine list` has them."""


class Place(NamedTuple):
    """A partition; only the topics of registries have incarnations that are counted."""

    topic: str
    partition: int
    incarnation: int | None = None


class Passage:
    """Collects and says. `said` is the line's event, `always` stands in every line. For one thread at a time."""

    def __init__(self, process: str, said: str, **always: str) -> None:
        self._log = structlog.get_logger(process)
        self._said, self._always = said, always
        self._last = float("-inf")
        self._clear()

    def _clear(self) -> None:
        self._batches = 0
        self._positions: list[list[int]] = []
        self._offsets: dict[Place, list[list[int]]] = {}
        self._numbers: dict[str, list[list[int]]] = {}
        self._outcomes: Counter[str] = Counter()
        self._parked: list[dict[str, Any]] = []

    def batch(self, positions: tuple[int, int], offsets: Mapping[Place, tuple[int, int]]) -> None:
        """Take note of a batch: its positions and, by partition, its offsets, first and last; (1, 0) for none."""
        self._batches += 1
        _join(self._positions, positions)
        for place, span in offsets.items():
            _join(self._offsets.setdefault(place, []), span)

    def numbers(self, numbers: Mapping[str, tuple[int, int]]) -> None:
        """Take note of what goes to a topic under numbers of its own: receipts, notices of what was parked."""
        for topic, span in numbers.items():
            _join(self._numbers.setdefault(topic, []), span)

    def outcomes(self, told: Iterable[tuple[Coordinates, str, str | None]]) -> None:
        """Take note of what became of each message, and of the code of one that was parked."""
        for kafka, outcome, code in told:
            self._outcomes[outcome] += 1
            if code is not None and len(self._parked) < _MOST:
                self._parked.append({**kafka._asdict(), "code": code})

    def say(self, *, at_once: bool = False) -> None:
        """Say it, if there is anything to say, and a second has gone by since the line before."""
        if not self._batches or not (at_once or time.monotonic() - self._last >= _EVERY_S):
            return
        line: dict[str, Any] = {"batches": self._batches, "positions": self._positions}
        if self._offsets:
            line["offsets"] = [
                {**{name: value for name, value in place._asdict().items() if value is not None}, "spans": spans}
                for place, spans in sorted(self._offsets.items(), key=lambda one: one[0][:2])
            ]
        if self._numbers:
            line["numbers"] = self._numbers
        if self._outcomes:
            line["outcomes"] = dict(self._outcomes)
        if self._parked:
            line["parked"] = self._parked
        self._log.info(self._said, **self._always, **line)
        self._clear()
        self._last = time.monotonic()


def _join(spans: list[list[int]], span: tuple[int, int]) -> None:
    """Add a span, of which both ends are included; one that overlaps the last, or follows on it, makes it longer."""
    first, last = span
    if first > last:
        return
    if spans and spans[-1][0] <= first <= spans[-1][1] + 1:
        spans[-1][1] = max(spans[-1][1], last)
    else:
        spans.append([first, last])


def places(marks: Iterable[Mark]) -> list[dict[str, Any]]:
    """Where intake is, as any other line of the log has it: partitions, each with the offset that comes next."""
    return [
        {"topic": mark.topic, "incarnation": mark.incarnation, "partition": mark.partition, "offset": mark.next}
        for mark in marks
    ]
