"""The commands `rekam backup` and `rekam restore`. What each needs is imported when it is called."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from services.options import Json, show
from services.settings import from_environ

__all__ = ["backups"]

backups = typer.Typer()  # without a name: both are commands of `rekam` itself


@backups.command()
def backup(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new one, for this backup alone.")],
    *,
    as_json: Json = False,
) -> None:
    """Back the register up while it runs.

    The keys (REKAM_KEYS) are not in it: keep a copy of them elsewhere.
    """
    from services.backups import making

    show(making.backup(from_environ(os.environ), folder), as_json)


@backups.command()
def restore(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="What `rekam backup` has made.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="See whether it could be, and do nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Make a register from a backup, in a new place, and prove it.

    That is the empty database of REKAM_DATABASE, or a new REKAM_DATA. The keys must be in REKAM_KEYS.
    """
    from services.backups import restoring

    show(restoring.restore(from_environ(os.environ), folder, dry_run=dry_run), as_json)
