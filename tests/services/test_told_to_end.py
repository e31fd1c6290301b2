"""A process that is told to end leaves no connection, whatever of it goes on in a thread meanwhile."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import psycopg
import pytest

from projections.catalogue import VIEWS
from services.projector import Follower
from services.relay import Relay
from tests.register import fill
from tests.services.rebuilds import eventually

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from services.wire import Wire


def connected(address: str) -> int:
    """How many of our processes are connected to that database."""
    with psycopg.connect(address) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_a_follower_that_was_closed_connects_no_more(database: str, tmp_path: Path) -> None:
    follower = Follower(VIEWS["counts"], database, fill(database, tmp_path, []))
    follower.check()
    assert connected(database) == 1
    follower.close()

    with pytest.raises(psycopg.OperationalError, match="closed"):
        follower.check()
    eventually(lambda: connected(database) == 0)


class Producer:
    """Takes nothing; `stop` is what the relay does last of all."""

    def __init__(self, ended: Callable[[], None]) -> None:
        self._ended = ended

    async def start(self) -> None:
        pass

    async def stop(self) -> None:
        self._ended()


def test_a_relay_that_is_told_to_end_before_it_has_looked_connects_no_more(database: str) -> None:
    looking, ended, looked = threading.Event(), threading.Event(), threading.Event()

    class Slow(Relay):
        def _look(self) -> Any:
            looking.set()
            assert ended.wait(60)
            try:
                return super()._look()
            finally:
                looked.set()

    wire = SimpleNamespace(producer=lambda **_: Producer(ended.set), engines=SimpleNamespace(database=database))

    relay = Slow(cast("Wire", wire))

    async def told_to_end() -> None:
        running = asyncio.ensure_future(relay.run())
        await asyncio.to_thread(looking.wait, 60)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running

    asyncio.run(told_to_end())

    assert looked.wait(60)
    eventually(lambda: connected(database) == 0)
    assert isinstance(relay, Relay)  # kept until here, lest its connection goes with it
