"""The screen of operations, from documents to what its template shows: how far, what became of it, and from whom."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from services.pages import resident
from services.pages.pictures.bars import bar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["OUTCOMES", "Way", "conflict", "shown", "sources", "ways"]

#: What becomes of an offset, in the order of CONTRACT.md.
OUTCOMES: Final = ("appended", "duplicate", "conflict", "quarantined", "absent", "expired")
_DRAWN: Final = {"appended": "explained", "duplicate": "settled", "conflict": "truly", "quarantined": "truly"}


class Way(NamedTuple):
    """How far something has come of what there is: a view of the log, or the relay of one of its topics."""

    word: str
    at: int
    of: int
    still: bool = False

    @property
    def behind(self) -> int:
        return self.of - self.at


def shown(
    status: Mapping[str, Any], heard: Mapping[str, Any], parked: Mapping[str, Any] | None, done: Mapping[str, str]
) -> dict[str, Any]:
    """What the template is given. `parked` is None for whoever may not see it; `done` is what was just done."""
    accounted = status["accounted"]
    most = max(accounted.values(), default=0)
    return {
        "status": status,
        "ways": ways(status),
        "outcomes": [(one, accounted.get(one, 0), _bar(one, accounted, most)) for one in OUTCOMES],
        "messages": sum(accounted.values()),
        "open": sum(status["quarantine"].values()),
        "sources": sources(heard),
        "parked": None if parked is None else {**parked, "groups": _groups(parked["rows"])},
        "conflict": conflict,
        "done": done,
    }


def ways(status: Mapping[str, Any]) -> list[Way]:
    """The three views and the relay of the log against its head."""
    head = status["position"]
    still = set(status["standing_still"])
    views = [Way(f"way.{view}", at, head, view in still) for view, at in status["projections"].items()]
    relayed = status["relayed"].get("rekam.log")
    return views if relayed is None else [*views, Way("way.relay", relayed, head)]


def _bar(outcome: str, accounted: Mapping[str, int], most: int) -> Any:
    return bar([(_DRAWN.get(outcome, "truly"), accounted.get(outcome, 0))], most)


def sources(heard: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each source with what it says in words; the one that has been silent longest first."""
    some = [
        {**one, "words": [(resident.word_of(of["type"]), of["facts"]) for of in one["types"]]}
        for one in heard["sources"]
    ]
    return sorted(some, key=lambda one: (-one["silent_days"], one["source"]))


def conflict(row: Mapping[str, Any]) -> list[tuple[str, Any, Any, bool]] | None:
    """Both versions side by side: field, what stands, what is parked, and whether they differ; None where unopened.

    Of a sealed field there is only that it differs.
    """
    if "parked_version" not in row:
        return None
    here, there = _said(row["stands"]), _said(row["parked_version"])
    names = dict.fromkeys((*here, *there, *row["differs"]))
    return [(name, here.get(name), there.get(name), name in row["differs"]) for name in names]


def _said(version: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: version[name] for name in ("type", "time", "recordedtime")}
    return {**plain, **version.get("fact", {})}


def _groups(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """By code, the codes in alphabetical order, in each by number."""
    order = sorted(rows, key=lambda row: (row["code"], row["number"]))
    return [(code, list(some)) for code, some in groupby(order, lambda row: row["code"])]
