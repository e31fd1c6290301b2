"""Publishing files: a CloudEvent in JSON on every line, checked as intake will check it before anything is sent."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

from events.envelope import check
from events.errors import Refused, WrongUse
from events.facts import SOURCE_TOPICS, TOPIC_OF
from services.embedded import find
from services.publish import Outgoing, Progress, publish
from services.talk import bars, say
from services.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from services.settings import Settings

__all__ = ["publish_files", "send"]

_HEADERS: Final = (("content-type", b"application/cloudevents+json"),)
OUTCOMES: Final = ("appended", "duplicate", "conflict", "quarantined")


def publish_files(settings: Settings, files: Sequence[Path], *, dry_run: bool, skip: bool) -> dict[str, Any]:
    """Check all lines of all files, then send them, and wait until each has an outcome.

    If any line is refused nothing is sent, unless `skip` is set. Line numbers begin at 1; empty lines are passed over.
    """
    good: list[Outgoing] = []
    refused: list[dict[str, Any]] = []
    now = datetime.now(UTC)
    for file in files:
        before = len(good) + len(refused)
        for number, line in _lines(file):
            try:
                good.append(_checked(line, now, settings.correcting_sources))
            except Refused as why:
                refused.append({"file": str(file), "line": number, "code": why.code, "message": why.message})
        if len(good) + len(refused) == before:
            say(f"{file} holds no events")
    outcomes = dict.fromkeys(OUTCOMES, 0)
    if good and not dry_run and (skip or not refused):
        outcomes |= send(settings, good)
    return {"accepted": len(good), "refused": refused, **outcomes}


def send(settings: Settings, messages: Sequence[Outgoing]) -> dict[str, int]:
    """Send and wait, with a bar for what is sent and one for what is accounted for; how many ended how."""
    with bars() as shown:
        sent = shown.add_task("published", total=len(messages))
        accounted = shown.add_task("accounted", total=len(messages))

        def report(progress: Progress) -> None:
            shown.update(sent, completed=progress.sent)
            shown.update(accounted, completed=progress.accounted)

        wire = Wire(settings, find(settings))
        outcomes = asyncio.run(publish(wire, messages, Progress(len(messages), report=report)))
    return {outcome: outcomes[outcome] for outcome in OUTCOMES}


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with sys.stdin.buffer if str(file) == "-" else file.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                if line.strip():
                    yield number, line.strip(b"\r\n")
    except OSError as error:
        raise WrongUse(f"{file} cannot be read: {error.strerror}") from error


def _checked(line: bytes, now: datetime, correcting: frozenset[str]) -> Outgoing:
    """Read a line as intake will. Its type names its topic, so `wrong_topic` cannot come of it."""
    topic = TOPIC_OF.get(_type_of(line), SOURCE_TOPICS[0])
    event = check(topic, _HEADERS, line, now, correcting)
    return Outgoing(topic, _HEADERS, line, f"{event.source}\0{event.id}")


def _type_of(line: bytes) -> str:
    try:
        event = orjson.loads(line)
    except orjson.JSONDecodeError:
        return ""
    named = event.get("type") if isinstance(event, dict) else None
    return named if isinstance(named, str) else ""
