"""What an operator looks after: how far everything is, what is parked, and views made anew."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from events import database, offsets, quarantine
from events.errors import WrongUse
from events.nik import may_hold_nik
from projections import position
from projections.counts import COUNTS
from projections.outstanding import OUTSTANDING
from projections.trail import TRAIL
from services.answer import Answer
from services.ask import VIEW_NAMES, asking
from services.conflicts import with_versions
from services.embedded import find
from services.showing import upkeep as shown
from services.talk import set_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.ask import Question
    from services.settings import Settings

__all__ = ["dismiss", "dismissed", "quarantine_list", "redrive", "redriven", "status", "status_document"]


def status(settings: Settings) -> Answer:
    with asking(settings, primary=True) as question:
        return Answer(status_document(question), shown.status)


def status_document(question: Question) -> dict[str, Any]:
    """How far the log, the views and the relay are; what became of every offset; what is open in quarantine."""
    cursor = question.cursor
    return {
        "position": question.head(),
        "accounted": offsets.tally(cursor),
        "projections": {view: position.of(cursor, view) for view in VIEW_NAMES},
        "quarantine": quarantine.open_count(cursor),
        "relayed": dict(cursor.execute("SELECT topic, last FROM intake.relayed ORDER BY topic").fetchall()),
        "kafka": find(question.settings).kafka,
        "standing_still": position.still(cursor, (COUNTS, TRAIL, OUTSTANDING)),
    }


def quarantine_list(settings: Settings, *, everything: bool) -> Answer:
    with asking(settings, primary=True) as question:
        rows = quarantine.listed(question.cursor, everything=everything)
        return Answer({"rows": with_versions(question, rows)}, shown.parked)


def redrive(settings: Settings, numbers: Sequence[int]) -> Answer:
    set_up()
    with asking(settings, primary=True):
        pass  # where there is no register, that is said
    rows = redriven(settings, numbers)
    return Answer({"rows": rows}, shown.redriven, ok=all(row["outcome"] in {"appended", "duplicate"} for row in rows))


def redriven(settings: Settings, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """Put parked messages through intake's own transaction once more; what came of each."""
    from services.account import Accountant  # noqa: PLC0415 - it brings intake along, which the others do not need

    accountant = Accountant(settings, find(settings).database)
    try:
        return [{"number": number, **_told(accountant.redrive(number, datetime.now(UTC)))} for number in numbers]
    finally:
        accountant.close()


def _told(outcome: Any) -> dict[str, Any]:
    """Name what came of it: the outcome, or the code where the message is still refused."""
    if outcome is None:
        return {"outcome": "not_open", "position": None}
    return {"outcome": outcome.reason or outcome.outcome, "position": outcome.position}


def dismiss(settings: Settings, numbers: Sequence[int], reason: str) -> Answer:
    if not reason.strip():
        raise WrongUse("--reason is empty: say why the message is given up")
    with asking(settings, primary=True):
        pass
    rows = dismissed(settings, numbers, reason)
    return Answer({"rows": rows}, shown.redriven, ok=all(row["outcome"] == "dismissed" for row in rows))


def dismissed(settings: Settings, numbers: Sequence[int], reason: str, who: str | None = None) -> list[dict[str, Any]]:
    """Give parked messages up; what came of each. `who` stands behind the reason. WrongUse: none, or one with a NIK."""
    if not reason.strip():
        raise WrongUse("the reason is empty: say why the message is given up")
    if may_hold_nik(reason):
        raise WrongUse("the reason holds 16 digits in a row, which may be a NIK: write it without")
    said = reason if who is None else f"{reason} ({who})"
    rows = []
    with database.connect(find(settings).database, "rekam_intake") as connection, connection.cursor() as cursor:
        for number in numbers:
            done = quarantine.dismiss(cursor, number, datetime.now(UTC), said)
            rows.append({"number": number, "outcome": "dismissed" if done else "not_open"})
    return rows
