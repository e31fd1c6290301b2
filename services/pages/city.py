"""The screen of the city: a tile a kelurahan and the same figures in a table, on a day, as known at a position."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from events.territory import UNLISTED, area_of, name_of
from services.pages.pictures.tiles import Step, legend, step_of, width_of
from services.pages.reconciliation import restated_between

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from services.pages.frame import Frame
    from services.pages.words import Words

__all__ = ["Tile", "days", "evening", "shown", "tiles"]

_STEPS: Final = (("back_month", -30), ("back_week", -7), ("back_day", -1), ("on_day", 1), ("on_week", 7))


class Tile(NamedTuple):
    """A kelurahan's figures; `share`: truly outstanding of the wajib KTP here, None where there are none."""

    area: str
    name: str
    kecamatan: str
    official: int
    explained: int
    truly: int
    share: float | None
    step: int = 0


class Days(NamedTuple):
    """The days that may be chosen, and steps from the day shown: a word and the day it leads to."""

    first: date
    last: date
    at: int
    steps: list[tuple[str, date]]

    @property
    def most(self) -> int:
        return (self.last - self.first).days


def shown(
    frame: Frame, document: Mapping[str, Any], beside_it: Mapping[str, Any], *, colour: str, sort: str
) -> dict[str, Any]:
    """What the template is given.

    `beside_it` has `first_day`, `today`, the views' position `head`, and the answers `then` and `now` as it was known
    earlier (or None) and is now.
    """
    day = date.fromisoformat(document["on"])
    found, width = tiles(document["rows"], colour)
    groups = [(area, name_of(area), list(some)) for area, some in groupby(found, lambda tile: tile.kecamatan)]
    words = frame.words
    steps = [
        (step.number, _shares(step, width, words) if colour == "share" else _numbers(step, words))
        for step in legend(width)
    ]
    return {
        "total": document["total"],
        "groups": groups,
        "unlisted": next((row for row in document["rows"] if row["area"] == UNLISTED), None),
        "legend": steps,
        "colour": colour,
        "sort": sort,
        "table": _sorted(found, sort),
        "restated": restated_between(beside_it["then"], beside_it["now"]),
        "days": days(day, beside_it["first_day"], beside_it["today"]),
        "days_evening": evening(day),
        "head": beside_it["head"],
    }


def tiles(rows: Sequence[Mapping[str, Any]], colour: str) -> tuple[list[Tile], float]:
    """A tile for each kelurahan in order of code, with its step; and how wide a step is."""
    found = []
    for row in rows:
        if row["area"] == UNLISTED:
            continue
        obliged = row["official"] + row["standings"]["recorded"]
        share = row["truly"] / obliged if obliged else None
        three = (row["official"], row["explained"], row["truly"])
        found.append(Tile(row["area"], row["name"], area_of(row["area"], "kecamatan"), *three, share))
    values = [_value(tile, colour) for tile in found]
    width = width_of(values, whole=colour == "number")
    return [tile._replace(step=step_of(_value(tile, colour), width)) for tile in found], width


def _value(tile: Tile, colour: str) -> float:
    return (tile.share or 0.0) if colour == "share" else tile.truly


def _numbers(step: Step, words: Words) -> str:
    """The whole numbers of a step: 1–99."""
    least, most = max(int(step.least), min(step.number, 1)), max(int(step.below) - 1, 0)
    return words.number(least) if least >= most else f"{words.number(least)}–{words.number(most)}"


def _shares(step: Step, width: float, words: Words) -> str:
    """The shares of a step: 2,5–5 %."""
    places = 0 if (width * 100).is_integer() else 1
    if step.number == 0:
        return words.percent(0, 0)
    return f"{words.decimal(step.least * 100, places)}–{words.percent(step.below, places)}"


def _sorted(found: list[Tile], sort: str) -> list[Tile]:
    """By code or name upwards, by a figure from the greatest down; equals stay in order of code."""
    if sort in {"area", "name"}:
        return sorted(found, key=lambda tile: getattr(tile, sort))
    return sorted(found, key=lambda tile: -(getattr(tile, sort) or 0))


def evening(day: date) -> str:
    """The last moment of a day, as `known` takes it."""
    return f"{day.isoformat()}T23:59:59.999999+08:00"


def days(day: date, first: date, today: date) -> Days:
    """The days from the register's first to today, or to the day shown where that is later."""
    last = max(today, day)
    steps = [(word, day + timedelta(step)) for word, step in _STEPS]
    return Days(first, last, (day - first).days, [(word, to) for word, to in steps if first <= to <= last])
