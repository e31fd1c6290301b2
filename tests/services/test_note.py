"""The demo's note: a folder holds the people of one demo, and no others come among them."""

from __future__ import annotations

import json
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from events.errors import Refusal
from services.note import End, Note

if TYPE_CHECKING:
    from pathlib import Path

CHOICES = ((False, False, 2018), (True, False, 2018), (False, True, 2018), (True, True, 2018), (True, True, 3))


@pytest.mark.parametrize(("begun", "other"), list(permutations(CHOICES, 2)))
def test_a_folder_is_for_the_choice_it_was_begun_with(
    tmp_path: Path, begun: tuple[bool, bool, int], other: tuple[bool, bool, int]
) -> None:
    note = Note(tmp_path / "demo.json")
    note.claim(*begun)
    note.claim(*begun)

    with pytest.raises(Refusal, match=rf"demo.* --seed {begun[2]}`, who would mix with these: set REKAM_DATA") as why:
        note.claim(*other)

    assert ("--quick" in str(why.value), "--city" in str(why.value)) == begun[:2]


def test_a_folder_that_was_begun_before_there_was_a_city_is_without_one(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text(json.dumps({"quick": True, "seed": 2018}))
    note = Note(tmp_path / "demo.json")

    note.claim(quick=True, city=False, seed=2018)
    with pytest.raises(Refusal, match="`rekam demo --quick --seed 2018`"):
        note.claim(quick=True, city=True, seed=2018)


def test_the_ends_of_its_chapters_are_kept_beside_the_choice(tmp_path: Path) -> None:
    note = Note(tmp_path / "demo.json")
    note.claim(*CHOICES[2])
    assert note.end("register") is None

    note.keep("register", End(596_613, "ab"))
    note.keep("between", End(700_211, None))

    assert (note.end("register"), note.end("between")) == (End(596_613, "ab"), End(700_211, None))
    note.claim(*CHOICES[2])


def test_only_a_claim_begins_a_demo_and_it_says_where_it_is_published(tmp_path: Path) -> None:
    note = Note(tmp_path / "demo.json")

    note.check(*CHOICES[0])
    assert (note.begun, note.kafka, list(tmp_path.iterdir())) == (False, None, [])

    note.claim(*CHOICES[0], kafka="k:9092")
    note.keep("between", End(7, "ab"))
    assert (note.begun, note.kafka) == (True, "k:9092")
    with pytest.raises(Refusal, match="set REKAM_DATA"):
        note.check(*CHOICES[1])

    note.claim(*CHOICES[0])
    assert (note.kafka, note.end("between")) == ("", End(7, "ab"))
