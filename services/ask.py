"""Asking: a reader's connection, and what people write on a command line turned into days and positions.

*Today* is known here alone: in WITA, at the edge.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

import psycopg

from events import database, log, vault
from events.calendar import day_in_wita, parse_day, parse_instant
from events.errors import NoAnswer, Unreachable, WrongUse
from events.nik import check_nik
from projections import position
from services.embedded import find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from events.database import Connection
    from events.vault import Keys
    from services.settings import Settings

__all__ = [
    "FINGERPRINT",
    "HOLD",
    "MISSING",
    "NOW",
    "VIEW_NAMES",
    "Now",
    "Question",
    "asking",
    "broken_off",
    "day_of",
    "parse_views",
]

VIEW_NAMES: Final = ("counts", "trail", "outstanding")

_LONGEST: Final = 19
"""Digits that a position never has."""

HOLD: Final = "LOCK TABLE counts.position, trail.position, outstanding.position IN ACCESS SHARE MODE"
NOW: Final = """
    SELECT now.position, (SELECT accepted FROM log.entry WHERE notification_id = now.position), {fingerprint}
    FROM (SELECT least((SELECT position FROM counts.position), (SELECT position FROM trail.position),
                       (SELECT position FROM outstanding.position)) AS position) AS now
"""
"""Gives a `Now`, with `fingerprint` a FINGERPRINT or NULL; null where a view has no position yet."""
FINGERPRINT: Final = "(SELECT value FROM vault.fingerprint)"
"""For roles that may open what is sealed."""
_ACCEPTED: Final = "SELECT accepted FROM log.entry WHERE notification_id = %s"
MISSING: Final = (
    "the register, or one of its views, is not there: start it with `rekam up`, or `rekam rebuild` the view"
)


class Now(NamedTuple):
    """The least position of the views in VIEW_NAMES, and when its entry was accepted; of which keys, if asked for."""

    position: int
    accepted: datetime | None
    fingerprint: str | None = None


@dataclass
class Question:
    """One question's connection, in one read-only snapshot: all its parts are answered as of the same moment."""

    settings: Settings
    cursor: psycopg.Cursor[Any]
    load_keys: Callable[[Path, str], Keys] = vault.load_keys
    option: str = "--"
    """What stands before the name of an option where it is told of one."""
    now: Now | None = None
    """Where it was asked for already."""

    @cached_property
    def keys(self) -> Keys:
        """The keys, for what opens sealed parts. Refusal where they are missing or others."""
        if self.now is not None and self.now.fingerprint is not None:
            return self.load_keys(self.settings.keys, self.now.fingerprint)
        row = self.cursor.execute("SELECT value FROM vault.fingerprint").fetchone()
        if row is None:
            raise NoAnswer(MISSING)
        return self.load_keys(self.settings.keys, row[0])

    def known(self, text: str | None, *views: str) -> int:
        """Turn `--known` into a position: of a time, what was accepted by then; of nothing, the least of the views'."""
        reached = self._reached(views)
        if text is None:
            return reached
        if text.isascii() and text.isdigit():
            asked = int(text) if len(text) < _LONGEST else sys.maxsize
        else:
            asked = self._at(text, reached)
        if asked > reached:
            ahead = f"position {text if text.isdigit() else asked} is ahead of what is projected, {reached}"
            raise NoAnswer(f"{ahead} (the log ends at {self.head()}): wait, or ask about an earlier one")
        return asked

    def _reached(self, views: Sequence[str]) -> int:
        if self.now is not None and views == VIEW_NAMES:
            return self.now.position
        return min(position.of(self.cursor, view) for view in views)

    def _at(self, text: str, reached: int) -> int:
        """Find the last position of a time. Of one still to come it is not yet known: that is taken for now."""
        try:
            time = parse_instant(text)
        except ValueError as error:
            said = f"{self.option}known {text!r} is neither a position nor a time like 2018-11-23T17:00:00+08:00"
            raise WrongUse(f"{said} ({error})") from None
        return reached if time > datetime.now(UTC) else log.position_at(self.cursor, time)

    def reaching(self, first: int, last: int | None) -> int:
        """Give the last position of a stretch of the log, both ends included; nothing is the log's end."""
        head = self.head()
        if last is not None and last < first:
            stretch = f"{self.option}from {first} {self.option}to {last}"
            raise WrongUse(f"{stretch}: a stretch of the log ends after it begins")
        asked = first - 1 if last is None else last
        if asked > head:
            raise NoAnswer(f"position {last or first} is ahead of the log, which ends at {head}")
        return head if last is None else last

    def head(self) -> int:
        return log.head(self.cursor).size

    def accepted(self, position: int) -> datetime | None:
        """Tell when the entry at a position was accepted; None at position 0."""
        if self.now is not None and position == self.now.position:
            return self.now.accepted
        row = self.cursor.execute(_ACCEPTED, [position], prepare=False).fetchone()
        return None if row is None else row[0]

    def subject(self, text: str) -> UUID:
        """Find a subject by its own 32 digits, or by NIK. NoAnswer does not repeat the NIK."""
        if len(text) == 16 and text.isdigit():
            try:
                mac = self.keys.nik_mac(check_nik(text))
            except ValueError as error:
                raise WrongUse(f"that is no NIK: it {error}") from None
            row = self.cursor.execute("SELECT subject FROM vault.person WHERE mac = %s", [mac]).fetchone()
            if row is None:
                raise NoAnswer("nothing is known of a resident with that NIK")
            found: UUID = row[0]
            return found
        try:
            return UUID(hex=text)
        except ValueError:
            raise WrongUse("a resident is named by a NIK of 16 digits, or by a subject of 32 hex digits") from None


