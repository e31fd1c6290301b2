"""CSV files: UTF-8, UTF-16 or Windows-1252, parted by `;`, `,` or tabs, with the row numbers of a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from events.errors import WrongUse
from services.sheets.cells import Merged, Page, Row, Untyped, filled
from services.sheets.headers import FIRST_ROWS, known_headings
from services.talk import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["page"]

_SEPARATORS: Final = (";", ",", "\t")
_SAID: Final = re.compile(r"sep=([;,|\t])\r?\n")
"""The line by which a spreadsheet is told the separator; it shows it as no row."""


def page(file: Path, type_: str) -> Page:
    """The one table of the file; WrongUse where it cannot be read. What parts its cells is what shows most headings."""
    try:
        text = _decoded(file, file.read_bytes())
    except OSError as error:
        raise WrongUse(f"{file} cannot be read: {error.strerror}") from error
    said = _SAID.match(text)
    if said is not None:
        text = text[said.end() :]
    separator = said[1] if said is not None else max(_SEPARATORS, key=lambda one: _headings(text, one, type_))
    return Page(None, lambda: _rows(file, text, separator), Merged())


def _decoded(file: Path, value: bytes) -> str:
    if value.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\0" in value:
        raise WrongUse(f"{file} is no text: save it as `CSV UTF-8`, or as XLSX")
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = value.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "cp1252":
            say(f"{file} is not UTF-8; it is read as Windows-1252. `CSV UTF-8` keeps every letter")
        return text
    raise WrongUse(f"{file} is neither UTF-8 nor Windows-1252: save it as `CSV UTF-8`, or as XLSX")


def _headings(text: str, separator: str, type_: str) -> int:
    """How many headings of the type the best of the first rows shows, if this is what parts cells."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        return max((known_headings(type_, row) for row in islice(filter(any, rows), FIRST_ROWS)), default=0)
    except csv.Error:
        return 0


def _rows(file: Path, text: str, separator: str) -> Iterator[Row]:
    """Strict, or a quotation mark that is never closed would swallow the rest of the file into one cell."""
    number = 0
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True), 1):
            values = [filled(Untyped(cell)) for cell in cells]
            if any(value is not None for value in values):
                yield Row(number, values)
    except csv.Error as error:
        raise WrongUse(
            f"{file}, after row {number}: a quotation mark stands where none can, or is not closed; write it twice, or "
            "save the sheet as CSV anew"
        ) from error
