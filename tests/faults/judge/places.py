"""An account per place: where Kafka has said that it has a message, what became of it there is what it deserves."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from tests.faults.judge.equal import is_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.judge.books import Books, Coordinates, Effect
    from tests.faults.judge.published import Line, Name, Place, Published, Sent
    from tests.faults.judge.verdict import Verdict

__all__ = ["judge_places"]

_NOTHING = ("absent", "expired")
_MARGIN_S = 20.0
"""A message is noted when Kafka has answered for all that were sent with it, which may be somewhat later."""


def judge_places(books: Books, outcomes: dict[Coordinates, str], published: Published, verdict: Verdict) -> None:
    """Blame a message that its place says nothing of, unless its topic was made again, or that got what it should not.

    What is parked without a name must have been published so often.
    """
    by_place: dict[Place, list[Coordinates]] = defaultdict(list)
    for at in outcomes:
        by_place[at[0], at[2], at[3]].append(at)
    entries = {entry.kafka: entry.name for entry in books.entries}
    deserved = _deserved(books, published)
    explained: set[Coordinates] = set()
    for sent in published.sent:
        told = [at for at in by_place[sent.place] if outcomes[at] not in _NOTHING]
        mine = [at for at in told if _names(books, entries, at, sent)]
        explained.update(mine)
        for at in mine:
            _judge_outcome(sent.line, at, outcomes[at], _effects(books, at), deserved, verdict)
        if not mine:
            _blame_missing(sent, [outcomes[at] for at in by_place[sent.place]], books, published, verdict)
    nameless = Counter(at[0] for at, some in books.parked.items() if at not in explained and None in some[0].name)
    by_failure = Counter(
        {
            topic: sum(
                published.failed[line.publisher, line.n]
                for line in published.lines
                if line.topic == topic and line.name is None
            )
            for topic in nameless
        }
    )
    for topic, count in (nameless - by_failure).items():
        verdict.blame("unexplained", f"{count} unreadable messages of {topic} are parked that nobody has published")


def _effects(books: Books, at: Coordinates) -> list[Effect]:
    return [*books.receipts.get(at, ()), *books.parked.get(at, ())]


def _names(books: Books, entries: dict[Any, Name], at: Coordinates, sent: Sent) -> bool:
    """Whether what became of that offset is of this message."""
    effects = _effects(books, at)
    if sent.line.name is None:
        return any(None in effect.name and effect.code == sent.line.code for effect in effects)
    return entries.get(at) == sent.line.name or any(effect.name == sent.line.name for effect in effects)


def _deserved(books: Books, published: Published) -> Callable[[Line], set[str]]:
    """What the first of a name deserves is to be the fact; what equals it repeats it, and what does not contradicts it.

    Where a topic was made again nobody knows in which life a message had its place, and another one of its name may
    have had the same place in the other: it deserves what any of them does.
    """
    stands = {entry.name: entry for entry in books.entries}
    good = published.good()
    anew = {again.topic for again in published.made_again}

    def alone(line: Line) -> set[str]:
        if line.code is not None or line.name is None:
            return {"quarantined"}
        waiting = {"quarantined"} if line.is_withdrawal else set()  # until its target comes
        entry = stands.get(line.name)
        if entry is None:
            return waiting
        return waiting | ({"appended", "duplicate"} if is_of(entry, line) else {"conflict"})

    def of(line: Line) -> set[str]:
        others = good.get(line.name, ()) if line.topic in anew and line.name is not None else ()
        return alone(line).union(*map(alone, others))

    return of


def _judge_outcome(
    line: Line,
    at: Coordinates,
    outcome: str,
    effects: list[Effect],
    deserved: Callable[[Line], set[str]],
    verdict: Verdict,
) -> None:
    if outcome not in deserved(line):
        verdict.blame("wrong_outcome", f"{line} at {at} is {outcome}, and deserves {sorted(deserved(line))}")
    code = line.code or ("conflict" if outcome == "conflict" else "waits_for_target")
    for effect in effects:
        if effect.outcome == outcome and outcome in ("quarantined", "conflict") and effect.code != code:
            verdict.blame("wrong_code", f"{line} at {at} deserves {code}, and is told {effect.code}")


def _blame_missing(sent: Sent, said: list[str], books: Books, published: Published, verdict: Verdict) -> None:
    """A message that Kafka gave up with its topic was published again afterwards; any other is lost."""
    gone = [
        again for again in published.made_again if again.topic == sent.place[0] and sent.at <= again.end + _MARGIN_S
    ]
    if gone and not _was_read(sent, books, published):
        verdict.messages["(gone with its topic, published again)"] += 1
        if not any(other.at > sent.at and other.line == sent.line for other in published.sent):
            verdict.blame("lost", f"{sent.line} went with its topic, and nobody has published it again")
    else:
        verdict.blame("lost", f"{sent.line} was at {sent.place}, which is {said or 'not accounted for'}")


def _was_read(sent: Sent, books: Books, published: Published) -> bool:
    """Whether the ledger of the topic's life in which it was sent goes beyond it, where it is known which that was."""
    topic, partition, offset = sent.place
    again = [one for one in published.made_again if one.topic == topic]
    if any(one.start - _MARGIN_S < sent.at < one.end + _MARGIN_S for one in again):
        return False
    lives = {life[1] for life in books.next if life[0] == topic}
    if len(lives) != 1 + len(again):  # one came and went that intake never saw
        return False
    return books.next.get((topic, 1 + sum(one.end < sent.at for one in again), partition), 0) > offset
