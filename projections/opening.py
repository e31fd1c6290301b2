"""What is known of people, read from the view `outstanding` and opened with the key of each."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, cast

from events.entry import Entry, open_calendar, open_person
from events.vault import people
from projections.accounts import ACCOUNTS
from projections.evidence import Capture, Finding, Status
from projections.people import Resident, Sign, Stated, signs_on

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    import psycopg

    from events.vault import Keys
    from projections.evidence import Outcome
    from projections.transfers import Account

__all__ = ["opened", "residents", "signs", "stand_in"]

# By LATERAL and OFFSET 0 the index is asked once for each subject, whatever the statistics say. What is withdrawn is
# left out in Python: withdrawals are few.
_OF: Final = """
    SELECT found.subject, {columns}
    FROM unnest(%(subjects)b::uuid[]) AS asked (subject),
         LATERAL (SELECT * FROM outstanding.{table}
                  WHERE {table}.subject = asked.subject AND position <= %(known)b OFFSET 0) AS found
"""
_WITHDRAWN: Final = _OF.format(table="withdrawal", columns="source, id")
_STATED: Final = (
    _OF.format(table="particulars", columns="type, source, id, valid_on, recordedtime, sex, person, calendar")
    + """ORDER BY recordedtime COLLATE "C", source COLLATE "C", id COLLATE "C" """
)
_SIGNS: Final = _OF.format(table="sign", columns="type, source, id, valid_on, recordedtime, word")

# Any fact about somebody without live particulars: the NIK in it is theirs, also when it is withdrawn.
_IDENTITY: Final = """
    SELECT subject, type, source, id, person FROM outstanding.identity
    WHERE subject = ANY(%(subjects)b) AND position <= %(known)b
    UNION ALL
    SELECT subject, type, source, id, person FROM outstanding.particulars
    WHERE subject = ANY(%(subjects)b) AND position <= %(known)b
"""

# Where each stands: `nowhere` (0) before their first transfer. Whoever has no posting, or none that may be seen, is in
# no row.
_STAND_IN: Final = """
    SELECT subject, coalesce(max(account) FILTER (WHERE net > 0), 0)
    FROM (SELECT asked.subject, account, sum(net) FILTER (WHERE valid_on <= %(day)b) AS net
          FROM unnest(%(subjects)b::uuid[]) AS asked (subject),
               LATERAL (SELECT * FROM outstanding.posting
                        WHERE posting.subject = asked.subject AND position <= %(known)b OFFSET 0) AS posted,
               LATERAL (VALUES (to_account, people), (from_account, -people)) AS side (account, net)
          GROUP BY asked.subject, account) AS held
    GROUP BY subject
"""

_PERSONS: Final = """
    SELECT asked.number, type, source, id, person, wrapped
    FROM unnest(%(subjects)b::uuid[], %(positions)b::bigint[]) WITH ORDINALITY AS asked (subject, position, number),
         LATERAL (SELECT * FROM outstanding.particulars AS p
                  WHERE p.subject = asked.subject AND p.position = asked.position OFFSET 0) AS shown,
         LATERAL (SELECT wrapped FROM vault.person AS v WHERE v.subject = asked.subject OFFSET 0) AS held
