"""What the relay passed on to Kafka, held against the database: whoever keeps `rekam.log` must have the log."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tests.faults.judge.books import Books
    from tests.faults.judge.published import Published
    from tests.faults.judge.verdict import Verdict

__all__ = ["Relayed", "judge_relayed"]

Outcome = tuple[Any, ...]

_RECEIPT: Final = ("source", "id", "reason", "outcome", "position")
_PARKED: Final = ("source", "id", "code", "message")


class Relayed(NamedTuple):
    """A message of one of the relay's topics: its header `position`, where it has one, and its value."""

    position: int | None
    value: bytes


def judge_relayed(
    books: Books, published: Published, relayed: Mapping[str, Sequence[Relayed]], verdict: Verdict
) -> None:
    """Blame what the topics have and the database does not, and what they lack; what is sent twice is nobody's fault.

    Of a topic that was deleted and made again only what came since is there, from wherever the relay was.
    """
    anew = {again.topic for again in published.made_again}
    _judge_log(books, relayed["rekam.log"], verdict, anew="rekam.log" in anew)
    receipts = [
        _outcome(one.value, "source", "id", "reason", "outcome", "position") for one in relayed["rekam.receipts"]
    ]
    _judge_others("rekam.receipts", receipts, _receipts(books), verdict, anew="rekam.receipts" in anew)
    _judge_order(receipts, set(_of_entries(books)), verdict, anew="rekam.receipts" in anew)
    parked = [_outcome(one.value, *_PARKED) for one in relayed["rekam.quarantine"]]
    _judge_others("rekam.quarantine", parked, _parked(books), verdict, anew="rekam.quarantine" in anew)


def _judge_log(books: Books, relayed: Sequence[Relayed], verdict: Verdict, *, anew: bool) -> None:
    """The log's own bytes under its positions, none passed over, to its end."""
    states = {entry.position: entry.state for entry in books.entries}
    reached = relayed[0].position - 1 if relayed and relayed[0].position and anew else 0
    for position, value in relayed:
        if position is None or states.get(position) != value:
            verdict.blame("relayed_wrong", f"rekam.log has other bytes than the log at position {position}")
        elif position > reached + 1:
            verdict.blame("relayed_wrong", f"rekam.log goes on with position {position} after {reached}")
        reached = max(reached, position or 0)
    if reached < books.head[0] and (relayed or not anew):
        verdict.blame("relayed_wrong", f"rekam.log ends at position {reached}, the log at {books.head[0]}")


def _judge_others(
    topic: str, relayed: Iterable[Outcome], kept: Iterable[Outcome], verdict: Verdict, *, anew: bool
) -> None:
    there, due = Counter(relayed), Counter(kept)
    for outcome in there.keys() - due.keys():
        verdict.blame("relayed_wrong", f"{topic} tells of {outcome}, the database does not")
    if not anew:
        for outcome in due - there:
            verdict.blame("relayed_wrong", f"{topic} lacks {outcome}")


def _judge_order(receipts: Iterable[Outcome], of_entries: set[Outcome], verdict: Verdict, *, anew: bool) -> None:
    """Whoever reads receipts is told of entries in the log's order, and that a message was parked before how it ended.

    As each is told first; of a topic made again the beginning is not there.
    """
    reached = 0
    told: set[Outcome] = set()
    for receipt in dict.fromkeys(receipts):
        *_, outcome, position = receipt
        place = receipt[:4]
        if receipt in of_entries:
            if position < reached:
                verdict.blame("relayed_wrong", f"rekam.receipts tells of position {position} after {reached}")
            reached = position
        if outcome == "resolved" and place not in told and not anew:
            verdict.blame("relayed_wrong", f"rekam.receipts tells how {place} ended, and not yet that it was parked")
        told.add(place)


def _of_entries(books: Books) -> list[Outcome]:
    return [
        (*entry.kafka, *entry.name, None, "resolved" if entry.said.get("resolved") else "appended", entry.position)
        for entry in books.entries
        if entry.kafka is not None
    ]


def _receipts(books: Books) -> list[Outcome]:
    return _of_entries(books) + [
        (*at, *one.name, one.code, one.outcome, one.position)
        for at, effects in books.receipts.items()
        for one in effects
    ]


def _parked(books: Books) -> list[Outcome]:
    return [(*at, *one.name, one.code, one.message) for at, effects in books.parked.items() for one in effects]


def _outcome(value: bytes, *names: str) -> Outcome:
    told = json.loads(value)
    return tuple(told[name] for name in ("topic", "incarnation", "partition", "offset", *names))
