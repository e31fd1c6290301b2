"""The manifest of a backup: which moment it is of, and the digest of each of its files.

    FOLDER/
      manifest.json   written last: a folder without it is a backup that was broken off
      database/       what `pg_dump --format=directory` wrote

It holds nothing secret. What it says is believed only where the restored log proves it.
"""

from __future__ import annotations

import json
import os
from hashlib import file_digest
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from events.errors import Refusal, WrongUse
from services import private

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["DUMP", "FORMAT", "File", "Manifest", "files_of", "read", "verify", "write"]

FORMAT: Final = 1
DUMP: Final = "database"
_NAME: Final = "manifest.json"

_Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Number = Annotated[int, Field(ge=0)]


class File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    bytes: _Number
    sha256: _Hex


class Manifest(BaseModel):
    """What a backup says of itself, all of one moment.

    `position` and `digest` are the log's end, `projections` where each view stands, `accounted` how many offsets came
    to which outcome. `postgresql` is a major version, `schema_version` the database's; `owner` is who the tables belong
    to, `keys` the public fingerprint of the keys. `files` are those in `database/`, by name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: Literal[1]
    rekam: str
    schema_version: _Number
    postgresql: _Number
    owner: str
    keys: str
    made: str
    position: _Number
    digest: _Hex
    projections: dict[str, int]
    accounted: dict[str, int]
    files: dict[str, File]

    def summary(self) -> dict[str, Any]:
        """All of it but the files, of which the sum of their bytes."""
        return {**self.model_dump(exclude={"files"}), "bytes": sum(file.bytes for file in self.files.values())}


def files_of(folder: Path, progress: Callable[[int], None]) -> dict[str, File]:
    """The files of the dump in `folder`, by name; `progress` is told the bytes of each."""
    found = {}
    for path in sorted((folder / DUMP).iterdir()):
        with path.open("rb") as file:
            found[path.name] = File(bytes=path.stat().st_size, sha256=file_digest(file, "sha256").hexdigest())
        progress(found[path.name].bytes)
    return found


def write(folder: Path, manifest: Manifest) -> None:
    """Makes the backup whole: after this it is on the disk."""
    private.write(folder / _NAME, manifest.model_dump_json(indent=1) + "\n")
    for each in (folder, folder.parent):
        descriptor = os.open(each, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def read(folder: Path) -> Manifest:
    """WrongUse where there is no such folder; Refusal where it is no whole backup, or one of a later format."""
    if not folder.is_dir():
        raise WrongUse(f"{folder} is no folder: name one that `rekam backup` has made")
    path = folder / _NAME
    try:
        text = path.read_text()
        found = json.loads(text)
        if isinstance(found, dict) and found.get("format") not in {FORMAT, None}:
            raise Refusal(f"the backup in {folder} was made by Rekam {found.get('rekam')}: restore it with that one")
        return Manifest.model_validate_json(text)
    except FileNotFoundError:
        raise Refusal(
            f"{folder} has no {_NAME}: it is no backup, or one that was broken off; take an earlier one"
        ) from None
    except OSError as error:
        raise WrongUse(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, ValidationError):  # pydantic's own words would show the values
        raise Refusal(f"{path} is damaged: take another copy of this backup, or an earlier one") from None


def verify(folder: Path, manifest: Manifest, progress: Callable[[int], None]) -> None:
    """Refusal, with the first few names, where a file is missing, cut off, changed, or not one of the backup's."""
    try:
        there = files_of(folder, progress)
    except OSError as error:
        raise Refusal(f"the backup in {folder} cannot be read: {error.strerror}: take another copy of it") from None
    wrong = [
        *(f"{name} is missing" for name in sorted(manifest.files.keys() - there.keys())),
        *(f"{name} is not of it" for name in sorted(there.keys() - manifest.files.keys())),
        *(
            f"{name} has {there[name].bytes:,} of {file.bytes:,} bytes" if there[name].bytes != file.bytes
            else f"{name} was changed"
            for name, file in sorted(manifest.files.items())
            if name in there and there[name] != file
        ),
    ]  # fmt: skip
    if wrong:
        said = ", ".join(wrong[:3]) + (f" and {len(wrong) - 3} more" if len(wrong) > 3 else "")
        raise Refusal(
            f"the backup in {folder} is damaged: {DUMP}/{said}. Take another copy of it, or an earlier backup"
        )
