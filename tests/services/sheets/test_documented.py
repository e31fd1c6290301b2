"""What docs/sheets.md tells an office is what happens."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from services.sheets.columns import KINDS
from tests.documents import ROOT, dialogue
from tests.services.command_line import CommandLine

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

TEXT = (ROOT / "docs" / "sheets.md").read_text()


def test_the_documents_example_prints_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shown, published = dialogue("sheet")
    name = shown.command.removeprefix("cat ")
    (tmp_path / name).write_text(f"{shown.printed}\n")
    words = published.command.removesuffix(" || true").split()[1:]

    assert CommandLine(tmp_path / "none").run(*words).answer == f"{published.printed}\n"


def test_every_kind_is_documented() -> None:
    (row,) = re.findall(r"^\| `--kind KIND` \|(.*)\|$", TEXT, re.MULTILINE)

    assert re.findall(r"`([a-z_.]+)`", row) == list(KINDS)
