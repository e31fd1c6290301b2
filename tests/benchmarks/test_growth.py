"""What the page on growth shows is what was measured, and what is made up for it is a register."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from events.envelope import check
from tests.benchmarks import growing, growth, growth_drawn
from tests.benchmarks.growth_drawn import FOLDER, PAGE, kept, pictures, shown, table
from tests.benchmarks.plot import Line, Plot, drawn
from tests.documents import part

if TYPE_CHECKING:
    from pathlib import Path

SVG = "{http://www.w3.org/2000/svg}"


def document() -> dict[str, Any]:
    """As a run of two sizes writes it; the figures are made up."""
    sizes = []
    for facts in (100_000, 1_000_000):
        cost = {"a_second": 9_000, "process_us": 80.5, "postgres_us": 30.0}
        size: dict[str, Any] = {"facts": facts, "grown_a_second": 3_000, "load": {"intake": 1.0, "questions": 2.0}}
        size |= {"intake": cost, "views": {"counts": dict(cost), "trail": dict(cost)}}
        size |= {"disk": {f"log.table{at}": 100.0 - at for at in range(12)}}
        size |= {"rebuild": {"all_made_s": facts / 10_000, "counts_made_s": facts / 60_000, "counts_s": facts / 50_000}}
        size |= {"as_of": {"p50_ms": 4.0, "p99_ms": 9.0}, "page": {"p50_ms": 14.0, "p99_ms": 29.0}}
        sizes.append({**size, "memory": {"intake": 150, "api": 160}})
    return {"machine": "2 cores", "day": "2026-11-28", "sizes": sizes}


def test_the_pictures_are_those_of_the_figures_and_there_is_no_other() -> None:
    assert {file.name: file.read_text() for file in FOLDER.iterdir()} == pictures(kept())


def test_the_page_shows_each_picture_and_every_figure() -> None:
    assert part("docs/growth.md", "growth") == shown(kept())
    assert PAGE.read_text().count("](growth/") == len(pictures(kept()))


def test_the_page_names_each_picture_and_says_which_lines_are_not_level() -> None:
    changed = document()
    changed["sizes"][-1]["page"]["p99_ms"] *= 3

    assert sorted(re.findall(r"!\[[^\]]+\]\(growth/([\w-]+\.svg)\)", shown(changed))) == sorted(pictures(changed))
    assert "p50 14.0 → 14.0, p99 29.0 → 29.0. Level." in shown(document())
    assert "p50 14.0 → 14.0, p99 29.0 → 87.0. Not level: p99." in shown(changed)


def test_what_is_drawn_goes_into_the_page_where_the_old_figures_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growth_drawn, "kept", document)
    (page := tmp_path / "growth.md").write_text("before\n<!-- growth -->\nold\n<!-- /growth -->\nafter\n")

    growth_drawn.draw(tmp_path / "growth", page)

    assert page.read_text() == f"before\n<!-- growth -->\n{shown(document())}\n<!-- /growth -->\nafter\n"
    assert {file.name: file.read_text() for file in (tmp_path / "growth").iterdir()} == pictures(document())


@pytest.mark.parametrize(
    ("path", "picture"),
    [
        (("intake", "process_us"), "intake"),
        (("views", "trail", "postgres_us"), "views"),
        (("rebuild", "counts_s"), "rebuild"),
        (("as_of", "p99_ms"), "as-of"),
        (("page", "p50_ms"), "page"),
        (("memory", "api"), "memory"),
        (("disk", "log.table0"), "disk"),
        (("disk", "log.table11"), "disk"),
    ],
)
def test_another_figure_is_another_picture_and_another_table(path: tuple[str, ...], picture: str) -> None:
    changed = document()
    place = changed["sizes"][-1]
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] *= 3
    before, after = pictures(document()), pictures(changed)

    assert {name for name in before if before[name] != after[name]} == {f"{picture}.svg"}
    assert table(changed) != table(document())


def test_a_rebuild_that_takes_ten_times_as_long_for_ten_times_as_much_is_level() -> None:
    heights = [y for _, y in points(pictures(document())["rebuild.svg"])]

    assert heights[::2] == heights[1::2]
    assert len(set(heights)) == 3


def test_a_rebuild_that_was_compared_at_one_size_alone_has_a_point_there_and_none_elsewhere() -> None:
    changed = document()
    changed["sizes"][0]["rebuild"]["all_s"] = 15.0

    assert len(points(pictures(changed)["rebuild.svg"])) == 7
    assert "| `rekam rebuild`, and compared | 15.0 s | not measured |" in table(changed)


# ------------------------------------------------------------------ a plot


def points(text: str) -> list[tuple[float, float]]:
    return [(float(one.attrib["cx"]), float(one.attrib["cy"])) for one in ET.fromstring(text).iter(f"{SVG}circle")]


def test_what_costs_the_same_at_every_size_is_a_level_line_with_even_steps() -> None:
    (x1, y1), (x2, y2), (x3, y3) = points(
        drawn(Plot("it", "facts", "µs", [Line("a", [(1_000, 5), (10_000, 5), (100_000, 5)])]))
    )

    assert y1 == y2 == y3
    assert x2 - x1 == pytest.approx(x3 - x2, abs=0.02)


def test_twice_as_much_is_twice_as_high_above_nothing() -> None:
    text = drawn(Plot("it", "facts", "µs", [Line("a", [(1, 2), (10, 4)])]))
    (_, low), (_, high) = points(text)
    heights = [float(one.attrib["y1"]) for one in ET.fromstring(text).iter(f"{SVG}line") if "x1" in one.attrib]
    nothing = max(heights[:-2])

    assert nothing - high == pytest.approx(2 * (nothing - low), abs=0.05)


def test_names_that_would_cover_each_other_stand_apart() -> None:
    text = drawn(Plot("it", "facts", "µs", [Line(f"line-{at}", [(1, 2), (10, 2)]) for at in range(8)]))
    named = [one for one in ET.fromstring(text).iter(f"{SVG}text") if str(one.text).startswith("line-")]
    heights = sorted(float(one.attrib["y"]) for one in named)

    assert len(heights) == 8
    assert min(after - before for before, after in pairwise(heights)) >= 16


def test_a_name_is_text_and_never_markup() -> None:
    assert "<script>" not in drawn(Plot("<script>", "facts", "µs", [Line("<script>", [(1, 2), (10, 2)])]))


@pytest.mark.parametrize("lines", [[], [Line("a", [])], [Line("a", [(1, 1)])] * 9])
def test_nothing_and_too_much_is_not_drawn(lines: list[Line]) -> None:
    with pytest.raises(ValueError, match="it: "):
        drawn(Plot("it", "facts", "µs", lines))


# ------------------------------------------------------------------ what it is measured with


def test_every_message_of_a_growing_register_is_a_good_one_of_its_own() -> None:
    messages = list(islice(growing.said(), 40_000))
    now = datetime.now(UTC)
    types = [check(m.topic, m.headers, m.value, now, frozenset()).type for m in messages]

    assert len({(m.source, m.id) for m in messages}) == len(messages)
    assert len(set(types)) == 8


def test_a_growing_register_is_of_the_same_kinds_at_every_size() -> None:
    words = [m.id.partition("-")[0] for m in islice(growing.said(), 60_000)]
    early, late = (Counter(words[end - 20_000 : end]) for end in (50_000, 60_000))

    assert early["row"] == pytest.approx(20_000 / 3, rel=0.03)
    assert late["row"] == pytest.approx(20_000 / 3, rel=0.03)
    assert early["status"] == pytest.approx(late["status"], rel=0.03)


def test_sizes_that_do_not_ascend_are_not_measured() -> None:
    with pytest.raises(AssertionError, match="ascend"):
        next(growth.measured(None, [300_000, 100_000]))  # type: ignore[arg-type]
