"""The page an answer is printed on: stdout, with plain tables that are as wide as what they hold."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import orjson
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["line", "print_json", "table"]


def out() -> Console:
    """Give the console that answers are printed on; a pipe gets lines as long as they are."""
    return Console(width=None if sys.stdout.isatty() else 200, highlight=False, markup=False, soft_wrap=False)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str | None = None) -> None:
    """Print rows under columns; numbers to the right, with thousands parted; nothing for None and for 0 a dot."""
    grid = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    cells = [list(row) for row in rows]
    for place, column in enumerate(columns):
        numeric = any(isinstance(row[place], int) for row in cells)
        grid.add_column(column, justify="right" if numeric else "left", no_wrap=True)
    for row in cells:
        grid.add_row(*map(text, row))
    out().print(grid)


def text(value: Any) -> str:
    """Write one cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}" if value else "·"
    if isinstance(value, dict):
        return f"{value['standing']} {value['area']}"
    return str(value)


def print_json(document: dict[str, Any]) -> None:
    """Print one JSON document on a line of its own."""
    sys.stdout.buffer.write(orjson.dumps(document) + b"\n")
    sys.stdout.buffer.flush()


def line(said: str = "") -> None:
    """Print a line of an answer."""
    out().print(said, soft_wrap=True)
