"""The answer `anomalies`: the contradictions that stand, case by case, and how many there are of each name.

Cases are in order of (name, subject, digest of the refs), which is also the key of a page: it stays where it is when
others come and go. Nothing here names anybody but by subject.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from events.errors import WrongUse
from projections.accounts import ACCOUNTS
from projections.lists import DECLARATION
from projections.moves import numbers_of
from projections.reading import STANDINGS
from projections.selection import Area, refuse_ahead
from projections.transfers import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    import psycopg

__all__ = ["MOST", "NAMES", "Case", "Noted", "anomalies_answer", "tally"]

_DOES_NOT_SUM, _MISSING, _TOO_MANY = "list_does_not_sum", "list_rows_missing", "list_rows_too_many"
#: Every name there is.
NAMES: Final = (
    "event_after_death",
    "died_twice",
    "finding_against_recording",
    "findings_disagree",
    "still_here_while_departed",
    "listed_while_departed",
    "listed_after_death",
    "listed_elsewhere_than_moved",
    "from_kelurahan_differs",
    "particulars_differ",
    "never_listed",
    "unknown_status",
    "nik_district_unknown",
    "nik_date_impossible",
    "nik_birth_date_differs",
    "nik_sex_differs",
    "list_does_not_sum",
    "list_rows_missing",
    "list_rows_too_many",
)
#: Cases a page.
MOST: Final = 1000

_POSITIONS: Final = "SELECT t.position, t.reading_version, c.position FROM trail.position AS t, counts.position AS c"

# One that went and came back stands since it last appeared.
_STANDING: Final = """
SELECT name, subject, refs, max(position) FILTER (WHERE people > 0) AS since
FROM trail.anomaly
WHERE position <= %(known)s AND {also}
GROUP BY name, subject, refs
HAVING sum(people) <> 0
"""
# Of the two sides of their postings a person's sum is 1 in the account where they stand. One subject after the other is
# asked, by the index, and of a page no more of them than it needs.
_STANDS: Final = """
LEFT JOIN LATERAL (
    SELECT account FROM trail.posting
    CROSS JOIN LATERAL (VALUES (to_account, people), (from_account, -people)) AS side (account, net)
    WHERE posting.subject = standing.subject AND valid_on <= %(day)s AND position <= %(known)s
    GROUP BY account HAVING sum(net) > 0
) AS stands ON true
"""
_CASES: Final = f"""
SELECT name, standing.subject, digest, refs, since, coalesce(account, 0)
FROM (SELECT *, encode(sha256(convert_to(refs, 'UTF8')), 'hex') COLLATE "C" AS digest
      FROM ({_STANDING}) AS noted) AS standing
{_STANDS}
WHERE {{inside}}
ORDER BY name, standing.subject, digest
LIMIT %(limit)s + 1
"""
_NAMED: Final = "name = %(name)s"
_OF_RESIDENTS: Final = f"name <> '{_DOES_NOT_SUM}'"
_AFTER: Final = """
(name, subject) >= (%(after_name)s, %(after_subject)s)
    AND (name, subject, encode(sha256(convert_to(refs, 'UTF8')), 'hex') COLLATE "C")
        > (%(after_name)s, %(after_subject)s, %(after_digest)s)
"""
_INSIDE: Final = "coalesce(account, 0) = ANY(%(accounts)s::smallint[])"

_FACTS: Final = """
SELECT found.subject, found.source, found.id, found.position
FROM unnest(%(subjects)s::uuid[]) AS asked (subject),
     LATERAL (SELECT * FROM trail.fact
              WHERE fact.subject = asked.subject AND position <= %(known)s OFFSET 0) AS found
