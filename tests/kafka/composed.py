"""What `docker compose up` would run, without an engine for containers: the same programs, words and settings.

PostgreSQL and Kafka are real ones, told what docker-compose.yml tells them; each of Rekam's containers is a process
with that container's environment and nothing else. Only what must differ outside of containers does: names and ports
of the network are ports of 127.0.0.1, and each mount is a folder.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from services import child, private
from services.broker import answers
from services.postgres import Postgres
from tests.compose import CONTAINERS, SECRETS, Container, in_order
from tests.documents import ROOT, block
from tests.kafka.apache import START_WITHIN_S, java_command
from tests.kafka.world import eventually

__all__ = ["Composed", "Running"]

PATH = "/usr/local/bin:/usr/bin:/bin"
PASSWORD = f"{SECRETS}/postgres-password"


@dataclass
class Running:
    """A container's process, with the folders that stand for what is mounted in it."""

    container: Container
    child: child.Child
    log: Path
    mounts: dict[str, Path]

    def runs(self) -> bool:
        return self.child.poll() is None

    def is_healthy(self) -> bool:
        """Run its health check, as the engine would."""
        how, *words = self.container.health
        assert how == "CMD-SHELL"
        return subprocess.run(["/bin/sh", "-c", placed(words[0], self.mounts)], check=False).returncode == 0

    @property
    def pulse(self) -> Path:
        return Path(placed(self.container.environ["REKAM_PULSE"], self.mounts))

    def kill(self) -> None:
        self.child.kill()
        self.child.wait()


