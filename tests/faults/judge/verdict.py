"""The verdict: the errors by name, and what became of every message and of everybody."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

__all__ = ["ERRORS", "Verdict"]

#: Every error that the judge can name.
ERRORS: Final = {
    "lost": "a message has no effect, or an outcome has none",
    "doubled": "a message, an entry or a posting stands twice",
    "unexplained": "an offset, an entry or an effect is of no message that was published",
    "swallowed": "an offset below the end that is accounted for has no outcome, or has two",
    "skipped": "a position of the log is missing",
    "broken_chain": "the digests are not those of the bytes",
    "went_back": "a time of acceptance lies before the one before it, or has not come",
    "changed": "an entry holds what nobody has published under its name",
    "wrong_outcome": "an offset came to another outcome than its message deserves",
    "wrong_code": "a message was parked for another reason than it deserves",
    "mixed_up": "a person has two subjects, or a subject is two people",
    "torn_view": "a view lacks what it says to have, or has what it says not to",
    "wrong_postings": "a view posts what the facts do not mean",
    "two_accounts": "somebody stands in two accounts, or in none",
    "views_differ": "two views have different balances",
    "unbalanced": "the balances do not sum up to the people",
    "wrong_answer": "the API answered otherwise than the facts mean",
    "relayed_wrong": "a topic of the relay's has what the database does not, or lacks what it has",
    "told_wrong": "`rekam publish` told of another number of messages than it was given",
}
SHOWN: Final = 5


@dataclass
class Verdict:
    """What was found. `messages` counts lines by what became of them, `people` by where they stand in the end."""

    errors: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)
    messages: Counter[str] = field(default_factory=Counter)
    offsets: Counter[str] = field(default_factory=Counter)
    people: Counter[str] = field(default_factory=Counter)

    def blame(self, error: str, what: str) -> None:
        assert error in ERRORS, error
        self.errors[error] += 1
        shown = self.examples.setdefault(error, [])
        if len(shown) < SHOWN:
            shown.append(what)

    @property
    def holds(self) -> bool:
        return not self.errors

    def text(self) -> str:
        """Several lines: the numbers, and of each error some examples."""
        said = [
            _counted("messages", self.messages),
            _counted("offsets", self.offsets),
            _counted("people", self.people),
            f"lost {self.errors['lost']}, doubled {self.errors['doubled']}, unexplained {self.errors['unexplained']}",
        ]
        for error, count in self.errors.items():
            said.append(f"{error} ({ERRORS[error]}): {count}")
            said += [f"    {example}" for example in self.examples[error]]
        return "\n".join(said)

    def document(self) -> dict[str, object]:
        """The same for machines."""
        least = {"lost": 0, "doubled": 0, "unexplained": 0}
        return {
            "holds": self.holds,
            "errors": least | dict(self.errors),
            "examples": self.examples,
            "messages": dict(self.messages),
            "offsets": dict(self.offsets),
            "people": dict(self.people),
        }


def _counted(what: str, counts: Counter[str]) -> str:
    return f"{counts.total():,} {what}: " + ", ".join(f"{count:,} {name}" for name, count in counts.most_common())
