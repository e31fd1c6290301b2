"""XLSX files, read row by row: their pages, their cells, and which of those are merged.

openpyxl reads; what it leaves out, formulas without a result and cells that were merged, is looked for in the file
itself. Its warnings are not shown: they are for programmers, and some hold values.
"""

from __future__ import annotations

import re
import warnings
import zipfile
import zlib
from contextlib import ExitStack, contextmanager
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._reader import FORMULA_TAG, VALUE_TAG, WorkSheetParser
from openpyxl.xml.constants import SHEET_MAIN_NS
from openpyxl.xml.functions import fromstring

from events.errors import WrongUse
from services.sheets.cells import Broken, Merged, Page, Row, filled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from openpyxl import Workbook

__all__ = ["LARGEST_BYTES", "LARGEST_PART", "MOST_ROWS", "pages"]

#: As many rows a page can have.
MOST_ROWS: Final = 1_048_576
#: As much a workbook may hold when it is unpacked; 70,000 residents take some 50 MB.
LARGEST_BYTES: Final = 500_000_000
#: As much one part of it may hold that is not read in pieces: openpyxl makes some 25 times as much of it in memory.
LARGEST_PART: Final = 20_000_000

_IN_PIECES: Final = re.compile(r"xl/(?:worksheets/[^/]+|sharedStrings)\.xml", re.IGNORECASE)
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_MERGED: Final = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref\s*=\s*[\"']([A-Z0-9:$]+)[\"']")
_AT_ONCE: Final = 500
_CHUNK: Final = 1 << 20
_OVERLAP: Final = 200
_BROKEN: Final = (
    zipfile.BadZipFile, zlib.error, InvalidFileException, KeyError, ValueError, TypeError, AttributeError, IndexError,
    SyntaxError, EOFError, OverflowError, NotImplementedError, RuntimeError, AssertionError,
)  # fmt: skip
"""What openpyxl and what is below it raise for a file that is damaged; malformed XML is a SyntaxError."""

_AGAIN: Final = "open it in the office program and save it as XLSX anew"


@contextmanager
def pages(file: Path) -> Iterator[list[Page]]:
    """The visible pages, to be read within the block; WrongUse where the file is no workbook that can be read."""
    with ExitStack() as stack:
        with _told(file):
            archive = stack.enter_context(zipfile.ZipFile(file))
            _check_size(file, archive)
            workbook = stack.enter_context(_opened(file))
            shown = _shown(archive)
            found = [_page(file, archive, page, shown) for page in workbook.worksheets if page.sheet_state == "visible"]
        yield found


