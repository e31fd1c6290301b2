"""JSON as the contract means it: UTF-8, each name once, no NaN, no half surrogates, at most 200 levels deep."""

from __future__ import annotations

import re
from typing import Final

import jiter

from events.errors import Refused

__all__ = ["LARGEST_VALUE", "parse"]

#: The most bytes that the value of a message may have.
LARGEST_VALUE: Final = 32_768
_DEEPEST: Final = 200

_PLACE: Final = re.compile(r"at line [0-9]+ column [0-9]+$")
_OUT_OF_RANGE: Final = "number out of range"
#: A text, which is left alone, or digits, of which Python reads at most 4,300 as one number (sys.int_info). Each is
#: taken as a whole, also a text without its end, or every place in it would be tried anew: 3 s for one message.
_TEXT_OR_DIGITS: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[0-9]++', re.DOTALL)
#: What the parser says, by a part of it, and what is said instead: its own words can show a name out of the value.
_REASONS: Final = (
    ("duplicate key", "an object gives a name twice"),
    ("recursion limit", f"it is nested deeper than {_DEEPEST}"),
    ("unicode code point", "it is not UTF-8"),
    ("hex escape", "a \\u escape is broken or half a surrogate"),
    ("control character", "a text holds a control character that is not escaped"),
    ("EOF", "it ends too early"),
    ("trailing characters", "something follows after its end"),
)


def parse(value: bytes | None) -> object:
    """What the JSON says; Refused (too_large, not_json) with a message that names the place, never what stands there.

    A number too large for a float is infinite, and one of more than 4,000 digits is cut: neither can enter a fact.
    """
    if not value:
        raise Refused("not_json", "the message has no value: send the event, or its data, as JSON")
    if len(value) > LARGEST_VALUE:
        raise Refused("too_large", f"the value has {len(value):,} bytes, at most {LARGEST_VALUE:,} are allowed")
    try:
        parsed = _read(value)
    except ValueError as error:
        complaint = str(error)
    else:
        # Fewer brackets than levels allowed: the usual message is not walked through.
        if value.count(b"[") + value.count(b"{") <= _DEEPEST or not _is_too_deep(parsed):
            return parsed
        complaint = "recursion limit"
    raise Refused("not_json", f"the value is no JSON that is accepted: {_reason(complaint)}")


def _read(value: bytes) -> object:
    try:
        return _strictly(value)
    except ValueError as error:
        if not str(error).startswith(_OUT_OF_RANGE):
            raise
    return _strictly(_TEXT_OR_DIGITS.sub(lambda found: _shortened(found[0]), value))


def _strictly(value: bytes) -> object:
    # Only names are kept by the parser for the next message: texts are personal.
    return jiter.from_json(value, catch_duplicate_keys=True, allow_inf_nan=False, cache_mode="keys")


def _shortened(token: bytes) -> bytes:
    return token if token.startswith(b'"') else token[:4000]


def _is_too_deep(parsed: object) -> bool:
    """Whether lists and objects lie deeper than allowed in each other; the parser's own limit is one level off."""
    level, depth = [parsed], 0
    while level := [value for value in level if isinstance(value, (dict, list))]:
        depth += 1
        level = [child for value in level for child in (value.values() if isinstance(value, dict) else value)]
    return depth > _DEEPEST


def _reason(complaint: str) -> str:
    reason = next((said for part, said in _REASONS if part in complaint), "it does not follow the grammar")
    place = _PLACE.search(complaint)
    return f"{reason} ({place[0]})" if place else reason
