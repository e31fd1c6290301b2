"""The complete blocks of `counts`, each folded once, so that no question sums more than one block's postings.

A block is folded into cells (its postings summed), month ends (all balances at the end of a month as known at the end
of the block), month flows (all that went from account to account within a month, as known then) and changes of days
(what a day did to the figures of a burn-down). Blocks are folded in their order: each adds to what was known before it.
"""

from __future__ import annotations

from collections import Counter
from operator import add
from typing import TYPE_CHECKING, Any, Final

from projections.accounts import ACCOUNTS
from projections.days import FOLD_DAYS, KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    import psycopg

__all__ = ["BLOCK", "fold"]

#: Positions a block; written into no row, so another number is another shape. Block 0 has the positions 1 to 16,383.
BLOCK: Final = 16_384

# What the block moved a month, so that its postings are read once. Days are cut to months without a time zone.
_FOLD_CELLS: Final = """
WITH folded AS (
    INSERT INTO cell (valid_on, block, from_account, to_account, people)
    SELECT valid_on, %(block)s, from_account, to_account, sum(people)
    FROM posting
    WHERE position >= %(first)s AND position <= %(last)s
    GROUP BY valid_on, from_account, to_account
    HAVING sum(people) <> 0
    ORDER BY valid_on
    RETURNING valid_on, from_account, to_account, people
)
SELECT valid_on - (extract(day FROM valid_on)::int - 1), from_account, to_account, sum(people)::bigint
FROM folded
GROUP BY 1, 2, 3
"""

_FLOWS_BEFORE: Final = """
SELECT DISTINCT ON (month) month, from_accounts, to_accounts, people FROM month_flow
WHERE month = ANY(%s) ORDER BY month, block DESC
"""
_COPY_FLOWS: Final = b"COPY month_flow (month, block, from_accounts, to_accounts, people) FROM STDIN"


def fold(cursor: psycopg.Cursor[Any], number: int, block: int) -> None:
    """Sum a complete block, whose postings are all there; the blocks before it are summed, the search path is set."""
    cursor.execute(_FOLD_CELLS, _positions(number, block))
    moved: dict[date, list[tuple[int, int, int]]] = {}
    for month, *move in cursor:
        moved.setdefault(month, []).append((move[0], move[1], move[2]))
    cursor.execute("SELECT month, balances FROM month_end WHERE block = %s - 1", [number], binary=True)
    before: dict[date, list[int]] = dict(cursor.fetchall())
    with cursor.copy(b"COPY month_end (block, month, balances) FROM STDIN") as copy:
        for month, balances in _month_ends(before, moved):
            copy.write(f"{number}\t{month}\t{_array(balances)}\n")
    _fold_flows(cursor, number, moved)
    cursor.execute(FOLD_DAYS, {**_positions(number, block), "kinds": KINDS})


def _positions(number: int, block: int) -> dict[str, int]:
    return {"block": number, "first": number * block, "last": (number + 1) * block - 1}


def _fold_flows(cursor: psycopg.Cursor[Any], number: int, moved: Mapping[date, Iterable[tuple[int, int, int]]]) -> None:
    """Of the months that the block has touched; the others are as they were in an earlier block."""
    cursor.execute(_FLOWS_BEFORE, [list(moved)], binary=True)
    known: dict[date, Counter[tuple[int, int]]] = {
        month: Counter(dict(zip(zip(from_, to, strict=True), people, strict=True)))
        for month, from_, to, people in cursor
    }
    with cursor.copy(_COPY_FLOWS) as copy:
        for month, moves in moved.items():
            flows = known.get(month, Counter())
            for from_, to, people in moves:
                flows[from_, to] += people
            left = sorted((*pair, people) for pair, people in flows.items() if people)
            columns = zip(*left, strict=True) if left else ((), (), ())
            copy.write("\t".join([str(month), str(number), *map(_array, columns)]) + "\n")


def _array(numbers: Iterable[int]) -> str:
    """An array as COPY's text has it."""
    return f"{{{','.join(map(str, numbers))}}}"


def _month_ends(
    before: Mapping[date, list[int]], moved: Mapping[date, Iterable[tuple[int, int, int]]]
) -> Iterator[tuple[date, list[int]]]:
    """Month by month the balances known before the block, plus what the block has moved up to the month's end."""
    known = [0] * len(ACCOUNTS)
    change = list(known)
    for month in sorted({*before, *moved}):
        known = before.get(month, known)
        for from_, to, people in moved.get(month, ()):
            change[from_] -= people
            change[to] += people
        yield month, list(map(add, known, change))