@contextmanager
def asking(settings: Settings, *, hold: bool = True, primary: bool = False) -> Iterator[Question]:
    """Open a question. Unreachable where there is no database, NoAnswer where there is no register in it yet.

    Refusal where the database is another Rekam's.

    `hold` keeps every view in its place until the question is answered; without it a view may be missing. `primary` is
    for what is asked before something is changed: it is not asked of a standby, which may be behind.
    """
    engines = find(settings)
    with (
        _connected(engines.database if primary else engines.reading, reading=not primary) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            if hold:
                cursor.execute(HOLD)  # before the snapshot is taken: a rebuild swaps whole schemas
            database.check_version(cursor)
            yield Question(settings, cursor)
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
            raise NoAnswer(MISSING) from None
        except psycopg.OperationalError as error:
            raise broken_off(error) from error


def broken_off(error: psycopg.OperationalError) -> Unreachable:
    """Why an answer was not given to its end: the server went away, or a standby could not wait for the question."""
    # in the middle of a statement it has a code of its own, between two of them the text alone
    if isinstance(error, psycopg.errors.SerializationFailure) or "conflict with recovery" in str(error):
        return Unreachable("the standby had to go on with what the primary did, a rebuild as a rule: ask again")
    return Unreachable(f"PostgreSQL broke the answer off, {type(error).__name__}: see that it runs, and ask again")


def _connected(address: str, *, reading: bool) -> Connection:
    """Connect as a reader. Where only the role is missing, the database has never been ours."""
    try:
        return database.connect(address, "rekam_reader", reading=reading)
    except Unreachable:
        with database.connect(address, reading=reading):
            raise NoAnswer(MISSING) from None


def day_of(option: str, text: str | None) -> date:
    """Read a day as ISO writes it; nothing is today, in WITA."""
    if text is None:
        return day_in_wita(datetime.now(UTC))
    try:
        return parse_day(text)
    except ValueError:
        raise WrongUse(f"{option} {text!r} is no day; write it like 2018-11-23") from None


def parse_views(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """Check names of views. WrongUse names the ones there are."""
    for name in names:
        if name not in known:
            raise WrongUse(f"there is no view {name!r}; there are {', '.join(known)}")
    return list(dict.fromkeys(names))
