"""Tokens: what is not signed by our key, or not known to the database, finds nobody."""

from __future__ import annotations

import base64
import hmac
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey

from events import vault
from events.errors import NoAnswer, Refusal
from services.access import tokens, users
from services.access.roles import Caller, Role

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

    from services.access.users import User

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def key(tmp_path: Path) -> OKPKey:
    return tokens.load_key(tmp_path)


@pytest.fixture
def user(cursor: psycopg.Cursor[Any]) -> User:
    return users.add(cursor, users.check("lena", "officer", ["53.71.01"]), None)


def claims(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    told: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return told


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def signed(key: Any, algorithm: str, told: dict[str, Any]) -> str:
    return jwt.encode({"alg": algorithm, "kid": tokens.KEY}, told, key, algorithms=[algorithm])


def test_a_token_finds_its_user(cursor: psycopg.Cursor[Any], key: OKPKey, user: User) -> None:
    token = tokens.issue(cursor, key, user, 30, NOW).token

    assert tokens.find(cursor, key, token, NOW) == user.caller
    assert set(claims(token)) == {"iss", "aud", "sub", "jti", "iat", "exp"}
    assert claims(token)["exp"] - claims(token)["iat"] == 30 * 86_400
    (row,) = tokens.listed(cursor)
    assert (row["jti"], row["expires"], row["revoked"]) == (UUID(claims(token)["jti"]), NOW + 30 * DAY, None)


def test_it_ends(cursor: psycopg.Cursor[Any], key: OKPKey, user: User) -> None:
    token = tokens.issue(cursor, key, user, 1, NOW).token

    assert tokens.find(cursor, key, token, NOW + DAY - timedelta(seconds=1))
    assert tokens.find(cursor, key, token, NOW + DAY) is None
    assert tokens.find(cursor, key, token, NOW - timedelta(seconds=59))
    assert tokens.find(cursor, key, token, NOW - timedelta(seconds=61)) is None


def test_it_is_worth_what_its_user_is_worth_now(
    cursor: psycopg.Cursor[Any], key: OKPKey, user: User, prepared: str
) -> None:
    token = tokens.issue(cursor, key, user, 30, NOW).token
    cursor.execute("SET ROLE NONE")
    cursor.execute("UPDATE access.user SET role = 'auditor', areas = '{}'")
    assert tokens.find(cursor, key, token, NOW) == Caller("lena", Role.AUDITOR)

    users.disable(cursor, "lena")
    assert tokens.find(cursor, key, token, NOW) is None
    with pytest.raises(Refusal, match="lena is disabled"):
        tokens.issue(cursor, key, user, 30, NOW)


def test_one_that_is_revoked_finds_nobody(cursor: psycopg.Cursor[Any], key: OKPKey, user: User) -> None:
    token, other = (tokens.issue(cursor, key, user, 30, NOW).token for _ in range(2))
    tokens.revoke(cursor, UUID(claims(token)["jti"]), NOW)

    assert tokens.find(cursor, key, token, NOW) is None
    assert tokens.find(cursor, key, other, NOW)
    with pytest.raises(NoAnswer, match="there is no token"):
        tokens.revoke(cursor, uuid4(), NOW)


def test_one_that_was_never_issued_finds_nobody(cursor: psycopg.Cursor[Any], key: OKPKey, user: User) -> None:
    told = claims(tokens.issue(cursor, key, user, 30, NOW).token)

    assert tokens.find(cursor, key, signed(key, "Ed25519", told), NOW)
    assert tokens.find(cursor, key, signed(key, "Ed25519", {**told, "jti": str(uuid4())}), NOW) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "urn:other"},
        {"aud": "urn:other"},
        {"sub": "leo"},
        {"sub": 7},
        {"sub": None},
        {"jti": "none"},
        {"jti": 7},
        {"exp": int(NOW.timestamp())},
        {"exp": "tomorrow"},
        {"exp": None},
        {"iat": None},
        {"iat": "yesterday"},
        {"nbf": int(NOW.timestamp()) + 1},
    ],
    ids=str,
)
def test_each_claim_is_looked_at(cursor: psycopg.Cursor[Any], key: OKPKey, user: User, changed: dict[str, Any]) -> None:
    told = claims(tokens.issue(cursor, key, user, 30, NOW).token) | changed

    assert tokens.find(cursor, key, signed(key, "Ed25519", told), NOW) is None


def test_no_other_algorithm_and_no_other_key_is_taken(cursor: psycopg.Cursor[Any], key: OKPKey, user: User) -> None:
    token = tokens.issue(cursor, key, user, 30, NOW).token
    told = claims(token)
    head, body, _ = token.split(".")
    confused = f"{part({'alg': 'HS256', 'kid': tokens.KEY})}.{body}"
    mac = hmac.digest(key.as_pem(private=False), confused.encode(), "sha256")
    none = f"{part({'alg': 'none', 'typ': 'JWT'})}.{body}."
    forged = [
        none,
        f"{part({'alg': 'None'})}.{body}.",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{confused}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}",
        signed(OctKey.generate_key(256), "HS256", told),
        signed(ECKey.generate_key("P-256"), "ES256", told),
        signed(OKPKey.generate_key("Ed25519"), "Ed25519", told),
        f"{head}.{part({**told, 'sub': 'leo'})}.{token.split('.')[2]}",
        "",
        "a.b.c",
        "\ud800.é.c",
        "x" * 1_000_000,
        token + "x" * 4000,
    ]

    assert [one[:30] for one in forged if tokens.find(cursor, key, one, NOW) is not None] == []


# ------------------------------------------------------------------ the key


def test_the_key_is_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(tokens.load_key, [folder] * 8))

    assert len({key.as_pem(private=True) for key in keys}) == 1
    assert [path.name for path in folder.iterdir()] == [tokens.KEY]
    assert stat.S_IMODE((folder / tokens.KEY).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_it_lies_beside_the_registers_own(tmp_path: Path) -> None:
    fingerprint = vault.load_keys(tmp_path, None).fingerprint
    tokens.load_key(tmp_path)

    assert vault.load_keys(tmp_path, fingerprint).fingerprint == fingerprint


@pytest.mark.parametrize("other", ["damaged", "public", "elliptic"])
def test_what_is_no_key_of_ours_is_refused(tmp_path: Path, other: str) -> None:
    pem = {
        "damaged": b"-----BEGIN PRIVATE KEY-----",
        "public": OKPKey.generate_key("Ed25519").as_pem(private=False),
        "elliptic": ECKey.generate_key("P-256").as_pem(private=True),
    }
    (tmp_path / tokens.KEY).write_bytes(pem[other])

    with pytest.raises(Refusal, match="is no private Ed25519 key"):
        tokens.load_key(tmp_path)


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(Refusal, match="REKAM_KEYS"):
        tokens.load_key(tmp_path / "file")
