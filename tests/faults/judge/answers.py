"""What the API has answered of a past day as known at a position, held against what the facts mean."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from tests.faults.judge.meaning import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from tests.faults.judge.books import Account
    from tests.faults.judge.people import Person
    from tests.faults.judge.verdict import Verdict

__all__ = ["Answer", "judge_answers"]


class Answer(NamedTuple):
    """How many people stood in each account on a day, as known at a position; empty accounts may be left out."""

    on: date
    known: int
    people: Mapping[Account, int]


def judge_answers(answers: Iterable[Answer], people: Iterable[Person], verdict: Verdict) -> None:
    """Blame each that differs: whoever moved by that day, as far as it was known, was counted where they went."""
    moves = sorted(
        (position, day, origin, to, count)
        for person in people
        for position, step in person.steps.items()
        for (day, origin, to), count in step.items()
    )
    at = 0
    by_day: dict[date, Counter[Account]] = defaultdict(Counter)
    for answer in sorted(answers, key=lambda one: one.known):
        while at < len(moves) and moves[at][0] <= answer.known:
            _, day, origin, to, count = moves[at]
            by_day[day][to] += count
            by_day[day][origin] -= count
            at += 1
        stand: Counter[Account] = Counter()
        for day, moved in by_day.items():
            if day <= answer.on:
                stand.update(moved)
        due = {account: count for account, count in stand.items() if count and account != NOWHERE}
        said = {account: count for account, count in answer.people.items() if count}
        if said != due:
            differ = dict(sorted(said.items() ^ due.items())[:4])
            verdict.blame("wrong_answer", f"{answer.on} as known at {answer.known}: {differ}")
