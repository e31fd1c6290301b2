"""The answers `daily` and `recordings`: how many are left at the end of each day, and how many were recorded on it.

Recorded on a day are those who were officially outstanding and became recorded, valid on that day, net of what was
taken back since; `recorded_truly` are those of them who had been truly outstanding. They are counted in the kelurahan
where they are recorded, also when they came from another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from events.territory import Level, area_of, name_of
from projections.accounts import ACCOUNTS
from projections.balances import balances
from projections.counts import BLOCK
from projections.days import CHANGED, kinds_in
from projections.figures import TRULY, area_order
from projections.moves import days_of, moved, numbers_of, span, values
from projections.reading import EXPLAINED, OFFICIAL
from projections.selection import kelurahan_in

if TYPE_CHECKING:
    from datetime import date

    import psycopg

    from projections.moves import Span

__all__ = ["daily_answer", "recordings_answer"]

# Of the whole register, a day of complete blocks is one row; the open block's postings come on top.
_OPEN: Final = """
SELECT valid_on, from_account, to_account, people FROM counts.posting
WHERE position >= %(open)s AND position <= %(known)s AND valid_on > %(after)s AND valid_on <= %(until)s
"""
_WHOLE: Final = f"""
SELECT folded.*
FROM generate_series(1, %(until)s - %(after)s) AS days (number),
    LATERAL (SELECT day, explained, truly, recorded, recorded_truly FROM counts.day_change
             WHERE day = %(after)s + number AND block < %(complete)s ORDER BY block DESC LIMIT 1) AS folded
UNION ALL {CHANGED.format(moved=_OPEN)}
"""

_RECORDINGS: Final = """
SELECT valid_on, to_account, sum(people)::bigint,
    coalesce(sum(people) FILTER (WHERE from_account = ANY(%(truly)s::smallint[])), 0)::bigint
FROM ({moved}) AS moved
WHERE valid_on > %(after)s
    AND from_account = ANY(%(official)s::smallint[]) AND to_account = ANY(%(recorded)s::smallint[])
GROUP BY valid_on, to_account
HAVING sum(people) <> 0
"""


_STANDINGS: Final = {"truly": (TRULY,), "official": OFFICIAL, "recorded": ("recorded",)}


class _Change(NamedTuple):
    """By how many a day changed the explained and the truly outstanding; how many were recorded on it."""

    explained: int
    truly: int
    recorded: int
    recorded_truly: int


_NOTHING: Final = _Change(0, 0, 0, 0)


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
    kinds = kinds_in(area)
    asked = span(cursor, first, last, known, list_)
    changed = _changes(cursor, asked, area, kinds)
    explained, truly, *_ = changed.get(asked.after, _NOTHING)
    opening = _three(explained, truly)
    days = []
    for day in days_of(asked):
        change = changed.get(day, _NOTHING)
        explained, truly = explained + change.explained, truly + change.truly
        of_day = {"recorded": change.recorded, "recorded_truly": change.recorded_truly}
        days.append({"day": day.isoformat(), **_three(explained, truly), **of_day})
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "list": list_,
        "area": area,
        "position": known,
        "reading_version": asked.reading_version,
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
    asked = span(cursor, first, last, known, list_)
    accounts = {name: numbers_of(standings) for name, standings in _STANDINGS.items()}
    cursor.execute(_RECORDINGS.format(moved=moved(asked)).encode(), {**values(asked), **accounts})
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
        "reading_version": asked.reading_version,
        "recorded": sum(recorded for recorded, _ in rows.values()),
        "recorded_truly": sum(truly for _, truly in rows.values()),
        "rows": [
            {"day": day.isoformat(), "area": area, "name": name_of(area), "recorded": recorded, "recorded_truly": truly}
            for (day, _, area), (recorded, truly) in sorted(rows.items())
        ],
    }


def _changes(cursor: psycopg.Cursor[Any], asked: Span, area: str | None, kinds: list[int]) -> dict[date, _Change]:
    """What each day changed; on `after` that is what there was at its end."""
    changed: dict[date, _Change] = {}
    if asked.number is None:
        here = set(kelurahan_in(area))
        held = [held for held in balances(cursor, asked.after, asked.known, BLOCK).items() if held[0].area in here]
        explained = sum(people for account, people in held if account.standing in EXPLAINED)
        truly = sum(people for account, people in held if account.standing == TRULY)
        changed[asked.after] = _Change(explained, truly, 0, 0)
    whole = asked.number is None and area is None
    query = _WHOLE if whole else CHANGED.format(moved=moved(asked))
    for day, *change in cursor.execute(query.encode(), {**values(asked), "kinds": kinds}):
        known = changed.get(day, _NOTHING)
        changed[day] = _Change(*[one + other for one, other in zip(known, change, strict=True)])
    return changed


def _three(explained: int, truly: int) -> dict[str, int]:
    return {"official": explained + truly, "explained": explained, "truly": truly}
