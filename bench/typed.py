"""What it takes to have typed names judged: by the daemon that is up, in this very process, and as a whole command.

Invariants: names are judged as a guarded command has them judged, from finding the daemon to the verdicts; every
verdict is looked at; the daemon has heard of all names once before, as it has after the first install.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import cast

from bench.installs import Address
from bench.mirror import Mirror, write
from bench.residents import KEPT, OURS, stopped
from bench.timing import Cost, paired, row, run
from bench.world_pypi import LISTED, world
from bench.worlds import UNLISTED
from slopguard import config
from slopguard.clients import client_for
from slopguard.clients.applied import applied
from slopguard.daemon import hosting
from slopguard.daemon.interface import Opening, surroundings
from slopguard.guard import prejudge
from slopguard.guard.session import unique
from slopguard.locked import LockedSet
from slopguard.model import Door
from tests.simulators.pypi import PyPI
from tests.simulators.sandbox import Sandbox, sandbox

ROUNDS = 25
INVENTED = "flask-auth-magic"
CASES: Mapping[str, tuple[Sequence[str], bool]] = {
    "one listed name": (LISTED[:1], False),
    "ten listed names": (LISTED[:10], False),
    "one name on no list, which its index knows": ([UNLISTED.format(0)], False),
    "one invented name, refused": ([INVENTED], True),
}
"""What is typed, and whether it is refused."""


def typed(folder: Path) -> None:
    """Every row."""
    made = world()
    write(folder / "registry", made.routes())
    with Mirror(folder / "registry") as mirror:
        box = sandbox(folder / "uv", "uv", "newest").use(cast(PyPI, Address(f"{mirror.origin}/simple/")))
        near = {**box.env, "SLOPGUARD_DAEMON": KEPT}
        far = {**box.env, "SLOPGUARD_DAEMON": "off", "SLOPGUARD_HOME": str(box.root / "alone")}
        for what, (names, refused) in CASES.items():
            ours, alone = paired(ROUNDS, _judging(box, near, names, refused), _judging(box, far, names, refused))
            row(f"{what}, judged by the daemon", ours, "by the command itself, imports not counted", alone)
        words = ("uv", "pip", "install", INVENTED)
        ours, alone = paired(ROUNDS, *(run((*OURS, *words), env, box.project, 1) for env in (near, far)))
        row(f"`{' '.join(words)}`, refused: the whole command, daemon up", ours, "without one", alone)
        stopped(near)


def _judging(box: Sandbox, env: Mapping[str, str], names: Sequence[str], refused: bool) -> Callable[[], Cost]:
    """A measure: from looking for the daemon to the verdicts."""
    opening = _opening(box, env, names)

    def measured() -> Cost:
        begun, used = time.perf_counter(), time.process_time()
        with hosting.begin(opening.settings, env) as host, host.open(opening) as hosted:
            verdicts = hosted.verdicts
            clock, processor = time.perf_counter() - begun, time.process_time() - used
            hosted.close()
        if [verdict.stops for verdict in verdicts] != [refused] * len(names):
            sys.exit(f"{names}: {[verdict.outcome for verdict in verdicts]}")
        return Cost(clock * 1000, processor * 1000, clock * 1000)

    return measured


def _opening(box: Sandbox, env: Mapping[str, str], names: Sequence[str]) -> Opening:
    client, command = client_for("uv"), (shutil.which("uv", path=env["PATH"]) or "uv",)
    call = client.parse("uv", ("pip", "install", *names), box.project, env)
    settings = config.load(box.project, env)
    indexes = applied(client.indexes(call, command, env), settings, env)
    readings, mapped = prejudge.read_all(call, env), client.mapped(command, env)
    plan = prejudge.plan(call, readings, indexes, settings.actor, mapped, LockedSet.of(settings))
    typed = frozenset((sighting.ecosystem, sighting.raw) for sighting in call.typed)
    return Opening(
        settings,
        unique(indexes),
        Door("uv"),
        frozenset(plan.introduced),
        tuple(plan.requests),
        typed,
        surroundings(env, box.project),
    )
