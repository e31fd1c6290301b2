"""What a JSON Schema says of a value, by a public validator; formats decide nothing, as the specification has it."""

from __future__ import annotations

from typing import Any, Final

from jsonschema import Draft202012Validator

__all__ = ["ANNOTATIONS", "is_valid"]

#: Keywords that decide nothing. A format is one too, unless a validator is told otherwise.
ANNOTATIONS: Final = frozenset({"$schema", "$id", "$defs", "title", "description", "examples", "default", "format"})


def is_valid(schema: dict[str, Any], value: Any) -> bool:
    return bool(Draft202012Validator(schema).is_valid(value))
