"""The command line: the answer on stdout, the talk on stderr, and an exit code that means something.

Exit 0: done · 1: a check failed, or the answer is "no" · 2: wrong use · 3: an engine cannot be reached.

A command imports what it needs when it is called, or `rekam status` would first load Kafka's clients and the demo.
"""

from __future__ import annotations

import os
import sys
import traceback
from importlib import metadata
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import psycopg
import typer

from events.errors import RekamError, Retry, WrongUse
from services.auditing import audit
from services.backup_cli import backups
from services.options import LARGEST, By, Json, Known, List, On, show
from services.settings import from_environ
from services.talk import say
from services.users_cli import user

__all__ = ["app", "main"]

app = typer.Typer(
    name="rekam", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
    context_settings={"max_content_width": 100},
)  # fmt: skip
parked = typer.Typer(help="Messages that did not become facts.", no_args_is_help=True)
app.add_typer(audit, name="audit")
app.add_typer(parked, name="quarantine")
app.add_typer(user, name="user")
app.add_typer(backups)


def version(asked: bool) -> None:
    if asked:
        print(f"rekam {metadata.version('rekam')}")  # noqa: T201
        raise typer.Exit


@app.callback()
def rekam(
    *,
    _: Annotated[
        bool, typer.Option("--version", callback=version, is_eager=True, help="Say which version this is, and exit.")
    ] = False,
) -> None:
    """The register of who in a city still has to be recorded for the electronic identity card."""


@app.command()
def up() -> None:
    """Run everything here until Ctrl-C.

    That is every process, and the engines that no setting gives an address for.
    """
    from services import running

    running.up(from_environ(os.environ))


@app.command()
def prepare() -> None:
    """Make what the processes stand on: roles, tables, keys, topics.

    In the engines that the settings give an address for; it waits for those that are just being started.
    """
    from services import running

    running.prepare(from_environ(os.environ))


@app.command()
def run(process: Annotated[str, typer.Argument(metavar="intake|relay|counts|trail|outstanding")]) -> None:
    """Run one process until it is told to stop."""
    from services import running

    running.run(from_environ(os.environ), process)


@app.command()
def demo(
    *,
    quick: Annotated[bool, typer.Option("--quick", help="A hundredth of the city.")] = False,
    city: Annotated[bool, typer.Option("--city", help="First the whole register, which has coverage.")] = False,
    seed: Annotated[int, typer.Option("--seed", help="Another seed, other people; the same figures.")] = 2018,
    leave: Annotated[bool, typer.Option("--exit", help="Stop when the answer has been printed.")] = False,
    as_json: Json = False,
) -> None:
    """Tell the story of Kota Kupang 2018, made up.

    Its messages are published through Kafka; what is printed is the reconciliation that follows from them.
    """
    from services import running

    choice = running.Choice(quick, city, seed)
    running.demo(from_environ(os.environ), choice, leave=leave, as_json=as_json)


