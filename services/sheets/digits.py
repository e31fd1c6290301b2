"""Numbers that are no quantities, and those that are: what a spreadsheet may have done to their digits.

A spreadsheet keeps 15 digits of a number: of 16 that are typed into it the last becomes 0. Another program may keep
all 16. So 16 digits in a number cell are believed where the last is not 0, and refused where it is: nothing tells it
from a digit that was lost, and a fact about another person would be recorded. A text cell is believed as it stands. A
CSV file does not tell a text from a number: see `may_be_rounded`.

A reason never shows the value; it is to follow the name of the field.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from events.nik import check_nik, nik_flags
from events.territory import KELURAHAN
from services.sheets.cells import Unreadable, Untyped, described, plain

if TYPE_CHECKING:
    from services.sheets.cells import Value

__all__ = [
    "ROUNDED", "believed", "card", "count", "holds_a_nik", "is_exact", "may_be_rounded", "neighbourhood", "nik",
    "region",
]  # fmt: skip

_EXACT: Final = 2**53
"""Up to here a double holds every whole number, above it only every other one."""

_TYPE_AGAIN: Final = "format the column as text and type it again"
_KEPT: Final = "a spreadsheet keeps 15 digits of a number and makes the 16th a 0"
_MEANT: Final = "save as XLSX with the column formatted as text, or write ' before those digits that are right"
ROUNDED: Final = f"ends in 0, as all do in this column, and may have been rounded: {_KEPT}; {_MEANT}"

_SIXTEEN: Final = re.compile(r"[0-9]{16}")
_SIXTEEN_ALONE: Final = re.compile(r"(?<![0-9])[0-9]{16}(?![0-9])")
_GROUPED: Final = re.compile(r"[0-9]+(?:[ .\-\u00a0][0-9]+)*")
_WITH_FRACTION: Final = re.compile(r"([0-9]{16})[.,]0+")
_EXPONENT: Final = re.compile(r"([0-9])(?:[.,]([0-9]*))?[eE]\+?([0-9]{1,2})")
_APOSTROPHES: Final = ("'", "’", "‘", "`")
_INVISIBLE: Final = "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"

_PARTED: Final = rf"[\s._\-\u00ad\u2010-\u2015{_INVISIBLE}]"
_JOINED: Final = re.compile(rf"[0-9](?:{_PARTED}{{0,3}}[0-9]){{15,}}")
_DAY: Final = "(?:0?[1-9]|[12][0-9]|3[01])"
_MONTH: Final = "(?:0?[1-9]|1[0-2])"
_YEAR: Final = "(?:19|20)[0-9]{2}"


def _alone(what: str, mark: str) -> str:
    """It, or two of it, where no other digit is joined to it by the same mark."""
    return rf"(?<![0-9])(?<![0-9]{mark})(?:{what})(?:{mark}(?:{what}))?(?!{mark}?[0-9])"


_INNOCENT: Final = re.compile(
    "|".join(
        (
            *(_alone(f"{_DAY}{m}{_MONTH}{m}{_YEAR}|{_YEAR}{m}{_MONTH}{m}{_DAY}", m) for m in ("-", r"\.", "_")),
            _alone("|".join(map(re.escape, KELURAHAN)), r"\."),
            f"(?<![0-9])(?:{'|'.join(code.replace('.', '') for code in KELURAHAN)})(?![0-9])",
            "(?<![0-9a-z])(?=[0-9-]*[a-f])(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32,})(?![0-9a-z])",
        )
    ),
    re.IGNORECASE,
)
"""Days, kelurahan by their codes, and numbers in hexadecimal, such as a UUID: their digits are no part of a NIK."""

_COUNT: Final = re.compile(r"-?[0-9]{1,16}")
_NEIGHBOURHOOD: Final = re.compile(r"(?:r[tw])?[\s.:]*([0-9]{1,3})", re.IGNORECASE)
_DOTTED_REGION: Final = re.compile(r"([0-9]{2})\.([0-9]{2})")


def nik(value: Value) -> str:
    """A NIK; ValueError where it is none, which Unreadable is too."""
    return check_nik(_long(value))


def card(value: Value) -> str:
    """The number of a family card, which has 16 digits as a NIK has; a text that is none is left as it is."""
    return _long(value)


def may_be_rounded(value: Value) -> bool:
    """Whether 16 digits of a CSV file end in 0; an apostrophe before them says that they are meant.

    They are believed where another number of their column `is_exact`: whatever wrote the file keeps 16 digits.
    """
    return _ends_in_zero(value) is True


def believed(field: str) -> str:
    """What is said of rows whose number is believed because another of their column `is_exact`."""
    return f"`{field}` ends in 0 beside others that do not, as it does if a spreadsheet took its digit: compare rows"


def is_exact(value: Value) -> bool:
    """Whether 16 digits of a CSV file end in another digit than 0."""
    return _ends_in_zero(value) is False


def holds_a_nik(text: str) -> bool:
    """Whether the text holds a NIK: what is kept in clear, as an id is, must hold none.

    16 digits by themselves are one where `check_nik` says so, also with spaces, dots, hyphens or underscores between
    them. A longer number holds one where any 16 of its digits are one of a known district and of a day that exists. Of
    16 digits that mean something else 3 in 100 look like one; `/` or a letter parts them.
    """
    if any(map(_is_nik, _SIXTEEN_ALONE.findall(text))):
        return True
    for found in _JOINED.findall(_INNOCENT.sub("/", text)):
        number = re.sub("[^0-9]", "", found)
        windows = [number[at : at + 16] for at in range(len(number) - 15)]
        if any(_is_nik(one) and (len(windows) == 1 or not nik_flags(one)) for one in windows):
            return True
    return False


def _is_nik(text: str) -> bool:
    try:
        check_nik(text)
    except ValueError:
        return False
    return True


def _ends_in_zero(value: Value) -> bool | None:
    """None where they are no 16 digits of a CSV file."""
    if not isinstance(value, Untyped) or _SIXTEEN.fullmatch(text := _bare(value)) is None:
        return None
    return text.endswith("0")


def _long(value: Value) -> str:
    if isinstance(value, str):
        return _long_text(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unreadable(f"is {described(value)}: {_TYPE_AGAIN}")
    if isinstance(value, float) and not value.is_integer():
        raise Unreadable(f"is a number with a fraction: {_TYPE_AGAIN}")
    return _from_number(str(int(value)))


def _long_text(value: str) -> str:
    text = _bare(value)
    if match := _EXPONENT.fullmatch(text):
        fraction, exponent = match[2] or "", int(match[3])
        if len(fraction) != 15 or exponent != 15:
            raise Unreadable(f"was turned into a number by a spreadsheet and has lost digits: {_TYPE_AGAIN}")
        return _from_number(match[1] + fraction)
    if match := _WITH_FRACTION.fullmatch(text):
        return _from_number(match[1])
    if isinstance(value, Untyped) and _SIXTEEN.fullmatch(text) and text.endswith("000"):
        raise Unreadable(f"ends in 000, as a number does that was rounded: {_KEPT}; {_MEANT}")
    return text.removeprefix("'")


def _from_number(digits: str) -> str:
    if _SIXTEEN.fullmatch(digits) and digits.endswith("0"):
        raise Unreadable(f"is kept as a number and ends in 0, so it may have been rounded: {_KEPT}; {_TYPE_AGAIN}")
    if _SIXTEEN.fullmatch(digits) and int(digits) > _EXACT:
        raise Unreadable(f"is kept as a number, and one this large is not kept exactly: {_TYPE_AGAIN}")
    return digits


def _bare(value: str) -> str:
    """The text without what stands around its digits or parts them; an apostrophe that says *text* stays, as `'`."""
    text = value.strip().strip(_INVISIBLE).strip()
    meant = text.startswith(_APOSTROPHES)
    text = text[1:].strip() if meant else text
    if _GROUPED.fullmatch(text) and len(joined := re.sub("[^0-9]", "", text)) == 16:
        text = joined
    return f"'{text}" if meant else text


def neighbourhood(value: Value) -> str:
    """The number of an RT or RW with three digits, `003`; another text is left as it is."""
    if isinstance(value, str):
        text = plain(value)
        if "/" in text:
            raise Unreadable("holds a `/`: RT and RW have a column each")
        match = _NEIGHBOURHOOD.fullmatch(text)
        return text if match is None else match[1].zfill(3)
    number = _whole(value)
    if not 0 <= number <= 999:
        raise Unreadable("is a number that has not 1 to 3 digits: write it like 003")
    return f"{number:03}"


def region(value: Value) -> str:
    """A province (2 digits) or a regency (4), with or without its dot; what is neither is left to the contract."""
    if isinstance(value, str):
        text = value.strip().removeprefix("'")
        match = _DOTTED_REGION.fullmatch(text)
        return text if match is None else match[1] + match[2]
    if isinstance(value, float) and not value.is_integer():
        raise Unreadable("is a number with a fraction, whose last 0 would be lost: write the 4 digits without a dot")
    return str(_whole(value))


def count(value: Value) -> int:
    """A whole number; that it is not negative, or too large, is left to the contract."""
    text = value.strip() if isinstance(value, str) else str(_whole(value))
    if _COUNT.fullmatch(text) is None:
        raise Unreadable(f"is {described(value)}: write a whole number in digits alone, like 1250")
    return int(text)


def _whole(value: Value) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unreadable(f"is {described(value)}: write a whole number, and format the column as text or number")
    if isinstance(value, float) and not value.is_integer():
        raise Unreadable("is a number with a fraction: write a whole number")
    return int(value)
