"""Figures over HTTP: those of the command line, at one position, and repeated for nothing."""

from __future__ import annotations

from tests.services.api.office import DAY, Office


def test_counts_are_those_of_the_register_with_what_every_answer_carries(office: Office) -> None:
    answer = office.json("reporting", f"/v1/counts?on={DAY}&by=kecamatan")

    assert answer["official"] == answer["explained"] + answer["truly"] == answer["total"]["official"]
    assert answer["reading_version"] == 1
    assert answer["accepted"].endswith("Z")
    assert sum(row["truly"] for row in answer["rows"]) == answer["truly"]
