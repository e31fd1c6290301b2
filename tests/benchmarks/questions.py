"""Questions to a ledger of a million made-up facts: how long each takes, now and as of a past day.

The ledger is written by the view's own `apply`, from made-up changes: people come on a list, are recorded, leave, die,
and some of it is taken back later. Days are spread over eight years, half of them over the last one, as facts come
late; birthdays reach into the future.
"""

from __future__ import annotations

import time
from datetime import date, timedelta
from functools import partial
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg

from events import database
from events.entry import Entry
from events.territory import KELURAHAN
from projections import counts
from projections.figures import counts_answer
from projections.flows import flows_answer
from projections.pace import daily_answer
from projections.places import places_answer
from projections.postings import Change, Posting
from projections.transfers import NOWHERE, Account
from tests.benchmarks.figure import Figure, timed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.benchmarks.engines import Bench

__all__ = ["measured"]

FACTS = 1_000_000
ASKED = 400
FIRST, LAST = date(2012, 1, 1), date(2019, 12, 31)
_BATCH = 2_000
_LISTED, _DECLARED = "rekam.listing.resident_listed.v1", "rekam.listing.list_declared.v1"
_CAPTURED, _FOUND = "rekam.recording.captured.v1", "rekam.finding.reported.v1"
_MEMBERS, _PLACES = 63_000, ("office", "kecamatan", "kelurahan", "mobile", "elsewhere")


def measured(bench: Bench) -> Iterator[Figure]:
    """How long each kind of question takes, asked often, of drawn days and positions, from the call to the answer."""
    print(f"{FACTS:,} facts in {_fill(bench, FACTS):.0f} s", flush=True)
    for goal_ms, asked in ((20, _ask), (50, _ask_of_days), (400, _ask_of_members)):
        for what, (p50, p99) in asked(bench, FACTS):
            yield Figure.within(f"{what}, at {FACTS:,} facts", p50, p99, goal_ms)


def _fill(bench: Bench, facts: int) -> float:
    """Write the ledger; the seconds it took. The log stays empty: nothing here reads it."""
    began = time.monotonic()
    with database.connect(bench.settings.database, "rekam_projector") as connection, connection.cursor() as cursor:
        cursor.execute("SET search_path = counts")
        batch: list[Change] = []
        for change in _made_up(facts):
            batch.append(change)
            if len(batch) == _BATCH or change.position == facts:
                counts.apply(cursor, batch)
                cursor.execute("UPDATE position SET position = %s", [change.position])
                connection.commit()
                batch = []
    bench.looking.execute("ANALYZE")
    return time.monotonic() - began


