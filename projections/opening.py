"""What is known of people, read from the view `outstanding` and opened with the key of each."""

from __future__ import annotations

from collections import defaultdict
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from events.entry import Entry, open_calendar, open_person
from events.together import array_of, together
from projections.accounts import ACCOUNTS
from projections.evidence import Capture, Finding, Status
from projections.people import Resident, Sign, Stated, signs_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    import psycopg

    from events.entry import Calendar
    from events.vault import Keys
    from projections.evidence import Outcome
    from projections.transfers import Account

__all__ = ["opened", "residents", "signs", "stand_in"]

# By LATERAL and OFFSET 0 the index is asked once for each subject, whatever the statistics say. Whom a row is about is
# said by their number among the subjects, from 1. What is withdrawn is left out in Python: withdrawals are few.
_OF: Final = """
    SELECT asked.number, {columns}
    FROM unnest(%(subjects)s::uuid[]) WITH ORDINALITY AS asked (subject, number),
         LATERAL (SELECT * FROM {table}
                  WHERE {table}.subject = asked.subject {known} OFFSET 0) AS found
"""
_KNOWN: Final = "AND position <= %(known)b"
_KEPT: Final = _OF.format(table="vault.person", columns="wrapped", known="")
_WITHDRAWN: Final = _OF.format(table="outstanding.withdrawal", columns="source, id", known=_KNOWN)
_STATED: Final = _OF.format(
    table="outstanding.particulars",
    columns="recordedtime, source, id, type, valid_on, sex, person, calendar",
    known=_KNOWN,
)
_SIGNS: Final = _OF.format(
    table="outstanding.sign", columns="type, source, id, valid_on, recordedtime, word", known=_KNOWN
)

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


class _Said(NamedTuple):
    """Particulars as they are kept, in the order of corrections S where they are compared."""

    recordedtime: str
    source: str
    id: str
    type: str
    valid_on: date
    sex: str
    person: bytes
    calendar: bytes


def residents(
    cursor: psycopg.Cursor[Any], keys: Keys, standing: Mapping[UUID, Account], day: date, known: int
) -> Iterator[Resident]:
    """Each with all that their row follows from, in the order given."""
    if not standing:
        return
    subjects = list(standing)
    asked = {"subjects": array_of(subjects), "known": known}
    kept, withdrawn, said, seen = together(cursor, (_KEPT, _WITHDRAWN, _STATED, _SIGNS), asked)
    gone = frozenset(withdrawn)
    held = {number: keys.unwrap(subjects[number - 1], wrapped) for number, wrapped in kept}
    stated, signs_of = _stated(said, gone), _signs(seen, gone)
    without = {subjects[number - 1]: key for number, key in held.items() if number not in stated}
    niks = _niks(cursor, known, without)
    for number, (subject, account) in enumerate(standing.items(), start=1):
        personal, particulars = _opened(subject, held.get(number), stated.get(number, ()))
        in_order_k = signs_on(signs_of.get(number, ()), day)
        yield Resident(subject.hex, account, particulars, in_order_k, niks.get(subject, personal))


def stand_in(cursor: psycopg.Cursor[Any], subjects: Sequence[UUID], day: date, known: int) -> dict[UUID, Account]:
    """Where each of them stands; without those whom nothing posted is known of, or may be seen."""
    asked = {"subjects": list(subjects), "day": day, "known": known}
    cursor.execute(_STAND_IN, asked, binary=True, prepare=False)
    return {subject: ACCOUNTS[number] for subject, number in cursor.fetchall()}


def signs(cursor: psycopg.Cursor[Any], subjects: Sequence[UUID], known: int) -> Mapping[UUID, Sequence[Sign]]:
    """What has been seen of each, on whatever day, in no order."""
    withdrawn, seen = together(cursor, (_WITHDRAWN, _SIGNS), {"subjects": array_of(subjects), "known": known})
    return {subjects[number - 1]: some for number, some in _signs(seen, frozenset(withdrawn)).items()}


