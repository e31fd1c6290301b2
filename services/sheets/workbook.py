"""XLSX files, read row by row: their pages, their cells, and which of those are merged.

openpyxl reads; what it leaves out when it reads row by row, merged cells and formulas without a result, is looked for
in the file itself. Its warnings are not shown: they are for programmers, and some hold values.
"""

from __future__ import annotations

import re
import warnings
import zipfile
import zlib
from contextlib import ExitStack, contextmanager
from itertools import islice, zip_longest
from typing import TYPE_CHECKING, Any, Final

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from events.errors import WrongUse
from services.sheets.cells import Broken, Merged, Page, Row, filled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from openpyxl import Workbook

    from services.sheets.cells import Value

__all__ = ["LARGEST_BYTES", "MOST_ROWS", "pages"]

#: As many rows a page can have.
MOST_ROWS: Final = 1_048_576
#: As much a workbook may hold when it is unpacked; 70,000 residents take some 50 MB.
LARGEST_BYTES: Final = 500_000_000

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_MERGED: Final = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref\s*=\s*[\"']([A-Z0-9:$]+)[\"']")
_FORMULA: Final = re.compile(rb"<(?:\w+:)?f[\s>/]")
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
            unpacked = sum(part.file_size for part in archive.infolist())
            if unpacked > LARGEST_BYTES:
                raise WrongUse(f"{file} holds {unpacked:,} bytes when it is unpacked: split it, or save it as CSV")
            workbook = stack.enter_context(_opened(file, data_only=True))
            found = [
                _page(file, archive, workbook, at)
                for at, page in enumerate(workbook.worksheets)
                if page.sheet_state == "visible"
            ]
        yield found


@contextmanager
def _opened(file: Path, *, data_only: bool) -> Iterator[Workbook]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        workbook = openpyxl.load_workbook(file, read_only=True, data_only=data_only)
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


def _page(file: Path, archive: zipfile.ZipFile, workbook: Workbook, at: int) -> Page:
    page: Any = workbook.worksheets[at]
    ranges, has_formulas = _looked_through(archive, page._worksheet_path)  # noqa: SLF001 - nowhere else is it told

    def rows() -> Iterator[Row]:
        with ExitStack() as stack:
            cells = _cells(file, page)
            formulas: Iterator[Sequence[Any]] = iter(())
            if has_formulas:
                other = stack.enter_context(_opened(file, data_only=False))
                formulas = _cells(file, other.worksheets[at])
            yield from _rows(cells, formulas)

    return Page(page.title, rows, Merged.of(ranges))


def _looked_through(archive: zipfile.ZipFile, path: str) -> tuple[set[str], bool]:
    """The merged ranges of a page, and whether it has formulas; in pieces, which overlap."""
    ranges: set[str] = set()
    has_formulas = False
    piece = b""
    with archive.open(path.removeprefix("/")) as stream:
        while chunk := stream.read(_CHUNK):
            piece = piece[-_OVERLAP:] + chunk
            if b"mergeCell" in piece:
                ranges.update(found.decode() for found in _MERGED.findall(piece))
            if not has_formulas and (b"<f" in piece or b":f" in piece):
                has_formulas = _FORMULA.search(piece) is not None
    return ranges, has_formulas


def _cells(file: Path, page: Any) -> Iterator[Sequence[Any]]:
    """All rows of a page from its first, also the empty ones; what a file says of its own size is not believed."""
    page.reset_dimensions()
    rows = islice(page.iter_rows(values_only=True), MOST_ROWS)
    while True:
        with _told(file), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            some = list(islice(rows, _AT_ONCE))
        if not some:
            return
        yield from some


def _rows(cells: Iterator[Sequence[Any]], formulas: Iterator[Sequence[Any]]) -> Iterator[Row]:
    for number, (found, written) in enumerate(zip_longest(cells, formulas, fillvalue=()), 1):
        values: list[Value] = [filled(value) for value in found]
        for at, formula in enumerate(written[: len(values)]):
            if values[at] is None and found[at] is None and formula is not None:
                values[at] = Broken.FORMULA
        if any(value is not None for value in values):
            yield Row(number, values)