def _check_size(file: Path, archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    if unpacked > LARGEST_BYTES:
        raise WrongUse(f"{file} holds {unpacked:,} bytes when it is unpacked: split it, or save it as CSV")
    for part in parts:
        if part.file_size > LARGEST_PART and _IN_PIECES.fullmatch(part.filename) is None:
            raise WrongUse(
                f"{file} holds {part.file_size:,} bytes beside its cells, in {part.filename!r}: copy the values alone "
                "into a new workbook, or save it as CSV"
            )


@contextmanager
def _opened(file: Path) -> Iterator[Workbook]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        workbook = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
    try:
        yield workbook
    finally:
        workbook.close()


@contextmanager
def _told(file: Path) -> Iterator[None]:
    """Turn what a damaged file raises into words."""
    try:
        yield
    except OSError as error:
        raise WrongUse(f"{file} cannot be read: {error.strerror}") from error
    except _BROKEN as error:
        raise WrongUse(f"{file} {_what_is_wrong(file)}") from error


def _what_is_wrong(file: Path) -> str:
    value = file.read_bytes()
    if not value:
        return f"is empty: {_AGAIN}"
    if value.startswith(_OLE):
        if _ENCRYPTED in value:
            return "is protected by a password: save it without one"
        return f"is a workbook of the old kind (.xls): {_AGAIN}, or as CSV"
    return f"is no XLSX workbook, or a damaged one: {_AGAIN}, or as CSV"


def _page(file: Path, archive: zipfile.ZipFile, page: Any, shown: Mapping[int, int]) -> Page:
    return Page(page.title, lambda: _rows(file, archive, page, shown), Merged.of(_merged(archive, _path(page))))


def _path(page: Any) -> str:
    return str(page._worksheet_path.removeprefix("/"))  # noqa: SLF001 - nowhere else is it told


def _merged(archive: zipfile.ZipFile, path: str) -> set[str]:
    """The merged ranges of a page; it is looked through in pieces, which overlap."""
    ranges: set[str] = set()
    piece = b""
    with archive.open(path) as stream:
        while chunk := stream.read(_CHUNK):
            piece = piece[-_OVERLAP:] + chunk
            if b"mergeCell" in piece:
                ranges.update(found.decode() for found in _MERGED.findall(piece))
    return ranges


class _Parser(WorkSheetParser):
    """Reads cells by their results, as openpyxl does; a formula that has none, not even an empty text, is `Broken`.

    A whole number whose format is so many zeros is the digits that are shown. `shown` has their number, by style.
    """

    shown: Mapping[int, int] = MappingProxyType({})

    def parse_cell(self, element: Any) -> dict[str, Any]:
        cell = super().parse_cell(element)
        digits = self.shown.get(int(element.get("s", 0)), 0)
        if digits and type(cell["value"]) is int and 0 <= cell["value"] < 10**digits:
            cell["value"] = f"{cell['value']:0{digits}}"
        if cell["value"] is None and element.find(FORMULA_TAG) is not None:
            is_empty_text = element.get("t") == "str" and element.find(VALUE_TAG) is not None
            cell["value"] = None if is_empty_text else Broken.FORMULA
        return cell


def _rows(file: Path, archive: zipfile.ZipFile, page: Any, shown: Mapping[int, int]) -> Iterator[Row]:
    """The rows that hold something. WrongUse where one does not follow the one before it, or has a cell twice."""
    last = 0
    for number, cells in _parsed(file, archive, page, shown):
        by_column = {cell["column"]: filled(cell["value"]) for cell in cells}
        if not last < number <= MOST_ROWS or len(by_column) < len(cells):
            raise WrongUse(f"{file}: page {page.title!r} is damaged at row {number}, after row {last}: {_AGAIN}")
        last = number
        if any(value is not None for value in by_column.values()):
            yield Row(number, [by_column.get(column) for column in range(1, max(by_column) + 1)])


def _parsed(
    file: Path, archive: zipfile.ZipFile, page: Any, shown: Mapping[int, int]
) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """The rows of a page as they stand in it, with their numbers; what a file says of its own size is not believed."""
    book = page.parent
    with archive.open(_path(page)) as stream:
        parser = _Parser(
            stream, page._shared_strings, data_only=True, epoch=book.epoch,  # noqa: SLF001 - as openpyxl itself does
            date_formats=book._date_formats, timedelta_formats=book._timedelta_formats,  # noqa: SLF001
        )  # fmt: skip
        parser.shown = shown
        rows = parser.parse()
        while True:
            with _told(file), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                some = list(islice(rows, _AT_ONCE))
            if not some:
                return
            yield from some


def _shown(archive: zipfile.ZipFile) -> dict[int, int]:
    """How many digits are always shown, by style: of up to 15, since of a longer number the last are not kept."""
    try:
        styles = fromstring(archive.read("xl/styles.xml"))
    except KeyError:
        return {}
    codes = {one.get("numFmtId"): one.get("formatCode", "") for one in styles.iter(f"{{{SHEET_MAIN_NS}}}numFmt")}
    cells = styles.find(f"{{{SHEET_MAIN_NS}}}cellXfs")
    shown = enumerate(codes.get(one.get("numFmtId"), "") for one in (cells if cells is not None else ()))
    return {style: len(code) for style, code in shown if re.fullmatch("0{2,15}", code)}
