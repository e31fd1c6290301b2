"""How a question becomes an answer: the day, the position, a tag of both, and the document.

An answer at a position is the same for ever, so its tag is made of what was asked, by whom it may be seen, the day, the
position, when its entry was accepted, and the reading; where the tag is known already, nothing is computed and the
answer is 304. A position that was given once more, after a primary was lost with what its standby did not have yet, was
accepted at another time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

import orjson
from starlette.responses import Response

from events.errors import WrongUse
from projections.reading import READING_VERSION
from services.access import readings
from services.ask import VIEW_NAMES, day_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from services.access.roles import Caller
    from services.api.asked import Asked
    from services.api.reach import Reach
    from services.ask import Question

__all__ = ["THREE", "At", "Desk", "Showing", "Shown", "document_of", "headers", "moment", "tag_of"]

THREE: Final = ("official", "explained", "truly")
_VARY: Final = "Authorization, Cookie, Accept"


@dataclass(frozen=True, slots=True)
class At:
    """The day and the position that an answer is about, resolved; `accepted` is when its entry was."""

    day: date
    known: int
    accepted: datetime | None


class Shown(NamedTuple):
    """A document in which people can be told apart, and who they are."""

    document: dict[str, Any]
    subjects: Sequence[UUID]


class Showing(NamedTuple):
    """What is shown of people: which action that is in the log of readings, and what for.

    `lasting`: it follows from the position alone, and so has a tag.
    """

    action: str
    purpose: str | None
    ask: Callable[[Question, At], Shown]
    lasting: bool = True


@dataclass(frozen=True, slots=True)
class Desk:
    """Where one request is answered: who asks, what tags they know, and the way to the register."""

    reach: Reach
    caller: Caller
    path: str
    known_tags: frozenset[str]

    def answer(self, asked: Asked, ask: Callable[[Question, At], dict[str, Any]], **also: Any) -> Response:
        """Answer with the document that `ask` gives, or with 304. `also` is what else the answer follows from."""
        with self.reach.question(self.caller) as question:
            at = self.at(question, asked.on, asked.known)
            tag = tag_of(self.caller, self.path, at, {**asked.model_dump(exclude={"wait"}), **also})
            if tag in self.known_tags:
                return Response(status_code=304, headers=headers(tag))
            document = document_of(ask(question, at), at)
        return Response(orjson.dumps(document), headers=headers(tag), media_type="application/json")

    def show(self, asked: Asked, showing: Showing, **also: Any) -> Response:
        """Answer with what is personal: the reading is written down and committed before anything leaves.

        A repeat with its tag is 304: nothing is shown by it, so nothing is written down.
        """
        with self.reach.question(self.caller, keys=True) as question:
            at = self.at(question, asked.on, asked.known)
            tag = tag_of(self.caller, self.path, at, {**asked.model_dump(exclude={"wait"}), **also})
            if showing.lasting and tag in self.known_tags:
                return Response(status_code=304, headers=headers(tag, keep=False))
            shown = showing.ask(question, at)
            document = document_of(shown.document, at)
        self.note(showing, at, shown.subjects, {**asked.model_dump(exclude={"wait", "purpose"}), **also})
        said = headers(tag, keep=False) if showing.lasting else {"Cache-Control": "private, no-store"}
        return Response(orjson.dumps(document), headers=said, media_type="application/json")

    def note(self, showing: Showing, at: At, subjects: Sequence[UUID], question: Mapping[str, Any]) -> None:
        """Write down, and commit, that these people are about to be shown to the caller."""
        reading = _reading(showing, at, len(subjects), question)
        with self.reach.writing() as cursor:
            readings.note(cursor, self.caller, reading, subjects)

    def begin(self, showing: Showing, at: At, people: int, question: Mapping[str, Any]) -> int:
        """Write down, and commit, that so many are about to be shown; the number by which `add` says who they are."""
        reading = _reading(showing, at, people, question)
        with self.reach.access() as cursor:
            return readings.begin(cursor, self.caller, reading)

    def add(self, number: int, subjects: Sequence[UUID]) -> None:
        """Write down, and commit, that these are about to be shown."""
        with self.reach.access() as cursor:
            readings.add(cursor, number, subjects)

    def fresh(self, asked: Asked, ask: Callable[[Question, At], dict[str, Any]]) -> Response:
        """Answer with what is so this moment, and follows from no position alone: no tag, kept nowhere."""
        with self.reach.question(self.caller) as question:
            at = self.at(question, asked.on, asked.known)
            document = document_of(ask(question, at), at)
        return Response(orjson.dumps(document), headers={"Cache-Control": "no-store"}, media_type="application/json")

    @staticmethod
    def at(question: Question, on: str | None, known: str | None) -> At:
        """Resolve the day and the position; now is the least position of the views, so a count and its list agree."""
        day = day_of("on", on)
        position = question.known(known, *VIEW_NAMES)
        return At(day, position, question.accepted(position))


def _reading(showing: Showing, at: At, people: int, question: Mapping[str, Any]) -> readings.Reading:
    """WrongUse where the question may hold a NIK: what cannot be written down is not shown."""
    said = {name: value for name, value in question.items() if value is not None} | {"on": at.day.isoformat()}
    said.pop("known", None)
    try:
        return readings.Reading(showing.action, showing.purpose, said, people, at.known)
    except ValueError as error:
        raise WrongUse(f"{error}: look for somebody by NIK in a body alone") from None


def document_of(answer: dict[str, Any], at: At) -> dict[str, Any]:
    """The answer with what every answer carries."""
    said = {"position": at.known, "accepted": moment(at.accepted), "reading_version": READING_VERSION}
    if isinstance(total := answer.get("total"), dict) and "truly" in total:
        said |= {name: total[name] for name in THREE}
    return said | answer


def tag_of(caller: Caller, path: str, at: At, asked: Mapping[str, Any]) -> str:
    seen_by = (caller.role, caller.areas)
    answered = (at.day, at.known, at.accepted, READING_VERSION)
    text = orjson.dumps([path, seen_by, answered, asked], option=orjson.OPT_SORT_KEYS)
    return f'"{sha256(text).hexdigest()[:32]}"'


def headers(tag: str, *, keep: bool = True) -> dict[str, str]:
    """`keep`: may be kept by whoever asked, to be asked about again; what is personal is kept nowhere."""
    return {"ETag": tag, "Cache-Control": "private, no-cache" if keep else "private, no-store", "Vary": _VARY}


def moment(time: datetime | None) -> str | None:
    return None if time is None else time.astimezone(UTC).isoformat().replace("+00:00", "Z")
