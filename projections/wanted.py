"""Whom a by-name list is about, and what is asked before any of it: is there such a list, who is on it, at which day.

Days and positions are inclusive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from events.errors import NoAnswer, WrongUse
from projections.accounts import NUMBERS
from projections.filters import NO_FILTERS, Filters
from projections.selection import Area, refuse_ahead, refuse_before, standings_behind
from projections.transfers import NOWHERE, Account

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    import psycopg

__all__ = [
    "IS_MEMBER",
    "Sight",
    "Wanted",
    "accounts_in",
    "check",
    "members",
    "nowhere_yet",
    "numbers_in",
    "refuse_unheard",
]

_LIVE: Final = """
    NOT EXISTS (SELECT FROM outstanding.withdrawal AS w
                WHERE w.subject = {0}.subject AND w.source = {0}.source AND w.id = {0}.id AND w.position <= %(known)b)
"""

# Whether the question has an answer, and with whose eyes it is seen: what the rows depend on beside the position. That
# is row security, which keys there are, and which server and table is asked: one that was put back from a copy, was a
# standby, or was made anew, may have given a position to another entry.
_CHECKED: Final = f"""
    SELECT (SELECT position FROM outstanding.position),
           (SELECT min(as_of) FROM outstanding.declaration AS d
            WHERE position <= %(known)b AND {_LIVE.format("d")}),
           current_user::text, current_setting('rekam.accounts', true), (SELECT times FROM vault.destroyed),
           pg_postmaster_start_time(), 'outstanding.posting'::regclass::oid::bigint
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

# Of one `stands.subject`. By OFFSET 0 the index is asked for each, instead of reading the whole list for a few of them.
IS_MEMBER: Final = f"""
    EXISTS (SELECT FROM outstanding.particulars AS m
            WHERE m.subject = stands.subject AND m.list = %(list)b AND m.position <= %(known)b
              AND {_LIVE.format("m")} OFFSET 0)
"""

_ENTERED: Final = """
    SELECT subject FROM outstanding.posting
    WHERE from_account = 0 AND subject = ANY(%(members)b) AND valid_on <= %(day)b AND position <= %(known)b
    GROUP BY subject HAVING sum(people) > 0
"""


#: Whose eyes a question is seen with; what is learned by others is not theirs.
Sight: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom a list is about: a standing or a word for several, on a day, as known at a position.

    `area` is where they stand, as `kelurahan_in` has it; `list` keeps to its members. Only with a list
    do those belong to `cleared` and `settled`, or are there at all, who stand `nowhere` yet.
    """

    standing: str
    day: date
    known: int
    area: Area = None
    list: str | None = None
    filters: Filters = NO_FILTERS

    @property
    def standings(self) -> tuple[str, ...]:
        """The standings it is about. WrongUse for a word that is none, and for `nowhere` without a list."""
        if self.standing == NOWHERE.standing:
            if self.list is None:
                raise WrongUse("who stands nowhere is in no count: ask for the members of a list")
            return (NOWHERE.standing,)
        standings = standings_behind(self.standing)
        with_nowhere = self.list is not None and self.standing in {"cleared", "settled"}
        return (*standings, NOWHERE.standing) if with_nowhere else standings


def check(cursor: psycopg.Cursor[Any], day: date, known: int) -> Sight:
    """NoAnswer for a position ahead of the view, or a day before the register's first."""
    row = cursor.execute(_CHECKED, {"known": known}, prepare=False).fetchone()
    assert row is not None
    at, first, *sight = row
    refuse_ahead("outstanding", at or 0, known)
    refuse_before(first, day, known)
    return tuple(sight)


def refuse_unheard(cursor: psycopg.Cursor[Any], wanted: Wanted) -> None:
    """NoAnswer for a list of which nothing was known."""
    if wanted.list is None:
        return
    asked = {"list": wanted.list, "known": wanted.known}
    if cursor.execute(_HEARD_OF, asked, prepare=False).fetchone() != (True,):
        raise NoAnswer(
            f"no list {wanted.list!r} is known at position {wanted.known}: `rekam reconcile` takes its exact name"
        )


def members(cursor: psycopg.Cursor[Any], wanted: Wanted) -> frozenset[UUID]:
    """Who has a live listing in the list, whatever its day."""
    asked = {"list": wanted.list, "known": wanted.known}
    return frozenset(subject for (subject,) in cursor.execute(_MEMBERS, asked, binary=True, prepare=False))


def nowhere_yet(cursor: psycopg.Cursor[Any], wanted: Wanted) -> list[UUID]:
    """The members of the list who have not entered the register on that day, in order of subject."""
    on_list = members(cursor, wanted)
    asked = {"members": list(on_list), "day": wanted.day, "known": wanted.known}
    entered = {subject for (subject,) in cursor.execute(_ENTERED, asked, binary=True, prepare=False)}
    return sorted(on_list - entered)


def accounts_in(wanted: Wanted, area: str) -> list[Account]:
    """The accounts that the list is made of in a kelurahan; an account of `nowhere` in another area is nobody's."""
    return [Account(area, standing) for standing in wanted.standings if Account(area, standing) in NUMBERS]


def numbers_in(wanted: Wanted, area: str) -> list[int]:
    """Their numbers in the ledger, without `nowhere`, of which the ledger does not know who stands there."""
    return [NUMBERS[account] for account in accounts_in(wanted, area) if account != NOWHERE]
