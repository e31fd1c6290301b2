"""Writes the contracts in print: `python -m services.printing`, into docs/contracts and docs/api of this checkout.

It never writes into a folder `frozen`, where the contracts stay as they were released.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from events.contracts import EVENT, data_schema, event_schema
from events.facts import TYPES
from services.api.app import make_app
from services.asyncapi import document
from services.settings import from_environ
from services.told import PARKED, RECEIPT, parked_schema, receipt_schema

__all__ = ["API", "CONTRACTS", "main", "printed", "printed_api"]

_DOCS: Final = Path(__file__).resolve().parent.parent / "docs"
CONTRACTS: Final = _DOCS / "contracts"
API: Final = _DOCS / "api" / "openapi.json"


def printed() -> dict[str, str]:
    """The name of each file to what it holds."""
    schemas: dict[str, Any] = {type_: data_schema(type_) for type_ in TYPES}
    schemas |= {EVENT: event_schema(), RECEIPT: receipt_schema(), PARKED: parked_schema(), "asyncapi": document()}
    return {f"{name}.json": json.dumps(one, ensure_ascii=False, indent=2) + "\n" for name, one in schemas.items()}


def printed_api() -> str:
    """The OpenAPI document, in an order that does not depend on how it was made."""
    return json.dumps(make_app(from_environ({})).openapi(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def main() -> None:
    CONTRACTS.mkdir(parents=True, exist_ok=True)
    wanted = printed()
    for file in CONTRACTS.glob("*.json"):
        if file.name not in wanted:
            file.unlink()
    for name, text in wanted.items():
        (CONTRACTS / name).write_text(text)
    API.parent.mkdir(parents=True, exist_ok=True)
    API.write_text(printed_api())


if __name__ == "__main__":
    main()
