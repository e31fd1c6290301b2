"""Processes that load views from the log side by side, each the histories of its share of all people.

A loader reads in the snapshot that it is given and writes in one transaction. It ends without a trace when whoever
started it ends, also by kill -9. This module is imported in each of them, so it imports little.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
import traceback
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import psycopg
from psycopg import errors

from events import database, vault
from events.errors import Refusal, RekamError, Unreachable
from projections.catalogue import VIEWS
from projections.histories import histories
from projections.loading import Loading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from multiprocessing.connection import Connection

    from events.sections import Span

__all__ = ["Loaders", "Share"]

_OURS: Final = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Share:
    """What one loader does: the people in `spans`, up to a position, into the views by their schemas."""

    address: str
    keys: Path
    snapshot: str
    views: Mapping[str, str]
    spans: tuple[Span, ...]
    up_to: int


class Loaders:
    """The parent's side; to be used by `with`, which ends every loader that is still there."""

    def __init__(self, shares: Iterable[Share]) -> None:
        self._shares = list(shares)
        self._running: dict[Connection, multiprocessing.process.BaseProcess] = {}
        self.read = 0
        """Entries that were read and folded."""

    def __enter__(self) -> Self:
        spawning = multiprocessing.get_context("spawn")
        # A Ctrl-C in the terminal is for us, who end them: in them it stays blocked.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            for share in self._shares:
                ours, theirs = spawning.Pipe()
                process = spawning.Process(target=_load, args=(share, theirs), daemon=True)
                process.start()
                theirs.close()
                self._running[ours] = process
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return self

    def __exit__(self, *_: object) -> None:
        for pipe, process in self._running.items():
            process.kill()
            process.join()
            pipe.close()

    def load(self, say: Callable[[int], None], number: Callable[[Mapping[str, int]], Mapping[str, int]]) -> None:
        """Wait until all is loaded and committed. `say` is told how many entries were read.

        `number` gets the lists that were named, with the positions that name them first, and gives each its number.
        A loader's own error comes out of here; Unreachable where one has ended before it was done.
        """
        names: dict[str, int] = {}
        for found in self._told("named", say):
            for name, position in found.items():
                names[name] = min(position, names.get(name, position))
        numbers = dict(number(names))
        for pipe in self._running:
            with suppress(OSError):  # one that has ended is told of below
                pipe.send(numbers)
        self._told("loaded", say)

    def _told(self, what: str, say: Callable[[int], None]) -> list[Any]:
        """Wait until each has told this, in no particular order."""
        told = []
        silent = set(self._running)
        while silent:
            for pipe in connection.wait(silent):
                assert isinstance(pipe, connection.Connection)
                try:
                    kind, value = pipe.recv()
                except (EOFError, ConnectionResetError):
                    raise self._ended(pipe) from None
                if kind == "failed":
                    raise value
                if kind == "read":
                    self.read += value
                    say(self.read)
                if kind == what:
                    told.append(value)
                    silent.remove(pipe)
        return told

    def _ended(self, pipe: Connection) -> Unreachable:
        process = self._running[pipe]
        process.join()
        return _broken_off(f"a process of the rebuild ended before it was done, with {process.exitcode}")


def _broken_off(what: str) -> Unreachable:
    return Unreachable(f"{what}; the view in use is as it was. Run it again.")


def _load(share: Share, pipe: Connection) -> None:
    """A loader's own process."""
    threading.Thread(target=_end_with_our_parent, daemon=True).start()
    gc.disable()  # histories make no circles, and looking for them took time
    with suppress(EOFError, ConnectionError):  # our parent is gone, and nobody wants to hear more
        _tell_of(share, pipe)


def _tell_of(share: Share, pipe: Connection) -> None:
    try:
        with database.connect(share.address, "rekam_projector", derived=True) as opened:
            opened.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            with opened.cursor() as cursor:
                _load_in(cursor, share, pipe)
        pipe.send(("loaded", None))
    except RekamError as error:
        pipe.send(("failed", error))
    except psycopg.OperationalError as error:
        pipe.send(("failed", _broken_off(f"the database broke off the rebuild, {type(error).__name__}")))
    except Exception as error:  # noqa: BLE001 - ours to mend: what it says of itself may hold values of facts
        at = [
            frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(_OURS)
        ][-1]
        what = f"a process of the rebuild fell over, {type(error).__name__} at {at.filename}:{at.lineno} {at.name}"
        pipe.send(("failed", Refusal(f"{what}; the view in use is as it was. Tell its makers.")))


def _load_in(cursor: psycopg.Cursor[Any], share: Share, pipe: Connection) -> None:
    try:
        cursor.execute(f"SET TRANSACTION SNAPSHOT '{share.snapshot}'".encode())
    except errors.UndefinedObject:  # whoever holds it was cut off
        raise _broken_off("the rebuild's snapshot is gone") from None
    keys = vault.unlock(cursor, share.keys)
    views = {schema: VIEWS[name] for schema, name in share.views.items()}
    noting = any(view.noting for view in views.values())
    with Loading(cursor, views) as loading:
        for span in share.spans:
            changes = histories(cursor, keys, span, share.up_to, noting=noting)
            loading.write(changes)
            pipe.send(("read", len(changes)))
        pipe.send(("named", loading.names))
        loading.write_listed(pipe.recv())


def _end_with_our_parent() -> None:
    """A loader that outlived its rebuild could write into the next one's tables."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
