"""The ledger of people by name: how a view writes its postings, and who stands in an account."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from projections.accounts import ACCOUNTS, NUMBERS, tables_with_accounts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from uuid import UUID

    import psycopg

    from projections.postings import Change
    from projections.transfers import Account

__all__ = ["LEDGER_ROWS", "LEDGER_TABLES", "NULL", "STANDS", "copy_in", "post", "who_stands", "written"]

#: Nothing, as a field in COPY's text format.
NULL: Final = r"\N"
_PLAIN: Final = re.compile(r"[^\\\t\n\r]*").fullmatch
_ESCAPED: Final = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})

_COPY: Final = "COPY posting (position, subject, valid_on, from_account, to_account, people) FROM STDIN"

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
    "SELECT * FROM account ORDER BY number",
    "SELECT * FROM posting ORDER BY position, valid_on, people, from_account, to_account",
)


def written(text: str | None) -> str:
    """A text, or none, as a field in COPY's text format."""
    if text is None:
        return NULL
    return text if _PLAIN(text) else text.translate(_ESCAPED)


def copy_in(cursor: psycopg.Cursor[Any], statement: str, rows: Sequence[str]) -> None:
    """Run a COPY FROM STDIN with these rows, whose fields are `written` and which end with a newline."""
    if rows:
        with cursor.copy(statement.encode()) as copy:
            copy.write("".join(rows))


def post(cursor: psycopg.Cursor[Any], changes: Sequence[Change]) -> None:
    """Write the postings of changes. Numbers, a hexadecimal subject and ISO days need no escaping in COPY's text."""
    rows = []
    for change in changes:
        if change.postings:
            begin = f"{change.position}\t{change.entry.subject.hex}\t"
            rows += [
                f"{begin}{valid_on}\t{NUMBERS[from_]}\t{NUMBERS[to]}\t{people}\n"
                for valid_on, from_, to, people in change.postings
            ]
    copy_in(cursor, _COPY, rows)


def who_stands(
    cursor: psycopg.Cursor[Any], view: str, accounts: Iterable[Account], day: date, known: int
) -> list[tuple[UUID, Account]]:
    """Everyone who stands in one of the accounts on `day` as known at `known`, in order of subject; never `nowhere`."""
    numbers = [NUMBERS[account] for account in accounts]
    asked = {"accounts": numbers, "day": day, "known": known}
    cursor.execute(_WHO.format(view=view).encode(), asked, binary=True, prepare=False)
    return [(subject, ACCOUNTS[number]) for subject, number in cursor.fetchall()]
