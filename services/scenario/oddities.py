"""Messages that become no fact: one after another of every code a message can earn by itself, a hundred in all.

Nothing they say would matter if it were taken as said: each is a broken form of a finding that clears nobody. Each of
the codes comes up in each phase at every scale; how it is broken changes from one to the next.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import orjson

from services.scenario.messages import (
    CENTRE,
    LISTED,
    WITHDRAWN,
    Fact,
    Message,
    binary,
    structured,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from services.scenario.cast import Cast
    from services.scenario.office import Office

__all__ = ["CODES", "tell"]

_IN_A_PHASE = 50


def tell(cast: Cast, office: Office, phase: int) -> None:
    """Say them, anywhere among the others; what contradicts a fact comes after it."""
    makers = list(CODES.values())
    people = cast.roles["plain"]
    for number in range(max(len(makers) + 1, round(_IN_A_PHASE * cast.scale))):
        resident = people[number % len(people)]
        day = office.day(max(office.opens, date(2018, 11, 5)), office.closes)
        plain = office.finding(resident, day, "not_found", f"-odd-{phase}-{number:02d}")
        turn, kind = divmod(number, len(makers) + 1)
        if kind == len(makers):
            place = office.deck.say(plain, before=0.9)
            office.deck.put(structured(_with(plain, outcome="needs_home_visit")), after=place)
        else:
            office.deck.put(makers[kind][turn % len(makers[kind])](plain))


def _with(fact: Fact, **data: Any) -> Fact:
    return fact._replace(data=fact.data | data)


def _without(fact: Fact, field: str) -> Fact:
    return fact._replace(data={name: value for name, value in fact.data.items() if name != field})


def _raw(fact: Fact, value: bytes | None) -> Message:
    return structured(fact)._replace(value=value)


def _edited(fact: Fact, edit: Mapping[str, Any]) -> Message:
    """The event with other attributes; one that is None is left out."""
    event = orjson.loads(structured(fact).value or b"") | edit
    return _raw(fact, orjson.dumps({name: value for name, value in event.items() if value is not None}))


def _spliced(fact: Fact, old: bytes, new: bytes) -> Message:
    return _raw(fact, (structured(fact).value or b"").replace(old, new, 1))


def _withdrawing(fact: Fact, source: str, target: str) -> Message:
    data = {"withdraws_source": source, "withdraws_id": target, "reason": "salah alamat"}
    return structured(fact._replace(form=WITHDRAWN, data=data))


def _headless(fact: Fact) -> Message:
    message = binary(fact)
    return message._replace(headers=[header for header in message.headers if header[0] != "ce_type"])


def _row(fact: Fact, kelurahan: str) -> Message:
    """A row of a list in that kelurahan."""
    data = {"nik": fact.data["nik"], "list": "PUSAT-2018-11", "listed_on": "2018-11-01", "kelurahan": kelurahan}
    return structured(fact._replace(form=LISTED, source=CENTRE, data=data))


#: Each code of the contract that a message can earn alone, in the contract's order, with ways to earn it.
CODES: dict[str, tuple[Callable[[Fact], Message], ...]] = {
    "too_large": (
        lambda fact: structured(_with(fact, note="x" * 33_000)),
        lambda fact: _raw(fact, b" " * 40_000),
    ),
    "not_json": (
        lambda fact: _raw(fact, None),
        lambda fact: _spliced(fact, b'{"specversion"', b'{"specversion":"1.0","specversion"'),
        lambda fact: _spliced(fact, b'"data":{', b'"weight":NaN,"data":{'),
        lambda fact: _spliced(fact, b'"not_found"', b'"not_found\xff"'),
        lambda fact: _spliced(fact, b'"data":{', b'"data":{"deep":' + b"[" * 300 + b"]" * 300 + b","),
    ),
    "not_cloudevents": (
        lambda fact: structured(fact)._replace(headers=[("content-type", b"application/json")]),
        lambda fact: _edited(fact, {"id": None}),
        _headless,
        lambda fact: structured(fact)._replace(headers=[("content-type", b"application/cloudevents-batch+json")]),
        lambda fact: _edited(fact, {"specversion": "0.3"}),
    ),
    "unknown_type": (
        lambda fact: _edited(fact, {"type": "rekam.finding.guessed.v1"}),
        lambda fact: _edited(fact, {"type": "rekam.finding.reported.v9"}),
    ),
    "wrong_topic": (
        lambda fact: structured(fact)._replace(topic="rekam.death"),
        lambda fact: binary(fact)._replace(topic="rekam.listing"),
    ),
    "bad_time": (
        lambda fact: _edited(fact, {"time": fact.time[:19]}),
        lambda fact: structured(_with(fact, found_on="2019-12-31")),
        lambda fact: _edited(fact, {"time": None}),
        lambda fact: _edited(fact, {"recordedtime": "2190-01-01T00:00:00Z"}),
        lambda fact: _edited(fact, {"time": "2018-11-31T08:00:00+08:00"}),
    ),
    "bad_nik": (
        lambda fact: structured(_with(fact, nik=fact.data["nik"][:15])),
        lambda fact: structured(_without(fact, "nik")),
        lambda fact: structured(_with(fact, nik=int(fact.data["nik"]))),
        lambda fact: structured(_with(fact, nik=fact.data["nik"][:8] + "13" + fact.data["nik"][10:])),
    ),
    "unknown_kelurahan": (
        lambda fact: _row(fact, "53.71.01.9999"),
        lambda fact: _row(fact, "5371011001"),
    ),
    "bad_data": (
        lambda fact: structured(_with(fact, outcome="maybe")),
        lambda fact: structured(_with(fact, found_on="2018-02-30")),
        lambda fact: structured(_with(fact, operator="7")),
        lambda fact: structured(_without(fact, "outcome")),
        lambda fact: structured(_with(fact, note=7)),
    ),
    "not_yours_to_withdraw": (lambda fact: _withdrawing(fact, CENTRE, "list-PUSAT-2018-11"),),
    "withdraws_a_withdrawal": (lambda fact: _withdrawing(fact, fact.source, fact.id),),
    "waits_for_target": (lambda fact: _withdrawing(fact, fact.source, "finding-000000"),),
}
