"""`slopguard run -- CMD`: every package client that CMD starts is guarded.

Two belts: a folder of shims first on PATH (`pip` runs `slopguard pip`), and an environment that points clients called
past them (`python -m pip`, an absolute path) at a gate session of this run. Invariants: shims are files, not shell
functions, because agents run non-interactive shells; a shim's client sees the user's own environment again, so that
the gate's addresses are never taken for the user's settings.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

from slopguard import config as settings_files
from slopguard.clients import client_for, npm_config
from slopguard.clients.applied import applied
from slopguard.clients.interface import GateAddress, Invocation
from slopguard.config import Settings
from slopguard.daemon import hosting
from slopguard.daemon.interface import Closed, Hosted, Opening, placed, surroundings
from slopguard.daemon.link import Gone
from slopguard.errors import ConfigError, SlopguardError, UsageError
from slopguard.guard import child, find, lines, outer, scratch
from slopguard.guard.enabling.shims import of_pythons
from slopguard.guard.net import STOPPED, net_for, told
from slopguard.guard.session import spared, unique
from slopguard.indexes import Index
from slopguard.model import Door, Mode

_ASKED = {
    "pip": ("install",),
    "uv": ("pip", "install"),
    "npm": ("install", "--global"),
    "pnpm": ("add", "--global"),
    "yarn": ("global", "add"),
    "bun": ("add", "--global"),
}
"""A command that uses the indexes, of each client that the environment can send to a gate."""


def main(argv: Sequence[str], config: Path | None = None, *, net: bool = False) -> int:
    """Run a command with every client guarded; its exit code, or the contract's if something was refused past a shim.

    Args:
        net: the egress net lies under the whole command. It is advice there: what the command starts may be a guard,
            which must reach the index, so the kernel confines only the clients themselves.

    Raises:
        SlopguardError: the guard cannot be set up.
    """
    env, cwd = outer.restored(os.environ), Path.cwd()
    settings = settings_files.load(cwd, env, None, config)
    begun = hosting.begin(settings, env)
    found = _indexes(env, cwd, settings)
    indexes = unique([index for each in found.values() for index in each])
    door = Door("run", command=lines.redacted(["run", "--", *argv]))
    with ExitStack() as stack:
        folder = stack.enter_context(scratch.folder())
        host = stack.enter_context(begun)
        around = surroundings(env, cwd)
        openings = {name: Opening(settings, placed(unique(own), cwd), door, env=around) for name, own in found.items()}
        sessions = {name: stack.enter_context(host.open(opening)) for name, opening in openings.items()}
        addresses = {name: session.address for name, session in sessions.items()}
        guarded = environment(env, cwd, folder, addresses, found)
        write_shims(folder / "bin", config, env)
        if net:
            whole = stack.enter_context(net_for(call(argv, cwd), (), env, settings, None, indexes, ()))
            for session in sessions.values():
                session.tell(whole.learn)
            guarded = outer.recorded(whole.environment(guarded), env, folder)
        code = child.run(argv, guarded, cwd)
        below = outer.told(folder)
        if net and told(whole, settings, call(argv, cwd)) and code != 0:  # before hosts are asked, which may be gone
            code = STOPPED
        closed = [_account(session) for session in sessions.values()]
    return _ended(closed, code, settings, indexes, below)


def call(argv: Sequence[str], cwd: Path) -> Invocation:
    """The whole command as the ledger and the net see it."""
    return Invocation("run", ("--", *argv), "", installs=True, cwd=cwd, runs=True)


def write_shims(folder: Path, config: Path | None, env: Mapping[str, str]) -> None:
    """A shim for every client that is there, and for Python, which may be told to run one (`python -m pip`).

    For one that is not there is none: scripts ask `command -v yarn` which client to take.
    """
    folder.mkdir()
    options = ["--config", str(config.resolve())] if config else []
    start = shlex.join([sys.executable, "-P", "-m", "slopguard", *options])
    clients = find.installed(env)
    made = {name: f'#!/bin/sh\n{find.SHIM_MARK}\nexec {start} {shlex.quote(name)} "$@"\n' for name in clients}
    for name, text in {**made, **of_pythons(find.pythons(env), clients, folder, options)}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)


def environment(
    env: Mapping[str, str],
    cwd: Path,
    folder: Path,
    addresses: Mapping[str, GateAddress],
    found: Mapping[str, Sequence[Index]],
) -> dict[str, str]:
    """The environment of the command: shims first on PATH, and the gate for clients past them."""
    changed: dict[str, str] = {}
    for name, indexes in found.items():
        client = client_for(name)
        call = client.parse(name, _ASKED[name], cwd, env)
        launch = client.launch(call, find.command(name, env), env, addresses[name], unique(indexes), folder)
        changed |= {key: value for key, value in launch.env.items() if env.get(key) != value}
    changed |= _tokens_in_a_file(env, changed, folder)
    changed["PATH"] = f"{folder / 'bin'}{os.pathsep}{env.get('PATH', os.defpath)}"
    changed["SLOPGUARD_SHIMS"] = str(folder / "bin")
    changed |= spared(env)
    return outer.recorded({**env, **changed}, env, folder)


def _tokens_in_a_file(env: Mapping[str, str], changed: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The settings file of this user that npm reads, with the gate's tokens added: in a copy.

    Some shells (dash) hand on no variable whose name is none to them, and a token's name holds the gate's address.
    """
    tokens = {key: value for key, value in changed.items() if key.startswith("npm_config_//")}
    if not tokens:
        return {}
    named = npm_config.from_environment(env).get("userconfig")
    own = Path(named) if named else Path(env.get("HOME") or Path.home()) / ".npmrc"
    with suppress(OSError):
        text = own.read_text(encoding="utf-8", errors="surrogateescape") if own.is_file() else ""
        lines = [f"{key.removeprefix('npm_config_')}={value}" for key, value in tokens.items()]
        copy = folder / "npmrc"
        copy.touch(mode=0o600)
        copy.write_text("\n".join([text, *lines, ""]), encoding="utf-8", errors="surrogateescape")
        return {"npm_config_userconfig": str(copy)}
    return {}


