"""A list by name as the API gave it in the end, held against what was published last of each who is outstanding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.faults.judge.meaning import particulars

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from tests.faults.judge.people import Person
    from tests.faults.judge.verdict import Verdict

__all__ = ["judge_listed"]

SHOWN: Final = ("name", "sex", "birth_date", "address", "rt", "rw")


def judge_listed(rows: Iterable[Mapping[str, Any]], people: Mapping[UUID, Person], verdict: Verdict) -> None:
    """Blame who is missing, who should not be there, and whom the list calls otherwise than the registry did last."""
    said: dict[str, Any] = {row["subject"]: _shown(row, row["kelurahan"]) for row in rows}
    due: dict[str, Any] = {}
    for subject, person in people.items():
        area, standing = max(person.means)[2] if person.means else ("-", "nowhere")
        if standing == "outstanding":
            due[subject.hex] = _shown(particulars(person.live), area)
    for who in said.keys() | due.keys():
        if said.get(who) != due.get(who):
            verdict.blame("wrong_answer", f"{who} is listed as {said.get(who)}, and is {due.get(who)}")


def _shown(row: Mapping[Any, Any], area: str) -> tuple[Any, ...]:
    return (area, *(row.get(name) for name in SHOWN))
