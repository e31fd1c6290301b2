"""The answer `reconcile`: the members of a list, balanced to the last person, and beside another list by name.

declared = members + residual      members = truly + cleared      cleared = explained + settled
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from events.territory import name_of
from projections.balances import balances_of_members, pairs
from projections.figures import area_order, by_area, figures, total
from projections.lists import Membership, check, declaration, members
from projections.transfers import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import psycopg

    from projections.recent import Recent

__all__ = ["reconcile_answer"]


def reconcile_answer(
    cursor: psycopg.Cursor[Any],
    list_: str,
    day: date,
    known: int,
    against: str | None = None,
    recent: Recent | None = None,
) -> dict[str, Any]:
    """Members of a list x their standing on `day`, as known at position `known`.

    Rows are by the kelurahan where people stand; `declared` in a row is the list's control total for that kelurahan, so
    by the listing's, and only the totals of the two balance. Row `-` holds the unlisted and those who stand `nowhere`,
    members whose first fact comes after `day`. With `against`, see `_beside`. NoAnswer as for counts.
    """
    reading_version = check(cursor, day, known)
    declared = declaration(cursor, list_, known)
    held = {NOWHERE: 0} | balances_of_members(cursor, list_, day, known, recent)
    on_list = Membership(declared, sum(held.values()))
    answer: dict[str, Any] = {
        "list": list_,
        "on": day.isoformat(),
        "position": known,
        "reading_version": reading_version,
        "declared": on_list.declared,
        "members": on_list.members,
        "residual": on_list.residual,
        **_cleared(total(held)),
        "rows": _rows({account: people for account, people in held.items() if people}, on_list),
        "anomalies": on_list.anomalies(),
    }
    if against is not None:
        other = Membership(declaration(cursor, against, known), members(cursor, against, known, recent))
        there_on = _there_on(on_list, other, day)
        answer["against"] = {
            "list": against,
            "there_on": there_on.isoformat(),
            **_beside(on_list, other, pairs(cursor, (list_, against), (day, there_on), known, recent)),
        }
    return answer


def _cleared(standings: Mapping[str, int]) -> dict[str, Any]:
    """The three numbers, and settled: neither official nor truly outstanding, for an event has the last word."""
    found = figures(standings)
    settled = sum(standings.values()) - found["official"]
    return {**found, "settled": settled, "cleared": found["explained"] + settled}


def _rows(held: Mapping[Any, int], on_list: Membership) -> list[dict[str, Any]]:
    """A row for every kelurahan where somebody stands or that the list has a control total for."""
    areas = by_area(held, "kelurahan")
    totals = {} if on_list.declaration is None else on_list.declaration.rows_by_kelurahan
    return [
        {
            "area": area,
            "name": name_of(area),
            "declared": None if on_list.declaration is None else totals.get(area, 0),
            **_cleared(areas.get(area, {})),
        }
        for area in sorted({*areas, *(area for area, rows in totals.items() if rows)}, key=area_order)
    ]


def _there_on(on_list: Membership, other: Membership, day: date) -> date:
    """The day on which members of the other list are looked at: how they stood before this list named them again.

    The eve of this list (the day before its as_of) where the other list is the earlier one, so that the pairs say how
    whoever came back had been cleared; never after `day`. Otherwise, or where a list has no live declaration, `day`.
    """
    this, that = on_list.declaration, other.declaration
    if this is None or that is None or that.as_of >= this.as_of:
        return day
    return min(day, this.as_of - timedelta(days=1))


def _beside(on_list: Membership, other: Membership, paired: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    """Name by name: who is on both lists, by standing here on the day and standing there on `there_on`."""
    both = sum(paired.values())
    return {
        "both": both,
        "only_here": on_list.members - both,
        "only_there": other.members - both,
        "pairs": [
            {"here": here, "there": there, "people": people}
            for (here, there), people in sorted(paired.items(), key=lambda pair: (-pair[1], pair[0]))
        ],
    }
