"""What a projector takes for the relay's: anybody may write to `rekam.log`, and what they write is passed over."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from services.projector import _sent


def record(position: bytes | None, value: bytes | None = b"{}") -> Any:
    return SimpleNamespace(headers=(("other", b"1"), ("position", position)), value=value)


def test_what_the_relay_sent_is_taken() -> None:
    assert _sent(record(b"17")) == (17, b"{}")


@pytest.mark.parametrize("position", [None, b"", b"-1", b"1.5", "\u0661".encode(), b"\xff", b"9" * 5000], ids=repr)
def test_a_position_that_is_none_is_passed_over(position: bytes | None) -> None:
    assert _sent(record(position)) is None


def test_a_record_without_headers_or_without_a_value_is_passed_over() -> None:
    assert _sent(SimpleNamespace(headers=(), value=b"{}")) is None
    assert _sent(record(b"17", None)) is None
