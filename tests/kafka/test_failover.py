"""The primary is lost with all it had, its standby is promoted, and intake goes on from the ledger it finds there."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from events.errors import Unreachable
from services.api.reach import Reach
from services.processes import VIEWS
from services.wire import LOG_TOPIC, RECEIPTS_TOPIC
from tests.documents import block
from tests.kafka import topics
from tests.kafka.judge import judge
from tests.kafka.messages import bad, captures
from tests.kafka.test_kills import in_order_without_gap, positions
from tests.kafka.test_restore import all_views_stand_at
from tests.kafka.world import World, eventually
from tests.replication import Pair, pair

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALL = ("intake", "relay", *VIEWS)


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Pair]:
    with pair(tmp_path) as both:
        yield both


@pytest.fixture
def replicated(kafka: str, servers: Pair, tmp_path: Path) -> World:
    """A register whose processes are told of both servers, and find out by themselves which one can be written to."""
    asyncio.run(topics.make_again(kafka, topics.ALL))
    asyncio.run(topics.forget_members(kafka, topics.GROUPS))
    world = World(kafka, servers.both, tmp_path)
    world.prepare()
    return world


def test_with_a_synchronous_standby_nothing_that_was_acknowledged_is_missing(replicated: World, servers: Pair) -> None:
    servers.wait_for_the_standby()
    with replicated.running(*ALL), closing(Reach(replicated.settings())) as reach:
        replicated.send(*captures(3000), bad())
        eventually(lambda: (end_of_the_log(reach) or 0) > 500)
        acknowledged = replicated.rows("SELECT notification_id, digest FROM log.entry")
        servers.lose_the_primary()
        servers.standby.promote()
        replicated.takes(within_s=60)
        eventually(lambda: all_views_stand_at(replicated, 3000))
        eventually(lambda: in_order_without_gap(positions(replicated), 3000))
        eventually(lambda: end_of_the_log(reach) == 3000)

    assert set(acknowledged) <= set(replicated.rows("SELECT notification_id, digest FROM log.entry"))
    assert judge(replicated) == {"appended": 3000, "quarantined": 1}
    for said in by_position(replicated).values():
        assert len(set(said)) == 1, "a position was given to two entries"


def test_what_an_asynchronous_standby_lacked_is_read_again_and_has_positions_again(
    replicated: World, servers: Pair
) -> None:
    with replicated.running(*ALL):
        replicated.takes(*replicated.send(*captures(50), bad()))
        eventually(lambda: all_views_stand_at(replicated, 50))
        servers.caught_up()
        servers.cut_off()
        replicated.takes(*replicated.send(*captures(70, "second", 100), bad()))
        eventually(lambda: all_views_stand_at(replicated, 120))
        eventually(lambda: len(replicated.on_topic(LOG_TOPIC)) == 120)
        servers.lose_the_primary()
        servers.standby.promote()
        replicated.takes(*replicated.send(*captures(5, "third", 500)), within_s=60)
        eventually(lambda: all_views_stand_at(replicated, 125))
        eventually(lambda: positions(replicated)[-1] == 125)
        eventually(lambda: the_last_word_holds(replicated))

    assert judge(replicated) == {"appended": 125, "quarantined": 2}
    assert replicated.one("SELECT sum(people)::int FROM counts.posting WHERE from_account = 0") == 125
    whoever_keeps_the_topic_sees_it(replicated)


def end_of_the_log(reach: Reach) -> int | None:
    """As the API asks for it; None where it is told that no server answers."""
    try:
        with reach.reader() as question:
            return question.head()
    except Unreachable:
        return None


def the_last_word_holds(world: World) -> None:
    """What docs/cluster.md tells readers of our topics: of a position, and of a place, the last message holds."""
    said = by_position(world)
    assert [place for place, states in said.items() if len(set(states)) == 2] == list(range(51, 121))
    stored = dict(world.rows("SELECT notification_id, state FROM log.entry"))
    assert {place: states[-1] for place, states in said.items()} == stored
    receipts = {}
    for record in world.on_topic(RECEIPTS_TOPIC):
        one = json.loads(record.value)
        receipts[one["topic"], one["incarnation"], one["partition"], one["offset"]] = one["position"]
    entries = [json.loads(state) for state in stored.values()]
    assert {place: position for place, position in receipts.items() if position is not None} == {
        tuple(entry["kafka"][name] for name in ("topic", "incarnation", "partition", "offset")): position
        for position, entry in zip(stored, entries, strict=True)
    }


def whoever_keeps_the_topic_sees_it(world: World) -> None:
    """The program in docs/auditors.md ends at the log's own digest, and says where a position was given twice."""
    records = world.on_topic(LOG_TOPIC)
    kept = b"".join(b"position=%s\t%s\n" % (dict(record.headers)["position"], record.value) for record in records)
    done = subprocess.run([sys.executable, "-c", block("topic")], input=kept, capture_output=True, check=True)
    digest = world.one("SELECT encode(digest, 'hex') FROM log.head")

    assert done.stdout.decode() == f"125 entries, digest {digest}\n"
    assert done.stderr.decode() == "from here on position 51 is another entry\n"


def by_position(world: World) -> dict[int, list[Any]]:
    """What was relayed to the log's topic under each position, in the order of the topic."""
    said: dict[int, list[Any]] = {}
    for record in world.on_topic(LOG_TOPIC):
        said.setdefault(int(dict(record.headers)["position"]), []).append(record.value)
    return said
