"""Closed sets in the words of an office, and texts. A reason never shows the value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from services.sheets.cells import Unreadable, described, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from services.sheets.cells import Value

__all__ = ["KIND", "MARRIED", "OUTCOME", "PLACE", "SEX", "Words", "document", "text"]

_LONGEST: Final = 15
"""Digits that a spreadsheet keeps of a number."""


class Words:
    """A closed set: each value of the contract to its words, the Indonesian one first, then the English one.

    Case, spaces and punctuation make no difference.
    """

    def __init__(self, of: Mapping[Any, tuple[str, ...]]) -> None:
        self.of = of
        self._meant = {_normal(word): meant for meant, words in of.items() for word in (str(meant), *words)}

    def read(self, value: Value) -> Any:
        """The value of the contract; Unreadable for another word, with those that the template offers."""
        meant = self._meant.get(_normal(str(value))) if isinstance(value, str | int) else None
        if meant is None:
            offered = ", ".join(words[0] for words in self.of.values())
            raise Unreadable(f"is {described(value)}: write one of {offered}")
        return meant

    def label(self, meant: Any, language: str) -> str:
        """What the template offers for a value of the contract: `id` or `en`."""
        return self.of[meant][0 if language == "id" else 1]

    def labels(self, language: str) -> list[str]:
        return [self.label(meant, language) for meant in self.of]


def _normal(word: str) -> str:
    return re.sub(r"[\W_]", "", word.casefold())


SEX: Final = Words(
    {"M": ("L", "M", "laki-laki", "laki", "pria", "male"), "F": ("P", "F", "perempuan", "wanita", "female")}
)

MARRIED: Final = Words(
    {
        True: (
            "ya", "yes", "y", "benar", "1", "kawin", "sudah kawin", "pernah kawin", "kawin tercatat",
            "kawin belum tercatat", "menikah", "sudah menikah", "nikah", "janda", "duda", "cerai", "cerai hidup",
            "cerai mati", "cerai hidup tercatat", "cerai hidup belum tercatat", "married", "divorced", "widowed",
        ),
        False: (
            "tidak", "no", "n", "salah", "0", "belum", "belum kawin", "tidak kawin", "belum pernah kawin",
            "tidak pernah kawin", "belum menikah", "tidak menikah", "belum nikah", "lajang", "single", "never married",
        ),
    }
)  # fmt: skip

PLACE: Final = Words(
    {
        "office": ("kantor dinas", "office", "kantor", "dinas", "disdukcapil", "kantor disdukcapil"),
        "kecamatan": ("kecamatan", "kecamatan", "kantor camat", "kantor kecamatan"),
        "kelurahan": ("kelurahan", "kelurahan", "kantor lurah", "kantor kelurahan"),
        "mobile": ("keliling", "mobile", "mobil keliling", "pelayanan keliling", "jemput bola"),
        "elsewhere": ("tempat lain", "elsewhere", "lain", "lainnya", "lain-lain"),
    }
)

OUTCOME: Final = Words(
    {
        "already_recorded": ("sudah rekam", "already recorded", "sudah merekam", "sudah direkam", "sudah perekaman"),
        "moved_away": ("pindah", "moved away", "sudah pindah", "pindah domisili"),
        "deceased": ("meninggal", "deceased", "meninggal dunia", "sudah meninggal", "wafat"),
        "still_here": ("masih ada", "still here", "masih tinggal", "masih di sini"),
        "not_found": ("tidak ditemukan", "not found", "tidak ketemu", "tidak dikenal"),
        "needs_home_visit": ("perlu kunjungan", "needs home visit", "perlu kunjungan rumah", "perlu dikunjungi"),
        "refused": ("menolak", "refused"),
        "other": ("lain-lain", "other", "lain", "lainnya"),
    }
)

KIND: Final = Words(
    {
        "register": ("semua penduduk", "register", "daftar penduduk", "seluruh penduduk"),
        "unrecorded": ("belum rekam", "unrecorded", "belum perekaman", "belum merekam", "belum direkam"),
    }
)


def text(value: Value) -> str:
    """A text without what is around it; a whole number that a spreadsheet made of one is its digits."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        if isinstance(value, float) and not value.is_integer():
            raise Unreadable("is a number with a fraction: format the column as text and type it again")
        if len(digits := str(int(value))) > _LONGEST:
            raise Unreadable("is a number of more than 15 digits: format the column as text and type it again")
        return digits
    raise Unreadable(f"is {described(value)}, as a spreadsheet makes of some texts: format the column as text")


def document(value: Value) -> str:
    """The number of a document; in a number cell its leading zeros would be lost."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise Unreadable("is kept as a number, without leading zeros: format the column as text and type it again")
    return text(value)
