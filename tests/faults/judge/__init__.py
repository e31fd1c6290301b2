"""The judge: given what was published and the database, what became of every message and of everybody?

It shares no code with what it judges: nothing here imports events, projections or services, and a test sees to that.
It reads the published files, the log, the ledger of offsets, quarantine, receipts and the views, and is given what the
relay has passed on to Kafka and what the API has answered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import IsolationLevel
from psycopg.pq import TransactionStatus

from tests.faults.judge import books, published
from tests.faults.judge.answers import Answer, judge_answers
from tests.faults.judge.listed import judge_listed
from tests.faults.judge.messages import accepted, judge_messages
from tests.faults.judge.people import judge_people
from tests.faults.judge.relayed import Relayed, judge_relayed
from tests.faults.judge.verdict import ERRORS, Verdict
from tests.faults.judge.whole import judge_ledger, judge_log

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import psycopg

__all__ = ["ERRORS", "Answer", "Relayed", "Verdict", "judge"]


def judge(
    folders: Iterable[Path],
    connection: psycopg.Connection[Any],
    relayed: Mapping[str, Sequence[Relayed]],
    answers: Iterable[Answer] = (),
    listed: Iterable[Mapping[str, Any]] | None = None,
) -> Verdict:
    """Read what was published (see `published`) and the database; the verdict names every error it finds.

    `relayed` has what is on Kafka of each of the relay's topics, in its order; `answers` are what the API has said,
    and `listed` whom it has named as outstanding in the end, if anybody has asked.

    Everything is read in one transaction, a snapshot where it is a new one; nothing else may be at work on it.
    """
    if connection.info.transaction_status == TransactionStatus.IDLE:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
    said = published.read(folders)
    found = books.read(connection)
    verdict = Verdict()
    judge_log(found, verdict)
    judge_ledger(found, said, verdict)
    judge_messages(found, said, verdict)
    people = judge_people(found, accepted(found, said), verdict)
    judge_answers(answers, people.values(), verdict)
    if listed is not None:
        judge_listed(listed, people, verdict)
    judge_relayed(found, said, relayed, verdict)
    return verdict
