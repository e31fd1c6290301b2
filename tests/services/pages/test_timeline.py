"""A timeline shows every band and every fact, in order, in its place, and withdrawn ones struck."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from services.pages.pictures.timeline import Band, Days, Mark, levels, places, tall, wide

SVG = "{http://www.w3.org/2000/svg}"
FIRST = date(1998, 1, 1)

days = st.integers(0, 12_000).map(lambda n: FIRST + timedelta(n))
texts = st.sampled_from(["<b>", "truly not recorded", "a & b", "x" * 40])
spans = st.lists(
    st.tuples(st.floats(0, 900), st.floats(1, 200)).map(lambda one: (one[0], one[0] + one[1])), max_size=12
)


@st.composite
def timelines(draw: st.DrawFn) -> Days:
    since = sorted(draw(st.sets(days, max_size=6)))
    kinds = st.sampled_from(["truly", "explained", "settled", "before"])
    bands = [Band(day, draw(kinds), draw(texts), draw(st.sampled_from(["", "Oesapa"]))) for day in since]
    happened = sorted(draw(st.lists(days, max_size=9)))
    marks = [Mark(day, n, draw(texts), draw(st.booleans()), f"#fact-{n}") for n, day in enumerate(happened, 1)]
    return Days(bands, marks, draw(days), "asked:", ("<title>", "&"))


@given(st.sets(days, min_size=1, max_size=30), st.floats(100, 2000))
def test_days_lie_in_order_within_the_width(some: set[date], width: float) -> None:
    placed = places(sorted(some), width)
    at = list(placed.values())

    assert list(placed) == sorted(some)
    assert at[0] == 0
    assert at[-1] <= width + 1e-6
    assert all(one < two for one, two in itertools.pairwise(at))


@given(spans)
def test_on_one_level_nothing_covers_another(some: list[tuple[float, float]]) -> None:
    found = levels(some)

    for (one, first), (two, second) in itertools.combinations(zip(some, found, strict=True), 2):
        assert first != second or one[1] <= two[0] or two[1] <= one[0]
    assert sorted(set(found)) == list(range(len(set(found))))


@given(timelines())
def test_every_band_and_every_fact_is_drawn_in_both_shapes(days: Days) -> None:
    for draw in (wide, tall):
        drawn = draw(days, date.isoformat)
        root = ET.fromstring(f'<r xmlns="http://www.w3.org/2000/svg">{drawn}</r>')[0]
        blocks = [one for one in root.iter(f"{SVG}rect") if one.get("class", "").startswith("block ")]

        assert drawn == draw(days, date.isoformat)
        assert "style=" not in drawn
        assert [one.get("class") for one in blocks] == [f"block {band.kind}" for band in days.bands]
        assert min((float(one.get(size, "0")) for one in blocks for size in ("width", "height")), default=0) >= 0
        assert [one.get("href") for one in root.iter(f"{SVG}a")] == [mark.href for mark in days.marks]
        assert len(root.findall(f".//{SVG}line[@class='strike']")) == sum(mark.withdrawn for mark in days.marks)


@given(timelines())
def test_what_is_drawn_stays_in_the_picture(days: Days) -> None:
    for draw in (wide, tall):
        root = ET.fromstring(f'<r xmlns="http://www.w3.org/2000/svg">{draw(days, date.isoformat)}</r>')[0]
        _, _, width, height = map(float, root.get("viewBox", "").split())
        for one in root.iter(f"{SVG}circle"):
            assert 11 <= float(one.get("cx", "0")) <= width - 11
            assert 11 <= float(one.get("cy", "0")) <= height
        for one in root.iter(f"{SVG}rect"):
            assert float(one.get("x", "0")) + float(one.get("width", "0")) <= width + 1e-6
            assert float(one.get("y", "0")) + float(one.get("height", "0")) <= height + 1e-6
