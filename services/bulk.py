"""Views made anew up to a fixed position, quickly: by several processes, each for its share of all people.

    1. a snapshot is taken, which all share; the indexes of the tables that are to be filled are taken away
    2. loaders fold whole histories and copy the rows in, while every link of the log's chain is checked beside them
    3. the indexes are made again, several at once, and what follows from all rows together: the blocks of `counts`
    4. the views are said to stand at the position. Until then a rebuild that breaks off has left nothing that counts

What is written is the same, row for row, as a projector writes: the rows are made by the same functions.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import psycopg

from events import database, sections
from events.errors import Refusal
from projections import indexes, position
from projections.counts import number_lists
from services.loaders import Loaders, Share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from concurrent.futures import Future
    from pathlib import Path

    from projections.indexes import Index
    from projections.position import Standing
    from projections.views import View

__all__ = ["Bulk", "processes"]

_MOST: Final = 8
_AT_ONCE: Final = 20_000
"""Entries of a span, about, which a loader has in memory at once."""
_LINKS: Final = 50_000
"""Entries whose links are checked by one statement."""
_TO_SORT: Final = "SET maintenance_work_mem = '256MB'; SET max_parallel_maintenance_workers = 0"
_FIRST: Final = position.Standing(0, position.GENESIS)


def processes() -> int:
    """How many work side by side on this machine."""
    return min(_MOST, os.cpu_count() or 1)


@dataclass
class Bulk:
    """Of one database; `seconds` says by phase how long it took."""

    address: str
    keys: Path
    workers: int = field(default_factory=processes)
    seconds: dict[str, float] = field(default_factory=dict)

    def load(self, views: Mapping[str, View], aim: Standing, say: Callable[[int], None]) -> None:
        """Fill views that are empty, by their schemas, so that they stand at `aim`, which is a place of this log.

        Refusal where the log's chain is broken, or does not lead there.
        """
        with self._connected() as keeper:
            keeper.autocommit = False
            keeper.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            (snapshot,) = keeper.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
            with self._written() as cursor:
                taken = {schema: indexes.take_away(cursor, view, schema) for schema, view in views.items()}
            with self.timed("load"):
                self._fill(views, aim, str(snapshot), say)
        with self.timed("indexes and blocks"):
            self._finish(views, taken, aim)

    def _fill(self, views: Mapping[str, View], aim: Standing, snapshot: str, say: Callable[[int], None]) -> None:
        spans = sections.spans(self.workers * -(-aim.position // (_AT_ONCE * self.workers)))
        names = {schema: view.name for schema, view in views.items()}
        shares = [
            Share(self.address, self.keys, snapshot, names, tuple(spans[n :: self.workers]), aim.position)
            for n in range(self.workers)
        ]
        broken_off = Event()
        with Loaders(shares) as loaders, ThreadPoolExecutor(1) as beside:
            chain = beside.submit(self._check_chain, snapshot, aim, broken_off)

            def told(read: int) -> None:
                say(read)
                if chain.done():
                    chain.result()

            try:
                loaders.load(told, lambda found: self._number(views, found))
            except BaseException:
                broken_off.set()
                raise
            chain.result()
        if loaders.read != aim.position:
            raise Refusal(f"of {aim.position} entries of the log {loaders.read} were found: `rekam audit check`")

    def _check_chain(self, snapshot: str, aim: Standing, broken_off: Event) -> None:
        with self._connected() as connection, connection.cursor() as cursor:
            connection.autocommit = False
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            cursor.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'".encode())
            with self.timed("chain, meanwhile"):
                for after in range(0, aim.position, _LINKS):
                    if broken_off.is_set():
                        return
                    sections.check_chain(cursor, after, min(after + _LINKS, aim.position))

    def _number(self, views: Mapping[str, View], found: Mapping[str, int]) -> Mapping[str, int]:
        numbers: dict[str, int] = {}
        with self._connected() as connection:
            for schema, view in views.items():
                if view.listed and found:
                    with connection.transaction(), connection.cursor() as cursor:
                        cursor.execute(f"SET LOCAL search_path = {schema}".encode())
                        numbers = number_lists(cursor, found)
        return numbers

    def _finish(self, views: Mapping[str, View], taken: Mapping[str, list[Index]], aim: Standing) -> None:
        in_order = sorted(views, key=lambda schema: views[schema].finish is None)
        with ThreadPoolExecutor(self.workers) as pool:
            making = {schema: [pool.submit(self._make, index) for index in taken[schema]] for schema in in_order}
            try:
                for schema in in_order:
                    self._finish_one(views[schema], schema, aim, making[schema])
                for made in making.values():
                    for one in made:
                        one.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        with self._written() as cursor:
            for schema, view in views.items():
                indexes.settle(cursor, view, schema, taken[schema])
                cursor.execute(f"SET LOCAL search_path = {schema}".encode())
                position.move(cursor, _FIRST, aim)

    def _finish_one(self, view: View, schema: str, aim: Standing, making: list[Future[None]]) -> None:
        """What follows from all rows together, as soon as the first index is there, by which it is made."""
        if view.finish is not None:
            making[0].result()
            with self.timed("blocks, meanwhile"), self._written() as cursor:
                cursor.execute(f"SET LOCAL search_path = {schema}".encode())
                view.finish(cursor, aim.position)

    def _make(self, index: Index) -> None:
        with self._connected() as connection, connection.cursor() as cursor:
            cursor.execute(_TO_SORT)
            indexes.make(cursor, index)

    def _connected(self) -> database.Connection:
        return database.connect(self.address, "rekam_projector", autocommit=True, derived=True)

    @contextmanager
    def _written(self) -> Iterator[psycopg.Cursor[Any]]:
        """A transaction of its own."""
        with self._connected() as connection, connection.transaction(), connection.cursor() as cursor:
            yield cursor

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """Add how long the block takes to the phase's seconds."""
        began = monotonic()
        try:
            yield
        finally:
            self.seconds[phase] = self.seconds.get(phase, 0.0) + monotonic() - began
