"""Where a register is restored to: an empty database of a server, or a new folder for the embedded one.

Each place refuses what is there already, and leaves nothing behind where the restoring fails.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol

from psycopg import sql

from events import database
from events.errors import Refusal, Unreachable
from events.restoring import RESTORING, is_restoring
from services import postgres, private
from services.embedded import database_of, only_one
from services.postgres import Postgres
from services.processes import VIEWS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from services.backups.manifest import Manifest
    from services.settings import Settings

__all__ = ["SCHEMAS", "Place", "place_of"]

SCHEMAS: Final = ("log", "vault", "intake", "watch", "access", "reporting", *VIEWS)
"""All that Rekam keeps in a database."""

_HELD: Final = """
    SELECT nspname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = ANY(%s) LIMIT 1
"""
_ONLY_ONE: Final = "SELECT pg_try_advisory_lock(hashtext('rekam restore'))"
_USER: Final = "SELECT current_user::text, rolsuper FROM pg_roles WHERE rolname = current_user"
_ROLE: Final = "SELECT FROM pg_roles WHERE rolname = %s"
_QUICKLY: Final = {"wal_level": "minimal", "max_wal_senders": "0", "maintenance_work_mem": "128MB"}
"""While nothing but the restore is there: its COPY needs no write-ahead log, only the disk at its commit."""


class Place(Protocol):
    name: str

    def check(self, manifest: Manifest) -> None:
        """Refusal where the backup cannot go here; nothing is changed."""

    def opened(self, manifest: Manifest) -> AbstractContextManager[str]:
        """An address to restore to. What stands there counts once the block has ended well; else it is taken away."""


def place_of(settings: Settings) -> Place:
    """Of the settings: REKAM_DATABASE if there is one, else REKAM_DATA."""
    return Server(database_of(settings)) if settings.database else Folder(settings.data)


class Server:
    """A database that the address names, and that somebody has made: `createdb NAME`."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.name = "the database of REKAM_DATABASE"

    def check(self, manifest: Manifest) -> None:
        with database.connect(self._address) as connection:
            self.name = f"the database {connection.info.dbname}"
            refuse_older(manifest, connection.info.server_version // 10_000)
            self._refuse_held(connection)
            user, superuser = _user(connection)
            if user != manifest.owner and not superuser:
                raise Refusal(
                    f"the register in this backup belongs to PostgreSQL's user {manifest.owner}, and REKAM_DATABASE "
                    f"signs in as {user}: restore as {manifest.owner}, or as a superuser"
                )

    @contextmanager
    def opened(self, manifest: Manifest) -> Iterator[str]:
        with database.connect(self._address, autocommit=True) as holder:
            if holder.execute(_ONLY_ONE).fetchone() != (True,):
                raise Refusal(f"a backup is being restored into {self.name} already: wait until that has ended")
            with holder.transaction():  # nobody makes a register here between our look and our mark
                holder.execute("SELECT pg_advisory_xact_lock(%s)", [database.MAKING])
                self._refuse_held(holder)
                if is_restoring(holder.cursor()):
                    _clear(holder)  # of one that was killed
                holder.execute(f"CREATE SCHEMA {RESTORING}")
            try:
                make_owner(self._address, manifest.owner)
                yield self._address
                holder.execute(f"DROP SCHEMA {RESTORING}")  # from now on it counts
            except BaseException:
                with database.connect(self._address) as connection:
                    _clear(connection)
                raise

    def _refuse_held(self, connection: database.Connection) -> None:
        """What a restore that was killed has left does not count: nothing has started on it."""
        held = connection.execute(_HELD, [list(SCHEMAS)]).fetchone()
        if held is not None and not is_restoring(connection.cursor()):
            raise Refusal(
                f"{self.name} holds a register already (schema {held[0]}), and nothing is ever restored over one: "
                "make an empty database, `createdb NAME`, and name that one in REKAM_DATABASE"
            )


class Folder:
    """REKAM_DATA. The server is made and filled in a folder below, and moved to its place when all is proved."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self.name = str(data)

    def check(self, manifest: Manifest) -> None:
        refuse_older(manifest, int(postgres.MAJOR))
        if (self._data / "postgres").exists():
            raise Refusal(
                f"{self._data} holds a register already, and nothing is ever restored over one: "
                "name a new folder in REKAM_DATA, and in REKAM_KEYS where the keys are"
            )

    @contextmanager
    def opened(self, manifest: Manifest) -> Iterator[str]:
        private.make_folder(self._data)
        with only_one(self._data):
            self.check(manifest)  # nobody else begins a register here from now on
            building = self._data / "restoring"
            shutil.rmtree(building, ignore_errors=True)  # of one that was killed
            private.make_folder(building)
            server = Postgres(building, _QUICKLY, wish=None)
            try:
                start(server)
                make_owner(server.address, manifest.owner)
                yield server.address
                server.stop()
                self._move(server)
            finally:
                server.stop()
                shutil.rmtree(building, ignore_errors=True)

    def _move(self, server: Postgres) -> None:
        """The server's folder last: where it stands, there is a register."""
        server.passfile.replace(self._data / server.passfile.name)
        server.data.rename(self._data / server.data.name)


def _clear(connection: database.Connection) -> None:
    for schema in (*SCHEMAS, RESTORING):
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))


def start(server: Postgres) -> None:
    """Refusal with the last complaint of the server's own log, which goes with its folder."""
    try:
        server.start()
    except Unreachable:
        said = server.log.read_text(errors="replace").splitlines() if server.log.exists() else []
        why = [line for line in said if "error:" in line or "FATAL:" in line] or said or ["it said nothing"]
        raise Refusal(f"PostgreSQL does not come up in {server.folder}, and nothing is left there: {why[-1]}") from None


def make_owner(address: str, owner: str) -> None:
    """The user whom the tables belonged to, where it is another one; a superuser may make it, see `Server.check`."""
    with database.connect(address) as connection:
        user, _ = _user(connection)
        if user != owner and connection.execute(_ROLE, [owner]).fetchone() is None:
            connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(owner)))


def _user(connection: database.Connection) -> tuple[str, bool]:
    row = connection.execute(_USER).fetchone()
    assert row is not None
    return row[0], row[1]


def refuse_older(manifest: Manifest, major: int) -> None:
    """PostgreSQL reads the dumps of itself and of what is older."""
    if major < manifest.postgresql:
        raise Refusal(
            f"the backup is of PostgreSQL {manifest.postgresql}, and here is {major}: restore it to a server of "
            f"{manifest.postgresql} or newer"
        )
