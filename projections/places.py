"""The answer `places`: where the people were recorded who became recorded on each day, and at which sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from projections.moves import days_of, member, numbers_of, span, values
from projections.reading import OFFICIAL

if TYPE_CHECKING:
    from datetime import date

    import psycopg

__all__ = ["PLACES", "places_answer"]

#: Where a capture may be taken; `status`: the centre's report alone says that somebody is recorded.
PLACES: Final = ("office", "kecamatan", "kelurahan", "mobile", "elsewhere", "status")

# Of several captures of one person on one day the last by (recordedtime, source, id) is the one that counts, as in a
# reading; by code point, which in UTF-8 is the order of "C".
_PLACES: Final = """
WITH came AS MATERIALIZED (
    SELECT subject, valid_on, sum(people) AS people FROM counts.posting
    WHERE to_account = ANY(%(recorded)s::smallint[]) AND from_account = ANY(%(official)s::smallint[])
        AND valid_on > %(after)s AND valid_on <= %(until)s AND position <= %(known)s AND {member}
    GROUP BY subject, valid_on
    HAVING sum(people) <> 0
), taken AS MATERIALIZED (
    SELECT DISTINCT ON (subject, captured_on) subject, captured_on AS valid_on, place, session FROM counts.capture
    WHERE captured_on > %(after)s AND captured_on <= %(until)s
        AND position <= %(known)s AND (withdrawn IS NULL OR withdrawn > %(known)s)
    ORDER BY subject, captured_on,
        recordedtime COLLATE "C" DESC, source COLLATE "C" DESC, id COLLATE "C" DESC
)
SELECT valid_on, coalesce(place, 'status'), session, sum(people)::bigint
FROM came LEFT JOIN taken USING (subject, valid_on)
GROUP BY valid_on, place, session
ORDER BY valid_on
"""


class _Recorded(NamedTuple):
    """As many became recorded on that day at that place, at the session where it had a name."""

    day: date
    place: str
    session: str | None
    people: int


def places_answer(
    cursor: psycopg.Cursor[Any],
    first: date,
    last: date,
    known: int,
    area: str | None = None,
    list_: str | None = None,
) -> dict[str, Any]:
    """Of each day from `first` to `last`: those `recorded` on it, as `daily` has them, split by place.

    The place is that of the last capture of that day; `status` where somebody became recorded without one. The split of
    a day sums to its `recorded`. `sessions` are those with a name, a row a name and place, in order of the first day on
    which anybody was recorded there; their `people` are of the same `recorded`, so a session at which somebody was
    captured who was recorded already, or is not obliged yet, does not count them. WrongUse and NoAnswer as for `daily`.
    """
    asked = span(cursor, first, last, known, list_)
    accounts = {"official": numbers_of(OFFICIAL), "recorded": numbers_of(["recorded"], area)}
    cursor.execute(_PLACES.format(member=member(asked)).encode(), {**values(asked), **accounts})
    found = list(map(_Recorded._make, cursor))
    days = {day: dict.fromkeys(PLACES, 0) for day in days_of(asked)}
    for one in found:
        days[one.day][one.place] += one.people
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "list": list_,
        "area": area,
        "position": known,
        "reading_version": asked.reading_version,
        "recorded": sum(one.people for one in found),
        "places": {place: sum(split[place] for split in days.values()) for place in PLACES},
        "days": [
            {"day": day.isoformat(), "recorded": sum(split.values()), "places": split} for day, split in days.items()
        ],
        "sessions": _sessions(found),
    }


def _sessions(found: list[_Recorded]) -> list[dict[str, Any]]:
    """By name and place, `found` being in order of day."""
    sessions: dict[tuple[str, str], dict[str, Any]] = {}
    for one in found:
        if one.session is not None:
            day = one.day.isoformat()
            named = {"session": one.session, "place": one.place, "first_day": day, "last_day": day, "people": 0}
            session = sessions.setdefault((one.session, one.place), named)
            session["last_day"] = day
            session["people"] += one.people
    return sorted(sessions.values(), key=lambda one: (one["first_day"], one["session"], one["place"]))
