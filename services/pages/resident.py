"""One resident's screen, from documents to what its template shows: the row, the picture, the facts in order."""

from __future__ import annotations

from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from events.territory import UNLISTED, name_of
from projections.reading import EXPLAINED
from services.pages.pictures.timeline import Band, Days, Mark, tall, wide

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markupsafe import Markup

    from services.pages.frame import Frame

__all__ = ["Changed", "Told", "changes", "kind_of", "pictures", "shown", "standings", "told", "word_of"]

_BEFORE: Final = ("nowhere", "unlisted", "underage")


class Changed(NamedTuple):
    """From a day on, from one account to another; `again`: a change of earlier that no longer holds."""

    day: str
    from_: str
    to: str
    place: str
    again: bool


class Told(NamedTuple):
    """A fact with its number on the page, its three times, and what it changed."""

    number: int
    word: str
    fact: Mapping[str, Any]
    changes: Sequence[Changed]


def shown(frame: Frame, trail: Mapping[str, Any], beside: Mapping[str, Any]) -> dict[str, Any]:
    """What the template is given. `trail` has the row of a list too, as `resident`.

    `beside` has `follow_ups` by name of the anomaly, and `readings`, a page of them, or None for whoever may not see
    who has looked.
    """
    facts = told(trail)
    numbers = {one.fact["position"]: one.number for one in facts}
    steps = beside["follow_ups"]
    return {
        "resident": trail["resident"],
        "kind": kind_of(trail["resident"]["standing"]),
        "subject": trail["subject"],
        "pictures": pictures(trail, facts, frame),
        "facts": facts,
        "anomalies": [
            {"name": name, "cases": [[numbers[at] for at in one["facts"]] for one in some], "step": steps.get(name)}
            for name, some in groupby(trail["anomalies"], lambda one: one["name"])
        ],
        "readings": beside["readings"],
    }


def word_of(type_: str) -> str:
    """The key of a type's name: `fact.` and the end of it, without the version."""
    return f"fact.{'_'.join(type_.split('.')[1:3])}"


def kind_of(standing: str) -> str:
    """In which colour a standing is drawn."""
    if standing == "outstanding":
        return "truly"
    if standing in EXPLAINED:
        return "explained"
    return "before" if standing in _BEFORE else "settled"


def told(trail: Mapping[str, Any]) -> list[Told]:
    """The facts in the order in which they happened, and those of one day, or of none, as they were accepted."""
    order = sorted(trail["facts"], key=lambda fact: (fact["valid_on"] or fact["recordedtime"][:10], fact["position"]))
    return [
        Told(number, word_of(fact["type"]), fact, list(changes(fact["effect"]))) for number, fact in enumerate(order, 1)
    ]


def changes(effects: Sequence[Mapping[str, Any]]) -> list[Changed]:
    """What a fact posted, in words' keys: what is new, and after it what no longer holds."""
    found = [
        Changed(one["valid_on"], one["from"]["standing"], one["to"]["standing"], _place(one), one["people"] < 0)
        for one in effects
    ]
    return sorted(found, key=lambda one: one.again)


def _place(effect: Mapping[str, Any]) -> str:
    """The kelurahan, where somebody comes to another."""
    here, there = effect["from"]["area"], effect["to"]["area"]
    return "" if there in {here, UNLISTED} else name_of(there)


def standings(trail: Mapping[str, Any], frame: Frame) -> list[dict[str, str]]:
    """How they stood, one after the other: since when, how, where, and in which colour."""
    return [
        {
            "since": one["from"],
            "kind": kind_of(one["standing"]),
            "said": frame.words.of(f"standing.{one['standing']}"),
            "place": "" if one["area"] == UNLISTED else name_of(one["area"]),
        }
        for one in trail["timeline"]
    ]


def pictures(trail: Mapping[str, Any], facts: Sequence[Told], frame: Frame) -> list[Markup]:
    """The timeline in both shapes; without anything that happened there is none."""
    if frame.day is None or not trail["timeline"]:
        return []
    w, short = frame.words.of, frame.words.short_day
    bands = [
        Band(date.fromisoformat(one["since"]), one["kind"], one["said"], one["place"])
        for one in standings(trail, frame)
    ]
    marks = [
        Mark(
            date.fromisoformat(one.fact["valid_on"]),
            one.number,
            w(one.word),
            one.fact["withdrawn_by"] is not None,
            f"#fact-{one.number}",
        )
        for one in facts
        if one.fact["valid_on"] is not None
    ]
    said = (w("timeline.title"), w("timeline.description", bands=len(bands), facts=len(facts)))
    days = Days(bands, marks, frame.day, w("timeline.now"), said)
    return [wide(days, short), tall(days, short)]
