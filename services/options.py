"""The options that several commands share, and how each command ends with its answer."""

from __future__ import annotations

from typing import Annotated

import typer

from services.answer import Answer

__all__ = ["LARGEST", "By", "Json", "Known", "List", "On", "show"]

LARGEST = 2**62
"""Of positions and numbers: more than there will ever be, and less than the database can count."""

Json = Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")]
On = Annotated[str | None, typer.Option("--on", metavar="DAY", help="The day it is true of; today, in WITA.")]
Known = Annotated[str | None, typer.Option("--known", metavar="POSITION|TIME", help="As known then; now, if left out.")]
By = Annotated[str, typer.Option("--by", metavar="kelurahan|kecamatan|city", help="How fine the rows are.")]
List = Annotated[str | None, typer.Option("--list", metavar="LIST", help="Only members of this declared list.")]


def show(answer: Answer, as_json: bool) -> None:
    """Print the answer; exit 1 where it is a "no"."""
    answer.print(as_json=as_json)
    if not answer.ok:
        raise typer.Exit(1)
