"""What who keeps the users reads: who they are, and what was made for them, which is shown once."""

from __future__ import annotations

from typing import Any

from services.page import clean, counted, line, table
from services.talk import say

__all__ = ["added", "changed", "issued", "listed", "revoked"]


def added(document: dict[str, Any]) -> None:
    """Show whom there is now."""
    where = f" of {', '.join(document['areas'])}" if document["areas"] else ""
    line(f"{document['name']}, {document['role']}{where}")
    _password(document)


def changed(document: dict[str, Any]) -> None:
    """Show how a user stands now."""
    line(f"{document['name']}, {document['role']}: {'disabled' if document['disabled'] else 'may sign in'}")
    _password(document)


def _password(document: dict[str, Any]) -> None:
    if "password" in document:
        line(document["password"])
        say("This password is shown once: hand it over, and nothing else keeps it.")


def issued(document: dict[str, Any]) -> None:
    """Show the token alone, so that it can be put into a file."""
    line(document["token"])
    say(f"Shown once. Good until {document['expires'][:10]}; `rekam user revoke {document['jti']}` ends it before.")


def revoked(document: dict[str, Any]) -> None:
    """Say that it is done."""
    line(f"{document['jti']} finds nobody any more")


def listed(document: dict[str, Any]) -> None:
    """Show users, and below them their tokens."""
    users = document["rows"]
    if users:
        columns = ["user", "role", "areas", "password", "at the sign-on", "disabled"]
        table(columns, [_row(user) for user in users])
        line()
    tokens = [[one["jti"], user["name"], *_days(one)] for user in users for one in user["tokens"]]
    if tokens:
        table(["token", "of", "issued", "good until", "revoked"], tokens)
        line()
    line(counted(len(users), "user", "users") if users else "There are no users: `rekam user add` makes one.")


def _row(user: dict[str, Any]) -> list[Any]:
    subject = user["subject"] and clean(user["subject"])
    return [user["name"], user["role"], " ".join(user["areas"]), user["has_password"], subject, _day(user["disabled"])]


def _days(token: dict[str, Any]) -> list[str | None]:
    return [_day(token[name]) for name in ("issued", "expires", "revoked")]


def _day(time: str | None) -> str | None:
    return time and time[:10]
