"""The database: how it is made, and how it is connected to under one of Rekam's own roles.

Roles, none of which can log in; whoever the address names takes one of them on for a connection:
`rekam_intake` appends and never changes, `rekam_relay` reads and notes how far it is, `rekam_projector` owns the views,
`rekam_reader` reads, `rekam_reporting` may ask what the schema `reporting` answers and sees nothing else,
`rekam_vault` owns the vault, which the relay cannot see, and `rekam_access` keeps users and who has read what. The API
takes on the role of who asks: PEOPLE has one for each role of people, and each sees what those people may see.
"""

from __future__ import annotations

from contextlib import contextmanager
from importlib.resources import files
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from events.ddl import define
from events.errors import NoAnswer, Refusal, Unreachable, WrongUse
from events.restoring import refuse_restoring

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "MAKING",
    "OPTIONS",
    "PEOPLE",
    "ROLES",
    "SCHEMA_VERSION",
    "Connection",
    "Session",
    "check_version",
    "checked",
    "completed",
    "connect",
    "create",
    "make_roles",
    "options",
    "with_password",
]

Connection = psycopg.Connection[tuple[Any, ...]]

PEOPLE: Final = (
    "rekam_as_reporting",
    "rekam_as_officer",
    "rekam_as_supervisor",
    "rekam_as_auditor",
    "rekam_as_operator",
)
ROLES: Final = (
    "rekam_intake",
    "rekam_relay",
    "rekam_projector",
    "rekam_reader",
    "rekam_reporting",
    "rekam_vault",
    "rekam_access",
    *PEOPLE,
)
SCHEMA_VERSION: Final = 4
STEPS: Final[dict[int, str]] = {
    1: """
        ALTER TABLE IF EXISTS counts.position ADD COLUMN shape integer NOT NULL DEFAULT 1;
        ALTER TABLE IF EXISTS trail.position ADD COLUMN shape integer NOT NULL DEFAULT 1;
        ALTER TABLE IF EXISTS outstanding.position ADD COLUMN shape integer NOT NULL DEFAULT 1;
    """,
    2: "SELECT",  # schema.sql makes what is watched; an older intake would not keep it
    # schema.sql counts anew what is watched: sources came from a view, which may have been behind
    3: "DO $$ BEGIN IF to_regclass('watch.offsets') IS NOT NULL THEN "
    "PERFORM FROM log.head FOR UPDATE; DELETE FROM watch.offsets; END IF; END $$",
}
"""What brings a database of a version to the next, before schema.sql, in its transaction; never changed."""

# A plan kept from when a table was nearly empty would read all of it later on. Keepalives: of a client whose machine is
# gone the server would learn after two hours, and go on holding its locks, the relay's own for one.
OPTIONS: Final = (
    "-c TimeZone=UTC -c lock_timeout=60s -c plan_cache_mode=force_custom_plan "
    "-c tcp_keepalives_idle=15 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
)
# The other way round: of a server whose machine is gone.
_NOTICED: Final = {
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
_TO_WRITE: Final = {"target_session_attrs": "read-write"}
IDLE_S: Final = 60
"""A session's transaction in which nothing is asked for so long is ended by the server: it may hold the log's lock."""

MAKING: Final = 0x52454B414D  # "REKAM": one maker at a time


def completed(address: str, *, reading: bool = False) -> str:
    """The address with what it leaves open: of several servers the one that can be written to, unless for `reading`.

    And that one which has vanished is noticed within half a minute. What the address says itself holds. WrongUse where
    it is none.
    """
    try:
        return make_conninfo("", **{**_NOTICED, **({} if reading else _TO_WRITE), **conninfo_to_dict(address)})
    except psycopg.ProgrammingError:
        raise _no_address() from None


def options(address: str, ours: str) -> str:
    """What the address says of the session, and ours behind it."""
    return f"{conninfo_to_dict(address).get('options') or ''} {ours}"


def connect(
    address: str,
    role: str | None = None,
    *,
    autocommit: bool = False,
    derived: bool = False,
    reading: bool = False,
    idle_s: int = 0,
) -> Connection:
    """Open a connection that acts as `role`; UTF-8, UTC, and a lock is never waited for longer than a minute.

    `derived` is for what only follows from the log: a commit need not reach the disk at once. What a crash takes of it
    is the end, and whole transactions with their position, so the work goes on from there. `reading` is for what may
    be asked of a standby too; everything else gets a server that can be written to, or none. `idle_s`: a transaction in
    which nothing is asked for so long is ended by the server (0: never).

    Unreachable where no such server answers, NoAnswer where it has none of our roles; WrongUse: the address is none.
    """
    address = completed(address, reading=reading)
    ours = OPTIONS
    ours += f" -c role={role}" if role else ""
    ours += " -c synchronous_commit=off" if derived else ""
    ours += f" -c idle_in_transaction_session_timeout={idle_s}s" if idle_s else ""
    try:
        return psycopg.connect(
            address,
            options=options(address, ours),
            client_encoding="utf8",
            connect_timeout=10,
            autocommit=autocommit,
            application_name=role or "rekam",
        )
    except psycopg.OperationalError as error:
        raise _not_connected(error, role, reading=reading) from error
    except psycopg.ProgrammingError as error:
        raise _no_address() from error


def _not_connected(error: psycopg.OperationalError, role: str | None, *, reading: bool) -> NoAnswer | Unreachable:
    said = _said(error)
    if role and f'role "{role}" does not exist' in said:
        return NoAnswer("the database has no register yet: start it with `rekam up`, or make it with `rekam prepare`")
    if "session is read-only" in said:
        way_out = "Name the primary, or all servers as host:port,host:port, or promote the standby."
        return Unreachable(f"REKAM_DATABASE leads to a standby, which cannot be written to: {said}. {way_out}")
    setting = "REKAM_DATABASE, or REKAM_DATABASE_READ if it is set," if reading else "REKAM_DATABASE,"
    return Unreachable(f"PostgreSQL does not answer: {said}. Check {setting} or start it.")


def checked(address: str, setting: str) -> str:
    """The address as it stands. WrongUse names the setting where it is none."""
    try:
        conninfo_to_dict(address)
    except psycopg.ProgrammingError:
        raise _no_address(setting) from None
    return address


def with_password(address: str, password: str, setting: str = "REKAM_DATABASE") -> str:
    """The address with the password in it, not to be shown. WrongUse where it holds one already, or is no address."""
    if "password" in conninfo_to_dict(checked(address, setting)):
        raise WrongUse(f"{setting} holds a password and REKAM_DATABASE_PASSWORD_FILE names one: take one away")
    return make_conninfo(address, password=password)


class Session:
    """One connection for many transactions, one at a time; made when it is needed, and again after one that failed.

    psycopg's OperationalError, where the server goes away or has ended a transaction in which nothing was asked for
    IDLE_S, is for the caller, as are the errors of `connect`.
    """

    def __init__(self, address: str, role: str) -> None:
        self._address = address
        self._role = role
        self._connection: Connection | None = None
        self._busy = RLock()  # a signal may leave a transaction half begun, and close() comes from the same thread

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Cursor[Any]]:
        """Give a cursor in a transaction of its own."""
        with self._busy:
            if self._connection is None:
                self._connection = connect(self._address, self._role, idle_s=IDLE_S)
            try:
                with self._connection.transaction(), self._connection.cursor() as cursor:
                    yield cursor
            except psycopg.Error as error:
                connection, self._connection = self._connection, None
                connection.close()
                if isinstance(error, psycopg.errors.IdleInTransactionSessionTimeout):  # to psycopg an internal error
                    raise psycopg.OperationalError(str(error)) from error
                raise

    def close(self) -> None:
        """Wait for the transaction that is under way, if any, and close the connection."""
        with self._busy:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


