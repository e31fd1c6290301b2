"""Every operation, asked what its own description allows and what it does not: never a fault of ours, never another
shape than the description says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.printing import API

if TYPE_CHECKING:
    from tests.services.api.office import Office

pytestmark = pytest.mark.alone

CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
#: Without the stream, which does not end, and the check, which takes a minute each time.
LEFT_OUT: Final = {"/v1/changes", "/v1/checks"}
#: Who may ask what a supervisor may not.
WHO: Final = {"/v1/log": "auditor", "/v1/readings": "auditor", "/v1/metrics": "operator"}
DESCRIBED: Final = schemathesis.openapi.from_path(str(API))
OPERATIONS: Final[list[Any]] = [
    found.ok() for found in DESCRIBED.get_all_operations() if isinstance(found, Ok) and found.ok().path not in LEFT_OUT
]
QUICK: Final = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def ask(office: Office, operation: Any, data: st.DataObject, mode: GenerationMode) -> None:
    who = "operator" if operation.path.startswith("/v1/quarantine") else WHO.get(operation.path, "supervisor")
    case = data.draw(operation.as_strategy(generation_mode=mode))
    headers = {"Authorization": f"Bearer {office.tokens[who]}"}
    case.call_and_validate(base_url=office.url, headers=headers, checks=CHECKS)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.label)
def test_what_is_described_is_answered_as_it_is_described(office: Office, operation: Any) -> None:
    @QUICK
    @given(data=st.data())
    def asked(data: st.DataObject) -> None:
        ask(office, operation, data, GenerationMode.POSITIVE)

    asked()


@pytest.mark.parametrize(
    "operation", [one for one in OPERATIONS if one.path != "/v1/health"], ids=lambda one: one.label
)
def test_what_is_not_described_brings_no_fault_about(office: Office, operation: Any) -> None:
    @QUICK
    @given(data=st.data())
    def asked(data: st.DataObject) -> None:
        ask(office, operation, data, GenerationMode.NEGATIVE)

    asked()
