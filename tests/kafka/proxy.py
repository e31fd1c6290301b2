"""A wire between Rekam and PostgreSQL that can be cut at the worst moment: COMMIT arrives, its answer does not."""

from __future__ import annotations

import socket
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from psycopg.conninfo import conninfo_to_dict, make_conninfo

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMIT = b"COMMIT\0"


class Proxy:
    """Passes everything on; after `swallow` the next answers to COMMIT, that many, are lost with their connections."""

    def __init__(self, address: str) -> None:
        server = conninfo_to_dict(address)
        self._server = (str(server["host"]), int(server["port"] or 5432))
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = make_conninfo(address, host="127.0.0.1", port=self._listening.getsockname()[1])
        self.swallowed = 0
        self._wanted = 0
        self._lock = Lock()
        Thread(target=self._accept, daemon=True).start()

    def swallow(self, times: int) -> None:
        with self._lock:
            self._wanted = self.swallowed + times

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(self._server)
                cut = Event()
                Thread(target=self._to_server, args=(client, server, cut), daemon=True).start()
                Thread(target=self._to_client, args=(server, client, cut), daemon=True).start()

    def _to_server(self, client: socket.socket, server: socket.socket, cut: Event) -> None:
        with client, server, suppress(OSError):
            while data := client.recv(1 << 16):
                if COMMIT in data and self._is_wanted():
                    cut.set()
                server.sendall(data)

    def _to_client(self, server: socket.socket, client: socket.socket, cut: Event) -> None:
        with suppress(OSError):
            while data := server.recv(1 << 16):
                if cut.is_set():
                    break
                client.sendall(data)
        for end in (client, server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _is_wanted(self) -> bool:
        with self._lock:
            if self.swallowed >= self._wanted:
                return False
            self.swallowed += 1
            return True


@contextmanager
def cut_off(address: str) -> Iterator[Proxy]:
    proxy = Proxy(address)
    try:
        yield proxy
    finally:
        proxy.close()
