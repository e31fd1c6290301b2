"""A register that runs, filled by the demo, asked by every test of the command line; and one office over HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from services.access.throttle import Throttle
from tests.services.api.office import Office, opened
from tests.services.command_line import CommandLine, eventually, started

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def rekam(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """The command line beside `rekam demo --quick`, which has told its story and stays up."""
    here = CommandLine(tmp_path_factory.mktemp("register") / "data")
    talk = here.data.with_name("data.talk")
    with started(here, "demo", "--quick", "--json") as demo:
        eventually(lambda: "stays up" in talk.read_text() or demo.poll() is not None, within_s=110)
        assert demo.poll() is None, talk.read_text()
        yield here


@pytest.fixture(scope="session")
def between(rekam: CommandLine) -> int:
    """The position at the end of the demo's first phase: the first list is declared before it, the second behind it."""
    note = json.loads((rekam.data / "demo.json").read_text())
    return int(note["between"]["position"])


@pytest.fixture(scope="session")
def office(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A register over HTTP; what a test adds to it must leave the others' figures alone."""
    with opened(postgres, tmp_path_factory.mktemp("office") / "keys") as office:
        yield office


@pytest.fixture(autouse=True)
def nobody_has_guessed(request: pytest.FixtureRequest) -> None:
    """Every test comes from one address: what one has guessed must not keep the next one out."""
    if "office" in request.fixturenames:
        request.getfixturevalue("office").app.state.doorkeeper.throttle = Throttle()
