"""What a request may say: the parameters that are the same everywhere, closed, so that a misspelt one is refused."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.access.roles import Purpose

__all__ = ["Area", "Asked", "AskedOfPeople", "Day", "Known", "ListName", "Standing"]

Day = Annotated[
    str | None,
    Field(
        pattern=r"^\d{4}-\d{2}-\d{2}$", description="The day it is true of; today, in WITA.", examples=["2018-11-23"]
    ),
]
Known = Annotated[
    str | None,
    Field(
        max_length=40,
        description="As known then: a position, or a time (RFC 3339). Now, if left out.",
        examples=["103598", "2018-11-23T17:00:00+08:00"],
    ),
]
ListName = Annotated[
    str | None, Field(min_length=1, max_length=2000, description="Only members of this declared list.")
]
Area = Annotated[
    str | None,
    Field(max_length=20, description="Where people stand: a kelurahan, a kecamatan, the city, or `-`."),
]
Standing = Annotated[str, Field(max_length=40, description="A standing, or a word for several.")]


class Closed(BaseModel):
    """Refuses what it does not know."""

    model_config = ConfigDict(extra="forbid")


class Asked(Closed):
    """`wait` answers only when every view has reached that position: read your own write."""

    on: Day = None
    known: Known = None
    wait: Annotated[
        int | None,
        Field(ge=0, le=2**62, description="Answer when this position is reached; at most 10 s are waited."),
    ] = None


class AskedOfPeople(Asked):
    """A purpose shows numbers whole, where the role may see them so; it is kept with the reading."""

    purpose: Annotated[Purpose | None, Field(description="Why personal data is read.")] = None


By = Literal["kelurahan", "kecamatan", "city"]
