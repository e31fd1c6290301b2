"""Users: who may sign in, as what, and where. A name is given once; whoever leaves is disabled, never removed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from psycopg.errors import UniqueViolation

from events.errors import NoAnswer, Refusal, WrongUse
from events.territory import KECAMATAN, KELURAHAN
from services.access.roles import Caller, Role

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import psycopg

__all__ = ["User", "add", "by_subject", "check", "disable", "enable", "find", "listed", "set_password"]

_NAME: Final = re.compile(r"[a-z0-9._-]{1,64}")
_SUBJECT: Final = re.compile(r"[!-~]{1,255}")  # OpenID Connect Core: ASCII, at most 255 characters

_COLUMNS: Final = "name, role, areas, password, subject, added, disabled"
_ADD: Final = f"""
    INSERT INTO access.user (name, role, areas, password, subject)
    VALUES (%(name)s, %(role)s, %(areas)s, %(password)s, %(subject)s)
    RETURNING {_COLUMNS}
"""
_FIND: Final = f"SELECT {_COLUMNS} FROM access.user WHERE name = %s"
_BY_SUBJECT: Final = f"SELECT {_COLUMNS} FROM access.user WHERE subject = %s"
_LISTED: Final = f"SELECT {_COLUMNS} FROM access.user ORDER BY name"
_DISABLE: Final = "UPDATE access.user SET disabled = coalesce(disabled, now()) WHERE name = %s"
_ENABLE: Final = "UPDATE access.user SET disabled = NULL WHERE name = %s"
_SET_PASSWORD: Final = "UPDATE access.user SET password = %s WHERE name = %s"  # noqa: S105 - a statement
_END_SESSIONS: Final = "DELETE FROM access.session WHERE name = %s"


@dataclass(frozen=True, slots=True)
class User:
    """`password` is a hash; `subject` is who they are at the office's sign-on. Either may be none."""

    name: str
    role: Role
    areas: tuple[str, ...]
    password: str | None = field(repr=False)
    subject: str | None
    added: datetime
    disabled: datetime | None

    @property
    def caller(self) -> Caller:
        return Caller(self.name, self.role, self.areas)


def check(name: str, role: str, areas: Sequence[str], subject: str | None = None) -> Caller:
    """Whom a user of that name, role and areas would be. WrongUse says what does not fit, and the way out."""
    if not _NAME.fullmatch(name):
        raise WrongUse(f"{name!r} is no name of a user: write 1 to 64 of the letters a-z, digits, dots, - and _")
    if role not in tuple(Role):
        raise WrongUse(f"{role!r} is no role; there are {', '.join(Role)}")
    for area in areas:
        if area not in KELURAHAN and area not in KECAMATAN:
            raise WrongUse(f"{area!r} is no kelurahan or kecamatan: write a code like 53.71.01.1001 or 53.71.01")
    if role == Role.OFFICER and not areas:
        raise WrongUse("an officer has at least one area: name a kelurahan or a kecamatan with --area")
    if role != Role.OFFICER and areas:
        raise WrongUse(f"only an officer has areas: leave --area away, or make {name} an officer")
    if subject is not None and not _SUBJECT.fullmatch(subject):
        raise WrongUse("a subject has 1 to 255 characters of ASCII without spaces: write it as the sign-on gives it")
    return Caller(name, Role(role), tuple(sorted(set(areas))))


def add(cursor: psycopg.Cursor[Any], who: Caller, password: str | None, subject: str | None = None) -> User:
    """Add the user, with a hash of their password, or none. Refusal where the name or the subject is taken."""
    asked = {"name": who.name, "role": who.role, "areas": list(who.areas), "password": password, "subject": subject}
    try:
        row = cursor.execute(_ADD.encode(), asked).fetchone()
    except UniqueViolation as error:
        taken = "that subject" if error.diag.constraint_name == "user_subject_key" else f"the name {who.name}"
        raise Refusal(f"{taken} is taken: a user's name and subject are given once and for ever") from None
    assert row is not None
    return _user(row)


def find(cursor: psycopg.Cursor[Any], name: str) -> User | None:
    """The user of that name, also a disabled one."""
    return _one(cursor, _FIND, name)


def by_subject(cursor: psycopg.Cursor[Any], subject: str) -> User | None:
    """The user whom the office's sign-on calls so, also a disabled one."""
    return _one(cursor, _BY_SUBJECT, subject)


def listed(cursor: psycopg.Cursor[Any]) -> list[User]:
    return [_user(row) for row in cursor.execute(_LISTED.encode())]


def disable(cursor: psycopg.Cursor[Any], name: str) -> None:
    """From the commit on they are nobody; their sessions are ended, and their tokens find nobody. NoAnswer: no such."""
    _changed(cursor, name, _DISABLE, [name])
    cursor.execute(_END_SESSIONS, [name])


def enable(cursor: psycopg.Cursor[Any], name: str) -> None:
    """Let them in again, and their tokens that are not revoked. NoAnswer: no such user."""
    _changed(cursor, name, _ENABLE, [name])


def set_password(cursor: psycopg.Cursor[Any], name: str, password: str) -> None:
    """Keep the hash of a new password; whoever is signed in by that name is not any more. NoAnswer: no such user."""
    _changed(cursor, name, _SET_PASSWORD, [password, name])
    cursor.execute(_END_SESSIONS, [name])


def _changed(cursor: psycopg.Cursor[Any], name: str, statement: str, values: list[str]) -> None:
    if cursor.execute(statement.encode(), values).rowcount != 1:
        raise NoAnswer(f"there is no user {name!r}: `rekam user list` names them all")


def _one(cursor: psycopg.Cursor[Any], query: str, value: str) -> User | None:
    row = cursor.execute(query.encode(), [value]).fetchone()
    return None if row is None else _user(row)


def _user(row: tuple[Any, ...]) -> User:
    name, role, areas, *rest = row
    return User(name, Role(role), tuple(areas), *rest)