@app.command()
def publish(  # noqa: PLR0913 - one for each option
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="JSON lines, an event a line, - is stdin; or CSV, XLSX.")
    ],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every line and send nothing.")] = False,
    skip: Annotated[bool, typer.Option("--skip", help="Send the lines that are not refused.")] = False,
    kind: Annotated[str | None, typer.Option("--kind", metavar="KIND", help="Of a sheet: what its rows are.")] = None,
    source: Annotated[str | None, typer.Option("--source", metavar="URN", help="Of a sheet: who says it.")] = None,
    sheet: Annotated[
        str | None, typer.Option("--sheet", metavar="NAME", help="Its name in the ids of its rows.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Publish events or sheets, and wait for what becomes of them.

    Every line is checked first: if one is refused nothing is sent, unless --skip is given.
    """
    from services import running
    from services.sheets.files import Told

    told = Told(kind, source, sheet)
    show(running.publish(from_environ(os.environ), files, told, dry_run=dry_run, skip=skip), as_json)


@app.command()
def template(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="What its rows will be, such as resident_listed.")],
    *,
    language: Annotated[str, typer.Option("--language", metavar="id|en", help="Of headings and explanations.")] = "id",
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Where; KIND.xlsx, if left out.")
    ] = None,
) -> None:
    """Write an empty sheet, with a page that explains it."""
    from services.sheets.template import write_template

    print(write_template(kind, language, output))  # noqa: T201


@app.command()
def counts(
    *, on: On = None, known: Known = None, by: By = "kelurahan", list_: List = None, as_json: Json = False
) -> None:
    """Count where everyone stands on a day."""
    from services import questions

    show(questions.counts(from_environ(os.environ), on, known, by, list_), as_json)


@app.command()
def flows(
    *,
    from_: Annotated[str, typer.Option("--from", metavar="DAY", help="Opening at the end of this day.")],
    to: Annotated[str, typer.Option("--to", metavar="DAY", help="Closing at the end of this day.")],
    known: Known = None,
    then: Annotated[str | None, typer.Option("--then", metavar="POSITION|TIME", help="Closing as known then.")] = None,
    by: By = "kelurahan",
    as_json: Json = False,
) -> None:
    """Balance two days: opening, restated, flows, closing."""
    from services import questions

    show(questions.flows(from_environ(os.environ), (from_, to), (known, then), by), as_json)


@app.command()
def reconcile(
    list_: Annotated[str, typer.Argument(metavar="LIST")],
    *,
    on: On = None,
    known: Known = None,
    against: Annotated[str | None, typer.Option("--against", metavar="LIST", help="Beside it, name by name.")] = None,
    as_json: Json = False,
) -> None:
    """Balance a declared list to the last person."""
    from services import questions

    show(questions.reconcile(from_environ(os.environ), list_, on, known, against), as_json)


@app.command("list")
def list_people(
    standing: Annotated[str, typer.Argument(metavar="STANDING|explained|cleared|official")],
    *,
    kelurahan: Annotated[str | None, typer.Option("--kelurahan", metavar="CODE", help="Who stands here.")] = None,
    list_: List = None,
    on: On = None,
    known: Known = None,
    as_json: Json = False,
) -> None:
    """List by name who is behind a figure.

    In the order of RW, RT, family card and name, kelurahan by kelurahan.
    """
    from services import questions

    show(questions.list_people(from_environ(os.environ), standing, (kelurahan, list_), on, known), as_json)


@app.command()
def rebuild(
    views: Annotated[list[str], typer.Argument(metavar="VIEW…", help="counts, trail, outstanding")],
    *,
    accept: Annotated[bool, typer.Option("--accept", help="Take the new one even where it differs.")] = False,
    as_json: Json = False,
) -> None:
    """Build views anew from the log; compare; swap.

    The view in use is only replaced by one that is the same, or with --accept.
    """
    from services import running

    show(running.rebuild(from_environ(os.environ), views, accept=accept), as_json)


@app.command()
def status(*, as_json: Json = False) -> None:
    """Show how far everything is."""
    from services import upkeep

    show(upkeep.status(from_environ(os.environ)), as_json)


@parked.command("list")
def quarantine_list(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Also those that have come to their end.")] = False,
    as_json: Json = False,
) -> None:
    """List parked messages with their reasons.

    A conflict is shown with both its versions.
    """
    from services import upkeep

    show(upkeep.quarantine_list(from_environ(os.environ), everything=everything), as_json)


@parked.command("redrive")
def quarantine_redrive(
    numbers: Annotated[list[int], typer.Argument(metavar="NUMBER…", max=LARGEST)], *, as_json: Json = False
) -> None:
    """Put parked messages through intake once more."""
    from services import upkeep

    show(upkeep.redrive(from_environ(os.environ), numbers), as_json)


@parked.command("dismiss")
def quarantine_dismiss(
    numbers: Annotated[list[int], typer.Argument(metavar="NUMBER…", max=LARGEST)],
    *,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept.")],
    as_json: Json = False,
) -> None:
    """Give parked messages up, with a reason."""
    from services import upkeep

    show(upkeep.dismiss(from_environ(os.environ), numbers, reason), as_json)


def main(arguments: list[str] | None = None) -> None:
    """Run a command line and exit. An error becomes one line on stderr and its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that is not UTF-8 shows what it can
    try:
        try:
            app(arguments, prog_name="rekam")
        finally:
            sys.stdout.flush()
    except RekamError as error:
        say(f"rekam: {error}")
        sys.exit(2 if isinstance(error, WrongUse) else 3 if isinstance(error, Retry) else 1)
    except psycopg.Error as error:
        sys.exit(_blame(error))
    except BrokenPipeError:  # whoever read the answer has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _blame(error: psycopg.Error) -> int:  # its text may hold values of rows
    what = f"{type(error).__name__} {error.sqlstate or ''}".rstrip()
    if isinstance(error, psycopg.OperationalError):
        say(f"rekam: PostgreSQL went away in the midst of it, or has no room: {what}. See to it, and run this again.")
        return 3
    say(f"rekam: PostgreSQL refuses what it should not: {what}; tell its makers")
    for frame in traceback.extract_tb(error.__traceback__):
        say(f"  {frame.filename}:{frame.lineno} {frame.name}")
    return 1
