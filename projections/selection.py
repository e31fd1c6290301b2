"""Which accounts of the ledger a question is about: the standings behind a word, the kelurahan in an area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from events.errors import NoAnswer, NothingYet, WrongUse
from events.territory import CITY, KECAMATAN, KELURAHAN, UNLISTED
from projections.reading import EXPLAINED, OFFICIAL, STANDINGS

if TYPE_CHECKING:
    from datetime import date

__all__ = ["WORDS", "Area", "kelurahan_in", "refuse_ahead", "refuse_before", "standings_behind"]

#: Words for several standings, as reports add them up. To the members of a list who are `cleared` or `settled`, those
#: who still stand `nowhere` belong as well.
WORDS: Final[dict[str, tuple[str, ...]]] = {
    "explained": EXPLAINED,
    "official": OFFICIAL,
    "cleared": tuple(standing for standing in STANDINGS if standing != "outstanding"),
    "settled": tuple(standing for standing in STANDINGS if standing not in OFFICIAL),
}


def standings_behind(word: str) -> tuple[str, ...]:
    """The standings that a figure of this name adds up; WrongUse, naming all words there are, for another."""
    if word in STANDINGS:
        return (word,)
    if word in WORDS:
        return WORDS[word]
    raise WrongUse(f"no such standing: {word!r}; there are {', '.join((*STANDINGS, *WORDS))}")


#: A kelurahan, a kecamatan, the city or `-`, which is no part of the city; several of them; None is everywhere.
Area: TypeAlias = str | tuple[str, ...] | None


def kelurahan_in(area: Area) -> tuple[str, ...]:
    """In order of code, with `-` at the end. WrongUse for a code that is none."""
    if isinstance(area, tuple):
        found = {kelurahan for one in area for kelurahan in kelurahan_in(one)}
        return tuple(sorted(found, key=lambda code: (code == UNLISTED, code)))
    if area is None:
        return (*sorted(KELURAHAN), UNLISTED)
    if area in KELURAHAN or area == UNLISTED:
        return (area,)
    if area in KECAMATAN or area == CITY:
        return tuple(sorted(code for code in KELURAHAN if code.startswith(f"{area}.")))
    raise WrongUse(
        f"no such area: {area!r}; give a code with dots, such as 53.71.01.1001, 53.71.01, {CITY} or {UNLISTED}"
    )


def refuse_before(first: date | None, day: date, known: int) -> None:
    """NoAnswer for a day before the register's first, the least `as_of` of the lists known at the position."""
    if first is None:
        raise NothingYet(f"no list is declared at position {known}, so the register has no first day: declare a list")
    if day < first:
        raise NoAnswer(f"{day} is before the register's first day, {first} at position {known}: ask about a later day")


def refuse_ahead(view: str, at: int, known: int) -> None:
    """NoAnswer for a position that the view has not come to."""
    if known > at:
        raise NoAnswer(
            f"position {known} is ahead of the view {view}, which is at {at}: wait for it, or ask about {at}"
        )
