"""What the documents say, as tests read it: blocks of code, tables, and commands with what they print."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

__all__ = ["DOCUMENTS", "ROOT", "Said", "block", "dialogue", "masked", "part", "table_rows"]

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))

_BLOCK = re.compile(r"<!-- run: (?P<name>[a-z]+) -->\n```[a-z]+\n(?P<text>.*?)```", re.DOTALL)
# What differs from run to run: a subject, a digest, a moment of today, a port.
_VOLATILE = (
    (re.compile(r"\b[0-9a-f]{64}\b"), "<digest>"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "<subject>"),
    (re.compile(r"\b20[2-9][0-9]-[0-9]{2}-[0-9]{2}[ T][0-9:]{8}(\.[0-9]{6}Z)?"), "<now>"),
    (re.compile(r"\b127\.0\.0\.1:[0-9]+"), "<kafka>"),
)


class Said(NamedTuple):
    """A command of a console block, and what the document says it prints."""

    command: str
    printed: str


def block(name: str) -> str:
    """The block under `<!-- run: name -->`, in whichever document it stands."""
    found = [
        match["text"] for file in DOCUMENTS for match in _BLOCK.finditer(file.read_text()) if match["name"] == name
    ]
    assert len(found) == 1, f"{len(found)} blocks are named {name}"
    return found[0]


def dialogue(name: str) -> list[Said]:
    """A console block as commands, which follow on `$ `, each with what it prints."""
    said = []
    for part_ in re.split(r"^\$ ", block(name), flags=re.MULTILINE)[1:]:
        command, _, printed = part_.partition("\n")
        said.append(Said(command, printed.strip("\n")))
    return said


def part(file: str, name: str) -> str:
    """What stands between `<!-- name -->` and `<!-- /name -->`."""
    text = (ROOT / file).read_text()
    return text.partition(f"<!-- {name} -->\n")[2].partition(f"\n<!-- /{name} -->")[0]


def table_rows(file: str, head: str) -> dict[str, str]:
    """The rows of the table whose first column has this head: the first cell without its marks, to the whole row."""
    text = (ROOT / file).read_text()
    start = text.index(f"| {head} |")
    rows = text[start:].partition("\n\n")[0].splitlines()[2:]
    cells = [re.split(r"(?<!\\)\|", row)[1].strip() for row in rows]
    return {cell.strip("`*"): row for cell, row in zip(cells, rows, strict=True)}


def masked(text: str) -> str:
    for pattern, name in _VOLATILE:
        text = pattern.sub(name, text)
    return text.strip("\n")
