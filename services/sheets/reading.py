"""A page read as facts: every row becomes an event in JSON, or is refused with what is wrong in each of its cells.

The same sheet gives the same events, byte by byte: an id is the sheet's name and the row's number unless the row has
one, and what a row does not say is taken from what it does say, never from a clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from events.facts import VALID_ON
from services.sheets import digits
from services.sheets.cells import Broken, Flaw, place
from services.sheets.columns import ATTRIBUTES, BY_KELURAHAN, Column, needed
from services.sheets.days import midnight
from services.sheets.doubts import Doubts
from services.sheets.headers import FIRST_ROWS, Layout, layout_of
from services.talk import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.sheets.cells import Page, Row, Value

__all__ = ["Read", "Reader", "Sheet"]

_ATTRIBUTES: Final = frozenset(column.field for column in ATTRIBUTES)
_TIMES: Final = ("time", "recordedtime")
#: Free texts that are kept in clear, with what to write in place of a NIK.
_IN_CLEAR: Final = {
    "id": "number the rows instead",
    "source": "name the office that says it",
    "list": "name the list by its date",
    "session": "name the round by place and day",
    "status": "write the centre's status",
}
_FIRST_WORD: Final = re.compile(r"`?([a-z_]+)`?")
_KELURAHAN: Final = Column(BY_KELURAHAN, "", digits.count)
_NAMED: Final = 20
"""As many rows are named where there are more to be compared with the paper."""


class Sheet(NamedTuple):
    """A page with what its reader was told: the type, the name that goes into the ids, and who says it."""

    page: Page
    type: str
    name: str
    source: str | None


class Read(NamedTuple):
    """A row as an event in structured mode, or its flaws."""

    row: int
    event: bytes | None
    flaws: list[Flaw]


class _Noted(NamedTuple):
    """A flaw; with `doubt`, a column, it is one only if what is doubted about the column holds."""

    flaw: Flaw
    doubt: int | None = None


class _Held(NamedTuple):
    """A row until the last one was seen."""

    row: int
    event: bytes | None
    noted: list[_Noted]

    def read(self, doubts: Doubts) -> Read:
        flaws = [flaw for flaw, doubt in self.noted if doubt is None or doubts.holds(doubt)]
        return Read(self.row, None if flaws else self.event, flaws)


@dataclass
class Reader:
    """Reads one sheet. `flaws` are those of the sheet as a whole: when all rows were read and there are any, nothing of
    it counts. `empty` are the empty rows between the others, as spans.
    """

    sheet: Sheet
    flaws: list[Flaw] = field(default_factory=list)
    empty: list[tuple[int, int]] = field(default_factory=list)
    _columns: dict[str, int] = field(default_factory=dict)

    def cell(self, row: int, field_: str | None) -> str | None:
        """Where a field of a row stands; None where it has no column."""
        at = self._columns.get(field_ or "")
        return None if at is None else place(row, at)

    def field_of(self, message: str) -> str | None:
        """The field that a refusal of the contract begins with; a time that has no column is the fact's own day."""
        named = _FIRST_WORD.match(message)
        name = named[1] if named is not None else ""
        if name in _TIMES and name not in self._columns:
            name = "time" if "time" in self._columns else VALID_ON[self.sheet.type] or ""
        return name if name in self._columns or name == BY_KELURAHAN else None

    def rows(self) -> Iterator[Read]:
        """Every row below the header that holds something; the first when all were seen, for a row may refuse others.

        Rows with a NIK or a family card that is believed only for the sake of others are said.
        """
        page, type_ = self.sheet.page, self.sheet.type
        first = list(islice(page.rows(), FIRST_ROWS))
        found = layout_of(type_, first, page.merged, source_given=self.sheet.source is not None)
        if not isinstance(found, Layout):
            self.flaws += found
            return
        self._columns |= {column.field: at for at, column in found.columns.items()}
        doubts = Doubts(found.columns)
        must = needed(type_) | (set() if self.sheet.source else {"source"})
        held = [self._read(row, found, doubts, must) for row in self._below(found)]
        for one in held:
            yield one.read(doubts)
        if not self.flaws:
            self._say_believed(held, found, doubts)

    def _below(self, layout: Layout) -> Iterator[Row]:
        """The rows below the header; what is empty between them is noted, and what stands under no heading."""
        headed = layout.headed
        strays: dict[int, int] = {}
        last = layout.row
        for row in self.sheet.page.rows():
            if row.number <= layout.row:
                continue
            if row.number > last + 1:
                self.empty.append((last + 1, row.number - 1))
            last = row.number
            for at, value in enumerate(row.values):
                if value is not None and at not in headed:
                    strays.setdefault(at, row.number)
            yield row
        self.flaws += [_stray(layout.row, at, row_number) for at, row_number in sorted(strays.items())]

    def _say_believed(self, held: list[_Held], layout: Layout, doubts: Doubts) -> None:
        for at in doubts.exact:
            rows = [str(one.row) for one in held if any(doubt == at for _, doubt in one.noted)]
            if rows:
                named = ", ".join(rows[:_NAMED]) + (f" and {more} more" if (more := len(rows) - _NAMED) > 0 else "")
                say(f"{self.sheet.name}: {digits.believed(layout.columns[at].field)} {named}")

    def _read(self, row: Row, layout: Layout, doubts: Doubts, must: frozenset[str]) -> _Held:
        doubts.see(row)
        if (range_ := self.sheet.page.merged.over(row.number)) is not None:
            why = f"{range_} is merged: unmerge it, and write the value into each row that it holds for"
            return _Held(row.number, None, [_Noted(Flaw(row.number, "bad_data", why))])
        said = _Said(row, {})
        for at, column in layout.columns.items():
            said.take(at, column, doubts)
        by_kelurahan = {}
        for at, code in layout.kelurahan.items():
            rows = said.value(at, _KELURAHAN)
            if rows is not None:
                by_kelurahan[code] = rows
        if layout.kelurahan:
            said.values[BY_KELURAHAN] = by_kelurahan
        said.ask(layout, must)
        certain = any(doubt is None for _, doubt in said.noted)
        return _Held(row.number, None if certain else self._event(said.values, row.number), said.noted)

    def _event(self, said: dict[str, Any], row: int) -> bytes:
        data = {name: value for name, value in said.items() if name not in _ATTRIBUTES}
        valid_on = VALID_ON[self.sheet.type]
        event = {
            "specversion": "1.0",
            "source": said.get("source", self.sheet.source),
            "id": said.get("id", f"{self.sheet.name}:{row}"),
            "type": self.sheet.type,
            "time": said["time"] if "time" in said or valid_on is None else midnight(said[valid_on]),
            "recordedtime": said.get("recordedtime"),
            "datacontenttype": "application/json",
            "data": data,
        }
        return orjson.dumps({name: value for name, value in event.items() if value is not None})


