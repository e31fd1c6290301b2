"""The demo's note in REKAM_DATA: whose people the register holds, and where its chapters ended in the log.

It is written once the register is known to be the demo's own; see `stage`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from events.errors import Refusal
from services import private

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["End", "Note"]


class End(NamedTuple):
    """A position, and the log's digest there, by which the log is known to be the same one still."""

    position: int
    digest: str | None


class Note:
    """A file for the owner alone, written whole."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def begun(self) -> bool:
        """Whether a demo was ever begun in this folder."""
        return bool(self._read())

    @property
    def kafka(self) -> str | None:
        """Where it was published last, as REKAM_KAFKA says it (empty: our own broker); None where nobody knows."""
        return self._read().get("kafka")

    def check(self, quick: bool, city: bool, seed: int) -> None:
        """Refusal where the register holds the demo of another size or seed: their people would mix."""
        mine = {"quick": quick, "city": city, "seed": seed}
        there = self._read()
        if there and {name: there.get(name, False) for name in mine} != mine:
            chosen = "".join(f" --{name}" for name in ("quick", "city") if there.get(name))
            raise Refusal(
                f"{self._path.parent} holds the people of `rekam demo{chosen} --seed {there.get('seed')}`, who would "
                "mix with these: set REKAM_DATA to another folder, or remove that one"
            )

    def claim(self, quick: bool, city: bool, seed: int, kafka: str = "") -> None:
        """Take the register for this demo, once its lock is held and it is known to be no other's. Refusal as above."""
        self.check(quick, city, seed)
        there = self._read()
        claimed = there | {"quick": quick, "city": city, "seed": seed, "kafka": kafka}
        if claimed != there:
            self._write(claimed)

    def end(self, chapter: str) -> End | None:
        """Where the chapter ended, if it ever did."""
        there = self._read().get(chapter)
        return End(there["position"], there["digest"]) if there else None

    def keep(self, chapter: str, end: End) -> None:
        self._write(self._read() | {chapter: end._asdict()})

    def _read(self) -> dict[str, Any]:
        try:
            there: dict[str, Any] = json.loads(self._path.read_text())
        except FileNotFoundError:
            return {}
        except ValueError:
            raise Refusal(f"{self._path} cannot be read: remove it, and REKAM_DATA with it where in doubt") from None
        return there

    def _write(self, said: dict[str, Any]) -> None:
        private.write(self._path, json.dumps(said))
