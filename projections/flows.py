"""The answer `flows`: from one day to another, balanced.

    closing(to, known then) = opening(from, known) + restated (true by `from`, known after `known` up to `then`)
                            + flows (after `from` up to `to`, known then)

The identity holds in every area for every standing, and in total.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from events.errors import WrongUse
from events.territory import Level, area_of, name_of
from projections.balances import balances, flows
from projections.figures import area_order, by_area, filled, total
from projections.lists import check
from projections.transfers import Account

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import psycopg

__all__ = ["flows_answer"]


def flows_answer(
    cursor: psycopg.Cursor[Any], from_day: date, to_day: date, known: int, then: int, by: Level = "kelurahan"
) -> dict[str, Any]:
    """From `from_day` as known at `known` to `to_day` as known at `then`, area by area and in total.

    A flow between two areas stands in the row of each, also at equal standing; inside an area people who keep their
    standing do not flow. `nowhere`, in area `-`, is an end of flows, and has no balance. WrongUse where the period ends
    before it begins; NoAnswer as for counts.
    """
    if to_day < from_day or then < known:
        raise WrongUse(f"a period ends after it begins: {from_day} to {to_day}, known at {known}, then at {then}")
    check(cursor, from_day, known)
    reading_version = check(cursor, from_day, then)
    opening, closing = balances(cursor, from_day, known), balances(cursor, to_day, then)
    restated = _less(balances(cursor, from_day, then), opening) if then != known else {}
    moved = flows(cursor, from_day, to_day, then)
    return {
        "from": from_day.isoformat(),
        "to": to_day.isoformat(),
        "by": by,
        "known": known,
        "position": then,
        "reading_version": reading_version,
        "rows": _rows((opening, restated, closing), _at_level(moved, by), by),
        "total": {
            "opening": filled(total(opening)),
            "restated": filled(total(restated)),
            "flows": _standings(moved),
            "closing": filled(total(closing)),
        },
    }


def _less(some: Mapping[Account, int], others: Mapping[Account, int]) -> dict[Account, int]:
    left = {account: some.get(account, 0) - others.get(account, 0) for account in {*some, *others}}
    return {account: people for account, people in left.items() if people}


def _at_level(moved: Mapping[tuple[Account, Account], int], level: Level) -> dict[tuple[Account, Account], int]:
    """The same flows between the areas of that level; what stays inside one account there is none."""
    flowed: dict[tuple[Account, Account], int] = {}
    if level == "kelurahan":
        return {pair: people for pair, people in moved.items() if pair[0] != pair[1]}
    for (from_, to), people in moved.items():
        pair = (Account(area_of(from_.area, level), from_.standing), Account(area_of(to.area, level), to.standing))
        if pair[0] != pair[1]:
            flowed[pair] = flowed.get(pair, 0) + people
    return flowed


def _rows(
    held: tuple[Mapping[Account, int], ...], flowed: Mapping[tuple[Account, Account], int], level: Level
) -> list[dict[str, Any]]:
    opening, restated, closing = [by_area(balance, level) for balance in held]
    of_area: dict[str, list[dict[str, Any]]] = {}
    for (from_, to), people in sorted(flowed.items()):
        flow = {
            "from_area": from_.area,
            "from": from_.standing,
            "to_area": to.area,
            "to": to.standing,
            "people": people,
        }
        for area in {from_.area, to.area}:
            of_area.setdefault(area, []).append(flow)
    return [
        {
            "area": area,
            "name": name_of(area),
            "opening": filled(opening.get(area, {})),
            "restated": filled(restated.get(area, {})),
            "flows": of_area.get(area, []),
            "closing": filled(closing.get(area, {})),
        }
        for area in sorted({*opening, *restated, *closing, *of_area}, key=area_order)
    ]


def _standings(moved: Mapping[tuple[Account, Account], int]) -> list[dict[str, Any]]:
    """The flows of the whole register, between standings alone."""
    flowed: dict[tuple[str, str], int] = {}
    for (from_, to), people in moved.items():
        if from_.standing != to.standing:
            pair = (from_.standing, to.standing)
            flowed[pair] = flowed.get(pair, 0) + people
    return [{"from": from_, "to": to, "people": people} for (from_, to), people in sorted(flowed.items())]
