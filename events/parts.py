"""What of a fact is kept in clear, and what is sealed.

Only the fields in `CLEAR` stay readable. Whatever else a contract has, now or later, is personal until it is named
here; the field that is valid_on is kept as `valid_on` alone (`as_of` of a declaration in both places).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from events.calendar import seventeen_on
from events.facts import TYPES, VALID_ON, Departed
from events.nik import nik_flags

if TYPE_CHECKING:
    from datetime import date

    from events.calendar import DepartureRule
    from events.facts import Contract, Event

__all__ = ["CLEAR", "SHAPES", "Calendar", "Parts", "Shape", "split"]

CLEAR: Final = (
    "list", "kind", "as_of", "rows", "rows_by_kelurahan", "kelurahan", "from_kelurahan", "to_kelurahan", "sex", "place",
    "session", "status", "outcome", "withdraws_source", "withdraws_id",
)  # fmt: skip


class Calendar(NamedTuple):
    """What decides from when a resident is obliged."""

    seventeen_on: date
    ever_married: bool


class Parts(NamedTuple):
    """A fact taken apart: `fact` is kept in clear, `person` and `calendar` are sealed."""

    fact: dict[str, Any]
    person: dict[str, Any]
    calendar: Calendar | None
    valid_on: date | None
    lapses_on: date | None
    flags: tuple[str, ...]


class Shape(NamedTuple):
    """What an entry of one type may have, and what it must."""

    valid_on: str | None
    clear: tuple[str, ...]
    clear_may: frozenset[str]
    clear_must: frozenset[str]
    sealed: tuple[str, ...]
    person_must: bool
    calendar_may: bool
    calendar_must: bool
    lapses: bool


def _shape(type_: str, contract: type[Contract]) -> Shape:
    fields, valid_on = contract.model_fields, VALID_ON[type_]
    must = {name for name, field in fields.items() if field.is_required()}
    sealed = tuple(name for name in fields if name not in CLEAR and name != valid_on)
    clear = tuple(name for name in CLEAR if name in fields)
    return Shape(
        valid_on=valid_on,
        clear=clear,
        clear_may=frozenset(clear),
        clear_must=frozenset(must.intersection(CLEAR)),
        sealed=sealed,
        person_must=not must.isdisjoint(sealed),
        calendar_may="birth_date" in fields,
        calendar_must="birth_date" in must,
        lapses=contract is Departed,
    )


SHAPES: Final = {type_: _shape(type_, contract) for type_, contract in TYPES.items()}
"""An event's type to the shape of its entries."""


def split(event: Event, rule: DepartureRule) -> Parts:
    """Take a checked fact apart; `rule` says until when a departure's letter holds, and its answer is kept for ever."""
    data, shape = event.data, SHAPES[event.type]
    values = data.__dict__
    clear = {name: values[name] for name in shape.clear if values[name] is not None}
    sealed = {name: values[name] for name in shape.sealed if values[name] is not None}
    if "as_of" in clear:
        clear["as_of"] = clear["as_of"].isoformat()
    born = sealed.get("birth_date")
    return Parts(
        fact=clear,
        person=sealed,
        calendar=None if born is None else Calendar(seventeen_on(born), sealed["ever_married"]),
        valid_on=None if shape.valid_on is None else values[shape.valid_on],
        lapses_on=rule.lapses_on(data.departed_on, data.valid_until) if isinstance(data, Departed) else None,
        flags=nik_flags(sealed["nik"], born, clear.get("sex")) if "nik" in sealed else (),
    )
