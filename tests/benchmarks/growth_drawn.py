"""What `docs/growth.json` holds, as pictures in `docs/growth/`, and with a table in `docs/growth.md`.

    python -m tests.benchmarks.growth_drawn

`python -m tests.benchmarks growth` does it too, at its end. Below each picture stands what it shows, in figures; why a
line is not level is for whoever measured to say, in the page behind them.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from tests.benchmarks.growth import KEPT
from tests.benchmarks.plot import COLOURS, Line, Plot, drawn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["FOLDER", "PAGE", "draw", "kept", "pictures", "shown", "table"]

FOLDER: Final = KEPT.with_suffix("")
PAGE: Final = KEPT.with_suffix(".md")
_X: Final = "facts in the register"
_PROCESSOR: Final = "µs of the processor a fact"
_LEVEL: Final = 0.25
"""A line is level where no point is so much of its first one away from it."""

_REBUILDS: Final = {
    "three views": "all_made_s",
    "and compared": "all_s",
    "counts alone": "counts_made_s",
    "counts, compared": "counts_s",
}
"""What is told of it: until the rows, indexes and blocks are made, and as a whole."""

_BEGIN, _END = "<!-- growth -->\n", "\n<!-- /growth -->"

Size = dict[str, Any]


def kept() -> dict[str, Any]:
    """What was measured last."""
    document: dict[str, Any] = json.loads(KEPT.read_text())
    return document


def pictures(document: Mapping[str, Any]) -> dict[str, str]:
    """Every picture by its file's name."""
    return {f"{name}.svg": drawn(plot) for name, plot in _plots(document["sizes"]).items()}


def _plots(sizes: Sequence[Size]) -> dict[str, Plot]:
    last = sizes[-1]

    def line(name: str, *path: str) -> Line:
        found = [(size["facts"], _figure(size, *path)) for size in sizes]
        return Line(name, [(facts, figure) for facts, figure in found if figure is not None])

    def answers(title: str, question: str) -> Plot:
        lines = [line("p50", question, "p50_ms"), line("p99", question, "p99_ms")]
        return Plot(title, _X, "ms to the answer", lines)

    intake = [line("intake", "intake", "process_us"), line("PostgreSQL for it", "intake", "postgres_us")]
    views = [line(view, "views", view, "process_us") for view in last["views"]]
    views += [line(f"PostgreSQL for {view}", "views", view, "postgres_us") for view in last["views"]]
    rebuild = [_a_fact(sizes, name, took) for name, took in _REBUILDS.items()]
    memory = [line(name, "memory", name) for name in _of_any(sizes, "memory")]
    return {
        "intake": Plot("Intake, one process", _X, _PROCESSOR, intake),
        "views": Plot("Projectors, one process each", _X, _PROCESSOR, views),
        "rebuild": Plot("rekam rebuild", _X, "µs a fact, on the clock", [one for one in rebuild if one.points]),
        "as-of": answers("Counts of a past day, as known then", "as_of"),
        "page": answers("A page of 50 of a list by name", "page"),
        "memory": Plot("The most memory of each process", _X, "MB", memory),
        "disk": Plot("On disk, with indexes: the largest tables", _X, "bytes a fact", _disk(sizes)),
    }


def _figure(size: Size, *path: str) -> float | None:
    """What stands there; None where that was not measured."""
    found: Any = size
    for name in path:
        if name not in found:
            return None
        found = found[name]
    return float(found)


def _of_any(sizes: Sequence[Size], part: str) -> list[str]:
    """The names in a part of any size, in the order of the first that has most."""
    return max((list(size[part]) for size in sizes), key=len)


def _a_fact(sizes: Sequence[Size], name: str, seconds: str) -> Line:
    """Seconds of a whole register as microseconds of a fact; what was made without a comparison may be of fewer."""
    found = []
    for facts, rebuilt in ((size["facts"], size["rebuild"]) for size in sizes):
        if seconds in rebuilt:
            of = rebuilt.get("all_made_of", facts) if seconds == "all_made_s" else facts
            found.append((facts, 1e6 * rebuilt[seconds] / of))
    return Line(name, found)


