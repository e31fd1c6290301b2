"""One real PostgreSQL for the whole run, and a fresh database for each test that asks; whether there is a Kafka."""

from __future__ import annotations

import importlib.util
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from services.postgres import Postgres
from tests.databases import new_database
from tests.kafka.apache import Missing, java_command

if TYPE_CHECKING:
    from collections.abc import Iterator

# Quick, and safe against kill -9 of any client; not against the machine's own end, which no test brings about.
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "100"}

# How long one example may take says nothing on a machine that has more to do; pytest's own time limit stays.
settings.register_profile("unhurried", settings(), deadline=None)
settings.load_profile("unhurried")


# Fixtures that start engines beside the one PostgreSQL, or programs, which a busy machine would keep waiting too long.
STARTED = frozenset({"apache", "rekam"})


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as `alone` who asks for one of those; other files that start something mark themselves."""
    for item in items:
        if not STARTED.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker("alone")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real PostgreSQL 18, as its owner."""
    server = Postgres(tmp_path_factory.mktemp("postgres"), QUICK, wish=None)
    server.start()
    try:
        yield server.address
    finally:
        server.stop()


@pytest.fixture(scope="session")
def apache() -> None:
    """What every test with a real Kafka needs; without it they are skipped, but not where CI must not overlook them."""
    try:
        java_command()
    except Missing as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must test against a real Kafka: {missing}")
        pytest.skip(f"no real Kafka: {missing}")


@pytest.fixture
def empty_database(postgres: str) -> Iterator[str]:
    """The address of a database of the test's own with nothing in it, dropped afterwards with whoever is connected."""
    with new_database(postgres) as address:
        yield address


@pytest.fixture
def database(empty_database: str) -> str:
    """The address of a database of the test's own, with our schemas and roles."""
    if importlib.util.find_spec("events.database") is not None:
        from events.database import create  # noqa: PLC0415 - a test without a database needs none of it

        create(empty_database)
    return empty_database
