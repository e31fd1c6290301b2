"""Days and instants: the one place that reads them, writes them and says on which day something falls."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from itertools import pairwise
from typing import Final, Self

__all__ = [
    "FIRST_DAY",
    "LAST_DAY",
    "WITA",
    "DepartureRule",
    "day_in_wita",
    "format_instant",
    "parse_day",
    "parse_instant",
    "seventeen_on",
]

#: Asia/Makassar. It has no daylight saving time and has been UTC+8 since 1964, so a fixed offset is exact.
WITA: Final = timezone(timedelta(hours=8), "WITA")

FIRST_DAY: Final = date(1850, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)

#: RFC 3339 with what the contract leaves out of it: second 60 and a seventh fractional digit.
_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt]"
    r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?"
    r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAYS: Final = re.compile(r"[0-9]{1,5}")


def parse_instant(text: str) -> datetime:
    """An RFC 3339 instant, in UTC; ValueError, with a reason that does not show the text, where it is none.

    An offset is required, T and Z may be in either case, at most 6 fractional digits, no second 60. An instant whose
    UTC date lies outside the years 0001 to 9999 is refused too.
    """
    if _INSTANT.fullmatch(text) is None:
        raise ValueError(_what_is_wrong(text))
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except ValueError:
        raise ValueError("has a day that is not in the calendar") from None
    except OverflowError:
        raise ValueError("lies outside the years 0001 to 9999 in UTC") from None


def _what_is_wrong(text: str) -> str:
    example = "write it like 2018-11-22T10:00:00+08:00"
    if re.fullmatch(r"[^.]*\.[0-9]{7,}([Zz]|[+-][0-9:]+)", text):
        return "has more than 6 fractional digits: leave off the others"
    if re.fullmatch(r".{17}60.*", text, re.DOTALL):
        return "has a second 60: write the second before or after it"
    if re.fullmatch(r"[0-9-]{10}[Tt][0-9:.]+", text):
        return f"has no offset from UTC: {example}"
    return f"is no RFC 3339 time: {example}"


def format_instant(instant: datetime) -> str:
    """The instant in UTC with six fractional digits: always 27 characters, so the order of texts is that of times."""
    utc = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    parts = (utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond)
    return "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ" % parts  # noqa: UP031 - half the time of isoformat, twice a message


@lru_cache(maxsize=65_536)  # feeds repeat the same few thousand days
def parse_day(text: str) -> date:
    """A day written YYYY-MM-DD from 1850-01-01 to 2199-12-31; ValueError with a reason that does not show the text."""
    if _DAY.fullmatch(text) is None:
        raise ValueError("is not written YYYY-MM-DD")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError("is a day that is not in the calendar") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"does not lie between {FIRST_DAY} and {LAST_DAY}")
    return day


def day_in_wita(instant: datetime) -> date:
    """The day on which it is in Kupang: every day boundary of the register is this one."""
    return instant.astimezone(WITA).date()


def seventeen_on(birth_date: date) -> date:
    """The day of the 17th birthday, from which a resident is obliged; born on 29 February, that is 1 March."""
    year = birth_date.year + 17
    if (birth_date.month, birth_date.day) == (2, 29):  # 17 years after a leap year is never one
        return date(year, 3, 1)
    return birth_date.replace(year=year)


@dataclass(frozen=True, slots=True)
class DepartureRule:
    """How many days after departed_on a letter without `valid_until` holds, by the value in force on departed_on.

    `since` holds (first day, days), ascending; before its first day `days` holds.
    """

    days: int
    since: tuple[tuple[date, int], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """From `30`, or `30,2019-01-01:45,…` with the first day of each later value; ValueError names the part."""
        first, *later = (part.strip() for part in text.split(","))
        changes = []
        for part in later:
            day, colon, days = part.partition(":")
            if not colon:
                raise ValueError(f"{part!r} is not written YYYY-MM-DD:days")
            try:
                changes.append((parse_day(day), _days(days)))
            except ValueError as error:
                raise ValueError(f"in {part!r}: {error}") from None
        if any(one[0] >= other[0] for one, other in pairwise(changes)):
            raise ValueError("the days are not in ascending order, each once")
        return cls(_days(first), tuple(changes))

    def days_on(self, departed_on: date) -> int:
        """The value in force on that day; a change holds from its own day on."""
        days = self.days
        for day, changed in self.since:
            if day <= departed_on:
                days = changed
        return days

    def lapses_on(self, departed_on: date, valid_until: date | None) -> date:
        """The first day on which the letter no longer holds: its last valid day + 1. `valid_until` wins."""
        last = valid_until if valid_until is not None else departed_on + timedelta(days=self.days_on(departed_on))
        return last + timedelta(days=1)


def _days(text: str) -> int:
    if _DAYS.fullmatch(text) is None:
        raise ValueError(f"{text!r} is no number of days from 0 to 99999")
    return int(text)
