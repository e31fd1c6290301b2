"""The README's commands do what it says, on a laptop: embedded engines, the demo, Python; kcat is in tests/kafka."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.documents import block, part
from tests.shell import Shell, beside

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.alone, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """Beside `rekam demo --quick`, which has told its story and stays up."""
    folder = tmp_path_factory.mktemp("demo")
    with beside(folder, "demo", "--quick", until="Everything stays up until Ctrl-C", within_s=240) as shell:
        for name in ("sdk", "structured", "verify"):
            (folder / f"{name}.py").write_text(block(name))
        yield shell


def words(text: str) -> Counter[str]:
    """The words of a story, without its figures, which differ between a city and a hundredth of it."""
    return Counter(re.findall(r"[A-Za-z_][A-Za-z_0-9-]+", text))


def test_the_demo_prints_what_the_readme_shows_but_for_the_figures(shell: Shell) -> None:
    shown = part("README.md", "demo")

    assert words(shell.answer) == words(shown.strip("`\n"))


def test_the_readme_shows_the_figures_of_the_story() -> None:
    shown = re.sub(r"\s+", " ", part("README.md", "demo"))

    assert shown.count("63,000 rows declared = 63,000 members + residual 0") == 2
    assert shown.count("63,000 members = 33,000 cleared + 30,000 truly outstanding") == 2
    assert shown.count("67,042 rows declared = 67,042 members + residual 0") == 1


def test_the_documents_scripts_publish_from_python(shell: Shell) -> None:
    kafka = shell.run(block("address") + 'printf %s "$kafka"')

    shell.run(f"python3 sdk.py {kafka}")
    told = shell.run(f"python3 structured.py {kafka}")

    assert "'id': 'capture-1', 'outcome': 'appended'" in told


def test_the_auditors_own_script_comes_to_the_digest_of_the_check(shell: Shell) -> None:
    proved = json.loads(shell.run("rekam audit check --json"))
    told = shell.run(f"rekam audit replay --to {proved['position']} | python3 verify.py")

    assert told == f"{proved['position']} entries, digest {proved['digest']}\n"


def test_the_auditors_own_script_notices_a_change(shell: Shell) -> None:
    with pytest.raises(AssertionError, match="the chain breaks at position 2"):
        shell.run("rekam audit replay --to 3 | sed '2s/2018/2017/' | python3 verify.py")


def test_the_auditors_own_script_is_short_and_shares_no_code_with_what_it_proves() -> None:
    script = block("verify")

    assert len(script.splitlines()) <= 16
    assert set(re.findall(r"^import (\w+)", script, re.MULTILINE)) == {"base64", "hashlib", "json", "sys"}


def test_a_file_of_events_is_published_and_may_be_published_again(shell: Shell) -> None:
    event = re.search(r"<<'END'\n(.*?)\nEND", block("kcat"), re.DOTALL)
    assert event is not None
    (shell.folder / "events.jsonl").write_text(json.dumps(json.loads(event[1])) + "\n")

    checked = json.loads(shell.run("rekam publish events.jsonl --dry-run --json"))
    first = json.loads(shell.run("rekam publish events.jsonl --json"))
    again = json.loads(shell.run("rekam publish events.jsonl --json"))

    assert (checked["accepted"], checked["appended"]) == (1, 0)
    assert (first["appended"], again["duplicate"]) == (1, 1)


def test_the_drill_ends_with_the_same_figures(shell: Shell) -> None:
    told = shell.run(block("drill"), within_s=120)

    assert "FAILED" not in told
    assert told.splitlines()[-2:] == ["all 26 hold", "the same figures"]
