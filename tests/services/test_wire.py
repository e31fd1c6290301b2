"""Every subscriber that Rekam makes names its group and acknowledges by itself, after its own commit."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog
from aiokafka.conn import collect_hosts
from aiokafka.errors import GroupAuthorizationFailedError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from events.offsets import Mark
from services.account import Batch
from services.embedded import Engines
from services.intake import GROUP, Intake
from services.processes import VIEWS
from services.projector import Projector
from services.settings import from_environ
from services.talk import set_up
from services.wire import _FASTSTREAM, Wire

ROOM = Path(__file__).parents[2] / "services"


@pytest.fixture
def subscribed(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What each subscriber was asked for, as FastStream was told it."""
    asked: list[dict[str, Any]] = []
    genuine = KafkaBroker.subscriber

    def noted(broker: KafkaBroker, *topics: Any, **options: Any) -> Any:
        asked.append(options)
        return genuine(broker, *topics, **options)

    monkeypatch.setattr(KafkaBroker, "subscriber", noted)
    return asked


def test_every_subscriber_states_its_group_and_the_manual_policy(
    subscribed: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Wire, "probe", lambda _: None)
    wire = Wire(from_environ({"REKAM_KAFKA": "127.0.0.1:1"}), Engines("127.0.0.1:1", "", embedded=False))
    nothing: Any = None

    async def make_all() -> None:
        Intake(wire, nothing)
        for view in VIEWS.values():
            Projector(wire, view, nothing)

    asyncio.run(make_all())

    assert [options["group_id"] for options in subscribed] == [GROUP, *(f"rekam-{name}" for name in VIEWS)]
    assert {options["ack_policy"] for options in subscribed} == {AckPolicy.MANUAL}
    assert {options["isolation_level"] for options in subscribed} == {"read_committed"}


def test_consumers_are_told_of_every_broker() -> None:
    kafka = "127.0.0.1:1,127.0.0.1:2"
    wire = Wire(from_environ({"REKAM_KAFKA": kafka}), Engines(kafka, "", embedded=False))

    told = collect_hosts(wire.broker()._connection_kwargs["bootstrap_servers"], randomize=False)

    assert [(host, port) for host, port, _ in told] == [("127.0.0.1", 1), ("127.0.0.1", 2)]


def test_a_batch_that_fails_after_intake_has_left_its_group_is_let_go(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Wire, "probe", lambda _: None)
    wire = Wire(from_environ({"REKAM_KAFKA": "127.0.0.1:1"}), Engines("127.0.0.1:1", "", embedded=False))

    class Gone:
        def take(self, *_: object) -> None:
            raise psycopg.OperationalError

    async def fail() -> None:
        nothing: Any = Gone()
        intake = Intake(wire, nothing)
        await intake._account([Batch(Mark("rekam.death", 1, 0, 0, None), 0, ())], [], datetime.now(UTC))

    set_up()
    asyncio.run(fail())

    structlog.reset_defaults()
    assert json.loads(capsys.readouterr().err)["why"] == "OperationalError"


def test_subscribers_are_made_in_one_place_alone() -> None:
    found = {path.name for path in ROOM.rglob("*.py") if re.search(r"\.subscriber\(", path.read_text())}

    assert found == {"wire.py"}


def test_trouble_of_a_consumer_is_named_and_nothing_of_a_message_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    set_up()  # which makes structlog write to what stderr is now
    _FASTSTREAM.error("about 5371014605909001", exc_info=GroupAuthorizationFailedError("5371014605909001"))
    _FASTSTREAM.error("about 5371014605909001")

    structlog.reset_defaults()
    said = capsys.readouterr().err
    assert json.loads(said)["error"] == "GroupAuthorizationFailedError"
    assert "5371014605909001" not in said
