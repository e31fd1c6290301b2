"""/v1/outstanding/export: a list as a file, which begins at once and is never whole in memory.

How many are in it is written down before it begins, and who they are before the piece that they are in leaves. Where
filters leave some out nobody knows how many are left: they are looked for first, and written down all at once.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import chain, islice
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.responses import Response

from projections import by_name
from projections.reading import READING_VERSION
from projections.rows import AT_ONCE
from services.access.roles import Operation
from services.api.answering import At, Desk, Showing, Shown
from services.api.asked_people import AskedPeople
from services.api.by_name import full, wanted_of
from services.api.caller import desk_for
from services.api.described import answers
from services.api.sending import Pieces, Sending, take_turn
from services.exports import columns, separated, workbook
from services.exports.about import About, file_name

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from services.ask import Question

__all__ = ["AskedExport", "export", "router"]

router = APIRouter(prefix="/v1", tags=["people"])

_SEPARATORS: Final = {"comma": ",", "semicolon": ";"}


class AskedExport(AskedPeople):
    """`columns` are names of columns, with commas; all that a list has, if left out."""

    format: Literal["csv", "xlsx"] = "csv"
    separator: Annotated[Literal["comma", "semicolon"], Field(description="Of CSV.")] = "comma"
    language: Annotated[Literal["id", "en"], Field(description="Of headings and words.")] = "id"
    columns: Annotated[str | None, Field(max_length=500)] = None


@router.get("/outstanding/export", responses=answers(None, separated.MEDIA_TYPE, workbook.MEDIA_TYPE))
def export(
    asked: Annotated[AskedExport, Query()], desk: Annotated[Desk, Depends(desk_for(Operation.EXPORT))]
) -> Response:
    """The whole list as CSV or XLSX, numbers as text, in the order somebody walks."""
    chosen = columns.choose([] if asked.columns is None else asked.columns.split(","))
    with ExitStack() as opened:
        take_turn(opened)
        at, number = _noted(desk, asked)
        found = _rows(desk, asked, at, number)
        opened.callback(found.close)
        rows = chain(list(islice(found, 1)), found)  # what is refused, is refused before the file begins
        about = About(
            asked.standing, at.day, at.known, at.accepted, READING_VERSION, desk.caller.name, datetime.now(UTC),
            asked.list, asked.kelurahan, asked.purpose,
        )  # fmt: skip
        if asked.format == "csv":
            pieces = separated.encode(rows, chosen, asked.language, _SEPARATORS[asked.separator])
        else:
            pieces = workbook.encode(rows, chosen, asked.language, about)
        sent = Pieces(pieces, opened.pop_all())
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="{file_name(asked.format, about, asked.language)}"',
    }
    media = separated.MEDIA_TYPE if asked.format == "csv" else workbook.MEDIA_TYPE
    return Sending(sent, headers, media)


def _noted(desk: Desk, asked: AskedExport) -> tuple[At, int | None]:
    """Write the reading down; its number, where who is shown is still to be added."""
    found: Sequence[UUID] | None = None
    with desk.reach.question(desk.caller) as question:
        at = desk.at(question, asked.on, asked.known)
        wanted = wanted_of(desk.caller, asked, at)
        people = by_name.total(question.cursor, wanted, desk.reach.walks, desk.reach.recent)
        if wanted.filters.any:
            rows = by_name.rows(question.cursor, question.keys, wanted, desk.reach.walks)
            found = [UUID(hex=row["subject"]) for row in rows]
    showing, said = Showing("export", asked.purpose, _nothing), asked.model_dump(exclude={"wait", "purpose"})
    if found is None:
        return at, desk.begin(showing, at, people, said)
    desk.note(showing, at, found, said)
    return at, None


def _rows(desk: Desk, asked: AskedExport, at: At, number: int | None) -> Generator[dict[str, Any], None, None]:
    with desk.reach.question(desk.caller) as question:
        whole = full(desk.caller, asked.purpose)
        wanted = wanted_of(desk.caller, asked, at)
        rows = by_name.rows(question.cursor, question.keys, wanted, desk.reach.walks, full=whole)
        if number is None:
            yield from rows
            return
        while some := list(islice(rows, AT_ONCE)):
            desk.add(number, [UUID(hex=row["subject"]) for row in some])
            yield from some


def _nothing(_: Question, __: At) -> Shown:
    return Shown({}, ())
