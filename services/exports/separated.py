"""CSV, for spreadsheets and for programs: UTF-8 with a byte order mark, parted by `,` or `;`, lines ended by CRLF.

A file is a header and rows, and nothing else; days are ISO, and what is not known is empty. One mark is used, an
apostrophe before the first character, and a program that reads such a file takes away one apostrophe where

* the text could be a formula. It begins with `=`, `+`, `-`, `@` or what a program may take for one of them (full width,
  small, raised), also after spaces, quotes and what cannot be seen; or with a tab or a line break. The same within a
  text after a `,`, a `;`, a tab or a line break, for there a cell begins when the file is opened with another
  separator. A `-` alone, which offices write for "none", is no formula and stays.
* a spreadsheet would make a number or a day of the text: NIK, family card, RT `001`, an address `3/4`. It keeps 15
  digits of a number, and no zeros in front.

Of the ways to keep 16 digits this one is the least bad. Quotes do not help: a spreadsheet takes them away first.
`="5371…"` is a formula, which no program reads, and which our own rule against formulas would have to let through. A
tab in front is not seen, so that one day somebody compares two columns and finds nobody. An apostrophe is seen, as it
is no more than text in a CSV file: whoever meets it knows, it comes through a spreadsheet unharmed, and before a NIK
it is what `rekam publish` asks offices for where digits may have been rounded. A masked NIK needs none. Whoever wants
no mark takes the XLSX.
"""

from __future__ import annotations

import csv
import re
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from events.errors import WrongUse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from services.exports.columns import Cell, Column
    from services.sheets.columns import Language

__all__ = ["MEDIA_TYPE", "SEPARATORS", "encode", "harmless"]

MEDIA_TYPE: Final = "text/csv; charset=utf-8"
SEPARATORS: Final = (",", ";")

_BOM: Final = "\ufeff"
_ENOUGH: Final = 1 << 16
"""Characters of a piece."""

_SIGNS: Final = "=+\\-@\u2212\u207a-\u207c\u208a-\u208c\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20"
_UNSEEN: Final = r"\x00-\x1f\x7f-\x9f\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
_PASSED_OVER: Final = rf"""(?:(?![\t\r\n])[\s"'{_UNSEEN}])*"""
_PARTS: Final = r"[,;\t\r\n]"
_FORMULA: Final = re.compile(rf"^(?='*[\t\r\n])|(?:^|{_PARTS})(?={_PASSED_OVER}[{_SIGNS}])(?! *- *(?:{_PARTS}|\Z))")
_MAY_BE: Final = re.compile(rf"[{_SIGNS}]|^'*[\t\r\n]")
"""Asked first, for it is quickly answered, mostly by no: with the other question alone a file takes twice as long."""
_NUMBER: Final = re.compile(r"'*\s*[0-9][0-9\s.,/:%eE+\-]*")


class _Lines:
    """Where the writer writes; `taken` gives what has come since, as bytes."""

    def __init__(self) -> None:
        self._written = [_BOM]
        self.length = 0

    def write(self, text: str) -> int:
        self._written.append(text)
        self.length += len(text)
        return len(text)

    def taken(self) -> bytes:
        text = "".join(self._written)
        self._written.clear()
        self.length = 0
        return text.encode(errors="replace")


def encode(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[Column], language: Language, separator: str = ","
) -> Iterator[bytes]:
    """The file in pieces of some 64 kB; WrongUse, at once, for another separator.

    The first piece is the header: no row is asked for before it. What refuses in `rows` refuses after it.
    """
    if separator not in SEPARATORS:
        raise WrongUse(f"there is no separator {separator!r}: write , or ;")
    return _encoded(rows, columns, language, separator)


def _encoded(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[Column], language: Language, separator: str
) -> Iterator[bytes]:
    lines = _Lines()
    writer = csv.writer(lines, delimiter=separator, lineterminator="\r\n")
    writer.writerow([column.heading(language) for column in columns])
    yield lines.taken()
    for row in rows:
        writer.writerow([_written(column.cell(row, language)) for column in columns])
        if lines.length >= _ENOUGH:
            yield lines.taken()
    if lines.length:
        yield lines.taken()


def _written(cell: Cell) -> str | int | None:
    if isinstance(cell, str):
        return harmless(cell)
    return cell.isoformat() if isinstance(cell, date) else cell


def harmless(text: str) -> str:
    """The text with the apostrophes that it needs, as said above. No two texts become the same."""
    marked = _FORMULA.sub(r"\g<0>'", text) if _MAY_BE.search(text) else text
    return f"'{marked}" if _NUMBER.fullmatch(marked) else marked
