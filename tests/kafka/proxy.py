"""A wire between Rekam and an engine that can fail: cut, slow, dead on one side only, or, before PostgreSQL, cut at the
worst moment: COMMIT arrives, its answer does not.
"""

from __future__ import annotations

import socket
import struct
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Literal

from psycopg.conninfo import conninfo_to_dict, make_conninfo

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DatabaseProxy", "Proxy", "cut_off"]

COMMIT = b"COMMIT\0"
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends RST, not FIN


@dataclass(eq=False)
class _Line:
    """One connection: its two ends, and what has happened to it."""

    client: socket.socket
    server: socket.socket
    lost: Event = field(default_factory=Event)  # a COMMIT has gone by, and what the server says now is not heard
    mute: bool = False
    who: str = ""  # as a PostgreSQL client calls itself
    how: int = socket.SHUT_RDWR

    def close(self) -> None:
        for end in (self.client, self.server):
            with suppress(OSError):
                end.shutdown(self.how)

    def reset(self) -> None:
        self.how = socket.SHUT_RD  # wakes who reads here, and says nothing to the other side before RST does
        for end in (self.client, self.server):
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.close()


class Proxy:
    """Passes everything on, until it is told otherwise; to `port` on 127.0.0.1 what is for `server`."""

    def __init__(self, server: tuple[str, int]) -> None:
        self._server = server
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.delay_s = 0.0
        self.swallowed = 0
        self._wanted = 0
        self._of = ""
        self.swallowed_of: Counter[str] = Counter()
        self._lines: list[_Line] = []
        self._lock = Lock()
        self._heard = Event()
        Thread(target=self._accept, daemon=True).start()

    def swallow(self, times: int, of: str = "") -> None:
        """Lose the next answers to COMMIT, that many, with their connections; 0 takes back what is left of it.

        Of whoever calls itself so alone, if anybody is named.
        """
        with self._lock:
            self._wanted = self.swallowed + times
            self._of = of

    def cut(self) -> None:
        """Reset every connection."""
        with self._lock:
            for line in self._lines:
                line.reset()

    def half_open(self, gone: Literal["client", "server"]) -> None:
        """End the connections that there are on that side, without a word to the other, until `close_halves`."""
        with self._lock:
            self._heard.clear()
            for line in self._lines:
                line.mute = True
                with suppress(OSError):
                    (line.client if gone == "client" else line.server).shutdown(socket.SHUT_RDWR)

    def close_halves(self) -> None:
        self._heard.set()

    def close(self) -> None:
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # wakes who waits for a connection
        self._listening.close()
        self._heard.set()
        self.cut()

    # ------------------------------------------------------------------ in threads

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                try:
                    line = _Line(client, socket.create_connection(self._server))
                except OSError:  # the server is down
                    client.close()
                    continue
                with self._lock:
                    self._lines.append(line)
                Thread(target=self._to_server, args=(line,), daemon=True).start()
                Thread(target=self._to_client, args=(line,), daemon=True).start()

    def _to_server(self, line: _Line) -> None:
        with suppress(OSError):
            while data := line.client.recv(1 << 16):
                line.who = line.who or _name_in(data)
                if COMMIT in data and self._is_wanted(line.who):
                    line.lost.set()
                self._pass_on(line, data, line.server)
        self._end(line)

    def _to_client(self, line: _Line) -> None:
        with line.client, line.server:
            with suppress(OSError):
                while data := line.server.recv(1 << 16):
                    if line.lost.is_set():
                        break
                    self._pass_on(line, data, line.client)
            self._end(line)
            with self._lock:
                self._lines.remove(line)

    def _pass_on(self, line: _Line, data: bytes, to: socket.socket) -> None:
        if self.delay_s:
            time.sleep(self.delay_s)
        if not line.mute:
            to.sendall(data)

    def _end(self, line: _Line) -> None:
        if line.mute:
            self._heard.wait()
        line.close()

    def _is_wanted(self, who: str) -> bool:
        with self._lock:
            if self.swallowed >= self._wanted or (self._of and who != self._of):
                return False
            self.swallowed += 1
            self.swallowed_of[who] += 1
            return True


def _name_in(data: bytes) -> str:
    """What a client says its name is, in the first message of a session; nothing where this is not that."""
    _, found, rest = data.partition(b"\0application_name\0")
    return rest.partition(b"\0")[0].decode() if found else ""


class DatabaseProxy(Proxy):
    """One before the PostgreSQL of an address; `address` leads through it."""

    def __init__(self, address: str) -> None:
        server = conninfo_to_dict(address)
        super().__init__((str(server["host"]), int(server["port"] or 5432)))
        self.address = make_conninfo(address, host="127.0.0.1", port=self.port)


@contextmanager
def cut_off(address: str) -> Iterator[DatabaseProxy]:
    proxy = DatabaseProxy(address)
    try:
        yield proxy
    finally:
        proxy.close()
