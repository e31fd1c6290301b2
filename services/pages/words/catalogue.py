"""The catalogue: every text of the screens by its key, read from the files beside this one.

A key is table and name, `nav.city`. Its text may have places, `{people}`, which are the same in both languages. What
standings and reasons are called is that of the files that a list is taken along as.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Final, Literal

from projections.selection import WORDS
from services.exports.words import REASON, STANDING

__all__ = ["CATALOGUE", "LANGUAGES", "Language"]

Language = Literal["id", "en"]

#: Indonesian first: it is what is spoken where nobody has asked for another.
LANGUAGES: Final[tuple[Language, ...]] = ("id", "en")


def _read() -> dict[str, dict[str, str]]:
    """Every file's texts in one table; ValueError where two say the same key."""
    texts = _of_files()
    for file in sorted(files(__package__).iterdir(), key=lambda one: one.name):
        if not file.name.endswith(".toml"):
            continue
        for table, said in tomllib.loads(file.read_text(encoding="utf-8")).items():
            for name, both in said.items():
                if f"{table}.{name}" in texts:
                    raise ValueError(f"{file.name}: {table}.{name} is said twice")
                texts[f"{table}.{name}"] = both
    return texts


def _of_files() -> dict[str, dict[str, str]]:
    texts = {f"{'figure' if one in WORDS else 'standing'}.{one}": STANDING.of[one] for one in STANDING.of}
    texts |= {f"reason.{one}": REASON.of[one] for one in REASON.of}
    return {key: dict(zip(LANGUAGES, both, strict=True)) for key, both in texts.items()}


CATALOGUE: Final = _read()
