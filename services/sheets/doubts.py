"""What the other values of a column say against one that could be right: digits that were rounded, days turned round.

It is known for certain when the last row was seen; until then a value is in doubt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.sheets import days, digits
from services.sheets.columns import Form

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.sheets.cells import Row, Value
    from services.sheets.columns import Column

__all__ = ["Doubts"]


class Doubts:
    """The doubts about a sheet's columns, which are named by where they stand, counted from 0.

    Long numbers of a CSV file that end in 0 are doubted unless another of their column does not. Days that could have
    the month first are doubted if another of their column must have it first.
    """

    def __init__(self, columns: Mapping[int, Column]) -> None:
        self._long = {at for at, column in columns.items() if column.read in {digits.nik, digits.card}}
        self._days = {at for at, column in columns.items() if column.form is Form.DAY}
        self._exact: set[int] = set()
        self._month_first: set[int] = set()

    def see(self, row: Row) -> None:
        """Take a row for evidence."""
        width = len(row.values)
        self._exact |= {at for at in self._long - self._exact if at < width and digits.is_exact(row.values[at])}
        unknown = self._days - self._month_first
        self._month_first |= {at for at in unknown if at < width and days.is_month_first(row.values[at])}

    def about(self, at: int, value: Value) -> str | None:
        """Why the value is to be refused if the doubt about its column holds; None where it cannot be doubted."""
        if at in self._long and digits.may_be_rounded(value):
            return digits.ROUNDED
        if at in self._days and days.may_be_month_first(value):
            return days.MONTH_FIRST
        return None

    def holds(self, at: int) -> bool:
        """Whether the doubt about a column holds, after the last row."""
        return at in self._month_first or (at in self._long and at not in self._exact)

    @property
    def exact(self) -> list[int]:
        """The columns of long numbers that are believed, for one of them does not end in 0; after the last row."""
        return sorted(self._exact)
