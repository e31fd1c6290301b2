"""Rebuild: a view made anew from the log beside the one in use, compared with it, and put in its place.

    1. one rebuild of a view at a time: an advisory lock, on the connection that will swap; what a rebuild that was
       killed has left is removed
    2. `<view>_rebuild` is made from the log's start to where the view in use stands: a long log in bulk, for all views
       that are asked for at once (see `bulk`), and what its projector has moved on by meanwhile step by step
    3. the projector is held for a moment: the rebuild is brought to the very same position, and a snapshot is taken in
       which both stand there. Their rows are compared in it, and the projector goes on
    4. who reads the view finishes first, and who comes now waits: a reader's snapshot is older than the rebuild's last
       rows. The rebuild is brought to where the view now stands; rename and drop; commit

One view after the other goes through 3 and 4. Until its commit the view in use is as it was. Projectors and readers
find it by name, so they go on without a restart. The locks of 3 and 4 are taken holding no other on the view, so a
projector between its first look and its write never deadlocks with them: it finishes before, or begins after.
"""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg import errors

from events import database, log
from events.errors import Refusal, Unreachable
from projections import position
from projections.position import Standing
from services.ask import asking, parse_views
from services.bulk import Bulk, processes
from services.comparison import Beside, compared
from services.embedded import find
from services.processes import VIEWS
from services.projector import Follower
from services.talk import bars

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rich.progress import Progress

    from events.vault import Keys
    from projections.views import View
    from services.comparison import Comparison
    from services.settings import Settings

__all__ = ["rebuild"]

BATCH: Final = 10_000
BULK: Final = 20_000
"""From this position on a view is loaded in bulk; before it that is no quicker."""
PATIENCE_S: Final = 600.0
_PAUSE_S: Final = 0.5

_ONLY_ONE: Final = "SELECT pg_try_advisory_lock(hashtext('rekam rebuild'), hashtext(%s))"
_TABLES: Final = """
    SELECT relname FROM pg_class
    WHERE relnamespace = to_regnamespace(%s) AND relkind = 'r'
    ORDER BY relname <> 'position', relname
"""
# Whoever comes while we wait for a lock waits behind us. Shorter than deadlock_timeout: of two that wait for each other
# we give way, before PostgreSQL breaks off somebody's question.
_NOT_LONG: Final = "SET LOCAL lock_timeout = '800ms'"


def rebuild(
    settings: Settings, views: Sequence[str], *, accept: bool, seconds: dict[str, float] | None = None
) -> dict[str, Any]:
    """Build views anew; what was found of each, and whether it was swapped. `seconds` is told how long each phase took.

    WrongUse for an unknown view; NoAnswer where there is no register. Refusal, before anything is done, where a view
    cannot be compared (it is missing, or of another log) and `accept` does not say that it is to be replaced all the
    same; and where it is being rebuilt already.
    """
    names = parse_views(views, tuple(VIEWS))
    address = find(settings).database
    with asking(settings, hold=False, primary=True) as question:
        keys = question.keys
    bulk = Bulk(address, settings.keys, seconds={} if seconds is None else seconds)
    try:
        if not accept:
            _check_comparable(address, names)
        with bars() as progress, ExitStack() as opened:
            works = {name: opened.enter_context(_begun(address, keys, VIEWS[name], progress)) for name in sorted(names)}
            _load(bulk, works.values())
            return {"views": [works[name].done(bulk, accept=accept) for name in names]}
    except psycopg.OperationalError as error:
        what = f"the database broke off the rebuild, {type(error).__name__}"
        raise Unreachable(f"{what}; the view in use is as it was. Run it again.") from error


def _check_comparable(address: str, names: Sequence[str]) -> None:
    with database.connect(address, "rekam_projector") as connection, connection.cursor() as cursor:
        for name in names:
            if not position.is_comparable(cursor, name):
                raise Refusal(
                    f"view {name} cannot be compared, it is missing or stands at a position of another log than this "
                    f"one: `rekam rebuild {name} --accept` replaces it"
                )


