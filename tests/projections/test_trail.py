from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from events.errors import NoAnswer, WrongUse
from projections.trails import explain_answer, trail_answer
from tests.projections.register import ACCEPTED
from tests.projections.residents import (
    HERE,
    SOURCE,
    THERE,
    captured,
    day,
    declared,
    departed,
    died,
    found,
    listed,
    moved,
    status,
    withdrawn,
)

if TYPE_CHECKING:
    from tests.projections.register import Register

ANI, BUDI = "5371010101909001", "5371010101909002"
LIST = "PUSAT-2018-11"


def account(area: str, standing: str) -> dict[str, str]:
    return {"area": area, "standing": standing}


def effects(answer: dict[str, Any]) -> list[list[tuple[str, str, str, int]]]:
    return [
        [(one["valid_on"], one["from"]["standing"], one["to"]["standing"], one["people"]) for one in fact["effect"]]
        for fact in answer["facts"]
    ]


def test_a_fact_is_shown_with_its_times_and_what_it_changed(register: Register) -> None:
    listing = listed("2018-11-01", written="2018-11-05")
    subject = register.tell(ANI, listing)
    assert trail_answer(register.cursor, subject, 1) == {
        "subject": subject.hex,
        "position": 1,
        "facts": [
            {
                "position": 1,
                "type": "rekam.listing.resident_listed.v1",
                "source": SOURCE,
                "id": listing.id,
                "valid_on": "2018-11-01",
                "recordedtime": "2018-11-05T02:00:00.000000Z",
                "accepted": ACCEPTED,
                "withdrawn_by": None,
                "effect": [
                    {
                        "valid_on": "2018-11-01",
                        "from": account("-", "nowhere"),
                        "to": account(HERE, "outstanding"),
                        "people": 1,
                    }
                ],
                "anomalies": [],
            }
        ],
        "anomalies": [],
        "timeline": [{"from": "2018-11-01", "area": HERE, "standing": "outstanding"}],
    }


def test_a_late_death_takes_back_the_recording_it_cancels(register: Register) -> None:
    subject = register.tell(ANI, listed("2018-11-01"), captured("2018-11-20"), died("2018-11-10", written="2018-12-01"))
    answer = trail_answer(register.cursor, subject, 3)
    assert effects(answer)[2] == [
        ("2018-11-10", "outstanding", "deceased", 1),
        ("2018-11-20", "outstanding", "recorded", -1),
    ]
    assert [step["standing"] for step in answer["timeline"]] == ["outstanding", "deceased"]
    assert answer["anomalies"] == [{"name": "event_after_death", "facts": [2, 3]}]
    assert [fact["anomalies"] for fact in answer["facts"]] == [[], ["event_after_death"], ["event_after_death"]]


def test_a_withdrawn_fact_names_its_withdrawal_and_the_anomaly_goes_with_it(register: Register) -> None:
    death = died("2018-11-10")
    subject = register.tell(
        ANI, listed("2018-11-01"), captured("2018-11-20"), death, withdrawn(death), withdrawn(death)
    )
    answer = trail_answer(register.cursor, subject, 5)
    assert [fact["withdrawn_by"] for fact in answer["facts"]] == [None, None, 4, None, None]
    assert answer["facts"][3]["valid_on"] is None
    assert answer["anomalies"] == []
    assert [step["standing"] for step in answer["timeline"]] == ["outstanding", "recorded"]


def test_as_known_before_a_fact_nothing_of_it_is_there(register: Register) -> None:
    death = died("2018-11-10")
    subject = register.tell(ANI, listed("2018-11-01"), captured("2018-11-20"), death, withdrawn(death))
    answer = trail_answer(register.cursor, subject, 3)
    assert [fact["withdrawn_by"] for fact in answer["facts"]] == [None, None, None]
    assert answer["timeline"][-1] == {"from": "2018-11-10", "area": HERE, "standing": "deceased"}
    assert [anomaly["name"] for anomaly in answer["anomalies"]] == ["event_after_death"]


def test_a_fact_without_effect_is_a_fact(register: Register) -> None:
    subject = register.tell(ANI, listed("2018-11-01"), status("2018-11-03", "UNREGISTERED"))
    assert effects(trail_answer(register.cursor, subject, 2))[1] == []


