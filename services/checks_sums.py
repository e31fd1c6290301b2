"""The check of what `counts` has summed in advance: cells, months and days are what its postings come to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from projections.counts import COUNTS
from services.verdict import Alongside, Verdict, stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    import psycopg

__all__ = ["BLOCK", "summed"]

BLOCK: Final = 16_384
"""Positions a block, as counts.sql says; block 0 begins with position 1."""

Row = tuple[Any, ...]

_POSITION: Final = "SELECT position, shape FROM counts.position"
_SUMS: Final = """
    SELECT valid_on, (position / %(block)s)::int AS block, from_account, to_account, sum(people)::int AS people
    FROM counts.posting WHERE position < %(end)s
    GROUP BY 1, 2, 3, 4 HAVING sum(people) <> 0
"""
_CELLS: Final = "SELECT valid_on, block, from_account, to_account, people FROM counts.cell"
_ALONE: Final = "SELECT count(*), min(block) FROM ({one} EXCEPT ALL {other}) AS alone"
_NETS: Final = """
    SELECT (position / %(block)s)::int, valid_on - (extract(day FROM valid_on)::int - 1), account, sum(people)::bigint
    FROM (SELECT to_account AS account, valid_on, position, people FROM counts.posting
          UNION ALL SELECT from_account, valid_on, position, -people FROM counts.posting) AS side
    WHERE position < %(end)s
    GROUP BY 1, 2, 3 ORDER BY 1
"""
_MONTH_ENDS: Final = "SELECT block, month, balances FROM counts.month_end ORDER BY block"

_MOVES: Final = """
    SELECT (position / %(block)s)::int, valid_on - (extract(day FROM valid_on)::int - 1), from_account, to_account,
        sum(people)::bigint
    FROM counts.posting WHERE position < %(end)s
    GROUP BY 1, 2, 3, 4 ORDER BY 1
"""
_MONTH_FLOWS: Final = "SELECT block, month, from_accounts, to_accounts, people FROM counts.month_flow ORDER BY block"

_CHANGES: Final = """
    SELECT (position / %(block)s)::int, valid_on,
        coalesce(sum(people) FILTER (WHERE t.standing LIKE 'explained%%'), 0)
            - coalesce(sum(people) FILTER (WHERE f.standing LIKE 'explained%%'), 0),
        coalesce(sum(people) FILTER (WHERE t.standing = 'outstanding'), 0)
            - coalesce(sum(people) FILTER (WHERE f.standing = 'outstanding'), 0),
        coalesce(sum(people) FILTER (WHERE t.standing = 'recorded'
                                     AND (f.standing = 'outstanding' OR f.standing LIKE 'explained%%')), 0),
        coalesce(sum(people) FILTER (WHERE t.standing = 'recorded' AND f.standing = 'outstanding'), 0)
    FROM counts.posting
    LEFT JOIN counts.account f ON f.number = from_account LEFT JOIN counts.account t ON t.number = to_account
    WHERE position < %(end)s
    GROUP BY 1, 2 ORDER BY 1
"""
_DAY_CHANGES: Final = """
    SELECT block, day, explained, truly, recorded, recorded_truly FROM counts.day_change ORDER BY block
