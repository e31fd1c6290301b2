"""A database with everything in it, once for each module, and a cursor in a transaction that is rolled back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from events.database import connect
from services.processes import prepare
from tests.services import rebuilds

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def prepared(postgres: str) -> Iterator[str]:
    """The address of a database with nobody in it."""
    address = rebuilds.database(postgres, "template0")
    prepare(address)
    yield address
    with psycopg.connect(postgres, autocommit=True) as connection:
        name = str(psycopg.conninfo.conninfo_to_dict(address)["dbname"])
        connection.execute(psycopg.sql.SQL("DROP DATABASE {} WITH (FORCE)").format(psycopg.sql.Identifier(name)))


@pytest.fixture
def cursor(prepared: str) -> Iterator[psycopg.Cursor[Any]]:
    """As `rekam_access`; whatever is done is undone."""
    with connect(prepared, "rekam_access") as connection:
        yield connection.cursor()
        connection.rollback()
