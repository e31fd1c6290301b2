"""Which tests share a worker under `pytest -n`, and which go first: those that start most engines.

Every worker has engines of its own: its PostgreSQL, its Kafka, its demo. So nothing is shared between two of them, and
what costs most to be made, the demo that `rekam` waits for and the office, is made on one worker where it can be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xdist.scheduler import LoadFileScheduling

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest
    from xdist.remote import Producer

__all__ = ["LONGEST_FIRST", "TOGETHER", "Turns", "in_turn"]

#: Files, or folders of them, by the fixture of the session that they ask for: one worker has them one after the other.
TOGETHER: Final[dict[str, tuple[str, ...]]] = {
    "rekam": ("tests/services/test_cli_", "tests/services/test_demo.py", "tests/services/access/test_commands.py"),
}

#: What is begun first, so that nothing long is left for one worker alone at the end; all others come in their order.
#: The order is that of what they start; no whole run has been measured by file yet.
LONGEST_FIRST: Final = (
    "tests/soak/test_soak.py",
    "tests/faults/test_seeds.py",
    "rekam",
    "tests/services/test_up.py",
    "tests/test_docs_run.py",
    "tests/kafka/test_composed.py",
    "tests/kafka/test_cluster.py",
    "tests/kafka/test_kills.py",
    "tests/services/test_embedded.py",
    "tests/kafka/test_java.py",
    "tests/kafka/test_readme.py",
    "tests/services/api/test_schemathesis.py",
    "tests/services/test_backups.py",
    "tests/services/test_standby.py",
    "tests/services/pages/test_in_a_browser.py",
)


def unit_of(nodeid: str) -> str:
    """The name of what goes to one worker: a file, or the files that stand together."""
    file = nodeid.partition("::")[0]
    return next((name for name, files in TOGETHER.items() if file.startswith(files)), file)


def in_turn(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """The same tests; a file's own stay in their order."""
    places = {unit: place for place, unit in enumerate(LONGEST_FIRST)}
    return sorted(items, key=lambda item: places.get(unit_of(item.nodeid), len(places)))


class Turns(LoadFileScheduling):  # type: ignore[misc]
    """Hands out files, or files that stand together, in the order of the collection."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        config.option.loadscopereorder = False  # which would put first whatever has most tests
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)
