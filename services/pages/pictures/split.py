"""The sentence as a picture: a list splits into who is truly outstanding, who is explained, and what is settled.

Heights are people, on one scale from left to right: what goes out of the list comes in at its parts, to the last
person. Two shapes of the same: wide, and tall for a telephone; the style sheet shows one of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from services.pages.pictures import svg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from markupsafe import Markup

__all__ = ["TALL", "WIDE", "Group", "Part", "Shape", "Slot", "Whole", "lay_out", "split"]


class Part(NamedTuple):
    """Some of the people. `kind` is the class that colours them; without `href` there is no list to open."""

    kind: str
    label: str
    people: int
    href: str | None = None


class Group(NamedTuple):
    """A part, and what it is made of; without parts of its own it is drawn whole."""

    whole: Part
    parts: tuple[Part, ...] = ()


class Whole(NamedTuple):
    """The list: rows declared (None: none is live), members named, and how they are called.

    `beside` says what the residual is, where declared and members differ.
    """

    label: str
    declared: int | None
    members: int
    beside: str = ""


class Shape(NamedTuple):
    """Where things stand across, and the least that a label needs down."""

    name: str
    width: float
    height: float
    whole: tuple[float, float]
    group: tuple[float, float] | None
    part: tuple[float, float]
    pitch: float
    apart: float


WIDE: Final = Shape("split-wide", 960, 300, (0, 150), (290, 304), (600, 614), 30, 18)
TALL: Final = Shape("split-tall", 343, 330, (0, 40), None, (92, 104), 46, 10)

_ROOM: Final = 64
"""Height from which a group without parts holds its own label."""

_ALONG: Final = 190
"""Height from which the list of the tall shape holds its own label, turned."""

_SEEN: Final = 1.5

_BESIDE: Final = 12
"""Room above and below for what the residual is."""


class Slot(NamedTuple):
    """A part's place down the picture: `y` and `height` of its people, `middle` of its label."""

    part: Part
    y: float
    height: float
    middle: float


def lay_out(groups: Sequence[Group], people: int, shape: Shape) -> list[list[Slot]]:
    """Give every part its place, group by group. `people` is the whole that the shape's height stands for.

    Parts of nobody have none; a group of nobody keeps its own, of height 0, so that the 0 is seen.
    """
    scale = shape.height / people if people else 0.0
    y, placed = 0.0, []
    for group in groups:
        slots = []
        if group.parts and shape.group is None:
            y += shape.pitch * 0.8  # the group's own line
        for part in [one for one in group.parts if one.people] or [group.whole]:
            height = part.people * scale
            room = max(height, shape.pitch)
            slots.append(Slot(part, y + (room - height) / 2, height, y + room / 2))
            y += room + shape.apart / 3
        y += shape.apart
        placed.append(slots)
    return placed


def split(
    whole: Whole, groups: Sequence[Group], shape: Shape, said: tuple[str, str], number: Callable[[int], str]
) -> Markup:
    """Draw it. `said` is the picture's title and description, `number` writes a number in the page's language."""
    people = max(whole.declared or 0, whole.members)
    placed = lay_out(groups, people, shape)
    bottom = max((slot.y + max(slot.height, shape.pitch) for slots in placed for slot in slots), default=0.0)
    height = max(bottom, shape.height) + 4 + (2 * _BESIDE if whole.declared not in {None, whole.members} else 0)
    scale = shape.height / people if people else 0.0
    top = (height - shape.height) / 2
    inside = [*_whole(whole, shape, top, scale, number)]
    from_ = top
    for group, slots in zip(groups, placed, strict=True):
        inside += _group(group, slots, from_, shape, number)
        from_ += group.whole.people * scale
    if whole.declared not in {None, whole.members}:
        inside.append(svg.text(shape.whole[0], top + shape.height + 18, whole.beside, "small"))
    return svg.picture(shape.name, (shape.width, height), said, inside)


def _whole(whole: Whole, shape: Shape, top: float, scale: float, number: Callable[[int], str]) -> Iterator[Markup]:
    """The list itself; rows that nobody is named for hang below it, dashed."""
    left, right = shape.whole
    named = whole.members * scale
    yield svg.element("rect", x=left, y=top, width=right - left, height=named, class_="whole", rx=3)
    if whole.declared is not None and whole.declared > whole.members:
        missing = (whole.declared - whole.members) * scale
        yield svg.element("rect", x=left + 1, y=top + named, width=right - left - 2, height=missing, class_="residual")
    elif whole.declared is not None and whole.declared < whole.members:
        at = top + whole.declared * scale
        yield svg.element("line", x1=left, y1=at, x2=right, y2=at, class_="declared-line")
    if shape.group is None:
        yield _upright(whole, ((left + right) / 2, top, named), number)
        return
    middle, class_ = top + shape.height / 2, "on-dark"
    if named < _ROOM:
        middle, class_ = top + named + 36, "on-paper"
    x = left + 16
    yield svg.text(x, middle - 4, number(whole.members), f"big {class_}")
    yield svg.text(x, middle + 20, whole.label, f"small {class_}")