def opened(
    cursor: psycopg.Cursor[Any], keys: Keys, shown: Sequence[tuple[UUID, int]]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """What is sealed of people in the particulars at these positions, each with its place among what is asked for.

    Whoever has no key any more is left out.
    """
    asked = {"subjects": [subject for subject, _ in shown], "positions": [position for _, position in shown]}
    rows = cursor.execute(_PERSONS, asked, binary=True, prepare=False).fetchall()
    for number, type_, source, id_, person, wrapped in rows:
        subject = shown[number - 1][0]
        yield number - 1, open_person(_sealed(subject, type_, source, id_, person), keys.unwrap(subject, wrapped))


def _signs(seen: Iterable[tuple[Any, ...]], gone: frozenset[tuple[Any, ...]]) -> Mapping[int, Sequence[Sign]]:
    """What has been seen of each, by number, but for what is withdrawn."""
    found: defaultdict[int, list[Sign]] = defaultdict(list)
    for number, type_, source, id_, *said in seen:
        if (number, source, id_) not in gone:
            found[number].append(_sign(type_, source, id_, *said))
    return found


def _stated(said: Iterable[tuple[Any, ...]], gone: frozenset[tuple[Any, ...]]) -> Mapping[int, Sequence[_Said]]:
    """The live particulars of each, by number, in order S, which compares texts by code point as Python does."""
    found: defaultdict[int, list[_Said]] = defaultdict(list)
    for number, *rest in said:
        one = _Said(*rest)
        if not gone or (number, one.source, one.id) not in gone:
            found[number].append(one)
    for some in found.values():
        some.sort(key=itemgetter(0, 1, 2))
    return found


def _opened(subject: UUID, key: bytes | None, said: Sequence[_Said]) -> tuple[dict[str, Any], list[Stated]]:
    """What is sealed in the last of somebody's particulars, and those of them that count.

    Earlier ones count where the person was not 17 yet by the last: of a marriage that is stated on a later day than the
    17th birthday nothing follows, so it stays closed.
    """
    if not said:
        return {}, []
    *before, last = said
    if key is None:
        return {}, [_as_stated(last, None)]
    entry = _entry(subject, last)
    personal, days = open_person(entry, key), open_calendar(entry, key)
    counting = [one for one in before if days is not None and one.valid_on < days.seventeen_on]
    stated = [_as_stated(one, open_calendar(_entry(subject, one), key)) for one in counting]
    return personal, [*stated, _as_stated(last, days)]


def _niks(cursor: psycopg.Cursor[Any], known: int, held: Mapping[UUID, bytes]) -> dict[UUID, dict[str, Any]]:
    """The NIK alone: what else a withdrawn listing says does not hold."""
    if not held:
        return {}
    asked = {"subjects": list(held), "known": known}
    found = {row[0]: _sealed(*row) for row in cursor.execute(_IDENTITY, asked, binary=True, prepare=False)}
    return {subject: {"nik": open_person(entry, held[subject])["nik"]} for subject, entry in found.items()}


def _entry(subject: UUID, said: _Said) -> Entry:
    return _sealed(subject, said.type, said.source, said.id, said.person, said.calendar)


def _as_stated(said: _Said, calendar: Calendar | None) -> Stated:
    return Stated(said.recordedtime, said.source, said.id, said.valid_on, said.sex, calendar)


def _sealed(subject: UUID, type_: str, source: str, id_: str, person: bytes, calendar: bytes | None = None) -> Entry:
    """The entry as far as its parts can be opened with it: what they are bound to, and the parts."""
    return Entry(subject, type_, source, id_, "", "", "", None, False, None, None, (), {}, person, calendar)


def _sign(type_: str, source: str, id_: str, valid_on: date, recordedtime: str, word: str | None) -> Sign:
    if word is None:
        return Capture(source, id_, recordedtime, valid_on)
    if type_ == "rekam.recording.status_reported.v1":
        return Status(source, id_, recordedtime, valid_on, word)
    return Finding(source, id_, recordedtime, valid_on, cast("Outcome", word))
