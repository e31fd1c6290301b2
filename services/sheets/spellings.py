"""Kelurahan as they are written: by code with or without dots, or by name in one of its spellings.

Nothing is guessed: a spelling names one kelurahan or none. A reason never shows the value.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from events.territory import KELURAHAN
from services.sheets.cells import Unreadable, described

if TYPE_CHECKING:
    from services.sheets.cells import Value

__all__ = ["code_of", "kelurahan"]

_WORD: Final = re.compile(r"[a-z]+|[0-9]+")
_CODE: Final = re.compile(r"([0-9]{2})[ .]?([0-9]{2})[ .]?([0-9]{2})[ .]?([0-9]{4})")
_PREFIXES: Final = ("kel", "kelurahan")
_NUMERALS: Final = {"1": "satu", "i": "satu", "2": "dua", "ii": "dua"}

#: Names that are more than another way to write the words and numerals of the reference.
_ALSO: Final = {"Belo": "Bello", "LLBK": "Lai Lai Bisi Kopan", "TDM": "Tuak Daun Merah"}


def _normal(text: str) -> str:
    """The name in small letters, with numerals as words, without what parts the words and without *Kelurahan*."""
    words = _WORD.findall(text.casefold())
    if len(words) > 1 and words[0] in _PREFIXES:
        words = words[1:]
    return "".join(_NUMERALS.get(word, word) for word in words)


_CODES: Final = {_normal(name): code for code, name in KELURAHAN.items()}
_KNOWN: Final = _CODES | {_normal(also): _CODES[_normal(name)] for also, name in _ALSO.items()}


@lru_cache(maxsize=4096)  # a sheet repeats the same few spellings
def code_of(text: str) -> str | None:
    """The code, with dots; None where the text names no kelurahan."""
    if match := _CODE.fullmatch(text.strip()):
        code = ".".join(match.groups())
        return code if code in KELURAHAN else None
    return _KNOWN.get(_normal(text))


def kelurahan(value: Value) -> str:
    """The code, with dots; Unreadable where the value names no kelurahan, with names that are near."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str):
        raise Unreadable(f"is {described(value)}: write the name or the code of a kelurahan")
    code = code_of(text)
    if code is None:
        raise Unreadable(f"is {described(value)}, which names no kelurahan of the city: {_way_out(text)}")
    return code


def _way_out(text: str) -> str:
    near = get_close_matches(_normal(text), _KNOWN, n=3, cutoff=0.7)
    names = dict.fromkeys(KELURAHAN[_KNOWN[one]] for one in near)
    if not names:
        return "write its name, or its code with dots, like 53.71.01.1001"
    return f"is it {' or '.join(names)}? Write that name, or the code"
