"""What the values of a list's columns are called, in both languages; screens and files say the same.

`STANDING.label("outstanding", "id")` is the word, and `.labels("id")` are all of them. Sex and outcome are called as in
the sheets that offices send in, so that what is given out reads as what is taken in.
"""

from __future__ import annotations

from typing import Final

from services.sheets.words import OUTCOME, SEX, Words

__all__ = ["OUTCOME", "REASON", "SEX", "STANDING", "YES_NO"]

#: The standings in the order of reports, `nowhere`, and the words for several of them at once.
STANDING: Final = Words(
    {
        "unlisted": ("belum tercantum", "not on any list"),
        "deceased": ("meninggal, akta terbit", "died, registered"),
        "departed": ("pindah, surat terbit", "moved away, by letter"),
        "underage": ("belum 17 tahun", "not yet 17"),
        "recorded": ("sudah merekam", "recorded"),
        "explained_recorded": ("ditemukan sudah merekam", "found to be recorded"),
        "explained_moved": ("ditemukan sudah pindah", "found to have moved away"),
        "explained_deceased": ("ditemukan sudah meninggal", "found to have died"),
        "outstanding": ("benar-benar belum merekam", "truly outstanding"),
        "nowhere": ("belum ada faktanya", "no fact of them yet"),
        "explained": ("dijelaskan temuan", "explained by a finding"),
        "official": ("resmi belum merekam", "officially outstanding"),
        "cleared": ("sudah jelas", "cleared"),
        "settled": ("selesai oleh peristiwa", "settled by an event"),
    }
)

#: Why somebody is on the official list.
REASON: Final = Words(
    {
        "never": ("belum pernah merekam", "never recorded"),
        "again": ("harus merekam ulang", "to be recorded again"),
        "duplicate": ("data ganda, diselesaikan dahulu", "a duplicate, to be resolved first"),
    }
)

YES_NO: Final = Words({True: ("ya", "yes"), False: ("tidak", "no")})
