"""The processes and settings of docker-compose.yml, on a real PostgreSQL and a real Apache Kafka told what it says."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from services.embedded import find
from services.processes import PROCESSES
from services.settings import from_environ
from tests.compose import CONTAINERS
from tests.kafka import topics
from tests.kafka.composed import Composed
from tests.kafka.judge import judge
from tests.kafka.messages import captures
from tests.kafka.world import World, eventually
from tests.services.command_line import CommandLine
from tests.services.said import finding, listed, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.kafka.composed import Running

pytestmark = pytest.mark.timeout(180)

NIKS = [f"53710146059091{number:02d}" for number in range(20)]
GRACE_S = 20
PARTITIONS = 4


@contextmanager
def engines(folder: Path) -> Iterator[Composed]:
    """The engines, up and empty; at the end they and whatever was started are stopped."""
    made = Composed(folder)
    try:
        made.start_engines()
        yield made
    finally:
        made.end()


@pytest.fixture
def composed(apache: None, tmp_path: Path) -> Iterator[Composed]:
    with engines(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def shared(apache: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    """For tests that look, and for what may be done again and again."""
    with engines(tmp_path_factory.mktemp("shared")) as made:
        yield made


@pytest.fixture
def host(composed: Composed) -> CommandLine:
    """A shell of this machine, with what the documents say is to be exported."""
    return CommandLine(composed.folder / "nothing", composed.exports())


def people(folder: Path) -> str:
    declared = listed("list", NIKS[0]) | {
        "type": "rekam.listing.list_declared.v1",
        "data": {"list": "TEST-LIST", "kind": "unrecorded", "as_of": "2018-11-01", "rows": len(NIKS),
                 "rows_by_kelurahan": {"53.71.01.1001": len(NIKS)}},
    }  # fmt: skip
    return written(
        folder / "events.jsonl",
        declared,
        *(listed(f"row-{nik}", nik) for nik in NIKS),
        *(finding(f"found-{nik}", nik, "moved_away") for nik in NIKS[:8]),
    )


def balances(host: CommandLine) -> bool:
    status = host.json("status")
    assert set(status["projections"].values()) == {status["position"]}
    found = host.json("reconcile", "TEST-LIST", "--on", "2018-11-23")
    return (found["members"], found["cleared"], found["truly"], found["residual"]) == (20, 8, 12, 0)


def all_hold(host: CommandLine) -> bool:
    return all(one["ok"] for one in host.json("audit", "check")["checks"])


def with_the_keys(composed: Composed) -> CommandLine:
    """As in the container `rekam`, which sees the keys."""
    keys = composed.folder / "volumes" / "keys" / "keys"
    return CommandLine(composed.folder / "nothing", {**composed.exports(), "REKAM_KEYS": str(keys)})


def members(composed: Composed) -> int:
    return len(asyncio.run(topics.members(composed.kafka.inside, "rekam-intake")))


def grown_old(one: Running) -> None:
    """As if that process's last good round were a minute ago."""
    then = time.time() - 60
    os.utime(one.pulse, (then, then))


# ------------------------------------------------------------------ the whole of it


def test_up_then_publish_then_down_and_up_again_with_everything_there(composed: Composed, host: CommandLine) -> None:
    file = people(composed.folder)

    containers = composed.up(*PROCESSES)
    for name in PROCESSES:
        eventually(containers[name].is_healthy)
    first = host.json("publish", file)
    eventually(lambda: balances(host))
    stopped = composed.down()
    composed.stop_engines()

    assert (first["appended"], first["quarantined"]) == (29, 0)
    assert [(name, code) for name, code, _ in stopped] == [(name, 0) for name in PROCESSES]
    assert max(seconds for _, _, seconds in stopped) < GRACE_S

    composed.start_engines()
    again = composed.up(*PROCESSES)
    for name in PROCESSES:
        eventually(again[name].is_healthy)
    second = host.json("publish", file)

    assert (second["appended"], second["duplicate"]) == (0, 29)
    eventually(lambda: balances(host))
    assert all_hold(with_the_keys(composed))
    assert {one.child.poll() for name, one in again.items() if name != "prepare"} == {None}


