"""Roles of people, and what each may do: one table, and who asks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Final

from events.territory import area_of
from projections.accounts import ACCOUNTS

__all__ = ["MAY", "PURPOSES", "Caller", "Operation", "Role"]


class Role(StrEnum):
    """What somebody is in the office; each has a role of its own in the database, `rekam_as_…`."""

    REPORTING = auto()
    OFFICER = auto()
    SUPERVISOR = auto()
    AUDITOR = auto()
    OPERATOR = auto()

    @property
    def database_role(self) -> str:
        return f"rekam_as_{self}"


class Operation(StrEnum):
    """What may be asked or done."""

    COUNTS = auto()  # counts, flows, reconciliations, daily, pace, lists
    PERSONS = auto()  # a list by name, a resident
    FIND = auto()  # a resident by NIK
    FULL_NIK = auto()  # unmasked, only with a stated purpose
    EXPORT = auto()  # CSV, XLSX, print
    TRAIL = auto()  # facts of a resident, explain
    ANOMALIES = auto()
    FOLLOW_UP = auto()  # state what is done about an anomaly
    LOG = auto()
    READINGS = auto()  # who has read what
    HISTORY = auto()  # who has read about one person
    STATUS = auto()
    QUARANTINE = auto()
    MEND = auto()  # re-drive, dismiss
    METRICS = auto()
    CHECK = auto()


_REPORTING, _OFFICER, _SUPERVISOR, _AUDITOR, _OPERATOR = Role

MAY: Final[dict[Operation, frozenset[Role]]] = {
    Operation.COUNTS: frozenset({_REPORTING, _OFFICER, _SUPERVISOR, _AUDITOR}),
    Operation.PERSONS: frozenset({_OFFICER, _SUPERVISOR, _AUDITOR}),
    Operation.FIND: frozenset({_OFFICER, _SUPERVISOR, _AUDITOR}),
    Operation.FULL_NIK: frozenset({_OFFICER, _SUPERVISOR}),
    Operation.EXPORT: frozenset({_OFFICER, _SUPERVISOR}),
    Operation.TRAIL: frozenset({_OFFICER, _SUPERVISOR, _AUDITOR}),
    Operation.ANOMALIES: frozenset({_OFFICER, _SUPERVISOR, _AUDITOR}),
    Operation.FOLLOW_UP: frozenset({_OFFICER, _SUPERVISOR}),
    Operation.LOG: frozenset({_AUDITOR}),
    Operation.READINGS: frozenset({_AUDITOR}),
    Operation.HISTORY: frozenset({_SUPERVISOR, _AUDITOR}),
    Operation.STATUS: frozenset({_SUPERVISOR, _AUDITOR, _OPERATOR}),
    Operation.QUARANTINE: frozenset({_OPERATOR}),
    Operation.MEND: frozenset({_OPERATOR}),
    Operation.METRICS: frozenset({_OPERATOR}),
    Operation.CHECK: frozenset({_AUDITOR}),
}

#: Why somebody looks at a person, where that is stated; closed.
PURPOSES: Final = ("home_visit", "recording_session", "correction", "data_request", "supervision")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `areas` are codes of kelurahan or kecamatan, of an officer alone, who has at least one."""

    name: str
    role: Role
    areas: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.role is Role.OFFICER) != bool(self.areas):
            raise ValueError("an officer has at least one area, and nobody else has any")

    def may(self, operation: Operation) -> bool:
        return self.role in MAY[operation]

    def accounts(self) -> tuple[int, ...] | None:
        """The numbers of the accounts that lie in the caller's areas; None: all."""
        if self.role is not Role.OFFICER:
            return None
        return tuple(number for number, (area, _) in enumerate(ACCOUNTS) if self.may_see(area))

    def may_see(self, area: str) -> bool:
        """Whether a kelurahan, a kecamatan, the city or `-` lies in the caller's areas."""
        return not self.areas or area in self.areas or area_of(area, "kecamatan") in self.areas

    @property
    def database_role(self) -> str:
        return self.role.database_role
