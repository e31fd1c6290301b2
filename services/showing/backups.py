"""What an operator reads of a backup, and of a register made from one."""

from __future__ import annotations

from typing import Any

from services.page import line, number
from services.showing import proof

__all__ = ["made", "restored", "would_be_restored"]


def made(document: dict[str, Any]) -> None:
    """Show what the backup holds, and what it does not."""
    line(f"{document['folder']}: {number(document['bytes'])} bytes, {_of(document)}")
    line(f"digest {document['digest']}")
    line("Keep that digest somewhere else, and a copy of the keys (REKAM_KEYS) apart from it: they are not in it.")


def would_be_restored(document: dict[str, Any]) -> None:
    """Show what a dry run has found."""
    line(f"{document['folder']} is whole, and the keys are its keys: {_of(document['manifest'])}")
    line(f"digest {document['manifest']['digest']}")
    line(f"Nothing was done; it can be restored to {document['place']}.")


def restored(document: dict[str, Any]) -> None:
    """Show what was restored, and that it is proved."""
    proof.checks(document)
    line()
    line(f"{document['place']} now holds the register as it was: {_of(document['manifest'])}")
    line("Start it, and intake reads on in Kafka from there. What is not in Kafka and came later is in no backup:")
    line("look through `rekam user list`. Once `rekam status` shows all views at the log's end, destroy again the keys")
    line("of whom was erased since; docs/backup.md says how, and what it costs.")


def _of(manifest: dict[str, Any]) -> str:
    taken = f"of {manifest['made'][:19].replace('T', ' ')} UTC, at position {number(manifest['position'])}"
    return f"{taken}, by Rekam {manifest['rekam']} from PostgreSQL {manifest['postgresql']}"
