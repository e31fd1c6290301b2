"""The checks of the ledger by sums: over its postings, against people read afresh, and between the three views."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any, Final

from projections.reading import READING_VERSION
from services.verdict import Verdict, stream

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping
    from datetime import date

    import psycopg

    from services.checks_people import Moment

__all__ = ["VIEWS", "agree", "closings", "counts_and_lists", "days", "in_the_log", "never_negative", "sum_to_zero"]

Row = tuple[Any, ...]
Account = tuple[str | None, str | None]
"""Area and standing; both None for a number that stands for no account."""

VIEWS: Final = ("counts", "trail", "outstanding")
_NOWHERE: Final = ("-", "nowhere")

_POSITION: Final = "SELECT position, digest, reading_version FROM {view}.position"
_DIGEST: Final = "SELECT digest FROM log.entry WHERE notification_id = %s"
_DAYS: Final = """
    SELECT min(valid_on), percentile_disc(0.5) WITHIN GROUP (ORDER BY valid_on), max(valid_on)
    FROM counts.posting WHERE position <= %s
"""
_SIDES: Final = """
    (SELECT to_account AS account, valid_on, position, people FROM counts.posting
     UNION ALL SELECT from_account, valid_on, position, -people FROM counts.posting)
"""
_MOVED: Final = f"""
    SELECT area, standing, sum(people)::bigint FROM {_SIDES} AS side LEFT JOIN counts.account ON number = account
    WHERE valid_on > %(after)s::date AND valid_on <= %(upto)s::date AND position > %(known)s AND position <= %(then)s
    GROUP BY area, standing
"""
_BELOW_ZERO: Final = f"""
    WITH moved AS (
        SELECT account, valid_on, sum(people) AS people FROM {_SIDES} AS side WHERE position <= %s
        GROUP BY account, valid_on
    ), held AS (
        SELECT account, valid_on, sum(people) OVER (PARTITION BY account ORDER BY valid_on)::bigint AS people FROM moved
    )
    SELECT area, standing, valid_on, people
    FROM held LEFT JOIN counts.account ON number = account
"""
_DIFFER: Final = """
    SELECT count(*), min(position) FROM (
        SELECT position, subject, valid_on, from_account, to_account, people FROM {one}.posting WHERE position <= %(to)s
        EXCEPT ALL
        SELECT position, subject, valid_on, from_account, to_account, people FROM {other}.posting
        WHERE position <= %(to)s
    ) AS alone
"""
_ACCOUNTS: Final = """
    SELECT count(*) FROM (SELECT number, area, standing FROM {one}.account
                          EXCEPT SELECT number, area, standing FROM {other}.account) AS alone
"""
_COUNTED: Final = f"""
    SELECT account, sum(people)::bigint FROM {_SIDES} AS side
    WHERE valid_on <= %(day)s AND position <= %(to)s AND account <> (SELECT number FROM counts.account
                                                                     WHERE standing = 'nowhere')
    GROUP BY account HAVING sum(people) <> 0
"""
_LISTED: Final = """
    SELECT account, count(*) FROM (
        SELECT account, subject
        FROM (SELECT to_account AS account, subject, valid_on, position, people FROM outstanding.posting
              UNION ALL SELECT from_account, subject, valid_on, position, -people FROM outstanding.posting) AS side
        WHERE valid_on <= %(day)s AND position <= %(to)s AND account <> (SELECT number FROM outstanding.account
                                                                         WHERE standing = 'nowhere')
        GROUP BY account, subject HAVING sum(people) <> 0
    ) AS person GROUP BY account
