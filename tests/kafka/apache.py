"""A real Apache Kafka of our own: one process, broker and controller in one, on 127.0.0.1, its jars from Maven."""

from __future__ import annotations

import fcntl
import hashlib
import re
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from services import child, private
from services.broker import answers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

POM = Path(__file__).with_name("pom.xml")
CACHE = Path(__file__).with_name("jars")
CLUSTER = "bm90LXNvLXNlY3JldC1pZA"  # 16 bytes in base64; any will do
ENVIRON = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
START_WITHIN_S = 60.0

SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    # Quick where a test would wait: groups, the end of a killed client, of its transaction, of what retention gives up.
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "500",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "500",
    "log.retention.check.interval.ms": "500",
    "log.initial.task.delay.ms": "500",
    "log.segment.delete.delay.ms": "100",
    # A killed broker is waited for by the controller until its session ends; here both are killed together.
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "250",
    # Small.
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "2",
    "log.cleaner.dedupe.buffer.size": "4194304",
    "offsets.load.buffer.size": "1048576",
}


class Missing(Exception):  # noqa: N818 - what it says
    """What a real Kafka would need is not on this machine."""


class ApacheKafka:
    """One broker on one folder; `start` after `kill` finds its messages and its port again."""

    heap = "512m"

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.settings = {**SETTINGS, **(settings or {})}
        self.port = private.port_for(folder / "port")
        self.advertised = self.port  # another where clients are to come through a proxy: set it before `start`
        self.child: child.Child | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.advertised}"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def start(self) -> None:
        self.begin()
        self.wait()

    def begin(self) -> None:
        """Start it, and do not wait until it answers: one of several does so when most of them are there."""
        file = self.folder / "server.properties"
        if not self.data.exists():
            self.make()
        file.write_text(text({**self.settings, **self.reached_at(), "log.dirs": str(self.data)}))
        command: list[str | Path] = [*java_command(heap=self.heap), "kafka.Kafka", file]
        self.child = child.start(command, log=self.folder / "server.log", environ=ENVIRON)

    def wait(self) -> None:
        assert self.child is not None
        self._wait_until_it_answers(self.child)

    def make(self) -> None:
        """Make the data folder."""
        shutil.copytree(jars() / "formatted", self.data)

    def reached_at(self) -> dict[str, str]:
        """Where it listens, as settings."""
        return addresses(self.port, private.port_for(self.folder / "controller-port"), self.advertised)

    def kill(self) -> None:
        """kill -9, and gone when this returns."""
        assert self.child is not None
        self.child.kill()
        self.child.wait()

    def stop(self) -> None:
        if self.child is not None:
            child.end(self.child, signal.SIGTERM, patience_s=15)

    def answers(self) -> bool:
        return answers(f"127.0.0.1:{self.port}")

    def said(self) -> str:
        """The end of its log."""
        return (self.folder / "server.log").read_text()[-4_000:]

    def _wait_until_it_answers(self, server: child.Child) -> None:
        deadline = time.monotonic() + START_WITHIN_S
        while not self.answers():
            if server.poll() is not None or time.monotonic() > deadline:
                said = self.said()
                self.stop()
                raise RuntimeError(f"Apache Kafka did not come up (exit {server.returncode}): {said}")
            time.sleep(0.05)


def java_command(libraries: Path | None = None, heap: str = "512m") -> list[str]:
    """Java as Kafka wants it, up to the class to run; the jars are got first where they are missing."""
    small = ["-Xms96m", f"-Xmx{heap}", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Djava.net.preferIPv4Stack=true"]
    return [program("java"), *small, "-cp", f"{libraries or jars()}/*"]


@cache
def program(name: str) -> str:
    """Raises Missing where it is not installed, or where Java is older than Kafka's brokers need."""
    path = shutil.which(name)
    if path is None:
        raise Missing(f"{name} is not installed: .ci/run installs it, or apt-get install default-jre-headless maven")
    if name == "java":
        said = subprocess.run([path, "-version"], capture_output=True, text=True, check=False).stderr
        version = re.search(r'version "(\d+)', said)
        if version is None or int(version.group(1)) < 17:
            raise Missing(
                f"Apache Kafka 4 needs Java 17 or newer; {path} is {said.splitlines()[0] if said else 'none'}"
            )
    return path


def jars() -> Path:
    """The folder of jars for this pom, and in it `formatted`, a broker's new data folder to copy.

    Made once, by one process at a time.
    """
    folder = CACHE / hashlib.sha256(POM.read_bytes()).hexdigest()[:12]
    if not folder.exists():
        CACHE.mkdir(exist_ok=True)
        with alone(CACHE / "lock"):
            if not folder.exists():
                unfinished = folder.with_suffix(".new")
                shutil.rmtree(unfinished, ignore_errors=True)
                get(unfinished)
                format_folder(unfinished / "formatted", unfinished)
                unfinished.rename(folder)
    return folder


def get(folder: Path) -> None:
    command = [
        program("mvn"),
        "-q",
        "-B",
        "-f",
        str(POM),
        "dependency:copy-dependencies",
        f"-DoutputDirectory={folder}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        raise Missing(f"Maven could not get Apache Kafka: {(done.stdout + done.stderr)[-1_000:]}")


def format_folder(folder: Path, libraries: Path, *more: str) -> None:
    """Formats it for any port: the quorum's address is not written in it. `more` are words for StorageTool."""
    properties = folder.with_name("format.properties")
    properties.write_text(text({**SETTINGS, **addresses(9092, 9093), "log.dirs": str(folder)}))
    words = ["kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", str(properties), *more]
    command = [*java_command(libraries), *words]
    done = subprocess.run(command, env=ENVIRON, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        raise RuntimeError(f"StorageTool ended with {done.returncode}: {(done.stdout + done.stderr)[-2_000:]}")


class Engine(Protocol):
    """What is started and stopped."""

    def start(self) -> None: ...
    def stop(self) -> None: ...


_Engine = TypeVar("_Engine", bound=Engine)


@contextmanager
def started(engine: _Engine) -> Iterator[_Engine]:
    """It, up; stopped at the end, also where it did not come up."""
    try:
        engine.start()
        yield engine
    finally:
        engine.stop()


def addresses(port: int, controller: int, advertised: int | None = None) -> dict[str, str]:
    return {
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{advertised or port}",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
    }


def text(properties: Mapping[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in properties.items())


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":  # what CI does before the tests, whose time is limited
    jars()
