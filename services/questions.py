"""What is asked of the register: each answer of one moment and as known at one position."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from events.errors import WrongUse
from projections import by_name, figures, reconciliation, trails
from projections import flows as flowing
from services import audit, page
from services.answer import Answer
from services.ask import asking, day_of
from services.showing import figures as of_figures
from services.showing import people as of_people
from services.showing import proof
from services.talk import bars

if TYPE_CHECKING:
    from events.territory import Level
    from services.settings import Settings

__all__ = ["check", "counts", "explain", "flows", "list_people", "reconcile", "replay", "trail"]

LEVELS = ("kelurahan", "kecamatan", "city")


def counts(settings: Settings, on: str | None, known: str | None, by: str, list_: str | None) -> Answer:
    day, level = day_of("--on", on), level_of(by)
    with asking(settings) as question:
        at = question.known(known, "counts")
        return Answer(figures.counts_answer(question.cursor, day, at, level, list_), of_figures.counts)


def flows(settings: Settings, days: tuple[str, str], known: tuple[str | None, str | None], by: str) -> Answer:
    first, last, level = day_of("--from", days[0]), day_of("--to", days[1]), level_of(by)
    with asking(settings) as question:
        opening, closing = (question.known(text, "counts") for text in known)
        return Answer(flowing.flows_answer(question.cursor, first, last, opening, closing, level), of_figures.flows)


def reconcile(settings: Settings, list_: str, on: str | None, known: str | None, against: str | None) -> Answer:
    day = day_of("--on", on)
    with asking(settings) as question:
        at = question.known(known, "counts")
        document = reconciliation.reconcile_answer(question.cursor, list_, day, at, against)
        return Answer(document, of_figures.reconciliation)


def list_people(
    settings: Settings, standing: str, where: tuple[str | None, str | None], on: str | None, known: str | None
) -> Answer:
    day = day_of("--on", on)
    with asking(settings) as question:
        at = question.known(known, "counts", "outstanding")
        wanted = by_name.Wanted(standing, day, at, *where)
        return Answer(by_name.list_answer(question.cursor, question.keys, wanted), of_people.people)


def level_of(by: str) -> Level:
    if by not in LEVELS:
        raise WrongUse(f"--by {by!r}: write one of {', '.join(LEVELS)}")
    return cast("Level", by)


def trail(settings: Settings, resident: str, known: str | None) -> Answer:
    with asking(settings) as question:
        at = question.known(known, "trail")
        return Answer(trails.trail_answer(question.cursor, question.subject(resident), at), proof.trail)


def explain(settings: Settings, area: str, standing: str, on: str | None, known: str | None) -> Answer:
    day = day_of("--on", on)
    with asking(settings) as question:
        at = question.known(known, "trail")
        return Answer(trails.explain_answer(question.cursor, area, standing, day, at), proof.explained)


def replay(settings: Settings, first: int, last: int | None) -> None:
    """Print a JSON line for each entry as it is read. NoAnswer where the log does not reach as far as was asked."""
    with asking(settings) as question:
        end = question.reaching(first, last)
        for document in audit.replay(question.cursor.connection, first, end):
            page.print_json(document)


def check(settings: Settings) -> Answer:
    with asking(settings) as question, bars() as shown:
        task = shown.add_task("checked", total=None)

        def progress(done: int, total: int) -> None:
            shown.update(task, completed=done, total=total)

        document: dict[str, Any] = audit.check(question.cursor.connection, question.keys, progress)
    return Answer(document, proof.checks, ok=all(one["ok"] for one in document["checks"]))
