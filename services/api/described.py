"""How operations are described in OpenAPI 3.1: the answer, 304, and every problem as RFC 9457."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi.openapi.utils import get_openapi

from services.api.problem import MEDIA_TYPE, Problem

if TYPE_CHECKING:
    from fastapi import FastAPI
    from pydantic import BaseModel

__all__ = ["answers", "describe"]

API_VERSION: Final = "1.0.0"
"""Of what is promised here, not of the program: what is added raises its middle, and nothing is taken away."""

_DESCRIPTION: Final = """
The register of who in a city still has to be recorded for the electronic identity card, as figures and by name.

Every answer says at which `position` of the log it is true (`known`), and for which day (`on`). The same question at
the same position has the same answer for ever. Repeat the `ETag` in `If-None-Match`, and what has not changed costs a
304.
Programs show a token of `rekam user token`, as `Authorization: Bearer …`.
"""


def answers(model: type[BaseModel] | None, *media: str, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """The responses of an operation whose answer is of the model; with `media`, of those types and not described."""
    shape: dict[str, Any] = {"content": {one: {} for one in media}} if media else {"model": model}
    right = {"description": "The answer.", **shape}
    return {
        status: right,
        304: {"description": "What you know by this `ETag` still holds."},
        "4XX": {"model": Problem, "description": "A problem of yours (RFC 9457)."},
        "5XX": {"model": Problem, "description": "A problem of ours, or not yet."},
    }


def describe(app: FastAPI) -> dict[str, Any]:
    """The document, made once."""
    if app.openapi_schema is None:
        app.openapi_schema = _described(app)
    return app.openapi_schema


def _described(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title="Rekam", version=API_VERSION, summary="Who still has to be recorded.", description=_DESCRIPTION.strip(),
        routes=app.routes, openapi_version="3.1.0", license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )  # fmt: skip
    document["components"].setdefault("securitySchemes", {})["token"] = {
        "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "`rekam user token NAME`",
    }  # fmt: skip
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if path != "/v1/health":
                operation["security"] = [{"token": []}]
            _as_problems(operation["responses"])
    return document


def _as_problems(responses: dict[str, Any]) -> None:
    for status, response in responses.items():
        if status in {"4XX", "5XX"} and "content" in response:
            response["content"] = {MEDIA_TYPE: response["content"]["application/json"]}
