"""Whole projects installed by real clients, guarded and bare: first, warm, and from a registry that is far away.

Invariants: all ways of one client run in turn, each from the same clean state: a fresh environment, the client's
caches empty, and slopguard's as the way says; each has a `SLOPGUARD_HOME` of its own, so that none profits from
another. What was installed is looked at after each run. A client that is not there is left out, with the reason.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from bench import world_npm, world_pypi
from bench.mirror import Mirror, write
from bench.residents import KEPT, OURS, processor, started, stopped
from bench.timing import Cost, paired, row, timed
from bench.worlds import World
from tests.simulators.clients import Unavailable
from tests.simulators.pypi import PyPI
from tests.simulators.sandbox import Sandbox, sandbox

COMMANDS: Mapping[str, Sequence[str]] = {
    "pip": ("install", "--quiet", "-r", "requirements.txt"),
    "uv": ("pip", "install", "--quiet", "-r", "requirements.txt"),
    "npm": ("install", "--silent"),
    "pnpm": ("install", "--silent"),
    "bun": ("install", "--silent"),
}
ROUNDS, WITHIN = 7, 600
"""How often each client goes through all its ways, and for how many seconds at most (but three rounds at least)."""
FAR = 50
"""Milliseconds that a far registry takes longer for each answer."""
_CACHES = (".cache", ".npm", ".bun", ".local/share/pnpm", ".local/state/pnpm")
"""Where clients keep what they fetched, below the home; slopguard's own key is in `.local` too."""


@dataclass(frozen=True, slots=True)
class Place:
    """A registry, and the client that a project is installed with."""

    family: str
    world: World
    mirror: Mirror
    box: Sandbox

    def clean(self) -> None:
        """A project with nothing installed, and a client that never fetched anything."""
        box = self.box
        for folder in (*(box.home / name for name in _CACHES), box.root / "tmp", box.venv, box.project):
            shutil.rmtree(folder, ignore_errors=True)
        (box.root / "tmp").mkdir()
        box.project.mkdir()
        box.driver.prepare(box)
        if self.world.ecosystem == "npm":
            box.driver.manifest(box, self.world.direct)
        else:
            box.write("requirements.txt", "".join(f"{name}{spec}\n" for name, spec in self.world.direct.items()))

    @property
    def client(self) -> str:
        """The real client."""
        return shutil.which(self.family, path=self.box.env["PATH"]) or self.family


@dataclass(frozen=True, slots=True)
class Way:
    """One way to install the project.

    Args:
        what: what the table calls it.
        command: the whole command.
        home: the `SLOPGUARD_HOME` that a guarded command works with.
        before: brings slopguard into the state that is meant.
        late: by how many milliseconds the registry is.
    """

    what: str
    command: Sequence[str]
    home: Path
    before: Callable[[Mapping[str, str]], None] = lambda env: None
    late: int = 0

    def measure(self, place: Place) -> Cost:
        """What it takes, the daemon's processor time included."""
        env = self.ready(place)
        used = processor(self.home)
        cost = timed(self.command, env, place.box.project, 0)
        cost = cost._replace(processor=cost.processor + processor(self.home) - used)
        REQUESTS[self.what] = sum(place.mirror.counted().values())
        if place.box.installed != dict(sorted(place.world.installed.items())):
            sys.exit(f"{self.what}: something else was installed: {place.box.installed}")
        return cost

    def ready(self, place: Place) -> dict[str, str]:
        """Bring everything into the state that this way begins with; the environment of its command."""
        env = {**place.box.env, "SLOPGUARD_HOME": str(self.home), "SLOPGUARD_DAEMON": KEPT}
        place.clean()
        self.before(env)
        place.mirror.latency(self.late)
        place.mirror.counted()
        return env


REQUESTS: dict[str, int] = {}
"""How many requests reached the registry the last time that each way was gone."""


def stop(env: Mapping[str, str]) -> None:
    """End the daemon, and forget all that slopguard ever kept."""
    stopped(env)
    for folder in (Path(env["SLOPGUARD_HOME"]), Path(env["HOME"]) / ".local" / "share" / "slopguard"):
        shutil.rmtree(folder, ignore_errors=True)


def start(env: Mapping[str, str]) -> None:
    """A daemon that has just been started, and knows nothing."""
    stop(env)
    started(env)


def places(folder: Path, families: Sequence[str]) -> Iterator[Place]:
    """A place for each client, its registry running meanwhile."""
    for make, clients in ((world_pypi.world, ("pip", "uv")), (world_npm.world, ("npm", "pnpm", "bun"))):
        chosen = [family for family in clients if family in families]
        if not chosen:
            continue
        world = make()
        write(folder / world.ecosystem, world.routes())
        with Mirror(folder / world.ecosystem) as mirror:
            below = "/simple/" if world.ecosystem == "pypi" else "/"
            for family in chosen:
                try:
                    box = sandbox(folder / family, family, "machine" if family == "npm" else "newest")
                except Unavailable as why:
                    print(f"| {family} | left out: {why} | | | | | |")
                    continue
                box.use(cast(PyPI, Address(f"{mirror.origin}{below}")))
                yield Place(family, world, mirror, box)


@dataclass(frozen=True, slots=True)
class Address:
    """Of a registry, what a client's settings need."""

    url: str


def ways(place: Place) -> dict[str, Way]:
    """Every way of this client, by a short name."""
    words, root = COMMANDS[place.family], place.box.root
    bare = Way("bare", (place.client, *words), root / "none")
    first = Way("first run, no daemon running", (*OURS, place.family, *words), root / "first", stop)
    warm = Way("gate warm", first.command, root / "warm")
    up = Way("first run, daemon up", first.command, root / "up", start)
    found = {"bare": bare, "first": first, "up": up, "warm": warm}
    if place.world.ecosystem == "pypi":
        local = ("--no-index", "--find-links", str(place.world.unpack(root / "files")))
        found["local"] = replace(bare, what="bare, from a local folder", command=(*bare.command, *local))
    found["far"] = replace(bare, what=f"bare, registry {FAR} ms away", late=FAR)
    found["far-first"] = replace(first, what=f"{first.what}, registry {FAR} ms away", late=FAR)
    found["far-warm"] = replace(warm, what=f"gate warm, registry {FAR} ms away", late=FAR)
    return found


COMPARED = (
    ("first", "bare"),
    ("up", "bare"),
    ("warm", "local"),
    ("warm", "bare"),
    ("far-first", "far"),
    ("far-warm", "far"),
)
"""The rows of the table: which way is compared to which."""


def installs(folder: Path, families: Sequence[str] = tuple(COMMANDS)) -> None:
    """Every row of these clients."""
    for place in places(folder, families):
        of = ways(place)
        try:
            _compared(place, of)
        finally:
            for way in of.values():
                stopped({**place.box.env, "SLOPGUARD_HOME": str(way.home)})


def _compared(place: Place, of: Mapping[str, Way]) -> None:
    of["warm"].measure(place)  # which fills the gate's cache
    costs = dict(zip(of, paired(ROUNDS, *(_bound(way, place) for way in of.values()), within=WITHIN), strict=True))
    size = f"{place.family}, {len(place.world.installed)} packages"
    for ours, other in COMPARED:
        if ours in costs and other in costs:
            what = f"{size}: {of[ours].what} ({REQUESTS[of[ours].what]} requests upstream)"
            row(what, costs[ours], of[other].what, costs[other])
    print(f"| {size}: runs | {costs['bare'].runs} | | | | | |", flush=True)


def _bound(way: Way, place: Place) -> Callable[[], Cost]:
    return lambda: way.measure(place)
