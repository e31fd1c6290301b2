"""SVG as text: elements with everything escaped, numbers to a hundredth, and the frame that names a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["band", "element", "linked", "picture", "text"]


def element(name: str, /, *inside: str, **attributes: object) -> Markup:
    """An element; an attribute `class_` is written `class`, `stroke_width` `stroke-width`, None is left out.

    What is inside is escaped unless it is marked up already.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_number(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    body = "".join(escape(one) for one in inside)
    return Markup(f"<{name}{written}>{body}</{name}>")  # noqa: S704 - everything in it is escaped


def text(x: float, y: float, said: str, class_: str, **attributes: object) -> Markup:
    return element("text", said, x=x, y=y, class_=class_, **attributes)


def linked(href: str | None, *inside: str, **attributes: object) -> Markup:
    """A link around what is inside, or just a group where there is nowhere to go."""
    return element("g", *inside, **attributes) if href is None else element("a", *inside, href=href, **attributes)


def band(left: tuple[float, float], right: tuple[float, float], height: float, class_: str) -> Markup:
    """A ribbon of one height from the point `left`, its upper corner there, to the point `right`."""
    (x0, y0), (x1, y1), middle = left, right, (left[0] + right[0]) / 2
    points = [(x0, y0), (middle, y0), (middle, y1), (x1, y1), (x1, y1 + height), (middle, y1 + height)]
    points += [(middle, y0 + height), (x0, y0 + height)]
    at = [f"{_number(x)} {_number(y)}" for x, y in points]
    return element("path", d=f"M{at[0]}C{at[1]} {at[2]} {at[3]}L{at[4]}C{at[5]} {at[6]} {at[7]}Z", class_=class_)


def picture(name: str, size: tuple[float, float], said: tuple[str, str], inside: Iterable[str]) -> Markup:
    """The frame. `name` is the picture's on its page, also its class; `said` its title and description."""
    label, description = f"{name}-title", f"{name}-desc"
    return element(
        "svg",
        element("title", said[0], id=label),
        element("desc", said[1], id=description),
        *inside,
        class_=f"picture {name}",
        viewBox=f"0 0 {_number(size[0])} {_number(size[1])}",
        role="group",
        aria_labelledby=label,
        aria_describedby=description,
    )


def _number(value: object) -> object:
    """Hundredths are finer than a pixel, and -0 is 0."""
    if isinstance(value, float):
        return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")
    return value
