"""Each view from the log, as its projector follows and as `rekam rebuild` makes it, beside the library's projection."""

from __future__ import annotations

import asyncio
import time
from contextlib import redirect_stderr
from io import StringIO
from typing import TYPE_CHECKING

from services.memory import spare_garbage
from services.processes import VIEWS, unlock
from services.projector import Follower
from services.rebuilding import rebuild
from tests.benchmarks import library
from tests.benchmarks.figure import Figure
from tests.benchmarks.intake import MESSAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from events.vault import Keys
    from projections.views import View
    from tests.benchmarks.engines import Bench

__all__ = ["measured"]

BY_THE_LIBRARY = 15_000
"""Facts for the library's projection, which is slow."""


def measured(bench: Bench) -> Iterator[Figure]:
    asyncio.run(bench.send(bench.messages(MESSAGES)))
    with bench.process("intake"):
        bench.until(f"SELECT coalesce(sum(last - first + 1), 0) >= {MESSAGES} FROM intake.accounted")
    keys = unlock(bench.settings, bench.settings.database)
    theirs = library.runner(bench, bench.states()[:BY_THE_LIBRARY], keys)
    facts = bench.one("SELECT size FROM log.head")
    spare_garbage()  # as in a projector's own process
    for view in VIEWS.values():
        live = facts / _follow(bench, view, keys)
        yield Figure.ratio(f"`{view.name}` live, to the library's ProjectionRunner", live, theirs, 10)
        anew = facts / _rebuild(bench, view)
        yield Figure.ratio(f"`{view.name}` rebuilt and compared, to the same", anew, theirs, 20)
        size = bench.one(
            "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c "
            f"WHERE relkind = 'r' AND relnamespace = '{view.name}'::regnamespace"
        )
        yield Figure(f"bytes on disk a fact, view `{view.name}`", f"{size / facts:,.0f}")


def _follow(bench: Bench, view: View, keys: Keys) -> float:
    """Seconds from the log's start to its end, in the projector's own batches, in this process."""
    follower = Follower(view, bench.settings.database, keys)
    began = time.monotonic()
    try:
        while follower.advance(()):
            pass
        return time.monotonic() - began
    finally:
        follower.close()


def _rebuild(bench: Bench, view: View) -> float:
    """Seconds of the whole of it: folded, compared row by row with the view in use, and swapped."""
    began = time.monotonic()
    with redirect_stderr(StringIO()):  # its progress bar
        rebuild(bench.settings, [view.name], accept=False)
    return time.monotonic() - began
