"""`python -m bench [ask|names|pip|uv|npm ...]`: prints the rows of docs/benchmarks.md.

Invariants: what is compared runs in turn, so that noise disturbs both alike; nothing outside this machine is asked.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.simulators.clients import Unavailable
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI
from tests.simulators.sandbox import Sandbox, sandbox

ROUNDS = 15
INSTALLS = 7
NAMES = 10_000
OURS = (sys.executable, "-m", "slopguard")


def timed(command: Sequence[str], env: Mapping[str, str], cwd: Path, expected: int) -> float:
    """Seconds that one process takes; it must end with `expected`, or the figure would be of something else."""
    begin = time.perf_counter()
    done = subprocess.run(command, env=dict(env), cwd=cwd, capture_output=True, check=False)
    seconds = time.perf_counter() - begin
    if done.returncode != expected:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr.decode()[-2000:]}")
    return seconds


def paired(rounds: int, left: Callable[[], float], right: Callable[[], float]) -> tuple[float, float]:
    """The medians of two things measured in turn, after one round that does not count."""
    left(), right()
    pairs = [(left(), right()) for _ in range(rounds)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def row(what: str, ours: float, other: float, than: str) -> None:
    """One row of the table."""
    print(f"| {what} | {ours * 1000:,.0f} ms | {than}: {other * 1000:,.0f} ms | {ours / other:.2f} |", flush=True)


def ask(folder: Path) -> None:
    """One name offline, listed and unknown, against a bare interpreter."""
    env = _plain(folder)
    for name, code in (("pypi:flask", 0), ("pypi:flask-auth-magic", 3)):
        ours, bare = paired(
            ROUNDS,
            lambda name=name, code=code: timed((*OURS, "ask", name, "--offline"), env, folder, code),
            lambda: timed((sys.executable, "-c", "pass"), env, folder, 0),
        )
        row(f"`ask {name} --offline`", ours, bare, "interpreter alone")


def names(folder: Path) -> None:
    """Ten thousand names from a file."""
    env = _plain(folder)
    file = folder / "names.txt"
    file.write_text("".join(f"some-invented-name-{number}\n" for number in range(NAMES)))
    command = (*OURS, "ask", "-e", "pypi", "--offline", "--from-file", str(file))
    many, one = paired(
        3,
        lambda: timed(command, env, folder, 3),
        lambda: timed((*OURS, "ask", "pypi:flask", "--offline"), env, folder, 0),
    )
    row(f"{NAMES:,} unknown names from a file", many, one, "one name")


def _plain(folder: Path) -> dict[str, str]:
    return {"HOME": str(folder), "SLOPGUARD_HOME": str(folder / "data"), "PATH": "/usr/bin:/bin"}


def pip(folder: Path) -> None:
    """`pip install` of one small package into a fresh target."""
    _client(folder, "pip", ("pip", "install", "--quiet", "--target", "out", "sg-alpha"))


def uv(folder: Path) -> None:
    """`uv pip install` of one small package into a fresh target."""
    _client(folder, "uv", ("uv", "pip", "install", "--quiet", "--target", "out", "sg-alpha"))


def npm(folder: Path) -> None:
    """`npm install` of one small package into an empty project."""
    _client(folder, "npm", ("npm", "install", "--silent", "--prefix", "out", "sg-alpha"))


def _client(folder: Path, family: str, argv: Sequence[str]) -> None:
    registry: PyPI | Npm = (Npm if family == "npm" else PyPI)(markers=folder / "markers")
    with registry:
        registry.add_established("sg-alpha")
        try:
            box = sandbox(folder, family, "machine" if family == "npm" else "newest").use(registry)
        except Unavailable as why:
            print(f"| {family} | left out: {why} | | |")
            return
        ours, bare = paired(
            INSTALLS,
            lambda: _install(box, (*OURS, *argv)),
            lambda: _install(box, (shutil.which(argv[0], path=box.env["PATH"]) or argv[0], *argv[1:])),
        )
        row(f"`{' '.join(argv)}`, guarded", ours, bare, "bare")


def _install(box: Sandbox, command: Sequence[str]) -> float:
    shutil.rmtree(box.project / "out", ignore_errors=True)
    return timed(command, box.env, box.project, 0)


PARTS = {"ask": ask, "names": names, "pip": pip, "uv": uv, "npm": npm}


def main(chosen: Sequence[str]) -> None:
    """Run the chosen parts, or all."""
    print("| what | takes | compared to | ratio |\n|---|---|---|---|")
    for part in chosen or PARTS:
        with tempfile.TemporaryDirectory(prefix="slopguard-bench-") as folder:
            PARTS[part](Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
