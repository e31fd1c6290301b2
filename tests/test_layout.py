"""What STYLE asks of the whole house, as far as a test can hold it."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import events
import projections
import services

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("events", "projections", "services")
MODULES = [file for room in ROOMS for file in sorted((ROOT / room).rglob("*.py"))]

# The public doors. Whoever adds a name here promises it to other people's code.
DOORS = {
    "events": """
        Arrived Captured Clash Contract Coordinates DeathRegistered Departed Entry Event FactWithdrawn FindingReported
        ListDeclared MadeAgain MovedWithin NoAnswer Refusal Refused RekamError ResidentListed Retry SOURCE_TOPICS
        StatusReported TOPIC_OF TYPES Unreachable VALID_ON WrongUse canonical check check_nik decode encode mask
    """,
    "projections": """
        Account Anomaly EXPLAINED Fact NOWHERE OFFICIAL READING_VERSION Reading STANDINGS State Step Transfer difference
        fact_of read state_on
    """,
    "services": "SETTINGS Settings from_environ",
}


# ------------------------------------------------------------------ the rooms


@pytest.mark.parametrize("room", [events, projections, services], ids=lambda room: room.__name__)
def test_the_room_that_is_imported_is_ours(room: object) -> None:
    assert Path(str(getattr(room, "__file__", ""))) == ROOT / str(getattr(room, "__name__", "")) / "__init__.py"


@pytest.mark.parametrize("room", ROOMS)
def test_a_rooms_door_is_what_it_was(room: str) -> None:
    door = importlib.import_module(room)

    assert sorted(door.__all__) == sorted(DOORS[room].split())
    assert [name for name in door.__all__ if not hasattr(door, name)] == []
    assert door.__doc__


@pytest.mark.parametrize("room", ROOMS)
def test_no_name_at_a_door_hides_a_module_behind_it(room: str) -> None:
    behind = {file.stem for file in (ROOT / room).iterdir()}

    assert set(importlib.import_module(room).__all__) & behind == set()


def test_the_doors_are_light() -> None:
    heavy = ("psycopg", "eventsourcing", "aiokafka", "faststream", "typer", "structlog", "rich")
    script = f"import sys, events, projections, services; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_module_says_what_it_is_and_what_it_gives(file: Path) -> None:
    tree = ast.parse(file.read_text())
    assigned = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    is_script = file.stem in {"__main__", "launch"} or (file.name == "__init__.py" and not tree.body[1:])

    assert ast.get_docstring(tree)
    assert "__all__" in assigned or is_script


# ------------------------------------------------------------------ sizes


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(ROOT)))
def test_nothing_has_grown_too_long_to_be_read(file: Path) -> None:
    text = file.read_text()
    functions = [one for one in ast.walk(ast.parse(text)) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = {one.name: (one.end_lineno or one.lineno) - one.lineno + 1 for one in functions}

    assert len(text.splitlines()) <= 300
    assert {name: lines for name, lines in lengths.items() if lines > 40} == {}


def test_half_of_the_modules_have_at_most_150_lines() -> None:
    lengths = sorted(len(file.read_text().splitlines()) for file in MODULES)

    assert lengths[len(lengths) // 2] <= 150


def test_no_file_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "base", "manager", "managers", "misc", "tools"}

    assert [str(file) for file in MODULES if file.stem in drawers] == []


# ------------------------------------------------------------------ what is checked in


def tracked() -> list[Path]:
    """Every file that is checked in, or would be; without git there is nothing to be told."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout")
    files = [ROOT / name for name in done.stdout.split("\0") if name]
    return [file for file in files if file.is_file()]


def texts() -> dict[str, str]:
    return {str(file.relative_to(ROOT)): file.read_text(errors="replace") for file in tracked()}


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    # where this checkout lies, and where people's folders do; a place at the very top says nothing
    here = [re.escape(f"{folder}/") for folder in (ROOT, ROOT.parent) if len(folder.parts) > 1]
    pattern = re.compile(rf"(?<![\w.-])(?:{'|'.join(here)}|/(?:home|Users|root|tmp)/\w)")

    assert [f"{name}: {match[0]}" for name, text in texts().items() for match in pattern.finditer(text)] == []


def test_only_addresses_that_everybody_knows_are_named() -> None:
    """A registry's host would tie everybody to it; whoever needs one sets it in their own environment."""
    known = {"www.apache.org", "maven.apache.org", "www.w3.org", "www.postgresql.org", "github.com", "json-schema.org"}
    known |= {"127.0.0.1", "rekam.example"}  # nobody's
    found = {
        (name, urlsplit(url).hostname)
        for name, text in texts().items()
        for url in re.findall(r"https?://[\w.-]+", text)
    }

    assert {(name, host) for name, host in found if host not in known} == set()


def test_every_pin_has_a_hash_and_no_place_to_get_it_from() -> None:
    text = (ROOT / "requirements.txt").read_text()
    pins = [pin for pin in re.split(r"\n(?=[a-zA-Z0-9])", text) if pin.strip()]

    assert [pin.splitlines()[0] for pin in pins if "==" not in pin.splitlines()[0] or "--hash=sha256:" not in pin] == []
    assert re.findall(r"^\s*(?:-i\b|--(?:extra-)?index-url|--find-links|-f\b).*|\w+://.*", text, re.MULTILINE) == []
