"""What intake keeps of a batch between its steps."""

from __future__ import annotations

import gc
import weakref
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from events.errors import Refused
from events.offsets import Mark
from services.account import Accountant, Batch
from services.processes import prepare
from tests.register import settings_of

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Record:
    """As much of a Kafka record as is looked at."""

    offset: int
    value: bytes
    headers: list[tuple[str, bytes]] = field(default_factory=list)


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
