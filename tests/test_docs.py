"""The documents are true and complete: whatever the program has, they have, and the other way round."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import typer.main

from events.envelope import check
from events.errors import CODES
from events.facts import SOURCE_TOPICS, TYPES
from events.offsets import OUTCOMES
from projections.reading import STANDINGS
from services.cli import app
from services.processes import PROCESSES
from services.settings import SETTINGS, table
from services.tables import TABLES
from services.wire import LOG_TOPIC, QUARANTINE_TOPIC, RECEIPTS_TOPIC
from tests.documents import DOCUMENTS, ROOT, block, part, table_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typer.core import TyperCommand

ROOMS = ("events", "projections", "services")


def commands() -> Iterator[tuple[str, TyperCommand]]:
    """Each command by its words."""
    top = typer.main.get_command(app)
    for name, command in top.commands.items():  # type: ignore[attr-defined]
        if hasattr(command, "commands"):
            yield from ((f"{name} {below}", one) for below, one in command.commands.items())
        else:
            yield name, command


def options(command: TyperCommand) -> set[str]:
    named = {name for one in command.params for name in one.opts if name.startswith("--")}
    return named - {"--help"}


def said_of(name: str) -> str:
    """The cell of the README's table that shows how the command is used."""
    rows = {cell: cell for cell in table_rows("README.md", "command")}
    found = [cell for cell in rows if re.match(rf"rekam {name}(?= [^a-z]| intake|$)", cell)]
    assert len(found) == 1, f"`rekam {name}` stands in {len(found)} rows"
    return found[0]


def sources() -> str:
    return "\n".join(file.read_text() for room in ROOMS for file in sorted((ROOT / room).rglob("*.py")))


# ------------------------------------------------------------------ commands and settings


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=[name for name, _ in commands()])
def test_each_command_is_documented_with_just_its_options(name: str, command: TyperCommand) -> None:
    assert set(re.findall(r"--[a-z-]+", said_of(name))) == options(command)


def test_no_command_is_documented_that_is_not_there() -> None:
    documented = set(
        re.findall(r"(?:^|[`\s$(])rekam ((?:audit|quarantine|user) [a-z]+|[a-z]+)", everything(), re.MULTILINE)
    )

    assert documented <= {name for name, _ in commands()}


def test_each_process_is_documented() -> None:
    assert said_of("run") == "rekam run " + r"\|".join(PROCESSES)


def test_the_table_of_settings_is_the_programs_own() -> None:
    assert part("README.md", "settings") == table()


def test_no_setting_is_named_that_is_not_there() -> None:
    named = set(re.findall(r"REKAM_[A-Z_]+(?![A-Z_…])", everything()))

    assert named <= {setting.name for setting in SETTINGS}


def test_every_target_of_make_that_is_documented_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)

    assert phony is not None
    assert set(re.findall(r"\bmake (demo|test|lint|setup|bench|[a-z]+)(?=\s{2,}#|`)", everything())) <= targets
    assert set(phony[1].split()) <= targets


# ------------------------------------------------------------------ what crosses the doors


def test_every_topic_and_type_is_documented_with_its_fields() -> None:
    text = (ROOT / "docs" / "registries.md").read_text()
    rows = [row for row in text.splitlines() if row.startswith("| `rekam.")]

    assert [tuple(re.findall(r"`(rekam\.[a-z_.0-9]+)`", row)[:2]) for row in rows] == [
        (topic, type_) for topic in SOURCE_TOPICS for type_ in TYPES if type_.startswith(f"{topic}.")
    ]
    for row, contract in zip(rows, TYPES.values(), strict=True):
        said = row.split("|")[3]
        assert [name for name in contract.model_fields if not re.search(rf"\b{name}\b", said)] == []
    assert [topic for topic in (LOG_TOPIC, QUARANTINE_TOPIC, RECEIPTS_TOPIC) if f"`{topic}`" not in everything()] == []


def test_every_error_code_is_documented() -> None:
    raised = set(re.findall(r"Refused\(\s*\"([a-z_]+)\"", sources()))

    assert raised == set(CODES)
    assert tuple(table_rows("docs/registries.md", "code")) == CODES


@pytest.mark.parametrize("head", ["outcome", "code"])
def test_every_outcome_and_code_says_what_it_means_and_what_to_do(head: str) -> None:
    for name, row in table_rows("docs/registries.md", head).items():
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert len(cells) == 3, name
        assert all(cells), name


def test_the_java_example_sends_an_event_that_is_accepted() -> None:
    program = block("java")
    topic = re.search(r"new ProducerRecord<>\(\"([a-z.]+)\"", program)
    text = re.search(r'"""(.*?)"""', program, re.DOTALL)
    named = re.search(r'SOURCE = "(.*?)", ID = "(.*?)"', program)

    assert topic is not None
    assert text is not None
    assert named is not None
    value = (text[1] % named.groups()).encode()
    headers = [("content-type", b"application/cloudevents+json")]
    assert check(topic[1], headers, value, datetime.now(UTC), frozenset()).id == "capture-2"


def test_every_outcome_of_a_receipt_is_documented() -> None:
    told = set(table_rows("docs/registries.md", "outcome"))

    assert told == {*OUTCOMES, "resolved"} - {"absent", "expired"}
    assert [outcome for outcome in OUTCOMES if f"`{outcome}`" not in everything()] == []


def test_every_anomaly_is_documented() -> None:
    text = sources()
    named = set(re.findall(r"_anomaly\(\s*\"(\w+)\"", text)) | set(re.findall(r"\"name\": \"(list_\w+)\"", text))
    named |= set(re.findall(r"\"(nik_(?:district|date|birth|sex)_\w+)\"", text))

    assert set(table_rows("docs/auditors.md", "anomaly")) == named


def test_every_invariant_is_documented() -> None:
    checked = set(re.findall(r"Verdict\(\"(\w+)\"", sources())) | {one.verdict for one in TABLES}

    assert set(table_rows("docs/auditors.md", "invariant")) == checked


def test_every_standing_is_documented() -> None:
    assert tuple(table_rows("README.md", "standing")) == STANDINGS


# ------------------------------------------------------------------ the text itself


def everything() -> str:
    return "\n".join(file.read_text() for file in DOCUMENTS)


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.name)
def test_every_link_leads_somewhere(file: Path) -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)", file.read_text()) if "://" not in link]

    assert [link for link in links if not (file.parent / link).exists()] == []


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.name)
def test_every_file_that_is_named_is_there(file: Path) -> None:
    named = re.findall(r"`((?:events|projections|services|tests|docs)/[\w./-]*)`", file.read_text())

    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_changelog_begins_with_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    newest = re.search(r"^## ([0-9.]+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert newest is not None
    assert newest[1] == version


def test_the_licence_is_the_one_that_is_declared() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["license"]
    text = (ROOT / "LICENSE").read_text()

    assert declared == "Apache-2.0"
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_readme_says_in_five_lines_what_it_is() -> None:
    opening = (ROOT / "README.md").read_text().split("\n\n")[1]

    assert len(opening.splitlines()) == 5
