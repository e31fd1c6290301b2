"""How the API reaches the register: pools of connections on which each question takes on the role of who asks.

Questions are asked where REKAM_DATABASE_READ says, of a standby as a rule; users, sessions and the log of readings are
the primary's, and so is what is watched: a standby that is cut off would tell for ever how well all was.

The database may come later than the API, go away and come back: every question that finds none is Unreachable, and
the next one tries again. Roles and row security in PostgreSQL hold the line of `services.access.roles` a second time.
"""

from __future__ import annotations

import functools
import math
import select
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout, TooManyRequests

from events import database, vault
from events.errors import NoAnswer, Unreachable
from projections.recent import Recent
from projections.walks import Walks
from services.access import sessions, tokens
from services.access.reached import reached
from services.ask import FINGERPRINT, HOLD, MISSING, NOW, Now, Question, broken_off
from services.embedded import find

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.access.roles import Caller
    from services.settings import Settings

__all__ = ["Reach"]

_QUESTIONS: Final = ("questions", 10)
_ACCESS: Final = ("access", 4)
"""Pools by name, with how many connections they have at most. The first is of REKAM_DATABASE_READ, the other writes."""

_PATIENCE_S: Final = 5.0
_OPTIONS: Final = f"{database.OPTIONS} -c statement_timeout=30s -c idle_in_transaction_session_timeout=60s"

# One way to the server: no statement before LOCK may take the snapshot.
_BEGIN: Final = """
    BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
    SET LOCAL ROLE {role};
    SET LOCAL rekam.accounts = '{accounts}';
    {hold}
"""
_HOLD: Final = f"{HOLD}; {NOW.format(fingerprint='NULL')}"
_HOLD_WITH_KEYS: Final = f"{HOLD}; {NOW.format(fingerprint=FINGERPRINT)}"
_ACT: Final = b"SET LOCAL ROLE rekam_access"
_BEGIN_ACCESS: Final = b"BEGIN; " + _ACT
_HEAD: Final = "BEGIN READ ONLY; SET LOCAL ROLE rekam_reader; SELECT size FROM log.head"
_LOOKED_FOR_EVERY_S: Final = 1.0

_Pool = ConnectionPool[database.Connection]


