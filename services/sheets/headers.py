"""The header row: found among the first rows of a page, and what each of its headings means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from events.territory import KELURAHAN
from services.sheets.cells import Broken, Flaw, place
from services.sheets.columns import ATTRIBUTES, BY_KELURAHAN, NUMBER, columns_of, needed
from services.sheets.spellings import code_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from services.sheets.cells import Merged, Row, Value
    from services.sheets.columns import Column

__all__ = ["FIRST_ROWS", "Layout", "known_headings", "layout_of"]

#: Among as many rows with a value the header is looked for: offices put titles above it.
FIRST_ROWS: Final = 10

_ALIKE: Final = {"no": "nomor", "nmr": "nomor", "tgl": "tanggal", "tg": "tanggal", "jml": "jumlah", "nm": "nama"}
_SHOWN: Final = re.compile(r"(?!.*[0-9]{6}).{1,60}")


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column stands where (counted from 0); those by kelurahan by their codes."""

    row: int
    columns: Mapping[int, Column]
    kelurahan: Mapping[int, str]
    passed_over: frozenset[int]

    @property
    def headed(self) -> frozenset[int]:
        return frozenset(self.columns) | frozenset(self.kelurahan) | self.passed_over


def _normal(heading: str) -> str:
    words = re.findall(r"[a-z]+|[0-9]+", heading.casefold())
    return "".join(_ALIKE.get(word, word) for word in words)


def _meanings(type_: str) -> dict[str, Column]:
    """Each heading that is understood; where two columns of a type could be meant, the one's own name decides."""
    columns = (*columns_of(type_), *ATTRIBUTES, NUMBER)
    found = {_normal(heading): column for column in columns for heading in column.also}
    return found | {_normal(name): one for one in columns for name in (one.indonesian, one.field) if name}


def _code(type_: str, heading: str) -> str | None:
    return code_of(heading) if type_ == "rekam.listing.list_declared.v1" else None


def known_headings(type_: str, values: Sequence[Value]) -> int:
    """How many of the cells are headings of the type."""
    meanings = _meanings(type_)
    return sum(isinstance(one, str) and (_normal(one) in meanings or _code(type_, one) is not None) for one in values)


def layout_of(type_: str, rows: Sequence[Row], merged: Merged, *, source_given: bool) -> Layout | list[Flaw]:
    """The meaning of the header row, or everything that is wrong with it.

    The header is the one row among `rows`, the first of the page, in which two headings or more are known.
    """
    found = [row for row in rows if known_headings(type_, row.values) >= 2]
    names = ", ".join(f"{one.indonesian} ({one.field})" for one in columns_of(type_) if one.field in needed(type_))
    if len(found) != 1:
        where = rows[0].number if rows else 1
        if not found:
            what = f"no header was found in the first {FIRST_ROWS} rows" if rows else "the sheet is empty"
            return [Flaw(where, "bad_data", f"{what}: one row must name the columns, {names}")]
        both = " and ".join(str(row.number) for row in found)
        return [Flaw(found[0].number, "bad_data", f"rows {both} each look like a header: leave one, in a single row")]
    header = found[0]
    layout, flaws = _read(type_, header)
    flaws += _missing(type_, layout, source_given=source_given)
    if (range_ := merged.over(header.number)) is not None:
        flaws.append(_flaw(header.number, f"{range_} is merged: unmerge it, and give each column its own heading"))
    return flaws or layout


def _flaw(row: int, message: str, cell: str | None = None, field: str | None = None) -> Flaw:
    return Flaw(row, "bad_data", message, field, cell)


def _read(type_: str, header: Row) -> tuple[Layout, list[Flaw]]:
    meanings = _meanings(type_)
    columns: dict[int, Column] = {}
    kelurahan: dict[int, str] = {}
    passed_over = set()
    flaws = []
    first: dict[str, str] = {}
    for at, value in enumerate(header.values):
        if value is None:
            continue
        cell = place(header.number, at)
        meant = _meaning(type_, value, meanings)
        if meant is NUMBER:
            passed_over.add(at)
            continue
        if meant is None:
            flaws.append(_flaw(header.number, _unknown(cell, value, meanings), cell))
            continue
        name = meant if isinstance(meant, str) else meant.field
        if name in first:
            flaws.append(_flaw(header.number, f"{cell} names the column of {first[name]} again: leave one", cell, name))
        elif isinstance(meant, str):
            kelurahan[at] = meant
        else:
            columns[at] = meant
        first.setdefault(name, cell)
    return Layout(header.number, columns, kelurahan, frozenset(passed_over)), flaws


def _meaning(type_: str, value: Value, meanings: Mapping[str, Column]) -> Column | str | None:
    """A column, or a kelurahan's code; None where it is neither."""
    if not isinstance(value, str):
        return None
    return meanings.get(_normal(value)) or _code(type_, value)


def _unknown(cell: str, value: Value, meanings: Mapping[str, Column]) -> str:
    if isinstance(value, Broken):
        return f"the heading in {cell} {value.value}"
    text = " ".join(str(value).split())
    shown = f"{text!r} " if isinstance(value, str) and _SHOWN.fullmatch(text) else ""
    near = get_close_matches(_normal(text), [name for name, one in meanings.items() if one is not NUMBER], n=1)
    named = (
        f"is it {meanings[near[0]].indonesian}? Write that, or take"
        if near
        else "name it as `rekam template` does, or take"
    )
    return f"the heading {shown}in {cell} is no column of this kind: {named} the column out"


def _missing(type_: str, layout: Layout, *, source_given: bool) -> Iterator[Flaw]:
    there = {column.field for column in layout.columns.values()}
    asked = [one for one in (*columns_of(type_), *ATTRIBUTES) if one.field in needed(type_) - there]
    for column in asked:
        yield _flaw(
            layout.row, f"the column {column.indonesian} (`{column.field}`) is missing: add it", None, column.field
        )
    if not source_given and "source" not in there:
        yield _flaw(
            layout.row, "who says it is not said: give --source, or add the column Sumber (`source`)", None, "source"
        )
    if type_ == "rekam.listing.list_declared.v1" and not layout.kelurahan:
        example = next(iter(KELURAHAN.values()))
        yield _flaw(
            layout.row, f"no column is named after a kelurahan: add one for each, like {example}", None, BY_KELURAHAN
        )