def test_two_intakes_share_the_work_and_one_takes_over_when_the_other_is_killed(composed: Composed) -> None:
    containers = composed.up(*PROCESSES)
    world = World(composed.kafka.host, find(from_environ(composed.exports())).database, composed.folder)

    def send(count: int, round_: int) -> None:
        for partition in range(PARTITIONS):
            first = 1 + 1_000 * partition + 4_000 * round_
            world.send(*captures(count, f"{round_}-{partition}", first), partition=partition)

    eventually(containers["intake"].is_healthy)
    send(50, 0)
    world.takes()
    second = composed.start("intake")
    eventually(lambda: members(composed) == 2)
    eventually(second.is_healthy)
    send(200, 1)
    world.takes()
    send(200, 2)
    containers["intake"].kill()
    send(50, 3)
    world.takes(within_s=60)

    assert second.is_healthy()
    assert judge(world) == {"appended": PARTITIONS * 500}


def test_two_intakes_at_the_very_first_start_make_one_register(composed: Composed, host: CommandLine) -> None:
    (composed.folder / "volumes" / "keys").mkdir(parents=True)
    started = [composed.start(name) for name in ("intake", "intake", "relay", "counts", "trail", "outstanding")]

    for one in started:
        eventually(one.is_healthy, within_s=60)
    document = host.json("publish", people(composed.folder))

    assert document["appended"] == 29
    assert all(one.runs() for one in started), [one.log.read_text()[-500:] for one in started]
    eventually(lambda: balances(host))
    assert all_hold(with_the_keys(composed))


# ------------------------------------------------------------------ the one-shot


def test_prepare_may_come_several_times_and_at_once_and_makes_the_same_keys(shared: Composed) -> None:
    several = [shared.start("prepare") for _ in range(3)]
    codes = [one.child.wait(60) for one in several]
    later = shared.start("prepare")
    codes.append(later.child.wait(60))

    said = {one.log.read_text().splitlines()[-1] for one in (*several, later)}
    assert codes == [0, 0, 0, 0], [one.log.read_text() for one in several]
    assert len(said) == 1
    assert re.match(r"prepared: the database, 9 topics, and in \S+/keys the keys pepper=\w+ kek-1=\w+$", said.pop())
    keys = shared.folder / "volumes" / "keys" / "keys"
    assert oct(keys.stat().st_mode & 0o777) == "0o700"
    assert {oct(path.stat().st_mode & 0o777) for path in keys.iterdir()} == {"0o600"}


def test_prepare_waits_for_engines_that_are_just_being_started(composed: Composed) -> None:
    composed.stop_engines()
    one = composed.start("prepare")
    eventually(lambda: "waiting: PostgreSQL does not answer" in one.log.read_text())
    composed.postgres.start()
    eventually(lambda: "waiting: Kafka at" in one.log.read_text())
    composed.kafka.start()

    assert one.child.wait(60) == 0, one.log.read_text()


# ------------------------------------------------------------------ health


def test_a_process_that_gets_nowhere_is_not_healthy_until_it_gets_on(composed: Composed) -> None:
    containers = composed.up("intake", "counts")
    intake, counts = containers["intake"], containers["counts"]
    for one in (intake, counts):
        eventually(one.is_healthy)
        grown_old(one)
        assert not one.is_healthy()
        eventually(one.is_healthy)

    composed.kafka.stop()
    eventually(lambda: "waiting" in intake.log.read_text())
    grown_old(intake)
    grown_old(counts)
    eventually(counts.is_healthy)  # it has the log itself to read
    assert intake.runs()
    assert not intake.is_healthy()

    composed.kafka.start()
    eventually(intake.is_healthy, within_s=60)

    counts.child.send_signal(signal.SIGSTOP)
    grown_old(counts)
    assert not counts.is_healthy()


# ------------------------------------------------------------------ what the engines were told


def test_every_setting_of_kafka_is_one_that_it_knows(shared: Composed) -> None:
    async def known() -> dict[str, str]:
        async with topics.administrator(shared.kafka.host) as admin:
            (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.BROKER, "1")])
            return {name: value for name, value, *_ in answer.resources[0][4]}

    told = {name.removeprefix("KAFKA_").lower().replace("_", "."): value
            for name, value in shared.kafka.environ.items()
            if name.startswith("KAFKA_") and name != "KAFKA_HEAP_OPTS"}  # fmt: skip

    there = asyncio.run(known())
    assert {name: there.get(name) for name in told} == told


def test_postgres_goes_by_what_it_is_told_and_asks_for_the_password(shared: Composed) -> None:
    settings = from_environ(shared.exports())
    options = CONTAINERS["postgres"].command[2::2]

    with psycopg.connect(find(settings).database) as connection:
        for option in options:
            name, value = option.split("=")
            assert connection.execute("SELECT current_setting(%s)", [name]).fetchone() == (value,)
    with pytest.raises(psycopg.OperationalError, match="no password"):
        psycopg.connect(settings.database)
