"""The one door of a message: from headers and bytes to a checked event, or to the stable code that refuses it.

The rows of the contract's table are asked in its order and each looks at its own fields alone, so no library's order
decides the code: data that hold to their contract break no row, and where they do not, the rows are asked one by one.
Messages name the field and the way out, and never show a value out of the data.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from events.calendar import day_in_wita, format_instant, parse_instant
from events.errors import Refused
from events.facts import TOPIC_OF, TYPES, VALID_ON, Contract, Event, FactWithdrawn
from events.nik import check_nik
from events.strict_json import parse
from events.territory import KELURAHAN
from events.violations import looks, violation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["check"]

_STRUCTURED: Final = b"application/cloudevents+json"
_BATCH: Final = b"application/cloudevents-batch"
_ONE_DAY: Final = timedelta(days=1)
_LONGEST_NAME: Final = 500

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_TYPE_LIKE: Final = re.compile(r"(?!.*[0-9]{6})[A-Za-z][A-Za-z0-9_.-]{0,79}")
_DAY_LIKE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_KELURAHAN_FIELDS: Final = ("kelurahan", "from_kelurahan", "to_kelurahan", "rows_by_kelurahan")


class _Mode(Enum):
    STRUCTURED = auto()
    BINARY = auto()
    BATCH = auto()
    NEITHER = auto()


class _Unreadable(Enum):
    """Stands for the text of a header that has none."""

    TWICE = "is given twice"
    NOT_UTF8 = "is not UTF-8"


def check(
    topic: str,
    headers: Sequence[tuple[str, bytes | None]],
    value: bytes | None,
    accepted: datetime,
    correcting: frozenset[str],
) -> Event:
    """The event that a message holds; Refused with the first row of the contract's table that applies.

    `accepted` is the instant of acceptance, `correcting` the sources that may withdraw what others said. Rows after
    `withdraws_a_withdrawal` need the log, and that one is decided here only for a withdrawal of itself.
    """
    mode, attributes = _mode_of(headers)
    try:
        data = parse(value)
        if mode is _Mode.STRUCTURED:
            attributes = _object(data)
            data = attributes.get("data")
        return _event(mode, attributes, data, topic, accepted, correcting)
    except Refused as refused:
        refused.source, refused.id, refused.type = (
            _readable(attributes.get(name)) for name in ("source", "id", "type")
        )
        raise


def _mode_of(headers: Sequence[tuple[str, bytes | None]]) -> tuple[_Mode, Mapping[str, object]]:
    """The mode, and the attributes of binary mode. Of two content types the last holds, as everywhere in Kafka."""
    content_type = b""
    attributes: dict[str, object] = {}
    for header, value in headers:
        name = header.lower()
        if name == "content-type":
            content_type = (value or b"").lower()
        elif name.startswith("ce_"):
            attributes[name[3:]] = _Unreadable.TWICE if name[3:] in attributes else _decoded(value)
    if content_type.startswith(_STRUCTURED):
        return _Mode.STRUCTURED, {}
    if content_type.startswith(_BATCH):
        return _Mode.BATCH, {}
    return (_Mode.BINARY if attributes else _Mode.NEITHER), attributes


def _decoded(value: bytes | None) -> object:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return _Unreadable.NOT_UTF8


def _readable(attribute: object) -> str | None:
    return attribute if isinstance(attribute, str) and _name_problem(attribute) is None else None


def _object(parsed: object) -> Mapping[str, object]:
    if isinstance(parsed, dict):
        return parsed
    raise Refused("not_cloudevents", f"the event is {looks(parsed)}, it must be an object: send one event a message")


def _event(
    mode: _Mode,
    attributes: Mapping[str, object],
    data: object,
    topic: str,
    accepted: datetime,
    correcting: frozenset[str],
) -> Event:
    source, id_, type_ = _names(mode, attributes)
    _check_topic(type_, topic)
    time, recordedtime = _times(attributes, accepted)
    _check_valid_on(VALID_ON[type_], data, recordedtime)
    contract = _contract(type_, data)
    if isinstance(contract, FactWithdrawn):
        _check_withdrawal(contract, source, id_, correcting)
    return Event(type_, source, id_, time, recordedtime, contract)


def _names(mode: _Mode, attributes: Mapping[str, object]) -> tuple[str, str, str]:
    """Row `not_cloudevents`; source, id and type."""
    if mode is _Mode.BATCH:
        raise Refused("not_cloudevents", "the message is a batch of events: send one event a message")
    if mode is _Mode.NEITHER:
        raise Refused(
            "not_cloudevents",
            "the message has neither the content-type application/cloudevents+json nor ce_ headers: send one of them",
        )
    if attributes.get("specversion") != "1.0":
        raise Refused("not_cloudevents", f"specversion {_version_problem(attributes.get('specversion'))}")
    return _name(attributes, "source"), _name(attributes, "id"), _name(attributes, "type")


def _version_problem(version: object) -> str:
    problem = _name_problem(version) or "is another version"
    return f"{problem}: it must be the text 1.0"


def _name(attributes: Mapping[str, object], attribute: str) -> str:
    text = attributes.get(attribute)
    problem = _name_problem(text)
    if problem is None and isinstance(text, str):
        return text
    raise Refused(
        "not_cloudevents",
        f"{attribute} {problem}: it must be a text of 1 to {_LONGEST_NAME} characters without control characters",
    )


def _name_problem(text: object) -> str | None:
    if isinstance(text, str) and text.isprintable() and 0 < len(text) <= _LONGEST_NAME:
        return None  # what is printable holds no control character, and that is known much sooner
    if isinstance(text, _Unreadable):
        return text.value
    if text is None:
        return "is missing"
    if not isinstance(text, str) or not text:
        return f"is {looks(text)}"
    if len(text) > _LONGEST_NAME:
        return f"has {len(text):,} characters"
    return "holds a control character" if _CONTROL.search(text) else None


def _check_topic(type_: str, topic: str) -> None:
    """Rows `unknown_type` and `wrong_topic`."""
    right = TOPIC_OF.get(type_)
    if right is None:
        shown = type_ if _TYPE_LIKE.fullmatch(type_) else f"of {len(type_)} characters"
        raise Refused("unknown_type", f"type {shown} is not known: the types are listed in the contract, with versions")
    if right != topic:
        raise Refused("wrong_topic", f"type {type_} came by topic {topic}: publish it to {right}")


def _times(attributes: Mapping[str, object], accepted: datetime) -> tuple[str, str]:
    """Row `bad_time`, of the envelope: time and recordedtime, which is `time` unless it is given."""
    instant = _instant("time", attributes.get("time"))
    time = recordedtime = format_instant(instant)
    given = attributes.get("recordedtime")
    if given is not None:
        instant = _instant("recordedtime", given)
        recordedtime = format_instant(instant)
    if instant - accepted > _ONE_DAY:
        name = "time, which is recordedtime where that is absent," if given is None else "recordedtime"
        raise Refused("bad_time", f"{name} lies more than a day ahead of this message's acceptance: check the clock")
    return time, recordedtime


def _instant(name: str, text: object) -> datetime:
    if isinstance(text, str):
        try:
            return parse_instant(text)
        except ValueError as error:
            problem = str(error)
    else:
        problem = f"{_name_problem(text)}: write an RFC 3339 time with offset, like 2018-11-22T10:00:00+08:00"
    raise Refused("bad_time", f"{name} {problem}")


def _check_valid_on(field: str | None, data: object, recordedtime: str) -> None:
    """Row `bad_time`, of the data: a well-formed day, also one past the last that is accepted, too far ahead."""
    text = data.get(field) if field is not None and isinstance(data, dict) else None
    # Texts of days are in the order of days, and the day in WITA is never before the one in UTC.
    if not isinstance(text, str) or text <= recordedtime[:10] or not _DAY_LIKE.fullmatch(text):
        return
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return
    if day - day_in_wita(parse_instant(recordedtime)) > _ONE_DAY:
        raise Refused("bad_time", f"`{field}` lies more than a day after the day of recordedtime (WITA): correct one")


def _contract(type_: str, data: object) -> Contract:
    """Rows `bad_nik`, `unknown_kelurahan` and `bad_data`."""
    if not isinstance(data, dict):
        problem = "is missing" if data is None else f"is {looks(data)}"
        raise Refused("bad_data", f"data {problem}: it must be an object with the fields of {type_}")
    contract = TYPES[type_]
    try:
        return contract.model_validate(data)
    except ValidationError as error:
        problem = violation(error)
    _check_nik(contract, data)
    _check_kelurahan(contract, data)
    raise Refused("bad_data", problem)


def _check_nik(contract: type[Contract], data: Mapping[str, object]) -> None:
    if "nik" not in contract.model_fields:
        return
    nik = data.get("nik")
    if isinstance(nik, str):
        try:
            check_nik(nik)
        except ValueError as error:
            problem = str(error)
        else:
            return
    else:
        problem = f"is {looks(nik) if 'nik' in data else 'missing'}, it must be a text of 16 digits"
    raise Refused("bad_nik", f"`nik` {problem}")


def _check_kelurahan(contract: type[Contract], data: Mapping[str, object]) -> None:
    for field in filter(contract.model_fields.__contains__, _KELURAHAN_FIELDS):
        given = data.get(field)
        codes = [given] if field != "rows_by_kelurahan" else given if isinstance(given, dict) else []
        if any(isinstance(code, str) and code not in KELURAHAN for code in codes):
            raise Refused(
                "unknown_kelurahan",
                f"`{field}` has a code that is no kelurahan of the city: send it with dots, like 53.71.01.1001",
            )


def _check_withdrawal(withdrawal: FactWithdrawn, source: str, id_: str, correcting: frozenset[str]) -> None:
    """Rows `not_yours_to_withdraw` and, for itself, `withdraws_a_withdrawal`."""
    if withdrawal.withdraws_source != source and source not in correcting:
        raise Refused(
            "not_yours_to_withdraw",
            "the fact is another source's: let that source withdraw it, or name this one in REKAM_CORRECTING_SOURCES",
        )
    if (withdrawal.withdraws_source, withdrawal.withdraws_id) == (source, id_):
        raise Refused("withdraws_a_withdrawal", "the withdrawal names itself: name the fact that it withdraws")
