"""The contracts in print: what is checked in is what is generated, and no version 1 has become another."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, Final

import pytest
from jsonschema import Draft202012Validator

from events.contracts import BEYOND, EVENT
from events.errors import CODES
from events.facts import SOURCE_TOPICS, TYPES
from services.printing import CONTRACTS, printed
from services.relay import _PARKED_NAMES, _RECEIPT_NAMES
from services.told import PARKED, RECEIPT, parked_schema, receipt_schema
from services.wire import LOG_TOPIC, QUARANTINE_TOPIC, RECEIPTS_TOPIC
from tests.compatibility import misunderstandings
from tests.documents import ROOT
from tests.json_schema import is_valid

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Each release to the digest of its contracts. A line is added with a release and never changed: whoever changes one
#: breaks the promise to the registries that were built on it.
FROZEN: Final = {"0.1.0": "2f82475f2eb00b91050ca9efda56c6458a58a981e0c3f0dad09858d46e7afd60"}

NOW: Final[dict[str, Any]] = {name: json.loads(text) for name, text in printed().items()}
ASYNCAPI: Final[dict[str, Any]] = NOW["asyncapi.json"]


def frozen() -> Iterator[tuple[str, str]]:
    for release in FROZEN:
        yield from ((release, file.name) for file in sorted((CONTRACTS / "frozen" / release).glob("*.json")))


# ------------------------------------------------------------------ what is checked in


def test_what_is_checked_in_is_what_the_contracts_print() -> None:
    there = {file.name: file.read_text() for file in CONTRACTS.glob("*.json")}

    assert sorted(there) == sorted(printed())
    assert [name for name, text in printed().items() if there[name] != text] == [], "python -m services.printing"


def test_there_is_a_schema_for_each_type_for_a_whole_event_and_for_what_is_told() -> None:
    assert set(NOW) == {f"{name}.json" for name in (*TYPES, EVENT, RECEIPT, PARKED, "asyncapi")}
    for name, schema in NOW.items():
        if name != "asyncapi.json":
            assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
            assert schema["$id"] == f"urn:rekam:contract:{name.removesuffix('.json')}"


@pytest.mark.parametrize("name", [name for name in NOW if name != "asyncapi.json"])
def test_every_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(NOW[name])


@pytest.mark.parametrize("name", [name for name in NOW if name != "asyncapi.json"])
def test_every_field_says_what_it_is(name: str) -> None:
    schema = NOW[name]

    assert schema["title"]
    assert schema["description"]
    assert [field for field, one in schema["properties"].items() if not (one.get("title") and one["description"])] == []


def test_what_no_schema_can_say_is_said_in_words() -> None:
    text = re.sub(r"\s+", " ", (CONTRACTS / "README.md").read_text())

    assert [one for one in BEYOND if one not in text] == []


# ------------------------------------------------------------------ what is promised


@pytest.mark.parametrize("release", FROZEN)
def test_a_release_is_never_printed_again(release: str) -> None:
    files = sorted((CONTRACTS / "frozen" / release).glob("*.json"))
    lines = [f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}" for file in files]

    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == FROZEN[release]


def test_every_release_is_compared() -> None:
    assert {folder.name for folder in (CONTRACTS / "frozen").iterdir()} == set(FROZEN)
    assert {name for _, name in frozen()} >= {f"{name}.json" for name in (EVENT, RECEIPT, PARKED)}


@pytest.mark.parametrize(("release", "name"), list(frozen()))
def test_nothing_that_was_promised_is_taken_back(release: str, name: str) -> None:
    promised = json.loads((CONTRACTS / "frozen" / release / name).read_text())
    assert name in NOW, "a type that was released is no longer there"
    now = NOW[name]
    if name in {f"{RECEIPT}.json", f"{PARKED}.json"}:
        assert misunderstandings(now, promised) == []
    else:
        # of a whole event each type's data are compared in their own file
        by_type = {"allOf"} if name == f"{EVENT}.json" else set()
        assert misunderstandings(promised, {part: one for part, one in now.items() if part not in by_type}) == []


@pytest.mark.parametrize("type_", TYPES)
def test_taking_anything_back_from_a_type_would_be_noticed(type_: str) -> None:
    promised = NOW[f"{type_}.json"]
    fields = promised["properties"]
    retyped = {"type": "array"}

    for field in fields:
        without = {name: one for name, one in fields.items() if name != field}
        assert misunderstandings(promised, promised | {"properties": without})
        assert misunderstandings(promised, promised | {"properties": fields | {field: retyped}})
        if field not in promised["required"]:
            assert misunderstandings(promised, promised | {"required": [*promised["required"], field]})
    for field, one in fields.items():
        if "enum" in one:
            assert misunderstandings(
                promised, promised | {"properties": fields | {field: one | {"enum": one["enum"][1:]}}}
            )
    grown = fields | {"street": {"anyOf": [{"type": "string"}, {"type": "null"}]}}
    assert misunderstandings(promised, promised | {"properties": grown}) == []


# ------------------------------------------------------------------ what is told


def test_a_receipt_and_a_parked_message_have_the_fields_that_the_relay_sends() -> None:
    assert tuple(receipt_schema()["properties"]) == tuple(receipt_schema()["required"]) == _RECEIPT_NAMES
    assert tuple(parked_schema()["properties"]) == tuple(parked_schema()["required"]) == _PARKED_NAMES


@pytest.mark.parametrize("schema", [receipt_schema(), parked_schema()], ids=["receipt", "parked"])
def test_what_is_told_is_as_its_examples(schema: dict[str, Any]) -> None:
    assert [one for one in schema["examples"] if not is_valid(schema, one)] == []


def test_the_receipts_that_the_documents_show_are_receipts() -> None:
    shown = re.findall(r"^\{\"topic\".*\}$", (ROOT / "docs" / "registries.md").read_text(), re.MULTILINE)

    assert shown
    assert [one for one in shown if not is_valid(receipt_schema(), json.loads(one))] == []


@pytest.mark.parametrize(
    ("outcome", "position", "reason", "valid"),
    [
        ("appended", 1, None, True),
        ("appended", None, None, False),
        ("duplicate", 1, "duplicate", False),
        ("conflict", None, "conflict", True),
        ("quarantined", 1, "bad_nik", False),
        ("quarantined", None, None, False),
        ("resolved", 1, None, True),
        ("resolved", 1, "duplicate", True),
        ("resolved", None, None, False),
        ("expired", None, None, False),
    ],
)
def test_an_outcome_has_its_position_and_reason(outcome: str, position: object, reason: object, valid: object) -> None:
    told = receipt_schema()["examples"][0] | {"outcome": outcome, "position": position, "reason": reason}

    assert is_valid(receipt_schema(), told) is valid


def test_the_codes_are_those_that_are_raised() -> None:
    sources = "\n".join(file.read_text() for room in ("events", "services") for file in (ROOT / room).rglob("*.py"))

    assert set(CODES) == set(re.findall(r"Refused\(\s*\"([a-z_]+)\"", sources))
    assert len(CODES) == len(set(CODES))


# ------------------------------------------------------------------ AsyncAPI


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for one in part.values():
            yield from references(one)
    elif isinstance(part, list):
        for one in part:
            yield from references(one)


def test_the_document_has_every_topic_and_on_it_every_type_in_both_modes() -> None:
    assert list(ASYNCAPI["channels"]) == [*SOURCE_TOPICS, RECEIPTS_TOPIC, QUARANTINE_TOPIC, LOG_TOPIC]
    for topic in SOURCE_TOPICS:
        types = [type_ for type_ in TYPES if type_.startswith(f"{topic}.")]
        messages = list(ASYNCAPI["channels"][topic]["messages"])
        assert messages == [f"{type_}.{mode}" for type_ in types for mode in ("structured", "binary")]


def test_every_reference_of_the_document_leads_into_it() -> None:
    for reference in references(ASYNCAPI):
        part = ASYNCAPI
        for step in reference.removeprefix("#/").split("/"):
            part = part[step]
        assert part


def test_rekam_receives_what_registries_say_and_sends_the_rest() -> None:
    action = {one["channel"]["$ref"].rpartition("/")[2]: one["action"] for one in ASYNCAPI["operations"].values()}

    assert action == dict.fromkeys(SOURCE_TOPICS, "receive") | dict.fromkeys(
        (RECEIPTS_TOPIC, QUARANTINE_TOPIC, LOG_TOPIC), "send"
    )