class Reach:
    """Opens nothing until it is asked. `close` ends every connection. WrongUse as `services.access.reached`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.secure = reached(settings).secure
        self.walks = Walks()
        self.recent = Recent()
        self._load_keys = functools.cache(vault.load_keys)
        self._load_token_key = functools.cache(tokens.load_key)
        self._making = threading.Lock()
        self._pools: dict[str, tuple[str, _Pool]] = {}
        self._looked: tuple[float, tuple[str, str]] = (-math.inf, ("", ""))

    def close(self) -> None:
        with self._making:
            for _, pool in self._pools.values():
                pool.close(1.0)
            self._pools.clear()

    @contextmanager
    def question(
        self, caller: Caller, *, hold: bool = True, keys: bool = False, primary: bool = False
    ) -> Iterator[Question]:
        """Open a question in the name of a caller: one read-only snapshot, with the rights of their role.

        `hold` and `primary` as for `services.ask.asking`; `keys` where sealed parts will be opened, by who may.
        Unreachable: no database; NoAnswer: no register in it.
        """
        accounts = caller.accounts()
        begin = _BEGIN.format(
            role=caller.database_role,
            accounts="" if accounts is None else f"{{{','.join(map(str, accounts))}}}",
            hold=(_HOLD_WITH_KEYS if keys else _HOLD) if hold else "",
        )
        with self._asking(begin, primary=primary) as question:
            yield question

    @contextmanager
    def _asking(self, begin: str, *, primary: bool) -> Iterator[Question]:
        with self._connection(*(_ACCESS if primary else _QUESTIONS)) as connection:
            try:
                now = self._begin(connection, begin)
                yield Question(self.settings, connection.cursor(), self._load_keys, option="", now=now)
            except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName, psycopg.errors.UndefinedObject):
                raise NoAnswer(MISSING) from None
            finally:
                if not connection.closed:
                    connection.rollback()

    @property
    def cookie(self) -> str:
        """The name of the session's cookie; where people come by https, browsers bind it to this very host."""
        return "__Host-rekam" if self.secure else "rekam"

    def holder_of(self, token: str) -> Caller | None:
        """Whose token it is; None for one that is not, or is not any more, one of ours."""
        key = self._load_token_key(self.settings.keys)
        with self.access() as cursor:
            return tokens.find(cursor, key, token, datetime.now(UTC))

    def signed_in(self, secret: str, *, used: bool) -> Caller | None:
        """Whose session it is; None for one that has ended. `used` as for `sessions.find`."""
        with self.access() as cursor:
            return sessions.find(cursor, secret, datetime.now(UTC), used=used)

    @contextmanager
    def reader(self, *, primary: bool = False) -> Iterator[Question]:
        """Open a question as `rekam_reader`, for answers that name nobody whoever asks."""
        with self._asking(_BEGIN.format(role="rekam_reader", accounts="", hold=_HOLD), primary=primary) as question:
            yield question

    @contextmanager
    def access(self) -> Iterator[psycopg.Cursor[Any]]:
        """Open a transaction of `rekam_access`, which keeps users, sessions and the read log; committed at the end."""
        with self._connection(*_ACCESS) as connection:
            connection.execute(_BEGIN_ACCESS)
            yield connection.cursor()
            connection.commit()

    @contextmanager
    def writing(self) -> Iterator[psycopg.Cursor[Any]]:
        """As `access`, in one way there and back: nothing is fetched within, all is committed at the end.

        An error of what is executed within comes out at the end.
        """
        with self._connection(*_ACCESS) as connection, connection.pipeline():
            connection.execute(b"BEGIN")
            connection.execute(_ACT)
            yield connection.cursor()
            connection.execute(b"COMMIT")

    def look(self) -> None:
        """See that the database answers, and the standby where questions are asked of one; Unreachable where not."""
        for pool in (_QUESTIONS, _ACCESS):
            with self._connection(*pool) as connection:
                connection.execute("SELECT 1")

    def head(self, *, reading: bool = False) -> int:
        """Where the log ends on the primary: a standby that questions are asked of may not have all of it yet.

        `reading`: where it ends on that one. Errors as for `question`.
        """
        with self._connection(*(_QUESTIONS if reading else _ACCESS)) as connection:
            try:
                cursor = connection.execute(_HEAD.encode())
                while cursor.nextset():
                    pass
                row = cursor.fetchone()
            except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName, psycopg.errors.UndefinedObject):
                raise NoAnswer(MISSING) from None
            finally:
                if not connection.closed:
                    connection.rollback()
        return 0 if row is None else int(row[0])

    @staticmethod
    def _begin(connection: database.Connection, begin: str) -> Now | None:
        """Begin; once more where a rebuild has just put another view in the place of one that was waited for.

        What it says last, where that is a row.
        """
        try:
            cursor = connection.execute(begin.encode())
        except psycopg.errors.UndefinedTable:
            connection.rollback()
            cursor = connection.execute(begin.encode())
        while cursor.nextset():
            pass
        row = cursor.fetchone() if cursor.description else None
        return Now(*row) if row is not None and row[0] is not None else None

    @contextmanager
    def _connection(self, name: str, most: int) -> Iterator[database.Connection]:
        try:
            with self._pool(name, most).connection() as connection:
                yield connection
        except (PoolTimeout, TooManyRequests):
            raise Unreachable("PostgreSQL does not answer, or too much is asked at once: ask again") from None
        except psycopg.OperationalError as error:
            raise broken_off(error) from error

    def _pool(self, name: str, most: int) -> _Pool:
        """Give the pool of that name, made anew where the embedded PostgreSQL has moved to another port."""
        address = self._address(reading=name == _QUESTIONS[0])
        with self._making:
            made_for, pool = self._pools.get(name, ("", None))
            if pool is None or made_for != address:
                if pool is not None:
                    pool.close(0.1)
                kwargs = {
                    "options": database.options(address, _OPTIONS),
                    "client_encoding": "utf8",
                    "connect_timeout": 5,
                    "autocommit": True,
                }
                pool = ConnectionPool(
                    address,
                    kwargs={**kwargs, "application_name": f"rekam api {name}"},
                    min_size=1, max_size=most, timeout=_PATIENCE_S, max_waiting=200, open=False, reconnect_timeout=1.0,
                    check=_check,
                )  # fmt: skip
                pool.open()
                self._pools[name] = (address, pool)
            return pool

    def _address(self, *, reading: bool) -> str:
        """Where the database is, looked for once a second at most: it takes a lock and two files."""
        looked, addresses = self._looked
        if time.monotonic() - looked >= _LOOKED_FOR_EVERY_S:
            engines = find(self.settings)
            addresses = database.completed(engines.database), database.completed(engines.reading, reading=True)
            self._looked = time.monotonic(), addresses
        return addresses[reading]


def _check(connection: database.Connection) -> None:
    """See that the server is still there; by a way to it only where it has said something unasked, as its end is."""
    heard = select.poll()
    heard.register(connection.fileno(), select.POLLIN)
    if heard.poll(0):
        ConnectionPool.check_connection(connection)
