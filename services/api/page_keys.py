"""Keys of pages: where a list goes on, at the position at which it began.

A key is opaque to whoever gets it. In it stand the day, the position, a digest of the question, and the place. It is no
secret and needs no signature: whoever makes one up asks a question they may ask anyway.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from events.errors import WrongUse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["PageKey", "read_key", "write_key"]

_LONGEST: Final = 400
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}").fullmatch
_NEVER: Final = 2**62
"""A position that no log comes to."""


class PageKey(NamedTuple):
    """The day and the position of the list, and the place behind the last one that was shown, as the list has it."""

    day: str
    known: int
    place: Sequence[Any]


def write_key(question: Mapping[str, Any], key: PageKey) -> str:
    return (
        urlsafe_b64encode(orjson.dumps([_digest(question), key.day, key.known, list(key.place)])).rstrip(b"=").decode()
    )


def read_key(question: Mapping[str, Any], text: str) -> PageKey:
    """WrongUse for what is no key, or one of another list: its places mean nothing in this one."""
    match _parts(text):
        case [str(digest), str(day), int(known), list(place)] if 0 <= known < _NEVER and _DAY(day):
            if digest != _digest(question):
                raise WrongUse("`after` is the page key of another list: ask for this one from its beginning")
            return PageKey(day, known, place)
    raise WrongUse("`after` is no page key: take the one that the page before gave as `next`")


def _parts(text: str) -> Any:
    try:
        return orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4))) if len(text) <= _LONGEST else None
    except ValueError:
        return None


def _digest(question: Mapping[str, Any]) -> str:
    return sha256(orjson.dumps(question, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]
