"""The made-up Kota Kupang: its figures follow from its messages, and it shows what real feeds do."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter, defaultdict
from datetime import date
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import pytest

from projections.reading import read
from services.scenario import FIRST_LIST, QUICK, SECOND_LIST, WHOLE, Message, Scale, phase_one, phase_two
from services.scenario.cast import cast
from services.scenario.oddities import CODES
from services.scenario.residents import WEIGHTS, share
from tests.services.register import Register

if TYPE_CHECKING:
    from collections.abc import Iterable

THE_DAY = date(2018, 11, 23)
SETTLED = {"recorded", "departed", "deceased"}
EXPLAINED = {"explained_recorded", "explained_moved", "explained_deceased"}

Standings = dict[str, tuple[str, str]]


class Told(NamedTuple):
    """Both phases of one seed, and where the members of the first list stood on 23 November as known after each."""

    first: list[Message]
    second: list[Message]
    at_first: Standings
    at_last: Standings
    waiting_at_first: int
    register: Register


@pytest.fixture(scope="module", params=[2018, 1, 77])
def told(request: pytest.FixtureRequest) -> Told:
    first, second = list(phase_one(request.param, QUICK)), list(phase_two(request.param, QUICK))
    register = Register()
    register.take(first)
    at_first, waiting = register.standings(FIRST_LIST, THE_DAY), register.waiting()
    register.take(second)
    return Told(first, second, at_first, register.standings(FIRST_LIST, THE_DAY), waiting, register)


def count(standings: Standings) -> Counter[str]:
    return Counter(standing for _, standing in standings.values())


def truly_by_kecamatan(standings: Standings) -> Counter[str]:
    return Counter(area[:8] for area, standing in standings.values() if standing == "outstanding")


def digest(messages: Iterable[Message]) -> str:
    said = sha256()
    for message in messages:
        said.update(repr(tuple(message)).encode())
    return said.hexdigest()


def names(messages: list[Message]) -> Counter[tuple[str, str]]:
    return Counter((message.source, message.id) for message in messages)


# ------------------------------------------------------------------ the figures


@pytest.mark.parametrize("known", ["at_first", "at_last"])
def test_23_november_is_630_of_whom_330_are_cleared_and_300_truly_outstanding(told: Told, known: str) -> None:
    standings: Standings = getattr(told, known)
    counted = count(standings)
    assert told.register.declared[FIRST_LIST]["rows"] == len(standings) == 630
    assert counted["outstanding"] == 300
    assert sum(people for standing, people in counted.items() if standing in SETTLED | EXPLAINED) == 330


@pytest.mark.parametrize("known", ["at_first", "at_last"])
def test_in_each_kecamatan_as_many_members_stand_as_the_centre_declared(told: Told, known: str) -> None:
    standings: Standings = getattr(told, known)
    declared: Counter[str] = Counter()
    for kelurahan, rows in told.register.declared[FIRST_LIST]["rows_by_kelurahan"].items():
        declared[kelurahan[:8]] += rows
    assert Counter(area[:8] for area, _ in standings.values()) == declared
    assert list(declared.values()) == share(630, list(WEIGHTS.values()))


def test_most_are_cleared_by_a_finding_and_some_by_each_kind_of_event(told: Told) -> None:
    counted = count(told.at_first)
    assert sum(counted[standing] for standing in EXPLAINED) > 200
    assert all(counted[standing] for standing in EXPLAINED | SETTLED)


def test_what_is_learnt_later_moves_members_between_cleared_standings(told: Told) -> None:
    changes = Counter((told.at_first[nik][1], told.at_last[nik][1]) for nik in told.at_first)
    assert changes["explained_deceased", "deceased"]
    assert changes["explained_moved", "departed"]
    assert changes["explained_recorded", "recorded"]
    assert changes["recorded", "explained_recorded"]


def test_withdrawn_findings_are_balanced_within_each_kecamatan(told: Told) -> None:
    changes = Counter((told.at_first[nik][1], told.at_last[nik][1]) for nik in told.at_first)
    assert changes["explained_recorded", "outstanding"] == changes["outstanding", "recorded"] > 0
    assert truly_by_kecamatan(told.at_first) == truly_by_kecamatan(told.at_last)


def test_the_second_list_has_670_rows_that_sum_and_brings_back_who_was_only_explained(told: Told) -> None:
    declared, members = told.register.declared[SECOND_LIST], told.register.members[SECOND_LIST]
    assert declared["rows"] == len(members) == 670
    assert Counter(members.values()) == {area: rows for area, rows in declared["rows_by_kelurahan"].items() if rows}
    came_back = Counter(told.at_last[nik][1] for nik in members if nik in told.at_last)
    assert sum(came_back[standing] for standing in EXPLAINED) > 200
    assert sum(came_back[standing] for standing in SETTLED) > 5
    assert len(members.keys() - told.at_last.keys()) > 100


def test_young_people_are_listed_at_16_and_come_of_age_around_the_second_list(told: Told) -> None:
    standing = {day: count(told.register.standings(SECOND_LIST, day)) for day in (date(2019, 3, 1), date(2019, 4, 17))}
    assert standing[date(2019, 3, 1)]["underage"] > 0
    assert standing[date(2019, 4, 17)]["underage"] == 0


def test_a_letter_lapses_and_its_resident_is_outstanding_again(told: Told) -> None:
    timelines = (read(about).timeline for about in told.register.facts.values())
    steps = [pair for timeline in timelines for pair in pairwise(timeline)]
    assert any(before.standing == "departed" and after.standing == "outstanding" for before, after in steps)


def test_at_full_scale_the_roles_are_63000_and_30000() -> None:
    people = cast(2018, WHOLE)
    cleared = ("captured", "left", "died", "found_recorded", "found_moved", "found_deceased")
    assert len(people.members) == len({resident.nik for resident in people.members}) == 63_000
    assert sum(len(people.roles[role]) for role in cleared) == 33_000
    assert len(people.roles["outstanding"]) == 30_000
    assert people.second_rows == 67_042


# ------------------------------------------------------------------ what real feeds do


def test_each_phase_has_every_code_a_message_can_earn_alone_and_nothing_else_is_refused(
    told: Told,
) -> None:
    first = Register()
    first.take(told.first)
    once = dict.fromkeys([*CODES.keys() - {"waits_for_target"}, "conflict"], 1)
    assert first.refused == once
    assert told.register.refused == dict.fromkeys(once, 2)


def test_withdrawals_wait_for_what_comes_later_and_two_wait_for_ever(told: Told) -> None:
    assert told.waiting_at_first == 3  # two whose target comes in the second phase, and one whose target never comes
    assert told.register.waiting() == 2


def test_withdrawals_come_before_and_after_what_they_withdraw(told: Told) -> None:
    place = {message.id: at for at, message in reversed(list(enumerate(told.first + told.second)))}
    targets = {id_: id_.removeprefix("withdrawal-") for id_ in place if id_.startswith("withdrawal-")}
    pairs = [(place[withdrawal], place[target]) for withdrawal, target in targets.items()]
    assert any(withdrawal < target for withdrawal, target in pairs)
    assert any(withdrawal > target for withdrawal, target in pairs)


def test_about_three_in_a_hundred_are_exact_repeats_and_some_say_the_same_in_other_bytes(told: Told) -> None:
    said = defaultdict(list)
    for message in told.first + told.second:
        said[message.source, message.id].append((tuple(message.headers), message.value))
    exact = sum(len(ways) - len(set(ways)) for ways in said.values())
    assert 0.02 < exact / len(told.first + told.second) < 0.04
    assert told.register.repeated > exact


def test_the_same_id_always_comes_by_the_same_topic(told: Told) -> None:
    odd = {(message.source, message.id) for message in told.first + told.second if "-odd-" in message.id}
    topics = defaultdict(set)
    for message in told.first + told.second:
        topics[message.source, message.id].add(message.topic)
    assert all(len(by) == 1 for name, by in topics.items() if name not in odd)


def test_both_modes_are_spoken(told: Told) -> None:
    kinds = Counter(message.headers[0][1][:28] for message in told.first)
    assert kinds[b"application/cloudevents+json"] > kinds[b"application/json"] > 10


# ------------------------------------------------------------------ made up, and made again


def test_every_nik_is_marked_as_made_up_and_stands_in_no_id(told: Told) -> None:
    niks = told.register.facts.keys()
    assert {nik[:4] for nik in niks} == {"5371"}
    assert all(int(nik[12:]) >= 9000 for nik in niks)
    ids = "\n".join(id_ for _, id_ in names(told.first + told.second))
    assert not any(nik in ids for nik in niks)
    assert {source.split(":")[2] for source, _ in names(told.first + told.second)} == {"synthetic"}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_ones() -> None:
    assert list(phase_one(5, QUICK)) == list(phase_one(5, QUICK))
    assert list(phase_two(5, QUICK)) == list(phase_two(5, QUICK))
    assert list(phase_one(5, QUICK)) != list(phase_one(6, QUICK))


@pytest.mark.parametrize(
    ("scale", "first", "second"),
    [
        (
            QUICK,
            "f6844c6bb073d552e0629f41d68b4a39e322dafb3fc4ab775d2724e109fa2f1e",
            "0b0bfab20a6032fd3e0cf2f6665f29f71d5d1d73b530297ac624f337cefc561e",
        ),
        (
            WHOLE,
            "1f945aa2d45c60f142a5a702013250fbe2712187454926ff4114af18d09706ca",
            "a13d404fbfcfc4fd1505b9fa0160cd445d3504b518c888e6fd8d0d7c0f1acd5a",
        ),
    ],
    ids=["quick", "whole"],
)
def test_both_phases_of_the_demos_seed_say_what_they_have_always_said(scale: Scale, first: str, second: str) -> None:
    """A register begun by an earlier version takes every message of the demo for a repeat, and finds its figures."""
    assert digest(phase_one(2018, scale)) == first
    assert digest(phase_two(2018, scale)) == second


def test_the_bytes_do_not_depend_on_the_hashes_of_a_process() -> None:
    program = (
        "from services.scenario import *; from hashlib import sha256;"
        "print(sha256(repr([*phase_one(5, QUICK), *phase_two(5, QUICK)]).encode()).hexdigest())"
    )
    here = sha256(repr([*phase_one(5, QUICK), *phase_two(5, QUICK)]).encode()).hexdigest()
    for seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        )
        assert run.stdout.strip() == here
