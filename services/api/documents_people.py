"""The answers about people, as OpenAPI describes them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from services.api.documents import Stated

__all__ = ["Explained", "Found", "Outstanding", "Resident"]


class Named(BaseModel):
    """A row of a list; what is not known, or cannot be opened any more, is null. NIK and family card may be masked."""

    number: int | None = None
    subject: str
    name: str | None
    nik: str | None
    family_card: str | None
    sex: Literal["M", "F"] | None
    birth_date: str | None
    age: int | None
    address: str | None
    rt: str | None
    rw: str | None
    kelurahan: str
    kelurahan_name: str
    standing: str
    reason: Literal["never", "again", "duplicate"] | None
    obliged_since: str | None
    status: str | None
    status_since: str | None
    home_visit_needed: bool
    last_visit: str | None
    last_outcome: str | None
    visits: int


class Outstanding(Stated):
    """A page of a list. `people` is the whole list, whatever its filters; `areas` bound it for an officer."""

    list_: Annotated[str | None, Field(alias="list")]
    standing: str
    kelurahan: str | None
    on: str
    areas: list[str]
    masked: bool
    people: int
    rows: list[Named]
    next: str | None


class Where(BaseModel):
    area: str
    standing: str


class Effect(BaseModel):
    """`people` is -1 where a transfer no longer holds."""

    valid_on: str
    from_: Annotated[Where, Field(alias="from")]
    to: Where
    people: int


class Told(BaseModel):
    """A fact with its three times, and what it changed."""

    position: int
    type: str
    source: str
    id: str
    valid_on: str | None
    recordedtime: str
    accepted: str
    withdrawn_by: int | None
    effect: list[Effect]
    anomalies: list[str]


class Contradiction(BaseModel):
    name: str
    facts: list[int]


class Stood(BaseModel):
    from_: Annotated[str, Field(alias="from")]
    area: str
    standing: str


class Trail(BaseModel):
    subject: str
    position: int
    facts: list[Told]
    anomalies: list[Contradiction]
    timeline: list[Stood]


class Resident(Stated):
    """One resident: the row that a list would have, and the trail."""

    on: str
    masked: bool
    subject: str
    resident: Named
    facts: list[Told]
    anomalies: list[Contradiction]
    timeline: list[Stood]


class Found(Stated):
    """The random number by which the resident is named in addresses."""

    subject: str


class Explained(Stated):
    """Trails of some of the people behind a figure, which is `people`."""

    area: str
    standing: str
    on: str
    people: int
    residents: list[Trail]
    next: str | None