@contextmanager
def _begun(address: str, keys: Keys, view: View, progress: Progress) -> Iterator[_Rebuild]:
    """A rebuild that has its lock and its empty tables; nothing of it is left afterwards."""
    bar = progress.add_task(view.name, total=None)
    with database.connect(address, "rekam_projector", autocommit=True) as connection:
        if connection.execute(_ONLY_ONE, [view.name]).fetchone() != (True,):
            raise Refusal(f"view {view.name} is being rebuilt already: wait until that has ended")
        follower = Follower(view, address, keys, f"{view.name}_rebuild")
        work = _Rebuild(connection, view, follower, lambda at, aim: progress.update(bar, completed=at, total=aim))
        try:
            work.begin()
            yield work
        finally:
            work.end()


def _load(bulk: Bulk, works: Iterable[_Rebuild]) -> None:
    """Bring all to about where their views in use stand, in bulk: together those that stand near one another.

    Together they are brought to the first one's position; from there on each catches up by itself.
    """
    left = sorted(((work.aim(), work) for work in works), key=lambda pair: pair[0].position)
    while left:
        first, _ = left[0]
        some = [work for aim, work in left if aim.position < first.position + BULK]
        left = left[len(some) :]
        if first.position >= BULK:
            bulk.load({work.schema: work.view for work in some}, first, partial(_say, some, first.position))


def _say(works: Iterable[_Rebuild], aim: int, at: int) -> None:
    for work in works:
        work.say(at, aim)


