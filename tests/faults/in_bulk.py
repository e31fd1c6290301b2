"""`rekam rebuild VIEW` as it works on a long log, also on a short one: in bulk, and a loader's share in several spans.

    python -m tests.faults.in_bulk counts

It says on stderr when it loads in bulk.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from services import bulk, rebuilding
from services.bulk import Bulk
from services.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["IN_BULK"]

IN_BULK: Final = "loads in bulk"
FACTS: Final = 500
AT_ONCE: Final = 200


def _telling(load: Callable[..., None]) -> Callable[..., None]:
    def told(*arguments: Any) -> None:
        print(IN_BULK, file=sys.stderr, flush=True)
        load(*arguments)

    return told


if __name__ == "__main__":
    rebuilding.BULK = FACTS  # type: ignore[misc]
    bulk._AT_ONCE = AT_ONCE  # type: ignore[misc]
    Bulk.load = _telling(Bulk.load)  # type: ignore[method-assign]
    main(["rebuild", *sys.argv[1:]])
