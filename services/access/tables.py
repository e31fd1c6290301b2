"""The schema `access`, and the bounds of the vault: made once, and again where a newer Rekam has changed them."""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import psycopg

__all__ = ["make"]

_MADE: Final = "SELECT obj_description(to_regnamespace('access'), 'pg_namespace')"


def make(cursor: psycopg.Cursor[Any]) -> None:
    """Make the schema or bring it up to date, in the caller's transaction, as the address's own user.

    What is there is left alone, so that no start waits for who reads: a digest of the file stands in the schema's
    comment. The vault must be there; the views need not.
    """
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext('rekam access'))")
    statements = files("services.access").joinpath("schema.sql").read_bytes()
    said = f"Who may see what, and who has looked. Made from {sha256(statements).hexdigest()}"
    if cursor.execute(_MADE).fetchone() != (said,):
        cursor.execute(statements)
        cursor.execute(f"COMMENT ON SCHEMA access IS '{said}'".encode())
