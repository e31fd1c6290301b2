"""What may be asked of people: whom a list is about, who of them, and which figure is explained."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from services.api.asked import Area, AskedOfPeople, Day, ListName, Standing

__all__ = ["AskedFigure", "AskedList", "AskedPeople"]

After = Annotated[str | None, Field(max_length=500, description="The page key that the page before gave as `next`.")]
Reason = Literal["never", "again", "duplicate"]


class AskedPeople(AskedOfPeople):
    """Whom a list is about, and who of them is asked for; what is left out asks for nothing."""

    standing: Standing = "outstanding"
    list: ListName = None
    kelurahan: Area = None
    rw: Annotated[str | None, Field(max_length=20)] = None
    rt: Annotated[str | None, Field(max_length=20)] = None
    age_from: Annotated[int | None, Field(ge=0, le=150, description="Whole years on the day.")] = None
    age_to: Annotated[int | None, Field(ge=0, le=150)] = None
    reason: Annotated[Reason | None, Field(description="Why they are listed.")] = None
    not_visited_for: Annotated[int | None, Field(ge=1, le=36_500, description="Days without a visit.")] = None
    home_visit_needed: bool | None = None
    leaves_before: Annotated[Day, Field(description="Who leaves this standing after the day and before this one.")] = (
        None
    )


class AskedList(AskedPeople):
    """A page of them."""

    after: After = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class AskedFigure(AskedOfPeople):
    """A figure: how many stand there."""

    kelurahan: Annotated[str, Field(max_length=20, description="A kelurahan, a kecamatan, the city, or `-`.")]
    standing: Standing
    after: After = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
