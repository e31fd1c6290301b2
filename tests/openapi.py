"""Whether a program that was written for one OpenAPI document still works with another."""

from __future__ import annotations

from typing import Any

from tests.compatibility import misunderstandings

__all__ = ["broken", "whole"]

Document = dict[str, Any]


def broken(before: Document, now: Document) -> list[str]:
    """What a program may send that is refused now, and what it may be told that it does not understand; each by place.

    Operations and parameters may come, answers may say more; nothing that is there may go, or be wanted where it was
    not.
    """
    complaints = []
    for path, operations in before["paths"].items():
        for method, operation in operations.items():
            at, there = f"{method.upper()} {path}", now["paths"].get(path, {}).get(method)
            if there is None:
                complaints.append(f"{at} has gone")
            else:
                complaints += _operation(at, (before, operation), (now, there))
    return complaints


def whole(document: Document, schema: Any) -> Any:
    """The schema with what it refers to in its place; none of ours refers to itself."""
    if isinstance(schema, list):
        return [whole(document, one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return whole(document, document["components"]["schemas"][name])
    return {name: whole(document, one) for name, one in schema.items()}


def _operation(at: str, before: tuple[Document, Any], now: tuple[Document, Any]) -> list[str]:
    complaints = _parameters(at, before, now)
    asked, wanted = (_body(*one) for one in (before, now))
    if wanted is not None and asked is None:
        complaints.append(f"{at} wants a body")
    elif wanted is not None:
        complaints += misunderstandings(asked, wanted, f"{at} body")
    told = {status: _said(before[0], one) for status, one in before[1]["responses"].items()}
    for status, media in told.items():
        answers = _said(now[0], now[1]["responses"].get(status, {}))
        for name, schema in media.items():
            if name not in answers:
                complaints.append(f"{at} {status} is {name} no more")
            else:
                complaints += misunderstandings(answers[name], schema, f"{at} {status}")
    return complaints


def _parameters(at: str, before: tuple[Document, Any], now: tuple[Document, Any]) -> list[str]:
    asked, wanted = (
        {(one["in"], one["name"]): one for one in operation.get("parameters", ())} for _, operation in (before, now)
    )
    complaints = [f"{at} {name} has gone" for _, name in asked.keys() - wanted.keys()]
    for place, parameter in wanted.items():
        if place in asked:
            schemas = whole(before[0], asked[place]["schema"]), whole(now[0], parameter["schema"])
            complaints += misunderstandings(*schemas, f"{at} {place[1]}")
        if parameter.get("required") and not asked.get(place, {}).get("required"):
            complaints.append(f"{at} {place[1]} is wanted")
    return sorted(complaints)


def _body(document: Document, operation: Any) -> Any:
    content = operation.get("requestBody", {}).get("content", {})
    return whole(document, content["application/json"]["schema"]) if "application/json" in content else None


def _said(document: Document, response: Any) -> dict[str, Any]:
    """By media type; one that is not described any further may be anything."""
    return {name: whole(document, one.get("schema", {})) for name, one in response.get("content", {}).items()}
