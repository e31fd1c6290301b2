"""Programs that we start and that end with us."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from events.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Child", "command_of", "end", "end_earlier", "put_aside", "start"]

Child = subprocess.Popen[bytes]
LAUNCH = Path(__file__).with_name("launch.py")
LONGEST_LOG_BYTES = 16 * 1024 * 1024


def start(
    command: Sequence[str | Path],
    *,
    log: Path,
    environ: Mapping[str, str],
    on_our_death: signal.Signals = signal.SIGKILL,
    user: int | None = None,
) -> Child:
    """Starts a program in a session of its own: Ctrl-C in our terminal reaches us alone. Its talk goes to `log`.

    If we are killed the kernel sends it `on_our_death` (Linux only). To the kernel "we" are the *thread* that calls
    this: call it from one that stays, such as the main thread. `user` is the number that root gives itself up for.
    """
    words = [str(os.getpid()), str(int(on_our_death)), "-" if user is None else str(user)]
    out = open_log(log)
    try:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", LAUNCH, *words, *command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=dict(environ),
            cwd="/",
            start_new_session=True,
        )
    finally:
        os.close(out)


def open_log(path: Path) -> int:
    """A file to append to, for our own eyes; an overlong one of earlier runs is put aside as `….1`."""
    if _is_overlong(path):
        path.replace(_aside(path))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def put_aside(path: Path) -> None:
    """Put the overlong log of a program that is running aside as `….1`; the program goes on in an empty one.

    It appends to the file that it has open, so the file is copied and emptied; a line said in between may be lost.
    Where the disk has no room for the copy, all stays as it is.
    """
    if _is_overlong(path):
        with suppress(OSError):
            out = os.open(_aside(path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(out, "wb") as copy, path.open("rb") as said:
                shutil.copyfileobj(said, copy)
            os.truncate(path, 0)


def _is_overlong(path: Path) -> bool:
    return path.exists() and path.stat().st_size > LONGEST_LOG_BYTES


def _aside(path: Path) -> Path:
    return path.with_name(path.name + ".1")


def end(child: Child, how: signal.Signals = signal.SIGTERM, *, patience_s: float = 20.0) -> None:
    """Asks with `how` and waits; kills it when patience is over. A program that has ended is left alone."""
    if child.poll() is None:
        with suppress(ProcessLookupError):
            child.send_signal(how)
    try:
        child.wait(patience_s)
    except BaseException as error:
        child.kill()
        child.wait()
        if not isinstance(error, subprocess.TimeoutExpired):
            raise


def end_earlier(pid_file: Path, marks: str, how: signal.Signals, *, patience_s: float = 30.0) -> None:
    """Ends the program of a run that was killed, whose number is the first line of `pid_file`.

    Only when its command line holds `marks`: the number may by now be another program's, which is left alone. Refusal
    when it does not end.
    """
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return
    deadline = time.monotonic() + patience_s
    told = False
    while marks in (command_of(pid) or ""):
        if not told:
            with suppress(ProcessLookupError):
                os.kill(pid, how)
            told = True
        if time.monotonic() > deadline:
            raise Refusal(f"process {pid} of an earlier run does not end ({marks}): end it, then start again")
        time.sleep(0.02)


def command_of(pid: int) -> str | None:
    """The command line of a running process, anybody's; None when there is none (one that has ended, unreaped, too)."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace") or None
        except OSError:
            return None
    answer = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return answer.stdout or None