"""


def residents(
    cursor: psycopg.Cursor[Any], keys: Keys, standing: Mapping[UUID, Account], day: date, known: int
) -> Iterator[Resident]:
    """Each with all that is known of them, in the order given."""
    if not standing:
        return
    asked = {"subjects": list(standing), "known": known}
    held = people(cursor, keys, standing)
    withdrawn = _withdrawn(cursor, asked)
    stated, personal = _stated(cursor, asked, held, withdrawn)
    personal.update(_niks(cursor, {**asked, "subjects": [one for one in held if one not in stated]}, held))
    seen = _signs(cursor, asked, withdrawn)
    for subject, account in standing.items():
        in_order_k = signs_on(seen.get(subject, ()), day)
        yield Resident(subject.hex, account, stated.get(subject, ()), in_order_k, personal.get(subject, {}))


def stand_in(cursor: psycopg.Cursor[Any], subjects: Sequence[UUID], day: date, known: int) -> dict[UUID, Account]:
    """Where each of them stands; without those whom nothing posted is known of, or may be seen."""
    asked = {"subjects": list(subjects), "day": day, "known": known}
    cursor.execute(_STAND_IN, asked, binary=True, prepare=False)
    return {subject: ACCOUNTS[number] for subject, number in cursor.fetchall()}


def signs(cursor: psycopg.Cursor[Any], subjects: Sequence[UUID], known: int) -> Mapping[UUID, Sequence[Sign]]:
    """What has been seen of each, on whatever day, in no order."""
    asked = {"subjects": list(subjects), "known": known}
    return _signs(cursor, asked, _withdrawn(cursor, asked))


def opened(
    cursor: psycopg.Cursor[Any], keys: Keys, shown: Sequence[tuple[UUID, int]]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """What is sealed of people in the particulars at these positions, each with its place among what is asked for.

    Whoever has no key any more is left out.
    """
    asked = {"subjects": [subject for subject, _ in shown], "positions": [position for _, position in shown]}
    for number, type_, source, id_, person, wrapped in cursor.execute(_PERSONS, asked, binary=True, prepare=False):
        subject = shown[number - 1][0]
        yield number - 1, open_person(_sealed(subject, type_, source, id_, person), keys.unwrap(subject, wrapped))


def _withdrawn(cursor: psycopg.Cursor[Any], asked: dict[str, Any]) -> frozenset[tuple[UUID, str, str]]:
    return frozenset(cursor.execute(_WITHDRAWN, asked, binary=True, prepare=False))


def _signs(
    cursor: psycopg.Cursor[Any], asked: dict[str, Any], withdrawn: frozenset[tuple[UUID, str, str]]
) -> Mapping[UUID, Sequence[Sign]]:
    found: defaultdict[UUID, list[Sign]] = defaultdict(list)
    for subject, *said in cursor.execute(_SIGNS, asked, binary=True, prepare=False):
        if (subject, *said[1:3]) not in withdrawn:
            found[subject].append(_sign(*said))
    return found


def _stated(
    cursor: psycopg.Cursor[Any],
    asked: dict[str, Any],
    held: Mapping[UUID, bytes],
    withdrawn: frozenset[tuple[UUID, str, str]],
) -> tuple[Mapping[UUID, Sequence[Stated]], dict[UUID, dict[str, Any]]]:
    """The live particulars of each subject in order S, and what is sealed in the last of them, where there is a key."""
    stated: defaultdict[UUID, list[Stated]] = defaultdict(list)
    last: dict[UUID, Entry] = {}
    for row in cursor.execute(_STATED, asked, binary=True, prepare=False):
        subject, type_, source, id_, valid_on, recordedtime, sex, person, calendar = row
        if (subject, source, id_) in withdrawn:
            continue
        last[subject] = entry = _sealed(subject, type_, source, id_, person, calendar)
        days = open_calendar(entry, held[subject]) if subject in held else None
        stated[subject].append(Stated(recordedtime, source, id_, valid_on, sex, days))
    return stated, {subject: open_person(entry, held[subject]) for subject, entry in last.items() if subject in held}


def _niks(cursor: psycopg.Cursor[Any], asked: dict[str, Any], held: Mapping[UUID, bytes]) -> dict[UUID, dict[str, Any]]:
    """The NIK alone: what else a withdrawn listing says does not hold."""
    if not asked["subjects"]:
        return {}
    found = {row[0]: _sealed(*row) for row in cursor.execute(_IDENTITY, asked, binary=True, prepare=False)}
    return {subject: {"nik": open_person(entry, held[subject])["nik"]} for subject, entry in found.items()}


def _sealed(subject: UUID, type_: str, source: str, id_: str, person: bytes, calendar: bytes | None = None) -> Entry:
    """The entry as far as its parts can be opened with it: what they are bound to, and the parts."""
    return Entry(subject, type_, source, id_, "", "", "", None, False, None, None, (), {}, person, calendar)


def _sign(type_: str, source: str, id_: str, valid_on: date, recordedtime: str, word: str | None) -> Sign:
    if word is None:
        return Capture(source, id_, recordedtime, valid_on)
    if type_ == "rekam.recording.status_reported.v1":
        return Status(source, id_, recordedtime, valid_on, word)
    return Finding(source, id_, recordedtime, valid_on, cast("Outcome", word))
