"""How a page is asked for and answered: who reads, in which language, at which position; a tag, and what it shows.

A page follows from the same documents as the API's answers, taken at one position in one snapshot.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Depends, Request
from pydantic import model_validator
from starlette.responses import HTMLResponse, RedirectResponse, Response

from events.calendar import day_in_wita
from projections.reading import READING_VERSION
from services.access import sessions
from services.access.roles import Caller, Operation
from services.api.answering import At, Desk, headers, tag_of
from services.api.asked import Asked
from services.api.caller import known_tags, sincere
from services.api.problem import ProblemError
from services.api.sending import Pieces, Sending, take_turn_of_pages
from services.ask import VIEW_NAMES
from services.pages.frame import Frame, address
from services.pages.rendering import parts, render
from services.pages.words import CATALOGUE, LANGUAGES, Language, Words

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import date

    from services.api.reach import Reach
    from services.ask import Question

__all__ = ["AskedPage", "Before", "Here", "Screen", "Switched", "before", "language_of", "screen_for", "switched"]

LANGUAGE_COOKIE: Final = "rekam-language"
_YEAR_S: Final = 365 * 24 * 3600


class AskedPage(Asked):
    """What a page may be asked. A field that was left empty in a form is one that was not given."""

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, said: Any) -> Any:
        return {name: value for name, value in said.items() if value != ""} if isinstance(said, dict) else said


@dataclass(frozen=True, slots=True)
class Here:
    """Where a page is about: the day and position it shows, and where the views are now."""

    at: At
    head: int
    today: date


@dataclass(frozen=True, slots=True)
class Screen:
    """Where one request for a page is answered. `following`: it is asked by a page that is open, for news alone."""

    reach: Reach
    caller: Caller
    frame: Frame
    known_tags: frozenset[str] = field(default_factory=frozenset)
    following: bool = False

    def show(self, template: str, asked: AskedPage, ask: Callable[[Question, Here, Frame], dict[str, Any]]) -> Response:
        """Answer with the page of what `ask` gives, or with 304 where that very page is there already."""
        with self.reach.question(self.caller) as question:
            here = self.here(question, asked)
            tag = self._tag(asked, here)
            if tag in self.known_tags:
                return Response(status_code=304, headers=headers(tag))
            frame = self.of(here)
            document = ask(question, here, frame)
        return HTMLResponse(render(template, frame, **document), headers=headers(tag))

    def show_in_parts(
        self, template: str, asked: AskedPage, ask: Callable[[Question, Here, Frame], dict[str, Any]]
    ) -> Response:
        """Answer as `show`, but send what is quickly known first; the question stays open until the last part.

        What goes wrong before the first part is told as ever. An open page that follows the register gets that alone.
        Where enough pages are being sent in parts, it is answered whole.
        """
        with ExitStack() as opened:
            question = opened.enter_context(self.reach.question(self.caller))
            here = self.here(question, asked)
            tag = self._tag(asked, here)
            if tag in self.known_tags:
                return Response(status_code=304, headers=headers(tag))
            frame = self.of(here)
            rest = parts(template, frame, **ask(question, here, frame))
            first = next(rest)
            if self.following:
                return HTMLResponse(first, headers={"Cache-Control": "no-store"})
            turn = ExitStack()
            if not take_turn_of_pages(turn):
                return HTMLResponse("".join((first, *rest)), headers=headers(tag))
            turn.push(opened.pop_all())  # the turn ends after the question
        return Sending(Pieces(map(str.encode, chain((first,), rest)), turn), headers(tag), "text/html")

    def _tag(self, asked: AskedPage, here: Here) -> str:
        also = {"head": here.head, "today": here.today, "csrf": self.frame.csrf, "edition": edition()}
        said = {**asked.model_dump(exclude={"wait"}), "language": self.frame.words.language}
        return tag_of(self.caller, self.frame.path, here.at, said | also)

    @staticmethod
    def here(question: Question, asked: Asked) -> Here:
        """Resolve the day and the position, and look how far the views are."""
        at = Desk.at(question, asked.on, asked.known)
        return Here(at, question.known(None, *VIEW_NAMES), day_in_wita(datetime.now(UTC)))

    def of(self, here: Here) -> Frame:
        """The frame of a page that is about this day and position."""
        at = here.at
        return replace(
            self.frame,
            day=at.day,
            position=at.known,
            accepted=at.accepted,
            reading_version=READING_VERSION,
            head=here.head,
        )


@dataclass(frozen=True, slots=True)
class Before:
    """A page for whoever is not signed in yet, or an error told as one."""

    language: Language
    path: str
    query: Mapping[str, str]

    @property
    def frame(self) -> Frame:
        return Frame(Words(self.language), self.path, None, self.query)


class Switched(Exception):  # noqa: N818 - it is no error: the answer is the same page in another language
    """Raised where another language is asked for: the browser is to remember it, and ask again."""

    def __init__(self, language: Language, to: str) -> None:
        super().__init__(language)
        self.language = language
        self.to = to


def screen_for(operation: Operation | None) -> Callable[..., Awaitable[Screen]]:
    """Give a dependency: a screen for whoever is signed in, where their role may do this; 403 where not."""

    async def screen(
        request: Request, there: Annotated[Before, Depends(before)], caller: Annotated[Caller, Depends(sincere)]
    ) -> Screen:
        if operation is not None and not caller.may(operation):
            raise ProblemError(403, "not_allowed", f"the role {caller.role} may not do this ({operation})")
        secret = request.state.secret
        csrf = "" if secret is None else sessions.csrf(secret)
        frame = Frame(Words(there.language), there.path, caller, there.query, csrf=csrf)
        following = request.headers.get("hx-trigger") == "live"
        return Screen(request.app.state.reach, caller, frame, known_tags(request), following)

    return screen


async def before(request: Request) -> Before:
    """What any page is told of its request. Switched where another language is asked for by `lang`."""
    query = dict(request.query_params)
    asked = query.pop("lang", None)
    there = Before(language_of(request), request.url.path, {name: said for name, said in query.items() if said})
    if asked in LANGUAGES:
        raise Switched(asked, address(there.path, there.query))
    return there


def language_of(request: Request) -> Language:
    """The language that was chosen at this browser; Indonesian where none was."""
    said = request.cookies.get(LANGUAGE_COOKIE)
    return said if said in LANGUAGES else LANGUAGES[0]


def switched(request: Request, error: Exception) -> Response:
    """Remember the language and show the page again; as the app's handler of `Switched`."""
    assert isinstance(error, Switched)
    response = RedirectResponse(error.to, 303, headers={"Cache-Control": "no-store"})
    secure = request.app.state.reach.secure
    response.set_cookie(
        LANGUAGE_COOKIE, error.language, max_age=_YEAR_S, path="/", secure=secure, httponly=True, samesite="lax"
    )
    return response


@lru_cache(maxsize=1)
def edition() -> str:
    """A digest of what pages are made of beside their figures, so that a new Rekam's pages are other pages."""
    digest = sha256(repr(sorted(CATALOGUE.items())).encode())
    for folder in ("templates", "static"):
        for file in sorted((files(__package__) / folder).iterdir(), key=lambda one: one.name):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
