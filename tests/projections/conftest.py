from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from events.database import connect, create
from events.vault import load_keys
from tests.databases import new_database
from tests.projections.ledger import Ledger
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


@pytest.fixture(scope="session")
def ledgers(postgres: str) -> Iterator[str]:
    """The address of a database in which nothing is ever committed but its schemas and roles."""
    with new_database(postgres) as address:
        create(address)
        yield address


@pytest.fixture
def ledger(ledgers: str) -> Iterator[Ledger]:
    """An empty view `counts`; everything is one transaction that is never committed."""
    with connect(ledgers) as connection, connection.cursor() as cursor:
        made = Ledger(cursor)
        made.make()
        yield made
        connection.rollback()
