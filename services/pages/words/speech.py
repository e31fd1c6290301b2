"""How a language says things: texts with their places filled in, numbers, shares, days and moments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from string import Formatter
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup, escape

from events.calendar import WITA
from services.pages.words.catalogue import CATALOGUE, Language

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Words"]

_MONTHS: Final[dict[Language, str]] = {
    "id": "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
    "en": "January February March April May June July August September October November December",
}
_SHORT: Final[dict[Language, str]] = {
    "id": "Jan Feb Mar Apr Mei Jun Jul Agu Sep Okt Nov Des",
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
}
_NO_BREAK: Final = "\N{NO-BREAK SPACE}"
_MINUS: Final = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Words:
    """One language. What is put into a text is written as the language writes it, by what it is: `.said`."""

    language: Language = "id"

    def of(self, key: str, /, **values: Any) -> str:
        """Say the text of that key. KeyError for a key that is not in the catalogue, or a place that is not filled."""
        return _Said(self).vformat(CATALOGUE[key][self.language], (), values)

    def html(self, key: str, /, **values: Any) -> Markup:
        """Say the text with values that may be marked up; those that are not are escaped, and so is the text."""
        text = str(escape(CATALOGUE[key][self.language]))
        return Markup(_Said(self, escaping=True).vformat(text, (), values))  # noqa: S704 - text and values are escaped

    def said(self, value: Any) -> str:
        """Write a whole number, a day, a moment or a text as this language does; None is a dash."""
        match value:
            case None:
                return "–"
            case bool():
                return self.of("word.yes" if value else "word.no")
            case int():
                return self.number(value)
            case datetime():
                return self.moment(value)
            case date():
                return self.day(value)
        return str(value)

    def number(self, value: int) -> str:
        """63.000 · 63,000"""
        text = f"{abs(value):,}"
        return (_MINUS if value < 0 else "") + (text.replace(",", ".") if self.language == "id" else text)

    def change(self, value: int) -> str:
        """A number with its sign, also where it is more; 0 has none."""
        return f"+{self.number(value)}" if value > 0 else self.number(value)

    def decimal(self, value: float, places: int = 1) -> str:
        text = f"{value:,.{places}f}".replace("-", _MINUS)
        return text if self.language == "en" else text.translate(str.maketrans(",.", ".,"))

    def percent(self, share: float | None, places: int = 1) -> str:
        """80,7 % · 80.7%, of a share of 1; no share is a dash."""
        if share is None:
            return "–"
        return self.decimal(share * 100, places) + (f"{_NO_BREAK}%" if self.language == "id" else "%")

    def day(self, value: date | str) -> str:
        """23 November 2018, of a day or of its ISO text."""
        day = date.fromisoformat(value) if isinstance(value, str) else value
        return f"{day.day}{_NO_BREAK}{_MONTHS[self.language].split()[day.month - 1]} {day.year}"

    def short_day(self, value: date | str, *, year: bool = True) -> str:
        """23 Nov 2018: for tables and axes."""
        day = date.fromisoformat(value) if isinstance(value, str) else value
        text = f"{day.day}{_NO_BREAK}{_SHORT[self.language].split()[day.month - 1]}"
        return f"{text}{_NO_BREAK}{day.year}" if year else text

    def months(self) -> str:
        """The names of the months, with a space between them."""
        return _MONTHS[self.language]

    def month(self, value: date) -> str:
        """Nov 2018"""
        return f"{_SHORT[self.language].split()[value.month - 1]}{_NO_BREAK}{value.year}"

    def moment(self, value: datetime | str) -> str:
        """To the minute, in WITA, whatever zone it was written in."""
        time = (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(WITA)
        if self.language == "id":
            return f"{self.day(time.date())} pukul {time:%H.%M}{_NO_BREAK}WITA"
        return f"{self.day(time.date())}, {time:%H:%M}{_NO_BREAK}WITA"

    def short_moment(self, value: datetime | str) -> str:
        """23 Nov 2018, 17:12: for tables, also in WITA."""
        time = (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(WITA)
        return f"{self.short_day(time.date())}, {time:{'%H.%M' if self.language == 'id' else '%H:%M'}}"


class _Said(Formatter):
    """Fills places in a language's own way. `{people:one person|people}` gives the first word for 1."""

    def __init__(self, words: Words, *, escaping: bool = False) -> None:
        self._words = words
        self._escaping = escaping

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:
        return kwargs[str(key)] if not isinstance(key, int) else args[key]

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec:
            one, many = format_spec.split("|")
            return one if value == 1 else many
        if self._escaping and hasattr(value, "__html__"):
            return str(value)
        said = self._words.said(value)
        return str(escape(said)) if self._escaping else said
