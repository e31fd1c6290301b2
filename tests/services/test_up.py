"""`rekam up`: stopped, killed, and started again on the same folder; nothing said is lost, and no process is left."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.services.command_line import CommandLine, eventually, processes_of, started
from tests.services.said import finding, listed, withdrawal, written

if TYPE_CHECKING:
    import subprocess

pytestmark = [pytest.mark.alone, pytest.mark.timeout(180)]

NIKS = [f"53710146059091{number:02d}" for number in range(20)]
DAY = ("--on", "2018-11-23")
CHILDREN = ("intake", "relay", "counts", "trail", "outstanding")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """One folder, in which the register is started again and again."""
    return CommandLine(tmp_path_factory.mktemp("up") / "data")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    declared: dict[str, Any] = listed("list", NIKS[0]) | {
        "type": "rekam.listing.list_declared.v1",
        "data": {"list": "TEST-LIST", "kind": "unrecorded", "as_of": "2018-11-01", "rows": len(NIKS),
                 "rows_by_kelurahan": {"53.71.01.1001": len(NIKS)}},
    }  # fmt: skip
    return written(
        tmp_path_factory.mktemp("file") / "events.jsonl",
        declared,
        *(listed(f"row-{nik}", nik) for nik in NIKS),
        *(finding(f"found-{nik}", nik, "moved_away") for nik in NIKS[:11]),
        withdrawal("taken-back", f"found-{NIKS[0]}"),
    )


def is_up(here: CommandLine, process: subprocess.Popen[str]) -> None:
    talk = here.data.with_name(f"{here.data.name}.talk")
    eventually(lambda: "running" in talk.read_text() or process.poll() is not None, within_s=60)
    assert process.poll() is None, talk.read_text()


def published(here: CommandLine, file: str) -> tuple[int, int]:
    """How many are new and how many were there. A withdrawal read before its target is parked, and waits."""
    document = here.json("publish", file)
    assert document["quarantined"] in {0, 1}
    return document["appended"] + document["quarantined"], document["duplicate"]


def balances(here: CommandLine) -> bool:
    """Whether every view has everything: 20 members, 10 cleared, 10 outstanding, each by name."""
    status = here.json("status")
    assert set(status["projections"].values()) == {status["position"]}
    found = here.json("reconcile", "TEST-LIST", *DAY)
    assert (found["members"], found["cleared"], found["truly"], found["residual"]) == (20, 10, 10, 0)
    return len(here.json("list", "outstanding", "--list", "TEST-LIST", *DAY)["rows"]) == 10


def child(here: CommandLine, *marks: str) -> int | None:
    """The process of the register whose command line holds all of these words, in this order."""
    for process in processes_of(here.data):
        try:
            with open(f"/proc/{process}/cmdline", "rb") as told:  # noqa: PTH123 - it has no size
                command = told.read().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if " ".join(marks) in command:
            return process
    return None


def nothing_is_left(here: CommandLine) -> bool:
    return processes_of(here.data) == []


def test_stop_start_publish_again_and_the_same_after_a_kill(here: CommandLine, file: str) -> None:
    with started(here, "up") as process:
        is_up(here, process)
        assert published(here, file) == (33, 0)
        eventually(lambda: balances(here))
    assert process.returncode == 0
    assert nothing_is_left(here)

    with started(here, "up") as process:
        is_up(here, process)
        assert published(here, file) == (0, 33)
        eventually(lambda: balances(here))
        process.kill()
        process.wait()
        eventually(lambda: child(here, "services", "run") is None, what="every child ends with it")

    with started(here, "up") as process:
        is_up(here, process)
        assert published(here, file) == (0, 33)
        eventually(lambda: balances(here))
        assert all(one["ok"] for one in here.json("audit", "check")["checks"])


def test_everything_stands_back_behind_the_api_and_so_does_its_session(here: CommandLine) -> None:
    def niceness(name: str) -> list[int]:
        pid = child(here, "services", "run", name)
        group = Path(f"/proc/{pid}/autogroup")
        of_the_session = [int(group.read_text().split()[-1])] if group.exists() else []
        return [os.getpriority(os.PRIO_PROCESS, pid or 0), *of_the_session]

    with started(here, "up") as process:
        is_up(here, process)
        for name in CHILDREN:
            eventually(lambda n=name: set(niceness(n)) == {10})  # type: ignore[misc]
        assert niceness("api")[0] == os.getpriority(os.PRIO_PROCESS, 0)


def test_what_is_killed_is_started_again(here: CommandLine, file: str) -> None:
    with started(here, "up") as process:
        is_up(here, process)
        before = {name: child(here, "services", "run", name) for name in CHILDREN}
        for killed in before.values():
            assert killed is not None
            os.kill(killed, signal.SIGKILL)
        for name, killed in before.items():
            eventually(lambda n=name, k=killed: child(here, "services", "run", n) not in {None, k})  # type: ignore[misc]
        assert published(here, file) == (0, 33)
        eventually(lambda: balances(here))

        for engine in engines(here):
            os.kill(engine, signal.SIGKILL)
            eventually(lambda e=engine: not {0, e} & set(engines(here)))  # type: ignore[misc]
            eventually(lambda: published(here, file) == (0, 33), within_s=90)
            eventually(lambda: balances(here))

        assert process.poll() is None


def engines(here: CommandLine) -> list[int]:
    """Broker first; 0 for one whose file is just being written."""
    found = []
    for file in (here.data / "broker.pid", here.data / "postgres" / "postmaster.pid"):
        try:
            found.append(int(file.read_text().split()[0]))
        except (OSError, IndexError, ValueError):
            found.append(0)
    return found


def kept(here: CommandLine) -> tuple[int, dict[str, int], list[tuple[Any, ...]]]:
    """How many facts, what became of every message, and who may sign in by which password."""
    address = json.loads((here.data / "engines.json").read_text())["database"]
    with psycopg.connect(address) as connection:
        users = connection.execute("SELECT name, password FROM access.user ORDER BY name").fetchall()
    status = here.json("status")
    return status["position"], status["accounted"], users


def test_the_demo_leaves_a_register_alone_that_holds_real_facts(here: CommandLine, file: str) -> None:
    """The folder of both is `.rekam` where nothing is set."""
    with started(here, "up") as process:
        is_up(here, process)
        published(here, file)
        here.json("user", "add", "auditor", "--role", "auditor", "--generate")
        eventually(lambda: balances(here))
        before = kept(here)

        beside = here.program("demo", "--quick", "--exit")
        assert (beside.code, beside.answer) == (1, "")
        assert "runs the engines in" in beside.talk
        assert not (here.data / "demo.json").exists()
    for words in (("demo", "--quick", "--exit"), ("demo", "--quick")):
        done = here.program(*words)

        assert (done.code, done.answer) == (1, "")
        assert "holds facts that are not the demo's" in done.talk
        assert "set REKAM_DATA to another folder" in done.talk
        assert "Traceback" not in done.talk
        assert not (here.data / "demo.json").exists()
        assert nothing_is_left(here)

    with started(here, "up") as process:
        is_up(here, process)
        assert kept(here) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_told_to_end_it_ends_at_once_and_leaves_no_process(here: CommandLine, number: signal.Signals) -> None:
    with started(here, "up") as process:
        is_up(here, process)
        running = engines(here)

        process.send_signal(number)
        process.send_signal(number)

        assert process.wait(20) == 0
        assert nothing_is_left(here)
        assert [pid for pid in running if os.path.exists(f"/proc/{pid}")] == []  # noqa: PTH110
    talk = here.data.with_name(f"{here.data.name}.talk").read_text()
    assert "Traceback" not in talk
    assert here.run("status").code == 3


def test_told_to_end_while_it_starts_it_leaves_no_process(tmp_path: Path) -> None:
    here = CommandLine(tmp_path / "data")
    with started(here, "up") as process:
        eventually((here.data / "postgres.log").exists)

        process.send_signal(signal.SIGTERM)

        process.wait(20)
        eventually(lambda: nothing_is_left(here), within_s=5)
    assert "Traceback" not in here.data.with_name("data.talk").read_text()
