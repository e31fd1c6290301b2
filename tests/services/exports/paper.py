"""Rows of a list for tests, as `by_name.rows` gives them, and the files read back."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from openpyxl import load_workbook

from services.exports.about import About

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from openpyxl import Workbook

__all__ = ["ABOUT", "many", "opened", "parted", "row", "unasked"]

ABOUT: Final = About(
    standing="outstanding",
    day=date(2018, 11, 23),
    position=78_000,
    accepted=datetime(2018, 11, 23, 2, 0, tzinfo=UTC),
    reading_version=1,
    by="petugas alak",
    at=datetime(2018, 11, 23, 2, 15, 30, tzinfo=UTC),
    list="PUSAT-2018-11",
    area="53.71.01.1001",
    purpose="kunjungan rumah",
)


def row(**other: Any) -> dict[str, Any]:
    return {
        "number": 1,
        "subject": "00" * 16,
        "name": "Contoh Warga",
        "nik": "5371010101909001",
        "family_card": "5371010101180001",
        "sex": "M",
        "birth_date": "1990-01-01",
        "age": 28,
        "address": "Jalan Contoh 1",
        "rt": "001",
        "rw": "002",
        "kelurahan": "53.71.01.1001",
        "kelurahan_name": "Namosain",
        "standing": "outstanding",
        "reason": "never",
        "obliged_since": "2007-01-01",
        "status": None,
        "status_since": None,
        "home_visit_needed": True,
        "last_visit": "2018-11-20",
        "last_outcome": "needs_home_visit",
        "visits": 2,
        **other,
    }


def many(rows: int) -> Iterator[dict[str, Any]]:
    """Rows as a city has them, no two alike."""
    for number in range(1, rows + 1):
        nik = f"53710101{number % 12 + 1:02}90{number % 10000:04}"
        yield row(number=number, nik=nik, name=f"Contoh Warga {number * 7919 % 104_729}", address=f"Jalan {number}")


def unasked() -> Iterator[dict[str, Any]]:
    """Rows of which none may be asked for."""
    yield from map(_asked_for, (1,))


def _asked_for(number: int) -> dict[str, Any]:
    raise AssertionError(f"row {number} was asked for")


def parted(pieces: Iterable[bytes], separator: str = ",") -> list[list[str]]:
    """The rows of a CSV file, which must have its mark."""
    text = b"".join(pieces).decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:], newline=""), delimiter=separator, strict=True))


def opened(pieces: Iterable[bytes]) -> Workbook:
    return load_workbook(io.BytesIO(b"".join(pieces)))
