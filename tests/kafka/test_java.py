"""The Java example of docs/registries.md, compiled and run against a real Apache Kafka."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.documents import block
from tests.kafka.apache import jars
from tests.shell import beside

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kafka.conftest import MakeKafka

pytestmark = pytest.mark.timeout(240)


def test_the_java_example_publishes_and_finds_its_receipt(make_kafka: MakeKafka, tmp_path: Path) -> None:
    if shutil.which("javac") is None:
        said = (
            "a Java runtime is enough for every other test; this one needs a JDK: apt-get install default-jdk-headless"
        )
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(said)
    (tmp_path / "Capture.java").write_text(block("java"))
    kafka = make_kafka().address
    with beside(tmp_path, "up", until="running", REKAM_KAFKA=kafka) as shell:
        told = json.loads(shell.run(f"java -cp '{jars()}/*' Capture.java {kafka}"))

    assert (told["id"], told["outcome"], told["position"]) == ("capture-2", "appended", 1)
