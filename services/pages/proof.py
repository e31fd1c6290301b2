"""The audit's screens, from documents to what their templates show: contradictions, figures explained, lateness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from events.territory import UNLISTED, name_of
from projections.punctuality import BUCKETS
from services.pages import outstanding, resident
from services.pages.pictures.bars import bar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markupsafe import Markup

    from services.pages.frame import Frame

__all__ = ["LIMIT_DAYS", "PARTS", "Explained", "Late", "contradicted", "explained", "late", "logged", "place"]

#: The parts of the audit: name, path, and the operation of whoever sees it; the name is the word `audit.…`.
PARTS: Final = (
    ("contradictions", "/audit", "anomalies"),
    ("figure", "/audit/figure", "trail"),
    ("lateness", "/audit/lateness", "status"),
    ("log", "/audit/log", "log"),
    ("readings", "/audit/readings", "readings"),
    ("checks", "/audit/checks", "check"),
)
LIMIT_DAYS: Final = 30
"""Where no limit is asked for. How late the law lets a death or a move be told differs by event and by year."""


class Explained(NamedTuple):
    """One of the people behind a figure: their facts, numbered, and the standings in order."""

    subject: str
    facts: Sequence[resident.Told]
    bands: Sequence[Mapping[str, str]]


class Late(NamedTuple):
    """A source's facts of one type, by how many days later they were told."""

    source: str
    word: str
    facts: int
    spread: Mapping[str, Any]
    bar: Markup


def place(area: str) -> str | None:
    """What an area is called; None for that of nobody's kelurahan."""
    return None if area == UNLISTED else name_of(area)


def contradicted(frame: Frame, document: Mapping[str, Any]) -> dict[str, Any]:
    """What the template is given. The tally is there on the first page alone, in the order of the most people."""
    tally = document["tally"] or []
    most = max((one["people"] for one in tally), default=0)
    return {
        "parts": PARTS,
        "document": document,
        "tally": sorted(tally, key=lambda one: (-one["people"], one["name"])),
        "bar": lambda people: bar([("settled", people)], most),
        "place": place,
        "kind": resident.kind_of,
        "chosen": frame.query.get("name"),
    }


def explained(document: Mapping[str, Any] | None, frame: Frame, of_reader: Sequence[str]) -> dict[str, Any]:
    """What the template is given; without a figure asked for, the form alone."""
    residents = [] if document is None else document["residents"]
    people = [Explained(one["subject"], resident.told(one), resident.standings(one, frame)) for one in residents]
    return {
        "parts": PARTS,
        "figure": document,
        "people_behind": people,
        "standings": outstanding.standings(),
        "standing_word": outstanding.standing_word,
        "areas": outstanding.areas(of_reader),
        "whole_city": not of_reader,
        "place": place,
    }


def late(document: Mapping[str, Any], clock: str) -> dict[str, Any]:
    """What the template is given; `clock` is `written` or `accepted`."""
    rows = [
        Late(one["source"], resident.word_of(one["type"]), one["facts"], one[clock], _bar(one[clock]))
        for one in document["rows"]
    ]
    return {
        "parts": PARTS,
        "document": document,
        "clock": clock,
        "rows": sorted(rows, key=lambda one: (-(one.spread["share"] or 0), one.source, one.word)),
        "total": document["total"][clock],
        "total_bar": _bar(document["total"][clock]),
        "facts": document["total"]["facts"],
        "buckets": list(BUCKETS),
    }


def _bar(spread: Mapping[str, Any]) -> Markup:
    """All facts fill the bar: what is compared is how they are shared out."""
    buckets = spread["buckets"]
    return bar([(f"late-{at}", buckets[name]) for at, name in enumerate(BUCKETS)], sum(buckets.values()))


def logged(document: Mapping[str, Any]) -> dict[str, Any]:
    """What the template is given: of each entry what is in clear and of no person, and its digest.

    `lists` are those of the subjects that are lists: nobody has a page of theirs.
    """
    return {
        "parts": PARTS,
        "head": document["head"],
        "next": document["next"],
        "rows": [
            {
                "position": row["position"],
                "digest": row["digest"],
                "entry": row["entry"],
                "word": row["entry"] and resident.word_of(row["entry"]["type"]),
                "named": row["entry"] is not None and row["entry"]["subject"] not in document["lists"],
            }
            for row in document["rows"]
        ],
    }
