"""The README's three messages with kcat, and what Rekam says of them, on a real Apache Kafka."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.documents import block, dialogue, masked
from tests.kafka.world import eventually
from tests.shell import Shell, beside

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.kafka.conftest import MakeKafka

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def shell(make_kafka: MakeKafka, tmp_path: Path) -> Iterator[Shell]:
    """Beside `rekam up` on a Kafka without topics, with kcat at hand."""
    if shutil.which("kcat") is None:
        missing = "kcat is not installed: .ci/run installs it, or apt-get install kcat"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with beside(tmp_path, "up", until="running", REKAM_KAFKA=make_kafka().address) as shell:
        shell.environ["kafka"] = shell.run(block("address") + 'printf %s "$kafka"')
        for file, name in (("finding", "sdk"), ("verify", "verify"), ("topic", "topic")):
            (tmp_path / f"{file}.py").write_text(block(name))
        yield shell


def accounted(shell: Shell) -> int:
    """How many messages have their outcome, once every view has come as far as the log."""
    said = json.loads(shell.run("rekam status --json"))
    arrived = set(said["projections"].values()) == {said["position"]} == {said["relayed"]["rekam.log"]}
    return sum(said["accounted"].values()) if arrived else -1


def sends(shell: Shell, script: str, *, then: int) -> None:
    shell.run(script)
    eventually(lambda: accounted(shell) == then)


def test_what_the_documents_say_of_good_repeated_and_broken_messages_is_what_is_said(shell: Shell) -> None:
    sends(shell, block("kcat"), then=3)
    sends(shell, 'python3 finding.py "$kafka"', then=4)

    for command, printed in [*dialogue("told"), *dialogue("replay")]:
        assert masked(shell.run(command)) == masked(printed), command

    sends(shell, block("withdrawal"), then=5)
    for command, printed in dialogue("receipts"):
        eventually(lambda c=command, p=printed: told(shell.run(c)) == told(p))  # type: ignore[misc]
    check = json.loads(shell.run("rekam audit check --json"))
    topic = shell.run("kcat -C -q -b \"$kafka\" -t rekam.log -o beginning -e -f '%h\\t%s\\n' | python3 topic.py")
    assert topic == f"3 entries, digest {check['digest']}\n"


def told(receipts: str) -> list[str]:
    """In any order: of what comes together, what was parked is told first."""
    return sorted(receipts.split())
