"""Files and folders for the owner alone, with the passwords and the ports that are kept in them."""

from __future__ import annotations

import os
import random
import socket
from typing import TYPE_CHECKING

from events.errors import Refusal, WrongUse

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["make_folder", "password", "port_for", "write"]

PORTS = range(20_000, 32_000)  # below those that systems give to outgoing connections


def make_folder(folder: Path) -> None:
    """Makes it 0700. One that is there keeps its mode; Refusal where others could put files into it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
    except OSError as error:
        raise WrongUse(f"REKAM_DATA: {folder} cannot be used: {error.strerror}") from None
    if found.st_uid != os.geteuid():
        raise Refusal(f"{folder} belongs to another user: set REKAM_DATA to a folder of your own")
    if found.st_mode & 0o022:
        raise Refusal(f"others may write into {folder}: chmod go-w {folder}, or set REKAM_DATA to another")


def write(path: Path, text: str) -> None:
    """Writes a whole file, 0600; who reads meanwhile finds the old one or the new one."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def password(setting: str, path: Path) -> str:
    """The first line of the file that this setting names; WrongUse where there is none."""
    try:
        text = path.read_text().partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise WrongUse(f"{setting}: {path} cannot be read: {why}") from None
    if not text:
        raise WrongUse(f"{setting}: the first line of {path} is empty: write the password there")
    return text


def port_for(remembered: Path, wish: int | None = None) -> int:
    """The port written in the file while it is free; else the one wished for, or any; written for the next time."""
    try:
        last = int(remembered.read_text())
    except (OSError, ValueError):
        last = None
    for port in (last, wish, *random.sample(PORTS, 100)):
        if port is not None and is_free(port):
            if port != last:
                write(remembered, f"{port}\n")
            return port
    raise Refusal(f"no port of 127.0.0.1 between {PORTS.start} and {PORTS.stop} is free")


def is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
