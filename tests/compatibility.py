"""Whether whoever reads by one schema understands all that is written by another.

It is strict: what it cannot compare must be the same, so a wider pattern is refused as well as a narrower one.
"""

from __future__ import annotations

from typing import Any, Final

from tests.json_schema import ANNOTATIONS

__all__ = ["misunderstandings"]

_COMPARED: Final = {
    "type", "enum", "const", "minimum", "maximum", "minLength", "maxLength",
    "properties", "required", "additionalProperties", "propertyNames", "anyOf", "items",
}  # fmt: skip
_ANYTHING: Final = ["array", "boolean", "null", "number", "object", "string"]


def misunderstandings(written: Any, read: Any, at: str = "") -> list[str]:
    """What the writer may write and the reader refuses or misses, each with its place; empty: they understand."""
    if isinstance(written, bool) or isinstance(read, bool):
        return [f"{at}: may hold what is refused"] if written is not False and read is False else []
    if "anyOf" in written or "anyOf" in read:
        return _alternatives(written, read, at)
    return [
        *_types(written, read, at),
        *_values(written, read, at),
        *_bounds(written, read, at),
        *_fields(written, read, at),
        *_items(written, read, at),
        *(
            f"{at}: {keyword} is another"
            for keyword in sorted(read.keys() - _COMPARED - ANNOTATIONS | ({"format"} & read.keys()))
            if _bare(read[keyword]) != _bare(written.get(keyword))
        ),
    ]


def _alternatives(written: Any, read: Any, at: str) -> list[str]:
    """Each alternative of the writer must be understood by one of the reader's."""
    around = [{name: part for name, part in one.items() if name != "anyOf"} for one in (written, read)]
    ways = [[around[n] | one for one in schema.get("anyOf", [{}])] for n, schema in enumerate((written, read))]
    found = [min((misunderstandings(way, other, at) for other in ways[1]), key=len) for way in ways[0]]
    return [complaint for complaints in found for complaint in complaints]


def _types(written: Any, read: Any, at: str) -> list[str]:
    if "type" not in read:
        return []
    may, reads = (_listed(one.get("type", _ANYTHING)) for one in (written, read))
    if "number" in reads:
        reads.append("integer")
    return [f"{at}: may be of type {name}, which is refused" for name in may if name not in reads]


def _values(written: Any, read: Any, at: str) -> list[str]:
    may, reads = (one.get("enum", [one["const"]] if "const" in one else None) for one in (written, read))
    if reads is None:
        return []
    if may is None:
        return [f"{at}: may have any value, of which some are refused"]
    return [f"{at}: may be {value!r}, which is refused" for value in may if value not in reads]


def _bounds(written: Any, read: Any, at: str) -> list[str]:
    least = [name for name in ("minimum", "minLength") if name in read]
    most = [name for name in ("maximum", "maxLength") if name in read]
    return [
        *(f"{at}: {name} is higher" for name in least if name not in written or written[name] < read[name]),
        *(f"{at}: {name} is lower" for name in most if name not in written or written[name] > read[name]),
    ]


def _fields(written: Any, read: Any, at: str) -> list[str]:
    writes, reads = written.get("properties", {}), read.get("properties", {})
    others = read.get("additionalProperties", True)
    complaints = [
        f"{at}/{name}: may be left off, and is required"
        for name in read.get("required", [])
        if name not in written.get("required", [])
    ]
    for name, field in writes.items():
        if name not in reads and others is False:
            complaints.append(f"{at}/{name}: may be there, and is refused")
        else:
            complaints += misunderstandings(field, reads.get(name, others), f"{at}/{name}")
    if "additionalProperties" in read:
        complaints += misunderstandings(written.get("additionalProperties", True) or False, others, f"{at}/*")
    if "propertyNames" in read:
        complaints += misunderstandings(written.get("propertyNames", {}), read["propertyNames"], f"{at}/(names)")
    return complaints


def _items(written: Any, read: Any, at: str) -> list[str]:
    if "items" not in read:
        return []
    if "items" not in written:
        return [f"{at}: may have any items, of which some are refused"]
    return misunderstandings(written["items"], read["items"], f"{at}/[]")


def _listed(types: str | list[str]) -> list[str]:
    return [types] if isinstance(types, str) else list(types)


def _bare(schema: Any) -> Any:
    """The schema without what decides nothing."""
    if isinstance(schema, list):
        return [_bare(one) for one in schema]
    if isinstance(schema, dict):
        said = {name: one for name, one in schema.items() if name not in ANNOTATIONS or isinstance(one, dict)}
        return {name: _bare(one) for name, one in said.items()}
    return schema
