"""An answer: a JSON document, how it is shown to people, and whether it is a yes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from services import page

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Answer"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command found. `ok` is False where the answer is a "no", which is exit 1."""

    document: dict[str, Any]
    shown: Callable[[dict[str, Any]], None] = field(repr=False)
    ok: bool = True

    def print(self, *, as_json: bool) -> None:
        if as_json:
            page.print_json(self.document)
        else:
            self.shown(self.document)
