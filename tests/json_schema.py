"""What a JSON Schema says of a value: the keywords that the contracts use, and an error for any other."""

from __future__ import annotations

import re
from typing import Any, Final

__all__ = ["ANNOTATIONS", "is_valid"]

#: Keywords that decide nothing. A format is one too, unless a validator is told otherwise.
ANNOTATIONS: Final = frozenset({"$schema", "$id", "$defs", "title", "description", "examples", "default", "format"})

_TYPES: Final[dict[str, type]] = {"null": type(None), "boolean": bool, "string": str, "object": dict, "array": list}


def is_valid(schema: Any, value: Any, root: Any = None) -> bool:
    if isinstance(schema, bool):
        return schema
    root = schema if root is None else root
    return all(
        _holds(keyword, said, schema, value, root) for keyword, said in schema.items() if keyword not in ANNOTATIONS
    )


def _holds(keyword: str, said: Any, schema: Any, value: Any, root: Any) -> bool:  # noqa: PLR0911 - a table
    match keyword:
        case "$ref":
            return is_valid(root["$defs"][said.removeprefix("#/$defs/")], value, root)
        case "type":
            return any(_is_a(value, name) for name in ([said] if isinstance(said, str) else said))
        case "const" | "enum":
            return any(_same(value, one) for one in ([said] if keyword == "const" else said))
        case "not":
            return not is_valid(said, value, root)
        case "anyOf" | "oneOf" | "allOf":
            valid = sum(is_valid(one, value, root) for one in said)
            least, most = {"anyOf": (1, len(said)), "oneOf": (1, 1), "allOf": (len(said), len(said))}[keyword]
            return least <= valid <= most
        case "if":
            return not is_valid(said, value, root) or is_valid(schema["then"], value, root)
        case "then":
            return True
        case "minimum" | "maximum":
            return not _is_a(value, "number") or (value >= said if keyword == "minimum" else value <= said)
        case "pattern" | "minLength" | "maxLength":
            return not isinstance(value, str) or _text_holds(keyword, said, value)
        case _:
            return not isinstance(value, dict) or _object_holds(keyword, said, schema, value, root)


def _text_holds(keyword: str, said: Any, text: str) -> bool:
    if keyword == "pattern":
        return re.search(said, text) is not None
    return bool(len(text) >= said if keyword == "minLength" else len(text) <= said)


def _object_holds(keyword: str, said: Any, schema: Any, value: dict[str, Any], root: Any) -> bool:
    match keyword:
        case "required":
            return value.keys() >= set(said)
        case "properties":
            return all(is_valid(said[name], one, root) for name, one in value.items() if name in said)
        case "additionalProperties":
            known = schema.get("properties", {})
            return all(is_valid(said, one, root) for name, one in value.items() if name not in known)
        case "propertyNames":
            return all(is_valid(said, name, root) for name in value)
    raise NotImplementedError(keyword)


def _is_a(value: Any, name: str) -> bool:
    if name in {"integer", "number"}:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and (name == "number" or isinstance(value, int) or value.is_integer())
    return isinstance(value, _TYPES[name])


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)
