"""Cells: what a spreadsheet keeps in one, where it stands, and which of them were merged into one."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from events.violations import looks
from services.exports.separated import harmless

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = [
    "Broken", "Flaw", "Merged", "Page", "Row", "Unreadable", "Untyped", "Value", "described", "filled", "place",
    "plain",
]  # fmt: skip

_ERROR: Final = re.compile(r"#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A|SPILL!|CALC!|GETTING_DATA)")
_RANGE: Final = re.compile(r"\$?[A-Z]{1,3}\$?([0-9]{1,7})(?::\$?[A-Z]{1,3}\$?([0-9]{1,7}))?")


class Broken(Enum):
    """Stands for a cell that shows something and holds no value; its value follows the name of the field."""

    FORMULA = "is a formula without a result: open the sheet in the office program and save it, or type the value"
    ERROR = "is an error of the spreadsheet, such as #N/A: correct the formula, or type the value"


class Unreadable(ValueError):  # noqa: N818 - the domain's word
    """A cell does not hold what its column asks for; the reason follows the field's name and shows no value."""


class Untyped(str):
    """A text out of a CSV file, where nothing tells a text from a number."""

    __slots__ = ()


#: What a cell holds; None where it is empty.
Value = str | int | float | bool | datetime | date | time | timedelta | Broken | None


class Row(NamedTuple):
    """A row that holds something; `number` is what the spreadsheet shows beside it, the header counts too."""

    number: int
    values: Sequence[Value]


class Flaw(NamedTuple):
    """Why a row, or a whole sheet by its header row, is refused. `cell` and `field` are None where it is no single one.

    `message` names the field and the way out, and shows no value of a row.
    """

    row: int
    code: str
    message: str
    field: str | None = None
    cell: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One table of a file; `rows` reads it anew from its first row, those without a value left out.

    `title` is None in a CSV file, which has no pages.
    """

    title: str | None
    rows: Callable[[], Iterator[Row]]
    merged: Merged


@dataclass(frozen=True, slots=True)
class Merged:
    """The rows that merged cells lie in: disjoint spans, ascending, each with the first of its ranges (`A2:A5`)."""

    spans: tuple[tuple[int, int, str], ...] = ()

    @classmethod
    def of(cls, ranges: Iterable[str]) -> Self:
        found = [
            (int(match[1]), int(match[2] or match[1]), range_)
            for range_ in ranges
            if (match := _RANGE.fullmatch(range_)) is not None
        ]
        spans: list[tuple[int, int, str]] = []
        for first, last, range_ in sorted(found):
            if spans and first <= spans[-1][1]:
                start, end, named = spans[-1]
                spans[-1] = (start, max(end, last), named)
            else:
                spans.append((first, last, range_))
        return cls(tuple(spans))

    def over(self, row: int) -> str | None:
        """A merged range that lies in the row, or in one that is merged with it; None where there is none."""
        at = bisect_right(self.spans, row, key=lambda span: span[0]) - 1
        if at < 0 or row > self.spans[at][1]:
            return None
        return self.spans[at][2]


def place(row: int, column: int) -> str:
    """The name of a cell, `C7`; columns are counted from 0."""
    letters = ""
    rest = column + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{row}"


def filled(value: Value) -> Value:
    """The value without what nobody sees: an empty text is None; a text that is a spreadsheet's error is one."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if not text:
        return None
    if text[0] == "#" and _ERROR.fullmatch(text):
        return Broken.ERROR
    return value


def described(value: Value) -> str:
    """What a value looks like, without showing it."""
    if isinstance(value, datetime | date):
        return "a date"
    if isinstance(value, time | timedelta):
        return "a time of day"
    return looks(str(value) if isinstance(value, Untyped) else value)


def plain(text: str) -> str:
    """The text without the spaces around it and, of a CSV file, the apostrophe that our own export puts before it."""
    if isinstance(text, Untyped) and text.startswith("'") and harmless(text[1:]) == text:
        return text[1:].strip()
    return text.strip()
