"""The answers about the log, who reads it, and how the register is doing, as OpenAPI describes them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from services.api.documents import Stated as Answered

__all__ = [
    "Anomalies",
    "Checked",
    "Health",
    "Lateness",
    "Logged",
    "Mended",
    "Parked",
    "Readings",
    "Sources",
    "Stated",
    "Status",
]


class Health(BaseModel):
    """`database` says why not, in words."""

    status: Literal["ok", "starting"]
    database: str


class Status(Answered):
    """`projections` are positions; `accounted` and `quarantine` are numbers of messages."""

    accounted: dict[str, int]
    projections: dict[str, int]
    quarantine: dict[str, int]
    relayed: dict[str, int]
    standing_still: list[str]


class Parked(Answered):
    """`next` is the number to go on after; null at the end."""

    rows: list[dict[str, Any]]
    next: int | None


class Mended(BaseModel):
    number: int
    outcome: Annotated[str, Field(description="`appended`, `duplicate`, `dismissed`, `not_open`, or the code again.")]
    position: int | None = None


class Entry(BaseModel):
    """`entry` is the stored JSON; `state` the exact bytes in base64, where they are written in another way."""

    position: int
    digest: str
    entry: dict[str, Any] | None
    state: str | None = None


class Logged(Answered):
    """`head` is the log's end; `next` where the next page begins, null at the end."""

    head: int
    rows: list[Entry]
    next: int | None


class Read(BaseModel):
    number: int
    at: str
    who: str
    role: str
    action: str
    purpose: str | None
    question: dict[str, Any]
    people: int
    position: int


class Readings(Answered):
    """`next` is the number to go on before; null at the end."""

    rows: list[Read]
    next: int | None


class FollowUp(BaseModel):
    """The last step; who stated it, and when."""

    state: Literal["open", "in_work", "explained", "corrected"]
    note: str
    who: str
    at: str


class Contradicted(BaseModel):
    """`facts` are the positions of those that contradict each other; `area` and `standing` are of the day."""

    name: str
    subject: str
    digest: str
    facts: list[int]
    since: int
    area: str
    standing: str
    follow_up: FollowUp | None


class Tallied(BaseModel):
    name: str
    people: int
    lists: int
    cases: int


class Anomalies(Answered):
    """`lists` (what a list contradicts) and `tally` are on the first page alone."""

    on: str
    name: str | None
    area: str | None
    cases: list[Contradicted]
    next: str | None
    lists: list[dict[str, Any]] | None
    tally: list[Tallied] | None


class Stated(BaseModel):
    number: int


class TypeSaid(BaseModel):
    type: str
    facts: int


class Source(BaseModel):
    """`accepted` and `recordedtime` are the latest; `complete_through` is inferred, for one that sends in order."""

    source: str
    types: list[TypeSaid]
    facts: int
    first_position: int
    last_position: int
    accepted: str
    recordedtime: str
    complete_through: str | None
    silent_days: int


class Sources(Answered):
    sources: list[Source]


class Spread(BaseModel):
    """In days: in `median` at most half were there, in `p90` nine tenths; `over` so many came after the limit."""

    median: int | None
    p90: int | None
    max: int | None
    buckets: dict[str, int]
    over: int | None
    share: float | None


class Late(BaseModel):
    facts: int
    written: Spread
    accepted: Spread


class LateSource(Late):
    source: str
    type: str


class Lateness(Answered):
    from_: Annotated[str | None, Field(alias="from")]
    to: str | None
    limit_days: int | None
    rows: list[LateSource]
    total: Late


class Verdict(BaseModel):
    name: str
    ok: bool
    figure: int


class Proof(BaseModel):
    """`digest` is the log's at `position`; views were compared at `projected`."""

    at: str
    who: str
    position: int
    digest: str
    projected: int
    checks: list[Verdict]


class Checked(BaseModel):
    """`done` entries `of` so many were read by the one that is running; `failed` says why the last one came to none."""

    running: bool
    done: int
    of: int
    last: Proof | None
    failed: str | None
