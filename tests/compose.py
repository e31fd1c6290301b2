"""docker-compose.yml and the Dockerfile, as tests read them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import yaml

from tests.documents import ROOT

__all__ = ["COMPOSE", "CONTAINERS", "OURS", "SECRETS", "Container", "in_order", "instructions"]

COMPOSE: Final[dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SECRETS: Final = "/run/secrets"

_FROM_OUTSIDE: Final = re.compile(r"\$\{(\w+):-([^}]*)\}")


@dataclass(frozen=True)
class Container:
    """One service of the file; `said` is what the file says of it, with what it shares with others merged in."""

    name: str
    said: dict[str, Any]

    @property
    def image(self) -> str:
        return str(self.said["image"])

    @property
    def command(self) -> list[str]:
        return list(self.said.get("command", ()))

    @cached_property
    def environ(self) -> dict[str, str]:
        """As it is when nothing is set outside."""
        return {name: _FROM_OUTSIDE.sub(r"\2", value) for name, value in self.said.get("environment", {}).items()}

    @cached_property
    def mounts(self) -> dict[str, str]:
        """Each folder or file that it sees of the outside: the place inside, to `tmpfs` or the name outside."""
        places = dict.fromkeys(self.said.get("tmpfs", ()), "tmpfs")
        places |= {f"{SECRETS}/{name}": name for name in self.said.get("secrets", ())}
        return places | {place: name for name, place, _ in self.volumes}

    @property
    def volumes(self) -> list[tuple[str, str, bool]]:
        """Name, place inside, and whether it may be written to."""
        parts = [volume.split(":") for volume in self.said.get("volumes", ())]
        return [(name, place, how != ["ro"]) for name, place, *how in parts]

    @property
    def waits_for(self) -> dict[str, str]:
        return {name: one["condition"] for name, one in self.said.get("depends_on", {}).items()}

    @property
    def health(self) -> list[str]:
        """The words of its health check, of which the first says how the others are run; none where it has none."""
        return list(self.said.get("healthcheck", {}).get("test", ()))


CONTAINERS: Final = {name: Container(name, said) for name, said in COMPOSE["services"].items()}
OURS: Final = {name: one for name, one in CONTAINERS.items() if "build" in one.said}


def in_order(*wanted: str) -> list[str]:
    """These and what they wait for, each after what it waits for itself."""
    ordered: list[str] = []

    def add(name: str, path: tuple[str, ...] = ()) -> None:
        assert name not in path, f"{' waits for '.join((*path, name))}"
        for before in CONTAINERS[name].waits_for:
            add(before, (*path, name))
        if name not in ordered:
            ordered.append(name)

    for name in wanted:
        add(name)
    return ordered


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions with their words, on one line each."""
    text = (ROOT / "Dockerfile").read_text()
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined.splitlines()) if word]
