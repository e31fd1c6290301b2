"""What is wrong with data that breaks its contract, in one sentence: the field, what it looks like, the way out.

A value out of the data is described and never shown.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from events.facts import TYPES
from events.nik import describe

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

__all__ = ["field_name", "looks", "violation"]

_NEVER_TAKEN: Final = {"biometrics", "face", "fingerprint", "image", "iris", "photo", "signature", "template"}
#: Every name that may be shown, for it is nobody's: the fields of all types, and what is sent though no type has it.
_NAMES: Final = sorted(_NEVER_TAKEN.union(*(contract.model_fields for contract in TYPES.values())))
_LONGEST: Final = 2 * max(map(len, _NAMES))
_NEARLY: Final = 0.8

_KINDS: Final = {
    type(None): "null",
    bool: "a boolean",
    int: "a whole number",
    float: "a number with a fraction or an exponent",
    dict: "an object",
    list: "a list",
}

_TEXT: Final = "it must be a text of 1 to 2,000 characters"
_DAY: Final = "write a day like 2018-11-20"
_REGION: Final = "it must have 2 or 4 digits, as a text"
_COUNT: Final = "it must be a whole number from 0 to 9007199254740991, without fraction or exponent"


def violation(error: ValidationError) -> str:
    """The first thing that is wrong, in words."""
    first = error.errors(include_url=False)[0]
    say = _SAYINGS.get(first["type"])
    what = say(first) if say else f"is {looks(first['input'])}, which the contract does not allow"
    if not first["loc"]:
        return what
    return f"{field_name(str(first['loc'][0]))} {what}"


def field_name(name: str) -> str:
    """The name, quoted, where it is known; else what it looks like, for a program may have made a person's name of it.

    A known name that it nearly is, is said: that one was meant.
    """
    if name in _NAMES:
        return f"`{name}`"
    meant = get_close_matches(name.lower(), _NAMES, 1, _NEARLY) if len(name) <= _LONGEST else []
    return f"a field whose name has {describe(name)}" + "".join(f", nearly `{known}`," for known in meant)


def looks(value: object) -> str:
    """What a JSON value looks like."""
    if isinstance(value, str):
        return f"a text of {describe(value)}" if value else "an empty text"
    return _KINDS.get(type(value), "something else")


def _in_place_of(expected: str) -> Callable[[ErrorDetails], str]:
    return lambda error: f"is {looks(error['input'])}, {expected}"


def _context(error: ErrorDetails) -> dict[str, Any]:
    return error.get("ctx", {})


def _wrong_pattern(error: ErrorDetails) -> str:
    if "x00" in _context(error)["pattern"]:
        return "holds the character U+0000: leave it off"
    return f"is {looks(error['input'])}, {_REGION}"


def _wrong_text(error: ErrorDetails) -> str:
    return f"is {looks(error['input'])}, it must be a text"


_SAYINGS: Final[dict[str, Callable[[ErrorDetails], str]]] = {
    "missing": lambda _: "is missing: add it",
    "extra_forbidden": lambda _: "is no field of this type: leave it off",
    "string_type": _wrong_text,
    "string_too_short": _in_place_of(_TEXT),
    "string_too_long": _in_place_of(_TEXT),
    "string_pattern_mismatch": _wrong_pattern,
    "literal_error": lambda error: f"must be one of {_context(error)['expected']}",
    "int_type": _in_place_of(_COUNT),
    "greater_than_equal": lambda _: f"is negative: {_COUNT}",
    "less_than_equal": lambda _: f"is too large: {_COUNT}",
    "bool_type": _in_place_of("it must be true or false"),
    "dict_type": _in_place_of("it must be an object of codes and numbers"),
    "day_type": _in_place_of(_DAY),
    "day": lambda error: f"{_context(error)['reason']}: {_DAY}",
    "province": lambda _: "begins with 2 digits that are no province: send the code of a province or regency",
    "elsewhere": lambda _: "is this city, which is not elsewhere: send `kelurahan` instead",
    "combination": lambda error: error["msg"],
}
