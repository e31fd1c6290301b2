"""The answers as OpenAPI describes them. They are written by the functions of projections/ and checked by tests alone:
an answer of 51 rows is not taken apart and put together again for each request.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

__all__ = [
    "Counts",
    "Daily",
    "Flows",
    "Leaving",
    "Lists",
    "Pace",
    "Places",
    "Reconciliation",
    "Stated",
]

Standings = Annotated[dict[str, int], Field(description="People by standing.")]
Moment = Annotated[str | None, Field(description="RFC 3339; null at position 0.")]


class Stated(BaseModel):
    """What every answer carries: as known at which position, and by which reading."""

    position: int
    accepted: Moment
    reading_version: int


class ThreeNumbers(BaseModel):
    """official = explained + truly."""

    official: Annotated[int, Field(description="Officially outstanding.")]
    explained: Annotated[int, Field(description="Of those, explained by a finding at the door.")]
    truly: Annotated[int, Field(description="Of those, truly outstanding.")]


class Counted(ThreeNumbers):
    standings: Standings


class AreaCounted(Counted):
    area: str
    name: str


class Coverage(BaseModel):
    official: float
    true: float


class Counts(Stated, ThreeNumbers):
    """Where everyone, or every member of a list, stands on a day."""

    list_: Annotated[str | None, Field(alias="list")]
    on: str
    by: Literal["kelurahan", "kecamatan", "city"]
    kelurahan: str | None
    rows: list[AreaCounted]
    total: Counted
    coverage: Coverage | None


class Flow(BaseModel):
    from_area: str
    from_: Annotated[str, Field(alias="from")]
    to_area: str
    to: str
    people: int


class FlowOfAll(BaseModel):
    from_: Annotated[str, Field(alias="from")]
    to: str
    people: int


class AreaFlowed(BaseModel):
    area: str
    name: str
    opening: Standings
    restated: Standings
    flows: list[Flow]
    closing: Standings


class Flowed(BaseModel):
    opening: Standings
    restated: Standings
    flows: list[FlowOfAll]
    closing: Standings


class Flows(Stated, ThreeNumbers):
    """closing = opening + restated + flows, in every area for every standing. The three numbers are of the closing."""

    from_: Annotated[str, Field(alias="from")]
    to: str
    by: Literal["kelurahan", "kecamatan", "city"]
    known: Annotated[int, Field(description="The opening, as known at this position.")]
    rows: list[AreaFlowed]
    total: Flowed


class Reconciled(Counted):
    settled: Annotated[int, Field(description="An event has the last word, and it is neither official nor truly.")]
    cleared: Annotated[int, Field(description="explained + settled")]


class AreaReconciled(Reconciled):
    area: str
    name: str
    declared: Annotated[int | None, Field(description="The list's control total, by the listing's kelurahan.")]


class Pair(BaseModel):
    here: str
    there: str
    people: int


class Against(BaseModel):
    """Name by name beside another list, whose members are looked at on `there_on`."""

    list_: Annotated[str, Field(alias="list")]
    there_on: str
    both: int
    only_here: int
    only_there: int
    pairs: list[Pair]


class Reconciliation(Stated, Reconciled):
    """members = truly + cleared; residual = declared − members."""

    list_: Annotated[str, Field(alias="list")]
    on: str
    declared: int | None
    members: int
    residual: int | None
    rows: list[AreaReconciled]
    anomalies: list[dict[str, Any]]
    against: Against | None = None


class ListOf(BaseModel):
    list_: Annotated[str, Field(alias="list")]
    kind: Literal["register", "unrecorded"] | None
    as_of: str | None
    declared: int | None
    members: int
    residual: int | None


class Lists(Stated):
    """Every list that was heard of, in the order in which they were; a withdrawn declaration leaves nulls."""

    first_day: Annotated[str | None, Field(description="Before it no day has an answer.")]
    lists: list[ListOf]


class Recorded(BaseModel):
    recorded: Annotated[int, Field(description="Who became recorded, of those officially outstanding; net.")]
    recorded_truly: Annotated[int, Field(description="Of those, who were truly outstanding.")]


class DayInArea(Recorded):
    day: str
    area: str
    name: str


class Period(Stated):
    """From the first day to the last, both included."""

    from_: Annotated[str, Field(alias="from")]
    to: str
    list_: Annotated[str | None, Field(alias="list")]


class Daily(Period, Recorded):
    """A row for each day and area in which anybody was recorded."""

    by: Literal["kelurahan", "kecamatan", "city"]
    rows: list[DayInArea]


class PlacesOfDay(BaseModel):
    day: str
    recorded: int
    places: dict[str, int]


class Session(BaseModel):
    """Of people who became recorded there; from the first day to the last on which anybody did."""

    session: str
    place: str
    first_day: str
    last_day: str
    people: int


class Places(Period):
    """Each day's recorded people by the place of recording; the split sums to `recorded`."""

    area: str | None
    recorded: int
    places: dict[str, int]
    days: list[PlacesOfDay]
    sessions: list[Session]


class DayLeft(ThreeNumbers, Recorded):
    """The three numbers are of the end of the day."""

    day: str


class Rate(BaseModel):
    a_day: float | None
    a_working_day: float | None


class Target(BaseModel):
    """What the days up to the target would have to do, what the last four weeks did, and when that would end."""

    truly: int
    on: str
    target: str
    days: int
    working_days: int
    needs: Rate
    gets: Rate
    ends_on: str | None
    in_time: bool


class Pace(Period, ThreeNumbers, Recorded):
    """What is left at the end of each day, and what was recorded on it; the three numbers are of the last day."""

    area: str | None
    opening: ThreeNumbers
    days: list[DayLeft]
    needed: Target


class LeavingArea(BaseModel):
    area: str
    name: str
    people: int
    official: int
    truly: int


class LeavingAreas(BaseModel):
    people: int
    official: int
    truly: int
    areas: list[LeavingArea] = Field(default_factory=list)


class LeavingMonth(BaseModel):
    month: str
    turning_17: LeavingAreas
    lapsing: LeavingAreas


class Leaving(Stated):
    """Who turns 17, and whose letter lapses, after the day: what is in the ledger already."""

    on: str
    until: str
    list_: Annotated[str | None, Field(alias="list")]
    area: str | None
    turning_17: LeavingAreas
    lapsing: LeavingAreas
    months: list[LeavingMonth]
