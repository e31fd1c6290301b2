"""What the screens of people, the audit and the operations are given, from documents alone."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.facts import TYPES
from projections.noted import NAMES
from projections.punctuality import BUCKETS
from projections.reading import STANDINGS
from projections.selection import WORDS
from services.access.follow_ups import STATES
from services.access.readings import ACTIONS
from services.access.roles import PURPOSES, Caller, Operation, Role
from services.pages import operations, outstanding, proof, resident
from services.pages.frame import Frame
from services.pages.rendering import render
from services.pages.words import CATALOGUE, Words

SUPERVISOR = Caller("maria", Role.SUPERVISOR)
CODES = (
    "unreadable", "too_large", "not_json", "not_cloudevents", "unknown_type", "wrong_topic", "bad_time", "bad_nik",
    "unknown_kelurahan", "bad_data", "not_yours_to_withdraw", "withdraws_a_withdrawal", "waits_for_target", "conflict",
)  # fmt: skip


def frame(**query: str) -> Frame:
    return Frame(Words("en"), "/list", SUPERVISOR, query, date(2018, 11, 23), 1829)


def asked_by(href: str) -> dict[str, str]:
    return {name: said[0] for name, said in parse_qs(urlsplit(href).query).items()}


# ------------------------------------------------------------------ every word there may be


@pytest.mark.parametrize(
    "key",
    [
        *(resident.word_of(type_) for type_ in TYPES),
        *(f"anomaly.{name}" for name in NAMES),
        *(f"action.{action}" for action in ACTIONS),
        *(f"purpose.{purpose}" for purpose in PURPOSES),
        *(f"state.{state}" for state in STATES),
        *(f"code.{code}" for code in CODES),
        *(f"came.{outcome}" for outcome in (*operations.OUTCOMES, "dismissed", "not_open")),
        *(f"role.{role}" for role in Role),
        *(f"bucket.{at}" for at in range(len(BUCKETS))),
        *(f"filter.{name}" for name in outstanding.FILTERS),
        *(f"audit.{name}" for name, _, _ in proof.PARTS),
        *(outstanding.standing_word(one) for one in (*STANDINGS, *WORDS)),
    ],
)
def test_there_is_a_word_for_everything_that_may_be_shown(key: str) -> None:
    assert key in CATALOGUE


def test_the_parts_of_the_audit_are_for_roles_that_there_are() -> None:
    assert {Operation(operation) for _, _, operation in proof.PARTS}


# ------------------------------------------------------------------ the list


rows = st.lists(
    st.fixed_dictionaries(
        {
            "kelurahan": st.sampled_from(["53.71.01.1001", "53.71.04.1001", "-"]),
            "rw": st.sampled_from([None, "001", "002"]),
            "rt": st.sampled_from([None, "001", "013"]),
        }
    ),
    max_size=20,
)


@given(rows)
def test_groups_keep_every_row_in_its_place(some: list[dict[str, Any]]) -> None:
    made = list(outstanding.groups(some))

    assert list(itertools.chain(*(group.rows for group in made))) == some
    assert all(one[:4] != two[:4] for one, two in itertools.pairwise(made))
    kelurahan = [group.kelurahan for group in made if group.first]
    assert kelurahan == [key for key, _ in itertools.groupby(row["kelurahan"] for row in some)]


def test_a_shortcut_asks_for_a_filter_and_takes_it_away_again() -> None:
    off = next(outstanding.shortcuts(frame(list="PUSAT", after="key")))
    on = next(outstanding.shortcuts(frame(list="PUSAT", age_from="23")))

    assert (off.on, asked_by(off.href)) == (False, {"list": "PUSAT", "age_from": "23"})
    assert (on.on, asked_by(on.href)) == (True, {"list": "PUSAT"})


def test_who_turns_17_is_asked_about_until_the_end_of_the_year() -> None:
    *_, last = outstanding.shortcuts(frame())

    assert asked_by(last.href) == {"standing": "underage", "leaves_before": "2018-12-31"}


def test_on_the_years_last_day_it_is_the_next_year() -> None:
    *_, last = outstanding.shortcuts(Frame(Words("en"), "/list", SUPERVISOR, {}, date(2018, 12, 31), 1))

    assert last.value == date(2019, 12, 31)


def test_a_file_has_the_filters_the_purpose_and_the_position_of_the_page_and_all_of_its_rows() -> None:
    made = outstanding.files(frame(rw="001", purpose="home_visit", after="key", limit="5"))
    asked = {"rw": "001", "purpose": "home_visit", "language": "en", "on": "2018-11-23", "known": "1829"}

    assert [asked_by(href) for _, href in made] == [
        {**asked, "format": "csv"},
        {**asked, "format": "csv", "separator": "semicolon"},
        {**asked, "format": "xlsx"},
    ]


@pytest.mark.parametrize(
    ("standing", "area"),
    [
        ("outstanding", "53.71"),
        ("official", "53.71"),
        ("explained", "53.71"),
        ("unlisted", "-"),
        ("settled", None),
        ("cleared", None),
    ],
)
def test_a_figure_is_explained_where_everybody_of_it_is_in_one_area(standing: str, area: str | None) -> None:
    document: dict[str, Any] = {"list": None, "standing": standing, "kelurahan": None, "areas": []}
    href = outstanding.explain(frame(), document)

    asked = {"standing": standing, "kelurahan": area, "on": "2018-11-23", "known": "1829"}
    assert (None if href is None else asked_by(href)) == (None if area is None else asked)
    assert "kelurahan=53.71.01&" in str(outstanding.explain(frame(), {**document, "kelurahan": "53.71.01"}))


def test_an_officer_chooses_among_their_own_areas() -> None:
    one = outstanding.areas(("53.71.01.1001",))
    kecamatan = outstanding.areas(("53.71.01",))

    assert [(code, [area for area, _ in some]) for code, _, some in one] == [("", ["53.71.01.1001"])]
    assert [code for code, _, _ in kecamatan] == ["53.71.01"]
    assert len(outstanding.areas(())) == 6
    assert sum(len(some) for _, _, some in outstanding.areas(())) == 51


# ------------------------------------------------------------------ a resident


def fact(position: int, valid_on: str | None, **more: Any) -> dict[str, Any]:
    told = {"type": "rekam.finding.reported.v1", "recordedtime": "2018-11-20T00:00:00.000000Z", "effect": []}
    return {"position": position, "valid_on": valid_on, "withdrawn_by": None, **told, **more}


def test_facts_are_numbered_as_they_happened() -> None:
    trail = {"facts": [fact(3, "2018-11-23"), fact(5, "2018-11-01"), fact(7, None), fact(9, "2018-11-20")]}

    assert [(one.number, one.fact["position"]) for one in resident.told(trail)] == [(1, 5), (2, 7), (3, 9), (4, 3)]


def test_what_no_longer_holds_comes_after_what_is_new() -> None:
    here, there = {"area": "53.71.01.1001", "standing": "outstanding"}, {"area": "-", "standing": "nowhere"}
    effects = [
        {"valid_on": "2018-11-01", "from": there, "to": here, "people": -1},
        {"valid_on": "2018-11-02", "from": there, "to": here, "people": 1},
    ]
    new, gone = resident.changes(effects)

    assert (new.day, new.place, new.again) == ("2018-11-02", "Namosain", False)
    assert (gone.day, gone.again) == ("2018-11-01", True)


@pytest.mark.parametrize("standing", [*STANDINGS, "nowhere"])
def test_every_standing_has_a_colour(standing: str) -> None:
    assert resident.kind_of(standing) in {"truly", "explained", "settled", "before"}


# ------------------------------------------------------------------ operations


STATUS: dict[str, Any] = {
    "position": 10,
    "accounted": {"appended": 8, "duplicate": 1, "quarantined": 2},
    "projections": {"counts": 10, "trail": 7, "outstanding": 10},
    "quarantine": {"bad_nik": 2},
    "relayed": {"rekam.log": 9},
    "standing_still": ["trail"],
}


def test_how_far_each_has_come_is_told_against_the_log() -> None:
    assert [(one.word, one.behind, one.still) for one in operations.ways(STATUS)] == [
        ("way.counts", 0, False), ("way.trail", 3, True), ("way.outstanding", 0, False), ("way.relay", 1, False)
    ]  # fmt: skip


def test_all_messages_are_in_the_sum() -> None:
    shown = operations.shown(STATUS, {"sources": []}, None, {})

    assert shown["messages"] == sum(n for _, n, _ in shown["outcomes"]) == 11
    assert shown["open"] == 2


def test_a_conflict_shows_both_versions_and_of_what_is_sealed_that_it_differs() -> None:
    same = {"type": "t", "time": "1", "recordedtime": "2"}
    row = {
        "stands": {**same, "position": 3, "fact": {"outcome": "not_found"}},
        "parked_version": {**same, "fact": {"outcome": "deceased"}},
        "differs": ["outcome", "note"],
    }

    said = {name: (here, there, differs) for name, here, there, differs in operations.conflict(row) or []}
    assert said["outcome"] == ("not_found", "deceased", True)
    assert said["note"] == (None, None, True)
    assert said["time"] == ("1", "1", False)
    assert operations.conflict({"stands": same}) is None


def test_the_number_beside_a_code_is_of_all_that_are_open_and_not_of_the_page() -> None:
    row = {
        "number": 1, "code": "bad_nik", "message": "no NIK", "source": None, "topic": "rekam.finding", "partition": 0,
        "offset": 1, "parked": "2019-01-01T00:00:00Z", "resolution": None,
    }  # fmt: skip
    status = {**STATUS, "quarantine": {"bad_nik": 120}}
    shown = operations.shown(status, {"sources": []}, {"rows": [row], "next": 1}, {})

    assert 'Bad NIK <small class="in-line">120 open</small>' in render("operations.html", frame(), all=False, **shown)


# ------------------------------------------------------------------ the log


def test_a_list_is_named_by_its_facts_and_has_no_page_of_a_resident() -> None:
    types = (
        "rekam.listing.list_declared.v1",
        "rekam.correction.fact_withdrawn.v1",
        "rekam.correction.fact_withdrawn.v1",
    )
    entries = [{"type": type_, "subject": subject} for type_, subject in zip(types, ("aa", "aa", "bb"), strict=True)]
    rows = [{"position": at, "digest": "", "entry": entry} for at, entry in enumerate(entries, 1)]

    shown = proof.logged({"head": 3, "next": None, "rows": rows, "lists": {"aa"}})["rows"]
    assert [row["named"] for row in shown] == [False, False, True]
