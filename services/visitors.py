"""Users for whoever tries the demo: one of each role, with one password that is made for this run and printed once."""

from __future__ import annotations

from secrets import token_urlsafe
from typing import TYPE_CHECKING, Final

from events import database
from services.access import passwords, users
from services.access.roles import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["AREAS", "make"]

AREAS: Final[Mapping[Role, tuple[str, ...]]] = {Role.OFFICER: ("53.71.04",)}
"""The demo's officer works in Oebobo."""


def make(address: str) -> str:
    """Make them, or give those of an earlier run the new password; which is returned and kept nowhere."""
    password, hashing = token_urlsafe(12), passwords.Passwords()
    with database.connect(address, "rekam_access") as connection, connection.cursor() as cursor:
        for role in Role:
            hashed = hashing.hash(password)
            if users.find(cursor, role) is None:
                users.add(cursor, users.check(role, role, AREAS.get(role, ())), hashed)
            else:
                users.set_password(cursor, role, hashed)
    return password
