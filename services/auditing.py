"""The commands of `rekam audit`. What each needs is imported when it is called."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from services.options import LARGEST, Json, Known, On, show
from services.settings import from_environ

__all__ = ["audit"]

audit = typer.Typer(help="Replay history, explain a figure, prove the log.", no_args_is_help=True)


@audit.command("trail")
def audit_trail(
    resident: Annotated[str, typer.Argument(metavar="NIK|SUBJECT")], *, known: Known = None, as_json: Json = False
) -> None:
    """Show every fact of a resident, with what it changed."""
    from services import questions

    show(questions.trail(from_environ(os.environ), resident, known), as_json)


@audit.command("explain")
def audit_explain(
    *,
    area: Annotated[str, typer.Option("--area", metavar="CODE", help="53.71.01.1001, 53.71.01, 53.71 or -")],
    standing: Annotated[str, typer.Option("--standing", metavar="STANDING")],
    on: On = None,
    known: Known = None,
    as_json: Json = False,
) -> None:
    """Show the trail of each person behind a figure."""
    from services import questions

    show(questions.explain(from_environ(os.environ), area, standing, on, known), as_json)


@audit.command("replay")
def audit_replay(
    *,
    first: Annotated[int, typer.Option("--from", metavar="P", min=1, max=LARGEST, help="First position.")] = 1,
    last: Annotated[
        int | None, typer.Option("--to", metavar="P", min=0, max=LARGEST, help="Last position; the log's end.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As it is anyway.")] = False,  # noqa: ARG001 - as others have it
) -> None:
    """Print the log as JSON lines.

    In order of position; what is sealed stays sealed.
    """
    from services import questions

    questions.replay(from_environ(os.environ), first, last)


@audit.command("check")
def audit_check(*, as_json: Json = False) -> None:
    """Recompute everything from the log, and compare."""
    from services import questions

    show(questions.check(from_environ(os.environ)), as_json)
