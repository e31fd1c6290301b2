"""The answers `lateness` and `sources`: how late each source says things, and whether it still says anything.

They read every fact that the view `trail` has: a withdrawn one was late all the same. Days are in WITA.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from events.calendar import day_in_wita, parse_instant
from events.errors import WrongUse
from projections import position
from projections.selection import refuse_ahead

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import psycopg

__all__ = ["BUCKETS", "lateness_answer", "sources_answer"]

#: Name to the most days that belong in it; whatever is more belongs in the last.
BUCKETS: Final = {"0": 0, "1-7": 7, "8-30": 30, "31-365": 365, "366-": None}

# An instant is kept as a text in UTC, whose hour says whether it is a day later in WITA. Cut to its day it is read in
# half the time that the whole of it takes.
_IN_WITA: Final = "left({0}, 10)::date + (substr({0}, 12, 2) >= '16')::int"
_LATE: Final = f"""
SELECT source, type, {_IN_WITA.format("recordedtime")} - valid_on, {_IN_WITA.format("accepted")} - valid_on, count(*)
FROM trail.fact
WHERE position <= %(known)s AND valid_on IS NOT NULL
    AND (%(from)s::date IS NULL OR valid_on >= %(from)s) AND (%(to)s::date IS NULL OR valid_on <= %(to)s)
GROUP BY 1, 2, 3, 4
"""

# Both instants are texts of one length in C, whose order is that of time.
_SOURCES: Final = """
SELECT source, type, count(*), min(position), max(position), max(accepted), max(recordedtime) FROM trail.fact
WHERE position <= %(known)s
GROUP BY source, type
ORDER BY source, type
"""


def lateness_answer(
    cursor: psycopg.Cursor[Any],
    from_day: date | None,
    to_day: date | None,
    known: int,
    limit_days: int | None = None,
) -> dict[str, Any]:
    """By source and type, of what was true from `from_day` to `to_day`: how many days later it was said.

    `written`: until the registry wrote it down; `accepted`: until the log had it. Of each the `median` and `p90`, in so
    many days at most half and nine tenths were there, the `max`, the number of facts in each of BUCKETS, and how many,
    with their `share`, came later than `limit_days`, None without a limit. What was said on the eve of its day counts
    as 0 days in the buckets. A withdrawal has no day, and is left out. `total` is of all; its figures are None where
    there is no fact at all.

    WrongUse: a period that ends before it begins, a limit below 0. NoAnswer: a position ahead of the view.
    """
    if from_day is not None and to_day is not None and to_day < from_day:
        raise WrongUse(f"a period ends after it begins: {from_day} to {to_day}")
    if limit_days is not None and limit_days < 0:
        raise WrongUse(f"a limit is a number of days from 0, not {limit_days}")
    refuse_ahead("trail", position.of(cursor, "trail"), known)
    told: dict[tuple[str, str], tuple[Counter[int], Counter[int]]] = {}
    whole: tuple[Counter[int], Counter[int]] = (Counter(), Counter())
    cursor.execute(_LATE.encode(), {"from": from_day, "to": to_day, "known": known})
    for source, type_, written, accepted, facts in cursor:
        for late in (told.setdefault((source, type_), (Counter(), Counter())), whole):
            late[0][written] += facts
            late[1][accepted] += facts
    return {
        "from": from_day and from_day.isoformat(),
        "to": to_day and to_day.isoformat(),
        "limit_days": limit_days,
        "position": known,
        "rows": [
            {"source": source, "type": type_, **_both(told[source, type_], limit_days)}
            for source, type_ in sorted(told)
        ],
        "total": _both(whole, limit_days),
    }


def sources_answer(cursor: psycopg.Cursor[Any], known: int) -> dict[str, Any]:
    """Each source that was ever heard: what it says, when it was last heard, and through which day it is complete.

    `accepted` and `recordedtime` are the latest; `accepted` at the top is that of the last fact of the log, which is
    `silent_days` after the source's own. `complete_through` is inferred: a source that has written something down on a
    day has, if it sends in order, sent everything of the day before. NoAnswer: a position ahead of the view.
    """
    refuse_ahead("trail", position.of(cursor, "trail"), known)
    told: dict[str, list[tuple[Any, ...]]] = {}
    for source, *of_type in cursor.execute(_SOURCES, {"known": known}):
        told.setdefault(source, []).append(tuple(of_type))
    last = max((row[4] for rows in told.values() for row in rows), default=None)
    return {
        "position": known,
        "accepted": last,
        "sources": [{"source": source, **_heard(rows, last)} for source, rows in told.items()],
    }


def _heard(rows: list[tuple[Any, ...]], last: str | None) -> dict[str, Any]:
    types, facts, first, latest, accepted, recorded = zip(*rows, strict=True)
    heard, written = max(accepted), max(recorded)
    return {
        "types": [{"type": type_, "facts": of_type} for type_, of_type in zip(types, facts, strict=True)],
        "facts": sum(facts),
        "first_position": min(first),
        "last_position": max(latest),
        "accepted": heard,
        "recordedtime": written,
        "complete_through": None if _day(written) == date.min else (_day(written) - timedelta(1)).isoformat(),
        "silent_days": (_day(last or heard) - _day(heard)).days,
    }


def _day(instant: str) -> date:
    return day_in_wita(parse_instant(instant))


def _both(late: tuple[Counter[int], Counter[int]], limit: int | None) -> dict[str, Any]:
    written, accepted = late
    return {"facts": written.total(), "written": _spread(written, limit), "accepted": _spread(accepted, limit)}


def _spread(late: Mapping[int, int], limit: int | None) -> dict[str, Any]:
    """`late` has the number of facts by their days."""
    facts = sum(late.values())
    over = None if limit is None else sum(of_days for days, of_days in late.items() if days > limit)
    return {
        "median": _within(late, facts, 50),
        "p90": _within(late, facts, 90),
        "max": max(late, default=None),
        "buckets": dict(zip(BUCKETS, _buckets(late), strict=True)),
        "over": over,
        "share": None if over is None or not facts else over / facts,
    }


def _within(late: Mapping[int, int], facts: int, percent: int) -> int | None:
    """In how many days so many of a hundred were there."""
    reached = 0
    for days in sorted(late):
        reached += late[days]
        if 100 * reached >= percent * facts:
            return days
    return None


def _buckets(late: Mapping[int, int]) -> Iterator[int]:
    before = 0
    for most in BUCKETS.values():
        reached = sum(facts for days, facts in late.items() if most is None or days <= most)
        yield reached - before
        before = reached
