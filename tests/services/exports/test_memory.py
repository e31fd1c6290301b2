"""A long list takes no more memory than a short one, whatever the file."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest

from services.exports import separated, workbook
from services.exports.columns import COLUMNS
from tests.services.exports.paper import ABOUT, many

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FILES: dict[str, Callable[[int], Iterator[bytes]]] = {
    "csv": lambda rows: separated.encode(many(rows), COLUMNS, "id"),
    "xlsx": lambda rows: workbook.encode(many(rows), COLUMNS, "id", ABOUT),
}


def peak(pieces: Iterator[bytes]) -> int:
    tracemalloc.start()
    try:
        for _ in pieces:
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", FILES)
def test_twenty_times_the_rows_take_the_same_memory(kind: str) -> None:
    peak(FILES[kind](100))  # what is made once, such as patterns, is made

    assert peak(FILES[kind](40_000)) < 1.2 * peak(FILES[kind](2_000)) < 2_000_000
