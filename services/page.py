"""The page an answer is printed on: stdout. Tables are as wide as what they hold: no cell is ever cut off."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["WIDE", "clean", "counted", "line", "number", "print_json", "table"]

WIDE: Final = 120
"""Columns of a page: a table that would be wider stands closer, other lines are folded by who prints them."""

_BOLD: Final = "\x1b[1m{}\x1b[0m"


def line(said: str = "") -> None:
    """Print a line of an answer."""
    print(said)  # noqa: T201 - this is where answers are printed


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, zero: str = "·") -> None:
    """Print rows under columns, whose names may be in several lines; numbers stand to the right, None is left empty."""
    cells = [list(row) for row in rows]
    names = [column.split("\n") for column in columns]
    height = max(map(len, names))
    head = [[""] * (height - len(name)) + name for name in names]
    body = [[_text(value, zero) for value in row] for row in cells]
    right = [any(isinstance(row[at], int) for row in cells) for at in range(len(columns))]
    widths = [max(map(len, [*head[at], *(row[at] for row in body)])) for at in range(len(columns))]
    gap = "  " if sum(widths) + 2 * (len(widths) - 1) <= WIDE else " "
    for at in range(height):
        written = gap.join(_placed([name[at] for name in head], widths, right)).rstrip()
        line(_BOLD.format(written) if sys.stdout.isatty() else written)
    for row in body:
        line(gap.join(_placed(row, widths, right)).rstrip())


def _placed(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> Iterator[str]:
    for cell, width, to_right in zip(cells, widths, right, strict=True):
        yield cell.rjust(width) if to_right else cell.ljust(width)


def _text(value: Any, zero: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return number(value) if value else zero
    return clean(str(value))


def number(value: int) -> str:
    """Part thousands."""
    return f"{value:,}"


def counted(value: int, one: str, more: str) -> str:
    """Say how many: `1 message`, `2 messages`."""
    return f"{number(value)} {one if value == 1 else more}"


def clean(text: str) -> str:
    """Take out what would move a terminal's cursor or change its colours: names and notes come from outside."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def print_json(document: dict[str, Any]) -> None:
    """Print one JSON document on a line of its own."""
    print(orjson.dumps(document).decode())  # noqa: T201
