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
        "unlisted": ("tidak ada di daftar", "on no list"),
        "deceased": ("meninggal", "deceased"),
        "departed": ("pindah keluar", "moved out"),
        "underage": ("belum wajib KTP", "not yet obliged"),
        "recorded": ("sudah rekam", "recorded"),
        "explained_recorded": ("dijelaskan: sudah rekam", "explained: already recorded"),
        "explained_moved": ("dijelaskan: pindah", "explained: moved away"),
        "explained_deceased": ("dijelaskan: meninggal", "explained: deceased"),
        "outstanding": ("benar-benar belum rekam", "truly outstanding"),
        "nowhere": ("belum tercatat di mana pun", "nowhere yet"),
        "explained": ("dijelaskan oleh pendataan", "explained by a finding"),
        "official": ("resmi belum rekam", "officially outstanding"),
        "cleared": ("sudah jelas", "cleared"),
        "settled": ("selesai oleh peristiwa", "settled by an event"),
    }
)

#: Why somebody is on the official list.
REASON: Final = Words(
    {
        "never": ("belum pernah rekam", "never recorded"),
        "again": ("harus rekam ulang", "to be recorded again"),
        "duplicate": ("data ganda, diselesaikan dahulu", "a duplicate, to be resolved first"),
    }
)

YES_NO: Final = Words({True: ("ya", "yes"), False: ("tidak", "no")})
