"""The form of the bytes that the log keeps: version 1 of an entry's JSON, as `entry` describes it.

It shows whether bytes can be an entry at all. That none was changed is proved by the log's digest, and in the sealed
parts by their tags.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, NoReturn, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from events.errors import Refusal
from events.seal import SEALED_BYTES

__all__ = ["MAX_BYTES", "VERSION", "Kept", "damaged", "read_form"]

VERSION: Final = 1
MAX_BYTES: Final = 65_535

_STRICT: Final = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

Subject = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
Instant = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$")]
Day = Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Number = Annotated[int, Field(ge=0)]
Sealed = Annotated[str, Field(min_length=4 * SEALED_BYTES // 3)]


@with_config(_STRICT)
class KeptCoordinates(TypedDict):
    topic: str
    incarnation: Number
    partition: Number
    offset: Number


@with_config(_STRICT)
class Kept(TypedDict):
    """An entry as JSON; what is absent is left out, never null."""

    v: Annotated[int, Field(ge=VERSION, le=VERSION)]
    subject: Subject
    type: str
    source: str
    id: str
    time: Instant
    recordedtime: Instant
    accepted: Instant
    kafka: NotRequired[KeptCoordinates]
    resolved: NotRequired[Literal[True]]
    valid_on: NotRequired[Day]
    lapses_on: NotRequired[Day]
    flags: NotRequired[list[str]]
    fact: NotRequired[dict[str, str | Number | dict[str, Number]]]
    person: NotRequired[Sealed]
    calendar: NotRequired[Sealed]


_KEPT: Final = TypeAdapter(Kept)


def read_form(state: bytes) -> Kept:
    """The JSON in these bytes. Refusal where it is of another version, or has not the form."""
    if len(state) > MAX_BYTES:
        damaged(f"{len(state)} bytes are too many")
    try:
        return _KEPT.validate_json(state)
    except ValidationError as error:
        _misread(error)


def damaged(what: str) -> NoReturn:
    """`what` names a field, never a value."""
    raise Refusal(f"an entry of the log is damaged: {what}; `rekam audit check` says where, compare it with a backup")


def _misread(error: ValidationError) -> NoReturn:
    """The version is looked at first: a later one may have any other form."""
    found = {str(one["loc"][0]): one["input"] for one in reversed(error.errors(include_url=False)) if one["loc"]}
    if type(found.get("v")) is int:
        raise Refusal(f"an entry of the log has version {found['v']}, this program knows {VERSION}: run a newer Rekam")
    name = next(reversed(found), "")
    damaged(f"`{name}` is missing or malformed" if name in Kept.__annotations__ else "it has not the form of an entry")
