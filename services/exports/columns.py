"""The columns of a list by name: in which order, what each is called, and what stands in it in each language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from events.errors import WrongUse
from services.exports.words import OUTCOME, REASON, SEX, STANDING, YES_NO
from services.sheets.columns import Form

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from services.sheets.columns import Language
    from services.sheets.words import Words

__all__ = ["COLUMNS", "MORE", "Cell", "Column", "choose"]

#: What stands in a cell: a text, a whole number, a day; None where nothing is known.
Cell = str | int | date | None


@dataclass(frozen=True, slots=True)
class Column:
    """`name` is how it is chosen; `key` is its place in a row of `by_name.rows`; `width` is in digits, on paper."""

    name: str
    indonesian: str
    english: str
    width: int
    form: Form = Form.TEXT
    words: Words | None = None
    at: str | None = None

    @property
    def key(self) -> str:
        return self.at or self.name

    def heading(self, language: Language) -> str:
        return self.indonesian if language == "id" else self.english

    def cell(self, row: Mapping[str, Any], language: Language) -> Cell:
        """What is shown of the row. A word of an open set, as the statuses are, stands as the centre writes it."""
        value = row[self.key]
        if value is None:
            return None
        if self.words is not None:
            return self.words.label(value, language)
        if self.form is Form.DAY:
            return date.fromisoformat(value)
        return int(value) if self.form is Form.COUNT else str(value)


_DAY: Final = Form.DAY
_COUNT: Final = Form.COUNT

#: What a list shows unless others are chosen, in this order.
COLUMNS: Final = (
    Column("number", "No", "No", 6, _COUNT),
    Column("name", "Nama", "Name", 28),
    Column("nik", "NIK", "NIK", 18),
    Column("family_card", "Nomor KK", "Family card", 18),
    Column("sex", "Jenis Kelamin", "Sex", 8, words=SEX),
    Column("birth_date", "Tanggal Lahir", "Birth date", 12, _DAY),
    Column("age", "Umur", "Age", 6, _COUNT),
    Column("address", "Alamat", "Address", 32),
    Column("rt", "RT", "RT", 6),
    Column("rw", "RW", "RW", 6),
    Column("kelurahan", "Kelurahan", "Kelurahan", 18, at="kelurahan_name"),
    Column("status", "Status Perekaman", "Recording status", 28),
    Column("status_since", "Status Sejak", "Status since", 12, _DAY),
    Column("reason", "Alasan", "Why listed", 28, words=REASON),
    Column("obliged_since", "Wajib KTP Sejak", "Obliged since", 12, _DAY),
    Column("home_visit_needed", "Perlu Kunjungan", "Home visit needed", 11, words=YES_NO),
    Column("last_visit", "Kunjungan Terakhir", "Last visit", 12, _DAY),
    Column("last_outcome", "Hasil Kunjungan", "Outcome", 20, words=OUTCOME),
    Column("visits", "Jumlah Kunjungan", "Visits", 11, _COUNT),
)

#: What may be chosen beside them.
MORE: Final = (
    Column("kelurahan_code", "Kode Kelurahan", "Kelurahan code", 15, at="kelurahan"),
    Column("standing", "Keadaan", "Standing", 28, words=STANDING),
)

_BY_NAME: Final = {column.name: column for column in (*COLUMNS, *MORE)}


def choose(names: Iterable[str]) -> Sequence[Column]:
    """The columns of these names in the order given, each once; COLUMNS where none is named.

    WrongUse, with all names there are, for another.
    """
    chosen = dict.fromkeys(names)
    for name in chosen:
        if name not in _BY_NAME:
            raise WrongUse(f"there is no column {name!r}; there are {', '.join(_BY_NAME)}")
    return tuple(_BY_NAME[name] for name in chosen) or COLUMNS
