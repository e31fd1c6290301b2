"""Sums of the ledger with two bounds: the day they are true of, and the position they were known at.

Both bounds are inclusive, any day may be asked for, and any position up to the view's own; what lies beyond is the
caller's to refuse (`lists.check`). An answer at a position never changes. Where an answer takes more than one query,
the caller's transaction is REPEATABLE READ, so that a rebuild cannot swap the view in between.
"""

from __future__ import annotations

from datetime import MAXYEAR, date, timedelta
from typing import TYPE_CHECKING, Any, Final

from projections.accounts import ACCOUNTS
from projections.counts import BLOCK
from projections.recent import Summed, sums
from projections.transfers import NOWHERE, Account

if TYPE_CHECKING:
    import psycopg

    from projections.recent import Recent

__all__ = ["BALANCES", "FLOWS", "MOVED", "OF_MEMBERS", "balances", "balances_of_members", "blocks", "flows", "pairs"]

_DAY: Final = timedelta(1)
_MIDDLE: Final = 15

# These texts are also the bodies of SQL functions (`reporting.sql`), so each name of a value stands for one value.
#
# %(first)s is the first of the month whose beginning is nearer to the day than another's. From the balances before it
# the cells lead there, forward, or back where the day lies in the month before.
BALANCES: Final = """
WITH known AS (
    SELECT balances FROM counts.month_end
    WHERE block = %(complete)s - 1 AND month < %(first)s ORDER BY month DESC LIMIT 1
), moved AS MATERIALIZED (
    SELECT from_account, to_account, sum(people) AS people
    FROM (
        SELECT from_account, to_account, people FROM counts.cell
        WHERE valid_on >= %(first)s AND valid_on <= %(day)s AND block < %(complete)s
        UNION ALL
        SELECT from_account, to_account, -people FROM counts.cell
        WHERE valid_on > %(day)s AND valid_on < %(first)s AND block < %(complete)s
        UNION ALL
        SELECT from_account, to_account, people FROM counts.posting
        WHERE position >= %(open)s AND position <= %(known)s AND valid_on <= %(day)s
    ) AS recent
    GROUP BY from_account, to_account
)
SELECT account, sum(people)::bigint
FROM (
    SELECT number - 1 AS account, people
    FROM known CROSS JOIN LATERAL unnest(balances) WITH ORDINALITY AS held (people, number)
    WHERE people <> 0
    UNION ALL SELECT to_account, people FROM moved
    UNION ALL SELECT from_account, -people FROM moved
) AS side
GROUP BY account
HAVING sum(people) <> 0
"""

_BALANCES: Final = Summed(
    BALANCES,
    posted="""
SELECT account, sum(people)::bigint
FROM (
    SELECT to_account AS account, people FROM counts.posting
    WHERE position > %(after)s AND position <= %(until)s AND valid_on <= %(day)s
    UNION ALL
    SELECT from_account, -people FROM counts.posting
    WHERE position > %(after)s AND position <= %(until)s AND valid_on <= %(day)s
) AS side
GROUP BY account
""",
)

# What was posted, for the days after %(after)s up to %(until)s.
MOVED: Final = """
SELECT valid_on, from_account, to_account, people FROM counts.cell
WHERE valid_on > %(after)s AND valid_on <= %(until)s AND block < %(complete)s
UNION ALL
SELECT valid_on, from_account, to_account, people FROM counts.posting
WHERE position >= %(open)s AND position <= %(known)s AND valid_on > %(after)s AND valid_on <= %(until)s
"""

# The same, summed. Whole months, which begin from %(first)s on and before %(last)s, are taken from their flows, and the
# days before and after them from cells.
FLOWS: Final = """
SELECT from_account, to_account, sum(people)::bigint
FROM (
    SELECT flow.*
    FROM (SELECT DISTINCT month FROM counts.month_flow WHERE month >= %(first)s AND month < %(last)s) AS touched,
        LATERAL (SELECT from_accounts, to_accounts, people FROM counts.month_flow AS one
                 WHERE one.month = touched.month AND block < %(complete)s ORDER BY block DESC LIMIT 1) AS newest,
        LATERAL unnest(from_accounts, to_accounts, newest.people) AS flow (from_account, to_account, people)
    UNION ALL
    SELECT from_account, to_account, people FROM counts.cell
    WHERE valid_on > %(after)s AND valid_on < least(%(first)s, %(until)s + 1) AND block < %(complete)s
    UNION ALL
    SELECT from_account, to_account, people FROM counts.cell
    WHERE valid_on >= %(last)s AND valid_on <= %(until)s AND block < %(complete)s
    UNION ALL
    SELECT from_account, to_account, people FROM counts.posting
    WHERE position >= %(open)s AND position <= %(known)s AND valid_on > %(after)s AND valid_on <= %(until)s
) AS moved
GROUP BY from_account, to_account
HAVING sum(people) <> 0
"""

# The members of the list named %(list)s as known at %(known)s: residents with a live listing in it, each once.
_MEMBERS: Final = """
SELECT DISTINCT subject FROM counts.listing
WHERE list = (SELECT number FROM counts.list WHERE name = %(list)s)
    AND position <= %(known)s AND (withdrawn IS NULL OR withdrawn > %(known)s)
"""

