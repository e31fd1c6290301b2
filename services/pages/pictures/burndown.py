"""A burn-down: the truly outstanding day by day to the target, the line that is needed, and where the pace leads."""

from __future__ import annotations

from datetime import date, timedelta
from math import ceil, floor, log10
from typing import TYPE_CHECKING, Final, NamedTuple

from services.pages.pictures import svg

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markupsafe import Markup

    from services.pages.words import Words

__all__ = ["TALL", "WIDE", "Burning", "Frame", "burndown", "left_at", "ticks"]


class Burning(NamedTuple):
    """What is left at the end of each day, in order and without gaps, the target day, and people a day at this pace."""

    days: Sequence[tuple[date, int]]
    target: date
    a_day: float


class Frame(NamedTuple):
    """Size, and the room around the plot: left, right, top, bottom."""

    name: str
    width: float
    height: float
    room: tuple[float, float, float, float]


WIDE: Final = Frame("burndown-wide", 960, 360, (64, 196, 16, 34))
TALL: Final = Frame("burndown-tall", 343, 300, (50, 10, 16, 30))

_APART: Final = 62
_WORDS: Final = 145
"""How wide what is said at the end is on a telephone."""

_NAME: Final = 72
"""How wide the name of a month is, with room before the next one."""


class _Plot(NamedTuple):
    """From days and people to points."""

    frame: Frame
    first: date
    last: date
    most: float

    def x(self, day: date) -> float:
        left, right, _, _ = self.frame.room
        span = max((self.last - self.first).days, 1)
        return left + (self.frame.width - left - right) * (day - self.first).days / span

    def y(self, people: float) -> float:
        _, _, top, bottom = self.frame.room
        return top + (self.frame.height - top - bottom) * (1 - people / self.most)


def left_at(burning: Burning) -> int:
    """How many are left at the end of the target day if each day until then does as much as now."""
    day, people = burning.days[-1]
    return max(0, ceil(people - burning.a_day * max((burning.target - day).days, 0)))


def ticks(most: int) -> list[int]:
    """Round numbers from 0 up, the last of them the first that is not below `most`; four to six of them."""
    if most <= 0:
        return [0, 1]
    rough = most / 4
    power = 10 ** max(floor(log10(rough)), 0)
    step = next(int(one * power) for one in (1, 2, 5, 10) if one * power >= rough)
    return list(range(0, step * ceil(most / step) + 1, step))


def burndown(burning: Burning, frame: Frame, said: tuple[str, str], words: Words) -> Markup:
    """Draw it; `said` is the picture's title and description."""
    day, people = burning.days[-1]
    scale = ticks(max(one for _, one in burning.days))
    plot = _Plot(frame, burning.days[0][0], max(burning.target, day), scale[-1])
    inside = [*_scale(plot, scale, words), *_left(plot, burning)]
    if burning.target > day:
        rest = left_at(burning)
        ends = _ends(burning)
        at, now = plot.x(burning.target), (plot.x(day), plot.y(people))
        inside += [
            _line(now, (at, plot.y(0)), "needed"),
            _line(now, (plot.x(ends), plot.y(rest if ends == burning.target else 0)), "pace"),
            *_said(plot, burning, rest, words),
        ]
    inside.append(svg.element("circle", cx=plot.x(day), cy=plot.y(people), r=5, class_="now-dot"))
    return svg.picture(frame.name, (frame.width, frame.height), said, inside)


def _ends(burning: Burning) -> date:
    """Where the line of the pace ends: at the target, or on the day before it on which nobody is left."""
    day, people = burning.days[-1]
    if burning.a_day <= 0:
        return burning.target
    return min(burning.target, day + timedelta(ceil(min(people / burning.a_day, (burning.target - day).days))))


def _scale(plot: _Plot, scale: Sequence[int], words: Words) -> Iterator[Markup]:
    left, right, _, _ = plot.frame.room
    for people in scale:
        y = plot.y(people)
        yield svg.element("line", x1=left, x2=plot.frame.width - right, y1=y, y2=y, class_="axis")
        yield svg.text(left - 8, y + 4, words.number(people), "small", text_anchor="end")
    for day in _months(plot):
        x = plot.x(day)
        yield svg.element("line", x1=x, x2=x, y1=plot.y(0), y2=plot.y(0) + 6, class_="tick")
        yield svg.text(x, plot.y(0) + 22, words.month(day), "small")


def _months(plot: _Plot) -> Iterator[date]:
    """The first days of months within, each with room for its name before the next one and before the target's."""
    first, end = plot.first, plot.x(plot.last) - (_NAME if plot.frame is WIDE else 2 * _NAME)
    day = first if first.day == 1 else (first.replace(day=1) + timedelta(32)).replace(day=1)
    named = -float(_NAME)
    while day <= plot.last and plot.x(day) <= end:
        if plot.x(day) - named >= _NAME:
            yield day
            named = plot.x(day)
        day = (day + timedelta(32)).replace(day=1)


def _left(plot: _Plot, burning: Burning) -> Iterator[Markup]:
    """What was left, as an area with its upper edge drawn."""
    points = [f"{plot.x(day):.2f} {plot.y(people):.2f}" for day, people in burning.days]
    first, last = plot.x(burning.days[0][0]), plot.x(burning.days[-1][0])
    edge = "L".join(points)
    yield svg.element("path", d=f"M{first:.2f} {plot.y(0):.2f}L{edge}L{last:.2f} {plot.y(0):.2f}Z", class_="left-area")
    yield svg.element("path", d=f"M{edge}", class_="left-line")


def _line(from_: tuple[float, float], to: tuple[float, float], class_: str) -> Markup:
    return svg.element("line", x1=from_[0], y1=from_[1], x2=to[0], y2=to[1], class_=class_)


def _highest(plot: _Plot, burning: Burning, end: tuple[float, float]) -> float:
    """The height of the uppermost of what is drawn under the words at the end: of what was left, and of the pace."""
    from_x = end[0] - _WORDS
    day, people = burning.days[-1]
    now = plot.x(day), plot.y(people)
    share = max(0.0, from_x - now[0]) / (end[0] - now[0]) if end[0] > now[0] else 1.0
    left = [plot.y(people) for day, people in burning.days if plot.x(day) >= from_x]
    return min(now[1] + share * (end[1] - now[1]), end[1], *left)


def _said(plot: _Plot, burning: Burning, rest: int, words: Words) -> Iterator[Markup]:
    """What the two lines lead to, at their ends; where they meet, one above the other."""
    x, bottom = plot.x(burning.target), plot.y(0)
    pace = min(plot.y(rest), bottom - _APART)
    target = words.short_day(burning.target)
    wide = plot.frame is WIDE
    anchor, at = ("start", x + 12) if wide else ("end", x - 2)
    yield svg.element("line", x1=x, x2=x, y1=plot.frame.room[2], y2=bottom, class_="target-line")
    left = words.of("burndown.left", people=rest)
    if not wide:
        pace = _highest(plot, burning, (x, pace))
    yield svg.text(at, pace + (-4 if wide else -26), left, "strong truly-text", text_anchor=anchor)
    yield svg.text(at, pace + (14 if wide else -10), words.of("burndown.pace"), "small", text_anchor=anchor)
    if wide:
        yield svg.text(at, bottom - 14, words.of("burndown.none_left", day=target), "strong")
        yield svg.text(at, bottom + 4, words.of("burndown.needed"), "small")
    else:
        yield svg.text(x, bottom + 22, target, "small", text_anchor=anchor)
