"""Shapes of JSON documents, as CONTRACT names them; a document has neither more nor less."""

from __future__ import annotations

from typing import Any

__all__ = ["ABSENT", "TALLY", "one_of", "wrong"]

Shape = Any
"""A type; a dict of names to shapes; a list with the shape of each of its items; a tuple of alternatives; TALLY."""

TALLY = object()
"""A dict of any names to whole numbers."""
ABSENT = object()
"""Beside another in a tuple: the name may be missing."""


def one_of(*values: object) -> Shape:
    """One of these values."""
    return frozenset(values)


def wrong(found: Any, shape: Shape, at: str = "$") -> list[str]:
    """Where the document is not of that shape; empty where it is."""
    if isinstance(shape, tuple):
        told = [wrong(found, each, at) for each in shape if each is not ABSENT]
        return [] if [] in told else min(told, key=len)
    if isinstance(shape, frozenset):
        return [] if found in shape else [f"{at} is {found!r}"]
    if shape is TALLY:
        return wrong(found, dict, at) or [f"{at}.{name}" for name, n in found.items() if type(n) is not int]
    if isinstance(shape, list):
        each = wrong(found, list, at)
        return each or [said for number, item in enumerate(found) for said in wrong(item, shape[0], f"{at}[{number}]")]
    if isinstance(shape, dict):
        return wrong(found, dict, at) or _wrong_names(found, shape, at)
    ok = found is None if shape is None else type(found) is shape
    return [] if ok else [f"{at} is {type(found).__name__}, not {shape}"]


def _wrong_names(found: dict[str, Any], shape: dict[str, Shape], at: str) -> list[str]:
    must = {name for name, each in shape.items() if not (isinstance(each, tuple) and ABSENT in each)}
    missing = [f"{at}.{name} is missing" for name in sorted(must - set(found))]
    more = [f"{at}.{name} is not in the contract" for name in sorted(set(found) - set(shape))]
    known = [name for name in found if name in shape]
    inside = [said for name in known for said in wrong(found[name], shape[name], f"{at}.{name}")]
    return [*missing, *more, *inside]
