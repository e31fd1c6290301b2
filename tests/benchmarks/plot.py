"""A plot of a few lines as an SVG file that stands by itself: readable on a light page and on a dark one.

The y axis begins at 0 and is even, so that what costs the same at every size is a level line. The x axis is logarithmic
for sizes, with a tick at each, or even for a time.
"""

from __future__ import annotations

from math import ceil, log10
from typing import TYPE_CHECKING, Final, NamedTuple

from services.pages.pictures import svg
from services.pages.pictures.burndown import ticks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markupsafe import Markup

__all__ = ["COLOURS", "Line", "Plot", "drawn"]

COLOURS: Final = 8
_WIDTH, _HEIGHT = 760.0, 340.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 66.0, 200.0, 46.0, 52.0
_LABEL: Final = 17.0
_NAME: Final = 58.0
"""How wide a number under the x axis is, with room before the next one."""

_LIGHT: Final = ("#0b5cad", "#b3420c", "#1a7f37", "#8250df", "#8a6100", "#b0126f", "#0a6f78", "#57606a")
_DARK: Final = ("#6cb6ff", "#f0883e", "#57ab5a", "#b392f0", "#e3b341", "#f778ba", "#39c5cf", "#adbac7")


class Line(NamedTuple):
    """A name, and its points (x, y) in order of x."""

    name: str
    points: Sequence[tuple[float, float]]


class Plot(NamedTuple):
    """At most eight lines. `x` and `y` say what the axes are, with the unit."""

    title: str
    x: str
    y: str
    lines: Sequence[Line]
    logarithmic: bool = True


class _Scale(NamedTuple):
    """From figures to points of the picture."""

    first: float
    last: float
    most: float
    logarithmic: bool

    def x(self, at: float) -> float:
        first, last, at = (log10(one) if self.logarithmic else one for one in (self.first, self.last, at))
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * ((at - first) / (last - first) if last > first else 0.5)

    def y(self, figure: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - figure / self.most)


def drawn(plot: Plot) -> str:
    """The whole file. ValueError where there is nothing to draw, or more than eight lines."""
    xs = sorted({x for line in plot.lines for x, _ in line.points})
    if not xs or len(plot.lines) > COLOURS:
        raise ValueError(f"{plot.title}: {len(plot.lines)} lines with {len(xs)} places")
    upright = ticks(ceil(max(y for line in plot.lines for _, y in line.points)))
    scale = _Scale(xs[0], xs[-1], upright[-1], plot.logarithmic)
    across = xs if plot.logarithmic else [float(one) for one in ticks(ceil(xs[-1])) if one <= xs[-1]]
    inside = [
        svg.element("title", plot.title),
        svg.element("style", _style()),
        svg.element("rect", width=_WIDTH, height=_HEIGHT, class_="paper"),
        svg.text(_LEFT, 24.0, plot.title, "name"),
        *_axes(plot, scale, across, upright),
        *_lines(plot, scale),
    ]
    frame = {"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {_WIDTH:.0f} {_HEIGHT:.0f}", "role": "img"}
    return f"{svg.element('svg', *inside, **frame)}\n"


def _style() -> str:
    colours = [
        "".join(f".c{at}{{stroke:{colour}}}.t{at}{{fill:{colour}}}" for at, colour in enumerate(some))
        for some in (_LIGHT, _DARK)
    ]
    return (
        "text{font:13px system-ui,sans-serif;fill:#24292f}.name{font-weight:600;font-size:15px}"
        ".paper{fill:#ffffff}.grid{stroke:#d0d7de}.line{fill:none;stroke-width:2}"
        f"{colours[0]}"
        "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.paper{fill:#161b22}.grid{stroke:#3d444d}"
        f"{colours[1]}}}"
    )


def _axes(plot: Plot, scale: _Scale, across: Sequence[float], upright: Sequence[int]) -> Iterator[Markup]:
    bottom = _HEIGHT - _BOTTOM
    for figure in upright:
        y = scale.y(figure)
        yield svg.element("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y, class_="grid")
        yield svg.text(_LEFT - 8, y + 4.5, f"{figure:,}", "tick", text_anchor="end")
    named = -_NAME
    for at in across:
        x = scale.x(at)
        yield svg.element("line", x1=x, x2=x, y1=bottom, y2=bottom + 6, class_="grid")
        if x - named >= _NAME:
            yield svg.text(x, bottom + 21, f"{at:,.0f}", "tick", text_anchor="middle")
            named = x
    yield svg.text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 10, plot.x, "tick", text_anchor="middle")
    middle = (_TOP + bottom) / 2
    turned = f"rotate(-90 14 {middle:.0f})"
    yield svg.text(14.0, middle, plot.y, "tick", text_anchor="middle", transform=turned)


def _lines(plot: Plot, scale: _Scale) -> Iterator[Markup]:
    """Each line, its points where there are few, and its name at its end; names that would cover each other part."""
    for at, line in enumerate(plot.lines):
        points = [(scale.x(x), scale.y(y)) for x, y in line.points]
        path = "L".join(f"{x:.2f} {y:.2f}" for x, y in points)
        yield svg.element("path", d=f"M{path}", class_=f"line c{at}")
        if plot.logarithmic:
            yield from (svg.element("circle", cx=x, cy=y, r=3.5, class_=f"t{at}") for x, y in points)
    for at, y in _apart([scale.y(line.points[-1][1]) for line in plot.lines]):
        yield svg.text(_WIDTH - _RIGHT + 10, y + 4.5, plot.lines[at].name, f"t{at}")


def _apart(wanted: Sequence[float]) -> Iterator[tuple[int, float]]:
    """Heights for labels, by number: from the lowest up, none nearer to the one below than a label is high."""
    above = _HEIGHT - _BOTTOM + _LABEL
    for at, y in sorted(enumerate(wanted), key=lambda one: -one[1]):
        above = min(y, above - _LABEL)
        yield at, above
