"""`rekam demo`: the same figures however often it is run, killed in the middle, or told to end."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.documents import part
from tests.services.command_line import CommandLine, eventually, processes_of, started

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.timeout(240)


def story(here: CommandLine) -> str:
    """What `rekam demo --quick --exit` tells."""
    done = here.program("demo", "--quick", "--exit", within_s=120)
    assert done.code == 0, done.talk
    return done.answer


def words(text: str) -> list[str]:
    """A text without its figures, which differ between a city and a hundredth of it."""
    return re.findall(r"[A-Za-z_-]+", text)


@contextmanager
def told(here: CommandLine, *words: str) -> Iterator[str]:
    """What a demo that stays up has told."""
    answer, talk = (here.data.with_name(f"data.{name}") for name in ("answer", "talk"))
    with started(here, *words) as demo:
        eventually(lambda: "stays up" in talk.read_text() or demo.poll() is not None, within_s=150)
        assert demo.poll() is None, talk.read_text()
        yield answer.read_text()


def position(here: CommandLine) -> int:
    return int(here.json("status")["position"])


def known_then(here: CommandLine) -> int:
    """Where the first phase ended, as the demo has noted it; no such position before."""
    note = json.loads((here.data / "demo.json").read_text())
    return int(note["between"]["position"]) if "between" in note else sys.maxsize


def test_ended_in_the_first_phase_killed_in_the_second_then_run_twice_it_tells_the_same(tmp_path: Path) -> None:
    here = CommandLine(tmp_path / "data")
    with started(here, "demo", "--quick") as demo:
        eventually(lambda: position(here) > 0, within_s=60)
        demo.send_signal(signal.SIGINT)
        assert demo.wait(20) == 130
    assert processes_of(here.data) == []
    assert here.data.with_name("data.answer").read_text() == ""
    assert "Traceback" not in here.data.with_name("data.talk").read_text()

    with started(here, "demo", "--quick", "--exit") as demo:
        eventually(lambda: position(here) > known_then(here), within_s=60)
        demo.kill()
        demo.wait()

    first, then = story(here), known_then(here)
    second = story(here)

    assert second == first
    assert known_then(here) == then
    assert first.count("630 members = 330 cleared + 300 truly outstanding") == 2
    assert first.count("670 rows declared = 670 members + residual 0") == 1
    assert [
        line for line in first.splitlines() if line.startswith(("Alak", "Maulafa", "total")) and line[-1] != "0"
    ] == []
    refused = here.program("demo", "--quick", "--exit", "--seed", "7")
    assert (refused.code, refused.answer) == (1, "")
    told = "holds the people of `rekam demo --quick --seed 2018`, who would mix with these: set REKAM_DATA"
    assert told in refused.talk
    assert told in here.program("demo").talk
    assert told in here.program("demo", "--quick", "--city").talk


@pytest.mark.parametrize("pid_file", ["broker.pid", "postgres/postmaster.pid"])
def test_an_engine_that_is_killed_while_it_publishes_is_started_again_and_the_story_is_the_same(
    tmp_path: Path, pid_file: str
) -> None:
    here = CommandLine(tmp_path / "data")
    with started(here, "demo", "--quick", "--exit") as demo:
        eventually(lambda: position(here) > 0, within_s=60)
        os.kill(int((here.data / pid_file).read_text().split()[0]), signal.SIGKILL)
        assert demo.wait(150) == 0, here.data.with_name("data.talk").read_text()

    told = here.data.with_name("data.answer").read_text()
    assert told.count("630 members = 330 cleared + 300 truly outstanding") == 2
    assert "engine started again" in here.data.with_name("data.talk").read_text()


class Whole(NamedTuple):
    """A demo with the whole register that stays up, and what it has told."""

    here: CommandLine
    story: str


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """It was killed in the register at first, and begun again."""
    here = CommandLine(tmp_path_factory.mktemp("city") / "data")
    with started(here, "demo", "--quick", "--city") as demo:
        eventually(lambda: position(here) > 0, within_s=60)
        demo.kill()
        demo.wait()
    with told(here, "demo", "--quick", "--city") as story:
        yield Whole(here, story)


def test_the_whole_register_is_told_of_before_the_story_in_the_words_of_the_readme(city: Whole) -> None:
    section = city.story.partition("\n0. ")[2].partition("\n\n1. ")[0]

    assert words(section) == words(part("README.md", "city").strip("`\n").partition("0. ")[2])
    assert "3,333 rows declared = 3,333 members + residual 0, 75 of them not yet 17" in section


def test_coverage_is_the_same_when_it_is_asked_for_again(city: Whole) -> None:
    lines = city.story.splitlines()
    at_first = next(line.split() for line in lines if line.startswith("2018-10-31"))
    total = next(line.split() for line in lines if line.startswith("total"))
    again = next(line for line in lines if "to ask again" in line).partition("rekam ")[2].split()

    register = ("counts", "--list", "REGISTER-2018-10", "--on", "2018-10-31", "--known", at_first[1].replace(",", ""))
    assert at_first[2:5] == ["3,258", "2,628", "80.7%"]
    assert city.here.json(*register)["coverage"] == {"official": 2_628 / 3_258, "true": 2_628 / 3_258}
    assert [f"{one:.1%}" for one in city.here.json(*again)["coverage"].values()] == [total[3], total[6]]
    assert all(check["ok"] for check in city.here.json("audit", "check")["checks"])


def test_the_story_of_both_lists_is_the_same_beside_the_whole_register(rekam: CommandLine, city: Whole) -> None:
    known = json.loads(rekam.data.with_name("data.answer").read_text())["position"]
    now, here = position(city.here), city.here

    for question in (
        ("reconcile", "PUSAT-2018-11", "--on", "2018-11-23"),
        ("reconcile", "PUSAT-2019-03", "--on", "2019-03-31", "--against", "PUSAT-2018-11"),
    ):
        assert here.json(*question) == rekam.json(*question, "--known", str(known)) | {"position": now}
    day = ("flows", "--from", "2018-11-23", "--to", "2018-11-23", "--by", "kecamatan")
    beside = here.json(*day, "--known", str(known_then(here)))
    alone = rekam.json(*day, "--known", str(known_then(rekam)), "--then", str(known))
    assert beside["total"]["restated"] == alone["total"]["restated"]


def test_the_quick_demo_and_its_figures_by_every_command(rekam: CommandLine) -> None:
    known = str(json.loads(rekam.data.with_name("data.answer").read_text())["position"])
    asked = ("--on", "2018-11-23", "--known", known, "--list", "PUSAT-2018-11")

    for word, people in (("outstanding", 300), ("cleared", 330), ("official", 554), ("explained", 254)):
        assert len(rekam.json("list", word, *asked)["rows"]) == people
    total = rekam.json("counts", *asked, "--by", "city")["total"]
    assert (total["official"], total["explained"], total["truly"]) == (554, 254, 300)
    explained = rekam.json("audit", "explain", "--area", "53.71", "--standing", "outstanding", *asked[:4])
    assert explained["people"] == len(explained["residents"]) == 300


def test_every_message_of_the_demo_is_accounted_for(rekam: CommandLine) -> None:
    checks = {one["name"]: one for one in rekam.json("audit", "check")["checks"]}
    status = rekam.json("status")

    assert checks["offsets_accounted_once"]["figure"] == sum(status["accounted"].values())
    assert status["accounted"]["absent"] == status["accounted"]["expired"] == 0
