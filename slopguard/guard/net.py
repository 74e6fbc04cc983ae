"""The egress net under one guarded command: whom it refuses, how tightly it holds, what is said of it afterwards.

Invariants: it lies under what installs and not under the user's own code: where that runs in the same process tree
(`npx`, a lifecycle script of the project itself) the kernel confines nobody, so that what it starts can be guarded in
its turn; what was kept from going past the guard is in the ledger; nothing reaches the daemon that judges through it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from slopguard.clients import asking
from slopguard.clients.interface import GateAddress, Invocation
from slopguard.config import Settings
from slopguard.daemon.places import Places
from slopguard.egress.net import Net
from slopguard.errors import ConfigError
from slopguard.guard import lines
from slopguard.indexes import Index
from slopguard.model import Layer, Mode
from slopguard.readers.interface import Reading

LIFECYCLE = frozenset(
    {"preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare", "prepublish", "pnpm:devPreinstall"}
    | {"predependencies", "dependencies", "postdependencies"}
)
"""Scripts of a project that some npm client runs when it installs the project's dependencies."""
STOPPED = 1
"""The code of a command that failed after something in it was kept from going past the guard."""


def net_for(
    call: Invocation,
    command: Sequence[str],
    env: Mapping[str, str],
    settings: Settings,
    address: GateAddress | None,
    indexes: Sequence[Index],
    readings: Iterable[Reading],
) -> Net:
    """The net for a command.

    Args:
        command: how its client is started.
        address: the gate, for a client that the kernel may confine to it.
        env: the environment as the user has it.
        readings: the files it will install from.
    """
    hosts = [index.url for index in indexes]
    hosts += built_in(call, command, env, indexes)
    hosts += recorded(readings)
    own = next((index for index in indexes if index.proxy), None)
    return Net(
        hosts,
        env,
        allow=settings.net_allow,
        kept=control_ports(settings.home),
        enforce=settings.net_enforce and not runs_own_code(call),
        gate=address.base if address else None,
        proxy=own.proxy if own else None,
        no_proxy=own.no_proxy if own else "",
        observe=settings.mode is Mode.OBSERVE,
    )


def control_ports(home: Path) -> Callable[[], Collection[int]]:
    """The ports where daemons of a home were or are asked for sessions, from now on.

    A client that the kernel confines reaches them by no way but the net's proxy, which stands in our own process.
    """
    known: set[int] = set()

    def note() -> None:
        if found := Places(home).find():
            known.add(found[0].port)

    def now() -> Collection[int]:
        from slopguard.daemon.activation import control_port  # few installs connect to anything

        note()
        return known | {control_port(home)}  # there a service manager starts one for whoever connects

    note()  # what is installed may change the file
    return now


def built_in(
    call: Invocation, command: Sequence[str], env: Mapping[str, str], indexes: Iterable[Index]
) -> Iterator[str]:
    """The built-in index of pip, uv or npm, where the client is configured for others only."""
    if any(index.layer is Layer.BUILTIN for index in indexes):
        return
    asked = {"uv": asking.uv, "uvx": asking.uv}
    try:
        if call.client in asked:
            yield asked[call.client](command, env)
        elif call.client.startswith("pip") and call.client != "pipx":
            yield asking.pip(command, env)[0]
        elif call.client in ("npm", "npx"):
            yield asking.npm(command, env)[0]
    except ConfigError:
        return


def recorded(readings: Iterable[Reading]) -> Iterator[str]:
    """The places that lock files name."""
    for reading in readings:
        for sighting in reading.sightings if reading.locked else ():
            yield from sighting.extra.get("origins", "").split()
            if sighting.source.index and "://" in sighting.source.index:
                yield sighting.source.index


def runs_own_code(call: Invocation) -> bool:
    """Whether what was fetched, or a script of the project itself, runs below the client."""
    return call.runs or any(path.name == "package.json" and _has_lifecycle(path) for path in call.files)


def _has_lifecycle(manifest: Path) -> bool:
    try:
        scripts = json.loads(manifest.read_text(encoding="utf-8")).get("scripts", {})
    except (OSError, ValueError, AttributeError):
        return False
    return isinstance(scripts, dict) and not LIFECYCLE.isdisjoint(scripts)


def told(net: Net, settings: Settings, call: Invocation) -> bool:
    """Say and write down what was kept from going past the guard; whether anything was."""
    for line in net.lines():
        lines.say(line)
    if net.refusals:
        from slopguard.store import acts  # only now: start-up is a feature
    for refusal in net.refusals:
        place = f"host:{refusal.host}:{refusal.port}"
        acts.record(settings, call.client, "refused", "net", place, lines.typed(call))
    return bool(net.refusals)
