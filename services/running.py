"""What runs, publishes or builds: everything at once, one process, the demo, files of events, views made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services import demonstration, lines, processes, rebuilding
from services.answer import Answer
from services.showing import upkeep as shown
from services.supervisor import supervised
from services.talk import say, set_up

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from services.settings import Settings

__all__ = ["demo", "publish", "rebuild", "run", "up"]
