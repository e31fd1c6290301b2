"""The NIK, a resident's permanent number: `PP KK CC DDMMYY NNNN`, with DD + 40 for women, and no check digit.

Province, city and district are those of first registration. Nothing else is ever derived from a NIK: it is not
reissued when a birth date is corrected, so what differs from the particulars is flagged, not refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from events.territory import CITY, KECAMATAN, PROVINCES, REGENCIES

if TYPE_CHECKING:
    from datetime import date

__all__ = ["check_nik", "describe", "mask", "may_hold_nik", "nik_flags"]

_NIK: Final = re.compile(
    rf"(?:{'|'.join(PROVINCES)})[0-9]{{4}}"
    r"(?:0[1-9]|[12][0-9]|3[01]|4[1-9]|[56][0-9]|7[01])(?:0[1-9]|1[0-2])[0-9]{2}"
    r"(?!0000)[0-9]{4}"
)
_LIKE_A_NIK: Final = re.compile(r"\d{16}")
_WOMEN: Final = 40
_LONGEST: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def check_nik(text: str) -> str:
    """The text, when it is a NIK; ValueError with a reason that shows no digit of it, to follow the word `nik`."""
    if _NIK.fullmatch(text) is None:
        raise ValueError(_what_is_wrong(text))
    return text


def may_hold_nik(text: str) -> bool:
    """Whether 16 digits stand in a row in a free text, as in a NIK: what is kept for ever is not to hold one."""
    return _LIKE_A_NIK.search(text) is not None


def _what_is_wrong(text: str) -> str:
    if not (text.isascii() and text.isdigit() and len(text) == 16):
        return f"has {describe(text)}, it must have 16 digits"
    if text[0] == "0":
        return "begins with 0, as temporary village numbers do: send the resident's permanent number"
    if text[:2] not in PROVINCES:
        return "begins with 2 digits that are no province: look it up in the registry"
    if not (1 <= int(text[6:8]) % _WOMEN <= 31 and int(text[6:8]) <= _WOMEN + 31):
        return "has a birth day (digits 7 and 8) that is neither 01 to 31 nor 41 to 71: look it up in the registry"
    if not 1 <= int(text[8:10]) <= 12:
        return "has a birth month (digits 9 and 10) that is not 01 to 12: look it up in the registry"
    return "has the serial number 0000, they begin with 0001: look it up in the registry"


def nik_flags(nik: str, birth_date: date | None = None, sex: str | None = None) -> tuple[str, ...]:
    """Names of the anomalies of a valid NIK, in the contract's order; the last two need the particulars.

    A district is unknown where the reference can tell: regencies within province 53, kecamatan within 5371. A date is
    impossible when its month has no such day in any century (29 February where YY is not divisible by 4).
    """
    day, month, year = int(nik[6:8]), int(nik[8:10]), int(nik[10:12])
    woman = day > _WOMEN
    if woman:
        day -= _WOMEN
    flags = []
    if not _district_is_known(nik):
        flags.append("nik_district_unknown")
    if day > _LONGEST[month - 1] or (day == 29 and month == 2 and year % 4):  # of 1900 and 2000 one is a leap year
        flags.append("nik_date_impossible")
    if birth_date is not None and (day, month, year) != (birth_date.day, birth_date.month, birth_date.year % 100):
        flags.append("nik_birth_date_differs")
    if sex is not None and woman != (sex == "F"):
        flags.append("nik_sex_differs")
    return tuple(flags)


def _district_is_known(nik: str) -> bool:
    province, regency = nik[:2], f"{nik[:2]}.{nik[2:4]}"
    if regency == CITY:
        return f"{regency}.{nik[4:6]}" in KECAMATAN
    return province != CITY[:2] or regency in REGENCIES


def mask(nik: str) -> str:
    """The first 6 and the last 4 digits: digits 7 to 12, the birth date and the sex, are never shown."""
    return f"{nik[:6]}******{nik[-4:]}"


def describe(text: str) -> str:
    """What a text looks like, without showing it: `15 digits`, or `16 characters, not all of them digits`."""
    if text.isascii() and text.isdigit():
        return f"{len(text)} digit{'' if len(text) == 1 else 's'}"
    if any(char in "0123456789" for char in text):
        return f"{len(text)} characters, not all of them digits"
    return f"{len(text)} character{'' if len(text) == 1 else 's'}"
