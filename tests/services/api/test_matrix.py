"""Who may do what: every role on every operation, over HTTP; and once more with the API's own check taken away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest

from services.access import roles
from services.access.roles import MAY, Operation, Role
from tests.services.api.office import DAY, LIST

if TYPE_CHECKING:
    from tests.services.api.office import Office

NOBODY = "0" * 31 + "1"
ON = f"on={DAY}"


@dataclass(frozen=True)
class Door:
    """A route, asked so that whoever may go through finds an answer, or that there is none."""

    operation: Operation
    method: str
    route: str
    path: str
    body: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        return f"{self.method} {self.route}"


DOORS = (
    Door(Operation.COUNTS, "GET", "/v1/counts", f"/v1/counts?{ON}"),
    Door(Operation.COUNTS, "GET", "/v1/flows", f"/v1/flows?from={DAY}&to={DAY}"),
    Door(Operation.COUNTS, "GET", "/v1/lists", "/v1/lists"),
    Door(Operation.COUNTS, "GET", "/v1/reconciliations/{list}", f"/v1/reconciliations/{LIST}?{ON}"),
    Door(Operation.COUNTS, "GET", "/v1/recordings/daily", f"/v1/recordings/daily?{ON}"),
    Door(Operation.COUNTS, "GET", "/v1/recordings/places", f"/v1/recordings/places?{ON}"),
    Door(Operation.COUNTS, "GET", "/v1/pace", f"/v1/pace?{ON}"),
    Door(Operation.COUNTS, "GET", "/v1/leaving", f"/v1/leaving?{ON}"),
    Door(Operation.PERSONS, "GET", "/v1/outstanding", f"/v1/outstanding?{ON}&limit=1"),
    Door(Operation.EXPORT, "GET", "/v1/outstanding/export", f"/v1/outstanding/export?{ON}&list={LIST}"),
    Door(Operation.FIND, "POST", "/v1/residents/find", "/v1/residents/find", {"nik": "5371010101909001"}),
    Door(Operation.TRAIL, "GET", "/v1/residents/{subject}", f"/v1/residents/{NOBODY}"),
    Door(Operation.HISTORY, "GET", "/v1/residents/{subject}/readings", f"/v1/residents/{NOBODY}/readings"),
    Door(Operation.TRAIL, "GET", "/v1/explain", f"/v1/explain?{ON}&kelurahan=53.71.01&standing=deceased"),
    Door(Operation.ANOMALIES, "GET", "/v1/anomalies", "/v1/anomalies?limit=1"),
    Door(
        Operation.FOLLOW_UP, "POST", "/v1/anomalies/follow-ups", "/v1/anomalies/follow-ups",
        {"subject": NOBODY, "name": "died_twice", "state": "open", "note": "x"},
    ),
    Door(Operation.LOG, "GET", "/v1/log", "/v1/log?limit=1"),
    Door(Operation.READINGS, "GET", "/v1/readings", "/v1/readings?limit=1"),
    Door(Operation.CHECK, "GET", "/v1/checks", "/v1/checks"),
    Door(Operation.CHECK, "POST", "/v1/checks", "/v1/checks"),
    Door(Operation.STATUS, "GET", "/v1/status", "/v1/status"),
    Door(Operation.STATUS, "GET", "/v1/sources", "/v1/sources"),
    Door(Operation.STATUS, "GET", "/v1/lateness", "/v1/lateness?limit_days=30"),
    Door(Operation.QUARANTINE, "GET", "/v1/quarantine", "/v1/quarantine?limit=1"),
    Door(Operation.MEND, "POST", "/v1/quarantine/{number}/redrive", "/v1/quarantine/987654/redrive"),
    Door(
        Operation.MEND, "POST", "/v1/quarantine/{number}/dismiss", "/v1/quarantine/987654/dismiss", {"reason": "x"}
    ),
    Door(Operation.METRICS, "GET", "/v1/metrics", "/v1/metrics"),
)  # fmt: skip

#: Whoever is signed in, or anybody.
OPEN = {"GET /v1/health", "GET /v1/changes"}

#: What the database itself does not keep from a role, because it holds nothing that the role may not read: to write a
#: step or make a file is the API's to refuse, and a check says nothing of anybody.
NOT_THE_DATABASES = {
    (Role.OFFICER, Operation.STATUS),  # of their own area's facts
    (Role.AUDITOR, Operation.FOLLOW_UP),
    (Role.AUDITOR, Operation.EXPORT),
    (Role.AUDITOR, Operation.QUARANTINE),
    (Role.AUDITOR, Operation.MEND),
    (Role.AUDITOR, Operation.METRICS),
    (Role.SUPERVISOR, Operation.METRICS),
    (Role.SUPERVISOR, Operation.READINGS),
    (Role.OPERATOR, Operation.LOG),  # sealed entries, for the fact that a conflict stands against
    *((role, Operation.CHECK) for role in Role),
}

each_door = pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
each_role = pytest.mark.parametrize("role", Role)


def ask(office: Office, who: str | None, door: Door) -> int:
    return office.ask(who, door.path, door.method, json=door.body).status_code


def test_every_route_is_tried(office: Office) -> None:
    described = office.app.openapi()["paths"]
    routes = {f"{method.upper()} {path}" for path, methods in described.items() for method in methods}

    assert {door.name for door in DOORS} | OPEN == routes


def test_every_operation_but_the_whole_nik_has_a_door() -> None:
    assert {door.operation for door in DOORS} == set(Operation) - {Operation.FULL_NIK}


@each_door
def test_nobody_goes_through_without_saying_who(office: Office, door: Door) -> None:
    assert ask(office, None, door) == 401


@each_role
@each_door
def test_a_role_goes_through_where_it_may_and_nowhere_else(office: Office, door: Door, role: Role) -> None:
    status = ask(office, role, door)

    if role in MAY[door.operation]:
        assert status in {200, 201, 202, 404}, status
    else:
        assert status == 403


@each_role
@each_door
def test_the_database_holds_the_same_line(office: Office, door: Door, role: Role) -> None:
    """With an API that lets everybody do everything."""
    if role in MAY[door.operation] or (role, door.operation) in NOT_THE_DATABASES:
        return
    everybody = {operation: frozenset(Role) for operation in Operation}
    with patch.object(roles, "MAY", everybody):
        assert ask(office, role, door) == 403


@each_role
def test_whoever_is_signed_in_is_told_of_changes_and_anybody_of_health(office: Office, role: Role) -> None:
    assert office.ask(None, "/v1/health").status_code == 200
    assert office.ask(None, "/v1/changes").status_code == 401
    assert office.ask(role, "/v1/health").status_code == 200
