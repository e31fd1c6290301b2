"""Whether a backup is being restored into a database, so that nobody takes for a register what is not proved yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from events.errors import Refusal

if TYPE_CHECKING:
    import psycopg

__all__ = ["RESTORING", "is_restoring", "refuse_restoring"]

RESTORING: Final = "rekam_restoring"
"""A schema that stands in the database for as long as that lasts, also when whoever did it was killed."""


def is_restoring(cursor: psycopg.Cursor[Any]) -> bool:
    return cursor.execute("SELECT to_regnamespace(%s) IS NOT NULL", [RESTORING]).fetchone() == (True,)


def refuse_restoring(cursor: psycopg.Cursor[Any]) -> None:
    """Refusal where it is so."""
    if is_restoring(cursor):
        raise Refusal(
            "a backup is being restored into this database, and nothing of it is proved yet: wait for that `rekam "
            "restore` to end, or run it again if it was broken off"
        )
