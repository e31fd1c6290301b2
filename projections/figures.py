"""The three numbers, area by area: official outstanding = explained + truly outstanding. And the answer `counts`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from events.territory import UNLISTED, Level, area_of, name_of
from projections.balances import balances, balances_of_members
from projections.lists import Membership, check, declaration
from projections.reading import EXPLAINED, OFFICIAL, STANDINGS
from projections.selection import kelurahan_in
from projections.transfers import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    import psycopg

    from projections.recent import Recent
    from projections.transfers import Account

__all__ = [
    "TRULY",
    "Asked",
    "Covered",
    "area_order",
    "by_area",
    "counted",
    "counts_answer",
    "covered",
    "figures",
    "filled",
    "total",
]

TRULY: Final = "outstanding"


class Asked(NamedTuple):
    """Who is counted: everybody or the members of a list, everywhere or in an area."""

    day: date
    known: int
    list: str | None = None
    area: str | None = None


class Covered(NamedTuple):
    """How many of the obliged have been recorded."""

    recorded: int
    obliged: int


def counts_answer(
    cursor: psycopg.Cursor[Any],
    day: date,
    known: int,
    by: Level = "kelurahan",
    list_: str | None = None,
    area: str | None = None,
) -> dict[str, Any]:
    """Where everyone, or every member of a list, stands on `day`, as known at position `known`; `nowhere` is left out.

    With an area, those who stand there alone; coverage is of a whole list. NoAnswer before the register's first day,
    for a list never heard of, for a position not yet reached; WrongUse for an area that is none.
    """
    return counted(cursor, Asked(day, known, list_, area), by)


def counted(
    cursor: psycopg.Cursor[Any], asked: Asked, by: Level = "kelurahan", recent: Recent | None = None
) -> dict[str, Any]:
    """`counts_answer`, by what is remembered of a list's members, where there is such."""
    day, known, list_, area = asked
    kelurahan = frozenset(kelurahan_in(area))
    reading_version = check(cursor, day, known)
    if list_ is None:
        coverage, held = None, balances(cursor, day, known, recent=recent)
    else:
        declared = declaration(cursor, list_, known)
        held = balances_of_members(cursor, list_, day, known, recent)
        on_list = Membership(declared, sum(held.values()))
        held.pop(NOWHERE, None)
        coverage = None if area is not None else _coverage(on_list, total(held))
    held = {account: people for account, people in held.items() if account.area in kelurahan}
    areas = by_area(held, by)
    return {
        "list": list_,
        "on": day.isoformat(),
        "by": by,
        "position": known,
        "reading_version": reading_version,
        "rows": [
            {"area": area, "name": name_of(area), **figures(areas[area])} for area in sorted(areas, key=area_order)
        ],
        "total": figures(total(held)),
        "coverage": coverage,
    }


def figures(standings: Mapping[str, int]) -> dict[str, Any]:
    """Every standing, also those that nobody has, and the three numbers."""
    return {
        "standings": filled(standings),
        "official": _sum(standings, OFFICIAL),
        "explained": _sum(standings, EXPLAINED),
        "truly": standings.get(TRULY, 0),
    }


def filled(standings: Mapping[str, int]) -> dict[str, int]:
    """The standings in the order of reports, 0 where there is nobody; `nowhere` only where it was given."""
    return dict.fromkeys(STANDINGS, 0) | dict(standings)


def by_area(held: Mapping[Account, int], level: Level) -> dict[str, dict[str, int]]:
    """Standings of each area of that level in which anybody stands; the unlisted are area `-` at every level."""
    areas: dict[str, dict[str, int]] = {}
    for (kelurahan, standing), people in held.items():
        area = areas.setdefault(area_of(kelurahan, level), {})
        area[standing] = area.get(standing, 0) + people
    return areas


def total(held: Mapping[Account, int]) -> dict[str, int]:
    standings: dict[str, int] = {}
    for account, people in held.items():
        standings[account.standing] = standings.get(account.standing, 0) + people
    return standings


def area_order(area: str) -> tuple[bool, str]:
    """In order of code, the unlisted last."""
    return area == UNLISTED, area


def covered(standings: Mapping[str, int]) -> dict[str, Covered]:
    """The recorded among the obliged who live here, twice.

    official: as the registries have it, recorded over recorded and officially outstanding. true: counting rightly
    those whom a finding has explained: the recorded among them as recorded, the moved and the deceased as not living
    here. The underage are not obliged, the departed and the deceased not here, the unlisted neither.
    """
    recorded = standings.get("recorded", 0)
    found_recorded = recorded + standings.get("explained_recorded", 0)
    return {
        "official": Covered(recorded, recorded + _sum(standings, OFFICIAL)),
        "true": Covered(found_recorded, found_recorded + standings.get(TRULY, 0)),
    }


def _coverage(on_list: Membership, standings: Mapping[str, int]) -> dict[str, float] | None:
    """None unless the list is a whole register without residual, and somebody is obliged."""
    if on_list.declaration is None or not on_list.declaration.register or on_list.residual != 0:
        return None
    both = covered(standings)
    if both["true"].obliged == 0:
        return None
    return {name: one.recorded / one.obliged for name, one in both.items()}


def _sum(standings: Mapping[str, int], which: Iterable[str]) -> int:
    return sum(standings.get(standing, 0) for standing in which)
