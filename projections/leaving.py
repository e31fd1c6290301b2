"""The answer `leaving`: who becomes obliged in the months to come, and who is here again when their letter lapses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from events.territory import name_of
from projections.accounts import ACCOUNTS
from projections.figures import TRULY, area_order
from projections.moves import moved, numbers_of, span_of, values
from projections.reading import OFFICIAL, STANDINGS

if TYPE_CHECKING:
    from datetime import date

    import psycopg

    from projections.transfers import Account

__all__ = ["foreseen", "leaving_answer"]

_OBLIGED: Final = ("recorded", *OFFICIAL)
#: What is told of a month, to the standing that people leave and those they may have afterwards.
_LEAVING: Final = {
    "turning_17": ("underage", _OBLIGED),
    "lapsing": ("departed", ("underage", *_OBLIGED)),
}

# Days are cut to months without a time zone.
_LEFT: Final = """
SELECT valid_on - (extract(day FROM valid_on)::int - 1) AS month, from_account, to_account, sum(people)::bigint
FROM ({moved}) AS moved
WHERE valid_on > %(after)s AND from_account = ANY(%(left)s::smallint[]) AND to_account = ANY(%(to)s::smallint[])
GROUP BY 1, 2, 3
HAVING sum(people) <> 0
"""

_TOUCHED: Final = """
SELECT from_account, to_account FROM ({moved}) AS moved
WHERE valid_on > %(after)s AND (from_account = ANY(%(left)s::smallint[]) OR to_account = ANY(%(left)s::smallint[]))
GROUP BY from_account, to_account
HAVING sum(people) <> 0
"""


def leaving_answer(
    cursor: psycopg.Cursor[Any],
    day: date,
    until: date,
    known: int,
    area: str | None = None,
    list_: str | None = None,
) -> dict[str, Any]:
    """After `day` up to `until`, by month: who turns 17, and whose letter lapses, by the kelurahan they will stand in.

    `turning_17` leave `underage` for what the obliged stand in; `lapsing` leave `departed` and are here again. Of their
    `people`, `official` and `truly` are outstanding then. All of it is in the ledger already, as known at the position:
    after the last day that facts tell of there is nothing else to make anybody leave these standings. In days that
    facts do tell of, to marry is among the first, and to come back among the second. A month with nobody is left out.

    WrongUse: an unknown area, a period that ends before it begins. NoAnswer as for counts.
    """
    asked = span_of(cursor, day, until, known, list_)
    accounts = {"left": numbers_of(["underage", "departed"]), "to": numbers_of(STANDINGS, area)}
    cursor.execute(_LEFT.format(moved=moved(asked)).encode(), {**values(asked), **accounts})
    months: dict[date, dict[str, dict[str, dict[str, int]]]] = {}
    for month, from_, into, people in cursor:
        for what, (standing, standings) in _LEAVING.items():
            if ACCOUNTS[from_].standing == standing and ACCOUNTS[into].standing in standings:
                told = months.setdefault(month, {what: {} for what in _LEAVING})
                _add(told[what].setdefault(ACCOUNTS[into].area, _nobody()), ACCOUNTS[into].standing, people)
    return {
        "on": day.isoformat(),
        "until": until.isoformat(),
        "list": list_,
        "area": area,
        "position": known,
        "reading_version": asked.reading_version,
        **{what: _total([told[what] for told in months.values()]) for what in _LEAVING},
        "months": [
            {"month": f"{month:%Y-%m}", **{what: _of_areas(areas) for what, areas in told.items()}}
            for month, told in sorted(months.items())
        ],
    }


def foreseen(
    cursor: psycopg.Cursor[Any],
    day: date,
    until: date,
    known: int,
    area: str | None = None,
    list_: str | None = None,
) -> frozenset[str]:
    """Of which, `turning_17` or `lapsing`, the people are those who stand so on the day, and leave it by `until`.

    So it is where no fact tells of the days between; where one does, somebody may have come to stand so only then, or
    left it otherwise, and the list by name of the day is not as long as the figure. Refused as `leaving_answer`.
    """
    asked = span_of(cursor, day, until, known, list_)
    left = {"left": numbers_of([standing for standing, _ in _LEAVING.values()], area)}
    cursor.execute(_TOUCHED.format(moved=moved(asked)).encode(), {**values(asked), **left})
    gone = [(ACCOUNTS[from_], ACCOUNTS[into]) for from_, into in cursor]
    return frozenset(what for what in _LEAVING if not any(_told(what, *accounts) for accounts in gone))


def _told(what: str, from_: Account, into: Account) -> bool:
    """Whether whoever goes from one to the other comes to stand so, or leaves it in another way or another place."""
    standing, standings = _LEAVING[what]
    if standing not in {from_.standing, into.standing}:
        return False
    return from_.standing != standing or into.standing not in standings or from_.area != into.area


def _nobody() -> dict[str, int]:
    return {"people": 0, "official": 0, "truly": 0}


def _add(counted: dict[str, int], standing: str, people: int) -> None:
    counted["people"] += people
    counted["official"] += people if standing in OFFICIAL else 0
    counted["truly"] += people if standing == TRULY else 0


def _total(told: list[dict[str, dict[str, int]]]) -> dict[str, int]:
    total = _nobody()
    for areas in told:
        for counted in areas.values():
            for name, people in counted.items():
                total[name] += people
    return total


def _of_areas(areas: dict[str, dict[str, int]]) -> dict[str, Any]:
    rows = [{"area": area, "name": name_of(area), **areas[area]} for area in sorted(areas, key=area_order)]
    return {**_total([areas]), "areas": rows}
