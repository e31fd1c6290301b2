"""Files of sheets: which they are, which of their pages are read, as what kind and by which name."""

from __future__ import annotations

import unicodedata
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from events.errors import WrongUse
from services.sheets import separated
from services.sheets.columns import KINDS, kind_named, type_of
from services.sheets.digits import holds_a_nik
from services.sheets.reading import Sheet
from services.talk import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from services.sheets.cells import Page

__all__ = ["EXPLANATIONS", "Told", "check_told", "is_sheet", "sheets_of"]

#: What the template calls its second page, by language; it is never read.
EXPLANATIONS: Final = {"id": "Penjelasan", "en": "Explanation"}

_OTHERS: Final = (".xls", ".xlsm", ".xlsb", ".xltx", ".ods", ".fods", ".numbers", ".tsv", ".tab")


class Told(NamedTuple):
    """What the command line says about sheets: `--kind`, `--source`, `--sheet`."""

    kind: str | None = None
    source: str | None = None
    name: str | None = None


def is_sheet(file: Path) -> bool:
    """Whether the file is a sheet, by its suffix; WrongUse where it is one that must be saved as another."""
    suffix = file.suffix.lower()
    if suffix in _OTHERS:
        raise WrongUse(f"{file} is not read as it is: open it in the office program and save it as XLSX, or as CSV")
    return suffix in {".csv", ".xlsx"}


def check_told(files: Sequence[Path], told: Told) -> None:
    """WrongUse where an option goes with no file, or not with so many."""
    sheets = [file for file in files if is_sheet(file)]
    given = [f"--{name}" for name, value in zip(("kind", "source", "sheet"), told, strict=True) if value is not None]
    if given and not sheets:
        raise WrongUse(f"{', '.join(given)}: for CSV and XLSX only; a line of JSON says it itself. Leave it off")
    if told.name is not None and len(sheets) > 1:
        raise WrongUse(f"--sheet names one sheet, and here are {len(sheets)} files: publish them one by one")
    if told.kind is not None:
        type_of(told.kind)
    for option, value in (("--source", told.source), ("--sheet", told.name)):
        if not _is_utf_8(value or ""):
            raise WrongUse(f"{option} is not UTF-8: type it again")
    if holds_a_nik(told.source or ""):
        raise WrongUse("--source holds a NIK, and is kept in clear for ever: name the office that says it")


@contextmanager
def sheets_of(file: Path, told: Told) -> Iterator[list[Sheet]]:
    """The sheets of a file, to be read within the block; WrongUse where it cannot be read, or its kind is not told.

    In a workbook those pages are read whose titles name a kind, as the template's do; if there are none, all that are
    visible, but for the template's explanations.
    """
    told_type = None if told.kind is None else type_of(told.kind)
    if file.suffix.lower() == ".csv":
        if told_type is None:
            raise WrongUse(f"{file}: say with --kind what its rows are: {', '.join(KINDS)}")
        yield [Sheet(separated.page(file, told_type), told_type, _name(file, None, told), told.source or None)]
        return

    from services.sheets import workbook  # noqa: PLC0415 - it brings openpyxl along, which nothing else needs

    with workbook.pages(file) as pages:
        chosen = _chosen(file, pages, told_type)
        if told.name is not None and len(chosen) > 1:
            titles = ", ".join(repr(page.title) for page, _ in chosen)
            raise WrongUse(f"--sheet names one sheet, and {file} has {titles}: publish them one by one")
        yield [Sheet(page, type_, _name(file, page.title, told), told.source or None) for page, type_ in chosen]


def _name(file: Path, title: str | None, told: Told) -> str:
    """What goes into the ids; some systems take the letters in names of files apart. WrongUse where it cannot."""
    named = file.stem if title is None else f"{file.stem}/{title}"
    name = told.name or unicodedata.normalize("NFC", named)
    if not _is_utf_8(name):
        raise WrongUse(f"the name of {file} is not UTF-8, and goes into ids: rename it, or give --sheet")
    if holds_a_nik(name):
        raise WrongUse("the name of a sheet holds a NIK, and goes into ids, which are kept in clear: give --sheet")
    return name


def _is_utf_8(text: str) -> bool:
    """Names of files and words of the command line come as bytes, and may hold what is no text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _chosen(file: Path, pages: Sequence[Page], told: str | None) -> list[tuple[Page, str]]:
    named = [(page, type_) for page in pages if (type_ := kind_named(page.title or "")) is not None]
    for page, type_ in named:
        if told not in {None, type_}:
            raise WrongUse(
                f"{file}: its page {page.title!r} is not of the --kind given: leave --kind off, or rename it"
            )
    known = {*EXPLANATIONS.values(), *(page.title for page, _ in named)}
    others = [page for page in pages if page.title not in known]
    if named:
        if others:
            titles = ", ".join(repr(page.title) for page in others)
            say(f"{file}: only pages named after a kind are read, and not {titles}: rename them, or save them apart")
        return named
    if told is None:
        raise WrongUse(f"{file}: no page is named after a kind: say with --kind what its rows are: {', '.join(KINDS)}")
    if not others:
        raise WrongUse(f"{file} has no visible page to read")
    return [(page, told) for page in others]