class _Rebuild:
    """The rebuild of one view. `connection` commits by itself, and holds the locks; the follower has its own."""

    def __init__(
        self, connection: database.Connection, view: View, follower: Follower, say: Callable[[int, int], None]
    ) -> None:
        self._connection = connection
        self.view = view
        self.schema = f"{view.name}_rebuild"
        self._follower = follower
        self.say = say

    def begin(self) -> None:
        self._drop()
        with self._connection.transaction(), self._connection.cursor() as cursor:
            position.make(cursor, self.view, self.schema)

    def end(self) -> None:
        """Leave nothing behind. Where the database is gone, the next rebuild removes it."""
        self._follower.close()
        with suppress(psycopg.OperationalError):
            self._drop()

    def done(self, bulk: Bulk, *, accept: bool) -> dict[str, Any]:
        """Catch up, compare and, where that is wanted, swap; what was found."""
        self.catch_up()
        with bulk.timed("comparison"):
            comparison = self.compare(bulk.address)
        swapped = comparison.same or accept
        if swapped:
            with bulk.timed("swap"):
                self.swap()
        return comparison.document(self.view.name, swapped=swapped)

    def aim(self) -> Standing:
        """Where the view in use stands now."""
        with self._connection.cursor() as cursor:
            return self._aim(cursor)

    def catch_up(self) -> None:
        """Fold until about where the view in use is, which moves on; it stops when the distance grows no smaller."""
        behind = None
        while True:
            aim = self.aim().position
            distance = aim - self._follower.check().position
            if distance <= 0 or (behind is not None and (distance <= BATCH or distance >= behind)):
                return
            behind = distance
            self._fold(aim)

    def compare(self, address: str) -> Comparison:
        """Compare both at one position; without the view in use, where there is none to be compared."""
        with database.connect(address, "rekam_projector") as beside, beside.cursor() as cursor:
            beside.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            with self._connection.transaction(), self._connection.cursor() as holder:
                comparable = self._hold_projector(holder)
                at = self._meet(holder)
                (snapshot,) = cursor.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
            schemas = (self.view.name if comparable else None, self.schema)
            return compared(Beside(address, snapshot, processes()), self.view, at, schemas)

    def swap(self) -> None:
        """Put the rebuild in the place of the view in use. Refusal where somebody goes on reading that one for ever."""
        with self._connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {', '.join(self._tables(cursor, self.schema))}")
        deadline = time.monotonic() + PATIENCE_S
        while True:
            self.catch_up()
            self._draw_level()
            try:
                with self._connection.transaction(), self._connection.cursor() as cursor:
                    self._exchange(cursor)
            except (errors.LockNotAvailable, errors.DeadlockDetected):
                if time.monotonic() > deadline:
                    raise Refusal(
                        f"view {self.view.name} was not swapped: somebody has been reading it for "
                        f"{PATIENCE_S / 60:.0f} minutes; run it again when they have ended"
                    ) from None
                time.sleep(_PAUSE_S)  # lets in who waited behind us
            except errors.DependentObjectsStillExist as error:
                raise Refusal(
                    f"view {self.view.name} was not swapped, something that is not Rekam's is built on it: "
                    f"{error.diag.message_detail}; drop that first, and make it again afterwards"
                ) from error
            else:
                return

    def _draw_level(self) -> None:
        """Where the projector is as quick as we are, hold it until little is left: the exchange holds everybody."""
        with self._connection.transaction(), self._connection.cursor() as holder:
            if self._aim(holder).position - self._follower.check().position > BATCH and self._hold_projector(holder):
                self._meet(holder)

    def _hold_projector(self, holder: psycopg.Cursor[Any]) -> bool:
        """To the transaction's end, where there is a view that can be compared."""
        comparable = position.is_comparable(holder, self.view.name)
        if comparable:
            holder.execute(f"LOCK TABLE {self.view.name}.position IN EXCLUSIVE MODE")
        return comparable

    def _exchange(self, cursor: psycopg.Cursor[Any]) -> None:
        name, replaced = self.view.name, f"{self.view.name}_replaced"
        cursor.execute(_NOT_LONG)
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [name])  # a process that starts, and makes views
        tables = self._tables(cursor, name)
        if tables:
            cursor.execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
        self._meet(cursor)
        cursor.execute("SELECT to_regnamespace(%s) IS NOT NULL", [name])
        if cursor.fetchone() == (True,):
            cursor.execute(f"ALTER SCHEMA {name} RENAME TO {replaced}")
        cursor.execute(f"ALTER SCHEMA {self.schema} RENAME TO {name}")
        self._drop_replaced(cursor, replaced)

    def _drop_replaced(self, cursor: psycopg.Cursor[Any], schema: str) -> None:
        """Drop what is ours, without CASCADE: a view that somebody has made of it would go along without a word."""
        if tables := self._tables(cursor, schema):
            cursor.execute(f"DROP TABLE {', '.join(tables)}")
        cursor.execute(f"DROP SCHEMA IF EXISTS {schema}")

    def _meet(self, holder: psycopg.Cursor[Any]) -> int:
        """Bring the rebuild to where the view in use stands, whose position the caller has locked; that position."""
        aim = self._aim(holder)
        self._fold(aim.position)
        at = self._follower.check()
        if at != aim:
            raise Refusal(f"view {self.view.name} went back to position {aim.position} meanwhile: run it again")
        return at.position

    def _aim(self, cursor: psycopg.Cursor[Any]) -> Standing:
        """Where the view in use stands; the log's end where there is none to be compared."""
        standing = position.standing(cursor, self.view.name)
        if standing is not None and log.digest_at(cursor, standing.position) == standing.digest:
            return standing
        head = log.head(cursor)
        return Standing(head.size, head.digest)

    def _fold(self, aim: int) -> None:
        while (at := self._follower.check().position) < aim:
            self.say(at, aim)
            with self._connection.cursor() as cursor:
                entries = log.read(cursor, at, min(BATCH, aim - at))
            if not entries:
                raise Refusal(f"the log ends at position {at}, before {aim}: it was put back meanwhile, run it again")
            self._follower.advance([(place, state) for place, state, _ in entries])
        self.say(aim, aim)

    @staticmethod
    def _tables(cursor: psycopg.Cursor[Any], schema: str) -> list[str]:
        """All tables, `position` first, as every reader takes them."""
        return [f'{schema}."{name}"' for (name,) in cursor.execute(_TABLES, [schema])]

    def _drop(self) -> None:
        self._connection.execute(f"DROP SCHEMA IF EXISTS {self.schema} CASCADE")