_MEMBERS_AGAINST: Final = _MEMBERS.replace("%(list)s", "%(against)s")

# Of these alone, whoever of them is a member.
_THOSE: Final = " AND subject = ANY(%(those)s)"

OF_MEMBERS: Final = f"""
WITH member AS MATERIALIZED ({_MEMBERS}), moved AS MATERIALIZED (
    SELECT from_account, to_account, sum(people) AS people
    FROM member JOIN counts.posting USING (subject)
    WHERE valid_on <= %(day)s AND position <= %(known)s
    GROUP BY from_account, to_account
)
SELECT account, sum(people)::bigint
FROM (
    SELECT to_account AS account, people FROM moved
    UNION ALL SELECT from_account, -people FROM moved
    UNION ALL SELECT 0, count(*) FROM member
) AS side
GROUP BY account
HAVING sum(people) <> 0
"""

# Of the two sides of its postings a person's sum is 1 in the account where they stand, and -1 in `nowhere`.
_STANDS: Final = """
SELECT subject, account
FROM both_lists JOIN counts.posting USING (subject)
CROSS JOIN LATERAL (VALUES (to_account, people), (from_account, -people)) AS side (account, net)
WHERE valid_on <= {day} AND position <= %(known)s
GROUP BY subject, account
HAVING sum(net) > 0
"""

_PAIRS: Final = f"""
WITH both_lists AS MATERIALIZED (
    {_MEMBERS} INTERSECT {_MEMBERS_AGAINST}
), here AS MATERIALIZED ({_STANDS.format(day="%(day)s")}), there AS MATERIALIZED ({_STANDS.format(day="%(there_on)s")})
SELECT COALESCE(here.account, 0), COALESCE(there.account, 0), count(*)
FROM both_lists LEFT JOIN here USING (subject) LEFT JOIN there USING (subject)
GROUP BY 1, 2
"""
_BALANCES_OF_MEMBERS: Final = Summed(OF_MEMBERS, OF_MEMBERS.replace(_MEMBERS, _MEMBERS + _THOSE))
_OF_BOTH: Final = Summed(
    _PAIRS, _PAIRS.replace(_MEMBERS, _MEMBERS + _THOSE).replace(_MEMBERS_AGAINST, _MEMBERS_AGAINST + _THOSE)
)


def balances(
    cursor: psycopg.Cursor[Any], day: date, known: int, block: int = BLOCK, recent: Recent | None = None
) -> dict[Account, int]:
    """How many people stand in each account on `day`, as known at `known`, without `nowhere` and empty accounts."""
    first = day.replace(day=1) if day.day <= _MIDDLE else _month_from(day)
    found = sums(cursor, _BALANCES, {"day": day, "first": first, **blocks(known, block)}, recent)
    held = {ACCOUNTS[number]: people for (number,), people in found.items()}
    held.pop(NOWHERE, None)
    return held


def flows(
    cursor: psycopg.Cursor[Any], after: date, until: date, known: int, block: int = BLOCK
) -> dict[tuple[Account, Account], int]:
    """How many went from one account to another on the days after `after` up to `until`, as known at `known`."""
    if after >= until:
        return {}
    first = _month_from(after + _DAY)
    last = max(first, until.replace(day=1) if until == date.max else (until + _DAY).replace(day=1))
    asked = {"after": after, "until": until, "first": first, "last": last, **blocks(known, block)}
    cursor.execute(FLOWS, asked, binary=True)
    return {(ACCOUNTS[from_], ACCOUNTS[to]): people for from_, to, people in cursor.fetchall()}


def balances_of_members(
    cursor: psycopg.Cursor[Any], list_: str, day: date, known: int, recent: Recent | None = None
) -> dict[Account, int]:
    """Where the members of a list stand, each in one account: `nowhere` before their first fact."""
    held = sums(cursor, _BALANCES_OF_MEMBERS, {"list": list_, "day": day, "known": known}, recent)
    return {ACCOUNTS[number]: people for (number,), people in held.items()}


def pairs(
    cursor: psycopg.Cursor[Any],
    lists: tuple[str, str],
    days: tuple[date, date],
    known: int,
    recent: Recent | None = None,
) -> dict[tuple[str, str], int]:
    """For members of both lists: how many have one standing on the first day and the other on the second."""
    asked = {"list": lists[0], "against": lists[1], "day": days[0], "there_on": days[1], "known": known}
    found: dict[tuple[str, str], int] = {}
    for (here, there), people in sums(cursor, _OF_BOTH, asked, recent).items():
        pair = (ACCOUNTS[here].standing, ACCOUNTS[there].standing)
        found[pair] = found.get(pair, 0) + people
    return found


def _month_from(day: date) -> date:
    """The first of the next month, or the day itself where it is one; of the calendar's last month, its own first."""
    first = day.replace(day=1)
    return first if day == first or (day.year, day.month) == (MAXYEAR, 12) else (first + 31 * _DAY).replace(day=1)


def blocks(known: int, block: int) -> dict[str, int]:
    """The values by which the queries bound what was known.

    `complete` blocks lie wholly at or before `known`; `open` is the first position after them.
    """
    complete = (known + 1) // block
    return {"known": known, "complete": complete, "open": complete * block}
