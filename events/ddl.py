"""SQL that makes what is missing, run at every start: it must wait for nobody, and nobody for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import psycopg

__all__ = ["define"]

_INDEX: Final = re.compile(r"CREATE (?:UNIQUE )?INDEX IF NOT EXISTS (?P<name>[a-z_]+) ON (?P<schema>[a-z_]+\.)?[^;]+;")


def define(cursor: psycopg.Cursor[Any], statements: str) -> None:
    """Run the statements in the caller's transaction. Names without a schema are looked up by its search path.

    An index that is there is not asked for: to ask alone locks its table against whoever writes, to the end of the
    transaction, and waits for a vacuum, with intake behind it.
    """
    cursor.execute(_INDEX.sub(_if_missing, statements).encode())


def _if_missing(index: re.Match[str]) -> str:
    name = f"{index['schema'] or ''}{index['name']}"
    return f"DO $index$ BEGIN IF to_regclass('{name}') IS NULL THEN {index[0]} END IF; END $index$;"