@dataclass
class _Said:
    """What one row says, as far as it could be read."""

    row: Row
    values: dict[str, Any]
    noted: list[_Noted] = field(default_factory=list)

    def take(self, at: int, column: Column, doubts: Doubts) -> None:
        value = self.value(at, column)
        if value is None:
            return
        if column.field in _IN_CLEAR and digits.holds_a_nik(value):
            self._wrong(at, column, f"holds a NIK, and is kept in clear for ever: {_IN_CLEAR[column.field]}")
            return
        self.values[column.field] = value
        if (why := doubts.about(at, self.row.values[at])) is not None:
            self.noted.append(_Noted(self._flaw(at, column, why), at))

    def value(self, at: int, column: Column) -> Any:
        """The cell as the contract has it; None where it is empty, or cannot be read, which is noted."""
        value: Value = self.row.values[at] if at < len(self.row.values) else None
        if value is None:
            return None
        if isinstance(value, Broken):
            self._wrong(at, column, value.value)
            return None
        try:
            return column.read(value)
        except ValueError as error:
            self._wrong(at, column, str(error))
            return None

    def ask(self, layout: Layout, fields: frozenset[str]) -> None:
        """Note each of these fields that has no value, unless it is known why."""
        missing = fields - self.values.keys() - {flaw.field for flaw, _ in self.noted}
        if not missing:
            return
        for at, column in layout.columns.items():
            if column.field in missing:
                code = "bad_data" if column.code == "unknown_kelurahan" else column.code
                self._wrong(at, column, "is empty: fill it in", code)

    def _wrong(self, at: int, column: Column, why: str, code: str | None = None) -> None:
        self.noted.append(_Noted(self._flaw(at, column, why, code)))

    def _flaw(self, at: int, column: Column, why: str, code: str | None = None) -> Flaw:
        cell = place(self.row.number, at)
        return Flaw(self.row.number, code or column.code, f"`{column.field}` {why}", column.field, cell)


def _stray(header: int, at: int, row: int) -> Flaw:
    cell = place(header, at)
    why = (
        f"{place(row, at)} holds a value and {cell} has no heading, as a merged heading leaves it: write one in {cell}"
    )
    return Flaw(header, "bad_data", f"{why}, or empty the column", None, cell)
