"""An account per message: every offset has one effect, every effect a message, and every message what it deserves."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from tests.faults.judge.equal import is_of
from tests.faults.judge.places import judge_places

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tests.faults.judge.books import Books, Coordinates, Effect, Entry
    from tests.faults.judge.published import Line, Name, Published
    from tests.faults.judge.verdict import Verdict

__all__ = ["accepted", "judge_messages"]


def judge_messages(books: Books, published: Published, verdict: Verdict) -> None:
    """Blame what is lost, doubled, unexplained, changed or wrongly parked; count the lines by what became of them."""
    outcomes = {
        (topic, incarnation, partition, offset): outcome
        for topic, incarnation, partition, first, last, outcome in books.ranges
        for offset in range(first, last + 1)
    }
    for what in published.told_wrong:
        verdict.blame("told_wrong", what)
    _every_offset_has_its_effect(books, outcomes, verdict)
    _every_effect_has_a_message(books, outcomes, published, verdict)
    by_name = _Told(books)
    good = published.good()
    for name, lines in good.items():
        _account(name, lines, by_name, good, verdict)
    for line in published.lines:
        if line.code is not None:
            _account_refused(line, by_name, verdict)
    judge_places(books, outcomes, published, verdict)


def accepted(books: Books, published: Published) -> dict[int, Line]:
    """Which line became the entry at a position; an entry that no line explains has none."""
    good = published.good()
    found = {}
    for entry in books.entries:
        for line in good.get(entry.name, ()):
            if is_of(entry, line):
                found[entry.position] = line
                break
    return found


class _Told:
    """Effects by the names that messages bear."""

    def __init__(self, books: Books) -> None:
        self.entries: dict[Name, list[Entry]] = defaultdict(list)
        self.repeats: Counter[Any] = Counter()
        self.conflicts: Counter[Any] = Counter()
        self.parked: dict[Any, list[Effect]] = defaultdict(list)
        for entry in books.entries:
            self.entries[entry.name].append(entry)
        for effects in books.receipts.values():
            self.repeats.update(effect.name for effect in effects if effect.outcome == "duplicate")
        for effects in books.parked.values():
            for effect in effects:
                if None in effect.name:
                    continue  # by its place alone
                if effect.outcome == "conflict":
                    self.conflicts[effect.name] += 1
                else:
                    self.parked[effect.name].append(effect)


def _every_offset_has_its_effect(books: Books, outcomes: dict[Coordinates, str], verdict: Verdict) -> None:
    entries = Counter(entry.kafka for entry in books.entries if "resolved" not in entry.said)
    resolved = Counter(entry.kafka for entry in books.entries if "resolved" in entry.said)
    by_position = {entry.position: entry for entry in books.entries}
    for at, outcome in outcomes.items():
        receipts, parked = books.receipts.get(at, []), books.parked.get(at, [])
        told = [effect.outcome for effect in receipts]
        if outcome == "appended":
            _one(entries[at], f"{at} is appended, and the log has it {entries[at]} times", verdict)
            _nothing_else([*told, *parked], f"{at} is appended", verdict)
        elif outcome == "duplicate":
            _one(told.count("duplicate"), f"{at} is a repeat, with receipts {told}", verdict)
            _nothing_else([*{*told} - {"duplicate"}, *parked], f"{at} is a repeat", verdict)
            original = by_position.get(receipts[0].position or 0) if receipts else None
            if receipts and (original is None or original.name != receipts[0].name):
                verdict.blame("lost", f"{at} is said to repeat position {receipts[0].position}, which is another")
        elif outcome in ("conflict", "quarantined"):
            kept = [effect.outcome for effect in parked]
            _one(kept.count(outcome), f"{at} is {outcome}, and kept as {kept}", verdict)
            _one(told.count(outcome), f"{at} is {outcome}, with receipts {told}", verdict)
            _nothing_else({*told} - {outcome, "conflict", "resolved"}, f"{at} is {outcome}", verdict)
            ends = sum(effect.ends.count("appended") for effect in parked)
            if ends != resolved[at]:
                verdict.blame("lost" if ends > resolved[at] else "doubled", f"{at} was resolved {ends} times")


def _nothing_else(others: Collection[object], what: str, verdict: Verdict) -> None:
    if others:
        verdict.blame("doubled", f"{what}, and there is more of it: {[*others]}")


def _one(count: int, what: str, verdict: Verdict) -> None:
    if count != 1:
        verdict.blame("doubled" if count else "lost", what)


def _every_effect_has_a_message(
    books: Books, outcomes: dict[Coordinates, str], published: Published, verdict: Verdict
) -> None:
    names = {line.name for line in published.lines if line.name is not None}
    told: list[tuple[Coordinates | None, tuple[str | None, str | None], str]] = [
        (entry.kafka, entry.name, f"position {entry.position}") for entry in books.entries
    ]
    told += [(at, one.name, f"the receipt of {at}") for at, some in books.receipts.items() for one in some]
    told += [(at, one.name, f"what is parked of {at}") for at, some in books.parked.items() for one in some]
    for at, name, what in told:
        if None not in name and name not in names:
            verdict.blame("unexplained", f"{what} is of {name}, whom nobody has published")
        if at is not None and outcomes.get(at) in (None, "absent", "expired"):
            verdict.blame("unexplained", f"{what} is of an offset that is {outcomes.get(at, 'not accounted for')}")
    doubles = Counter(entry.kafka for entry in books.entries)
    for entry in books.entries:
        outcome = outcomes.get(entry.kafka) if entry.kafka else None
        is_parted = outcome in ("duplicate", "conflict", "quarantined") and "resolved" not in entry.said
        if is_parted and doubles[entry.kafka] == 1:
            verdict.blame("doubled", f"position {entry.position} is of an offset that is {outcome}")


# ------------------------------------------------------------------ a line at a time


def _account(name: Name, lines: list[Line], told: _Told, good: Mapping[Name, list[Line]], verdict: Verdict) -> None:
    """All good lines of one name: one of them is the fact, the others repeat it or contradict it."""
    entries = told.entries[name]
    if not entries:
        waits = lines[0].is_withdrawal and all(line.target not in good for line in lines)
        enough = len(told.parked[name]) >= len(lines)
        for line in lines:
            if waits and enough:
                verdict.messages["parked: waits_for_target"] += 1
            else:
                verdict.messages["lost"] += 1
                verdict.blame("lost", f"{line} is not in the log")
        return
    if len(entries) > 1:
        verdict.messages["doubled"] += 1
        verdict.blame("doubled", f"{name} stands at positions {[entry.position for entry in entries]}")
    equal = [line for line in lines if is_of(entries[0], line)]
    if not equal:
        verdict.blame("changed", f"position {entries[0].position}: {name} was never said so")
        return
    verdict.messages["appended"] += 1
    verdict.messages["duplicate"] += len(equal) - 1
    verdict.messages["conflict"] += len(lines) - len(equal)
    effects = len(entries) + told.repeats[name] + told.conflicts[name]
    waited = [end for effect in told.parked[name] for end in effect.ends]
    repeats = told.repeats[name] + waited.count("duplicate")
    conflicts = told.conflicts[name] + waited.count("conflict")
    if repeats < len(equal) - 1 or conflicts < len(lines) - len(equal):
        said = f"{repeats} repeats and {conflicts} conflicts ({effects} effects in all)"
        verdict.blame("lost", f"{name} was published {len(equal)} times so, {len(lines)} in all; there are {said}")


def _account_refused(line: Line, told: _Told, verdict: Verdict) -> None:
    verdict.messages[f"parked: {line.code}"] += 1
    if line.name is None:
        return  # by its place alone
    codes = [effect.code for effect in told.parked[line.name]]
    if told.entries[line.name]:
        verdict.blame("changed", f"{line} deserves {line.code}, and is in the log")
    elif not codes:
        verdict.blame("lost", f"{line} deserves {line.code}, and is not parked")
    elif line.code not in codes:
        verdict.blame("wrong_code", f"{line} deserves {line.code}, and is parked as {codes}")