def create(address: str, *, restoring: bool = False) -> None:
    """Make what is missing: roles, schemas, tables, rights; bring one that an older Rekam made up to this one.

    May be called at every start, by several processes at once. Refusal where the database was made by a newer Rekam, or
    where the address's user may not make roles; or where a restore into it has not ended, unless it is that which asks.
    """
    with connect(address) as connection, connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = 0")  # another may bring a long log up, which takes minutes
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [MAKING])
        cursor.execute("RESET lock_timeout")
        if not restoring:
            refuse_restoring(cursor)
        _make_roles(cursor)
        _bring_up(cursor)
        define(cursor, files("events").joinpath("schema.sql").read_text(encoding="utf-8"))


def make_roles(address: str) -> None:
    """Make the roles alone, for a database that is about to be restored: its tables name them. Refusal as `create`."""
    with connect(address) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [MAKING])
        _make_roles(cursor)


def _make_roles(cursor: psycopg.Cursor[Any]) -> None:
    cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [list(ROLES)])
    there = {name for (name,) in cursor.fetchall()}
    try:
        for role in ROLES:
            if role not in there:
                cursor.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
        cursor.execute(
            "SELECT r FROM unnest(%s::text[]) r WHERE NOT pg_has_role(current_user, r, 'SET')", [list(ROLES)]
        )
        for (role,) in cursor.fetchall():
            cursor.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(role)))
    except psycopg.errors.InsufficientPrivilege as error:
        statements = " ".join(f"CREATE ROLE {role} NOLOGIN; GRANT {role} TO <user>;" for role in ROLES)
        raise Refusal(
            f"the user of REKAM_DATABASE may not make roles; let an administrator run: {statements}"
        ) from error


def _bring_up(cursor: psycopg.Cursor[Any]) -> None:
    cursor.execute("CREATE SCHEMA IF NOT EXISTS intake")
    cursor.execute(
        "CREATE TABLE IF NOT EXISTS intake.schema "
        "(one boolean PRIMARY KEY DEFAULT true CHECK (one), version integer NOT NULL)"
    )
    cursor.execute("INSERT INTO intake.schema (version) VALUES (%s) ON CONFLICT DO NOTHING", [SCHEMA_VERSION])
    for version in range(_version(cursor), SCHEMA_VERSION):
        cursor.execute(STEPS[version].encode())
    cursor.execute("UPDATE intake.schema SET version = %s WHERE version <> %s", [SCHEMA_VERSION, SCHEMA_VERSION])


def check_version(cursor: psycopg.Cursor[Any]) -> None:
    """Refuse a database that a newer Rekam has made, or that an older one has and this one has not yet brought up."""
    refuse_restoring(cursor)
    version = _version(cursor)
    if version < SCHEMA_VERSION:
        raise Refusal(
            f"the database has schema version {version}, this program wants {SCHEMA_VERSION}: "
            "end the older Rekam and start this one, `rekam up` or `rekam run`, which brings it up"
        )


def _version(cursor: psycopg.Cursor[Any]) -> int:
    row = cursor.execute("SELECT version FROM intake.schema").fetchone()
    assert row is not None
    if row[0] > SCHEMA_VERSION:
        raise Refusal(
            f"the database has schema version {row[0]}, this program knows {SCHEMA_VERSION}; "
            "run the Rekam that made it, or one that is newer"
        )
    return int(row[0])


def _no_address(setting: str = "REKAM_DATABASE") -> WrongUse:
    return WrongUse(f"{setting} is no PostgreSQL address, such as postgresql://user@host:5432/rekam")


def _said(error: psycopg.Error) -> str:
    return " ".join(str(error).split())
