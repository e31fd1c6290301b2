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

from events.nik import check_nik
from services.sheets.cells import Unreadable, Untyped, described

if TYPE_CHECKING:
    from services.sheets.cells import Value

__all__ = ["ROUNDED", "card", "count", "holds_a_nik", "is_exact", "may_be_rounded", "neighbourhood", "nik", "region"]

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


def is_exact(value: Value) -> bool:
    """Whether 16 digits of a CSV file end in another digit than 0."""
    return _ends_in_zero(value) is False


def holds_a_nik(text: str) -> bool:
    """Whether 16 digits of the text are a NIK: what is kept in clear, as an id is, must hold none."""
    for found in _SIXTEEN_ALONE.findall(text):
        try:
            check_nik(found)
        except ValueError:
            continue
        return True
    return False


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
        text = value.strip()
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
