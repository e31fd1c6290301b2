"""What intake keeps of a batch between its steps."""

from __future__ import annotations

import gc
import weakref
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from events import log
from events.database import connect
from events.errors import Refused
from events.offsets import Mark
from services.account import Accountant, Batch
from services.processes import prepare
from tests.kafka.messages import captures
from tests.register import settings_of

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Record:
    """As much of a Kafka record as is looked at."""

    offset: int
    value: bytes
    headers: list[tuple[str, bytes | None]] = field(default_factory=list)
    timestamp: int = 0


def test_what_is_appended_was_accepted_when_the_log_was_locked_and_not_when_it_was_delivered(
    empty_database: str, tmp_path: Path
) -> None:
    """Whoever asked meanwhile what was known by then was told what is so for ever."""
    prepare(empty_database)
    delivered = datetime(2026, 3, 2, 23, 59, 58, tzinfo=UTC)
    locked = delivered + timedelta(seconds=5)
    accountant = Accountant(settings_of(empty_database, tmp_path), empty_database, clock=lambda: locked)
    (capture_,) = captures(1)
    good = Record(0, capture_.value or b"", list(capture_.headers))
    batch = Batch(Mark("rekam.recording", 1, 0, 0, None), 0, cast("Any", [good]))
    try:
        accountant.take([batch], accountant.check([batch], delivered), delivered)
        with connect(empty_database, "rekam_reader") as connection, connection.cursor() as cursor:
            found = [log.position_at(cursor, at) for at in (delivered, locked)]
    finally:
        accountant.close()

    assert found == [0, 1]


def test_a_message_that_is_refused_does_not_keep_its_batch_in_memory(empty_database: str, tmp_path: Path) -> None:
    prepare(empty_database)
    accountant = Accountant(settings_of(empty_database, tmp_path), empty_database)
    bad = Record(0, b"no JSON")
    held = weakref.ref(bad)
    gc.disable()  # intake looks for circles once in a blue moon
    try:
        batch = Batch(Mark("rekam.listing", 1, 0, 0, None), 0, cast("Any", [bad]))
        (item,) = accountant.check([batch], datetime(2018, 11, 23, tzinfo=UTC))
        assert isinstance(item.checked, Refused)
        assert item.checked.code == "not_json"
        del bad, batch, item
        assert held() is None
    finally:
        gc.enable()
        accountant.close()
