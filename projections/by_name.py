"""By-name lists: everyone behind a figure, one row each, read from the view `outstanding`.

A list is opened and ordered one kelurahan at a time, in order of code with `-` at the end, so that no more than a few
thousand people are ever in the clear at once. Days and positions are inclusive. Where the caller wants the statements
of one list to see one view, also while a rebuild swaps it, its transaction is REPEATABLE READ.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from events.entry import Entry, open_calendar, open_person
from events.errors import NoAnswer, WrongUse
from events.vault import people
from projections import position
from projections.evidence import Capture, Finding, Status
from projections.ledger import who_stands
from projections.people import Resident, Sign, Stated, in_order, row_of, signs_on
from projections.selection import kelurahan_in, refuse_ahead, refuse_before, standings_behind
from projections.transfers import NOWHERE, Account

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    import psycopg

    from events.vault import Keys
    from projections.evidence import Outcome

__all__ = ["Wanted", "list_answer", "rows"]

_LIVE: Final = """
    NOT EXISTS (SELECT FROM outstanding.withdrawal AS w
                WHERE w.subject = {0}.subject AND w.source = {0}.source AND w.id = {0}.id AND w.position <= %(known)b)
"""

_FIRST_DAY: Final = f"""
    SELECT min(as_of) FROM outstanding.declaration AS d WHERE position <= %(known)b AND {_LIVE.format("d")}
"""

_HEARD_OF: Final = """
    SELECT EXISTS (SELECT FROM outstanding.declaration WHERE list = %(list)b AND position <= %(known)b)
        OR EXISTS (SELECT FROM outstanding.particulars
                   WHERE left(list, 200) = left(%(list)b, 200) AND list = %(list)b AND position <= %(known)b)
"""

_MEMBERS: Final = f"""
    SELECT DISTINCT subject FROM outstanding.particulars AS p
    WHERE left(list, 200) = left(%(list)b, 200) AND list = %(list)b AND position <= %(known)b AND {_LIVE.format("p")}
"""

_ENTERED: Final = """
    SELECT subject FROM outstanding.posting
    WHERE from_account = 0 AND subject = ANY(%(members)b) AND valid_on <= %(day)b AND position <= %(known)b
    GROUP BY subject HAVING sum(people) > 0
"""

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


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom a list is about: a standing or a word for several, on a day, as known at a position.

    `area` is where they stand: a kelurahan, a kecamatan, the city or `-`; `list` keeps to its members. Only with a list
    do those belong to `cleared` and `settled`, or are there at all, who stand `nowhere` yet.
    """

    standing: str
    day: date
    known: int
    area: str | None = None
    list: str | None = None


def list_answer(cursor: psycopg.Cursor[Any], keys: Keys, wanted: Wanted) -> dict[str, Any]:
    """The whole list. NoAnswer: a day before the register's first, a position ahead of the view, an unknown list.

    WrongUse: no such standing or area.
    """
    return {"position": wanted.known, "on": wanted.day.isoformat(), "rows": list(rows(cursor, keys, wanted))}


def rows(cursor: psycopg.Cursor[Any], keys: Keys, wanted: Wanted) -> Iterator[dict[str, Any]]:
    """The rows of a list, numbered from 1, a kelurahan at a time; refused, as `list_answer` says, before the first."""
    standings = _standings(wanted)
    areas = kelurahan_in(wanted.area)
    _check(cursor, wanted)
    members = _members(cursor, wanted)
    number = 0
    for area in areas:
        standing = _who(cursor, wanted, [Account(area, standing) for standing in standings], members)
        for resident in in_order(_residents(cursor, keys, wanted, standing)):
            number += 1
            yield {"number": number, **row_of(resident, wanted.day)}


def _standings(wanted: Wanted) -> tuple[str, ...]:
    if wanted.standing == NOWHERE.standing:
        if wanted.list is None:
            raise WrongUse("who stands nowhere is in no count: ask for the members of a list")
        return (NOWHERE.standing,)
    standings = standings_behind(wanted.standing)
    with_nowhere = wanted.list is not None and wanted.standing in {"cleared", "settled"}
    return (*standings, NOWHERE.standing) if with_nowhere else standings


def _check(cursor: psycopg.Cursor[Any], wanted: Wanted) -> None:
    refuse_ahead("outstanding", position.of(cursor, "outstanding"), wanted.known)
    cursor.execute(_FIRST_DAY, {"known": wanted.known}, prepare=False)
    row = cursor.fetchone()
    refuse_before(row[0] if row else None, wanted.day, wanted.known)


def _members(cursor: psycopg.Cursor[Any], wanted: Wanted) -> frozenset[UUID] | None:
    if wanted.list is None:
        return None
    asked = {"list": wanted.list, "known": wanted.known}
    if cursor.execute(_HEARD_OF, asked, prepare=False).fetchone() != (True,):
        raise NoAnswer(
            f"no list {wanted.list!r} is known at position {wanted.known}: `rekam reconcile` takes its exact name"
        )
    return frozenset(subject for (subject,) in cursor.execute(_MEMBERS, asked, binary=True, prepare=False))


def _who(
    cursor: psycopg.Cursor[Any], wanted: Wanted, accounts: Sequence[Account], members: frozenset[UUID] | None
) -> dict[UUID, Account]:
    """Who stands in one of the accounts; an account of `nowhere` in another area than `-` is nobody's."""
    held = [account for account in accounts if account.standing != NOWHERE.standing]
    found = dict(who_stands(cursor, "outstanding", held, wanted.day, wanted.known)) if held else {}
    if members is None:
        return found
    standing = {subject: account for subject, account in found.items() if subject in members}
    if NOWHERE in accounts:
        asked = {"members": list(members), "day": wanted.day, "known": wanted.known}
        entered = {subject for (subject,) in cursor.execute(_ENTERED, asked, binary=True, prepare=False)}
        standing.update(dict.fromkeys(sorted(members - entered), NOWHERE))
    return standing


def _residents(
    cursor: psycopg.Cursor[Any], keys: Keys, wanted: Wanted, standing: Mapping[UUID, Account]
) -> Iterator[Resident]:
    if not standing:
        return
    asked = {"subjects": list(standing), "day": wanted.day, "known": wanted.known}
    held = people(cursor, keys, standing)
    withdrawn = frozenset(cursor.execute(_WITHDRAWN, asked, binary=True, prepare=False))
    stated, personal = _stated(cursor, asked, held, withdrawn)
    personal.update(_niks(cursor, {**asked, "subjects": [one for one in held if one not in stated]}, held))
    signs: defaultdict[UUID, list[Sign]] = defaultdict(list)
    for subject, *said in cursor.execute(_SIGNS, asked, binary=True, prepare=False):
        if (subject, *said[1:3]) not in withdrawn:
            signs[subject].append(_sign(*said))
    for subject, account in standing.items():
        in_order_k = signs_on(signs.get(subject, ()), wanted.day)
        yield Resident(subject.hex, account, stated.get(subject, ()), in_order_k, personal.get(subject, {}))


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
        opened = open_calendar(entry, held[subject]) if subject in held else None
        stated[subject].append(Stated(recordedtime, source, id_, valid_on, sex, opened))
    return stated, {subject: open_person(entry, held[subject]) for subject, entry in last.items() if subject in held}


def _niks(cursor: psycopg.Cursor[Any], asked: dict[str, Any], held: Mapping[UUID, bytes]) -> dict[UUID, dict[str, Any]]:
    """The NIK alone: what else a withdrawn listing says does not hold."""
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
