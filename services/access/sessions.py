"""Sessions: who is signed in at a browser. The cookie holds 32 random bytes, the database their digest alone.

A session ends 12 hours after it began or an hour after its last use, when its user signs out, is disabled or gets
another password. Times come in as arguments; all of it as `rekam_access`.
"""

from __future__ import annotations

import hmac
from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any, Final

from services.access.roles import Caller, Role

if TYPE_CHECKING:
    from datetime import datetime

    import psycopg

    from services.access.users import User

__all__ = ["IDLE", "LIFE", "begin", "csrf", "end", "find", "is_csrf"]

LIFE: Final = timedelta(hours=12)
IDLE: Final = timedelta(hours=1)
NOTED_EVERY: Final = timedelta(minutes=1)

_LONGEST: Final = 100
"""Characters that no cookie of ours has."""

# The user's row is held, so that nobody disables them, or gives them another password, between looking and writing.
_BEGIN: Final = """
    WITH still AS (
        SELECT name FROM access.user
        WHERE name = %(name)s AND password IS NOT DISTINCT FROM %(password)s AND disabled IS NULL
        FOR SHARE
    )
    INSERT INTO access.session (digest, name, began, used)
    SELECT %(digest)s, name, %(now)s, %(now)s FROM still
"""
_OVER: Final = "DELETE FROM access.session WHERE began <= %s OR used <= %s"
_FIND: Final = """
    SELECT u.name, role, areas, used FROM access.session JOIN access.user AS u USING (name)
    WHERE digest = %(digest)s AND disabled IS NULL AND began > %(life)s AND used > %(idle)s
"""
_USED: Final = "UPDATE access.session SET used = %s WHERE digest = %s AND used < %s"
_END: Final = "DELETE FROM access.session WHERE digest = %s"


def begin(cursor: psycopg.Cursor[Any], user: User, now: datetime) -> str | None:
    """Sign in the user, as they were when their password was found right; what the cookie holds, to be kept secret.

    None where they have been disabled since, or have another password.
    """
    cursor.execute(_OVER, [now - LIFE, now - IDLE])
    secret = token_urlsafe(32)
    asked = {"name": user.name, "password": user.password, "digest": _digest(secret), "now": now}
    return secret if cursor.execute(_BEGIN, asked).rowcount == 1 else None


def find(cursor: psycopg.Cursor[Any], secret: str, now: datetime, *, used: bool = True) -> Caller | None:
    """Whose session it is, with their role as it is now; the use is written down, once a minute at most.

    Not `used`: what an open page asks by itself is no use of the session, which ends though the page stays open.
    """
    if len(secret) > _LONGEST:
        return None
    digest = _digest(secret)
    asked = {"digest": digest, "life": now - LIFE, "idle": now - IDLE}
    row = cursor.execute(_FIND, asked).fetchone()
    if row is None:
        return None
    name, role, areas, last = row
    if used and last < now - NOTED_EVERY:
        cursor.execute(_USED, [now, digest, now - NOTED_EVERY])
    return Caller(name, Role(role), tuple(areas))


def end(cursor: psycopg.Cursor[Any], secret: str) -> None:
    cursor.execute(_END, [_digest(secret)])


def csrf(secret: str) -> str:
    """What a form of this session carries; it tells nothing about the cookie."""
    return hmac.new(secret.encode("utf-8", "replace"), b"rekam/csrf/1", sha256).hexdigest()


def is_csrf(secret: str, given: str) -> bool:
    """Whether the form came from a page of this session; takes the same time whatever is given."""
    return hmac.compare_digest(csrf(secret).encode(), given.encode("utf-8", "replace"))


def _digest(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "replace")).digest()
