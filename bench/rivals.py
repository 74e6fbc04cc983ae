"""Other tools beside `slopguard check`, where they do the same work.

pip-audit asks a service about each pinned name of a requirement file. slopguard-cli (another project: it installs a
command and a module that are called as ours) reads package.json, package-lock.json and requirement files, offline or
with two questions about each name. Invariants: both are installed from the index that pip is configured for, once, and
started in a network that holds loopback alone, which is tried out first; there they ask a stub that this starts; ours
runs in the same network. What they cannot be made to do without a real service is left out.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from bench import lockfiles
from bench.known import asking, registries
from bench.machine import OURS, WRITTEN, Machine
from bench.timing import paired, row, run
from tests.simulators.clients import Unavailable, fresh_venv, kept
from tests.simulators.registry import ago, stamp
from tests.simulators.server import Answer, LoopbackServer, Seen

ROUNDS, SLOW = 9, 3
NAMES, LOCKED = 500, 1_500
LATENCY = 0.02
OUTSIDE = ("192.0.2.1", 443)
"""An address that documents use (RFC 5737): nobody has it."""
Servers = Mapping[str, LoopbackServer]
VERSIONS = {"pip-audit": "2.10.1", "slopguard-cli": "0.4.0"}
_UP = 'ip link set lo up && exec "$@"'
_REDIRECTED = """
import sys
from slopguard.registry import npm, pypi
pypi.PYPI_JSON, pypi.PYPISTATS_RECENT = f"{sys.argv[1]}/pypi", f"{sys.argv[1]}/recent"
npm.NPM_REGISTRY, npm.NPM_DOWNLOADS = f"{sys.argv[1]}/npm", f"{sys.argv[1]}/month"
from slopguard.cli import app
app(sys.argv[2:])
"""
"""Starts slopguard-cli with its services, which it has no setting for, in one place."""


def inside(folder: Path) -> tuple[str, ...]:
    """The command that prints the rows, to be started here; it runs where no network is.

    Raises:
        Unavailable: a tool cannot be installed, or this machine lends nobody a network of their own.
    """
    for name in VERSIONS:
        _installed(name)
    if not (shutil.which("unshare") and shutil.which("ip")):
        raise Unavailable("no unshare or no ip here, which cut the network off")
    alone = ("unshare", "--map-root-user", "--net", "sh", "-c", _UP, "sh")
    if subprocess.run((*alone, "true"), capture_output=True, check=False).returncode:
        raise Unavailable("this machine lends no network namespace, so a tool could ask a real service")
    return (*alone, sys.executable, "-m", "bench.rivals", str(folder))


def _installed(name: str) -> Path:
    """The folder with a tool and all that it needs, importable."""
    wanted = f"{name}=={VERSIONS[name]}"
    python = f"py{sys.version_info[0]}.{sys.version_info[1]}"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wanted, "--target"]
    return kept(f"rival-{name}-{VERSIONS[name]}-{python}", install)


def main(folder: Path) -> None:
    """The rows."""
    _alone()
    stub = LoopbackServer(_answer)
    names = [f"sg-established-{number}" for number in range(NAMES)]
    pypi, npm = registries({"pypi": names, "npm": names})
    with ExitStack() as stack:
        for server in (stub, pypi, npm):
            stack.enter_context(server)
        python = fresh_venv(folder / "rivals-venv") / "bin" / "python"
        machine = Machine.at(folder / "rivals-home", pypi.url, npm.url)
        _locked(folder, python)
        servers = {"stub": stub, "pypi": pypi.server, "npm": npm.server}
        for server in servers.values():
            server.latency = LATENCY
        _asked(folder, python, machine, names, servers)


def _alone() -> None:
    """Make sure that no connection leaves this machine.

    Raises:
        SystemExit: one might.
    """
    interfaces = [name for _, name in socket.if_nameindex()]
    if interfaces != ["lo"]:
        sys.exit(f"there is more than loopback here: {', '.join(interfaces)}")
    try:
        socket.create_connection(OUTSIDE, timeout=1).close()
    except OSError:
        return
    sys.exit("a connection left this machine")


def _locked(folder: Path, python: Path) -> None:
    """A package-lock.json offline."""
    from bench.checking import listed

    place = folder / "rivals-lock"
    place.mkdir()
    files = lockfiles.package_lock(listed("npm")[:LOCKED])
    (place / "package-lock.json").write_text(files["package-lock.json"])
    machine = Machine.at(folder / "rivals-offline")
    ours = run((*OURS, "check", "--offline", "--format", "json", "package-lock.json"), machine.env, place, 0)
    words = ("scan", "--no-network", "--format", "json", "--fail-on", "none", "package-lock.json")
    theirs = run((*_other(python), *words), _env(machine, "slopguard-cli"), place, 0)
    cost, other = paired(ROUNDS, ours, theirs)
    row(f"`check --offline package-lock.json` of {LOCKED:,} packages", cost, "slopguard-cli, offline", other)


def _asked(folder: Path, python: Path, machine: Machine, names: Sequence[str], servers: Servers) -> None:
    """Names asked about online, one file of each ecosystem."""
    late = f"{NAMES} names asked of a registry that answers after {LATENCY * 1000:.0f} ms"
    stub = servers["stub"]
    for ecosystem in ("pypi", "npm"):
        pinned = [f"{name}==1.9" for name in names] if ecosystem == "pypi" else names
        place = WRITTEN[ecosystem](folder / f"rivals-{ecosystem}", pinned)
        file = next(place.iterdir()).name
        ours = run((*OURS, "check", "--format", "json", file), machine.env, place, 0)
        words = ("scan", "--format", "json", "--fail-on", "none", file)
        theirs = {"slopguard-cli": (*_redirected(python, stub.origin), *words)}
        if ecosystem == "pypi":
            theirs["pip-audit"] = _audit(python, stub.origin, file)
        for name, command in theirs.items():
            measures = ((servers[ecosystem], ours), (stub, run(command, _env(machine, name), place, 0)))
            cost, other = paired(SLOW, *(asking(server, NAMES, measure) for server, measure in measures))
            row(f"`check {file}`: {late}", cost, f"{name}, the same", other)


def _other(python: Path) -> tuple[str, ...]:
    return (str(python), "-m", "slopguard")


def _redirected(python: Path, stub: str) -> tuple[str, ...]:
    return (str(python), "-c", _REDIRECTED, stub)


def _audit(python: Path, stub: str, file: str) -> tuple[str, ...]:
    service = ("--vulnerability-service", "osv", "--osv-url", f"{stub}/osv")
    quiet = ("--progress-spinner", "off", "--disable-pip", "--no-deps", "--cache-dir", "cache")
    return (str(python), "-m", "pip_audit", *service, *quiet, "-r", file)


def _env(machine: Machine, name: str) -> dict[str, str]:
    return {**machine.env, "PYTHONPATH": str(_installed(name))}


def _answer(seen: Seen, body: bytes) -> Answer:
    """What the services of both tools say: nothing is wrong with a name, and it is three years old."""
    first, last = stamp(ago(days=1095)), stamp(ago(days=60))
    if seen.path.startswith("/pypi/"):
        files = [{"upload_time_iso_8601": when} for when in (first, last)]
        return _json({"info": {"author": "bench"}, "releases": {"1.9": files}})
    if seen.path.startswith("/npm/"):
        return _json({"time": {"created": first, "modified": last}, "maintainers": [{"name": "bench"}]})
    if seen.path.startswith("/recent/"):
        return _json({"data": {"last_week": 100_000}})
    return _json({"downloads": 100_000} if seen.path.startswith("/month/") else {})


def _json(document: object) -> Answer:
    return Answer(body=json.dumps(document).encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
