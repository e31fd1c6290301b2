"""The empty sheet of a kind: a page to be filled in, named after the kind, and a page that explains it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from events.errors import WrongUse
from events.facts import TYPES
from events.statuses import EFFECTS
from events.territory import KELURAHAN
from services.sheets.columns import ATTRIBUTES, BY_KELURAHAN, KINDS, LANGUAGES, Form, columns_of, needed, type_of
from services.sheets.explanations import EXPLAINED, NEWCOMER, RULES, WORDS
from services.sheets.files import EXPLANATIONS
from services.sheets.workbook import MOST_ROWS

if TYPE_CHECKING:
    from datetime import date

    from openpyxl.worksheet.worksheet import Worksheet

    from services.sheets.columns import Column, Language

__all__ = ["template", "write_template"]

_FORMATS: Final = {Form.TEXT: "@", Form.DAY: "dd/mm/yyyy", Form.COUNT: "0"}
_HEAD: Final = PatternFill("solid", start_color="DDE6F0")
_BOLD: Final = Font(bold=True)
_WRAPPED: Final = Alignment(wrap_text=True, vertical="top")
_NEWCOMERS: Final = ("name", "sex", "birth_date", "ever_married", "address", "rt", "rw", "family_card")
_LONG_LIST: Final = 255
"""Characters that a list of choices may have within a cell's validation; a longer one stands on a page."""


class _Entry(NamedTuple):
    """A row of the second page; `column` is None for the columns by kelurahan."""

    name: str
    column: Column | None
    needed: str
    said: str
    example: str | int | date | None


def write_template(kind: str, language: str, output: Path | None) -> Path:
    """Write the empty sheet; where. WrongUse for another kind or language, and where the file is there already."""
    type_ = type_of(kind)
    if language not in LANGUAGES:
        raise WrongUse(f"--language {language!r}: write one of {', '.join(LANGUAGES)}")
    name = next(name for name, one in KINDS.items() if one == type_)
    file = output or Path(f"{name}.xlsx")
    if file.suffix.lower() != ".xlsx":
        raise WrongUse(f"--output {file}: the file is an XLSX, so let its name end in .xlsx")
    value = template(type_, "id" if language == "id" else "en")
    try:
        with file.open("xb") as stream:
            stream.write(value)
    except FileExistsError:
        raise WrongUse(f"{file} is there already: name another with --output, or move it away") from None
    except OSError as error:
        raise WrongUse(f"{file} cannot be written: {error.strerror}") from error
    return file


def template(type_: str, language: Language) -> bytes:
    """The workbook's bytes."""
    book = Workbook()
    page = book.worksheets[0]
    page.title = next(name for name, one in KINDS.items() if one == type_)
    explanation = book.create_sheet(EXPLANATIONS[language])
    columns = _columns(type_)
    for at, column in enumerate(columns, 1):
        _format(page, at, column.heading(language), column)
    if BY_KELURAHAN in TYPES[type_].model_fields:
        for at, name in enumerate(KELURAHAN.values(), len(columns) + 1):
            _format(page, at, name, None)
    page.freeze_panes = "A2"
    _explain(explanation, type_, language)
    _offer(page, explanation.title, columns, language)
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _columns(type_: str) -> list[Column]:
    """Those of the first page, but for those by kelurahan: the others of the event may be added."""
    there = needed(type_) | {"recordedtime", "id"}
    return [*columns_of(type_), *(column for column in ATTRIBUTES if column.field in there)]


def _format(page: Worksheet, at: int, heading: str, column: Column | None) -> None:
    form = Form.COUNT if column is None else column.form
    cell = page.cell(row=1, column=at, value=heading)
    cell.font, cell.fill, cell.alignment = _BOLD, _HEAD, _WRAPPED
    cell.number_format = "@"
    whole = page.column_dimensions[get_column_letter(at)]
    whole.number_format = _FORMATS[form]
    whole.width = max(14, len(heading) + 3, 20 if form is Form.TEXT else 0)


def _offer(page: Worksheet, explanation: str, columns: list[Column], language: Language) -> None:
    """Offer what a closed set allows; another word is asked about, for the reader understands more of them."""
    for at, column in enumerate(columns, 1):
        letter = get_column_letter(at)
        if column.words is not None:
            offered = f'"{",".join(column.words.labels(language))}"'
        elif column.field == "status":
            offered = f"{explanation}!$I$2:$I${len(EFFECTS) + 1}"
        elif column.code == "unknown_kelurahan":
            offered = f"{explanation}!$G$2:$G${len(KELURAHAN) + 1}"
        else:
            continue
        validation = DataValidation(type="list", formula1=offered, allow_blank=True, errorStyle="warning")
        validation.showErrorMessage = True
        validation.add(f"{letter}2:{letter}{MOST_ROWS}")
        page.add_data_validation(validation)


def _explain(page: Worksheet, type_: str, language: Language) -> None:
    words = WORDS[language]
    heads = {1: "column", 2: "needed", 3: "said", 4: "example", 6: "code", 7: "name"}
    for at, name in heads.items():
        _head(page, at, words[name])
    for row, entry in enumerate(_entries(type_, language), 2):
        for at, value in enumerate((entry.name, entry.needed, entry.said, entry.example), 1):
            cell = page.cell(row=row, column=at, value=value)
            cell.alignment = _WRAPPED
        if entry.column is not None:
            page.cell(row=row, column=4).number_format = _FORMATS[entry.column.form]
    for row, (code, name) in enumerate(KELURAHAN.items(), 2):
        page.cell(row=row, column=6, value=code)
        page.cell(row=row, column=7, value=name)
    if "status" in TYPES[type_].model_fields:
        _head(page, 9, "Status")
        for row, status in enumerate(EFFECTS, 2):
            page.cell(row=row, column=9, value=status)
    below = len(_entries(type_, language)) + 4
    page.cell(row=below - 1, column=1, value=words["rules"]).font = _BOLD
    for row, rule in enumerate(RULES[language], below):
        page.cell(row=row, column=1, value=rule).alignment = _WRAPPED
        page.merge_cells(start_row=row, start_column=1, end_row=row, end_column=4)
        page.row_dimensions[row].height = 32
    for letter, width in {"A": 22, "B": 12, "C": 60, "D": 28, "F": 16, "G": 20, "I": 28}.items():
        page.column_dimensions[letter].width = width
    page.freeze_panes = "A2"


def _head(page: Worksheet, at: int, text: str) -> None:
    cell = page.cell(row=1, column=at, value=text)
    cell.font, cell.fill = _BOLD, _HEAD


def _entries(type_: str, language: Language) -> list[_Entry]:
    words = WORDS[language]
    first = {column.field for column in _columns(type_)}
    entries = []
    for column in (*columns_of(type_), *ATTRIBUTES):
        must = words["yes" if column.field in needed(type_) else "no" if column.field in first else "may"]
        explained = EXPLAINED[column.field]
        said, example = explained.said(language), explained.example
        if column.words is not None and not isinstance(example, bool):
            said = f"{said}: {', '.join(column.words.labels(language))}."
        if column.words is not None:
            example = column.words.label(example, language)
        if column.field in _NEWCOMERS and type_ == "rekam.relocation.arrived.v1":
            said += NEWCOMER[language]
        shown = example if column.field in first else None
        entries.append(_Entry(column.heading(language), column, must, said, shown))
    if BY_KELURAHAN in TYPES[type_].model_fields:
        names = list(KELURAHAN.values())
        named = f"{names[0]} … {names[-1]}"
        entries.append(_Entry(named, None, words["yes"], EXPLAINED[BY_KELURAHAN].said(language), None))
    return entries
