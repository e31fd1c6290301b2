"""Pictures say what the figures say: nothing is lost, nothing is below 0, and nothing in them is a tag of theirs."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.pages.pictures import burndown as burndown_pictures
from services.pages.pictures import svg
from services.pages.pictures.bars import Share, bar, coverage, widths
from services.pages.pictures.burndown import Burning, left_at, ticks
from services.pages.pictures.split import TALL, WIDE, Group, Part, Shape, Whole, lay_out, split
from services.pages.pictures.tiles import STEPS, legend, step_of, width_of
from services.pages.words import Words

SVG = "{http://www.w3.org/2000/svg}"

people = st.one_of(st.just(0), st.integers(1, 9), st.integers(0, 400_000))
parts = st.lists(people, max_size=5)
shapes = st.sampled_from([WIDE, TALL])


@st.composite
def groups(draw: st.DrawFn) -> list[Group]:
    made = [Group(Part("truly", "truly", draw(people), "/list"))]
    for kind in ("explained", "settled"):
        some = draw(parts)
        inner = tuple(Part(kind, f"{kind} {n}", one, f"/list?{n}") for n, one in enumerate(some))
        made.append(Group(Part(kind, kind, sum(some), "/list"), inner))
    return made


def members(some: list[Group]) -> int:
    return sum(group.whole.people for group in some)


@given(groups(), st.integers(-50, 50), shapes)
def test_the_parts_of_a_list_are_as_high_as_the_list(some: list[Group], residual: int, shape: Shape) -> None:
    whole = max(members(some), members(some) + residual)
    placed = lay_out(some, whole, shape)
    heights = [slot.height for slots in placed for slot in slots]

    assert all(height >= 0 for height in heights)
    assert sum(heights) == pytest.approx(shape.height * members(some) / whole if whole else 0)


@given(groups(), shapes)
def test_no_label_of_a_part_covers_another(some: list[Group], shape: Shape) -> None:
    slots = [slot for slots in lay_out(some, members(some), shape) for slot in slots]

    assert all(two.middle - one.middle >= shape.pitch for one, two in pairwise(slots))
    assert all(two.y >= one.y + one.height for one, two in pairwise(slots))


@given(groups(), st.one_of(st.none(), st.integers(0, 500_000)), shapes, st.text(max_size=20))
def test_a_split_list_is_well_formed_and_the_same_every_time(
    some: list[Group], declared: int | None, shape: Shape, name: str
) -> None:
    name = "".join(one for one in name if one.isprintable())
    whole = Whole(f"<b>{name}", declared, members(some))
    drawn = split(whole, some, shape, (name, name), str)

    assert drawn == split(whole, some, shape, (name, name), str)
    assert "<b>" not in drawn
    assert "style=" not in drawn
    root = ET.fromstring(f'<r xmlns="http://www.w3.org/2000/svg">{drawn}</r>')[0]
    assert [root[0].tag, root[1].tag] == [f"{SVG}title", f"{SVG}desc"]
    sizes = [float(one.get(size, "0")) for one in root.iter(f"{SVG}rect") for size in ("width", "height")]
    assert min(sizes, default=0) >= 0


def test_every_part_with_people_is_a_link_to_its_list() -> None:
    some = [
        Group(Part("truly", "truly", 3, "/list?standing=outstanding")),
        Group(Part("explained", "explained", 2, "/list?a"), (Part("explained", "moved", 2, "/list?b&c"),)),
    ]
    drawn = split(Whole("on the list", 5, 5), some, WIDE, ("t", "d"), str)

    assert [part for part in ("standing=outstanding", "/list?a", "/list?b&amp;c") if part not in drawn] == []


def test_without_a_list_to_open_there_is_no_link() -> None:
    drawn = split(Whole("on the list", 5, 5), [Group(Part("truly", "truly", 5))], WIDE, ("t", "d"), str)

    assert "<a" not in drawn


@pytest.mark.parametrize(("declared", "named"), [(10, 7), (7, 10), (0, 3), (3, 0)])
def test_where_rows_and_names_differ_it_is_seen(declared: int, named: int) -> None:
    drawn = split(Whole("on the list", declared, named), [Group(Part("truly", "t", named))], TALL, ("t", "d"), str)

    assert ("residual" in drawn) == (declared > named)
    assert ("declared-line" in drawn) == (declared < named)


@given(st.lists(people, max_size=4), people)
def test_a_bar_is_never_wider_than_its_place(some: list[int], most: int) -> None:
    drawn = widths(some, most, 160)

    assert sum(drawn) <= 160 + 1e-6
    assert all(width >= 0 for width in drawn)
    ET.fromstring(bar([("truly", one) for one in some], most))


@given(st.floats(0, 1), st.floats(0, 1))
def test_coverage_is_drawn_on_one_scale(one: float, two: float) -> None:
    drawn = coverage([Share("official", one, "<1>"), Share("true", two, "&2")], Share("mark", 0.8, "80"), ("t", "d"))

    ET.fromstring(drawn)
    assert "&lt;1&gt;" in drawn


def test_an_attribute_cannot_be_broken_out_of() -> None:
    assert 'href="&#34; onload=&#34;x"' in svg.linked('" onload="x', "a")


# ------------------------------------------------------------------ tiles


@given(st.lists(st.integers(0, 100_000), max_size=60))
def test_a_step_is_round_and_holds_every_figure(figures: list[int]) -> None:
    width = width_of(figures)
    steps = {step.number: step for step in legend(width)}

    assert width == int(width)
    assert all(steps[n].below == steps[n + 1].least for n in range(1, STEPS))
    for figure in figures:
        step = steps[step_of(figure, width)]
        assert step.number == 0 if figure == 0 else step.least <= figure < step.below


@given(st.lists(st.floats(0, 1), max_size=60))
def test_a_step_of_shares_too(shares: list[float]) -> None:
    width = width_of(shares, whole=False)

    assert all(0 <= step_of(share, width) <= STEPS for share in shares)
    assert sorted(shares, key=lambda share: (step_of(share, width), share)) == sorted(shares)


# ------------------------------------------------------------------ burning down


@st.composite
def burnings(draw: st.DrawFn) -> Burning:
    first = draw(st.dates(date(2018, 1, 1), date(2020, 12, 31)))
    left = draw(st.lists(st.integers(0, 400_000), min_size=1, max_size=50))
    days = [(first + timedelta(n), people) for n, people in enumerate(left)]
    target = days[-1][0] + timedelta(draw(st.integers(0, 2000)))
    return Burning(days, target, draw(st.floats(0, 5_000)))


@given(burnings(), st.sampled_from([burndown_pictures.WIDE, burndown_pictures.TALL]), st.sampled_from(["id", "en"]))
def test_a_burn_down_is_well_formed_and_the_same_every_time(burning: Burning, frame: Any, language: Any) -> None:
    said, words = ("<t>", "d&"), Words(language)
    drawn = burndown_pictures.burndown(burning, frame, said, words)

    assert drawn == burndown_pictures.burndown(burning, frame, said, words)
    assert "NaN" not in drawn
    assert "style=" not in drawn
    root = ET.fromstring(f'<r xmlns="http://www.w3.org/2000/svg">{drawn}</r>')[0]
    at = [float(line.get(end, "0")) for line in root.iter(f"{SVG}line") for end in ("x1", "x2", "y1", "y2")]
    assert min(at) >= 0
    assert max(at) <= frame.width


@given(burnings(), st.sampled_from([burndown_pictures.WIDE, burndown_pictures.TALL]))
def test_no_name_of_a_month_lies_on_another(burning: Burning, frame: Any) -> None:
    drawn = burndown_pictures.burndown(burning, frame, ("", ""), Words("id"))
    ticks_at = [float(at) for at in re.findall(r'<line x1="([\d.]+)"[^>]*class="tick"', drawn)]

    assert all(right - left >= 70 for left, right in pairwise(ticks_at))


@given(burnings())
def test_what_is_left_is_never_less_than_nobody(burning: Burning) -> None:
    assert 0 <= left_at(burning) <= burning.days[-1][1]


@given(st.integers(0, 10_000_000))
def test_a_scale_reaches_over_what_it_measures(most: int) -> None:
    scale = ticks(most)

    assert scale[0] == 0
    assert scale[-1] >= most
    assert len(scale) <= 6
    assert len({two - one for one, two in pairwise(scale)}) == 1
