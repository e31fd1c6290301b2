"""The view `counts`: the ledger of people, the lists, and the captures, written from changes in the order of the log.

Every balance is a sum of postings with two bounds, the day and the position. So that the sum stays short, each complete
block of positions is folded, in the transaction that completes it, into cells (the block's postings summed), month ends
(all balances at the end of a month as known at the end of the block), month flows (all that went from account to
account within a month, as known then) and changes of days (what a day did to the figures of a burn-down). A block that
is still open has none: what is asked as known in it is summed from its postings, and nothing that was folded is ever
changed.
"""

from __future__ import annotations

import struct
from collections import Counter
from datetime import date
from operator import add
from typing import TYPE_CHECKING, Any, Final

import orjson

from projections.accounts import ACCOUNTS, NUMBERS, tables_with_accounts
from projections.days import FOLD_DAYS, KINDS
from projections.views import View

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import psycopg

    from projections.postings import Change

__all__ = ["BLOCK", "COUNTS", "apply"]

#: Positions a block; written into no row, so another number is another shape. Block 0 has the positions 1 to 16,383.
BLOCK: Final = 16_384

_DECLARED: Final = "rekam.listing.list_declared.v1"
_LISTED: Final = "rekam.listing.resident_listed.v1"
_CAPTURED: Final = "rekam.recording.captured.v1"
_WITHDRAWN: Final = "rekam.correction.fact_withdrawn.v1"

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

_COPY_POSTINGS: Final = (
    b"COPY posting (position, subject, valid_on, from_account, to_account, people) FROM STDIN (FORMAT binary)"
)
# PostgreSQL's binary COPY: a row is the number of its fields, and each field's length and bytes; a date is the days
# since 2000-01-01. https://www.postgresql.org/docs/current/sql-copy.html
_COPY_BEGIN: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_END: Final = b"\xff\xff"
_ROW: Final = struct.Struct(">h iq i16s ii ih ih ih").pack
_DAY_0: Final = date(2000, 1, 1).toordinal()

_NAME_LISTS: Final = """
INSERT INTO list (number, name, position)
SELECT (SELECT count(*) FROM list) + row_number() OVER (ORDER BY new.position), new.name, new.position
FROM unnest(%s::text[], %s::bigint[]) AS new (name, position)
WHERE NOT EXISTS (SELECT FROM list WHERE list.name = new.name)
"""

_WITHDRAW: Final = """
UPDATE {table} SET withdrawn = withdrawal.position
FROM unnest(%(subjects)s::uuid[], %(sources)s::text[], %(ids)s::text[], %(positions)s::bigint[])
    AS withdrawal (subject, source, id, position)
WHERE {table}.subject = withdrawal.subject AND {table}.source = withdrawal.source AND {table}.id = withdrawal.id
    AND {table}.position < withdrawal.position AND {table}.withdrawn IS NULL
"""


