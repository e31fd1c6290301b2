"""The empty sheet: filled with the examples of its own second page it is accepted, in either language."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from events.errors import WrongUse
from events.facts import TYPES
from events.samples import SOURCE
from events.territory import KELURAHAN
from services.sheets.columns import KINDS, LANGUAGES, Form, Language, columns_of
from services.sheets.explanations import EXPLAINED, WORDS
from services.sheets.template import write_template
from tests.services.sheets.paper import known, to_csv

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

EACH = [(kind, language) for kind in KINDS for language in LANGUAGES]


def written(folder: Path, kind: str, language: Language) -> tuple[Path, Worksheet, Worksheet]:
    file = write_template(kind, language, folder / "template.xlsx")
    page, explanation = load_workbook(file).worksheets
    return file, page, explanation


def headings(page: Worksheet) -> list[Any]:
    return [cell.value for cell in page[1]]


def examples(explanation: Worksheet) -> dict[Any, Any]:
    """A column's heading to its example, as the page shows them."""
    return {row[0]: row[3] for row in explanation.iter_rows(min_row=2, max_col=4, values_only=True) if row[1]}


@pytest.mark.parametrize(("kind", "language"), EACH)
def test_filled_with_its_own_examples_it_is_accepted_as_xlsx_and_as_csv(
    tmp_path: Path, kind: str, language: Language
) -> None:
    file, page, explanation = written(tmp_path, kind, language)
    shown = examples(explanation)
    row = [shown.get(heading) for heading in headings(page)]
    if kind == "list_declared":
        row[headings(page).index("Namosain")] = 3
    book = load_workbook(file)
    book.worksheets[0].append(row)
    book.save(file)
    in_words = [("ya" if language == "id" else "yes") if value is True else value for value in row]

    from_xlsx = known(file, source=SOURCE)
    from_csv = known(to_csv(tmp_path / "template.csv", [headings(page), in_words]), kind, SOURCE)

    assert (from_xlsx.flaws, from_xlsx.headings, from_csv.flaws, from_csv.headings) == ([], [], [], [])
    (one,), (other,) = from_xlsx.events.values(), from_csv.events.values()
    assert one == other
    assert one.type == KINDS[kind]
    must = {name for name, field in TYPES[KINDS[kind]].model_fields.items() if field.is_required()}
    assert [name for name in must if getattr(one.data, name) is None] == []


@pytest.mark.parametrize(("kind", "language"), EACH)
def test_empty_it_says_nothing_at_all(tmp_path: Path, kind: str, language: Language) -> None:
    file, page, _ = written(tmp_path, kind, language)
    told = known(file)

    assert page.max_row == 1
    assert (told.events, told.flaws, told.headings) == ({}, [], [])


@pytest.mark.parametrize(("kind", "language"), EACH)
def test_every_column_is_explained_and_says_whether_it_is_needed(tmp_path: Path, kind: str, language: Language) -> None:
    _, page, explanation = written(tmp_path, kind, language)
    rows = {row[0]: row for row in explanation.iter_rows(min_row=2, max_col=4, values_only=True) if row[1]}
    must = {name for name, field in TYPES[KINDS[kind]].model_fields.items() if field.is_required()}

    own = [heading for heading in headings(page) if heading not in KELURAHAN.values()]
    assert [heading for heading in own if not (rows.get(heading) or ("", "", ""))[2]] == []
    for column in columns_of(KINDS[kind]):
        assert rows[column.heading(language)][1] == WORDS[language]["yes" if column.field in must else "no"]


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_are_text_and_days_are_dates_before_anybody_types(tmp_path: Path, kind: str) -> None:
    _, page, _ = written(tmp_path, kind, "id")
    formats = {
        heading: page.column_dimensions[get_column_letter(at)].number_format
        for at, heading in enumerate(headings(page), 1)
    }

    for column in columns_of(KINDS[kind]):
        wanted = {Form.TEXT: "@", Form.DAY: "dd/mm/yyyy", Form.COUNT: "0"}[column.form]
        assert formats[column.indonesian] == wanted
    assert page.freeze_panes == "A2"


def test_a_list_has_all_51_kelurahan(tmp_path: Path) -> None:
    _, page, _ = written(tmp_path, "list_declared", "id")

    assert [name for name in headings(page) if name in KELURAHAN.values()] == list(KELURAHAN.values())


def test_closed_sets_are_offered_and_kelurahan_by_name(tmp_path: Path) -> None:
    _, page, explanation = written(tmp_path, "resident_listed", "id")
    offered = {str(one.sqref).partition(":")[0][:-1]: one.formula1 for one in page.data_validations.dataValidation}
    letter = {heading: get_column_letter(at) for at, heading in enumerate(headings(page), 1)}

    assert offered[letter["Jenis Kelamin"]] == '"L,P"'
    assert offered[letter["Kelurahan"]] == "Penjelasan!$G$2:$G$52"
    assert [explanation.cell(row, 7).value for row in range(2, 53)] == list(KELURAHAN.values())
    assert all(len(formula) <= 255 for formula in offered.values())


def test_everything_that_may_stand_in_a_sheet_is_explained_in_both_languages() -> None:
    fields = {name for contract in TYPES.values() for name in contract.model_fields}

    assert set(EXPLAINED) == fields | {"time", "recordedtime", "id", "source"}
    assert [name for name, one in EXPLAINED.items() if not one.id or not one.en or one.id == one.en] == []


def test_it_is_never_written_over_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first = write_template("captured", "id", None)
    before = first.read_bytes()

    with pytest.raises(WrongUse, match=r"captured\.xlsx is there already"):
        write_template("captured", "en", None)
    assert (first, first.read_bytes()) == (Path("captured.xlsx"), before)


@pytest.mark.parametrize(
    ("kind", "language", "output", "why"),
    [
        ("residents", "id", None, "there is no kind 'residents'"), ("captured", "fr", None, "write one of id, en"),
        ("captured", "id", Path("x.csv"), "let its name end in .xlsx"),
        ("captured", "id", Path("no/such/folder.xlsx"), "cannot be written: No such file or directory"),
    ],
)  # fmt: skip
def test_wrong_use_of_the_template_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, language: str, output: Path | None, why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WrongUse, match=why):
        write_template(kind, language, output)
    assert list(tmp_path.iterdir()) == []
