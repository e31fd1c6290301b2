"""What is said beside the answer: on stderr, for people where it is a terminal, as JSON lines where it is not."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import structlog
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["bars", "console", "say", "set_up"]


def console() -> Console:
    """Where the talk goes; as wide as the terminal, or 120 columns where there is none."""
    return Console(stderr=True, width=None if sys.stderr.isatty() else 120, highlight=False)


def say(text: str) -> None:
    """Say one line."""
    console().print(text, markup=False, soft_wrap=True)


def set_up() -> None:
    """Set up the log: one line a fact, never a personal datum. Libraries speak up only where something is wrong."""
    logging.basicConfig(stream=sys.stderr, level=logging.CRITICAL)
    readable = sys.stderr.isatty() or os.environ.get("TERM_PROGRAM")
    last: Any = structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer()
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
    with Progress(
        TextColumn("{task.description:<10}"),
        BarColumn(bar_width=40),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console(),
        transient=False,
        disable=not sys.stderr.isatty(),
    ) as progress:
        yield progress
