"""The ten facts that may be said, as contracts: frozen, closed, without coercion; a value that exists is valid.

A contract is made from what JSON gives (`model_validate`): its days are texts there and `date` here. An optional field
given as null is absent. The tables at the end say to which topic each type belongs and which field is its valid_on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final, Literal, Self

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from events.calendar import parse_day
from events.nik import check_nik
from events.territory import KELURAHAN, PROVINCES

__all__ = [
    "SOURCE_TOPICS",
    "TOPIC_OF",
    "TYPES",
    "VALID_ON",
    "Arrived",
    "Captured",
    "Contract",
    "DeathRegistered",
    "Departed",
    "Event",
    "FactWithdrawn",
    "FindingReported",
    "ListDeclared",
    "MovedWithin",
    "ResidentListed",
    "StatusReported",
    "canonical",
]

#: The largest integer that every JSON reader keeps exactly (RFC 8259, section 6).
_LARGEST: Final = 2**53 - 1


def _day(value: object) -> date:
    if not isinstance(value, str):
        raise PydanticCustomError("day_type", "must be a day as a text, YYYY-MM-DD")
    try:
        return parse_day(value)
    except ValueError as error:
        raise PydanticCustomError("day", "{reason}", {"reason": str(error)}) from None


def _kelurahan(code: str) -> str:
    if code not in KELURAHAN:
        raise PydanticCustomError("kelurahan", "is not a kelurahan of the reference")
    return code


def _province(code: str) -> str:
    if code[:2] not in PROVINCES:
        raise PydanticCustomError("province", "begins with 2 digits that are no province")
    return code


def _elsewhere(code: str) -> str:
    if code == "5371":
        raise PydanticCustomError("elsewhere", "is this city: give the kelurahan instead")
    return code


Text = Annotated[str, Field(min_length=1, max_length=2000, pattern="^[^\\x00]*$")]
Day = Annotated[date, PlainValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Count = Annotated[int, Field(ge=0, le=_LARGEST)]
Nik = Annotated[str, AfterValidator(check_nik), WithJsonSchema({"type": "string", "pattern": "^[0-9]{16}$"})]
Sex = Literal["M", "F"]
Kelurahan = Annotated[str, AfterValidator(_kelurahan), WithJsonSchema({"type": "string", "enum": list(KELURAHAN)})]
#: A province (2 digits) or a regency (4), of which the province is checked.
Region = Annotated[str, Field(pattern="^[0-9]{2}([0-9]{2})?$"), AfterValidator(_province)]
Regency = Annotated[Region, AfterValidator(_elsewhere)]


class Contract(BaseModel):
    """What every fact is: closed, frozen, never coerced; and its repr shows nothing, for it would be personal."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        return []


class ListDeclared(Contract):
    """The centre declares a list with its control totals."""

    list: Text
    kind: Literal["register", "unrecorded"]
    as_of: Day
    rows: Count
    rows_by_kelurahan: dict[Kelurahan, Count]


class ResidentListed(Contract):
    """A resident is named on a list, with all particulars."""

    nik: Nik
    list: Text
    listed_on: Day
    name: Text
    sex: Sex
    birth_date: Day
    ever_married: bool
    kelurahan: Kelurahan
    address: Text
    rt: Text
    rw: Text
    family_card: Text | None = None


class Captured(Contract):
    """The resident's biometrics were captured; nothing of them is in the fact."""

    nik: Nik
    captured_on: Day
    place: Literal["office", "kecamatan", "kelurahan", "mobile", "elsewhere"]
    session: Text | None = None


class StatusReported(Contract):
    """The centre reports a status of the recording; which ones are known says `statuses`."""

    nik: Nik
    status: Text
    reported_on: Day


class Departed(Contract):
    """A moving-out letter (SKPWNI) was issued; unconfirmed, it lapses."""

    nik: Nik
    departed_on: Day
    document_no: Text
    destination: Region
    valid_until: Day | None = None

    @model_validator(mode="after")
    def _not_over_before_it_began(self) -> Self:
        if self.valid_until is not None and self.valid_until < self.departed_on:
            raise PydanticCustomError("combination", "`valid_until` lies before `departed_on`: correct one of them")
        return self


