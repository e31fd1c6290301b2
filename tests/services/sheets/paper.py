"""Sheets for tests: written as an office would write them, and read as `rekam publish` reads them."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from openpyxl import Workbook

from events.envelope import check
from events.facts import TOPIC_OF
from services.sheets.files import Told, sheets_of
from services.sheets.reading import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from events.facts import Event
    from services.sheets.cells import Flaw

__all__ = ["CAPTURED", "SOURCE", "Known", "captured", "known", "only_flaw", "to_csv", "to_xlsx"]

SOURCE = "urn:rekam:test:sheets"
#: A header and a good row of it.
CAPTURED = ["NIK", "Tanggal Perekaman", "Tempat Perekaman"]
_STRUCTURED = [("content-type", b"application/cloudevents+json")]
_NOW = datetime(2026, 1, 1, tzinfo=UTC)


def captured(nik: Any = "5371010101909001", day: Any = "20/11/2018", place: Any = "kecamatan") -> list[Any]:
    return [nik, day, place]


def to_xlsx(file: Path, rows: Iterable[Sequence[Any]], title: str = "captured") -> Path:
    book = Workbook()
    page = book.worksheets[0]
    page.title = title
    for row in rows:
        page.append(list(row))
    book.save(file)
    return file


def to_csv(file: Path, rows: Iterable[Sequence[Any]], *, separator: str = ";", encoding: str = "utf-8") -> Path:
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=separator).writerows([_shown(value) for value in row] for row in rows)
    file.write_bytes(written.getvalue().encode(encoding))
    return file


def _shown(value: Any) -> Any:
    """A cell as a spreadsheet writes it to CSV."""
    return value.strftime("%d/%m/%Y") if isinstance(value, date) else value


class Known(NamedTuple):
    """What was read: the events by row, what is wrong with rows, with the sheets as wholes, and the empty rows."""

    events: dict[int, Event]
    flaws: list[Flaw]
    headings: list[Flaw]
    empty: list[tuple[int, int]]


def known(file: Path, kind: str | None = None, source: str | None = SOURCE, name: str | None = None) -> Known:
    """Read a file; of a kind where its pages do not say it. Row numbers of several pages must not be the same."""
    told = Known({}, [], [], [])
    with sheets_of(file, Told(kind, source, name)) as sheets:
        for sheet in sheets:
            reader = Reader(sheet)
            for read in reader.rows():
                told.flaws.extend(read.flaws)
                if read.event is not None:
                    event = check(TOPIC_OF[sheet.type], _STRUCTURED, read.event, _NOW, frozenset())
                    told.events[read.row] = event
            told.headings.extend(reader.flaws)
            told.empty.extend(reader.empty)
    return told


def only_flaw(file: Path, kind: str | None = None, source: str | None = SOURCE) -> Flaw:
    """The one thing that is wrong, with a row or with the headings."""
    told = known(file, kind, source)
    found = [*told.flaws, *told.headings]
    assert len(found) == 1, found
    return found[0]
