"""A backup: one snapshot of the whole register, taken while everything runs; nobody is held up by it.

    1. a transaction reads where the log, the views and the ledger of offsets stand, and gives its snapshot away
    2. pg_dump writes the schemas of Rekam as of that very snapshot
    3. every file's digest, then the manifest

The keys are not in it: with them beside it, whoever finds a backup could open every person in it. Nor are sessions:
who has signed off would be signed in again.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import metadata
from typing import TYPE_CHECKING, Any, Final

from events import log, offsets
from events.database import SCHEMA_VERSION
from events.errors import NoAnswer, Refusal, WrongUse
from projections import position
from services.answer import Answer
from services.ask import VIEW_NAMES, asking
from services.backups import manifest, programs
from services.backups.ending import undone_when_told_to_end
from services.backups.manifest import DUMP, FORMAT, Manifest
from services.backups.places import SCHEMAS
from services.embedded import find
from services.showing import backups as shown
from services.talk import bars

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from services.ask import Question
    from services.settings import Settings

__all__ = ["backup"]

_LONGEST_LOCK_WAIT: Final = "60s"
_COMPRESSED: Final = "gzip:1"  # most of it is sealed, and does not get smaller by trying harder
_OWNER: Final = "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'log'"
_KEYS: Final = "SELECT value FROM vault.fingerprint"


def backup(settings: Settings, folder: Path) -> Answer:
    """Write a backup into `folder`, which is new or empty; what it says of itself.

    WrongUse where the folder is not empty, or PostgreSQL's programs are missing. Refusal where it cannot be written;
    then nothing is left of it.
    """
    address = find(settings).database
    folder = folder.absolute()
    with undone_when_told_to_end(), _claimed(folder), bars() as shown_bars:
        with asking(settings, primary=True) as question:  # whose snapshot pg_dump is given: a standby's it knows not
            described = _described(question)
            shown_bars.add_task("dumped", total=None)
            _dump(address, folder, described, question)
        files = manifest.files_of(folder, lambda _: None)
        whole = Manifest(**described, files=files)
        manifest.write(folder, whole)
    return Answer({"folder": str(folder), **whole.summary()}, shown.made)


def _described(question: Question) -> dict[str, Any]:
    cursor = question.cursor
    keys = cursor.execute(_KEYS).fetchone()
    if keys is None:
        raise NoAnswer("the register has no keys yet, nor anything to be kept: start it with `rekam up`")
    end = log.head(cursor)
    return {
        "format": FORMAT,
        "rekam": metadata.version("rekam"),
        "schema_version": SCHEMA_VERSION,
        "postgresql": cursor.connection.info.server_version // 10_000,
        "owner": _one(question, _OWNER),
        "keys": keys[0],
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "position": end.size,
        "digest": end.digest.hex(),
        "projections": {view: position.of(cursor, view) for view in VIEW_NAMES},
        "accounted": offsets.tally(cursor),
    }


def _dump(address: str, folder: Path, described: dict[str, Any], question: Question) -> None:
    programs.run(
        "pg_dump", described["postgresql"], address,
        "--format=directory", f"--file={folder / DUMP}", f"--compress={_COMPRESSED}",
        f"--snapshot={_one(question, 'SELECT pg_export_snapshot()')}", f"--lock-wait-timeout={_LONGEST_LOCK_WAIT}",
        *(f"--schema={schema}" for schema in SCHEMAS), "--exclude-table-data=access.session",
        "--no-password",
    )  # fmt: skip


def _one(question: Question, query: str) -> Any:
    row = question.cursor.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


@contextmanager
def _claimed(folder: Path) -> Iterator[None]:
    """The folder, made 0700 where it is missing; taken away again with what is in it where the backup fails."""
    try:
        made = not folder.exists()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise WrongUse(f"{folder} is not empty: name a new folder for each backup")
    except OSError as error:
        raise WrongUse(f"{folder} cannot be used: {error.strerror}: name a folder that can be made") from None
    try:
        yield
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if not made:
            folder.mkdir(mode=0o700, exist_ok=True)
        if isinstance(error, Refusal | OSError):
            why = error.strerror if isinstance(error, OSError) else error
            raise Refusal(f"the backup was broken off, and nothing is left of it in {folder}: {why}") from error
        raise
