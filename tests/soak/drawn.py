"""The figures of a soak over its minutes, as SVG files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.benchmarks.plot import COLOURS, Line, Plot, drawn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["draw"]

_PICTURES: Final = {
    "latency": ("From published to visible in counts", "ms", 1.0),
    "answer": ("Questions to the API, of each look", "ms", 1.0),
    "memory": ("Memory of each process", "MB", 1.0),
    "handles": ("File handles of each process", "handles", 1.0),
    "connections": ("Connections to PostgreSQL", "connections", 1.0),
    "rewritten": ("Tables whose rows are changed: the largest", "kB", 1 / 1024),
    "dead": ("Dead rows in them", "rows", 1.0),
    "grown": ("Tables to which facts add: the largest", "MB", 1 / 1024**2),
    "wal": ("Write-ahead log", "MB", 1 / 1024**2),
    "lag": ("Messages before each consumer group", "messages", 1.0),
    "log": ("What each process has logged", "MB", 1 / 1024**2),
}


def draw(document: Mapping[str, Any], folder: Path) -> None:
    """Draw the figures of a report, a picture for each kind, at most eight lines: those that are largest at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    minutes = [at / 60 for at in document["at_s"]]
    for kind, (title, unit, times) in _PICTURES.items():
        series = ((name.partition("/"), figures) for name, figures in document["series"].items())
        found = {name: figures for (of, _, name), figures in series if of == kind}
        largest = sorted(found.items(), key=lambda one: -one[1][-1])[:COLOURS]
        lines = [
            Line(name, [(at, times * figure) for at, figure in zip(minutes, figures, strict=True)])
            for name, figures in largest
        ]
        if lines:
            (folder / f"{kind}.svg").write_text(drawn(Plot(title, "minutes", unit, lines, logarithmic=False)))