def test_a_list_has_a_trail_that_changes_nobody(register: Register) -> None:
    declaration = declared("2018-11-01", 3, {HERE: 3})
    subject = register.tell(LIST, declaration, withdrawn(declaration))
    answer = trail_answer(register.cursor, subject, 2)
    assert [(fact["type"], fact["withdrawn_by"]) for fact in answer["facts"]] == [
        ("rekam.listing.list_declared.v1", 2),
        ("rekam.correction.fact_withdrawn.v1", None),
    ]
    assert (effects(answer), answer["timeline"]) == ([[], []], [])


def test_of_an_unknown_subject_there_is_no_trail(register: Register) -> None:
    subject = register.person(ANI).subject
    with pytest.raises(NoAnswer, match=f"nothing is known of subject {subject.hex} at position 0"):
        trail_answer(register.cursor, subject, 0)


def test_a_position_ahead_of_the_view_is_refused(register: Register) -> None:
    subject = register.tell(ANI, listed("2018-11-01"))
    with pytest.raises(NoAnswer, match="position 2 is ahead of the view trail, which is at 1"):
        trail_answer(register.cursor, subject, 2)


def test_a_figure_opens_the_trail_of_each_person_behind_it(register: Register) -> None:
    register.tell(LIST, declared("2018-11-01", 2, {HERE: 2}))
    ani = register.tell(ANI, listed("2018-11-01"), moved("2018-11-05", HERE, THERE))
    budi = register.tell(BUDI, listed("2018-11-01"), found("2018-11-10", "moved_away"))
    on = day("2018-11-23")

    def people(area: str, standing: str, known: int = 5) -> list[str]:
        answer = explain_answer(register.cursor, area, standing, on, known)
        assert answer["people"] == len(answer["residents"])
        return [one["subject"] for one in answer["residents"]]

    both = sorted([ani.hex, budi.hex])
    assert people(THERE, "outstanding") == people("53.71.02", "outstanding") == [ani.hex]
    assert people(HERE, "explained") == people("53.71", "explained_moved") == [budi.hex]
    assert people("53.71", "official") == both
    assert people("-", "unlisted") == people(HERE, "departed") == []
    assert people(HERE, "outstanding", known=4) == [budi.hex]


def test_what_was_withdrawn_is_explained_no_more(register: Register) -> None:
    letter = departed("2018-11-05")
    register.tell(LIST, declared("2018-11-01", 1, {HERE: 1}))
    register.tell(ANI, listed("2018-11-01"), letter, withdrawn(letter))
    for known, people in ((3, 1), (4, 0)):
        answer = explain_answer(register.cursor, "53.71", "departed", day("2018-11-23"), known)
        assert answer["people"] == people


def test_no_figure_before_the_first_day_of_the_lists_known_then(register: Register) -> None:
    register.tell(ANI, listed("2018-11-01"))
    early = declared("2018-10-01", 1, {HERE: 1})
    register.tell(LIST, early, declared("2018-11-01", 1, {HERE: 1}), withdrawn(early))
    explain_answer(register.cursor, HERE, "outstanding", day("2018-10-01"), 3)
    with pytest.raises(NoAnswer, match="2018-10-31 is before the register's first day, 2018-11-01 at position 4"):
        explain_answer(register.cursor, HERE, "outstanding", day("2018-10-31"), 4)
    with pytest.raises(NoAnswer, match="no list is declared at position 1"):
        explain_answer(register.cursor, HERE, "outstanding", day("2018-11-23"), 1)


@pytest.mark.parametrize(
    ("area", "standing", "reason"),
    [("53.72", "outstanding", "no such area: '53.72'"), (HERE, "lost", "no such standing: 'lost'")],
)
def test_a_word_that_is_none_is_wrong_use(register: Register, area: str, standing: str, reason: str) -> None:
    with pytest.raises(WrongUse, match=reason):
        explain_answer(register.cursor, area, standing, day("2018-11-23"), 0)


def test_two_anomalies_of_a_fact_are_both_named(register: Register) -> None:
    listing = replace(listed("2018-11-12"), flags=("nik_sex_differs",))
    subject = register.tell(ANI, listing, died("2018-11-10"))
    answer = trail_answer(register.cursor, subject, 2)
    assert answer["facts"][0]["anomalies"] == ["listed_after_death", "nik_sex_differs"]
    assert answer["facts"][1]["anomalies"] == ["listed_after_death"]
