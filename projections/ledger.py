"""The ledger of people by name: how a view writes its postings, and who stands in an account."""

from __future__ import annotations

import struct
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from projections.accounts import ACCOUNTS, NUMBERS, tables_with_accounts
from projections.views import Copy, Sorted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    import psycopg

    from projections.postings import Change
    from projections.transfers import Account

__all__ = ["LEDGER_ROWS", "LEDGER_TABLES", "NULL", "POSTINGS", "STANDS", "who_stands", "written"]

#: Nothing, as a field in COPY's text format.
NULL: Final = r"\N"
_ESCAPED: Final = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})

# PostgreSQL's binary COPY: a row is the number of its fields, and each field's length and bytes; a date is the days
# since 2000-01-01. https://www.postgresql.org/docs/current/sql-copy.html
_COPY_BEGIN: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_END: Final = b"\xff\xff"
_ROW: Final = struct.Struct(">h iq i16s ii ih ih ih").pack
_DAY_0: Final = date(2000, 1, 1).toordinal()

# A person's postings up to a day, as known at a position, are one chain of transfers: the sum is 1 for the account that
# they stand in, and 0 for every other.
STANDS: Final = """
    SELECT subject, account
    FROM (SELECT subject, to_account AS account, people FROM {view}.posting
          WHERE to_account = ANY(%(accounts)b::smallint[]) AND valid_on <= %(day)b AND position <= %(known)b
          UNION ALL
          SELECT subject, from_account, -people FROM {view}.posting
          WHERE from_account = ANY(%(accounts)b::smallint[]) AND valid_on <= %(day)b AND position <= %(known)b) AS side
    GROUP BY subject, account
    HAVING sum(people) <> 0
"""
_WHO: Final = f"{STANDS} ORDER BY subject"


#: What a view with a ledger has among its tables, and among its sorted rows.
LEDGER_TABLES: Final = tables_with_accounts("ledger.sql")
LEDGER_ROWS: Final = (
    Sorted("account", "number"),
    Sorted("posting", "position, valid_on, people, from_account, to_account"),
)


def written(text: str | None) -> str:
    """A text, or none, as a field in COPY's text format."""
    if text is None:
        return NULL
    return text if text.isprintable() and "\\" not in text else text.translate(_ESCAPED)


def _postings(changes: Sequence[Change]) -> bytes:
    """Binary COPY, put together here: as text it cost three times as much, most of it in reading days and subjects."""
    rows = []
    for position, entry, postings, *_ in changes:
        if postings:
            subject = entry.subject.bytes
            for valid_on, from_, to, people in postings:
                day = valid_on.toordinal() - _DAY_0
                rows.append(_ROW(6, 8, position, 16, subject, 4, day, 2, NUMBERS[from_], 2, NUMBERS[to], 2, people))
    return b"".join((_COPY_BEGIN, *rows, _COPY_END)) if rows else b""


#: The postings of changes, the same for every view that has a table of them.
POSTINGS: Final = Copy(
    "COPY posting (position, subject, valid_on, from_account, to_account, people) FROM STDIN (FORMAT binary)", _postings
)


def who_stands(
    cursor: psycopg.Cursor[Any], view: str, accounts: Iterable[Account], day: date, known: int
) -> list[tuple[UUID, Account]]:
    """Everyone who stands in one of the accounts on `day` as known at `known`, in order of subject; never `nowhere`."""
    numbers = [NUMBERS[account] for account in accounts]
    asked = {"accounts": numbers, "day": day, "known": known}
    cursor.execute(_WHO.format(view=view).encode(), asked, binary=True, prepare=False)
    return [(subject, ACCOUNTS[number]) for subject, number in cursor.fetchall()]
