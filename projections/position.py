"""Where a view stands: a position in the log, the log's digest there, and by which reading, in which shape it was made.

It is moved by compare-and-set in the transaction that writes the view, so that a second projector that woke up late is
fenced off: it finds the position moved and gets a Clash.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from events import log
from events.database import PEOPLE
from events.ddl import define
from events.errors import Clash, Refusal
from projections.reading import READING_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg

    from projections.views import View

__all__ = ["Standing", "is_comparable", "make", "move", "of", "refuse_shape", "standing", "still", "take"]

GENESIS: Final = bytes(32)

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS position (
    one             boolean PRIMARY KEY DEFAULT true CHECK (one),
    position        bigint  NOT NULL,
    digest          bytea   NOT NULL,
    reading_version integer NOT NULL,
    shape           integer NOT NULL
) WITH (fillfactor = 50)
"""
_SAID: Final = "SELECT obj_description(to_regnamespace(%s), 'pg_namespace')"


class Standing(NamedTuple):
    """Every entry up to `position`, and none after it, is in the view; `digest` is the log's there."""

    position: int
    digest: bytes


def make(cursor: psycopg.Cursor[Any], view: View, schema: str | None = None) -> None:
    """Make the view's schema and tables where they are missing, empty at position 0, with the rights of its readers.

    Everybody who asks may read its position, and so hold the view in its place.
    """
    name = schema or view.name
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [name])  # two makers at once
    cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {name}")
    cursor.execute(f"SET LOCAL search_path = {name}")
    cursor.execute(_TABLE)
    cursor.execute(
        "INSERT INTO position (position, digest, reading_version, shape) VALUES (0, %s, %s, %s) ON CONFLICT DO NOTHING",
        [GENESIS, READING_VERSION, view.shape],
    )
    define(cursor, view.tables)
    cursor.execute(f"GRANT USAGE ON SCHEMA {name} TO {', '.join(('rekam_reader', *PEOPLE))}")
    cursor.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {name} TO {', '.join(('rekam_reader', *view.readers))}")
    cursor.execute(f"GRANT SELECT ON position TO {', '.join(PEOPLE)}")
    _bound(cursor, view, name)


def _bound(cursor: psycopg.Cursor[Any], view: View, name: str) -> None:
    """Set the bounds of its rows, unless they are as they were: that would wait for everybody who reads.

    The schema's comment says from what they were made; it stays when a rebuild gets its name.
    """
    said = f"Rights made from {sha256(view.rights.encode()).hexdigest()}"
    if cursor.execute(_SAID, [name]).fetchone() != (said,):
        cursor.execute(view.rights.encode())
        cursor.execute(f"COMMENT ON SCHEMA {name} IS '{said}'")


def take(cursor: psycopg.Cursor[Any], view: View) -> Standing:
    """Read where the view on the search path stands. Refusal where another reading made it, or in another shape."""
    cursor.execute("SELECT position, digest, reading_version, shape FROM position")
    row = cursor.fetchone()
    assert row is not None
    if row[2] != READING_VERSION:
        raise _another(view, f"by reading {row[2]}, this program reads by {READING_VERSION}")
    refuse_shape(view, row[3])
    return Standing(row[0], bytes(row[1]))


def still(cursor: psycopg.Cursor[Any], views: Iterable[View]) -> list[str]:
    """Say why views do not go on, with the way out: an older Rekam made them, and their projectors refuse to follow.

    It sets the search path of the transaction.
    """
    said = []
    for view in views:
        cursor.execute(f"SET LOCAL search_path = {view.name}")
        try:
            take(cursor, view)
        except Refusal as why:
            said.append(str(why))
    return said


def refuse_shape(view: View, shape: int) -> None:
    """Refuse a view whose rows have another shape than this program writes and reads."""
    if shape != view.shape:
        raise _another(view, f"in shape {shape}, this program wants {view.shape}")


def _another(view: View, made: str) -> Refusal:
    return Refusal(f"view {view.name} was made {made}: run `rekam rebuild {view.name} --accept`")


def move(cursor: psycopg.Cursor[Any], old: Standing, new: Standing) -> None:
    """Move from `old` to `new`; Clash where the view no longer stands at `old`."""
    cursor.execute(
        "UPDATE position SET position = %s, digest = %s WHERE position = %s AND digest = %s",
        [new.position, new.digest, old.position, old.digest],
    )
    if cursor.rowcount != 1:
        raise Clash(f"another projector has moved this view on from position {old.position}")


def standing(cursor: psycopg.Cursor[Any], view: str) -> Standing | None:
    """Read where the view of that name stands; None where there is no such view."""
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"{view}.position"])
    if cursor.fetchone() != (True,):
        return None
    row = cursor.execute(f"SELECT position, digest FROM {view}.position").fetchone()
    return None if row is None else Standing(row[0], bytes(row[1]))


def is_comparable(cursor: psycopg.Cursor[Any], view: str) -> bool:
    """Whether the view of that name is there, and stands at a place of this log."""
    found = standing(cursor, view)
    return found is not None and log.digest_at(cursor, found.position) == found.digest


def of(cursor: psycopg.Cursor[Any], view: str) -> int:
    """Read the position of the view of that name, for a reader."""
    cursor.execute(f"SELECT position FROM {view}.position")
    row = cursor.fetchone()
    return 0 if row is None else int(row[0])
