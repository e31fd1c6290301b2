"""What each command does: asks, and gives an answer that can be printed for people or as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from events import database, offsets, quarantine
from events.errors import WrongUse
from projections import by_name, figures, position, reconciliation, trails
from projections import flows as flowing
from services import audit, demonstration, lines, page, processes, rebuilding, show
from services.account import Accountant
from services.ask import asking, day_of
from services.embedded import find
from services.processes import VIEWS
from services.supervisor import supervised
from services.talk import say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from events.territory import Level
    from services.settings import Settings

__all__ = ["Answer"]

LEVELS = ("kelurahan", "kecamatan", "city")


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON document, how it is shown to people, and whether it is a yes."""

    document: dict[str, Any]
    shown: Callable[[dict[str, Any]], None] = field(repr=False)
    ok: bool = True

    def print(self, as_json: bool) -> None:
        if as_json:
            page.print_json(self.document)
        else:
            self.shown(self.document)


# ------------------------------------------------------------------ running


def up(settings: Settings) -> None:
    with supervised(settings) as supervisor:
        show.addresses(supervisor.engines)
        say("running; Ctrl-C ends it")
        demonstration.stay(supervisor)


def run(settings: Settings, process: str) -> None:
    processes.run(settings, process)


def demo(settings: Settings, *, quick: bool, seed: int, leave: bool, as_json: bool) -> None:
    demonstration.demo(settings, demonstration.Choice(quick, seed), leave=leave, as_json=as_json)


def publish(settings: Settings, files: Sequence[Path], *, dry_run: bool, skip: bool) -> Answer:
    document = lines.publish_files(settings, files, dry_run=dry_run, skip=skip)
    return Answer(document, show.published, ok=skip or not document["refused"])


def rebuild(settings: Settings, views: Sequence[str], *, accept: bool) -> Answer:
    document = rebuilding.rebuild(settings, views, accept=accept)
    return Answer(document, show.rebuilt, ok=all(view["swapped"] for view in document["views"]))


# ------------------------------------------------------------------ counts and lists


def counts(settings: Settings, on: str | None, known: str | None, by: str, list_: str | None) -> Answer:
    day, level = day_of("--on", on), level_of(by)
    with asking(settings) as question:
        at = question.known(known, "counts")
        return Answer(figures.counts_answer(question.cursor, day, at, level, list_), show.counts)


def flows(settings: Settings, days: tuple[str, str], known: tuple[str | None, str | None], by: str) -> Answer:
    first, last, level = day_of("--from", days[0]), day_of("--to", days[1]), level_of(by)
    with asking(settings) as question:
        opening, closing = (question.known(text, "counts") for text in known)
        return Answer(flowing.flows_answer(question.cursor, first, last, opening, closing, level), show.flows)


def reconcile(settings: Settings, list_: str, on: str | None, known: str | None, against: str | None) -> Answer:
    day = day_of("--on", on)
    with asking(settings) as question:
        at = question.known(known, "counts")
        document = reconciliation.reconcile_answer(question.cursor, list_, day, at, against)
        return Answer(document, show.reconciliation)


def list_people(
    settings: Settings, standing: str, where: tuple[str | None, str | None], on: str | None, known: str | None
) -> Answer:
    day = day_of("--on", on)
    with asking(settings) as question:
        at = question.known(known, "counts", "outstanding")
        wanted = by_name.Wanted(standing, day, at, *where)
        return Answer(by_name.list_answer(question.cursor, question.keys, wanted), show.people)


def level_of(by: str) -> Level:
    if by not in LEVELS:
        raise WrongUse(f"--by {by!r}: write one of {', '.join(LEVELS)}")
    return cast("Level", by)


# ------------------------------------------------------------------ audit


def trail(settings: Settings, resident: str, known: str | None) -> Answer:
    with asking(settings) as question:
        at = question.known(known, "trail")
        return Answer(trails.trail_answer(question.cursor, question.subject(resident), at), show.trail)


def explain(settings: Settings, area: str, standing: str, on: str | None, known: str | None) -> Answer:
    day = day_of("--on", on)
    with asking(settings) as question:
        at = question.known(known, "trail")
        return Answer(trails.explain_answer(question.cursor, area, standing, day, at), show.explained)


def replay(settings: Settings, first: int, last: int | None) -> None:
    with asking(settings) as question:
        for document in audit.replay(question.cursor.connection, first, question.head() if last is None else last):
            page.print_json(document)


def check(settings: Settings) -> Answer:
    with asking(settings) as question:
        document = audit.check(question.cursor.connection, question.keys)
        return Answer(document, show.checks, ok=all(one["ok"] for one in document["checks"]))


# ------------------------------------------------------------------ operations


def status(settings: Settings) -> Answer:
    engines = find(settings)
    with asking(settings) as question:
        cursor = question.cursor
        document = {
            "position": question.head(),
            "accounted": offsets.tally(cursor),
            "projections": {view: position.of(cursor, view) for view in VIEWS},
            "quarantine": quarantine.open_count(cursor),
            "relayed": dict(cursor.execute("SELECT topic, last FROM intake.relayed ORDER BY topic").fetchall()),
            "kafka": engines.kafka,
        }
    return Answer(document, show.status)


def quarantine_list(settings: Settings, *, everything: bool) -> Answer:
    with asking(settings) as question:
        return Answer({"rows": quarantine.listed(question.cursor, everything=everything)}, show.parked)


def redrive(settings: Settings, numbers: Sequence[int]) -> Answer:
    accountant = Accountant(settings, find(settings).database)
    try:
        rows = []
        for number in numbers:
            outcome = accountant.redrive(number, datetime.now(UTC))
            rows.append({"number": number, **told(outcome)})
    finally:
        accountant.close()
    return Answer({"rows": rows}, show.redriven, ok=all(row["outcome"] in {"appended", "duplicate"} for row in rows))


def told(outcome: Any) -> dict[str, Any]:
    """Name what came of it: the outcome, or the code where the message is still refused."""
    if outcome is None:
        return {"outcome": "not_open", "position": None}
    return {"outcome": outcome.reason or outcome.outcome, "position": outcome.position}


def dismiss(settings: Settings, numbers: Sequence[int], reason: str) -> Answer:
    if not reason.strip():
        raise WrongUse("--reason is empty: say why the message is given up")
    rows = []
    with database.connect(find(settings).database, "rekam_intake") as connection, connection.cursor() as cursor:
        for number in numbers:
            done = quarantine.dismiss(cursor, number, datetime.now(UTC), reason)
            rows.append({"number": number, "outcome": "dismissed" if done else "not_open"})
    return Answer({"rows": rows}, show.redriven, ok=all(row["outcome"] == "dismissed" for row in rows))
