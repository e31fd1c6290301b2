"""What was published, from its folder alone: the only thing that the judge believes.

Each publisher has a file of what it had to say, a line a message, and one of what became of sending it:

    NAME.published.jsonl     {"n", "topic", "partition_key", "event": {…} or null, "code": null or the code it deserves}
    NAME.sent.jsonl          {"n", "at", "partition", "offset"}  Kafka has it there
                             {"n", "at", "failed": true}         nobody knows whether Kafka has it
                             {"told": {…}, "lines": k}           what `rekam publish` said became of k lines
    topics.jsonl             {"topic", "from", "until"}          it was deleted and made again between these moments

`event` is null for what cannot be read; moments are seconds of one clock. What is good has no `code`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["Line", "MadeAgain", "Name", "Place", "Published", "Sent", "read"]

Name = tuple[str, str]
Place = tuple[str, int, int]


class Line(NamedTuple):
    """One message as it was to be published. `name` is (source, id), None where nobody could read it."""

    publisher: str
    n: int
    topic: str
    event: dict[str, Any] | None
    code: str | None

    @property
    def name(self) -> Name | None:
        return None if self.event is None or "source" not in self.event else (self.event["source"], self.event["id"])

    @property
    def is_withdrawal(self) -> bool:
        return self.event is not None and self.event.get("type") == "rekam.correction.fact_withdrawn.v1"

    @property
    def target(self) -> Name:
        """What a withdrawal withdraws."""
        assert self.event is not None
        return self.event["data"]["withdraws_source"], self.event["data"]["withdraws_id"]

    def __str__(self) -> str:
        return f"line {self.n} of {self.publisher} ({self.name or 'unreadable'}, {self.topic})"


class Sent(NamedTuple):
    """One message in its place: (topic, partition, offset); in which life of the topic, nobody has told."""

    line: Line
    place: Place
    at: float


class MadeAgain(NamedTuple):
    topic: str
    start: float
    end: float


@dataclass
class Published:
    """All that was published. `failed` counts, for each line, how often nobody knows whether Kafka has it."""

    lines: list[Line] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    failed: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    made_again: list[MadeAgain] = field(default_factory=list)
    told_wrong: list[str] = field(default_factory=list)

    def good(self) -> dict[Name, list[Line]]:
        """The lines that are facts, by their names: several where one was said again, or otherwise."""
        found: dict[Name, list[Line]] = defaultdict(list)
        for line in self.lines:
            if line.code is None and line.name is not None:
                found[line.name].append(line)
        return found


def read(folders: Iterable[Path]) -> Published:
    """Everything in these folders."""
    published = Published()
    for folder in folders:
        for file in sorted(folder.glob("*.published.jsonl")):
            publisher = file.name.removesuffix(".published.jsonl")
            rows = [Line(publisher, row["n"], row["topic"], row["event"], row["code"]) for row in _rows(file)]
            published.lines += rows
            _read_sent(published, file.with_name(f"{publisher}.sent.jsonl"), {line.n: line for line in rows})
        published.made_again += [
            MadeAgain(row["topic"], row["from"], row["until"]) for row in _rows(folder / "topics.jsonl")
        ]
    return published


def _read_sent(published: Published, file: Path, lines: dict[int, Line]) -> None:
    for row in _rows(file):
        if "told" in row:
            told = sum(row["told"].values())
            if told != row["lines"]:
                published.told_wrong.append(f"`rekam publish` of {row['lines']} lines told of {told}: {row['told']}")
        elif "failed" in row:
            line = lines[row["n"]]
            published.failed[line.publisher, line.n] += 1
        else:
            line = lines[row["n"]]
            published.sent.append(Sent(line, (line.topic, row["partition"], row["offset"]), row["at"]))


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    if file.exists():
        with file.open() as opened:
            yield from map(json.loads, opened)
