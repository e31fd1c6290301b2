"""Tokens, by which programs sign in: JWTs signed by EdDSA, of which the database knows every one that was issued.

The key is `token-1` among the keys, Ed25519 as PEM, made by the first who needs it. A token says whose it is and until
when; what that user may do is looked up at each use, so a token is worth what its user is worth at that moment.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID, uuid4

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from events.errors import NoAnswer, Refusal
from events.vault import make_file
from services.access.roles import Caller, Role

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import psycopg

    from services.access.users import User

__all__ = ["KEY", "LONGEST_DAYS", "Issued", "find", "issue", "listed", "load_key", "revoke"]

KEY: Final = "token-1"
LONGEST_DAYS: Final = 366

_ISSUER: Final = "urn:rekam"
_AUDIENCE: Final = "urn:rekam:api"
_ALGORITHM: Final = "Ed25519"  # EdDSA, by the name that RFC 9864 gives it
_LONGEST: Final = 2_000
_LEEWAY_S: Final = 60
"""How far the clock of who issued may go before that of who asks."""

_ISSUE: Final = """
    INSERT INTO access.token (jti, name, issued, expires)
    SELECT %(jti)s, name, %(now)s, %(expires)s FROM access.user WHERE name = %(name)s AND disabled IS NULL
"""
_FIND: Final = """
    SELECT u.name, role, areas FROM access.token AS t JOIN access.user AS u USING (name)
    WHERE jti = %(jti)s AND name = %(name)s AND revoked IS NULL AND expires > %(now)s AND disabled IS NULL
"""
_LISTED: Final = "SELECT name, jti, issued, expires, revoked FROM access.token ORDER BY name, issued, jti"
_REVOKE: Final = "UPDATE access.token SET revoked = coalesce(revoked, %s) WHERE jti = %s"


class Issued(NamedTuple):
    """`token` is shown once and kept nowhere; it is revoked by its `jti`."""

    token: str
    jti: UUID
    expires: datetime


def issue(cursor: psycopg.Cursor[Any], key: OKPKey, user: User, days: int, now: datetime) -> Issued:
    """A token of the user for so many days. Refusal for one who is disabled."""
    jti, expires = uuid4(), now + timedelta(days=days)
    asked = {"jti": jti, "name": user.name, "now": now, "expires": expires}
    if cursor.execute(_ISSUE, asked).rowcount != 1:
        raise Refusal(f"{user.name} is disabled: `rekam user enable {user.name}` first")
    claims = {
        "iss": _ISSUER,
        "aud": _AUDIENCE,
        "sub": user.name,
        "jti": str(jti),
        "iat": int(now.timestamp()),
        "exp": int(expires.timestamp()),
    }
    token = jwt.encode({"alg": _ALGORITHM, "kid": KEY}, claims, key, algorithms=[_ALGORITHM])
    return Issued(token, jti, expires)


def find(cursor: psycopg.Cursor[Any], key: OKPKey, token: str, now: datetime) -> Caller | None:
    """Whose token it is, with their role as it is now; None for whatever is not one of ours, or is not any more."""
    if len(token) > _LONGEST:
        return None
    claims = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=0,
        iss={"essential": True, "value": _ISSUER},
        aud={"essential": True, "value": _AUDIENCE},
        sub={"essential": True},
        jti={"essential": True},
        iat={"essential": True},
        exp={"essential": True},
    )
    try:
        told = jwt.decode(token, key, algorithms=[_ALGORITHM]).claims
        claims.validate({**told, "iat": told.get("iat", 0) - _LEEWAY_S})
        jti = UUID(told["jti"])
    except (JoseError, ValueError, TypeError):
        return None
    row = cursor.execute(_FIND, {"jti": jti, "name": told["sub"], "now": now}).fetchone()
    return None if row is None else Caller(row[0], Role(row[1]), tuple(row[2]))


def listed(cursor: psycopg.Cursor[Any]) -> list[dict[str, Any]]:
    """Every token that was issued, by user and the oldest first, without what it reads."""
    names = ("name", "jti", "issued", "expires", "revoked")
    return [dict(zip(names, row, strict=True)) for row in cursor.execute(_LISTED)]


def revoke(cursor: psycopg.Cursor[Any], jti: UUID, now: datetime) -> None:
    """From the commit on the token finds nobody. NoAnswer: there is no such token."""
    if cursor.execute(_REVOKE, [now, jti]).rowcount != 1:
        raise NoAnswer(f"there is no token {jti}: `rekam user list` names them all")


# ------------------------------------------------------------------ the key


def load_key(folder: Path) -> OKPKey:
    """The key that signs, made where it is missing: tokens of one that was lost find nobody any more.

    Refusal where it is no Ed25519 key, or the folder cannot be used.
    """
    path = folder / KEY
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            make_file(path, OKPKey.generate_key("Ed25519").as_pem(private=True))
        text = path.read_bytes()
    except OSError as error:
        raise Refusal(
            f"the folder of keys {folder} (REKAM_KEYS) cannot be used: {error.strerror or error}; "
            "make it readable and writable for the user Rekam runs as, or name another in REKAM_KEYS"
        ) from error
    try:
        key = OKPKey.import_key(text)
    except (ValueError, JoseError):
        key = None
    if key is None or key.curve_name != "Ed25519" or not key.is_private:
        raise Refusal(
            f"the key file {path} is no private Ed25519 key in PEM; put it back from its backup, or take it away"
        )
    return key
