"""The closed set of accounts and their numbers, which are what the ledger's tables hold.

A number follows from the territory and the standings alone, never from arrival: 0 is `nowhere`, then area by area in
order of code, `-` first, each with every standing in the order of STANDINGS. Another territory or another set of
standings makes other numbers, so the view has to be rebuilt; `counts.sql` refuses to mix the two.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from events.territory import KELURAHAN, UNLISTED
from projections.reading import STANDINGS
from projections.transfers import NOWHERE, Account

__all__ = ["ACCOUNTS", "NUMBERS", "tables_with_accounts"]

#: Number to account: ACCOUNTS[0] is `nowhere`.
ACCOUNTS: Final[tuple[Account, ...]] = (
    NOWHERE,
    *(Account(area, standing) for area in (UNLISTED, *sorted(KELURAHAN)) for standing in STANDINGS),
)

#: Account to number.
NUMBERS: Final[dict[Account, int]] = {account: number for number, account in enumerate(ACCOUNTS)}


def tables_with_accounts(name: str) -> str:
    """The tables of a view, from the file of that name beside this one, and its accounts as they are numbered here."""
    tables = files("projections").joinpath(name).read_text(encoding="utf-8")
    rows = ", ".join(f"({number}, '{area}', '{standing}')" for number, (area, standing) in enumerate(ACCOUNTS))
    return f"{tables}\nINSERT INTO account (number, area, standing) VALUES {rows} ON CONFLICT (number) DO NOTHING;\n"
