"""`python -m tests.fuzz [TARGET ...] [--seconds N]`: fuzz readers by coverage, with Atheris (`pip install atheris`).

Each target runs in a process of its own. It fails on any exception but `InputError`, on an input that takes longer
than `SLOWEST`, and on more than `MEMORY`. What failed is kept in `fuzz-findings/`, to be made a test of.

`hooks` alone is fuzzed by shape, without Atheris: see `tests.fuzz.hooks`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from tests.fuzz import hooks
from tests.fuzz.targets import targets

SLOWEST, MEMORY, LONGEST = 10, 2048, 4096
"""Seconds for one input, megabytes for one target, bytes of one input."""
FINDINGS = Path("fuzz-findings")


def main() -> int:
    """Fuzz the targets one after the other; 1 if one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("targets", nargs="*", choices=[*targets(), "hooks", []])
    parser.add_argument("--inputs", type=int, default=100_000, help="of each agent's hook")
    parser.add_argument("--agent", action="append", default=[], help="whose hook; all by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.targets == ["hooks"]:
        return hooks.main(asked.inputs, asked.agent, asked.seed)
    if asked.one:
        _fuzz(asked.targets[0], asked.seconds)
        return 0
    failed = [name for name in asked.targets or targets() if not _passes(name, asked.seconds)]
    print(f"failed: {', '.join(failed)}" if failed else "nothing failed")
    return bool(failed)


def _passes(name: str, seconds: int) -> bool:
    FINDINGS.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "tests.fuzz", name, "--one", "--seconds", str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    runs = [line for line in done.stderr.splitlines() if line.startswith(("Done", "stat::number_of_executed_units"))]
    print(f"{name}: {runs[-1] if runs else 'no figure'}{'' if done.returncode == 0 else ' FAILED'}", flush=True)
    if done.returncode:
        print(done.stderr[-3000:])
    return done.returncode == 0


def _fuzz(name: str, seconds: int) -> None:
    import atheris

    with atheris.instrument_imports(include=["slopguard"]):
        target = targets()[name]
        target("")

    def once(data: bytes) -> None:
        target(data.decode("utf-8", "replace"))

    options = [f"-max_total_time={seconds}", f"-timeout={SLOWEST}", f"-rss_limit_mb={MEMORY}", f"-max_len={LONGEST}"]
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={FINDINGS}/{name}-", "-print_final_stats=1"], once)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