def _indexes(env: Mapping[str, str], cwd: Path, settings: Settings) -> dict[str, tuple[Index, ...]]:
    """The indexes of every client that is installed and says which it uses; the clients are asked side by side."""
    with ThreadPoolExecutor(len(_ASKED)) as pool:
        asked = pool.map(lambda name: _indexes_of(name, env, cwd, settings), _ASKED)
        return {name: indexes for name, indexes in zip(_ASKED, asked, strict=True) if indexes}


def _indexes_of(name: str, env: Mapping[str, str], cwd: Path, settings: Settings) -> tuple[Index, ...]:
    """The indexes of one client; none of one that is not there or cannot say: its shim will, if it is ever used."""
    client = client_for(name)
    try:
        command = find.command(name, env)
        call = client.parse(name, _ASKED[name], cwd, env)
        return applied(client.indexes(call, command, env), settings, env)
    except (UsageError, ConfigError):
        return ()


def _account(session: Hosted) -> Closed:
    """What happened in a session; that its host is gone is one thing more to say, not the only one."""
    try:
        return session.close()
    except Gone as gone:
        return Closed(failures=(gone,))


def _ended(
    sessions: Sequence[Closed], code: int, settings: Settings, indexes: Sequence[Index], below: Sequence[int]
) -> int:
    """The lines of what was refused past the shims, and the code of the whole.

    Args:
        below: the codes of what was refused by the guards that shims started, which have said it themselves.
    """
    said: set[str] = set()
    refusals = [verdict for session in sessions for verdict in session.refusals]
    failures: list[SlopguardError] = [error for session in sessions for error in session.failures]
    lines.verdicts(refusals, said)
    lines.sources(refusals, indexes, said)
    lines.notes([note for session in sessions for note in session.notes], said)
    for error in failures:
        lines.say(error.diagnosis())
    if settings.mode is Mode.OBSERVE:
        return code
    ours = lines.worst([lines.code(refusals), *(error.exit_code for error in failures), *below])
    return code if ours is None else ours
