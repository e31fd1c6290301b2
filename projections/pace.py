"""The answers `daily` and `recordings`: how many are left at the end of each day, and how many were recorded on it.

Recorded on a day are those who were officially outstanding and became recorded, valid on that day, net of what was
taken back since; `recorded_truly` are those of them who had been truly outstanding. They are counted in the kelurahan
where they are recorded, also when they came from another.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from events.territory import Level, area_of, name_of
from projections.accounts import ACCOUNTS
from projections.figures import TRULY, area_order
from projections.moves import days_of, moved, moves, span, values
from projections.reading import EXPLAINED
from projections.selection import kelurahan_in

if TYPE_CHECKING:
    from datetime import date

    import psycopg

    from projections.moves import Span

__all__ = ["daily_answer", "recordings_answer"]

# Kinds of accounts, as a day's figures tell them apart.
_OTHER, _EXPLAINED, _TRULY, _EXPLAINED_ELSEWHERE, _TRULY_ELSEWHERE, _RECORDED = range(6)
_FROM: Final = frozenset({_EXPLAINED, _TRULY, _EXPLAINED_ELSEWHERE, _TRULY_ELSEWHERE})
_FROM_TRULY: Final = frozenset({_TRULY, _TRULY_ELSEWHERE})

_RECORDINGS: Final = """
SELECT valid_on, to_account, sum(people)::bigint,
    coalesce(sum(people) FILTER (WHERE from_kind = %(truly)s), 0)::bigint
FROM (SELECT valid_on, to_account, people, (%(kinds)s::smallint[])[from_account + 1] AS from_kind
      FROM ({moved}) AS moved
      WHERE valid_on > %(after)s AND (%(kinds)s::smallint[])[to_account + 1] = %(recorded)s) AS told
WHERE from_kind IN (%(explained)s, %(truly)s)
GROUP BY valid_on, to_account
HAVING sum(people) <> 0
"""


def daily_answer(
    cursor: psycopg.Cursor[Any],
    first: date,
    last: date,
    known: int,
    list_: str | None = None,
    area: str | None = None,
) -> dict[str, Any]:
    """Of each day from `first` to `last`: the three numbers at its end, and how many were recorded on it.

    `opening` has the three numbers at the end of the day before; `recorded` and `recorded_truly` at the top are the
    sums of the days. Of everybody, or of the members of a list; in the whole register, or in an area, where people
    stand. The three numbers of a day are those of `counts` on it, as known at the same position.

    WrongUse: an unknown area, a period that ends before it begins or has more than 3,660 days. NoAnswer as for counts.
    """
    kinds = _kinds(area)
    asked, reading_version = span(cursor, first, last, known, list_)
    changed, came = _changes(cursor, asked, kinds)
    held = changed[asked.after]
    opening = _three(held)
    days = []
    for day in days_of(asked):
        held.update(changed.get(day, {}))
        recorded = came.get(day, Counter())
        of_day = {"recorded": recorded[_RECORDED], "recorded_truly": recorded[_TRULY]}
        days.append({"day": day.isoformat(), **_three(held), **of_day})
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "list": list_,
        "area": area,
        "position": known,
        "reading_version": reading_version,
        "opening": opening,
        "recorded": sum(day["recorded"] for day in days),
        "recorded_truly": sum(day["recorded_truly"] for day in days),
        "days": days,
    }


def recordings_answer(
    cursor: psycopg.Cursor[Any],
    first: date,
    last: date,
    known: int,
    by: Level = "kelurahan",
    list_: str | None = None,
) -> dict[str, Any]:
    """How many were recorded, a row a day and area in which anybody was, in this order.

    The same as `reporting.recordings`, there by kelurahan and of everybody. WrongUse and NoAnswer as for
    `daily_answer`.
    """
    asked, reading_version = span(cursor, first, last, known, list_)
    kinds = {"kinds": _kinds(None), "explained": _EXPLAINED, "truly": _TRULY, "recorded": _RECORDED}
    cursor.execute(_RECORDINGS.format(moved=moved(asked)).encode(), {**values(asked), **kinds})
    rows: dict[tuple[date, bool, str], tuple[int, int]] = {}
    for day, account, recorded, truly in cursor:
        place = (day, *area_order(area_of(ACCOUNTS[account].area, by)))
        others, truly_others = rows.get(place, (0, 0))
        rows[place] = (others + recorded, truly_others + truly)
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "list": list_,
        "by": by,
        "position": known,
        "reading_version": reading_version,
        "recorded": sum(recorded for recorded, _ in rows.values()),
        "recorded_truly": sum(truly for _, truly in rows.values()),
        "rows": [
            {"day": day.isoformat(), "area": area, "name": name_of(area), "recorded": recorded, "recorded_truly": truly}
            for (day, _, area), (recorded, truly) in sorted(rows.items())
        ],
    }


def _kinds(area: str | None) -> list[int]:
    """The kind of each account, in the order of their numbers, for whom the area is what is asked about."""
    here = set(kelurahan_in(area))
    kinds = []
    for account in ACCOUNTS:
        inside = account.area in here
        if account.standing in EXPLAINED:
            kinds.append(_EXPLAINED if inside else _EXPLAINED_ELSEWHERE)
        elif account.standing == TRULY:
            kinds.append(_TRULY if inside else _TRULY_ELSEWHERE)
        else:
            kinds.append(_RECORDED if inside and account.standing == "recorded" else _OTHER)
    return kinds


def _changes(
    cursor: psycopg.Cursor[Any], asked: Span, kinds: list[int]
) -> tuple[dict[date, Counter[int]], dict[date, Counter[int]]]:
    """By day: by how many each kind grew; how many came to be recorded, and of them from truly outstanding."""
    changed: dict[date, Counter[int]] = {asked.after: Counter()}
    came: dict[date, Counter[int]] = {}
    for day, from_, to, people in moves(cursor, asked, kinds):
        grew = changed.setdefault(day, Counter())
        grew[to] += people
        grew[from_] -= people
        if to == _RECORDED and from_ in _FROM:
            recorded = came.setdefault(day, Counter())
            recorded[_RECORDED] += people
            recorded[_TRULY] += people if from_ in _FROM_TRULY else 0
    return changed, came


def _three(held: Counter[int]) -> dict[str, int]:
    explained, truly = held[_EXPLAINED], held[_TRULY]
    return {"official": explained + truly, "explained": explained, "truly": truly}
