"""What runs, publishes or builds: everything at once, one process, the demo, files of events, views made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services import demonstration, lines, preparation, processes, rebuilding
from services.answer import Answer
from services.demonstration import Choice
from services.page import line
from services.showing import upkeep as shown
from services.supervisor import supervised
from services.talk import say, set_up

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from services.settings import Settings
    from services.sheets.files import Told

__all__ = ["Choice", "demo", "prepare", "publish", "rebuild", "run", "up"]


def up(settings: Settings) -> None:
    set_up()
    with supervised(settings) as supervisor:
        shown.addresses(supervisor.engines)
        say(f"The API and the screens at http://{supervisor.api}/; `rekam user add` makes who may sign in")
        say("running; Ctrl-C ends it")
        demonstration.stay(supervisor)


def prepare(settings: Settings) -> None:
    set_up()
    line(preparation.prepare(settings))


def run(settings: Settings, process: str) -> None:
    set_up()
    processes.run(settings, process)


def demo(settings: Settings, choice: Choice, *, leave: bool, as_json: bool) -> None:
    set_up()
    demonstration.demo(settings, choice, leave=leave, as_json=as_json)


def publish(settings: Settings, files: Sequence[Path], told: Told, *, dry_run: bool, skip: bool) -> Answer:
    set_up()
    document = lines.publish_files(settings, files, told, dry_run=dry_run, skip=skip)
    return Answer(document, shown.published, ok=skip or not document["refused"])


def rebuild(settings: Settings, views: Sequence[str], *, accept: bool) -> Answer:
    set_up()
    document = rebuilding.rebuild(settings, views, accept=accept)
    return Answer(document, shown.rebuilt, ok=all(view["swapped"] for view in document["views"]))
