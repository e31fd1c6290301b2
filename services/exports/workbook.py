"""XLSX, written row by row: a sheet with the table alone, fit to be read in again, and one that says what it is about.

Every text is a text cell, formatted as text: digits stay as they are, and what begins with `=` is no formula, also
after somebody has edited the cell. Days are days, but for those before March 1900, which a spreadsheet counts wrongly
or not at all: they are texts, ISO.
"""

from __future__ import annotations

import re
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from openpyxl.xml.constants import REL_NS

from events.errors import WrongUse
from services.exports.about import said
from services.exports.package import FIXED, NAMESPACE, SHEETS, WORKBOOK, Package, Style
from services.sheets.cells import place
from services.sheets.workbook import MOST_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from services.exports.about import About
    from services.exports.columns import Cell, Column
    from services.sheets.columns import Language

__all__ = ["MEDIA_TYPE", "NAMES", "encode"]

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: What the two sheets are called.
NAMES: Final[Mapping[Language, tuple[str, str]]] = {"id": ("Daftar", "Keterangan"), "en": ("List", "About")}

_AT_ONCE: Final = 64
"""Rows that are put together before they are packed."""

_DAY_0: Final = date(1899, 12, 30).toordinal()
"""Right from 1 March 1900 on: a spreadsheet counts a 29 February in that year."""
_FIRST_DAY: Final = date(1900, 3, 1)

_ESCAPES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_SPECIAL: Final = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_REPLACEMENT: Final = "\ufffd"
_UNDERSCORE: Final = "_x005F_"
"""Of a text that has `_x0041_` itself, which means A to a spreadsheet (ECMA-376, ST_Xstring)."""


def encode(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[Column], language: Language, about: About
) -> Iterator[bytes]:
    """The file in pieces; the first comes before a row is asked for, and what refuses in `rows` refuses after it.

    What ends early is no workbook, and no program opens it as one. WrongUse for more rows than a sheet can have.
    """
    names = NAMES[language]
    with Package() as package:
        for at, xml in FIXED.items():
            package.add(at, xml)
        yield package.taken()
        count = 0
        with package.part(SHEETS[0]) as write:
            write(_opening(columns, language))
            shown = ([column.cell(row, language) for column in columns] for row in rows)
            while some := list(islice(shown, _AT_ONCE)):
                write("".join(_row(number, cells) for number, cells in enumerate(some, count + 2)))
                count += len(some)
                if count >= MOST_ROWS:
                    raise WrongUse(f"the list has more rows than a sheet, {MOST_ROWS:,}: ask for a part, or for CSV")
                if piece := package.taken():
                    yield piece
            write(_closing(f"A1:{place(count + 1, len(columns) - 1)}"))
        package.add(SHEETS[1], _explained(about, count, language))
        package.add(WORKBOOK, _workbook(names, place(count + 1, len(columns) - 1)))
    yield package.taken()


def _opening(columns: Sequence[Column], language: Language) -> str:
    """All before the first row, and the header; landscape A4, as wide as the page, in print."""
    widths = "".join(
        f'<col min="{at}" max="{at}" width="{column.width}" customWidth="1"/>' for at, column in enumerate(columns, 1)
    )
    header = _row(1, [column.heading(language) for column in columns], Style.HEAD)
    return (
        f'<worksheet xmlns="{NAMESPACE}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        '<sheetViews><sheetView tabSelected="1" workbookViewId="0"><pane ySplit="1" topLeftCell="A2"'
        ' activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"<cols>{widths}</cols><sheetData>{header}"
    )


def _closing(cells: str) -> str:
    """All after the last row: filters, the page, and no green corners beside digits that are texts."""
    return (
        f'</sheetData><autoFilter ref="{cells}"/>'
        '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/>'
        "<headerFooter><oddFooter>&amp;C&amp;P / &amp;N</oddFooter></headerFooter>"
        f'<ignoredErrors><ignoredError sqref="{cells}" numberStoredAsText="1"/></ignoredErrors></worksheet>'
    )


def _explained(about: About, rows: int, language: Language) -> str:
    lines = enumerate(said(about, rows, language), 1)
    written = "".join(
        f'<row r="{row}">{_cell(f"A{row}", name, Style.HEAD)}{_cell(f"B{row}", value)}</row>'
        for row, (name, value) in lines
    )
    return (
        f'<worksheet xmlns="{NAMESPACE}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><cols>'
        '<col min="1" max="1" width="22" customWidth="1"/><col min="2" max="2" width="90" customWidth="1"/></cols>'
        f"<sheetData>{written}</sheetData>"
        '<pageSetup paperSize="9" orientation="landscape" fitToWidth="1" fitToHeight="0"/></worksheet>'
    )


def _workbook(names: tuple[str, str], last: str) -> str:
    cells = "$A$1:" + re.sub("([A-Z]+)", r"$\1$", last)
    sheets = "".join(f'<sheet name="{name}" sheetId="{at}" r:id="rId{at}"/>' for at, name in enumerate(names, 1))
    return (
        f'<workbook xmlns="{NAMESPACE}" xmlns:r="{REL_NS}"><bookViews><workbookView/></bookViews>'
        f"<sheets>{sheets}</sheets><definedNames>"
        f'<definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">{names[0]}!{cells}'
        f'</definedName><definedName name="_xlnm.Print_Titles" localSheetId="0">{names[0]}!$1:$1</definedName>'
        "</definedNames></workbook>"
    )


def _row(number: int, cells: Sequence[Cell], style: int = Style.TEXT) -> str:
    written = [_cell(place(number, at), cell, style) for at, cell in enumerate(cells)]
    height = ' ht="30" customHeight="1"' if style == Style.HEAD else ""  # a heading may take two lines
    return f'<row r="{number}"{height}>{"".join(written)}</row>'


def _cell(at: str, cell: Cell, style: int = Style.TEXT) -> str:
    """`style` is that of a text; a day and a count have their own."""
    if cell is None or cell == "":
        return ""
    if isinstance(cell, int):
        return f'<c r="{at}" s="{Style.COUNT}"><v>{cell}</v></c>'
    if isinstance(cell, date):
        if cell >= _FIRST_DAY:
            return f'<c r="{at}" s="{Style.DAY}"><v>{cell.toordinal() - _DAY_0}</v></c>'
        cell = cell.isoformat()
    text = _SPECIAL.sub(_escaped, cell)
    return f'<c r="{at}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _escaped(found: re.Match[str]) -> str:
    """What XML cannot hold at all is replaced, so that it is seen that something was there."""
    if found[0] == "_":
        return _UNDERSCORE
    return _ESCAPES.get(found[0], _REPLACEMENT)
