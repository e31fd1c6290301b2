"""The demo publishes to no Kafka that others write to: whoever reads there would take made-up people for real."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from events.errors import Refusal
from services import stage
from services.embedded import find
from services.note import Note
from tests.kafka import topics
from tests.kafka.messages import RECORDING, captures

if TYPE_CHECKING:
    from tests.kafka.world import World


def test_topics_that_were_written_to_are_refused_unless_it_was_by_this_very_demo(world: World) -> None:
    settings, note = world.settings(), Note(world.folder / "demo.json")
    stage.refuse_another(settings, note, find(settings))

    world.send(*captures(2))
    with pytest.raises(Refusal, match=rf"{world.kafka} were written to, and nothing says.*leave REKAM_KAFKA empty"):
        stage.refuse_another(settings, note, find(settings))

    note.claim(quick=True, city=False, seed=2018)  # with a broker of its own
    with pytest.raises(Refusal, match="were written to"):
        stage.refuse_another(settings, note, find(settings))

    note.claim(quick=True, city=False, seed=2018, kafka=settings.kafka)
    stage.refuse_another(settings, note, find(settings))


def test_topics_of_which_everything_has_expired_were_written_to_all_the_same(world: World) -> None:
    settings = world.settings()
    world.send(*captures(2))
    asyncio.run(topics.expire(world.kafka, RECORDING, 2))

    with pytest.raises(Refusal, match="were written to"):
        stage.refuse_another(settings, Note(world.folder / "demo.json"), find(settings))
