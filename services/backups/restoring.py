"""A register made from a backup, in a new place, and proved there before it counts.

    1. the backup is whole, this Rekam knows it, the keys are its keys, the place is empty: nothing was done yet
    2. pg_restore, in one transaction
    3. the database is brought to this Rekam's version
    4. `rekam audit check`: position, digest and offsets must be the manifest's, or all is taken away again

In a database no process of Rekam starts, and no command answers a question, until that has ended well; also where the
restore was killed. The next one begins anew. What ran before it is for whoever restores to end.

What Kafka has had since then is read by intake when it starts: the ledger of offsets is of the same moment as the log.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from psycopg import sql

from events import database, offsets, vault
from events.errors import Refusal
from services import audit
from services.answer import Answer
from services.backups import manifest, programs
from services.backups.ending import undone_when_told_to_end
from services.backups.manifest import DUMP, Manifest
from services.backups.places import place_of
from services.processes import prepare
from services.showing import backups as shown
from services.talk import bars

if TYPE_CHECKING:
    from events.vault import Keys
    from services.settings import Settings

__all__ = ["restore"]

# Some functions of these belong to `rekam_reader`, which for a moment must be allowed to make them: who is no superuser
# cannot give them away otherwise.
_GIVEN: Final = ("log", "reporting")
_OF_GIVEN: Final = re.compile(rf"^\d+; \d+ \d+ SCHEMA - (?:{'|'.join(_GIVEN)}) ", re.MULTILINE)
_GIVE: Final = "".join(
    f"CREATE SCHEMA IF NOT EXISTS {one} AUTHORIZATION {{owner}}; GRANT CREATE ON SCHEMA {one} TO rekam_reader;"
    for one in _GIVEN
)
_TAKE: Final = "".join(f"REVOKE CREATE ON SCHEMA {one} FROM rekam_reader;" for one in _GIVEN)


def restore(settings: Settings, folder: Path, *, dry_run: bool) -> Answer:
    """Make a register from the backup in `folder`; what `rekam audit check` says of it, or of a dry run the manifest.

    Refusal, and nothing is left behind: where the backup is damaged or of a newer Rekam or PostgreSQL, the keys are
    missing or others, the place holds a register, or what was restored is not what the backup says it is.
    """
    folder = folder.absolute()
    found = manifest.read(folder)
    if found.schema_version > database.SCHEMA_VERSION:
        raise Refusal(
            f"the backup was made by Rekam {found.rekam} with schema version {found.schema_version}, this one knows "
            f"{database.SCHEMA_VERSION}: restore it with that Rekam, or a newer one"
        )
    with bars() as progress:
        task = progress.add_task("verified", total=found.summary()["bytes"])
        manifest.verify(folder, found, lambda read: progress.advance(task, read))
    keys = vault.load_keys(settings.keys, found.keys)
    place = place_of(settings)
    place.check(found)
    about = {"folder": str(folder), "place": place.name, "manifest": found.summary()}
    if dry_run:
        return Answer(about, shown.would_be_restored)
    with undone_when_told_to_end(), place.opened(found) as address:
        _load(address, folder, found)
        checked = _proved(address, keys, found)
    return Answer({**about, **checked}, shown.restored, ok=all(one["ok"] for one in checked["checks"]))


def _load(address: str, folder: Path, found: Manifest) -> None:
    database.make_roles(address)
    _execute(address, sql.SQL(_GIVE).format(owner=sql.Identifier(found.owner)))
    with tempfile.TemporaryDirectory() as beside, bars() as progress:
        wanted = Path(beside) / "list"
        progress.add_task("restored", total=None)
        programs.run("pg_restore", found.postgresql, None, "--list", f"--file={wanted}", folder / DUMP)
        wanted.write_text(_OF_GIVEN.sub(";", wanted.read_text()))
        programs.run(
            "pg_restore", found.postgresql, address,
            "--single-transaction", "--exit-on-error", f"--use-list={wanted}", "--no-password", folder / DUMP,
        )  # fmt: skip
    _execute(address, sql.SQL(_TAKE))
    prepare(address, restoring=True)
    with database.connect(address, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")  # statistics are not in a dump


def _execute(address: str, statements: sql.SQL | sql.Composed) -> None:
    with database.connect(address) as connection:
        connection.execute(statements)


def _proved(address: str, keys: Keys, found: Manifest) -> dict[str, Any]:
    """What the audit finds. Refusal where that is not the log that was backed up."""
    with bars() as progress, database.connect(address, "rekam_reader") as connection:
        task = progress.add_task("checked", total=None)
        checked = audit.check(connection, keys, lambda done, total: progress.update(task, completed=done, total=total))
        with connection.cursor() as cursor:
            is_so = {**checked, "accounted": offsets.tally(cursor)}
    for name in ("position", "digest", "accounted"):
        if is_so[name] != (said := getattr(found, name)):
            raise Refusal(
                f"what was restored is not what the backup says it is: {name} {is_so[name]}, in its manifest {said}. "
                "Somebody has changed the backup: nothing is left of it here; take an earlier one"
            )
    return checked
