"""What an auditor asks of the register: that it proves itself, and that it tells its history again.

`check` recomputes everything from the log and shares no code with what it checks, save the pure reading and the pure
decoding and opening of entries. A log that was replaced as a whole, digests and all, is still a good log: whoever
wants to notice that keeps the digest which `check` printed earlier, and looks for it in a replay.
"""

from __future__ import annotations

from base64 import b64encode
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import orjson
from psycopg.pq import TransactionStatus

from services import checks_ledger as ledger
from services.checks_log import LogCheck
from services.checks_offsets import Accounts
from services.checks_people import Moment, PeopleCheck
from services.checks_sums import BLOCK, summed
from services.checks_watch import Watched
from services.verdict import stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import psycopg

    from events.vault import Keys

__all__ = ["check", "replay"]

Row = tuple[Any, ...]

_SIZE: Final = "SELECT count(*), max(notification_id) FROM log.entry"
# Some ten large sorts and sums, one at a time or two; compiling a query takes longer than it saves.
_SORTED_IN_MEMORY: Final = "SELECT set_config('work_mem', '64MB', true), set_config('jit', 'off', true)"
_REPLAY: Final = """
    SELECT notification_id, digest, state FROM log.entry
    WHERE notification_id >= %(first)s AND notification_id <= %(last)s ORDER BY notification_id
"""


def check(
    connection: psycopg.Connection[Row],
    keys: Keys,
    progress: Callable[[int, int], None] | None = None,
    *,
    block: int = BLOCK,
) -> dict[str, Any]:
    """Every invariant with its figure, and where one does not hold with the first places where it does not.

    All of it is of one moment: a transaction that is already open must be REPEATABLE READ or stricter, else one is
    opened. Views are compared at the position that all three have reached, `projected`. `progress` is told how many
    entries of how many were read; the log is read twice.
    """
    with _snapshot(connection):
        connection.execute(_SORTED_IN_MEMORY)
        size, head = connection.execute(_SIZE).fetchone() or (0, None)
        tick = _Tick(progress, 2 * size).tick if progress else _silent
        accounts = Accounts(connection, head or 0)
        watched = Watched(connection)
        log = LogCheck(connection, keys, accounts, watched)
        log.read(tick)
        projected, views = ledger.in_the_log(connection)
        days = ledger.days(connection, projected)
        people = PeopleCheck(connection, keys, projected, _moments(days, projected))
        people.read(tick)
        verdicts = [*log.verdicts(), *accounts.verdicts(), watched.verdict, *people.verdicts(), views]
        verdicts += [
            ledger.agree(connection, projected),
            ledger.sum_to_zero(connection, projected, people.people),
            ledger.never_negative(connection, projected),
            ledger.closings(connection, people.standing),
            ledger.counts_and_lists(connection, projected, days or ()),
            summed(connection, block),
        ]
    return {
        "position": log.position,
        "digest": log.digest.hex(),
        "projected": projected,
        "checks": [verdict.answer() for verdict in verdicts],
    }


def replay(connection: psycopg.Connection[Row], first: int, last: int) -> Iterator[dict[str, Any]]:
    """The entries from `first` to `last`, both included, with position and digest; sealed parts stay sealed.

    The digest is the log's own. It is over the stored bytes, which are the entry written again as compact JSON in its
    own order; where they are not, the bytes stand beside it in base64, as `state`.
    """
    with _snapshot(connection):
        for position, digest, state in stream(connection, _REPLAY, {"first": first, "last": last}):
            said = {"position": position, "digest": digest.hex()}
            try:
                entry = orjson.loads(state)
            except orjson.JSONDecodeError:
                entry = None
            exact = orjson.dumps(entry) == state
            yield {**said, "entry": entry} if exact else {**said, "entry": entry, "state": b64encode(state).decode()}


def _silent() -> None:
    pass


class _Tick:
    """Tells of every thousandth entry, and of the last."""

    def __init__(self, progress: Callable[[int, int], None], total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0

    def tick(self) -> None:
        self._done += 1
        if self._done % 1000 == 0 or self._done == self._total:
            self._progress(self._done, self._total)


def _moments(days: tuple[Any, Any, Any] | None, position: int) -> list[Moment]:
    """The first, the middle and the last day, as known halfway through the log and at its end."""
    return [
        Moment(day, known) for day in dict.fromkeys(days or ()) for known in dict.fromkeys((position // 2, position))
    ]


@contextmanager
def _snapshot(connection: psycopg.Connection[Row]) -> Iterator[None]:
    """All that is read is of one moment, and nothing is written."""
    if connection.info.transaction_status is not TransactionStatus.IDLE:
        row = connection.execute("SHOW transaction_isolation").fetchone()
        assert row is not None
        assert row[0] in ("repeatable read", "serializable"), row[0]
        yield
        return
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield
