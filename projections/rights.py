"""Whose rows of a view somebody may see: row security, which holds in the database what the API has asked already.

An officer sees a person who, as known at any position, has ever stood in their area: whose postings go to or from one
of the accounts that the setting `rekam.accounts` of the transaction names. Of such a person they see every posting, or
the chain would break off where it leaves the area. Without the setting they see nobody.
Everybody else who may read a table reads all of it, and its owner, who writes it, is not bound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["OF_THE_AREA", "SEEN", "bounded"]

# Within SELECT, so that it is read once a statement; after a transaction that set it, it is left empty, not null.
_ACCOUNTS: Final = "((SELECT nullif(current_setting('rekam.accounts', true), '')::smallint[])::smallint[])"
# In this order: what touches the area is seen at a glance, and only of the rest it is asked whose it is.
_POSTED: Final = f"to_account = ANY {_ACCOUNTS} OR from_account = ANY {_ACCOUNTS} OR log.sees(subject)"

#: Of a table with a subject, in a view with a ledger: that a posting of the subject can be seen.
OF_THE_AREA: Final = "EXISTS (SELECT FROM posting WHERE posting.subject = {table}.subject)"

#: The same, of a table that is read whole, mostly of people outside: asked once a row.
SEEN: Final = "log.sees({table}.subject)"

_BOUND: Final = """
    ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
    DROP POLICY IF EXISTS all_of_it ON {table};
    CREATE POLICY all_of_it ON {table} FOR SELECT
        TO rekam_reader, rekam_as_supervisor, rekam_as_auditor, rekam_as_operator USING (true);
    DROP POLICY IF EXISTS of_their_area ON {table};
    CREATE POLICY of_their_area ON {table} FOR SELECT TO rekam_as_officer USING ({condition});
"""


def bounded(tables: Mapping[str, str]) -> str:
    """Bound the ledger's postings, and these tables by their conditions, in which `{table}` is the table's name."""
    conditions = {"posting": _POSTED, **tables}
    return "".join(
        _BOUND.format(table=table, condition=condition.format(table=table)) for table, condition in conditions.items()
    )
