"""PostgreSQL's own programs: those on PATH, or of the wheel; the oldest that is not older than what it works on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from events.errors import Refusal, WrongUse
from services import child, postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["find", "run"]

_VERSION: Final = re.compile(r"\(PostgreSQL\) (\d+)")
_ERROR: Final = re.compile(r"^pg_\w+: error: (.*)$", re.MULTILINE)


def run(name: str, major: int, address: str | None, *words: str | Path) -> None:
    """Runs one to its end; it ends with us. `words` hold whole paths, `address` is what it connects to.

    Its password goes by the environment, where only our own user sees it. Refusal with what the program itself says: of
    the server's errors the first line, since what follows may hold values of rows. WrongUse as `find`.
    """
    environ = {**os.environ, "LC_ALL": "C"}
    target: list[str] = []
    if address is not None:
        known = conninfo_to_dict(address)
        password = known.pop("password", None)
        if password is not None:
            environ["PGPASSWORD"] = str(password)
        target = [f"--dbname={make_conninfo('', **known)}"]
    with tempfile.TemporaryDirectory() as folder:
        talk = Path(folder) / "talk"
        running = child.start([find(name, major), *target, *words], log=talk, environ=environ)
        try:
            running.wait()
        finally:
            child.end(running)
        if running.returncode:
            said = _ERROR.findall(talk.read_text(errors="replace"))
            raise Refusal(f"{name} ended with {running.returncode}{': ' if said else ''}{'; '.join(said[:2])}")


def find(name: str, major: int) -> Path:
    """WrongUse, with what there is, where none of this major version or a newer one is here."""
    known = {path: _major(path) for path in _candidates(name)}
    fitting = [path for path, version in known.items() if version >= major]
    if not fitting:
        there = ", ".join(f"{path} is of {version}" for path, version in known.items()) or "there is none"
        raise WrongUse(
            f"this needs {name} of PostgreSQL {major} or newer, on PATH ({there}): install PostgreSQL's client programs"
        )
    return min(fitting, key=known.__getitem__)  # of two that are as old as each other, the one on PATH


def _candidates(name: str) -> Iterator[Path]:
    on_path = shutil.which(name)
    if on_path:
        yield Path(on_path).absolute()
    try:
        yield postgres.program(name)
    except WrongUse:  # the wheel is not installed
        return


@cache
def _major(path: Path) -> int:
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    found = _VERSION.search(said)
    return int(found[1]) if found else 0
