"""`python -m tests.hostile MESSAGES [SEED]`: the long run, on its own PostgreSQL; exit 1 where anything is wrong."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from services.postgres import Postgres
from tests.conftest import QUICK
from tests.hostile.fuzz import Run, heard, leaks
from tests.hostile.mutations import messages


def main(count: int, seed: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        server = Postgres(Path(folder), QUICK, wish=None)
        server.start()
        try:
            with heard() as said:
                run = Run(server.address, Path(folder) / "keys")
                run.take(messages(seed, count))
                redriven = run.redrive(1_000)
                wrong = run.judged()
                outcomes, codes = run.outcomes(), run.codes()
                run.close()
        finally:
            server.stop()
        wrong += [f"logged: {line}" for line in leaks(said.getvalue())]
        wrong += [f"PostgreSQL's log: {line}" for line in leaks(server.log.read_text())]
    lines = said.getvalue().splitlines()
    print(f"{count:,} messages of seed {seed} in {run.seconds:.0f} s")
    for name, number in {**outcomes, **{f"  {code}": number for code, number in codes.most_common()}}.items():
        print(f"{name:<24} {number:>9,}")
    print(f"1,000 put through once more: {', '.join(f'{number} {name}' for name, number in redriven.items())}")
    print(f"the slowest to check took {run.slowest[0] * 1000:.1f} ms: {run.slowest[1]}")
    print(f"the longest transaction took {run.longest_transaction_s * 1000:.0f} ms, of up to {run.at_once} messages")
    print(f"{len(lines)} lines were logged")
    print("\n".join(["wrong:", *wrong]) if wrong else "each is accounted for, nothing personal was told, all is proved")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1))
