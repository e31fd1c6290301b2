"""What the view `trail` answers: the trail of one subject, and the trails of everybody behind a figure.

As known at a position, which is inclusive: the facts up to it, what they changed, and the contradictions that stood
then. An answer names subjects, sources and ids, never a NIK or a name. Where the caller wants the statements of one
answer to see one view, also while a rebuild swaps it, its transaction is REPEATABLE READ.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from events.errors import NoAnswer, WrongUse
from projections import position
from projections.accounts import ACCOUNTS, NUMBERS
from projections.ledger import STANDS, who_stands
from projections.selection import kelurahan_in, refuse_ahead, refuse_before, standings_behind
from projections.transfers import Account

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from uuid import UUID

    import psycopg

__all__ = ["Figure", "behind", "explain_answer", "explain_page", "trail_answer", "trails"]

#: Subjects that are read at once: few enough to hold, enough that a statement is worth its way.
_AT_ONCE: Final = 1_000

# By LATERAL and OFFSET 0 the index is asked once for each subject, whatever the statistics say.
_OF: Final = """
    SELECT found.subject, {columns}
    FROM unnest(%(subjects)b::uuid[]) AS asked (subject),
         LATERAL (SELECT * FROM trail.{table}
                  WHERE {table}.subject = asked.subject AND position <= %(known)b OFFSET 0) AS found
    ORDER BY position
"""
_FACTS: Final = _OF.format(
    table="fact",
    columns="position, type, source, id, valid_on, recordedtime, accepted, withdraws_source, withdraws_id",
)
# The order in which a change is posted: by day, and what no longer holds before what is new.
_POSTINGS: Final = (
    _OF.format(table="posting", columns="position, valid_on, from_account, to_account, people")
    + ", valid_on, people, from_account, to_account"
)
_ANOMALIES: Final = _OF.format(table="anomaly", columns="name, refs, people")

_FIRST_DAY: Final = """
    SELECT min(valid_on) FROM trail.fact AS declared
    WHERE type = 'rekam.listing.list_declared.v1' AND position <= %(known)b
      AND NOT EXISTS (SELECT FROM trail.fact AS w
                      WHERE w.subject = declared.subject AND w.withdraws_source = declared.source
                        AND w.withdraws_id = declared.id AND w.position <= %(known)b)
"""

# `people` is the same in every row; there is one row without a subject where nobody is left.
_SOME: Final = f"""
    WITH stands AS MATERIALIZED (SELECT subject FROM ({STANDS.format(view="trail")}) AS found)
    SELECT (SELECT count(*) FROM stands), shown.subject
    FROM (VALUES (true)) AS one (row) LEFT JOIN (
        SELECT subject FROM stands WHERE %(after)b::uuid IS NULL OR subject > %(after)b
        ORDER BY subject LIMIT %(some)b
    ) AS shown ON true
    ORDER BY shown.subject
