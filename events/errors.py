"""The one tree of errors, split by what to do about them.

    RekamError
    ├── Refused       park: the message goes to quarantine with its code
    ├── Retry         roll back, look again, go on
    │   ├── Unreachable   an engine does not answer (exit 3 at the command line)
    │   ├── Clash         another process was here first: seek to the ledger
    │   └── MadeAgain     the topic was deleted and made again under its name
    ├── NoAnswer      the question has no answer (exit 1)
    │   └── NothingYet    there is no list yet, so no question about a day has one
    ├── WrongUse      a wrong option, setting or file (exit 2)
    └── Refusal       stop: it would be wrong to start, or to go on (exit 1)

A message names the thing, the value and the way out; it never shows a personal value.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "CODES",
    "Clash",
    "MadeAgain",
    "NoAnswer",
    "NothingYet",
    "Refusal",
    "Refused",
    "RekamError",
    "Retry",
    "Unreachable",
    "WrongUse",
]

#: Why a message may be parked, in the order of the contract's table. Codes are stable: more may come, none goes.
CODES: Final = (
    "unreadable", "too_large", "not_json", "not_cloudevents", "unknown_type", "wrong_topic", "bad_time", "bad_nik",
    "unknown_kelurahan", "bad_data", "not_yours_to_withdraw", "withdraws_a_withdrawal", "waits_for_target", "erased",
    "conflict",
)  # fmt: skip


class RekamError(Exception):
    """Base of all: `str(error)` is fit to be shown to an operator."""


class Refused(RekamError):  # noqa: N818 - the domain's word
    """A message that cannot become a fact. `code` is one of the stable codes of the contract.

    `source`, `id` and `type` are the event's own where they could be read, else None.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        source: str | None = None,
        id: str | None = None,  # noqa: A002 - CloudEvents' name
        type: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.source = source
        self.id = id
        self.type = type


class Retry(RekamError):  # noqa: N818
    """Nothing was changed; the same may succeed when it is tried again."""


class Unreachable(Retry):
    """An engine, Kafka or PostgreSQL, does not answer."""


class Clash(Retry):
    """Another process has moved the position this one stood at."""


class MadeAgain(Retry):
    """The topic has been deleted and made again: what was read last is not in it."""

    def __init__(self, topic: str, partition: int) -> None:
        super().__init__(f"topic {topic} was deleted and made again (seen at partition {partition})")
        self.topic = topic
        self.partition = partition


class NoAnswer(RekamError):  # noqa: N818
    """A well-formed question without an answer, such as a day before the register's first."""


class NothingYet(NoAnswer):
    """No list is declared as known then: the register has no first day, and no figure."""


class WrongUse(RekamError):  # noqa: N818
    """A wrong option, setting or file; nothing was done."""


class Refusal(RekamError):  # noqa: N818
    """It would be wrong to start or to go on: a missing key, a newer database, a digest that differs."""
