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

from events import patterns
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
Day = Annotated[date, PlainValidator(_day), WithJsonSchema(patterns.DAY)]
Count = Annotated[int, Field(ge=0, le=_LARGEST)]
Nik = Annotated[str, AfterValidator(check_nik), WithJsonSchema(patterns.NIK)]
Sex = Literal["M", "F"]
Kelurahan = Annotated[str, AfterValidator(_kelurahan), WithJsonSchema(patterns.KELURAHAN)]
_Digits = Annotated[str, Field(pattern="^[0-9]{2}([0-9]{2})?$"), AfterValidator(_province)]
#: A province (2 digits) or a regency (4), of which the province is checked.
Region = Annotated[_Digits, WithJsonSchema(patterns.REGION)]
Regency = Annotated[_Digits, AfterValidator(_elsewhere), WithJsonSchema(patterns.REGENCY)]


class Contract(BaseModel):
    """What every fact is: closed, frozen, never coerced; and its repr shows nothing, for it would be personal."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        return []


class ListDeclared(Contract):
    """The centre declares a list with its control totals."""

    list: Text = Field(description="The list's name.")
    kind: Literal["register", "unrecorded"] = Field(
        description="`register`: everybody; `unrecorded`: who has still to be recorded."
    )
    as_of: Day = Field(description="The day the list is true of; the fact's valid_on.")
    rows: Count = Field(description="How many rows the list has.")
    rows_by_kelurahan: dict[Kelurahan, Count] = Field(description="How many of them each kelurahan has, by its code.")


class ResidentListed(Contract):
    """A resident is named on a list, with all particulars."""

    nik: Nik = Field(description="The resident's permanent number.")
    list: Text = Field(description="The list's name.")
    listed_on: Day = Field(description="The day the row is true of; the fact's valid_on.")
    name: Text = Field(description="The resident's name.")
    sex: Sex = Field(description="M: male; F: female.")
    birth_date: Day = Field(description="The day of birth.")
    ever_married: bool = Field(description="Whether the resident is or was married; who was is obliged before 17 too.")
    kelurahan: Kelurahan = Field(description="The kelurahan lived in, by its code with dots.")
    address: Text = Field(description="The street and the number.")
    rt: Text = Field(description="The neighbourhood (RT).")
    rw: Text = Field(description="The group of neighbourhoods (RW).")
    family_card: Text | None = Field(default=None, description="The number of the family card (KK).")


class Captured(Contract):
    """The resident's biometrics were captured; nothing of them is in the fact."""

    nik: Nik = Field(description="The resident's permanent number.")
    captured_on: Day = Field(description="The day of the capture; the fact's valid_on.")
    place: Literal["office", "kecamatan", "kelurahan", "mobile", "elsewhere"] = Field(description="Where it was done.")
    session: Text | None = Field(default=None, description="A name for the round on which it was done.")


class StatusReported(Contract):
    """The centre reports a status of the recording; which ones are known says `statuses`."""

    nik: Nik = Field(description="The resident's permanent number.")
    status: Text = Field(description="The centre's own word, matched exactly; an unknown one is kept, without effect.")
    reported_on: Day = Field(description="The day the status is true of; the fact's valid_on.")


class Departed(Contract):
    """A moving-out letter (SKPWNI) was issued; unconfirmed, it lapses."""

    nik: Nik = Field(description="The resident's permanent number.")
    departed_on: Day = Field(description="The day of leaving; the fact's valid_on.")
    document_no: Text = Field(description="The number of the moving-out letter (SKPWNI).")
    destination: Region = Field(description="Where to: a province (2 digits) or a regency (4).")
    valid_until: Day | None = Field(
        default=None, description="The letter's last day, not before `departed_on`; absent: by the office's rule."
    )

    @model_validator(mode="after")
    def _not_over_before_it_began(self) -> Self:
        if self.valid_until is not None and self.valid_until < self.departed_on:
            raise PydanticCustomError("combination", "`valid_until` lies before `departed_on`: correct one of them")
        return self


class Arrived(Contract):
    """The resident arrived: inside, in a kelurahan, or elsewhere, in a regency, which confirms a departure.

    A newcomer's particulars come all or none, and only inside.
    """

    nik: Nik = Field(description="The resident's permanent number.")
    arrived_on: Day = Field(description="The day of arrival; the fact's valid_on.")
    kelurahan: Kelurahan | None = Field(
        default=None, description="Where in this city, by the code with dots; or else `regency`."
    )
    regency: Regency | None = Field(
        default=None,
        description="Where outside this city: a province (2 digits) or a regency (4); or else `kelurahan`.",
    )
    origin: Region | None = Field(default=None, description="Where from: a province (2 digits) or a regency (4).")
    document_no: Text | None = Field(default=None, description="The number of the moving-out letter (SKPWNI).")
    name: Text | None = Field(default=None, description="The resident's name.")
    sex: Sex | None = Field(default=None, description="M: male; F: female.")
    birth_date: Day | None = Field(default=None, description="The day of birth.")
    ever_married: bool | None = Field(
        default=None, description="Whether the resident is or was married; who was is obliged before 17 too."
    )
    address: Text | None = Field(default=None, description="The street and the number.")
    rt: Text | None = Field(default=None, description="The neighbourhood (RT).")
    rw: Text | None = Field(default=None, description="The group of neighbourhoods (RW).")
    family_card: Text | None = Field(default=None, description="The number of the family card (KK).")

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

    nik: Nik = Field(description="The resident's permanent number.")
    moved_on: Day = Field(description="The day of the move; the fact's valid_on.")
    from_kelurahan: Kelurahan = Field(description="The kelurahan that was left, by its code with dots.")
    to_kelurahan: Kelurahan = Field(description="The kelurahan lived in from that day on, by its code with dots.")


class DeathRegistered(Contract):
    """A death certificate (akta kematian) was issued."""

    nik: Nik = Field(description="The resident's permanent number.")
    died_on: Day = Field(description="The day of death; the fact's valid_on.")
    certificate_no: Text = Field(description="The number of the death certificate.")


class FindingReported(Contract):
    """What was found at the door. Four of the outcomes are sightings, the others only visits."""

    nik: Nik = Field(description="The resident's permanent number.")
    found_on: Day = Field(description="The day of the visit; the fact's valid_on.")
    outcome: Literal[
        "already_recorded",
        "moved_away",
        "deceased",
        "still_here",
        "not_found",
        "needs_home_visit",
        "refused",
        "other",
    ] = Field(description="What was found at the door.")
    verifier: Text | None = Field(default=None, description="Who was at the door.")
    note: Text | None = Field(default=None, description="What else there is to say of the visit.")


class FactWithdrawn(Contract):
    """A fact, named by its source and id, no longer holds; it need not have been seen yet."""

    withdraws_source: Text = Field(description="The `source` of the event that is withdrawn.")
    withdraws_id: Text = Field(description="The `id` of the event that is withdrawn.")
    reason: Text = Field(description="Why it does not hold.")


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
