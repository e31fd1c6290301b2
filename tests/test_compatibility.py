"""The comparison of two schemas refuses each kind of incompatible change, and nothing else that is common."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compatibility import misunderstandings


def closed(required: str = "nik outcome", **fields: Any) -> dict[str, Any]:
    """A contract as version 1 has it, with some fields changed; None takes a field away."""
    properties = {
        "nik": {"type": "string", "pattern": "^[0-9]{16}$", "description": "Whose."},
        "outcome": {"type": "string", "enum": ["moved_away", "deceased"]},
        "rows": {"type": "integer", "minimum": 0, "maximum": 9},
        "note": {"anyOf": [{"type": "string", "maxLength": 2000}, {"type": "null"}]},
    }
    kept = {name: field for name, field in (properties | fields).items() if field is not None}
    return {"type": "object", "additionalProperties": False, "required": required.split(), "properties": kept}


def change(now: dict[str, Any]) -> list[str]:
    return misunderstandings(closed(), now)


NULL = {"type": "null"}


@pytest.mark.parametrize(
    ("now", "complaint"),
    [
        (closed(note=None), "/note: may be there, and is refused"),
        (closed(required="outcome", nik=None), "/nik: may be there, and is refused"),
        (closed(rows={"type": "string"}), "/rows: may be of type integer, which is refused"),
        (closed(note={"type": "string", "maxLength": 2000}), "/note: may be of type null, which is refused"),
        (closed(required="nik outcome rows"), "/rows: may be left off, and is required"),
        (closed(required="nik outcome street", street={}), "/street: may be left off, and is required"),
        (closed(outcome={"type": "string", "enum": ["deceased"]}), "/outcome: may be 'moved_away', which is refused"),
        (closed(outcome={"type": "string", "const": "deceased"}), "/outcome: may be 'moved_away', which is refused"),
        (closed(nik={"type": "string", "enum": ["1"]}), "/nik: may have any value, of which some are refused"),
        (closed(nik={"type": "string", "pattern": "^5[0-9]{15}$"}), "/nik: pattern is another"),
        (closed(rows={"type": "integer", "minimum": 1, "maximum": 9}), "/rows: minimum is higher"),
        (closed(rows={"type": "integer", "minimum": 0, "maximum": 8}), "/rows: maximum is lower"),
        (closed(note={"anyOf": [{"type": "string", "maxLength": 99}, NULL]}), "/note: maxLength is lower"),
        (closed() | {"not": {"required": ["note"]}}, ": not is another"),
        (closed() | {"oneOf": [{"required": ["note"]}]}, ": oneOf is another"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_an_incompatible_change_is_refused(now: dict[str, Any], complaint: str) -> None:
    assert complaint in change(now)


@pytest.mark.parametrize(
    "now",
    [
        closed(),
        closed(street={"type": "string"}),
        closed(required="nik"),
        closed(nik={"type": "string", "description": "In other words.", "title": "NIK"}),
        closed(outcome={"type": "string", "enum": ["moved_away", "deceased", "other"]}),
        closed(outcome={"type": "string"}),
        closed(rows={"type": "number", "minimum": -1}),
        closed(rows={"anyOf": [{"type": "integer", "minimum": 0, "maximum": 9}, NULL]}),
        {name: part for name, part in closed().items() if name != "additionalProperties"},
    ],
    ids=["same", "new", "optional", "words", "enum", "any", "number", "null", "open"],
)
def test_a_compatible_change_is_let_through(now: dict[str, Any]) -> None:
    assert change(now) == []


def test_what_was_open_may_not_be_closed() -> None:
    counts: dict[str, Any] = {"type": "object", "additionalProperties": {"type": "integer"}}

    assert misunderstandings({"type": "object"}, {"type": "object", "additionalProperties": False}) != []
    assert misunderstandings(counts, counts | {"additionalProperties": {"type": "string"}}) != []
    assert misunderstandings(counts, counts | {"propertyNames": {"enum": ["53.71.01.1001"]}}) != []
    assert misunderstandings(counts, {"type": "object"}) == []


def test_what_is_told_may_grow_by_a_field_and_lose_none() -> None:
    """There the roles are changed: what is written now must be understood by who reads as was promised."""
    promised = {"type": "object", "required": ["code"], "properties": {"code": {"type": "string"}}}
    grown = {"type": "object", "required": ["code", "at"], "properties": {"code": {"type": "string"}, "at": {}}}

    assert misunderstandings(grown, promised) == []
    assert misunderstandings({"type": "object", "properties": {}}, promised) == [
        "/code: may be left off, and is required"
    ]
    retyped = {"type": "object", "required": ["code"], "properties": {"code": {"type": "integer"}}}
    assert misunderstandings(retyped, promised) == ["/code: may be of type integer, which is refused"]
