"""A resident's days as a picture: how they stood, as bands one after the other, and each fact as a numbered mark.

Time goes from left to right, or down on a telephone. Years in which nothing happens are drawn short: what is wanted is
the order of things, and which came close together; each day stands in words beside its band or mark.
"""

from __future__ import annotations

from itertools import pairwise
from math import log2
from typing import TYPE_CHECKING, Final, NamedTuple

from services.pages.pictures import svg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date

    from markupsafe import Markup

__all__ = ["Band", "Days", "Mark", "levels", "places", "tall", "wide"]

_WIDTH: Final = 960.0
_NARROW: Final = 343.0
_LETTER: Final = 7.7
"""An average letter of a label, in the type of the style sheet; wide rather than narrow."""

_LABEL: Final = 42.0
_BAND: Final = 26.0
_APART: Final = 1.5
_MARK: Final = 28.0
_TICK: Final = 18.0
_ROUND: Final = 11.0
_ROW: Final = 34.0


class Band(NamedTuple):
    """How somebody stood from a day on, until the next band. `kind` is the class that colours it."""

    since: date
    kind: str
    label: str
    place: str


class Mark(NamedTuple):
    """A fact at its day, with the number that it has on the page; a withdrawn one is struck."""

    day: date
    number: int
    label: str
    withdrawn: bool
    href: str


class Days(NamedTuple):
    """What is drawn. `shown` is the day that the page is about, called `now`; `said` the picture's title and text."""

    bands: Sequence[Band]
    marks: Sequence[Mark]
    shown: date
    now: str
    said: tuple[str, str]

    def all(self) -> list[date]:
        """Every day on which something is drawn, in order."""
        return sorted({*(one.since for one in self.bands), *(one.day for one in self.marks), self.shown})


def places(days: Sequence[date], width: float) -> dict[date, float]:
    """Where each day lies between 0 and the width; the days are in order, each once. A long gap grows ever slower."""
    steps = [1 + log2(1 + (after - before).days) for before, after in pairwise(days)]
    scale = width / sum(steps) if steps else 0.0
    at, placed = 0.0, {}
    for day, step in zip(days, [0.0, *steps], strict=False):
        at += step * scale
        placed[day] = at
    return placed


def levels(spans: Sequence[tuple[float, float]]) -> list[int]:
    """Give each span the lowest level on which it covers none that came before it."""
    held: list[list[tuple[float, float]]] = []
    found = []
    for left, right in spans:
        free = (level for level, some in enumerate(held) if all(right <= one or left >= other for one, other in some))
        level = next(free, len(held))
        if level == len(held):
            held.append([])
        held[level].append((left, right))
        found.append(level)
    return found


def wide(days: Days, write: Callable[[date], str]) -> Markup:
    """From left to right: labels, bands, marks, and the marks' days. `write` writes a day in the page's language."""
    at = places(days.all(), _WIDTH - 2 * _ROUND - 90)
    at = {day: x + _ROUND for day, x in at.items()}
    labels = _labels(days, at, write)
    top = (max((level for *_, level in labels), default=-1) + 1) * _LABEL + 4
    inside = list(_bands(days, at, top))
    for band, x, level in labels:
        y = top - 6 - _LABEL * level
        inside.append(svg.element("line", x1=x, x2=x, y1=y - 26, y2=top, class_="axis"))
        inside.append(svg.text(x + 5, y - 18, band.label, "label"))
        inside.append(svg.text(x + 5, y - 1, _since(band, write), "small"))
    below = top + _BAND + 6
    rows = levels([(at[one.day] - _ROUND - 1, at[one.day] + _ROUND + 1) for one in days.marks])
    depth = below + (max(rows, default=-1) + 1) * _MARK
    ticks = list(_ticks(days, at, write))
    for x, level, said in ticks:
        y = depth + _TICK * (level + 1) - 2
        inside.append(svg.element("line", x1=x, x2=x, y1=depth, y2=y - 12, class_="axis"))
        left = _left_of(x, said)
        inside.append(svg.text(left, y, said, "small"))
    for mark, row in zip(days.marks, rows, strict=True):
        inside.append(_mark(mark, at[mark.day], below + row * _MARK + _MARK / 2))
    bottom = depth + _TICK * (max((level for _, level, _ in ticks), default=0) + 1) + 6
    inside.append(svg.element("line", x1=at[days.shown], x2=at[days.shown], y1=top - 4, y2=depth, class_="mark now"))
    return svg.picture("timeline-wide", (_WIDTH, bottom), days.said, inside)


