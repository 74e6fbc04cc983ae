"""`python -m bench [PART ...]`: prints the tables of docs/benchmarks.md, of all parts (`PARTS`) or of those named.

`python -m bench installs [CLIENT ...]` installs whole projects, `phases [CLIENT ...]` says where their time goes.

`python -m bench accuracy DIR` prints what `check` says of the names in a folder (see `bench.accuracy`); `topics DIR`
what forecasts for a request find (see `bench.topical`); `coverage --data DIR` what those of a whole ecosystem find (see
`bench.coverage`); `radar` polls a hundred thousand names (see `bench.radar`); `mtp` and `reference` are about
served models (see `bench.mtp`, `bench.reference`).

Invariants: what is compared runs in turn, so that noise disturbs both alike; processor time is given beside the
clock's, because other work on the machine hardly changes it; a command that does not end as it should is no figure but
the end of the benchmark; nothing outside this machine is asked.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from bench.timing import Cost, paired, row, run, timed
from tests.simulators.clients import Unavailable
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI
from tests.simulators.sandbox import Sandbox, sandbox

ROUNDS = 25
INSTALLS = 9
NAMES = 10_000
SLOW = 3
"""Rounds of what takes seconds."""
OURS = (sys.executable, "-m", "slopguard")
SCRIPT = Path(sys.executable).with_name("slopguard")
INTERPRETER = (sys.executable, "-c", "pass")
ASKED = (
    ("pypi:flask", "listed", 0),
    ("pypi:flask-auth-magic", "unknown", 3),
    ("pypi:reqests", "look-alike", 3),
    ("pypi:anthropic-api", "predicted", 3),
    ("npm:lodahs", "malicious", 1),
)
"""One name for each kind of answer, and the code that it ends in offline."""
NOTHING = {"pip": ("list",), "uv": ("pip", "list"), "npm": ("ls",), "pnpm": ("ls",), "bun": ("pm", "bin")}
"""A command of each client that installs nothing."""
COLUMNS = ("what", "took (least)", "processor", "compared to", "took (least)", "processor", "ratio")


def ask(folder: Path) -> None:
    """One name offline, for each kind of answer, beside a bare interpreter; as a module and as the installed script."""
    env = _plain(folder)
    ways = {"python -m slopguard": OURS} | ({"slopguard": (str(SCRIPT),)} if SCRIPT.exists() else {})
    for way, ours in ways.items():
        runs = [run((*ours, "ask", "--offline", name), env, folder, code) for name, _, code in ASKED]
        *costs, bare = paired(ROUNDS, *runs, run(INTERPRETER, env, folder, 0))
        for (name, kind, _), cost in zip(ASKED, costs, strict=True):
            row(f"`{way} ask --offline {name}` ({kind})", cost, "interpreter alone", bare)


def names(folder: Path) -> None:
    """Ten thousand names from a file: invented, listed and both ecosystems."""
    env = _plain(folder)
    invented, listed = folder / "invented.txt", folder / "listed.txt"
    invented.write_text("".join(f"some-invented-name-{number}\n" for number in range(NAMES)))
    listed.write_text("".join(f"{name}\n" for name in _listed()))
    one = run((*OURS, "ask", "pypi:flask", "--offline"), env, folder, 0)
    many = [
        run((*OURS, "ask", "-e", "pypi", "--offline", "--from-file", str(file)), env, folder, code)
        for file, code in ((invented, 3), (listed, 0))
    ]
    *costs, alone = paired(SLOW, *many, one)
    for what, cost in zip((f"{NAMES:,} unknown names", f"{NAMES:,} listed names"), costs, strict=True):
        row(f"{what} from a file, offline", cost, "one name", alone)


def _listed() -> list[str]:
    from slopguard.lists.shipped import prepared
    from slopguard.model import Ecosystem

    return [line.partition("\t")[0] for line in (prepared(Ecosystem.PYPI) or "").splitlines()[:NAMES]]


def signed(folder: Path) -> None:
    """Signed lists: in-process figures beside one SHA-256 of the same bytes, and what a source costs one `ask`."""
    from bench import lists

    for rows in lists.SIZES:
        found = lists.measure(rows, folder)
        hashed = f"{found.hashed:,.0f} ms | | {found.opened / found.hashed:.1f}"
        size = f"{rows:,} rows ({found.megabytes:.1f} MB)"
        opened = f"{found.opened:,.0f} ms ({found.least:,.0f})"
        print(f"| verify and open {size} | {opened} | | one SHA-256 | {hashed} |")
        names = f"{found.looked_up:.0f} us, {found.missed:.0f} us"
        print(f"| look up a name in {size}: there, not there | {names} | | | | | |")
    built, put = lists.built_and_signed(lists.SIZES[0], folder)
    print(f"| build 100,000 rows from TOML, and sign | {built:.1f} s and {put:.1f} s | | | | | |", flush=True)
    envs = lists.asked(folder)
    runs = [run((*OURS, "ask", "--offline", "pypi:flask"), env, folder, 0) for env in envs]
    without, with_source = paired(ROUNDS, *runs)
    row("`ask --offline pypi:flask` with a source of lists", with_source, "without one", without)


def nothing(folder: Path) -> None:
    """A command of each client that installs nothing, guarded and bare."""
    for family, words in NOTHING.items():
        box = _box(folder / family, family, None)
        if box is not None:
            (box.project / "package.json").write_text("{}")
            _compared(box, family, words, f"{family} {' '.join(words)}", ROUNDS)


def shims(folder: Path) -> None:
    """The same by the shims that `slopguard enable` makes."""
    from bench import clients

    for what, box, ours, bare in clients.shimmed(folder):
        costs = paired(ROUNDS, *(run(command, box.env, box.project, 0) for command in (ours, bare)))
        row(f"`{what}` by its shim", costs[0], "bare", costs[1])


def locks(folder: Path) -> None:
    """Each client writing the lock file of a project with one small package."""
    from bench import clients

    for family, box, words, lock, _ in clients.locking(folder):

        def fresh(*command: str, box: Sandbox = box, lock: Path = lock) -> Cost:
            lock.unlink(missing_ok=True)
            return timed(command, box.env, box.project, 0)

        bare = (shutil.which(family, path=box.env["PATH"]) or family, *words[1:])
        costs = paired(INSTALLS, lambda: fresh(*OURS, *words), lambda: fresh(*bare))  # noqa: B023 used at once
        row(f"`{' '.join(words)}`, guarded", costs[0], "bare", costs[1])


def pip(folder: Path) -> None:
    """`pip install` of one small package into a fresh target."""
    _installing(folder, PyPI(markers=folder / "markers"), "pip", ("install", "--quiet", "--target", "out", "sg-alpha"))


def uv(folder: Path) -> None:
    """`uv pip install` of one small package into a fresh target."""
    words = ("pip", "install", "--quiet", "--target", "out", "sg-alpha")
    _installing(folder, PyPI(markers=folder / "markers"), "uv", words)


def npm(folder: Path) -> None:
    """`npm install` of one small package into an empty project."""
    _installing(folder, Npm(markers=folder / "markers"), "npm", ("install", "--silent", "--prefix", "out", "sg-alpha"))


def _installing(folder: Path, registry: PyPI | Npm, family: str, words: Sequence[str]) -> None:
    with registry:
        registry.add_established("sg-alpha")
        box = _box(folder, family, registry)
        if box is not None:
            _compared(box, family, words, f"{family} {' '.join(words)}", INSTALLS)


def _box(folder: Path, family: str, registry: PyPI | Npm | None) -> Sandbox | None:
    try:
        box = sandbox(folder, family, "machine" if family == "npm" else "newest")
    except Unavailable as why:
        print(f"| {family} | left out: {why} | | | | | |")
        return None
    return box.use(registry) if registry is not None else box


def _compared(box: Sandbox, family: str, words: Sequence[str], what: str, rounds: int) -> None:
    """The client guarded, and the same client bare."""
    client = shutil.which(family, path=box.env["PATH"]) or family

    def fresh(command: Sequence[str]) -> Cost:
        shutil.rmtree(box.project / "out", ignore_errors=True)
        return timed(command, box.env, box.project, 0)

    ours, bare = paired(rounds, lambda: fresh((*OURS, family, *words)), lambda: fresh((client, *words)))
    row(f"`{what}`, guarded", ours, "bare", bare)


def check(folder: Path) -> None:
    """`slopguard check`: lock files, a repository, names asked of a slow registry, other tools."""
    from bench import checking

    checking.check(folder)


def hook(folder: Path) -> None:
    """`slopguard hook`: commands and edits of an agent, as installed and as a command."""
    from bench import hooks

    hooks.hooks(folder)


def typed(folder: Path) -> None:
    """Names that somebody typed, judged by the daemon and without one."""
    from bench import typed as judged

    judged.typed(folder)


def installs(folder: Path) -> None:
    """Whole projects, by each client: guarded and bare, first and warm, from a near and from a far registry."""
    from bench import installs as whole

    whole.installs(folder, _clients())


def phases(folder: Path) -> None:
    """The same installs: what comes before the client, while it runs, and after it."""
    from bench import phases as parts

    parts.phases(folder, _clients())


def _clients() -> Sequence[str]:
    """The clients named behind `installs` or `phases`, or all."""
    from bench.installs import COMMANDS

    return [word for word in sys.argv[2:] if word in COMMANDS] or tuple(COMMANDS)


def _plain(folder: Path) -> dict[str, str]:
    return {"HOME": str(folder), "SLOPGUARD_HOME": str(folder / "data"), "PATH": "/usr/bin:/bin"}


PARTS = {
    "ask": ask,
    "names": names,
    "signed": signed,
    "nothing": nothing,
    "shims": shims,
    "pip": pip,
    "uv": uv,
    "npm": npm,
    "locks": locks,
    "check": check,
    "hook": hook,
    "typed": typed,
    "installs": installs,
    "phases": phases,
}
WITH_CLIENTS = ("installs", "phases")
"""Parts behind which clients may be named; they take long, so they run only where they are named themselves."""

ALONE = {
    "accuracy": "accuracy",
    "campaigns": "campaigns",
    "coverage": "coverage",
    "mtp": "mtp",
    "reference": "reference",
    "topics": "topical",
    "radar": "radar",
    "watchlist": "watchlist",
}
"""Parts that are modules of their own, with a `main` that takes what stands behind them on the command line."""


def main(chosen: Sequence[str]) -> None:
    """Run the chosen parts, or all."""
    if chosen[:1] and chosen[0] in ALONE:
        import_module(f"bench.{ALONE[chosen[0]]}").main(chosen[1:])
        return
    if chosen[:1] and chosen[0] in WITH_CLIENTS:
        chosen = chosen[:1]
    unknown = [part for part in chosen if part not in PARTS]
    if unknown:
        sys.exit(f"there is no part {unknown[0]!r}; known: {', '.join(PARTS)}\n\n{__doc__}")
    print(f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|", flush=True)
    for part in chosen or [part for part in PARTS if part not in WITH_CLIENTS]:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            PARTS[part](Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
