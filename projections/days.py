"""What a day did to the figures of a burn-down, summed from postings.

Accounts are of a few kinds, seen from an area or from the whole register. They are looked up in an array of kinds:
quicker than to look for each account among several hundred. `counts` keeps the sums of the whole register, a row a day.
"""

from __future__ import annotations

from typing import Final

from projections.accounts import ACCOUNTS
from projections.reading import EXPLAINED
from projections.selection import kelurahan_in

__all__ = ["CHANGED", "FOLD_DAYS", "KINDS", "kinds_in"]

_OTHER, _EXPLAINED, _TRULY, _EXPLAINED_ELSEWHERE, _TRULY_ELSEWHERE, _RECORDED = range(6)

# By how many explained and truly outstanding grew on each day; how many became recorded who had been officially
# outstanding, anywhere, and of them those who had been truly outstanding.
CHANGED: Final = f"""
SELECT valid_on,
    coalesce(sum(people) FILTER (WHERE to_kind = {_EXPLAINED}), 0)
        - coalesce(sum(people) FILTER (WHERE from_kind = {_EXPLAINED}), 0) AS explained,
    coalesce(sum(people) FILTER (WHERE to_kind = {_TRULY}), 0)
        - coalesce(sum(people) FILTER (WHERE from_kind = {_TRULY}), 0) AS truly,
    coalesce(sum(people) FILTER (WHERE to_kind = {_RECORDED} AND from_kind <> {_OTHER}), 0) AS recorded,
    coalesce(sum(people) FILTER (WHERE to_kind = {_RECORDED} AND from_kind IN ({_TRULY}, {_TRULY_ELSEWHERE})), 0)
        AS recorded_truly
FROM (SELECT valid_on, people, (%(kinds)s::smallint[])[from_account + 1] AS from_kind,
        (%(kinds)s::smallint[])[to_account + 1] AS to_kind
      FROM ({{moved}}) AS moved) AS told
WHERE from_kind <> to_kind
GROUP BY valid_on
"""

# What the block moved a day, on top of what was known of that day before it.
FOLD_DAYS: Final = f"""
INSERT INTO day_change (day, block, explained, truly, recorded, recorded_truly)
SELECT new.valid_on, %(block)s, new.explained + coalesce(known.explained, 0), new.truly + coalesce(known.truly, 0),
    new.recorded + coalesce(known.recorded, 0), new.recorded_truly + coalesce(known.recorded_truly, 0)
FROM ({
    CHANGED.format(
        moved='''SELECT valid_on, from_account, to_account, people FROM posting
                 WHERE position >= %(first)s AND position <= %(last)s'''
    )
}) AS new
LEFT JOIN LATERAL (SELECT * FROM day_change WHERE day = new.valid_on ORDER BY block DESC LIMIT 1) AS known ON true
WHERE new.explained <> 0 OR new.truly <> 0 OR new.recorded <> 0 OR new.recorded_truly <> 0
ORDER BY new.valid_on
"""


def kinds_in(area: str | None) -> list[int]:
    """The kind of each account, in the order of their numbers, seen from an area; WrongUse for none that there is."""
    here = set(kelurahan_in(area))
    kinds = []
    for account in ACCOUNTS:
        inside = account.area in here
        if account.standing in EXPLAINED:
            kinds.append(_EXPLAINED if inside else _EXPLAINED_ELSEWHERE)
        elif account.standing == "outstanding":
            kinds.append(_TRULY if inside else _TRULY_ELSEWHERE)
        else:
            kinds.append(_RECORDED if inside and account.standing == "recorded" else _OTHER)
    return kinds


#: Seen from the whole register.
KINDS: Final = kinds_in(None)