class Arrived(Contract):
    """The resident arrived: inside, in a kelurahan, or elsewhere, in a regency, which confirms a departure.

    A newcomer's particulars come all or none, and only inside.
    """

    nik: Nik
    arrived_on: Day
    kelurahan: Kelurahan | None = None
    regency: Regency | None = None
    origin: Region | None = None
    document_no: Text | None = None
    name: Text | None = None
    sex: Sex | None = None
    birth_date: Day | None = None
    ever_married: bool | None = None
    address: Text | None = None
    rt: Text | None = None
    rw: Text | None = None
    family_card: Text | None = None

    @model_validator(mode="after")
    def _one_place_and_all_particulars_or_none(self) -> Self:
        if (self.kelurahan is None) == (self.regency is None):
            raise PydanticCustomError("combination", "give exactly one of `kelurahan` and `regency`")
        particulars = (self.name, self.sex, self.birth_date, self.ever_married, self.address, self.rt, self.rw)
        given = sum(particular is not None for particular in particulars)
        if given not in (0, len(particulars)):
            raise PydanticCustomError(
                "combination",
                "give all of `name`, `sex`, `birth_date`, `ever_married`, `address`, `rt`, `rw`, or none of them",
            )
        if given and self.kelurahan is None:
            raise PydanticCustomError("combination", "particulars go with `kelurahan` only: leave them off")
        if self.family_card is not None and not given:
            raise PydanticCustomError("combination", "`family_card` goes with the other particulars only: leave it off")
        return self


class MovedWithin(Contract):
    """The resident moved from one kelurahan of the city to another; `to_kelurahan` is what counts."""

    nik: Nik
    moved_on: Day
    from_kelurahan: Kelurahan
    to_kelurahan: Kelurahan


class DeathRegistered(Contract):
    """A death certificate (akta kematian) was issued."""

    nik: Nik
    died_on: Day
    certificate_no: Text


class FindingReported(Contract):
    """What was found at the door. Four of the outcomes are sightings, the others only visits."""

    nik: Nik
    found_on: Day
    outcome: Literal[
        "already_recorded",
        "moved_away",
        "deceased",
        "still_here",
        "not_found",
        "needs_home_visit",
        "refused",
        "other",
    ]
    verifier: Text | None = None
    note: Text | None = None


class FactWithdrawn(Contract):
    """A fact, named by its source and id, no longer holds; it need not have been seen yet."""

    withdraws_source: Text
    withdraws_id: Text
    reason: Text


_TABLE: Final[tuple[tuple[str, str, type[Contract], str | None], ...]] = (
    ("rekam.listing", "rekam.listing.list_declared.v1", ListDeclared, "as_of"),
    ("rekam.listing", "rekam.listing.resident_listed.v1", ResidentListed, "listed_on"),
    ("rekam.recording", "rekam.recording.captured.v1", Captured, "captured_on"),
    ("rekam.recording", "rekam.recording.status_reported.v1", StatusReported, "reported_on"),
    ("rekam.relocation", "rekam.relocation.departed.v1", Departed, "departed_on"),
    ("rekam.relocation", "rekam.relocation.arrived.v1", Arrived, "arrived_on"),
    ("rekam.relocation", "rekam.relocation.moved_within.v1", MovedWithin, "moved_on"),
    ("rekam.death", "rekam.death.registered.v1", DeathRegistered, "died_on"),
    ("rekam.finding", "rekam.finding.reported.v1", FindingReported, "found_on"),
    ("rekam.correction", "rekam.correction.fact_withdrawn.v1", FactWithdrawn, None),
)

#: An event's type to its contract.
TYPES: Final[dict[str, type[Contract]]] = {type_: contract for _, type_, contract, _ in _TABLE}
#: An event's type to the one topic it may come by.
TOPIC_OF: Final[dict[str, str]] = {type_: topic for topic, type_, _, _ in _TABLE}
#: An event's type to the field that is its valid_on; a withdrawal has none.
VALID_ON: Final[dict[str, str | None]] = {type_: field for _, type_, _, field in _TABLE}
#: The six topics that registries publish to.
SOURCE_TOPICS: Final[tuple[str, ...]] = tuple(dict.fromkeys(TOPIC_OF.values()))


@dataclass(frozen=True, slots=True)
class Event:
    """A checked message; `time` and `recordedtime` are texts as `format_instant` writes them."""

    type: str
    source: str
    id: str
    time: str
    recordedtime: str
    data: Contract


def canonical(event: Event) -> bytes:
    """The bytes that two messages have in common exactly when they are the same event.

    They hold the type, both instants and the data, with null as absent: not the mode, the order of keys, the notation
    of the offset, or extensions; nor source and id, which name the event. They are compared for ever: do not change
    them.
    """
    data = {name: value for name, value in event.data.__dict__.items() if value is not None}
    content = {"type": event.type, "time": event.time, "recordedtime": event.recordedtime, "data": data}
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