def _upright(whole: Whole, at: tuple[float, float, float], number: Callable[[int], str]) -> Markup:
    """How many are on the list, along it from below; above it where it is short, and no ribbon rises beside."""
    middle, top, height = at
    if height < _ALONG:
        return svg.text(0, top - 9, number(whole.members), "strong")
    x, y = middle + 7, top + height / 2
    turned = f"rotate(-90 {x:.2f} {y:.2f})"
    return svg.text(
        x, y, f"{number(whole.members)} {whole.label}", "strong on-dark", text_anchor="middle", transform=turned
    )


def _group(
    group: Group, slots: Sequence[Slot], from_: float, shape: Shape, number: Callable[[int], str]
) -> Iterator[Markup]:
    """One group: ribbons from the list to it, itself, and its parts."""
    kind = group.whole.kind
    if shape.group is None or not group.parts or not group.whole.people:
        if group.parts and shape.group is None:
            yield _heading(group.whole, slots[0], shape, number)
        column = shape.part if shape.group is None else shape.group
        for slot in slots:
            yield _part(slot, (shape.whole[1], from_), shape, number, column)
            from_ += slot.height
        return
    left, right = shape.group
    height = sum(slot.height for slot in slots)
    y = (slots[0].middle + slots[-1].middle) / 2 - height / 2
    y = min(max(y, slots[0].y), slots[-1].y + slots[-1].height - height) if len(slots) > 1 else slots[0].y
    yield svg.band((shape.whole[1], from_), (left, y), height, f"ribbon {kind}")
    at = y
    for slot in slots:
        yield _part(slot, (right, at), shape, number, shape.part)
        at += slot.height
    label = [_block(group.whole, (left, y), right - left, height)]
    label += _label(group.whole, right + 14, y + height / 2, number)
    yield svg.linked(group.whole.href, *label, class_="part")


def _heading(whole: Part, first: Slot, shape: Shape, number: Callable[[int], str]) -> Markup:
    """Where there is no column for groups, a group is a line above its parts."""
    y = first.middle - shape.pitch / 2 - 8 if first.height < shape.pitch else first.y - 8
    line = svg.element(
        "text",
        svg.element("tspan", number(whole.people), class_="strong"),
        f" {whole.label}",
        x=shape.part[0] + 20,
        y=y,
        class_="label",
    )
    return svg.linked(whole.href, line, class_="part")


def _part(
    slot: Slot,
    from_: tuple[float, float],
    shape: Shape,
    number: Callable[[int], str],
    column: tuple[float, float],
) -> Markup:
    """A ribbon to a part, the part in its column, and its label beside it; in it, where that is whole and has room."""
    part, y, height, middle = slot
    left, right = column
    if column == shape.group and height >= _ROOM:
        inside = [
            _block(part, (left, y), shape.width - left, height),
            svg.text(left + 24, middle + 4, number(part.people), "huge on-dark"),
            svg.text(left + 24, middle + 32, part.label, "on-dark"),
        ]
    else:
        inside = [_block(part, (left, y), right - left, height)]
        if shape.group is None:
            size = "large" if part.kind == "truly" else "strong"
            inside.append(svg.text(right + 12, middle - 1, number(part.people), size))
            inside.append(svg.text(right + 12, middle + 16, part.label, "small"))
        else:
            inside += _label(part, right + 14, middle, number)
    ribbon = svg.band(from_, (left, y), height, f"ribbon {part.kind}")
    return svg.linked(part.href, ribbon, *inside, class_="part")


def _block(part: Part, at: tuple[float, float], width: float, height: float) -> Markup:
    """The people themselves; even one can be seen."""
    seen = max(height, _SEEN) if part.people else 0
    return svg.element("rect", x=at[0], y=at[1], width=width, height=seen, class_=f"block {part.kind}", rx=2)


def _label(part: Part, x: float, middle: float, number: Callable[[int], str]) -> list[Markup]:
    said = svg.element("tspan", number(part.people), class_="strong")
    return [svg.element("text", said, f" {part.label}", x=x, y=middle + 5, class_="label")]
