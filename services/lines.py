"""Publishing files: JSON lines, or a sheet with a fact a row, checked as intake will check them before any is sent."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import orjson

from events.envelope import check
from events.errors import Refused, WrongUse
from events.facts import SOURCE_TOPICS, TOPIC_OF
from services.embedded import find
from services.publish import Outgoing, Progress, publish
from services.sheets.cells import Flaw
from services.sheets.files import check_told, is_sheet, sheets_of
from services.sheets.reading import Reader
from services.sheets.understood import understood
from services.talk import bars, say
from services.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from events.facts import Event
    from services.settings import Settings
    from services.sheets.files import Told
    from services.sheets.reading import Read, Sheet

__all__ = ["publish_files", "send"]

_HEADERS: Final = (("content-type", b"application/cloudevents+json"),)
OUTCOMES: Final = ("appended", "duplicate", "conflict", "quarantined")

_FIRST: Final = 5
"""As many rows of each sheet are shown as they were understood."""

_SELDOM: Final = 500


def publish_files(
    settings: Settings, files: Sequence[Path], told: Told, *, dry_run: bool, skip: bool
) -> dict[str, Any]:
    """Check all lines of all files, then send them, and wait until each has an outcome.

    If any line is refused nothing is sent, unless `skip` is set. Line numbers begin at 1; empty lines are passed over.
    """
    check_told(files, told)
    checked = _Checked(datetime.now(UTC), settings.correcting_sources)
    for file in files:
        before = checked.lines
        if is_sheet(file):
            with sheets_of(file, told) as sheets:
                for sheet in sheets:
                    checked.sheet(file, sheet)
        else:
            for number, line in _lines(file):
                checked.line(file, number, line)
        if checked.lines == before:
            say(f"{file} holds no events")
    outcomes = dict.fromkeys(OUTCOMES, 0)
    if checked.good and not dry_run and (skip or not checked.refused):
        outcomes |= send(settings, checked.good)
    document = {"accepted": len(checked.good), "refused": checked.refused, **outcomes}
    return document | {"understood": checked.understood} if dry_run and any(map(is_sheet, files)) else document


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


@dataclass
class _Checked:
    """What came of the files so far; `now` and `correcting` are what intake would check with."""

    now: datetime
    correcting: frozenset[str]
    good: list[Outgoing] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    understood: list[dict[str, Any]] = field(default_factory=list)
    _named: dict[str, tuple[bytes, str]] = field(default_factory=dict)

    @property
    def lines(self) -> int:
        return len(self.good) + len(self.refused)

    def line(self, file: Path, number: int, line: bytes) -> None:
        try:
            self.good.append(self._outgoing(line)[0])
        except Refused as why:
            self.refused.append({"file": _shown(file), "line": number, "code": why.code, "message": why.message})

    def sheet(self, file: Path, sheet: Sheet) -> None:
        """Check a sheet; where it is flawed as a whole, by its headings, nothing of it counts."""
        reader = Reader(sheet)
        checked = _Checked(self.now, self.correcting, _named=dict(self._named))
        with bars() as shown:
            task = shown.add_task("read", total=None)
            for read in reader.rows():
                checked.row(file, reader, read)
                if read.row % _SELDOM == 0:
                    shown.update(task, completed=read.row)
        if reader.flaws:
            self._refuse(file, sheet, reader.flaws)
            return
        self.good += checked.good
        self.refused += checked.refused
        self.understood += checked.understood
        self._named = checked._named
        if reader.empty:
            spans = ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in reader.empty)
            say(f"{_where(file, sheet)}: empty rows were passed over: {spans}")

    def row(self, file: Path, reader: Reader, read: Read) -> None:
        sheet = reader.sheet
        if read.event is None:
            self._refuse(file, sheet, read.flaws)
            return
        try:
            outgoing, event = self._outgoing(read.event)
        except Refused as why:
            about = reader.field_of(why.message)
            flaw = Flaw(read.row, why.code, why.message, about, reader.cell(read.row, about))
            self._refuse(file, sheet, [flaw])
            return
        there = self._said_before(outgoing, f"row {read.row} of {_where(file, sheet)}")
        if there is not None:
            same = (
                f"`id` is also that of {there}, which says something else: give each its own, each file its own --sheet"
            )
            self._refuse(file, sheet, [Flaw(read.row, "conflict", same, "id", reader.cell(read.row, "id"))])
            return
        self.good.append(outgoing)
        if len(self.understood) < _FIRST:
            place = {"file": _shown(file), "sheet": sheet.page.title, "line": read.row}
            self.understood.append(place | understood(event))

    def _said_before(self, outgoing: Outgoing, here: str) -> str | None:
        """Where another event has this name; the same event twice is harmless."""
        digest = blake2b(outgoing.value or b"", digest_size=16).digest()
        before, there = self._named.setdefault(outgoing.name, (digest, here))
        return None if before == digest else there

    def _refuse(self, file: Path, sheet: Sheet, flaws: Sequence[Flaw]) -> None:
        for flaw in flaws:
            place = {"file": _shown(file), "sheet": sheet.page.title, "line": flaw.row, "cell": flaw.cell}
            self.refused.append(place | {"field": flaw.field, "code": flaw.code, "message": flaw.message})

    def _outgoing(self, line: bytes) -> tuple[Outgoing, Event]:
        """Read a line as intake will. Its type names its topic, so `wrong_topic` cannot come of it."""
        topic = TOPIC_OF.get(_type_of(line), SOURCE_TOPICS[0])
        event = check(topic, _HEADERS, line, self.now, self.correcting)
        return Outgoing(topic, _HEADERS, line, f"{event.source}\0{event.id}"), event


def _where(file: Path, sheet: Sheet) -> str:
    named = _shown(file)
    return named if sheet.page.title is None else f"{named}, page {sheet.page.title!r}"


def _shown(file: Path) -> str:
    """Its name; what of it is not UTF-8, which JSON cannot hold, is replaced."""
    return os.fsencode(file).decode(errors="replace")


def _type_of(line: bytes) -> str:
    try:
        event = orjson.loads(line)
    except orjson.JSONDecodeError:
        return ""
    named = event.get("type") if isinstance(event, dict) else None
    return named if isinstance(named, str) else ""
