"""The view `counts`: the ledger of people, the lists, and the captures, written from changes in the order of the log.

Every balance is a sum of postings with two bounds, the day and the position. So that the sum stays short, each complete
block of positions is folded, in the transaction that completes it: see `blocks`. A block that is still open is not:
what is asked as known in it is summed from its postings, and nothing that was folded is ever changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from projections.accounts import tables_with_accounts
from projections.blocks import BLOCK, fold
from projections.ledger import NULL, POSTINGS, written
from projections.views import Copy, Listed, Sorted, View, copy_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import psycopg

    from events.entry import Entry
    from projections.postings import Change

__all__ = ["BLOCK", "COUNTS", "apply", "named", "number_lists"]

_DECLARED: Final = "rekam.listing.list_declared.v1"
_LISTED: Final = "rekam.listing.resident_listed.v1"
_CAPTURED: Final = "rekam.recording.captured.v1"
_WITHDRAWN: Final = "rekam.correction.fact_withdrawn.v1"

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


_DECLARATION: Final = """
    COPY declaration (position, subject, register, as_of, rows, rows_by_kelurahan, recordedtime, source, id, withdrawn,
                      list)
    FROM STDIN
"""
_LISTING: Final = "COPY listing (position, subject, source, id, withdrawn, list) FROM STDIN"
_CAPTURE: Final = """
    COPY capture (position, subject, captured_on, place, session, recordedtime, source, id, withdrawn) FROM STDIN
"""


def apply(cursor: psycopg.Cursor[Any], changes: Sequence[Change], block: int = BLOCK) -> None:
    """Write changes, which follow on what the view holds, in position order and without gaps.

    All or nothing: the caller's transaction also moves the view's position.
    """
    if not changes:
        return
    for copy in _COPIES:
        copy_in(cursor, copy.statement, copy.data(changes))
    if names := named(changes):
        numbers = number_lists(cursor, names)
        for listed in _ON_LISTS:
            for name, rows in listed.rows(changes).items():
                copy_in(cursor, listed.statement, listed.data(rows, numbers[name]))
    _withdraw(cursor, [change for change in changes if change.entry.type == _WITHDRAWN])
    _fold(cursor, changes[0].position, changes[-1].position, block)


def finish(cursor: psycopg.Cursor[Any], position: int, block: int = BLOCK) -> None:
    """Fold all that was written up to a position, which was written from no earlier view."""
    _fold(cursor, 0, position, block)


def _fold(cursor: psycopg.Cursor[Any], first: int, last: int, block: int) -> None:
    for complete in range(first // block, (last + 1) // block):
        fold(cursor, complete, block)


# ------------------------------------------------------------------ lists


def named(changes: Sequence[Change]) -> dict[str, int]:
    """The lists that are named, each with the position that names it first."""
    first: dict[str, int] = {}
    for position, entry, *_ in changes:
        if entry.type in (_LISTED, _DECLARED):
            first.setdefault(entry.fact["list"], position)
    return first


def number_lists(cursor: psycopg.Cursor[Any], names: Mapping[str, int]) -> dict[str, int]:
    """Give every list named its number, the new ones the next, in order of the position that names them first."""
    cursor.execute(_NAME_LISTS, [list(names), list(names.values())])
    cursor.execute("SELECT name, number FROM list WHERE name = ANY(%s)", [list(names)])
    return dict(cursor.fetchall())


def _by_list(type_: str, said: Callable[[Entry], str]) -> Callable[[Sequence[Change]], dict[str, list[str]]]:
    """Rows of all facts of a type, by the list that they name."""

    def rows(changes: Sequence[Change]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for position, entry, withdrawn in _with_withdrawals(changes, type_):
            name = f"{said(entry)}{written(entry.source)}\t{written(entry.id)}"
            found.setdefault(entry.fact["list"], []).append(f"{position}\t{entry.subject.hex}\t{name}\t{withdrawn}")
        return found

    return rows


def _declared(entry: Entry) -> str:
    fact = entry.fact
    totals = written(orjson.dumps(fact["rows_by_kelurahan"], option=orjson.OPT_SORT_KEYS).decode())
    register = "t" if fact["kind"] == "register" else "f"
    return f"{register}\t{entry.valid_on}\t{fact['rows']}\t{totals}\t{entry.recordedtime}\t"


# ------------------------------------------------------------------ captures and withdrawals


def _captures(changes: Sequence[Change]) -> str:
    rows = []
    for position, entry, withdrawn in _with_withdrawals(changes, _CAPTURED):
        where = f"{written(entry.fact['place'])}\t{written(entry.fact.get('session'))}"
        name = f"{entry.recordedtime}\t{written(entry.source)}\t{written(entry.id)}"
        rows.append(f"{position}\t{entry.subject.hex}\t{entry.valid_on}\t{where}\t{name}\t{withdrawn}\n")
    return "".join(rows)


def _with_withdrawals(changes: Sequence[Change], type_: str) -> Iterator[tuple[int, Entry, int | str]]:
    """All facts of a type, with the position of the first withdrawal after it among these changes, or NULL."""
    withdrawals: dict[tuple[int, str, str], list[int]] = {}
    for position, entry, *_ in changes:
        if entry.type == _WITHDRAWN:
            target = (entry.subject.int, entry.fact["withdraws_source"], entry.fact["withdraws_id"])
            withdrawals.setdefault(target, []).append(position)
    for position, entry, *_ in changes:
        if entry.type == type_:
            told = withdrawals.get((entry.subject.int, entry.source, entry.id), ()) if withdrawals else ()
            yield position, entry, next((at for at in told if at > position), NULL)


def _withdraw(cursor: psycopg.Cursor[Any], withdrawn: Sequence[Change]) -> None:
    """Mark what was written before: a withdrawal has its target's subject; of two of one fact the first counts."""
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
    if first:
        for table in ("declaration", "listing", "capture"):
            cursor.execute(_WITHDRAW.format(table=table).encode(), targets)


_COPIES: Final = (POSTINGS, Copy(_CAPTURE, _captures))
_ON_LISTS: Final = (
    Listed(_DECLARATION, _by_list(_DECLARED, _declared)),
    Listed(_LISTING, _by_list(_LISTED, lambda _: "")),
)

COUNTS: Final = View(
    name="counts",
    shape=3,
    readers=("rekam_as_reporting", "rekam_as_officer", "rekam_as_supervisor", "rekam_as_auditor"),
    tables=tables_with_accounts("counts.sql"),
    apply=apply,
    copies=_COPIES,
    listed=_ON_LISTS,
    finish=finish,
    rows=(
        Sorted("account", "number", "number, area, standing"),
        Sorted(
            "posting",
            "position, valid_on, people, from_account, to_account",
            "position, subject, valid_on, from_account, to_account, people",
        ),
        Sorted(
            "cell", "block, valid_on, from_account, to_account", "valid_on, block, from_account, to_account, people"
        ),
        Sorted("month_end", "block, month", "block, month, balances"),
        Sorted("month_flow", "block, month", "month, block, from_accounts, to_accounts, people"),
        Sorted("day_change", "block, day", "day, block, explained, truly, recorded, recorded_truly"),
        Sorted("list", "number", "number, name, position"),
        Sorted(
            "declaration",
            "position",
            "position, list, subject, register, as_of, rows, rows_by_kelurahan, recordedtime, source, id, withdrawn",
        ),
        Sorted("listing", "position", "position, list, subject, source, id, withdrawn"),
        Sorted(
            "capture",
            "position",
            "position, subject, captured_on, place, session, recordedtime, source, id, withdrawn",
        ),
    ),
)
