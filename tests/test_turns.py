"""What goes to which worker: the table names files that are there, and all that wait for the demo."""

from __future__ import annotations

import re

from tests.documents import ROOT
from tests.turns import LONGEST_FIRST, TOGETHER, unit_of

FILES = sorted(str(file.relative_to(ROOT)) for file in (ROOT / "tests").rglob("test_*.py"))


def test_every_name_in_the_table_is_a_file_that_is_there_or_begins_the_name_of_one() -> None:
    named = [one for files in TOGETHER.values() for one in files]
    named += [one for one in LONGEST_FIRST if one not in TOGETHER]

    assert [one for one in named if not any(file.startswith(one) for file in FILES)] == []


def test_all_that_ask_for_the_demo_that_stays_up_have_it_together() -> None:
    asking = [file for file in FILES if re.search(r"def \w+\([^)]*\brekam: CommandLine", (ROOT / file).read_text())]

    assert len(asking) > 1
    assert {unit_of(file) for file in asking} == {"rekam"}


def test_any_other_file_is_one_workers_as_a_whole() -> None:
    assert unit_of("tests/events/test_nik.py::test_one[a::b]") == "tests/events/test_nik.py"
