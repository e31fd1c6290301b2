from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from events.database import connect
from events.vault import load_keys
from tests.projections.register import Register

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def register(database: str, tmp_path: Path) -> Iterator[Register]:
    """An empty register on a database of its own; everything is one transaction that is never committed."""
    with connect(database) as connection, connection.cursor() as cursor:
        made = Register(cursor, load_keys(tmp_path / "keys", None))
        made.make()
        yield made
        connection.rollback()
