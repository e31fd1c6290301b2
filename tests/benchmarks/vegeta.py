"""The load tool: vegeta, which sends at a rate whether it is answered or not, over so many connections."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Asked", "Report", "Running", "attack", "start", "vegeta"]

_HOW_TO_GET_IT = (
    "vegeta is not here: go install github.com/tsenart/vegeta/v12@latest, and put it on PATH or set GOBIN to its folder"
)


class Asked(NamedTuple):
    """One request."""

    url: str
    headers: Mapping[str, str]
    method: str = "GET"
    body: bytes = b""


class Report(NamedTuple):
    """Milliseconds from the moment a request was sent; `statuses` by code, 0 where there was no answer."""

    p50: float
    p99: float
    longest: float
    a_second: float
    statuses: dict[str, int]

    @property
    def errors(self) -> int:
        return sum(times for status, times in self.statuses.items() if status not in {"200", "303", "304"})


class Running(NamedTuple):
    """An attack that has been started."""

    process: subprocess.Popen[bytes]
    told: Path
    """A file, since nobody reads while it runs: a pipe would be full, and hold it up."""

    def ended(self) -> Report:
        """Wait for its end."""
        if self.process.wait():
            sys.exit(f"vegeta ended with {self.process.returncode}")
        report = subprocess.run([vegeta(), "report", "-type=json", self.told], capture_output=True, check=True)
        said = json.loads(report.stdout)
        times = said["latencies"]
        p50, p99, longest = (times[name] / 1e6 for name in ("50th", "99th", "max"))
        return Report(p50, p99, longest, said["throughput"], said["status_codes"])


def vegeta() -> str:
    """Where it is."""
    beside = os.environ.get("GOBIN") or str(Path.home() / "go" / "bin")
    found = shutil.which("vegeta") or shutil.which("vegeta", path=beside)
    if found is None:
        sys.exit(_HOW_TO_GET_IT)
    return found


def attack(folder: Path, asked: Iterable[Asked], rate: int, during_s: int, connections: int = 50) -> Report:
    """Ask one after the other, and again from the first, over at most so many connections."""
    return start(folder, asked, rate, during_s, connections).ended()


def start(folder: Path, asked: Iterable[Asked], rate: int, during_s: int, connections: int = 50) -> Running:
    targets = folder / f"targets-{rate}-{connections}"
    targets.write_text("".join(map(_target, asked)))
    at_most = [f"-{name}={connections}" for name in ("workers", "max-workers", "connections", "max-connections")]
    how = ["-format=json", "-redirects=-1", "-timeout=60s", "-max-body=0"]
    told = targets.with_suffix(".told")
    command = [vegeta(), "attack", f"-targets={targets}", f"-output={told}", f"-rate={rate}", f"-duration={during_s}s"]
    return Running(subprocess.Popen([*command, *at_most, *how]), told)


def _target(one: Asked) -> str:
    said = {"method": one.method, "url": one.url, "header": {name: [value] for name, value in one.headers.items()}}
    return json.dumps(said | ({"body": b64encode(one.body).decode()} if one.body else {})) + "\n"
