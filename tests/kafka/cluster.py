"""Three real brokers of Apache Kafka, each of them also a controller: any one of them may be killed."""

from __future__ import annotations

import asyncio
import json
import random
import re
import secrets
import time
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Final

from aiokafka.errors import KafkaError

from services import private
from tests.kafka import topics
from tests.kafka.apache import ApacheKafka, addresses

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

__all__ = ["Cluster", "Node"]

SIZE: Final = 3
WITHIN_S: Final = 60.0

OF_SEVERAL: Final = {
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    "log.cleaner.enable": "false",  # three of them on a small machine; nothing here lives long enough
}


class Node(ApacheKafka):
    """One broker and controller of several; `voters` is told by the cluster once all have their ports."""

    heap = "256m"

    def __init__(self, folder: Path, number: int, settings: Mapping[str, str]) -> None:
        super().__init__(folder, {**OF_SEVERAL, **settings, "node.id": str(number)})
        self.number = number
        self.controller = private.port_for(folder / "controller-port")
        self.voters = ""

    def reached_at(self) -> dict[str, str]:
        return {**addresses(self.port, self.controller), "controller.quorum.voters": self.voters}

    def make(self) -> None:
        """What was formatted once, with a number and an id of its own in the one file where they stand."""
        super().make()
        file = self.data / "meta.properties"
        own = {"node.id": str(self.number), "directory.id": urlsafe_b64encode(secrets.token_bytes(16)).decode()[:22]}
        said = file.read_text()
        for name, value in own.items():
            said = re.sub(rf"^{re.escape(name)}=.*$", f"{name}={value}", said, flags=re.MULTILINE)
        file.write_text(said)

    @property
    def lives(self) -> bool:
        return self.child is not None and self.child.poll() is None


class Cluster:
    """`settings` go before ours for all three of them."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        free = [port for port in random.sample(private.PORTS, 200) if private.is_free(port)]
        self.nodes: list[Node] = []
        for number in range(1, SIZE + 1):
            place = folder / str(number)
            place.mkdir(mode=0o700)
            for name in ("port", "controller-port"):
                (place / name).write_text(f"{free.pop()}\n")
            self.nodes.append(Node(place, number, settings or {}))
        for node in self.nodes:
            node.voters = ",".join(f"{one.number}@127.0.0.1:{one.controller}" for one in self.nodes)

    @property
    def address(self) -> str:
        return ",".join(node.address for node in self.nodes)

    def start(self) -> None:
        for node in self.nodes:
            node.begin()
        for node in self.nodes:
            node.wait()
        self.until(self._all_are_there, "all three are there")

    def stop(self) -> None:
        """kill -9: the last ones would wait for a quorum to take leave of, and what they have is thrown away."""
        for node in self.nodes:
            if node.lives:
                node.kill()

    def controller(self) -> Node:
        """The leader of the quorum, as those that live have written it down."""
        deadline = time.monotonic() + WITHIN_S
        while time.monotonic() < deadline:
            files = [node.data / "__cluster_metadata-0" / "quorum-state" for node in self.nodes if node.lives]
            told = [json.loads(file.read_text()) for file in files if file.exists()]
            newest = max(told, key=lambda one: one["leaderEpoch"], default={"leaderId": -1})
            for node in self.nodes:
                if node.number == newest["leaderId"] and node.lives:
                    return node
            time.sleep(0.05)
        raise RuntimeError("the quorum has no leader")

    def leader(self, topic: str, partition: int) -> Node:
        """The broker that leads a partition."""
        (described,) = asyncio.run(topics.described(self.address, [topic]))
        number: int = next(one["leader"] for one in described["partitions"] if one["partition"] == partition)
        return self.nodes[number - 1]

    def until_in_sync(self) -> None:
        """Wait until every copy of every topic of ours has everything."""
        self.until(self._all_in_sync, "every copy has everything")

    def until(self, check: Callable[[], Awaitable[bool]], what: str) -> None:
        deadline = time.monotonic() + WITHIN_S
        while True:
            try:
                if asyncio.run(_told(check)):
                    return
            except KafkaError:  # asked of one that is not there
                pass
            if time.monotonic() > deadline:
                raise RuntimeError(f"not within {WITHIN_S:.0f} s: {what}")
            time.sleep(0.1)

    async def _all_are_there(self) -> bool:
        async with topics.administrator(self.address) as admin:
            return len((await admin.describe_cluster())["brokers"]) == SIZE

    async def _all_in_sync(self) -> bool:
        found = await topics.described(self.address, topics.ALL)
        return all(len(one["isr"]) == SIZE for topic in found for one in topic["partitions"])


async def _told(check: Callable[[], Awaitable[bool]]) -> bool:
    return await check()
