"""The plan of a seed: which faults, at which moments, to whom. A pure function of the seed and the length."""

from __future__ import annotations

from random import Random
from typing import Final, NamedTuple

__all__ = ["KINDS", "PROCESSES", "Fault", "plan", "text"]

VIEWS: Final = ("counts", "trail", "outstanding")
PROCESSES: Final = ("intake-1", "intake-2", "relay", *VIEWS, "api")
ENGINES: Final = ("kafka", "postgres")
TOPICS: Final = (
    "rekam.listing", "rekam.recording", "rekam.relocation", "rekam.death", "rekam.finding", "rekam.correction",
    "rekam.log", "rekam.receipts",
)  # fmt: skip
#: A fault every so many seconds.
EVERY_S: Final = 2.0


class Kind(NamedTuple):
    """What it does, to whom it may be done, and for how long (the least and the most)."""

    what: str
    targets: tuple[str, ...]
    lasts_s: tuple[float, float]


KINDS: Final[dict[str, Kind]] = {
    "kill": Kind("kill -9 of a process of ours, started again afterwards", PROCESSES, (0.2, 1.5)),
    "stop": Kind("SIGSTOP for longer than the group's session of 6 s, then SIGCONT", PROCESSES, (6.5, 8.0)),
    "kill_kafka": Kind("kill -9 of the broker", ("kafka",), (0.2, 2.0)),
    "kill_postgres": Kind("kill -9 of PostgreSQL's postmaster", ("postgres",), (0.2, 2.0)),
    "cut": Kind("every connection reset at once", ENGINES, (0.0, 0.0)),
    "delay": Kind("everything is passed on 50 ms later", ENGINES, (1.0, 3.0)),
    "half_open": Kind(
        "the connections that there are end on one side, and the other side hears nothing of it",
        ("kafka: server gone", "postgres: server gone", "postgres: client gone"),
        (2.0, 5.0),
    ),
    "lost_commit": Kind("COMMIT arrives, its answer does not: the next two times", ("postgres",), (2.0, 3.0)),
    "topic_again": Kind("a topic deleted and made again", TOPICS, (0.0, 0.0)),
    "intake_more": Kind("a third intake comes and goes", ("intake-3",), (2.0, 5.0)),
    "intake_less": Kind("an intake is told to end, and comes again", ("intake-1", "intake-2"), (1.0, 4.0)),
    "twice": Kind("a second projector of a view", VIEWS, (2.0, 5.0)),
    "full_disk": Kind("no room left where PostgreSQL keeps its data", ("postgres",), (1.0, 3.0)),
    "clock_back": Kind("the clock of our processes set back by an hour", ("clock",), (2.0, 5.0)),
    "rebuild": Kind("`rekam rebuild` of a view", VIEWS, (0.0, 0.0)),
}


class Fault(NamedTuple):
    """One fault: it begins `at_s` seconds after the load began, and is ended `lasts_s` seconds later."""

    at_s: float
    kind: str
    target: str
    lasts_s: float

    def __str__(self) -> str:
        lasts = f" for {self.lasts_s:.1f} s" if self.lasts_s else ""
        return f"{self.at_s:7.1f} s  {self.kind} {self.target}{lasts}"


def plan(seed: int, minutes: float) -> tuple[Fault, ...]:
    """The faults of a seed in order of time; every kind comes before any comes again.

    The last sixth of the time is left free of beginnings, and there is at least one fault.
    """
    drawn = Random(f"plan {seed}")
    length_s = minutes * 60
    count = max(1, round(length_s / EVERY_S))
    deck: list[str] = []
    faults = []
    for number in range(count):
        if not deck:
            deck = sorted(KINDS)
            drawn.shuffle(deck)
        kind = deck.pop()
        _, targets, (least, most) = KINDS[kind]
        at = (number + drawn.random()) / count * length_s * 5 / 6
        faults.append(Fault(round(at, 1), kind, drawn.choice(targets), round(drawn.uniform(least, most), 1)))
    return tuple(faults)


def text(faults: tuple[Fault, ...]) -> str:
    return "\n".join(map(str, faults))