"""


def in_the_log(connection: psycopg.Connection[Row]) -> tuple[int, Verdict]:
    """The position that all views have reached; whether each stands at a place that the log has, by our reading."""
    verdict = Verdict("views_stand_in_the_log")
    reached = []
    for view in VIEWS:
        for position, digest, version in connection.execute(_POSITION.format(view=view).encode()).fetchall():
            verdict.figure += 1
            reached.append(position)
            row = connection.execute(_DIGEST, [position]).fetchone() if position else (bytes(32),)
            if row is None:
                verdict.note(f"{view} stands at position {position}, which the log does not have")
            elif digest != row[0]:
                verdict.note(f"{view} has another digest at position {position} than the log")
            if version != READING_VERSION:
                verdict.note(f"{view} was made by reading {version}, this program reads by {READING_VERSION}")
    if len(reached) != len(VIEWS):
        verdict.note(f"{len(reached)} of the views {', '.join(VIEWS)} say where they stand")
    return min(reached, default=0), verdict


def days(connection: psycopg.Connection[Row], position: int) -> tuple[date, date, date] | None:
    """The first day of the ledger, the one that as many postings lie before as behind, and the last."""
    first, middle, last = connection.execute(_DAYS, [position]).fetchone() or (None, None, None)
    return None if first is None else (first, middle, last)


def agree(connection: psycopg.Connection[Row], position: int) -> Verdict:
    """The three views hold the same postings up to the position, over the same accounts."""
    verdict = Verdict("projections_agree")
    (verdict.figure,) = _one(connection, "SELECT count(*) FROM counts.posting WHERE position <= %s", [position])
    for one, other in permutations(VIEWS, 2):
        alone, first = _one(connection, _DIFFER.format(one=one, other=other), {"to": position})
        if alone:
            verdict.note(f"{one} has {alone} postings that {other} has not, the first at position {first}", alone)
        (accounts,) = _one(connection, _ACCOUNTS.format(one=one, other=other))
        if accounts:
            verdict.note(f"{one} has {accounts} accounts that {other} has not", accounts)
    return verdict


def sum_to_zero(connection: psycopg.Connection[Row], position: int, people: int) -> Verdict:
    """All balances with `nowhere` sum to zero, and as many people left `nowhere` as the log tells of."""
    verdict = Verdict("ledger_sums_to_zero", figure=people)
    balances = _moved(connection, ("-infinity", "infinity"), (0, position))
    if total := sum(balances.values()):
        verdict.note(f"the balances sum to {total}")
    if unknown := balances.get((None, None), 0):
        verdict.note(f"{unknown} people stand in accounts that there are none of")
    if (left := -balances.get(_NOWHERE, 0)) != people:
        verdict.note(f"{left} people left nowhere, the log tells of {people}")
    return verdict


def never_negative(connection: psycopg.Connection[Row], position: int) -> Verdict:
    """On no day does an account hold less than nobody; `nowhere`, where everyone comes from, never more."""
    verdict = Verdict("no_balance_is_negative")
    for area, standing, day, people in stream(connection, _BELOW_ZERO, [position]):
        verdict.figure += 1
        if (people > 0) if (area, standing) == _NOWHERE else (people < 0):
            verdict.note(f"{people} people stand in {area} {standing} on {day}")
    return verdict


def closings(connection: psycopg.Connection[Row], standing: Mapping[Moment, Counter[tuple[str, str]]]) -> Verdict:
    """The last moment's people are those of each one before it, plus restated, plus flows.

    The people are counted by reading everyone afresh, what happened between is summed from the postings.
    """
    verdict = Verdict("closing_equals_opening_and_flows")
    moments = list(standing)
    for opens, closes in ((moment, moments[-1]) for moment in moments[:-1]):
        restated = _moved(connection, ("-infinity", opens.day), (opens.known, closes.known))
        flows = _moved(connection, (opens.day, closes.day), (0, closes.known))
        verdict.figure += standing[closes].total()
        period = f"{opens.day} known at {opens.known} to {closes.day} known at {closes.known}"
        moving = {(area, name) for area, name in {*restated, *flows} if area and name}
        for area, name in sorted({*standing[opens], *standing[closes], *moving} - {_NOWHERE}):
            opening, closing = standing[opens][area, name], standing[closes][area, name]
            moved = restated.get((area, name), 0), flows.get((area, name), 0)
            if opening + sum(moved) != closing:
                said = f"{opening} + {moved[0]} restated + {moved[1]} flowed is not {closing}"
                verdict.note(f"{area} {name}, {period}: {said}")
    return verdict


def counts_and_lists(connection: psycopg.Connection[Row], position: int, on: tuple[date, ...]) -> Verdict:
    """On each of the days every account counts as many people as its list has names."""
    verdict = Verdict("counts_equal_lists")
    for day in on:
        asked = {"day": day, "to": position}
        counted: dict[int, int] = dict(connection.execute(_COUNTED.encode(), asked).fetchall())
        listed: dict[int, int] = dict(connection.execute(_LISTED.encode(), asked).fetchall())
        verdict.figure += sum(listed.values())
        for account in sorted({*counted, *listed}):
            if counted.get(account, 0) != listed.get(account, 0):
                said = f"{counted.get(account, 0)} are counted, {listed.get(account, 0)} are on the list"
                verdict.note(f"account {account} on {day}: {said}")
    return verdict


def _moved(
    connection: psycopg.Connection[Row], over: tuple[date | str, date | str], known: tuple[int, int]
) -> dict[Account, int]:
    """What each account won or lost over these days, learned at these positions; the first of both is left out."""
    asked = {"after": str(over[0]), "upto": str(over[1]), "known": known[0], "then": known[1]}
    return {(area, standing): people for area, standing, people in connection.execute(_MOVED.encode(), asked)}


def _one(connection: psycopg.Connection[Row], query: str, given: Any = None) -> Row:
    row = connection.execute(query.encode(), given).fetchone()
    assert row is not None, "an aggregate has a row"
    return row
