"""A shell beside a running register: what a reader of the documents would type, and what they would see."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Shell", "beside"]

BIN = Path(sys.executable).parent


@dataclass
class Shell:
    """`folder` is where it stands; `answer` is what the program that keeps the register up has printed so far."""

    folder: Path
    environ: dict[str, str]

    def run(self, script: str, *, within_s: float = 60) -> str:
        """Run a script as a reader would paste it; what it prints. It must end well."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            env=self.environ, cwd=self.folder, capture_output=True, text=True, check=False, timeout=within_s,
        )  # fmt: skip
        assert done.returncode == 0, f"{script}\nended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    @property
    def answer(self) -> str:
        return (self.folder / "answer").read_text()


@contextmanager
def beside(folder: Path, *command: str, until: str, within_s: float = 90, **settings: str) -> Iterator[Shell]:
    """Start `rekam COMMAND`, which stays, and wait until it has said `until`; told to end afterwards."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("REKAM_")}
    shell = Shell(
        folder, {**ours, "PATH": f"{BIN}:{os.environ['PATH']}", "REKAM_DATA": str(folder / "data"), **settings}
    )
    talk = folder / "talk"
    with (folder / "answer").open("w") as answer, talk.open("w") as said:
        register = subprocess.Popen(
            [BIN / "rekam", *command], env=shell.environ, cwd=folder, stdout=answer, stderr=said
        )
    try:
        deadline = time.monotonic() + within_s
        while until not in talk.read_text():
            assert register.poll() is None, f"it ended with {register.returncode}: {talk.read_text()}"
            assert time.monotonic() < deadline, f"it does not come up: {talk.read_text()}"
            time.sleep(0.1)
        yield shell
    finally:
        register.send_signal(signal.SIGTERM)
        try:
            register.wait(120)
        finally:
            register.kill()
