"""The API in print: what is checked in is what is served, and no program that was written for it is broken."""

from __future__ import annotations

import copy
import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from services.api.described import API_VERSION
from services.printing import API, printed_api
from tests.openapi import broken

if TYPE_CHECKING:
    from collections.abc import Callable

#: Each version to the digest of its document. A line is added with a version and never changed.
FROZEN: Final = {"1.0.0": "34616064af79a0e6780f8c73ca5ccedc7165e3766b279290df92e8e8c41eadd7"}

NOW: Final[dict[str, Any]] = json.loads(printed_api())


def frozen(version: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((API.parent / "frozen" / f"{version}.json").read_text())
    return found


def test_what_is_checked_in_is_what_is_served() -> None:
    assert API.read_text() == printed_api(), "python -m services.printing"


def test_its_version_is_one_that_was_frozen_or_comes_after() -> None:
    assert max([*FROZEN, API_VERSION], key=_numbers) == API_VERSION
    assert NOW["info"]["version"] == API_VERSION


@pytest.mark.parametrize("version", FROZEN)
def test_a_frozen_document_is_never_touched(version: str) -> None:
    text = (API.parent / "frozen" / f"{version}.json").read_bytes()

    assert hashlib.sha256(text).hexdigest() == FROZEN[version]


@pytest.mark.parametrize("version", FROZEN)
def test_a_program_that_was_written_for_an_earlier_version_still_works(version: str) -> None:
    assert broken(frozen(version), NOW) == []


# ------------------------------------------------------------------ the comparison can fail


def _without_a_path(now: dict[str, Any]) -> None:
    del now["paths"]["/v1/counts"]


def _with_a_wanted_parameter(now: dict[str, Any]) -> None:
    now["paths"]["/v1/counts"]["get"]["parameters"][0]["required"] = True


def _without_a_parameter(now: dict[str, Any]) -> None:
    now["paths"]["/v1/counts"]["get"]["parameters"].pop()


def _with_a_narrower_parameter(now: dict[str, Any]) -> None:
    by = next(one for one in now["paths"]["/v1/counts"]["get"]["parameters"] if one["name"] == "by")
    by["schema"]["enum"].remove("city")


def _without_a_field(now: dict[str, Any]) -> None:
    counts = now["components"]["schemas"]["Counts"]
    del counts["properties"]["coverage"]
    counts["required"].remove("coverage")


def _with_another_type(now: dict[str, Any]) -> None:
    now["components"]["schemas"]["Counts"]["properties"]["position"] = {"type": "string"}


def _with_a_field_more_in_a_body(now: dict[str, Any]) -> None:
    now["components"]["schemas"]["Sought"]["required"].append("purpose")


def _without_a_field_of_a_row(now: dict[str, Any]) -> None:
    row = now["components"]["schemas"]["AreaCounted"]
    del row["properties"]["name"]
    row["required"].remove("name")


def _without_an_answer(now: dict[str, Any]) -> None:
    del now["paths"]["/v1/log"]["get"]["responses"]["200"]["content"]["application/x-ndjson"]


@pytest.mark.parametrize(
    "change",
    [
        _without_a_path, _with_a_wanted_parameter, _without_a_parameter, _with_a_narrower_parameter, _without_a_field,
        _without_a_field_of_a_row, _with_another_type, _with_a_field_more_in_a_body, _without_an_answer,
    ],
)  # fmt: skip
def test_an_incompatible_change_is_refused(change: Callable[[dict[str, Any]], None]) -> None:
    changed = copy.deepcopy(NOW)
    change(changed)

    assert broken(NOW, changed) != []


def test_what_is_only_added_is_welcome() -> None:
    changed = copy.deepcopy(NOW)
    changed["paths"]["/v1/more"] = changed["paths"]["/v1/health"]
    changed["components"]["schemas"]["Counts"]["properties"]["more"] = {"type": "string"}
    changed["components"]["schemas"]["AreaCounted"]["properties"]["more"] = {"type": "string"}
    changed["paths"]["/v1/counts"]["get"]["parameters"].append(
        {"in": "query", "name": "more", "required": False, "schema": {"type": "string"}}
    )

    assert broken(NOW, changed) == []


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]
