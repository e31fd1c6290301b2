"""What a file is about: which list, of which day, as known when, and who took it out for what; and the file's name."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from events.calendar import WITA
from events.territory import UNLISTED, name_of
from services.exports.words import STANDING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from services.exports.columns import Cell
    from services.sheets.columns import Language

__all__ = ["About", "file_name", "said"]

_LONGEST: Final = 40
_WORDS: Final = {
    "list": ("Daftar", "List"),
    "everyone": ("semua penduduk", "all residents"),
    "standing": ("Keadaan", "Standing"),
    "area": ("Wilayah", "Area"),
    "everywhere": ("semua", "everywhere"),
    "unlisted": ("kelurahan tidak diketahui", "no kelurahan is known"),
    "day": ("Per tanggal", "On the day"),
    "position": ("Posisi", "Position"),
    "accepted": ("Diterima (WITA)", "Accepted (WITA)"),
    "reading": ("Versi pembacaan", "Reading version"),
    "by": ("Dibuat oleh", "Made by"),
    "at": ("Dibuat pada (WITA)", "Made at (WITA)"),
    "purpose": ("Keperluan", "Purpose"),
    "rows": ("Jumlah baris", "Rows"),
    "mind": ("Perhatian", "Mind"),
    "personal": (
        "Berisi data pribadi (UU 27/2022): hanya untuk keperluan di atas, dan dihapus sesudahnya.",
        "Holds personal data (UU 27/2022): only for the purpose above, and to be deleted after it.",
    ),
}


@dataclass(frozen=True, slots=True)
class About:
    """The question that the rows answer, and who asked; `accepted` is of the entry at the position, None at 0.

    `standing` may be a word for several, `area` a kelurahan, a kecamatan, the city or `-`. `purpose` is in words, of
    whoever asks; None where what is masked stays so.
    """

    standing: str
    day: date
    position: int
    accepted: datetime | None
    reading_version: int
    by: str
    at: datetime
    list: str | None = None
    area: str | None = None
    purpose: str | None = None


def said(about: About, rows: int, language: Language) -> Iterator[tuple[str, Cell]]:
    """What is said in a workbook beside the list, each with its name; `rows` is how many there were."""

    def word(name: str) -> str:
        return _WORDS[name][0 if language == "id" else 1]

    yield word("list"), about.list or word("everyone")
    yield word("standing"), STANDING.label(about.standing, language)
    yield word("area"), word("everywhere") if about.area is None else _area(about.area) or word("unlisted")
    yield word("day"), about.day
    yield word("position"), about.position
    yield word("accepted"), about.accepted and _local(about.accepted)
    yield word("reading"), about.reading_version
    yield word("by"), about.by
    yield word("at"), _local(about.at)
    yield word("purpose"), about.purpose or "-"
    yield word("rows"), rows
    yield word("mind"), word("personal")


def file_name(kind: Literal["csv", "xlsx"], about: About, language: Language) -> str:
    """Which list, where, of which day, at which position, and when it was made (WITA): letters, digits and `-_.`.

    Who made it is not in it, for a name goes further than a file: by the time the log of readings tells.
    """
    at = about.at.astimezone(WITA)
    parts = (
        _plain(STANDING.label(about.standing, language)),
        _plain(about.list or ""),
        {None: "", UNLISTED: "0"}.get(about.area, about.area),
        about.day.isoformat(),
        f"{'posisi' if language == 'id' else 'position'}-{about.position}",
        f"{at:%Y%m%dT%H%M%S}",
    )
    return f"{'_'.join(part for part in parts if part)}.{kind}"


def _area(code: str) -> str:
    return "" if code == UNLISTED else f"{code} {name_of(code)}"


def _local(instant: datetime) -> str:
    return instant.astimezone(WITA).isoformat(sep=" ", timespec="seconds")


def _plain(text: str) -> str:
    """As a file's name may be everywhere; a number as long as a NIK is left out, whatever it is."""
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    short = re.sub("[^A-Za-z0-9]+", "-", re.sub("[0-9]{16,}", "", ascii_only))[:_LONGEST]
    return short.strip("-")
