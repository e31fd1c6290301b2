"""The commands of `rekam user`. What each needs is imported when it is called."""
# ruff: noqa: PLC0415 - commands load late

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from services.options import Json, show
from services.settings import from_environ

__all__ = ["user"]

user = typer.Typer(help="Who may sign in, and by which tokens programs do.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME")]
PasswordFile = Annotated[
    Path | None, typer.Option("--password-file", metavar="FILE", help="Whose first line is the password.")
]
Generate = Annotated[bool, typer.Option("--generate", help="Make a password, and show it once.")]


@user.command("add")
def user_add(  # noqa: PLR0913 - one for each option
    name: Annotated[str, typer.Argument(metavar="NAME", help="1 to 64 of a-z, 0-9, dots, - and _; given for ever.")],
    *,
    role: Annotated[str, typer.Option("--role", metavar="reporting|officer|supervisor|auditor|operator")],
    areas: Annotated[
        list[str] | None, typer.Option("--area", metavar="CODE", help="Of an officer: 53.71.01.1001, or 53.71.01.")
    ] = None,
    subject: Annotated[
        str | None, typer.Option("--subject", metavar="SUB", help="Who they are at the office's sign-on.")
    ] = None,
    password_file: PasswordFile = None,
    generate: Generate = False,
    as_json: Json = False,
) -> None:
    """Add somebody who may sign in.

    Their password is asked for twice, unless an option says otherwise; with --subject there need be none.
    """
    from services.access import keeping

    source = keeping.Source(password_file, generate=generate)
    show(keeping.add(from_environ(os.environ), (name, role, areas or []), subject, source), as_json)


@user.command("list")
def user_list(*, as_json: Json = False) -> None:
    """List users, and the tokens that were issued for them."""
    from services.access import keeping

    show(keeping.listed(from_environ(os.environ)), as_json)


@user.command("disable")
def user_disable(name: Name, *, as_json: Json = False) -> None:
    """Keep somebody out from now on: their sessions end, their tokens find nobody."""
    from services.access import keeping

    show(keeping.disable(from_environ(os.environ), name), as_json)


@user.command("enable")
def user_enable(name: Name, *, as_json: Json = False) -> None:
    """Let somebody in again."""
    from services.access import keeping

    show(keeping.enable(from_environ(os.environ), name), as_json)


@user.command("password")
def user_password(
    name: Name, *, password_file: PasswordFile = None, generate: Generate = False, as_json: Json = False
) -> None:
    """Give somebody another password; whoever is signed in by their name is not any more.

    It is asked for twice, unless an option says otherwise.
    """
    from services.access import keeping

    source = keeping.Source(password_file, generate=generate)
    show(keeping.password(from_environ(os.environ), name, source), as_json)


@user.command("token")
def user_token(
    name: Name,
    *,
    days: Annotated[int, typer.Option("--days", metavar="N", min=1, max=366, help="How long it is good.")] = 30,
    as_json: Json = False,
) -> None:
    """Issue a token, by which a program signs in as this user. It is shown once."""
    from services.access import keeping

    show(keeping.token(from_environ(os.environ), name, days), as_json)


@user.command("revoke")
def user_revoke(jti: Annotated[str, typer.Argument(metavar="JTI")], *, as_json: Json = False) -> None:
    """Revoke a token, by the number that `rekam user list` shows."""
    from services.access import keeping

    show(keeping.revoke(from_environ(os.environ), jti), as_json)
