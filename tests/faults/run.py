"""A run: the load of a seed, its faults meanwhile, everything let come to rest, and the judge's verdict."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import psycopg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from tests.faults.asking import Asker
from tests.faults.inject import Injector
from tests.faults.judge import Relayed, Verdict, judge
from tests.faults.load import PUBLISHERS, messages
from tests.faults.plan import plan, text
from tests.faults.publishers import Client, Program
from tests.kafka import topics

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.faults.plan import Fault
    from tests.faults.stage import Stage

__all__ = ["RATE", "Report", "audited", "run"]

#: Messages a second of each publisher.
RATE: Final = 40
PORTIONS: Final = 2
LONGEST_PORTION: Final = 800
LOOK_S: Final = 0.05
ASK_S: Final = 0.5
REST_WITHIN_S: Final = 300.0

_LEFT: Final = """
    SELECT 'view ' || name || ' stands at ' || at || ' of ' || size FROM log.head, (
        SELECT 'counts' AS name, position AS at FROM counts.position
        UNION ALL SELECT 'trail', position FROM trail.position
        UNION ALL SELECT 'outstanding', position FROM outstanding.position) AS views
    WHERE at <> size
    UNION ALL
    SELECT topic || ' was passed on up to ' || last || ' of ' || aim FROM intake.relayed, LATERAL (
        SELECT CASE topic WHEN 'rekam.log' THEN (SELECT size FROM log.head)
            ELSE (SELECT c.last FROM intake.counter AS c WHERE 'rekam.' || c.name = rtrim(topic, 's')
                  OR 'rekam.' || c.name = topic) END AS aim) AS wanted
    WHERE last <> aim
"""
_DECLARED: Final = "SELECT FROM counts.declaration WHERE withdrawn IS NULL"
_NEXT: Final = """
    SELECT topic, partition, "next" FROM intake.cursor
    WHERE incarnation = (SELECT max(incarnation) FROM intake.incarnation AS i WHERE i.topic = cursor.topic)