def _ask(bench: Bench, facts: int) -> Iterator[tuple[str, tuple[float, float]]]:
    rng = Random(7)
    day, known = partial(_day, rng), partial(_position, rng, facts)
    with database.connect(bench.settings.database, "rekam_reader") as connection, connection.cursor() as cursor:
        for what, asked in {
            "`counts`, today, as known now": lambda: counts_answer(cursor, LAST, facts),
            "`counts`, a past day, as known then": lambda: counts_answer(cursor, day(), known()),
            "`flows` of a month, as known now": lambda: _flows(cursor, day(), 30, facts),
            "`flows` of a month, as known then": lambda: _flows(cursor, day(), 30, known()),
            "`flows` of a year, as known now": lambda: _flows(cursor, day(), 365, facts),
            "`flows` of all eight years, as known now": lambda: _flows(cursor, FIRST, (LAST - FIRST).days, facts),
        }.items():
            yield what, timed(asked, ASKED)
    with psycopg.connect(bench.settings.database, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("SET ROLE rekam_reporting")
        for what, asked in {
            "`reporting.counts_on`, a past day": lambda: _sql(cursor, "counts_on(%s, %s)", day(), known()),
            "`reporting.flows` of a year": lambda: _sql(cursor, "flows(%s, %s)", first := day(), first + _YEAR),
        }.items():
            yield what, timed(asked, ASKED)


def _ask_of_days(bench: Bench, facts: int) -> Iterator[tuple[str, tuple[float, float]]]:
    rng = Random(8)
    day, known = partial(_day, rng), partial(_position, rng, facts)
    with database.connect(bench.settings.database, "rekam_reader") as connection, connection.cursor() as cursor:
        yield "`daily` of a year, as known now", timed(lambda: _daily(cursor, day(), facts), ASKED)
        yield "`daily` of a year, as known then", timed(lambda: _daily(cursor, day(), known()), ASKED)


def _ask_of_members(bench: Bench, facts: int) -> Iterator[tuple[str, tuple[float, float]]]:
    rng = Random(9)
    day = partial(_day, rng)
    whose = f"of a list of {_MEMBERS:,}"
    with database.connect(bench.settings.database, "rekam_reader") as connection, connection.cursor() as cursor:
        yield f"`daily` of a year, {whose}", timed(lambda: _daily(cursor, day(), facts, "MEMBERS"), _FEW)
        yield f"`places` of a month, {whose}", timed(lambda: _places(cursor, day(), facts), _FEW)


_YEAR = timedelta(365)
_FEW = 40


def _daily(cursor: psycopg.Cursor[object], first: date, known: int, list_: str | None = None) -> None:
    daily_answer(cursor, first, first + _YEAR, known, list_)


def _places(cursor: psycopg.Cursor[object], first: date, known: int) -> None:
    places_answer(cursor, first, first + timedelta(30), known, None, "MEMBERS")


def _flows(cursor: psycopg.Cursor[object], first: date, days: int, known: int) -> None:
    flows_answer(cursor, first, first + timedelta(days), known, known)


def _sql(cursor: psycopg.Cursor[object], call: str, *asked: object) -> None:
    cursor.execute(f"SELECT * FROM reporting.{call}".encode(), asked).fetchall()


def _day(rng: Random) -> date:
    return FIRST + timedelta(rng.randrange((LAST - FIRST).days - 365))


def _position(rng: Random, facts: int) -> int:
    return rng.randrange(facts // 10, facts + 1)


# ------------------------------------------------------------------ what is made up


def _made_up(facts: int) -> Iterator[Change]:
    """One change a position. Few move within the city; one step in fifty is taken back, and comes a month later."""
    rng = Random(2018)
    fact = {"list": "MADE-UP", "kind": "unrecorded", "rows": facts, "rows_by_kelurahan": {}}
    yield Change(1, _entry(_subject(rng), _DECLARED, FIRST, fact), (), (), ())
    people: list[tuple[UUID, Account, date]] = []
    said: tuple[str, dict[str, object]]
    for position in range(2, facts + 1):
        if len(people) < 1000 or rng.random() < 0.4:
            subject, account, day = _subject(rng), Account(rng.choice(_AREAS), "outstanding"), _drawn(rng)
            people.append((subject, account, day))
            said = (_LISTED, {"list": "MEMBERS" if len(people) <= _MEMBERS else "MADE-UP"})
            posted = [Posting(day, NOWHERE, account, 1)]
        else:
            who = rng.randrange(len(people))
            subject, account, day = people[who]
            after = _next(rng, account)
            later = day + timedelta(1 + rng.randrange(200))
            posted = [Posting(later, account, after, 1)] if after != account else []
            if posted and rng.random() < 0.02:
                posted = [Posting(later, account, after, -1), Posting(later + timedelta(30), account, after, 1)]
            people[who] = (subject, after, later)
            where: dict[str, object] = {"place": rng.choice(_PLACES), "session": f"session {later:%Y-%m}"}
            said = (_CAPTURED, where) if after.standing == "recorded" else (_FOUND, {})
            day = later
        yield Change(position, _entry(subject, said[0], day, said[1]), tuple(posted), (), ())


_AREAS = list(KELURAHAN)
_STANDINGS = ("recorded", "recorded", "recorded", "departed", "deceased", "explained_moved", "explained_recorded")


def _next(rng: Random, account: Account) -> Account:
    if rng.random() < 0.03:
        return account._replace(area=rng.choice(_AREAS))
    return account._replace(standing=rng.choice(_STANDINGS))


def _entry(subject: UUID, type_: str, day: date, fact: dict[str, object]) -> Entry:
    source, time = "urn:rekam:synthetic:bench", "2018-01-01T00:00:00.000000Z"
    return Entry(subject, type_, source, "1", time, time, time, None, False, day, None, (), fact, None, None)


def _subject(rng: Random) -> UUID:
    return UUID(int=rng.getrandbits(128))


def _drawn(rng: Random) -> date:
    first = FIRST if rng.random() < 0.5 else LAST.replace(month=1, day=1)
    return first + timedelta(rng.randrange((LAST - first).days))