"""

_UNCHANGED: Final[Row] = (0, 0, 0, 0)

Months = dict["date", dict[int, int]]
Flows = dict["date", dict[tuple[int, int], int]]


def summed(connection: psycopg.Connection[Row], block: int = BLOCK) -> Verdict:
    """Of every complete block, and of no other; the figure is the number of all these sums.

    Of a view in another shape nothing is looked at: it must be rebuilt.
    """
    verdict = Verdict("sums_equal_postings")
    row = connection.execute(_POSITION).fetchone()
    if row and row[1] != COUNTS.shape:
        verdict.note(f"view counts was made in shape {row[1]}, not {COUNTS.shape}: run `rekam rebuild counts --accept`")
        return verdict
    complete = (row[0] + 1) // block if row else 0
    given = {"block": block, "end": complete * block}
    _cells(connection, given, verdict)

    ends = Alongside(stream(connection, _MONTH_ENDS), lambda row: _stray("the end of month", row, verdict))
    known: Months = {}
    for number, moved in enumerate(_by_block(stream(connection, _NETS, given), complete)):
        _learn(known, moved)
        rows = ends.take(number)
        verdict.figure += len(rows)
        _month_ends(number, known, {month: balances for _, month, balances in rows}, verdict)
    ends.finish()
    _month_flows(connection, given, complete, verdict)
    _day_changes(connection, given, complete, verdict)
    return verdict


def _stray(what: str, row: Row, verdict: Verdict) -> None:
    verdict.figure += 1
    verdict.note(f"block {row[0]}, which is not complete, has {what} {row[1]}")


def _cells(connection: psycopg.Connection[Row], given: dict[str, int], verdict: Verdict) -> None:
    (verdict.figure,) = connection.execute("SELECT count(*) FROM counts.cell").fetchone() or (0,)
    for one, other, said in ((_CELLS, _SUMS, "not what the postings sum to"), (_SUMS, _CELLS, "missing")):
        query = _ALONE.format(one=one, other=other)
        count, first = connection.execute(query.encode(), given).fetchone() or (0, None)
        if count:
            verdict.note(f"{count} cells are {said}, the first in block {first}", count)


def _by_block(rows: Iterator[Row], complete: int) -> Iterator[list[Row]]:
    """The rows of each complete block, also of one that has none."""
    moved = Alongside(rows, lambda _: None)
    for number in range(complete):
        yield moved.take(number)


def _learn(known: Months, moved: Iterable[Row]) -> None:
    for _, month, account, people in moved:
        accounts = known.setdefault(month, {})
        accounts[account] = accounts.get(account, 0) + people


def _month_ends(number: int, known: Months, ends: dict[date, list[int]], verdict: Verdict) -> None:
    """A month without an end has the balances of the last before it that has one."""
    width = max(
        [1 + max(accounts, default=0) for accounts in known.values()] + [len(end) for end in ends.values()] + [0]
    )
    balances, found = [0] * width, [0] * width
    for month in sorted({*known, *ends}):
        for account, people in known.get(month, {}).items():
            balances[account] += people
        found = ends.get(month, found)
        if found != balances:
            verdict.note(f"the end of month {month} in block {number} is not what the postings sum to")


def _month_flows(connection: psycopg.Connection[Row], given: dict[str, int], complete: int, verdict: Verdict) -> None:
    """A month has the flows of the last block that has a row for it; a block that moved nothing in it has none."""
    rows = Alongside(stream(connection, _MONTH_FLOWS), lambda row: _stray("the flows of month", row, verdict))
    known: Flows = {}
    found: Flows = {}
    for number, moved in enumerate(_by_block(stream(connection, _MOVES, given), complete)):
        for _, month, from_, to, people in moved:
            flows = known.setdefault(month, {})
            flows[from_, to] = flows.get((from_, to), 0) + people
        here = rows.take(number)
        verdict.figure += len(here)
        found |= {month: dict(zip(zip(from_, to), people)) for _, month, from_, to, people in here}  # noqa: B905
        for month in sorted({row[1] for row in (*moved, *here)}):
            if found.get(month, {}) != {pair: people for pair, people in known.get(month, {}).items() if people}:
                verdict.note(f"the flows of month {month} in block {number} are not what the postings sum to")
    rows.finish()


def _day_changes(connection: psycopg.Connection[Row], given: dict[str, int], complete: int, verdict: Verdict) -> None:
    """A day was changed as the last block says that has a row for it."""
    rows = Alongside(stream(connection, _DAY_CHANGES), lambda row: _stray("the changes of", row, verdict))
    known: dict[date, Row] = {}
    found: dict[date, Row] = {}
    for number, moved in enumerate(_by_block(stream(connection, _CHANGES, given), complete)):
        for _, day, *change in moved:
            known[day] = tuple(map(sum, zip(known.get(day, _UNCHANGED), change, strict=True)))
        here = rows.take(number)
        verdict.figure += len(here)
        found |= {day: tuple(change) for _, day, *change in here}
        for day in sorted({row[1] for row in (*moved, *here)}):
            if found.get(day, _UNCHANGED) != known.get(day, _UNCHANGED):
                verdict.note(f"the changes of {day} in block {number} are not what the postings sum to")
    rows.finish()
