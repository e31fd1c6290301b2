"""Plan and load are functions of the seed alone, and between them the short seeds leave nothing out."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from events.envelope import check
from events.errors import Refused
from tests.faults import judge
from tests.faults.load import PUBLISHERS, messages
from tests.faults.plan import KINDS, plan
from tests.faults.test_meaning import HEADERS, NOW

FOLDER = Path(judge.__file__).parent


def test_a_plan_is_the_same_every_time_and_another_for_another_seed() -> None:
    assert plan(7, 5) == plan(7, 5)
    assert plan(7, 5) != plan(8, 5)


def test_a_plan_is_in_order_of_time_and_ends_before_the_load_does() -> None:
    faults = plan(7, 5)

    assert [fault.at_s for fault in faults] == sorted(fault.at_s for fault in faults)
    assert faults[0].at_s >= 0
    assert faults[-1].at_s <= 250


def test_a_long_plan_has_every_kind_at_every_target() -> None:
    told = {(fault.kind, fault.target) for fault in plan(1, 60)}

    assert told == {(name, target) for name, kind in KINDS.items() for target in kind.targets}


def test_the_load_is_the_same_every_time() -> None:
    assert messages(3, "siak", 200) == messages(3, "siak", 200)


@pytest.mark.parametrize("publisher", PUBLISHERS)
def test_every_line_deserves_the_code_that_it_says(publisher: str) -> None:
    said: dict[str | None, int] = {}
    for message in messages(5, publisher, 2000):
        try:
            check(message.topic, HEADERS, message.value, NOW, frozenset())
            code = None
        except Refused as refused:
            code = refused.code
        assert code == message.code, message
        said[code] = said.get(code, 0) + 1

    assert len(said) == (1 if publisher == PUBLISHERS[0] else 10)


def test_the_judge_shares_no_code_with_what_it_judges() -> None:
    """Only the standard library, psycopg and its own rooms; not even what the tests share with the product."""
    named = {
        name
        for file in FOLDER.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        for name in (
            [one.name for one in node.names]
            if isinstance(node, ast.Import)
            else [str(node.module)]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    ours = {name for name in named if name.partition(".")[0] in ("events", "projections", "services", "tests")}

    assert ours
    assert {name for name in ours if not f"{name}.".startswith("tests.faults.judge.")} == set()
    assert not any(
        isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) in ("import_module", "__import__")
        for file in FOLDER.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
    )
