"""Files and folders for the owner alone, with the passwords and the ports that are kept in them."""

from __future__ import annotations

import os
import random
import socket
import sys
from typing import TYPE_CHECKING

from events.errors import Refusal, WrongUse

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["give_back", "make_folder", "password", "port_for", "write"]

PORTS = range(20_000, 32_000)  # below those that systems give to outgoing connections

#: The ports that this process has claimed, each with the socket whose name says so.
_claims: dict[int, socket.socket] = {}


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
    """The port written in the file while it is free; else the one wished for, or any; written for the next time.

    Until it is given back, or this process ends, no other process is told the same one, though nobody listens yet:
    of two registers that start at once the second would come up at the first one's broker.
    """
    try:
        last = int(remembered.read_text())
    except (OSError, ValueError):
        last = None
    for port in (last, wish, *random.sample(PORTS, 100)):
        if port is not None and (port == last or port not in _claims) and is_free(port) and claim(port):
            if port != last:
                write(remembered, f"{port}\n")
            return port
    raise Refusal(f"no port of 127.0.0.1 between {PORTS.start} and {PORTS.stop} is free")


def give_back(port: int) -> None:
    """Nothing of ours listens there any more. One that was never claimed is left alone."""
    if port in _claims:
        _claims.pop(port).close()


def is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def claim(port: int) -> bool:
    """Whether no other process has claimed it. A name in Linux's abstract namespace is one process's, and ends with it.

    It goes as far as the ports themselves do, a network namespace; elsewhere than on Linux nothing is claimed.
    """
    if port in _claims or sys.platform != "linux":
        return True
    name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        name.bind(f"\0rekam-port-{port}")
    except OSError:
        name.close()
        return False
    _claims[port] = name
    return True
