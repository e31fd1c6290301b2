"""Small bars: one for a row of a table, and how far something has come against a mark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from services.pages.pictures import svg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

__all__ = ["Share", "bar", "coverage", "widths"]

_WIDTH: Final = 160.0
_HEIGHT: Final = 12.0
_COVERAGE: Final = (343.0, 112.0)


class Share(NamedTuple):
    """A share of 1 with its name, and as the page's language writes it."""

    name: str
    share: float
    said: str


def widths(parts: Sequence[int], most: int, width: float = _WIDTH) -> list[float]:
    """How wide each part is where `most` fills the width; nothing is wider than that together."""
    scale = width / max(most, sum(parts), 1)
    return [max(part, 0) * scale for part in parts]


def bar(parts: Sequence[tuple[str, int]], most: int) -> Markup:
    """Parts side by side, each of a kind; decoration beside the row's own numbers, so it says nothing aloud."""
    x, drawn = 0.0, []
    for (kind, _), width in zip(parts, widths([people for _, people in parts], most), strict=True):
        if width:
            drawn.append(svg.element("rect", x=x, y=0, width=width, height=_HEIGHT, class_=f"block {kind}"))
        x += width
    return svg.element("svg", *drawn, class_="bar", viewBox=f"0 0 {_WIDTH:g} {_HEIGHT:g}", aria_hidden="true")


def coverage(shares: Sequence[Share], mark: Share, said: tuple[str, str]) -> Markup:
    """A line for each share on the scale from 0 to 1, and the mark across them."""
    width, height = _COVERAGE
    left, right, drawn = 0.0, width, []
    at = left + (right - left) * mark.share
    for number, one in enumerate(shares):
        y = 28.0 + 42 * number
        held = (right - left) * min(max(one.share, 0.0), 1.0)
        drawn += [
            svg.element("rect", x=left, y=y, width=right - left, height=14, class_="track", rx=2),
            svg.element("rect", x=left, y=y, width=held, height=14, class_=f"block {one.name}", rx=2),
        ]
    drawn.append(svg.element("line", x1=at, x2=at, y1=18, y2=height - 8, class_="mark"))
    drawn.append(svg.text(at, 12, mark.said, "small", text_anchor="middle"))
    for number, one in enumerate(shares):
        drawn.append(svg.text(left, 56.0 + 42 * number, one.said, "small"))
    return svg.picture("coverage", (width, height), said, drawn)