class Kafka:
    """The broker, made ready by the image's own program from the container's environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = {name: private.port_for(folder / f"port-{name}") for name in ("19092", "9092", "9093")}
        self.child: child.Child | None = None

    @cached_property
    def environ(self) -> dict[str, str]:
        container = CONTAINERS["kafka"]
        here = dict.fromkeys(container.mounts, self.folder / "data")
        given = {name: placed(value, here) for name, value in container.environ.items()}
        for name, value in given.items():
            if "LISTENERS" in name or "VOTERS" in name:
                local = value.replace("://:", "://127.0.0.1:").replace("kafka:", "127.0.0.1:")
                for port, ours in self.ports.items():
                    local = local.replace(f":{port}", f":{ours}")
                given[name] = local
        return {**given, "PATH": PATH}

    @property
    def inside(self) -> str:
        return f"127.0.0.1:{self.ports['19092']}"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.ports['9092']}"

    def start(self) -> None:
        defaults, mounted, final = (self.folder / name for name in ("defaults", "mounted", "final"))
        for folder in (defaults, mounted, final):
            folder.mkdir(exist_ok=True)
        places = ["-D", str(defaults), "-M", str(mounted), "-F", str(final)]
        setup = [*java_command(), "kafka.docker.KafkaDockerWrapper", "setup", *places]
        done = subprocess.run(setup, env=self.environ, capture_output=True, text=True, check=False, timeout=60)
        said = done.stdout + done.stderr
        assert done.returncode == 0 or "already formatted" in said, said[-2_000:]  # as the image's `launch` has it
        self.child = child.start(
            [*java_command(), "kafka.Kafka", final / "server.properties"],
            log=self.folder / "server.log",
            environ=self.environ,
        )
        eventually(lambda: answers(self.inside) and answers(self.host), within_s=START_WITHIN_S)

    def stop(self) -> None:
        if self.child is not None:
            child.end(self.child, signal.SIGTERM, patience_s=30)
            self.child = None


class Composed:
    """The whole of it, in a folder: `up`, `scale`, `down`, and what is published to it from this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("postgres", "kafka"):
            (folder / name).mkdir()
        _, *options = CONTAINERS["postgres"].command
        told = dict(option.split("=", 1) for option in options[1::2])
        self.postgres = Postgres(folder / "postgres", {**told, "fsync": "off"}, wish=None)
        self.kafka = Kafka(folder / "kafka")
        self.api_port = private.port_for(folder / "port-api")
        self.running: list[Running] = []
        self._numbers = iter(range(1_000))

    # ------------------------------------------------------------------ settings

    @property
    def secret(self) -> Path:
        return self.folder / "secrets" / "postgres-password"

    def environ(self, container: Container, mounts: dict[str, Path]) -> dict[str, str]:
        """The container's own, each place where it is here."""
        network = {
            "kafka:19092": self.kafka.inside,
            "postgres:5432": f"127.0.0.1:{self.postgres.port}",
            "0.0.0.0:8800": f"127.0.0.1:{self.api_port}",
        }
        given = {}
        for name, value in container.environ.items():
            given[name] = placed(value, mounts)
            for there, here in network.items():
                given[name] = given[name].replace(there, here)
        return {**given, "PATH": PATH, "PYTHONPATH": str(ROOT)}

    def exports(self) -> dict[str, str]:
        """What the documents tell somebody on this machine to export."""
        said = dict(re.findall(r"^export (\w+)=(\S+)$", block("exports"), re.MULTILINE))
        here = {
            "127.0.0.1:9092": self.kafka.host,
            "127.0.0.1:5432": f"127.0.0.1:{self.postgres.port}",
            "secrets/": f"{self.secret.parent}/",
        }
        for there, ours in here.items():
            said = {name: value.replace(there, ours) for name, value in said.items()}
        return said

    def _mounts(self, container: Container) -> dict[str, Path]:
        """A `tmpfs` is the process's own and empty; the others are kept and shared."""
        own = self.folder / f"{container.name}-{next(self._numbers)}"
        found = {}
        for place, name in container.mounts.items():
            if name == "tmpfs":
                found[place] = own / place.strip("/").replace("/", "-")
                found[place].mkdir(parents=True)
            elif place == PASSWORD:
                found[place] = self.secret
            else:
                found[place] = self.folder / "volumes" / name
                found[place].mkdir(mode=0o700, parents=True, exist_ok=True)
        return found

    # ------------------------------------------------------------------ what runs

    def start_engines(self) -> None:
        self.postgres.start()
        self.secret.parent.mkdir(exist_ok=True)
        self.secret.write_text(self.postgres.passfile.read_text().rpartition(":")[2])
        self.kafka.start()

    def stop_engines(self) -> None:
        self.kafka.stop()
        self.postgres.stop()

    def start(self, name: str) -> Running:
        """Start one more container of that service."""
        container = CONTAINERS[name]
        mounts = self._mounts(container)
        log = self.folder / f"{name}-{next(self._numbers)}.log"
        command = [sys.executable, "-m", "services", *container.command]
        started = Running(
            container, child.start(command, log=log, environ=self.environ(container, mounts)), log, mounts
        )
        self.running.append(started)
        return started

    def up(self, *names: str) -> dict[str, Running]:
        """Start these after what they wait for, each when what it waits for is as it must be."""
        started: dict[str, Running] = {}
        for name in in_order(*names):
            if name in {"postgres", "kafka"}:
                continue  # start_engines
            for before, condition in CONTAINERS[name].waits_for.items():
                if condition == "service_completed_successfully":
                    one = started[before]
                    assert one.child.wait(90) == 0, one.log.read_text()
            started[name] = self.start(name)
        return started

    def down(self) -> list[tuple[str, int, float]]:
        """Stop all at once, as the engine would; of each that ran, its name, exit code and seconds."""
        running = [one for one in self.running if one.runs()]
        began = time.monotonic()
        for one in running:
            one.child.terminate()
        told = [(one.container.name, one.child.wait(60), time.monotonic() - began) for one in running]
        self.running.clear()
        return told

    def end(self) -> None:
        for one in self.running:
            one.kill()
        self.stop_engines()


def placed(text: str, mounts: dict[str, Path]) -> str:
    """With each mounted place where it is here."""
    places = "|".join(map(re.escape, sorted(mounts, key=len, reverse=True)))
    return re.sub(places, lambda found: str(mounts[found[0]]), text) if mounts else text
