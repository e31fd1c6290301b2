"""Days and instants as a sheet has them: a date cell, or a text with the day first, as it is written in Indonesia.

A reason never shows the value; it is to follow the name of the field.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Final

from events.calendar import WITA, parse_day, parse_instant
from services.sheets.cells import Unreadable, described

if TYPE_CHECKING:
    from services.sheets.cells import Value

__all__ = ["MONTH_FIRST", "day", "instant", "is_month_first", "may_be_month_first", "midnight"]

_WRITE: Final = "write it like 23/11/2018"
MONTH_FIRST: Final = (
    "could be either of two days, for another in this column has the month first: write all of the column like "
    "23/11/2018, the day first, or like 2018-11-23"
)

_MONTHS: Final = {
    name: month
    for month, names in enumerate(
        (
            "januari january jan",
            "februari pebruari february feb peb",
            "maret march mar mrt",
            "april apr",
            "mei may",
            "juni june jun",
            "juli july jul",
            "agustus august agu agt ags agst agust aug",
            "september sept sep",
            "oktober october okt oct",
            "november nopember nov nop",
            "desember december des dec",
        ),
        1,
    )
    for name in names.split()
}

_CLOCK: Final = re.compile(
    r"(?P<day>.*[^\s])(?:\s+|(?<=[0-9])[Tt])(?P<clock>[0-9]{1,2}[:.][0-9]{2}(?:[:.][0-9]{2})?)(?:[.,]0+)?"
)
_DAY_FIRST: Final = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})")
_YEAR_LAST: Final = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2(?:[0-9]{4}|[0-9]{2})")
_YEAR_FIRST: Final = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_IN_WORDS: Final = re.compile(r"([0-9]{1,2})[-\s./]*([A-Za-z]{3,9})\.?[-\s./,]*([0-9]{4})")
_TWO_DIGITS: Final = re.compile(r"[0-9]{1,2}(?:[-/.][0-9]{1,2}[-/.]|[-\s]*[A-Za-z]{3,9}\.?[-\s]*)[0-9]{2}")
_SERIAL: Final = re.compile(r"[0-9]{4,5}(?:[.,][0-9]+)?")


def day(value: Value) -> str:
    """The day as YYYY-MM-DD; Unreadable where it is none, or has a time of day beside it."""
    if isinstance(value, str):
        text, clock = _parted(value.strip())
        if clock not in {None, time()}:
            raise Unreadable(f"has a time of day: {_WRITE}, without one")
        return _day_of(text)
    if isinstance(value, datetime):
        if value.time() != time():
            raise Unreadable(f"has a time of day: {_WRITE}, without one")
        return _checked(value.date())
    if isinstance(value, date):
        return _checked(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise Unreadable(f"is a bare number: format the column as a date, or {_WRITE}")
    raise Unreadable(f"is {described(value)}: {_WRITE}")


def instant(value: Value) -> str:
    """The instant in RFC 3339; a day is its midnight, and what has no offset is WITA. Unreadable where it is none."""
    if isinstance(value, datetime):
        _checked(value.date())
        return value.replace(tzinfo=WITA).isoformat()
    if isinstance(value, str):
        try:
            parse_instant(value.strip())
        except ValueError:
            text, clock = _parted(value.strip())
            return f"{_day_of(text)}T{(clock or time()).isoformat()}+08:00"
        return value.strip()
    return midnight(day(value))


def is_month_first(value: Value) -> bool:
    """Whether a text can only have the month first, as `11/14/2018` has: such a text is refused."""
    first, second = _first_two(value)
    return first <= 12 < second <= 31


def may_be_month_first(value: Value) -> bool:
    """Whether the value is another day if it has the month first: `11/05/2018`.

    So is a date cell, 11 May: a spreadsheet reads `11/05/2018` as one, and leaves `11/14/2018` a text.
    """
    first, second = _first_two(value)
    return first != second and max(first, second) <= 12


def _first_two(value: Value) -> tuple[int, int]:
    """The first two numbers of a day with the year last; of a date cell the day and the month; or else 0 and 0."""
    if isinstance(value, date):
        return value.day, value.month
    if not isinstance(value, str):
        return 0, 0
    text = value.strip()
    if clock := _CLOCK.fullmatch(text):
        text = clock["day"]
    match = _YEAR_LAST.fullmatch(text)
    return (0, 0) if match is None else (int(match[1]), int(match[3]))


def midnight(day_: str) -> str:
    """The instant at which a day begins in WITA."""
    return f"{day_}T00:00:00+08:00"


def _parted(text: str) -> tuple[str, time | None]:
    """The text of a day, and the time of day where one stands behind it; Unreadable for an hour that there is not."""
    match = _CLOCK.fullmatch(text)
    if match is None:
        return text, None
    hour, minute, second = [*map(int, re.split("[:.]", match["clock"])), 0][:3]
    try:
        return match["day"], time(hour, minute, second)
    except ValueError:
        raise Unreadable("has a time of day that is none: write it like 23/11/2018 14:30") from None


def _day_of(text: str) -> str:
    if match := _DAY_FIRST.fullmatch(text):
        return _dated(match[4], match[3], match[1])
    if match := _YEAR_FIRST.fullmatch(text):
        return _dated(match[1], match[3], match[4])
    if (match := _IN_WORDS.fullmatch(text)) and match[2].lower() in _MONTHS:
        return _dated(match[3], _MONTHS[match[2].lower()], match[1])
    raise Unreadable(_what_is_wrong(text))


def _what_is_wrong(text: str) -> str:
    if _SERIAL.fullmatch(text):
        return f"is a bare number, as a spreadsheet counts days: format the column as a date, or {_WRITE}"
    if _TWO_DIGITS.fullmatch(text):
        return "has a year of 2 digits: write all 4, like 23/11/2018"
    return f"is {described(text)} that is no day: {_WRITE}"


def _dated(year: str, month: str | int, day_: str) -> str:
    if int(month) > 12 >= int(day_):
        raise Unreadable(f"has a month greater than 12: {_WRITE}, the day first")
    return _checked_text(f"{year}-{int(month):02}-{int(day_):02}")


def _checked(day_: date) -> str:
    return _checked_text(day_.isoformat())


def _checked_text(text: str) -> str:
    try:
        return parse_day(text).isoformat()
    except ValueError as error:
        raise Unreadable(f"{error}: {_WRITE}") from None