def _disk(sizes: Sequence[Size]) -> list[Line]:
    """The largest tables at the end, and all others together."""
    named = list(sizes[-1]["disk"])[: COLOURS - 1]
    others = [
        (size["facts"], sum(bytes_ for table, bytes_ in size["disk"].items() if table not in named)) for size in sizes
    ]
    lines = [Line(name, [(size["facts"], size["disk"].get(name, 0.0)) for size in sizes]) for name in named]
    return [*lines, Line("all others", others)]


# ------------------------------------------------------------------ the page


def shown(document: Mapping[str, Any]) -> str:
    """Each picture with what it shows, then the table."""
    parts = []
    for name, plot in _plots(document["sizes"]).items():
        parts.append(f"**{plot.title}**, {plot.y}\n\n![{plot.title}]({FOLDER.name}/{name}.svg)\n\n{_said(plot)}")
    return "\n\n".join([*parts, table(document)])


def _said(plot: Plot) -> str:
    """The first and last figure of each line, and whether it is level."""
    levels = [line for line in plot.lines if _is_level(line)]
    last = max(line.points[-1][0] for line in plot.lines)
    said = [
        f"{line.name} {line.points[0][1]:,.1f} → {line.points[-1][1]:,.1f}"
        + (f" (at {line.points[-1][0]:,.0f})" if line.points[-1][0] != last else "")
        for line in plot.lines
    ]
    others = ", ".join(line.name for line in plot.lines if line not in levels)
    verdict = f"Not level: {others}." if others else "Level."
    return f"{', '.join(said)}. {verdict}"


def _is_level(line: Line) -> bool:
    first = line.points[0][1]
    return all(abs(figure - first) <= _LEVEL * first for _, figure in line.points)


def table(document: Mapping[str, Any]) -> str:
    """Every figure, a row each and a column for each size; the machine beneath."""
    sizes = document["sizes"]
    named = {part: _of_any(sizes, part) for part in ("views", "memory", "disk")}
    columns = [_column(size, named) for size in sizes]
    lines = [_row(["what", *(f"{size['facts']:,} facts" for size in sizes)]), "|---" * (1 + len(sizes)) + "|"]
    lines += [_row([what, *(column[what] for column in columns)]) for what in columns[-1]]
    return "\n".join([*lines, "", f"{document['day']}; {document['machine']}"])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _column(size: Size, named: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The cells of one size by their row; `named` says of which processes and tables there are rows."""
    load = size["load"]
    return {
        "while it grew": f"{size['grown_a_second']:,}/s, {'intake alone' if size.get('in_bulk') else 'all at once'}",
        "intake alone": _cost(size["intake"]),
        **{f"`{view}` following": _cost(size["views"][view]) for view in named["views"]},
        **{
            f"`rekam rebuild`, {name}": _or_not(size["rebuild"].get(took), ",.1f", "s")
            for name, took in _REBUILDS.items()
        },
        "counts of a past day: p50, p99": _times(size["as_of"]),
        "a page of a list: p50, p99": _times(size["page"]),
        **{f"memory of {name}, at most": _or_not(size["memory"].get(name), ".0f", "MB") for name in named["memory"]},
        **{f"`{name}` on disk": f"{size['disk'].get(name, 0):,.1f} bytes a fact" for name in named["disk"]},
        "all tables on disk": f"{sum(size['disk'].values()):,.0f} bytes a fact",
        f"load: {', '.join(load)}": ", ".join(map(str, load.values())),
    }


def _cost(spent: Mapping[str, float]) -> str:
    ours, servers = spent["process_us"], spent["postgres_us"]
    return f"{spent['a_second']:,}/s; processor {ours:.0f} µs a fact and PostgreSQL's {servers:.0f}"


def _or_not(figure: float | None, form: str, unit: str) -> str:
    return "not measured" if figure is None else f"{figure:{form}} {unit}"


def _times(answers: Mapping[str, float]) -> str:
    return f"{answers['p50_ms']:.1f}, {answers['p99_ms']:.1f} ms"


# ------------------------------------------------------------------ files


def draw(folder: Path = FOLDER, page: Path = PAGE) -> None:
    """Write the pictures, and into the page what it shows."""
    document = kept()
    folder.mkdir(exist_ok=True)
    for name, text in pictures(document).items():
        (folder / name).write_text(text)
    said = page.read_text()
    between = re.compile(f"{_BEGIN}.*?{_END}", re.DOTALL)
    page.write_text(between.sub(lambda _: f"{_BEGIN}{shown(document)}{_END}", said))


if __name__ == "__main__":
    draw()
