"""Keys of pages: where a list goes on, at the position at which it began.

A key is opaque to whoever gets it. In it stand the position, a digest of the question, and the place; it names nobody.
It is no secret and needs no signature: whoever makes one up asks a question they may ask anyway.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from events.errors import WrongUse

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PageKey", "read_key", "write_key"]

_LONGEST: Final = 400
_NEVER: Final = 2**62
"""A position that no log comes to."""


class PageKey(NamedTuple):
    """The position of the list, and the place of the last one that was shown, as the list itself has it."""

    known: int
    place: list[Any]


def write_key(question: Mapping[str, Any], key: PageKey) -> str:
    return urlsafe_b64encode(orjson.dumps([_digest(question), key.known, key.place])).rstrip(b"=").decode()


def read_key(question: Mapping[str, Any], text: str) -> PageKey:
    """WrongUse for what is no key, or one of another list: its places mean nothing in this one."""
    match _parts(text):
        case [str(digest), int(known), list(place)] if 0 <= known < _NEVER:
            if digest != _digest(question):
                raise WrongUse("`after` is the page key of another list: ask for this one from its beginning")
            return PageKey(known, place)
    raise WrongUse("`after` is no page key: take the one that the page before gave as `next`")


def _parts(text: str) -> Any:
    try:
        return orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4))) if len(text) <= _LONGEST else None
    except ValueError:
        return None


def _digest(question: Mapping[str, Any]) -> str:
    return sha256(orjson.dumps(question, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]
