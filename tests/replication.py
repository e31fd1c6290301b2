"""Two real PostgreSQL: a primary, and a standby that follows it; the primary may be lost with all that it had."""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import psycopg
from psycopg.conninfo import make_conninfo

from events import database
from services import child, private
from services.postgres import ENVIRON, USER, Postgres, account, program
from tests.kafka.world import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Pair", "Standby", "pair"]

NAME: Final = "standby"

# Safe against kill -9 of the servers, which is all that happens here, and quick.
OPTIONS: Final = {"fsync": "off", "full_page_writes": "off", "max_connections": "100"}


class Standby(Postgres):
    """A server that begins as a copy of the primary and follows it, until `promote`."""

    def __init__(self, folder: Path, primary: Postgres, options: Mapping[str, str]) -> None:
        super().__init__(folder, {**options, "cluster_name": NAME}, wish=None)
        self._primary = primary

    def promote(self) -> None:
        """Make it the primary; it is one when this returns."""
        with database.connect(self.address, autocommit=True, reading=True) as connection:
            assert connection.execute("SELECT pg_promote()").fetchone() == (True,)

    def set(self, name: str, value: str) -> None:
        _set(self, name, value)

    def _make(self) -> None:
        """As docs/cluster.md says: `pg_basebackup --write-recovery-conf`."""
        unfinished = self.folder / "postgres.new"
        unfinished.mkdir(mode=0o700)
        user = account()
        if user is not None:
            os.chown(unfinished, user, user)
        private.write(self.passfile, self._primary.passfile.read_text())
        to = f"host=127.0.0.1 port={self._primary.port} user={USER} passfile={self.passfile}"
        copying = ["--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast"]
        command: list[str | Path] = [program("pg_basebackup"), "-D", unfinished, f"--dbname={to}", *copying]
        made = child.start(command, log=self.log, environ=ENVIRON, user=user)
        assert made.wait(60) == 0, self.log.read_text()
        unfinished.rename(self.data)

    def _make_database(self) -> None:
        """There is one already; only see that it answers."""
        database.connect(self._address_of("postgres"), reading=True).close()


class Pair:
    """A primary and its standby. `both` is how Rekam is told of them: it writes to the one that can be written to."""

    def __init__(self, primary: Postgres, standby: Standby) -> None:
        self.primary = primary
        self.standby = standby

    @property
    def both(self) -> str:
        ports = f"127.0.0.1:{self.primary.port},127.0.0.1:{self.standby.port}"
        passfile = quote(str(self.standby.passfile), safe="")
        return f"postgresql://{USER}@{ports}/{USER}?passfile={passfile}&target_session_attrs=read-write"

    def wait_for_the_standby(self) -> None:
        """From now on a commit that was answered is on the standby's disk."""
        _set(self.primary, "synchronous_standby_names", NAME)
        eventually(lambda: self._followers() == ["sync"])

    def cut_off(self) -> None:
        """From now on nothing reaches the standby."""
        self.standby.set("primary_conninfo", "")
        eventually(lambda: self._followers() == [])

    def caught_up(self) -> None:
        """Wait until the standby shows everything that the primary has now."""
        with psycopg.connect(self.primary.address) as connection:
            row = connection.execute("SELECT pg_current_wal_lsn()::text").fetchone()
        assert row is not None
        eventually(lambda: self._shows(row[0]))

    def lose_the_primary(self) -> None:
        """kill -9 of all its processes, as with the machine, and its folder is gone."""
        server = self.primary.child
        assert server is not None
        listed = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        for number in (server.pid, *map(int, listed)):
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        server.wait()
        eventually(lambda: not any(child.command_of(int(number)) for number in listed))
        shutil.rmtree(self.primary.data)

    def _followers(self) -> list[str]:
        with psycopg.connect(self.primary.address) as connection:
            return [state for (state,) in connection.execute("SELECT sync_state FROM pg_stat_replication")]

    def _shows(self, place: str) -> bool:
        with psycopg.connect(self.standby.address) as connection:
            row = connection.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", [place]).fetchone()
        return row == (True,)


@contextmanager
def pair(folder: Path, **standbys: str) -> Iterator[Pair]:
    """Both up, the standby asynchronous; `standbys` are settings that it alone has."""
    for name in ("primary", "standby"):
        (folder / name).mkdir(mode=0o700)
    primary = Postgres(folder / "primary", OPTIONS, wish=None)
    standby = Standby(folder / "standby", primary, {**OPTIONS, **standbys})
    try:
        primary.start()
        standby.start()
        yield Pair(primary, standby)
    finally:
        standby.stop()
        primary.stop()


def _set(server: Postgres, name: str, value: str) -> None:
    with database.connect(
        make_conninfo(server.address, dbname="postgres"), autocommit=True, reading=True
    ) as connection:
        connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        connection.execute("SELECT pg_reload_conf()")
