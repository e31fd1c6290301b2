"""The views that there are, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from projections.counts import COUNTS
from projections.outstanding import OUTSTANDING
from projections.trail import TRAIL

if TYPE_CHECKING:
    from projections.views import View

__all__ = ["VIEWS"]

VIEWS: Final[dict[str, View]] = {view.name: view for view in (COUNTS, TRAIL, OUTSTANDING)}
