"""What is said beside the answer: on stderr, for people where it is a terminal, as JSON lines where it is not."""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress

__all__ = ["bars", "say", "set_up"]


def say(text: str) -> None:
    """Say one line."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - this is where it is said


def set_up() -> None:
    """Set up the log: one line a fact, never a personal datum. Libraries speak up only where something is wrong.

    To be called before anything that logs; structlog would write to stdout.
    """
    import structlog  # noqa: PLC0415 - it brings rich along, which a question does not need

    logging.basicConfig(stream=sys.stderr, level=logging.CRITICAL)
    last: Any = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


@contextmanager
def bars() -> Iterator[Progress]:
    """Show progress while the block runs; nothing where stderr is no terminal."""
    from rich.console import Console  # noqa: PLC0415 - slow to import, and seldom needed
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    with Progress(
        TextColumn("{task.description:<10}"),
        BarColumn(bar_width=40),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    ) as progress:
        yield progress
