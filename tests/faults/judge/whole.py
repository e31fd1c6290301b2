"""Whether the log and the ledger of offsets are whole in themselves, whatever was published."""

from __future__ import annotations

from collections import Counter, defaultdict
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.faults.judge.books import Books
    from tests.faults.judge.published import Published
    from tests.faults.judge.verdict import Verdict

__all__ = ["judge_ledger", "judge_log"]

GENESIS = bytes(32)


def judge_log(books: Books, verdict: Verdict) -> None:
    """Positions 1, 2, 3 … to the head, each with one claim, chained by their bytes; acceptance never goes back."""
    size, _ = books.head
    counted = Counter(entry.position for entry in books.entries)
    for position in range(1, max(size, *counted, 0) + 1):
        if counted[position] == 0:
            verdict.blame("skipped", f"position {position} of {size}")
        elif counted[position] > 1 or position > size:
            verdict.blame("doubled", f"position {position} stands {counted[position]} times; the log ends at {size}")
        if counted[position] and books.claims[position] != 1:
            verdict.blame("doubled", f"position {position} has {books.claims[position]} claims")
    for position in books.claims.keys() - counted.keys():
        verdict.blame("lost", f"a claim is of position {position}, which is not in the log")
    _judge_chain(books, verdict)
    for one, other in pairwise(books.entries):
        if other.accepted < one.accepted:
            verdict.blame("went_back", f"position {other.position}, by {one.accepted - other.accepted}")
    if books.entries and books.entries[-1].accepted > books.looked:
        verdict.blame("went_back", f"the last is accepted at {books.entries[-1].accepted}, looked at {books.looked}")


def _judge_chain(books: Books, verdict: Verdict) -> None:
    digest = GENESIS
    for entry in books.entries:
        digest = sha256(digest + entry.position.to_bytes(8, "big") + entry.state).digest()
        if digest != entry.digest:
            verdict.blame("broken_chain", f"at position {entry.position}")
            digest = entry.digest
    if digest != books.head[1]:
        verdict.blame("broken_chain", f"at the head, position {books.head[0]}")


def judge_ledger(books: Books, published: Published, verdict: Verdict) -> None:
    """Each offset from 0 up to `next` in one range; no life of a topic that nobody began."""
    reached: dict[tuple[str, int, int], int] = defaultdict(int)
    for topic, incarnation, partition, first, last, outcome in books.ranges:
        life = (topic, incarnation, partition)
        if first != reached[life]:
            verdict.blame("swallowed", f"{life}: a range begins at {first}, the one before ends before {reached[life]}")
        reached[life] = last + 1
        verdict.offsets[outcome] += last - first + 1
        if outcome in ("absent", "expired"):  # nothing is published in transactions here, and nothing grows too old
            verdict.blame("lost", f"{life}: {first} to {last} are said to be {outcome}")
    for life in reached.keys() | books.next.keys():
        if reached[life] != books.next.get(life, 0):
            verdict.blame("swallowed", f"{life}: ranges end before {reached[life]}, next is {books.next.get(life)}")
    lives = Counter(again.topic for again in published.made_again)
    for topic, incarnation in {life[:2] for life in books.next}:
        if incarnation > 1 + lives[topic]:
            verdict.blame("unexplained", f"{topic} is in life {incarnation}, and was made again {lives[topic]} times")