def _labels(days: Days, at: Mapping[date, float], write: Callable[[date], str]) -> list[tuple[Band, float, int]]:
    """Every band with where its label begins, and its level; the last ones lowest, so that no line crosses a label."""
    spans = []
    for band in reversed(days.bands):
        long = _LETTER * max(len(band.label), len(_since(band, write)))
        x = at[band.since]
        spans.append((x, x + long + 12))
    return list(zip(reversed(days.bands), (x for x, _ in spans), levels(spans), strict=True))


def _since(band: Band, write: Callable[[date], str]) -> str:
    return f"{write(band.since)} · {band.place}" if band.place else write(band.since)


def _bands(days: Days, at: Mapping[date, float], top: float) -> Iterator[Markup]:
    lefts = [at[one.since] for one in days.bands]
    for band, (x, right) in zip(days.bands, pairwise([*lefts, _WIDTH]), strict=True):
        width = max(right - x - _APART, 0.0)
        yield svg.element("rect", x=x, y=top, width=width, height=_BAND, class_=f"block {band.kind}")


def _ticks(days: Days, at: Mapping[date, float], write: Callable[[date], str]) -> Iterator[tuple[float, int, str]]:
    """The days of the marks, and of the page, each once, with their places below the marks."""
    some = sorted({*(one.day for one in days.marks), days.shown})
    said = {day: f"{days.now} {write(day)}" if day == days.shown else write(day) for day in some}
    lefts = [_left_of(at[day], said[day]) for day in some]
    spans = [(left, left + _LETTER * len(said[day])) for left, day in zip(lefts, some, strict=True)]
    for day, level in zip(some, levels(spans), strict=True):
        yield at[day], level, said[day]


def _left_of(x: float, said: str) -> float:
    """Where a day's text begins: a little left of it, and so that it ends in the picture."""
    return min(x - _ROUND + 1, _WIDTH - _LETTER * len(said))


def _mark(mark: Mark, x: float, y: float) -> Markup:
    drawn = [svg.element("circle", cx=x, cy=y, r=_ROUND, class_="fact withdrawn" if mark.withdrawn else "fact")]
    drawn.append(svg.text(x, y + 4.5, str(mark.number), "number", text_anchor="middle"))
    if mark.withdrawn:
        drawn.append(svg.element("line", x1=x - 14, y1=y + 6, x2=x + 14, y2=y - 6, class_="strike"))
    return svg.linked(mark.href, svg.element("title", mark.label), *drawn, class_="part")


def tall(days: Days, write: Callable[[date], str]) -> Markup:
    """Down: a row for each band that begins and for each fact, the bands at the left edge."""
    y, rows, begins = 4.0, [], []
    for day in days.all():
        for band in (one for one in days.bands if one.since == day):
            begins.append((band, y))
            rows.append(svg.text(30, y + 15, band.label, "strong"))
            rows.append(svg.text(30, y + 32, _since(band, write), "small"))
            y += _ROW + 12
        for mark in (one for one in days.marks if one.day == day):
            rows.append(_mark(mark, 40, y + 10))
            rows.append(svg.text(60, y + 15, mark.label, "label struck" if mark.withdrawn else "label"))
            rows.append(svg.text(_NARROW, y + 15, write(day), "small", text_anchor="end"))
            y += _ROW
        if day == days.shown:
            rows.append(svg.element("line", x1=0, x2=_NARROW, y1=y + 2, y2=y + 2, class_="mark now"))
            rows.append(svg.text(_NARROW, y + 18, f"{days.now} {write(day)}", "small", text_anchor="end"))
            y += _ROW - 4
    tops = [top for _, top in begins]
    bands = [
        svg.element("rect", x=0, y=top, width=14, height=end - top, class_=f"block {band.kind}")
        for (band, _), (top, end) in zip(begins, pairwise([*tops, y]), strict=True)
    ]
    return svg.picture("timeline-tall", (_NARROW, y + 4), days.said, [*bands, *rows])
