"""The drill: a backup while intake runs, restored elsewhere and proved; then intake catches up with Kafka."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from services.processes import VIEWS
from tests.databases import new_database
from tests.events.examples import LIST_DECLARED
from tests.kafka.judge import judge
from tests.kafka.messages import bad, capture, captures, message, withdrawal
from tests.kafka.test_restore import ALL, all_views_stand_at
from tests.kafka.world import World, eventually
from tests.services.command_line import CommandLine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def asking(world: World) -> CommandLine:
    return CommandLine(world.folder, {"REKAM_KAFKA": world.kafka, "REKAM_DATABASE": world.database})


def counts(world: World, *known: str) -> Any:
    return asking(world).json("counts", "--on", "2018-11-23", *known)


@contextmanager
def registries_going_on(world: World) -> Iterator[None]:
    """Somebody sends, ten captures at a time, from before the block to behind it."""
    enough, begun = Event(), Event()

    def send() -> None:
        number = 1_000
        while not enough.is_set():
            world.send(*captures(9, "on", number), bad())
            number += 9
            begun.set()

    sender = Thread(target=send)
    sender.start()
    assert begun.wait(30)
    try:
        yield
    finally:
        enough.set()
        sender.join()


def test_backed_up_while_intake_runs_and_restored_elsewhere_it_catches_up_with_kafka(
    world: World, postgres: str, tmp_path: Path
) -> None:
    folder = tmp_path / "backup"
    with world.running(*ALL):
        world.takes(*world.send(message(LIST_DECLARED, "list"), *captures(200), bad(), withdrawal("w-1", of="late")))
        with registries_going_on(world):
            done = asking(world).program("backup", str(folder), "--json")  # here the processes' log would come between
            assert done.code == 0, done.talk
            manifest = json.loads(done.answer)
            eventually(lambda: world.size() > manifest["position"] + 20)  # so there is something that it has not got
        world.takes(*world.send(capture("late", 700), capture("c-1"), capture("c-2", 2, "mobile"), bad()))
        eventually(lambda: all_views_stand_at(world, world.size()))

    with new_database(postgres) as address:
        restored = replace(world, database=address)
        made = asking(restored).json("restore", str(folder))

        assert (made["position"], made["digest"]) == (manifest["position"], manifest["digest"])
        assert all(one["ok"] for one in made["checks"])
        then = str(min(manifest["projections"].values()))
        assert counts(restored, "--known", then) == counts(world, "--known", then)
        ahead = restored.untold(world.sent)
        assert len(ahead) >= 20

        with restored.running(*ALL):
            restored.takes()
            eventually(lambda: all_views_stand_at(restored, world.size()))

        assert judge(restored) == judge(world)
        assert counts(restored) == counts(world)
        proved = asking(restored).json("audit", "check")
        assert all(one["ok"] for one in proved["checks"])
        assert proved["position"] == world.size()
        assert [restored.one(f"SELECT sum(people)::int FROM {view}.posting") for view in VIEWS] == [
            world.one(f"SELECT sum(people)::int FROM {view}.posting") for view in VIEWS
        ]
