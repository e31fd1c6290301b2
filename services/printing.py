"""Writes the contracts in print: `python -m services.printing`, into docs/contracts of this checkout.

It never writes into docs/contracts/frozen, where the contracts stay as they were released.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from events.contracts import EVENT, data_schema, event_schema
from events.facts import TYPES
from services.asyncapi import document
from services.told import PARKED, RECEIPT, parked_schema, receipt_schema

__all__ = ["CONTRACTS", "main", "printed"]

CONTRACTS: Final = Path(__file__).resolve().parent.parent / "docs" / "contracts"


def printed() -> dict[str, str]:
    """The name of each file to what it holds."""
    schemas: dict[str, Any] = {type_: data_schema(type_) for type_ in TYPES}
    schemas |= {EVENT: event_schema(), RECEIPT: receipt_schema(), PARKED: parked_schema(), "asyncapi": document()}
    return {f"{name}.json": json.dumps(one, ensure_ascii=False, indent=2) + "\n" for name, one in schemas.items()}


def main() -> None:
    CONTRACTS.mkdir(parents=True, exist_ok=True)
    wanted = printed()
    for file in CONTRACTS.glob("*.json"):
        if file.name not in wanted:
            file.unlink()
    for name, text in wanted.items():
        (CONTRACTS / name).write_text(text)


if __name__ == "__main__":
    main()
