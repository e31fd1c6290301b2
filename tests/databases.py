"""New databases on the server of the tests, and who is connected to them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
from psycopg import sql

from services.postgres import USER

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["connected", "new_database"]


@contextmanager
def new_database(postgres: str, owner: str = USER) -> Iterator[str]:
    """The address of a database with nothing in it, dropped afterwards with whoever is connected."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        made = sql.SQL("CREATE DATABASE {} TEMPLATE template0 OWNER {}")
        connection.execute(made.format(sql.Identifier(name), sql.Identifier(owner)))
        try:
            yield psycopg.conninfo.make_conninfo(postgres, dbname=name)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def connected(address: str) -> int:
    """How many others are connected to that database."""
    with psycopg.connect(address) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
    assert row is not None
    return int(row[0])