"""


class Figure(NamedTuple):
    """A figure that is explained: how many stand there on a day, as known at a position."""

    area: str
    standing: str
    day: date
    known: int


class _Fact(NamedTuple):
    subject: UUID
    position: int
    type: str
    source: str
    id: str
    valid_on: date | None
    recordedtime: str
    accepted: str
    withdraws_source: str | None
    withdraws_id: str | None


class _Posted(NamedTuple):
    subject: UUID
    position: int
    valid_on: date
    from_: int
    to: int
    people: int


class _Noted(NamedTuple):
    subject: UUID
    name: str
    refs: str
    people: int


def trail_answer(cursor: psycopg.Cursor[Any], subject: UUID, known: int) -> dict[str, Any]:
    """Every fact of a subject with what it changed. A list is a subject too: its facts change nobody.

    `withdrawn_by` is the position of the first withdrawal that names the fact, or None. An `effect` takes `people` (-1
    where a transfer no longer holds) from one account to another, `{"area", "standing"}` both. `anomalies` of a fact
    are the names of those that it is part of; at the top each stands once, with the positions of its facts. The
    `timeline` is folded from the effects. NoAnswer: nothing is known of the subject, or the position is ahead.
    """
    refuse_ahead("trail", position.of(cursor, "trail"), known)
    for answer in trails(cursor, [subject], known):
        return answer
    raise NoAnswer(
        f"nothing is known of subject {subject.hex} at position {known}: give a NIK or a subject of the register"
    )


def explain_answer(cursor: psycopg.Cursor[Any], area: str, standing: str, day: date, known: int) -> dict[str, Any]:
    """The trail of each person behind a figure, in order of subject; `people` is the figure.

    WrongUse: no such area or standing. NoAnswer: a day before the register's first, a position ahead of the view.
    """
    subjects = behind(cursor, area, standing, day, known)
    return {
        "area": area,
        "standing": standing,
        "on": day.isoformat(),
        "position": known,
        "people": len(subjects),
        "residents": list(trails(cursor, subjects, known)),
    }


def explain_page(cursor: psycopg.Cursor[Any], figure: Figure, after: UUID | None, limit: int) -> dict[str, Any]:
    """Some of the trails that `explain_answer` gives: up to `limit`, of the subjects that come after `after`.

    `people` is the whole figure, `next` the last subject shown, or None where nobody comes after it. Refused as there;
    WrongUse for a limit that is none.
    """
    if not 1 <= limit <= _AT_ONCE:
        raise WrongUse(f"limit {limit}: a page has from 1 to {_AT_ONCE} trails")
    area, standing, day, known = figure
    numbers = [NUMBERS[account] for account in _accounts(cursor, area, standing, day, known)]
    asked = {"accounts": numbers, "day": day, "known": known, "after": after, "some": limit + 1}
    found = cursor.execute(_SOME, asked, binary=True, prepare=False).fetchall()
    subjects = [subject for _, subject in found if subject is not None]
    return {
        "area": area,
        "standing": standing,
        "on": day.isoformat(),
        "position": known,
        "people": found[0][0],
        "residents": list(trails(cursor, subjects[:limit], known)),
        "next": subjects[limit - 1].hex if len(subjects) > limit else None,
    }


def behind(cursor: psycopg.Cursor[Any], area: str, standing: str, day: date, known: int) -> list[UUID]:
    """Who stands there on the day, in order of subject; `standing` may be a word for several, as for a list."""
    accounts = _accounts(cursor, area, standing, day, known)
    return [subject for subject, _ in who_stands(cursor, "trail", accounts, day, known)]


def _accounts(cursor: psycopg.Cursor[Any], area: str, standing: str, day: date, known: int) -> list[Account]:
    """The accounts behind the figure, where the question has an answer."""
    accounts = [Account(one, held) for one in kelurahan_in(area) for held in standings_behind(standing)]
    refuse_ahead("trail", position.of(cursor, "trail"), known)
    row = cursor.execute(_FIRST_DAY, {"known": known}, prepare=False).fetchone()
    refuse_before(row[0] if row else None, day, known)
    return accounts


def trails(cursor: psycopg.Cursor[Any], subjects: Sequence[UUID], known: int) -> Iterator[dict[str, Any]]:
    """The trail of each subject in the order given, read a thousand at a time; who has no facts yet is left out."""
    for at in range(0, len(subjects), _AT_ONCE):
        some = list(subjects[at : at + _AT_ONCE])
        asked = {"subjects": some, "known": known}
        facts: defaultdict[UUID, list[_Fact]] = defaultdict(list)
        for row in cursor.execute(_FACTS, asked, binary=True, prepare=False):
            facts[row[0]].append(_Fact(*row))
        postings: defaultdict[UUID, list[_Posted]] = defaultdict(list)
        for row in cursor.execute(_POSTINGS, asked, binary=True, prepare=False):
            postings[row[0]].append(_Posted(*row))
        anomalies: defaultdict[UUID, list[_Noted]] = defaultdict(list)
        for row in cursor.execute(_ANOMALIES, asked, binary=True, prepare=False):
            anomalies[row[0]].append(_Noted(*row))
        for subject in some:
            if subject in facts:
                yield _trail(facts[subject], postings[subject], anomalies[subject], known)


def _trail(facts: Sequence[_Fact], postings: Sequence[_Posted], noted: Sequence[_Noted], known: int) -> dict[str, Any]:
    places = {(fact.source, fact.id): fact.position for fact in facts}
    anomalies = _standing_anomalies(noted, places)
    effects = defaultdict(list)
    for posted in postings:
        effects[posted.position].append(_effect(posted))
    withdrawn: dict[tuple[str | None, str | None], int] = {}
    for fact in facts:
        withdrawn.setdefault((fact.withdraws_source, fact.withdraws_id), fact.position)
    return {
        "subject": facts[0].subject.hex,
        "position": known,
        "facts": [
            {
                "position": fact.position,
                "type": fact.type,
                "source": fact.source,
                "id": fact.id,
                "valid_on": fact.valid_on and fact.valid_on.isoformat(),
                "recordedtime": fact.recordedtime,
                "accepted": fact.accepted,
                "withdrawn_by": withdrawn.get((fact.source, fact.id)),
                "effect": effects.get(fact.position, []),
                "anomalies": sorted({one["name"] for one in anomalies if fact.position in one["facts"]}),
            }
            for fact in facts
        ],
        "anomalies": anomalies,
        "timeline": _timeline(postings),
    }


def _effect(posted: _Posted) -> dict[str, Any]:
    return {
        "valid_on": posted.valid_on.isoformat(),
        "from": ACCOUNTS[posted.from_]._asdict(),
        "to": ACCOUNTS[posted.to]._asdict(),
        "people": posted.people,
    }


def _standing_anomalies(noted: Sequence[_Noted], places: dict[tuple[str, str], int]) -> list[dict[str, Any]]:
    """Those that appeared and have not gone, by name and then by the positions of their facts."""
    balance: Counter[tuple[str, str]] = Counter()
    for one in noted:
        balance[one.name, one.refs] += one.people
    standing = []
    for (name, refs), people in balance.items():
        if people:
            found = sorted({places[source, id_] for source, id_ in orjson.loads(refs)})
            standing.append({"name": name, "facts": found})
    return sorted(standing, key=lambda one: (one["name"], one["facts"]))


def _timeline(postings: Sequence[_Posted]) -> list[dict[str, Any]]:
    """What is left of the transfers: at most one a day, each beginning where the one before it ended."""
    balance: Counter[tuple[date, int, int]] = Counter()
    for posted in postings:
        balance[posted.valid_on, posted.from_, posted.to] += posted.people
    return [
        {"from": day.isoformat(), **ACCOUNTS[to]._asdict()}
        for (day, _, to), people in sorted(balance.items())
        if people
    ]
