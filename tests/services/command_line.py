"""The command line as a new user meets it: beside a running register, called with words, judged by what it prints."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

import pytest
import structlog

from services.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["CommandLine", "Done", "eventually", "processes_of", "started"]

REKAM = Path(sys.executable).parent / "rekam"


class Done(NamedTuple):
    """What came of a command: its exit code, the answer and the talk."""

    code: int
    answer: str
    talk: str


@dataclass
class CommandLine:
    """A shell whose only setting of ours is REKAM_DATA, unless `settings` say more."""

    data: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        others = {name: value for name, value in os.environ.items() if not name.startswith("REKAM_")}
        return {**others, "REKAM_DATA": str(self.data), **self.settings}

    def run(self, *words: str) -> Done:
        """Call the command line here, in this process, which is quicker than starting one."""
        answer, talk = io.StringIO(), io.StringIO()
        ours = patch.dict(os.environ, self.environ, clear=True)
        with ours, redirect_stdout(answer), redirect_stderr(talk), pytest.raises(SystemExit) as ended:
            main(list(words))
        structlog.reset_defaults()  # some commands make it write to their own stderr, which is no more
        code = ended.value.code
        return Done(code if isinstance(code, int) else int(code is not None), answer.getvalue(), talk.getvalue())

    def program(self, *words: str, given: bytes | None = None, within_s: float = 60) -> Done:
        """Run the installed program."""
        done = subprocess.run(
            [REKAM, *words], env=self.environ, input=given, capture_output=True, check=False, timeout=within_s
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    def json(self, *words: str, code: int = 0) -> Any:
        """Run a command with --json; its one document."""
        done = self.run(*words, "--json")
        assert done.code == code, f"rekam {' '.join(words)} ended with {done.code}: {done.answer}{done.talk}"
        assert done.answer.count("\n") == 1
        return json.loads(done.answer)

    def printed(self, *words: str) -> str:
        """Run a command for people; what it prints."""
        done = self.run(*words)
        assert done.code == 0, f"rekam {' '.join(words)} ended with {done.code}: {done.answer}{done.talk}"
        return done.answer


@contextmanager
def started(here: CommandLine, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command that stays, its answer and talk in files beside REKAM_DATA; ended in order at the end."""
    answer, talk = (here.data.with_name(f"{here.data.name}.{name}") for name in ("answer", "talk"))
    with answer.open("w") as out, talk.open("w") as said:
        process = subprocess.Popen([REKAM, *words], env=here.environ, stdout=out, stderr=said, text=True)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        finally:
            process.kill()


def processes_of(data: Path) -> list[int]:
    """Every process that works for the register in this folder: its command line or its environment names it."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid():
            with suppress(OSError):
                told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
                if str(data).encode() in told:
                    found.append(int(process.name))
    return found


def eventually(is_so: Callable[[], object], *, within_s: float = 45, what: str = "") -> None:
    """Ask again and again until it is so; what fails meanwhile is forgiven until the time is over."""
    deadline = time.monotonic() + within_s
    while True:
        late = time.monotonic() > deadline
        try:
            if is_so():
                return
        except AssertionError:
            if late:
                raise
        assert not late, f"{what or is_so} is not so within {within_s} s"
        time.sleep(0.1)
