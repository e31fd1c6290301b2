"""A register in plain memory: what intake and the projections come to, without an engine, for comparison."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from events.calendar import DepartureRule
from events.entry import Entry, split
from events.envelope import check
from events.errors import Refused
from events.facts import canonical
from projections.reading import fact_of, state_on

if TYPE_CHECKING:
    from collections.abc import Iterable

    from events.facts import Event
    from projections.reading import Fact
    from services.scenario import Message

_ACCEPTED = datetime(2026, 1, 1, tzinfo=UTC)
_RULE = DepartureRule.parse("30")
_NOBODY = UUID(int=0)


@dataclass
class Register:
    """The facts by NIK; withdrawals beside, as they name a fact and no person. Of one id the first message holds."""

    refused: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    said: dict[tuple[str, str], bytes] = field(default_factory=dict)
    facts: dict[str, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    home: dict[tuple[str, str], str] = field(default_factory=dict)
    withdrawals: list[Fact] = field(default_factory=list)
    members: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    declared: dict[str, Any] = field(default_factory=dict)

    def take(self, messages: Iterable[Message]) -> None:
        for message in messages:
            try:
                event = check(message.topic, message.headers, message.value, _ACCEPTED, frozenset())
            except Refused as refused:
                self.refused[refused.code] += 1
                continue
            self._admit(event)

    def _admit(self, event: Event) -> None:
        name, content = (event.source, event.id), canonical(event)
        if name in self.said:
            self.repeated += self.said[name] == content
            self.refused["conflict"] += self.said[name] != content
            return
        self.said[name] = content
        parts = split(event, _RULE)
        entry = Entry(
            _NOBODY, event.type, event.source, event.id, event.time, event.recordedtime, event.time, None, False,
            parts.valid_on, parts.lapses_on, parts.flags, parts.fact, None, None,
        )  # fmt: skip
        fact = fact_of(entry, parts.calendar)
        if "nik" in parts.person:
            self.facts[parts.person["nik"]].append(fact)
            self.home[name] = parts.person["nik"]
            if "list" in parts.fact:
                self.members[parts.fact["list"]][parts.person["nik"]] = parts.fact["kelurahan"]
        elif "list" in parts.fact:
            self.declared[parts.fact["list"]] = parts.fact
        else:
            self.withdrawals.append(fact)

    def waiting(self) -> int:
        """Withdrawals whose target has not come."""
        return sum(self._target(withdrawal) not in self.home for withdrawal in self.withdrawals)

    def standings(self, name: str, day: date) -> dict[str, tuple[str, str]]:
        """Each member of the list with area and standing on the day."""
        facts = {nik: list(about) for nik, about in self.facts.items()}
        for withdrawal in self.withdrawals:
            if (nik := self.home.get(self._target(withdrawal))) is not None:
                facts[nik].append(withdrawal)
        return {nik: state_on(facts[nik], day)[:2] for nik in self.members[name]}

    @staticmethod
    def _target(withdrawal: Any) -> tuple[str, str]:
        return withdrawal.withdraws_source, withdrawal.withdraws_id
