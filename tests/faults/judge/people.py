"""An account per person: who they are, what their facts mean at every position, and where each view has them stand."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.faults.judge.books import VIEWS
from tests.faults.judge.meaning import NOWHERE, transfers

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from tests.faults.judge.books import Account, Books, Entry, Posting, View
    from tests.faults.judge.meaning import Transfers
    from tests.faults.judge.published import Line, Name
    from tests.faults.judge.verdict import Verdict

__all__ = ["Person", "judge_people"]

Moved = tuple["date", "Account", "Account"]

LISTED = "rekam.listing.resident_listed.v1"
DECLARED = "rekam.listing.list_declared.v1"
WITHDRAWN = "rekam.correction.fact_withdrawn.v1"
CAPTURED = "rekam.recording.captured.v1"
SIGNS = {CAPTURED, "rekam.recording.status_reported.v1", "rekam.finding.reported.v1"}


@dataclass
class Person:
    """A subject's facts in the order of the log, by name, and what was withdrawn of them."""

    facts: dict[Name, dict[str, Any]] = field(default_factory=dict)
    withdrawn: set[Name] = field(default_factory=set)
    means: Transfers = frozenset()
    steps: dict[int, Counter[Moved]] = field(default_factory=dict)

    @property
    def live(self) -> list[dict[str, Any]]:
        return [fact for name, fact in self.facts.items() if name not in self.withdrawn]

    def take(self, position: int, line: Line) -> None:
        assert line.event is not None
        assert line.name is not None
        if line.is_withdrawal:
            self.withdrawn.add(line.target)
        else:
            self.facts[line.name] = line.event
        before, self.means = self.means, transfers(self.live)
        step = Counter(self.means)
        step.subtract(before)
        self.steps[position] = Counter({moved: people for moved, people in step.items() if people})


def judge_people(books: Books, lines: dict[int, Line], verdict: Verdict) -> dict[UUID, Person]:
    """Blame views that lack, double or contradict what the facts mean; count people by where they stand at the end.

    `lines` are the published lines behind the entries, by position. Everybody, by subject.
    """
    people = _people(books, lines, verdict)
    balances = {}
    for name in VIEWS:
        view = books.views[name]
        _stands_at_the_end(name, view, books, verdict)
        _rows_are_the_logs(name, view, books.entries, verdict)
        balances[name] = _postings_are_what_facts_mean(name, view, people, books, verdict)
    for name in VIEWS[1:]:
        if balances[name] != balances[VIEWS[0]]:
            differ = dict((balances[name] - balances[VIEWS[0]]) + (balances[VIEWS[0]] - balances[name]))
            verdict.blame("views_differ", f"{VIEWS[0]} and {name}: {dict(list(differ.items())[:3])}")
    ended = [max(person.means)[2] for person in people.values() if person.means]
    verdict.people.update(standing for _, standing in ended)
    for name, balance in balances.items():
        if balance.total() != len(ended):
            verdict.blame("unbalanced", f"{name} has {balance.total()} people, the facts are of {len(ended)}")
    for cell in books.cells:
        verdict.blame("torn_view", f"counts: block {cell[0]}, {cell[1]}: posted {cell[4]}, summed {cell[5]}")
    return people


def _people(books: Books, lines: dict[int, Line], verdict: Verdict) -> dict[UUID, Person]:
    people: dict[UUID, Person] = defaultdict(Person)
    niks: dict[str, UUID] = {}
    of: dict[UUID, str] = {}
    subjects: dict[Name, UUID] = {}
    for entry in books.entries:
        line = lines.get(entry.position)
        if line is None or line.event is None:
            continue
        subjects[entry.name] = entry.subject
        who = line.event["data"].get("nik")
        if line.is_withdrawal and subjects.get(line.target) != entry.subject:
            verdict.blame("mixed_up", f"position {entry.position} withdraws {line.target} of another subject")
        if who and (niks.setdefault(who, entry.subject), of.setdefault(entry.subject, who)) != (entry.subject, who):
            verdict.blame("mixed_up", f"position {entry.position}: subject {entry.subject}")
        if entry.said["subject"] != entry.subject.hex:
            verdict.blame("mixed_up", f"position {entry.position}: its column is {entry.subject}")
        if line.event["type"] != DECLARED:
            people[entry.subject].take(entry.position, line)
    return people


def _stands_at_the_end(name: str, view: View, books: Books, verdict: Verdict) -> None:
    size, digest = books.head
    if (view.position, view.digest) != (size, digest):
        verdict.blame("torn_view", f"{name} stands at {view.position}, or at another digest; the log ends at {size}")


def _rows_are_the_logs(name: str, view: View, entries: list[Entry], verdict: Verdict) -> None:
    for table, found in view.rows.items():
        wanted = Counter(entry.position for entry in entries if _has_row(table, entry))
        there = Counter(found)
        for position in wanted - there:
            verdict.blame("torn_view", f"{name}.{table} has no row of position {position}")
        for position in there - wanted:
            error = "doubled" if wanted[position] else "torn_view"
            verdict.blame(error, f"{name}.{table} has {there[position]} rows of position {position}")


def _has_row(table: str, entry: Entry) -> bool:
    type_ = entry.said["type"]
    wanted = {
        "fact": True,
        "listing": type_ == LISTED,
        "declaration": type_ == DECLARED,
        "capture": type_ == CAPTURED,
        "withdrawal": type_ == WITHDRAWN,
        "sign": type_ in SIGNS,
        "particulars": "calendar" in entry.said,
    }
    return bool(wanted[table])


def _postings_are_what_facts_mean(
    name: str, view: View, people: dict[UUID, Person], books: Books, verdict: Verdict
) -> Counter[Account]:
    """At each position, what the view posts is what the fact there changes; how many people each account then has."""
    posted: dict[UUID, dict[int, Counter[Moved]]] = defaultdict(lambda: defaultdict(Counter))
    for posting in view.postings:
        posted[posting.subject][posting.position][_moved(posting)] += posting.people
    balances: Counter[Account] = Counter()
    for subject in people.keys() | posted.keys():
        steps = people[subject].steps if subject in people else {}
        _compare(f"{name}, {subject}", steps, posted[subject], verdict)
        stands: Counter[Account] = Counter()
        for step in posted[subject].values():
            for (_, origin, to), count in step.items():
                stands[to] += count
                stands[origin] -= count
        balances.update(stands)
        held = {account: count for account, count in stands.items() if count and account != NOWHERE}
        if list(held.values()) not in ([1], []) or bool(held) != bool(subject in people and people[subject].means):
            verdict.blame("two_accounts", f"{name}, {subject}: {held}")
    del balances[NOWHERE]
    return Counter({account: count for account, count in balances.items() if count})


def _compare(who: str, steps: dict[int, Counter[Moved]], posted: dict[int, Counter[Moved]], verdict: Verdict) -> None:
    for position in steps.keys() | posted.keys():
        wanted, found = steps.get(position, Counter()), posted.get(position, Counter())
        for moved in wanted.keys() | found.keys():
            if wanted[moved] != found[moved]:
                missing = not found[moved]
                twice = wanted[moved] and found[moved] == 2 * wanted[moved]
                error = "torn_view" if missing else "doubled" if twice else "wrong_postings"
                verdict.blame(error, f"{who}, position {position}: {moved} {found[moved]:+}, not {wanted[moved]:+}")


def _moved(posting: Posting) -> Moved:
    return posting.valid_on, posting.origin, posting.to
