"""The view `trail`: each fact with what it changed and why. Its answers are in `trails`."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import orjson

from projections.ledger import LEDGER_ROWS, LEDGER_TABLES, NULL, POSTINGS, written
from projections.rights import OF_THE_AREA, SEEN, bounded
from projections.views import Copy, Sorted, View, copy_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from projections.postings import Change

__all__ = ["TRAIL"]

_DECLARED: Final = "rekam.listing.list_declared.v1"
_WITHDRAWN: Final = "rekam.correction.fact_withdrawn.v1"

# How late the facts of each source come, which an operator looks after, without whose facts they are.
_LATENESS: Final = """
    GRANT SELECT (position, type, source, valid_on, recordedtime, accepted) ON fact TO rekam_as_operator;
"""

_FACT: Final = """
    COPY fact (position, subject, type, source, id, valid_on, recordedtime, accepted, withdraws_source, withdraws_id)
    FROM STDIN
"""
_ANOMALY: Final = "COPY anomaly (position, subject, name, refs, people) FROM STDIN"


def _facts(changes: Sequence[Change]) -> str:
    facts = []
    for position, entry, *_ in changes:
        withdraws = f"{NULL}\t{NULL}"
        if "withdraws_id" in entry.fact:
            withdraws = f"{written(entry.fact['withdraws_source'])}\t{written(entry.fact['withdraws_id'])}"
        name = f"{entry.type}\t{written(entry.source)}\t{written(entry.id)}"
        times = f"{entry.valid_on or NULL}\t{entry.recordedtime}\t{entry.accepted}"
        facts.append(f"{position}\t{entry.subject.hex}\t{name}\t{times}\t{withdraws}\n")
    return "".join(facts)


def _anomalies(changes: Sequence[Change]) -> str:
    anomalies = []
    for position, entry, _, appeared, gone in changes:
        if appeared or gone:
            for noted, people in ((gone, -1), (appeared, 1)):
                for anomaly in noted:
                    refs = written(orjson.dumps(anomaly.refs).decode())
                    anomalies.append(f"{position}\t{entry.subject.hex}\t{anomaly.name}\t{refs}\t{people}\n")
    return "".join(anomalies)


_COPIES: Final = (POSTINGS, Copy(_FACT, _facts), Copy(_ANOMALY, _anomalies))


def _apply(cursor: psycopg.Cursor[Any], changes: Sequence[Change]) -> None:
    for copy in _COPIES:
        copy_in(cursor, copy.statement, copy.data(changes))


TRAIL: Final = View(
    name="trail",
    noting=True,
    tables=LEDGER_TABLES + files("projections").joinpath("trail.sql").read_text(encoding="utf-8"),
    apply=_apply,
    copies=_COPIES,
    rows=(
        *LEDGER_ROWS,
        Sorted("fact", "position"),
        Sorted("anomaly", "position, people, name, refs"),
    ),
    readers=("rekam_as_officer", "rekam_as_supervisor", "rekam_as_auditor"),
    rights=bounded(
        {
            "fact": f"{OF_THE_AREA} OR type = '{_DECLARED}' OR (type = '{_WITHDRAWN}' AND log.is_list(subject))",
            "anomaly": f"{SEEN} OR name = 'list_does_not_sum'",
        }
    )
    + _LATENESS,
)
