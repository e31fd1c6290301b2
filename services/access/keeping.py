"""What the commands of `rekam user` do. There is no user and no password that nobody has made."""

from __future__ import annotations

import getpass
import secrets
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import psycopg

from events import database
from events.errors import NoAnswer, WrongUse
from services import private
from services.access import passwords, tokens, users
from services.access.passwords import Passwords
from services.answer import Answer
from services.ask import asking
from services.embedded import find
from services.showing import users as shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from services.access.users import User
    from services.settings import Settings

__all__ = ["Source", "add", "disable", "enable", "generated", "listed", "password", "revoke", "token"]

_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another


@dataclass(frozen=True, slots=True)
class Source:
    """Where a password comes from: a file, drawn here, or neither, which is a terminal."""

    file: Path | None
    generate: bool

    @property
    def is_terminal(self) -> bool:
        return self.file is None and not self.generate


def generated() -> str:
    """A password that nobody has had before, of 99 bits, to be read and typed."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(5))


def add(settings: Settings, who: tuple[str, str, Sequence[str]], subject: str | None, source: Source) -> Answer:
    """Add a user by name, role and areas. Of one whom the office's sign-on knows no password is asked for."""
    name, role, areas = who
    caller = users.check(name, role, areas, subject)
    with _kept(settings) as cursor:
        if users.find(cursor, name) is None and not (source.is_terminal and subject):
            secret = _password(source)
            kept = Passwords().hash(secret)
        else:
            secret, kept = "", None
        document = _document(users.add(cursor, caller, kept, subject))
    return Answer(document | _told(source, secret), shown.added)


def listed(settings: Settings) -> Answer:
    with _kept(settings) as cursor:
        issued = tokens.listed(cursor)
        rows = [
            {**_document(user), "tokens": [_token(one) for one in issued if one["name"] == user.name]}
            for user in users.listed(cursor)
        ]
    return Answer({"rows": rows}, shown.listed)


def disable(settings: Settings, name: str) -> Answer:
    with _kept(settings) as cursor:
        users.disable(cursor, name)
        return Answer(_document(_found(cursor, name)), shown.changed)


def enable(settings: Settings, name: str) -> Answer:
    with _kept(settings) as cursor:
        users.enable(cursor, name)
        return Answer(_document(_found(cursor, name)), shown.changed)


def password(settings: Settings, name: str, source: Source) -> Answer:
    with _kept(settings) as cursor:
        _found(cursor, name)
        secret = _password(source)
        users.set_password(cursor, name, Passwords().hash(secret))
        return Answer(_document(_found(cursor, name)) | _told(source, secret), shown.changed)


def token(settings: Settings, name: str, days: int) -> Answer:
    with asking(settings, hold=False, primary=True) as question, suppress(NoAnswer):  # it may have no keys yet
        _ = question.keys  # in another folder a key would be made with which no token of this register is signed
    with _kept(settings) as cursor:
        user = _found(cursor, name)
        issued = tokens.issue(cursor, tokens.load_key(settings.keys), user, days, datetime.now(UTC))
    told = {"name": name, "jti": str(issued.jti), "expires": issued.expires.isoformat(), "token": issued.token}
    return Answer(told, shown.issued)


def revoke(settings: Settings, jti: str) -> Answer:
    try:
        number = UUID(jti)
    except ValueError:
        raise WrongUse(
            "a token is revoked by its jti, 32 hex digits with dashes, as `rekam user list` shows it"
        ) from None
    with _kept(settings) as cursor:
        tokens.revoke(cursor, number, datetime.now(UTC))
    return Answer({"jti": str(number), "revoked": True}, shown.revoked)


@contextmanager
def _kept(settings: Settings) -> Iterator[psycopg.Cursor[Any]]:
    """A transaction of who keeps the users; where there is no register, or another Rekam's, that is said."""
    with asking(settings, hold=False, primary=True):
        pass
    with database.connect(find(settings).database, "rekam_access") as connection, connection.cursor() as cursor:
        try:
            yield cursor
        except psycopg.errors.UndefinedTable:
            raise NoAnswer(
                "an older Rekam made this register: start this one, with `rekam up` or `rekam run`"
            ) from None


def _found(cursor: psycopg.Cursor[Any], name: str) -> User:
    user = users.find(cursor, name)
    if user is None:
        raise NoAnswer(f"there is no user {name!r}: `rekam user list` names them all")
    return user


def _password(source: Source) -> str:
    if source.file is not None and source.generate:
        raise WrongUse("--password-file names a password and --generate makes one: take one away")
    if source.generate:
        return generated()
    if source.file is not None:
        given = private.password("--password-file", source.file)
    elif sys.stdin.isatty():
        given = getpass.getpass("Password: ")
        if given != getpass.getpass("The same again: "):
            raise WrongUse("the two differ: nothing was done")
    else:
        raise WrongUse("here is no terminal to ask for a password: give --password-file, or --generate one")
    passwords.check(given)
    return given


def _told(source: Source, secret: str) -> dict[str, str]:
    """A password that was made here is told once; one that was given is known already."""
    return {"password": secret} if source.generate and secret else {}


def _document(user: User) -> dict[str, Any]:
    return {
        "name": user.name,
        "role": str(user.role),
        "areas": list(user.areas),
        "has_password": user.password is not None,
        "subject": user.subject,
        "added": user.added.isoformat(),
        "disabled": user.disabled and user.disabled.isoformat(),
    }


def _token(one: dict[str, Any]) -> dict[str, Any]:
    times = {name: one[name] and one[name].isoformat() for name in ("issued", "expires", "revoked")}
    return {"jti": str(one["jti"]), **times}