def apply(cursor: psycopg.Cursor[Any], changes: Sequence[Change], block: int = BLOCK) -> None:
    """Write changes, which follow on what the view holds, in position order and without gaps.

    All or nothing: the caller's transaction also moves the view's position.
    """
    if not changes:
        return
    _post(cursor, changes)
    _keep(cursor, changes)
    for complete in range(changes[0].position // block, (changes[-1].position + 1) // block):
        _fold(cursor, complete, block)


def _post(cursor: psycopg.Cursor[Any], changes: Sequence[Change]) -> None:
    """Binary COPY, put together here: as text it cost three times as much, most of it in reading days and subjects."""
    rows = []
    for position, entry, postings, *_ in changes:
        if postings:
            subject = entry.subject.bytes
            for valid_on, from_, to, people in postings:
                day = valid_on.toordinal() - _DAY_0
                rows.append(_ROW(6, 8, position, 16, subject, 4, day, 2, NUMBERS[from_], 2, NUMBERS[to], 2, people))
    if rows:
        with cursor.copy(_COPY_POSTINGS) as copy:
            copy.write(b"".join((_COPY_BEGIN, *rows, _COPY_END)))


def _keep(cursor: psycopg.Cursor[Any], changes: Sequence[Change]) -> None:
    """Write what the changes say of lists and captures: declarations, residents named, captures, withdrawals of each.

    A withdrawal follows its target in the log, so it is looked at last.
    """
    declared = [change for change in changes if change.entry.type == _DECLARED]
    listed = [change for change in changes if change.entry.type == _LISTED]
    captured = [change for change in changes if change.entry.type == _CAPTURED]
    withdrawn = [change for change in changes if change.entry.type == _WITHDRAWN]
    numbers = _list_numbers(cursor, declared + listed) if declared or listed else {}
    if declared:
        _declare(cursor, declared, numbers)
    if listed:
        _list(cursor, listed, numbers)
    if captured:
        _capture(cursor, captured)
    if withdrawn:
        _withdraw(cursor, withdrawn)


def _list_numbers(cursor: psycopg.Cursor[Any], naming: Sequence[Change]) -> dict[str, int]:
    """Give every list named here its number, the new ones the next, in order of the position that names them first."""
    first: dict[str, int] = {}
    for change in naming:
        name = change.entry.fact["list"]
        first[name] = min(change.position, first.get(name, change.position))
    cursor.execute(_NAME_LISTS, [list(first), list(first.values())])
    cursor.execute("SELECT name, number FROM list WHERE name = ANY(%s)", [list(first)])
    return dict(cursor.fetchall())


def _declare(cursor: psycopg.Cursor[Any], declared: Sequence[Change], numbers: Mapping[str, int]) -> None:
    columns = "(position, list, subject, register, as_of, rows, rows_by_kelurahan, recordedtime, source, id)"
    with cursor.copy(f"COPY declaration {columns} FROM STDIN".encode()) as copy:
        for position, entry, *_ in declared:
            fact = entry.fact
            totals = orjson.dumps(fact["rows_by_kelurahan"], option=orjson.OPT_SORT_KEYS).decode()
            said = (fact["kind"] == "register", entry.valid_on, fact["rows"], totals)
            names = (entry.recordedtime, entry.source, entry.id)
            copy.write_row((position, numbers[fact["list"]], entry.subject, *said, *names))


def _list(cursor: psycopg.Cursor[Any], listed: Sequence[Change], numbers: Mapping[str, int]) -> None:
    with cursor.copy(b"COPY listing (position, list, subject, source, id) FROM STDIN") as copy:
        for position, entry, *_ in listed:
            copy.write_row((position, numbers[entry.fact["list"]], entry.subject, entry.source, entry.id))


def _capture(cursor: psycopg.Cursor[Any], captured: Sequence[Change]) -> None:
    columns = "(position, subject, captured_on, place, session, recordedtime, source, id)"
    with cursor.copy(f"COPY capture {columns} FROM STDIN".encode()) as copy:
        for position, entry, *_ in captured:
            where = (entry.fact["place"], entry.fact.get("session"))
            copy.write_row(
                (position, entry.subject, entry.valid_on, *where, entry.recordedtime, entry.source, entry.id)
            )


def _withdraw(cursor: psycopg.Cursor[Any], withdrawn: Sequence[Change]) -> None:
    """A withdrawal has its target's subject; of two withdrawals of one fact the first counts."""
    first: dict[tuple[str, str], Change] = {}
    for change in withdrawn:
        fact = change.entry.fact
        first.setdefault((fact["withdraws_source"], fact["withdraws_id"]), change)
    targets = {
        "subjects": [change.entry.subject for change in first.values()],
        "sources": [source for source, _ in first],
        "ids": [id_ for _, id_ in first],
        "positions": [change.position for change in first.values()],
    }
    for table in ("declaration", "listing", "capture"):
        cursor.execute(_WITHDRAW.format(table=table).encode(), targets)


def _fold(cursor: psycopg.Cursor[Any], number: int, block: int) -> None:
    """Sum a complete block into cells, month ends, month flows and changes of days."""
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


COUNTS: Final = View(
    name="counts",
    shape=3,
    readers=("rekam_as_reporting", "rekam_as_officer", "rekam_as_supervisor", "rekam_as_auditor"),
    tables=tables_with_accounts("counts.sql"),
    apply=apply,
    sorted_rows=(
        "SELECT number, area, standing FROM account ORDER BY number",
        """SELECT position, subject, valid_on, from_account, to_account, people FROM posting
            ORDER BY position, valid_on, people, from_account, to_account""",
        """SELECT valid_on, block, from_account, to_account, people FROM cell
            ORDER BY valid_on, block, from_account, to_account""",
        "SELECT block, month, balances FROM month_end ORDER BY block, month",
        "SELECT month, block, from_accounts, to_accounts, people FROM month_flow ORDER BY month, block",
        "SELECT day, block, explained, truly, recorded, recorded_truly FROM day_change ORDER BY day, block",
        "SELECT number, name, position FROM list ORDER BY number",
        """SELECT position, list, subject, register, as_of, rows, rows_by_kelurahan, recordedtime, source, id, withdrawn
            FROM declaration ORDER BY position""",
        "SELECT position, list, subject, source, id, withdrawn FROM listing ORDER BY position",
        """SELECT position, subject, captured_on, place, session, recordedtime, source, id, withdrawn
            FROM capture ORDER BY position""",
    ),
)