"""

_TALLY: Final = f"""
SELECT name, count(DISTINCT subject), count(*) FROM ({_STANDING.format(also=_OF_RESIDENTS)}) AS standing GROUP BY name
"""
_TALLY_INSIDE: Final = f"""
SELECT name, count(DISTINCT standing.subject), count(*)
FROM ({_STANDING.format(also=_OF_RESIDENTS)}) AS standing
{_STANDS}
WHERE {_INSIDE}
GROUP BY name
"""
_SUMS: Final = f"""
SELECT list.name, declared.subject, declared.position, rows,
    (SELECT coalesce(sum(value::bigint), 0)::bigint FROM jsonb_each_text(rows_by_kelurahan))
FROM ({_STANDING.format(also=f"name = '{_DOES_NOT_SUM}'")}) AS standing
JOIN counts.declaration AS declared USING (subject)
JOIN counts.list ON list.number = declared.list
WHERE refs::jsonb = jsonb_build_array(jsonb_build_array(source, id)) AND declared.position <= %(known)s
ORDER BY list.number, declared.position
"""
_RESIDUALS: Final = f"""
SELECT list.name, declared.subject, declared.position, declared.rows - named.members
FROM counts.list
CROSS JOIN LATERAL ({
    DECLARATION.replace("%(number)s", "list.number").replace("SELECT register", "SELECT position, subject, register")
}) AS declared
CROSS JOIN LATERAL (
    SELECT count(*) AS members FROM (
        SELECT DISTINCT subject FROM counts.listing
        WHERE listing.list = list.number AND listing.position <= %(known)s
            AND (withdrawn IS NULL OR withdrawn > %(known)s)) AS member
) AS named
WHERE list.position <= %(known)s AND declared.rows <> named.members
ORDER BY list.number
"""


class Case(NamedTuple):
    """What a case is called, for ever: `digest` is the SHA-256, in hexadecimal, of the refs as the view has them."""

    name: str
    subject: UUID
    digest: str


@dataclass(frozen=True, slots=True)
class Noted:
    """Which cases: those that stand at `known`, of one name or all, of people who stand in `area` on `day` or anywhere.

    A page begins after the case `after`, or with the first, and has `limit` cases at most.
    """

    day: date
    known: int
    name: str | None = None
    area: Area = None
    after: Case | None = None
    limit: int = 100


def anomalies_answer(cursor: psycopg.Cursor[Any], noted: Noted) -> dict[str, Any]:
    """A page of cases; on the first page also what lists contradict, and the tally of all names.

    The tally is of the cases of every name that there are in the area; what lists contradict belongs to none.
    A case has the positions of its `facts`, and the position `since` which it stands; `area` and `standing` are where
    the person stands on the day, `nowhere` before their first fact. `next` is the key to go on after, or None. `lists`
    and `tally` are None on later pages. Any day may be asked about.

    WrongUse: no such name or area, a limit that is none, a key of a page of another name. NoAnswer: a position ahead.
    """
    _refuse(noted)
    accounts = _accounts(noted)
    trailed, reading_version, counted = cursor.execute(_POSITIONS).fetchone() or (0, 0, 0)
    refuse_ahead("trail", trailed, noted.known)
    refuse_ahead("counts", counted, noted.known)
    found = _cases(cursor, noted, accounts)
    cases = found[: noted.limit]
    first = noted.after is None
    lists = _of_lists(cursor, noted.known) if first and noted.area is None else []
    named = [one for one in lists if noted.name in {None, one["name"]}]
    return {
        "on": noted.day.isoformat(),
        "position": noted.known,
        "reading_version": reading_version,
        "name": noted.name,
        "area": noted.area,
        "cases": cases,
        "next": {key: cases[-1][key] for key in Case._fields} if len(found) > noted.limit else None,
        "lists": named if first else None,
        "tally": tally(cursor, noted, lists) if first else None,
    }


def tally(cursor: psycopg.Cursor[Any], noted: Noted, lists: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """By name, in that order: the residents concerned, or lists, and the cases; `lists` are what lists contradict.

    It is of everywhere, or of who stands in the area on the day. Of rows missing or too many the people are how many:
    as `reporting.anomalies_at` has it.
    """
    query = _TALLY if noted.area is None else _TALLY_INSIDE
    asked = {"known": noted.known, "day": noted.day, "accounts": _accounts(noted)}
    of_lists: dict[str, list[dict[str, Any]]] = {}
    for one in lists:
        of_lists.setdefault(one["name"], []).append(one)
    rows = [
        {"name": name, "people": people, "lists": 0, "cases": cases}
        for name, people, cases in cursor.execute(query.encode(), asked)
    ]
    for name, some in of_lists.items():
        people = sum(one["people"] for one in some) if name != _DOES_NOT_SUM else 0
        rows.append({"name": name, "people": people, "lists": len({one["list"] for one in some}), "cases": len(some)})
    return sorted(rows, key=lambda row: str(row["name"]))


def _accounts(noted: Noted) -> list[int] | None:
    return None if noted.area is None else numbers_of([*STANDINGS, NOWHERE.standing], noted.area)


def _refuse(noted: Noted) -> None:
    if noted.name is not None and noted.name not in NAMES:
        raise WrongUse(f"no such anomaly: {noted.name!r}; there are {', '.join(NAMES)}")
    if not 1 <= noted.limit <= MOST:
        raise WrongUse(f"a page has from 1 to {MOST} cases, not {noted.limit}")
    if noted.after is not None and noted.name not in {None, noted.after.name}:
        raise WrongUse(f"that page is one of {noted.after.name!r}, not of {noted.name!r}: begin with the first")


def _cases(cursor: psycopg.Cursor[Any], noted: Noted, accounts: list[int] | None) -> list[dict[str, Any]]:
    """One more than the page has, where there are so many."""
    named = [_OF_RESIDENTS]
    if noted.name is not None:
        named.append(_NAMED)
    if noted.after is not None:
        named.append(_AFTER)
    query = _CASES.format(also=" AND ".join(named), inside="true" if accounts is None else _INSIDE)
    after = {f"after_{key}": value for key, value in noted.after._asdict().items()} if noted.after else {}
    asked = {"known": noted.known, "day": noted.day, "name": noted.name, "limit": noted.limit}
    rows = cursor.execute(query.encode(), {**asked, **after, "accounts": accounts}).fetchall()
    places = _places(cursor, [subject for _, subject, *_ in rows], noted.known)
    return [
        {
            "name": name,
            "subject": subject.hex,
            "digest": digest,
            "facts": sorted({places[subject, source, id_] for source, id_ in orjson.loads(refs)}),
            "since": since,
            **ACCOUNTS[account]._asdict(),
        }
        for name, subject, digest, refs, since, account in rows
    ]


def _places(cursor: psycopg.Cursor[Any], subjects: list[UUID], known: int) -> dict[tuple[UUID, str, str], int]:
    """The positions of everything that was said of these subjects."""
    cursor.execute(_FACTS, {"subjects": list(dict.fromkeys(subjects)), "known": known})
    return {(subject, source, id_): at for subject, source, id_, at in cursor}


def _of_lists(cursor: psycopg.Cursor[Any], known: int) -> list[dict[str, Any]]:
    """What lists contradict, each with the position of the declaration: its own sums, or the rows that came."""
    found: list[dict[str, Any]] = []
    for list_, subject, at, rows, summed in cursor.execute(_SUMS.encode(), {"known": known}):
        said = {"rows": rows, "rows_by_kelurahan": summed}
        found.append({"name": _DOES_NOT_SUM, "list": list_, "subject": subject.hex, "facts": [at], **said})
    for list_, subject, at, residual in cursor.execute(_RESIDUALS.encode(), {"known": known}):
        name = _MISSING if residual > 0 else _TOO_MANY
        found.append({"name": name, "list": list_, "subject": subject.hex, "facts": [at], "people": abs(residual)})
    return found