"""


@dataclass
class Report:
    """What a run of one seed was and what came of it."""

    seed: int
    minutes: float
    faults: tuple[Fault, ...]
    verdict: Verdict = field(default_factory=Verdict)
    done: Counter[str] = field(default_factory=Counter)
    left_out: dict[str, str] = field(default_factory=dict)
    ended: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    published: int = 0
    took_s: float = 0.0
    rest_s: float = 0.0

    @property
    def holds(self) -> bool:
        return self.verdict.holds and not self.failures

    def text(self) -> str:
        """Several lines."""
        done = ", ".join(f"{count} {kind}" for kind, count in sorted(self.done.items()))
        said = [
            f"seed {self.seed}, {self.minutes:g} minutes: {'holds' if self.holds else 'DOES NOT HOLD'}",
            f"{self.took_s:.0f} s in all; {self.rest_s:.1f} s after the load was to end everything was at rest",
            f"{self.published:,} lines published; faults: {done}",
            *(f"left out: {kind}: {why}" for kind, why in self.left_out.items()),
            *([f"ended by themselves and started again: {dict(self.ended)}"] if self.ended else []),
            f"the API answered: {dict(self.answers)}",
            self.verdict.text(),
            *self.failures,
        ]
        return "\n".join(said)

    def document(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "seed": self.seed,
            "minutes": self.minutes,
            "holds": self.holds,
            "plan": [fault._asdict() for fault in self.faults],
            "faults": dict(self.done),
            "left_out": self.left_out,
            "ended_by_themselves": dict(self.ended),
            "answers": dict(self.answers),
            "published": self.published,
            "took_s": round(self.took_s, 1),
            "rest_s": round(self.rest_s, 1),
            "failures": self.failures,
            "verdict": self.verdict.document(),
        }


@dataclass
class _Run:
    """The parts of a run that work side by side, a step at a time."""

    stage: Stage
    injector: Injector
    program: Program
    client: Client

    def until(self, is_done: Callable[[], bool], within_s: float) -> bool:
        """Whether it was done within that time."""
        deadline = time.monotonic() + within_s
        while not is_done():
            if time.monotonic() > deadline:
                return False
            self.injector.step()
            self.stage.keep()
            self.program.step()
            time.sleep(LOOK_S)
        return True


def run(stage: Stage, folder: Path, seed: int, minutes: float, earlier: Sequence[Path] = ()) -> Report:
    """Run one seed on this stage; `earlier` are the folders of what other seeds have published there before."""
    folder.mkdir()
    began = time.monotonic()
    report = Report(seed, minutes, plan(seed, minutes))
    lines = max(60, round(RATE * minutes * 60))
    said = {publisher: messages(seed, publisher, lines) for publisher in PUBLISHERS}
    report.published = sum(map(len, said.values()))
    program = Program(stage, folder, said[PUBLISHERS[0]], min(LONGEST_PORTION, -(-lines // PORTIONS)))
    client = Client(stage.kafka.address, folder, said[PUBLISHERS[1]], RATE)
    injector = Injector(stage, folder)
    injector.follow(report.faults)
    asker = Asker(f"http://{stage.api}", stage.token)
    acts = _Run(stage, injector, program, client)
    stage.ended.clear()
    lost_before = stage.before_postgres.swallowed_of.copy()
    stage.last_words.clear()
    try:
        with asker:
            _let_happen(acts, minutes, report)
            report.rest_s = time.monotonic() - began - minutes * 60
        if not (acts.until(asker.at_rest, REST_WITHIN_S) and acts.until(asker.has_listed, REST_WITHIN_S)):
            asker.failures.append(f"the API did not answer within {REST_WITHIN_S:.0f} s of rest")
    finally:
        injector.end()
        program.end()
        client.end()
    report.done, report.ended = injector.done, Counter(stage.ended)
    for who, lost in (stage.before_postgres.swallowed_of - lost_before).items():
        report.done[f"answers to COMMIT lost, of {who}"] = lost
    report.left_out = injector.why_left_out
    report.failures += injector.failures + program.failures + stage.last_words
    try:
        relayed = asyncio.run(_relayed(stage.kafka.address))
    except (KafkaError, TimeoutError) as error:
        report.failures.append(f"the relay's topics could not be read: {error!r}")
        relayed = {name: [] for name in topics.ALL[6:]}
    with psycopg.connect(stage.postgres.address) as connection:
        report.verdict = judge([*earlier, folder], connection, relayed, asker.said, asker.listed)
    report.answers = asker.answers
    report.failures += asker.failures + _held_against(asker.stands, report.verdict, stage)
    report.took_s = time.monotonic() - began
    return report


def _held_against(stands: dict[str, int] | None, verdict: Verdict, stage: Stage) -> list[str]:
    """What the API says in the end, held against the judge; it has no answer only where no list is declared."""
    if stands is None and not stage.rows(_DECLARED):
        return []
    return [] if stands == verdict.people else [f"the API has {stands}, the judge {dict(verdict.people)}"]


def _let_happen(acts: _Run, minutes: float, report: Report) -> None:
    """Load and faults; then what went with a topic is published once more; then rest."""
    client, injector = acts.client, acts.injector
    if not acts.until(lambda: client.done and acts.program.done and not injector.busy, minutes * 60 + REST_WITHIN_S):
        report.failures.append(f"not published within {REST_WITHIN_S:.0f} s after the faults: {_publishing(acts)}")
        return
    for topic, until in dict(injector.made_again).items():  # of a topic that was made again twice, the last time
        client.again(topic, until)
        if not acts.until(lambda: client.done, REST_WITHIN_S):
            report.failures.append(f"{topic} could not be published again")
    left: list[str] = []
    looked = 0.0

    def rests() -> bool:  # asking costs the machine more than all that is left to be done
        nonlocal looked
        if time.monotonic() - looked < ASK_S:
            return False
        left[:] = _left(acts.stage)
        looked = time.monotonic()
        return not left

    if not acts.until(rests, REST_WITHIN_S):
        report.failures.append(f"not at rest within {REST_WITHIN_S:.0f} s: {'; '.join(left)}")


def _publishing(acts: _Run) -> str:
    return (
        f"program done: {acts.program.done} after {acts.program.runs} runs, client done: {acts.client.done}, "
        f"faults busy: {acts.injector.busy}; {'; '.join(_left(acts.stage))}"
    )


def _left(stage: Stage) -> list[str]:
    """What is still to be done, in words; nothing when everything is at rest."""
    try:
        told = {(topic, partition): upto for topic, partition, upto in stage.rows(_NEXT)}
        ends = asyncio.run(_ends(stage.kafka.address))
        left = [said for (said,) in stage.rows(_LEFT)]
    except (psycopg.OperationalError, KafkaError, TimeoutError) as error:
        return [f"an engine does not answer: {type(error).__name__}"]
    return left + [
        f"{at.topic}[{at.partition}] is accounted for up to {told.get((at.topic, at.partition), 0)} of {end}"
        for at, end in ends.items()
        if end != told.get((at.topic, at.partition), 0)
    ]


async def _ends(kafka: str) -> dict[TopicPartition, int]:
    """Where each partition of the source topics ends."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka)
    try:
        async with asyncio.timeout(10):
            await consumer.start()
            cluster = await consumer._client.fetch_all_metadata()
            names = topics.ALL[:6]
            found = [TopicPartition(name, part) for name in names for part in cluster.partitions_for_topic(name) or ()]
            ends: dict[TopicPartition, int] = await consumer.end_offsets(found)
            return ends
    finally:
        await consumer.stop()


async def _relayed(kafka: str) -> dict[str, list[Relayed]]:
    """What is on the relay's topics."""
    async with asyncio.timeout(120):
        return {name: [_as_relayed(one) for one in await topics.read_all(kafka, name)] for name in topics.ALL[6:]}


def _as_relayed(record: Any) -> Relayed:
    position = dict(record.headers).get("position")
    return Relayed(None if position is None else int(position), record.value)


def planned(seed: int, minutes: float) -> str:
    """The plan of a seed, in lines."""
    return text(plan(seed, minutes))


def audited(stage: Stage) -> list[str]:
    """The product's own auditor as a second witness: what it has against the register, in its words."""
    command = [sys.executable, "-m", "services", "audit", "check"]
    done = subprocess.run(command, env=stage.environ(), capture_output=True, text=True, check=False)
    return [f"rekam audit check ended with {done.returncode}: {done.stdout}{done.stderr}"] if done.returncode else []
