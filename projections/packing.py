"""What is known of somebody whom nobody speaks of at the moment, in few bytes, and taken out again.

As JSON, compressed: the sources of the facts; those that have to be known (see `abridged`) in order K; those of a list
in order S; what was withdrawn; the timeline; the anomalies; what was left out. Of a fact: the number of its kind and of
its source, id, recordedtime, the day, the flags, then what is its kind's own. These bytes never leave the process.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final
from zlib import DEFLATED, compressobj, decompress

import orjson

from projections.abridged import abridged
from projections.evidence import (
    Arrival,
    Capture,
    Death,
    Declaration,
    Departure,
    Finding,
    Listing,
    Move,
    Particulars,
    Said,
    Status,
)
from projections.live import Live
from projections.postings import Subject
from projections.reading import Anomaly, Reading, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["pack", "unpack"]

_KINDS: Final[tuple[type[Said | Declaration], ...]] = (
    Listing,
    Capture,
    Status,
    Departure,
    Move,
    Arrival,
    Finding,
    Death,
    Declaration,
)
_NUMBERS: Final = {kind: number for number, kind in enumerate(_KINDS)}
_FIRST: Final = ("id", "recordedtime", "valid_on", "flags")
_VALUES: Final[dict[type[Said | Declaration], Callable[[Any], tuple[Any, ...]]]] = {
    kind: attrgetter(*_FIRST, *(one.name for one in fields(kind) if one.name not in {"source", *_FIRST}))
    for kind in _KINDS
}
_DAYS: Final = 65_536
_LITTLE: Final = (12, 5)
"""zlib's window and memory: with its own, which are for long texts, it takes five times as long to begin."""


def pack(subject: Subject) -> bytes:
    """Who they are, with those of their facts that have to be known."""
    live = subject.live
    sources: dict[str, int] = {}
    needed, without = abridged(live.facts, subject.without)
    facts, declarations = _rows(needed, sources), _rows(live.declarations, sources)
    kept = list(sources), facts, declarations, list(live.withdrawn), subject.timeline, subject.anomalies, without
    small = compressobj(1, DEFLATED, *_LITTLE)
    return small.compress(orjson.dumps(kept, default=tuple)) + small.flush()


def unpack(packed: bytes) -> Subject:
    """Who was packed, and reads the same."""
    sources, facts, declarations, withdrawn, timeline, anomalies, without = orjson.loads(decompress(packed))
    live = Live(
        [_made(sources, row) for row in facts],
        [_made(sources, row) for row in declarations],
        [(source, id_) for source, id_ in withdrawn],
    )
    steps = [Step(_day(day), area, standing) for day, area, standing in timeline]
    noted = [Anomaly(name, tuple([(source, id_) for source, id_ in refs])) for name, refs in anomalies]
    return Subject(live, Reading(tuple(steps), tuple(noted)), without and _day(without))


def _rows(facts: Iterable[Said | Declaration], sources: dict[str, int]) -> list[tuple[Any, ...]]:
    rows = []
    for fact in facts:
        kind = type(fact)
        rows.append((_NUMBERS[kind], sources.setdefault(fact.source, len(sources)), *_VALUES[kind](fact)))
    return rows


def _made(sources: Sequence[str], row: Sequence[Any]) -> Any:
    number, source, id_, recordedtime, day, flags, *own = row
    kind = _KINDS[number]
    if own and (read := _OWN.get(kind)) is not None:
        own = read(*own)
    return kind(sources[source], id_, recordedtime, _day(day), *own, flags=tuple(flags))


_day = lru_cache(_DAYS)(date.fromisoformat)


def _particulars(row: Sequence[Any] | None) -> Particulars | None:
    return None if row is None else Particulars(row[0], _day(row[1]), row[2])


# Of the kinds whose own values are not all texts and numbers.
_OWN: Final[dict[type[Said | Declaration], Callable[..., list[Any]]]] = {
    Listing: lambda list_, kelurahan, row: [list_, kelurahan, _particulars(row)],
    Departure: lambda day: [_day(day)],
    Arrival: lambda kelurahan, row: [kelurahan, _particulars(row)],
    Declaration: lambda list_, kind, rows, totals: [list_, kind, rows, tuple((area, count) for area, count in totals)],
}
