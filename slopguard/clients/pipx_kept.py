"""The environments that pipx keeps, and what it wrote down about each: the requirement, the backend, pip's options.

pipx installs from this again when it upgrades, reinstalls or injects. Invariants: only read, never changed; what
cannot be read is reported as an empty environment, which pipx itself refuses to work on.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slopguard.clients import argv as args
from slopguard.clients import pip_options, pipx_options, uv_options
from slopguard.errors import InputError, UsageError

PIP, UV = "pip", "uv"


@dataclass(frozen=True, slots=True)
class Kept:
    """One environment.

    Args:
        name: its folder's name.
        specs: what was asked for: the main package, then those injected.
        backend: what it is worked on with.
        pip_args: pip's (or uv's) options that are given again each time.
    """

    name: str
    specs: tuple[str, ...] = ()
    backend: str = PIP
    pip_args: tuple[str, ...] = ()


def home(env: Mapping[str, str], *, everybody: bool = False) -> Path:
    """The folder with pipx's environments and its shared pip, found as pipx finds it.

    Args:
        everybody: `--global`.
    """
    if everybody:
        return Path(env.get("PIPX_GLOBAL_HOME") or "/opt/pipx").expanduser()
    if env.get("PIPX_HOME"):
        return Path(env["PIPX_HOME"]).expanduser()
    user = Path(env.get("HOME") or Path.home())
    if (user / ".local" / "pipx").exists():
        return user / ".local" / "pipx"
    data = user / "Library" / "Application Support" if sys.platform == "darwin" else user / ".local" / "share"
    return Path(env.get("XDG_DATA_HOME") or data) / "pipx"


def environments(folder: Path) -> list[Kept]:
    """Every environment below a home."""
    return [environment(path) for path in sorted((folder / "venvs").glob("*")) if path.is_dir()]


def environment(path: Path) -> Kept:
    """One environment, by its folder."""
    try:
        document = json.loads((path / "pipx_metadata.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return Kept(path.name)
    return _kept(path.name, _table(document))


def listed(path: Path) -> list[Kept]:
    """The environments in a file for `install-all`.

    Raises:
        InputError: it cannot be read.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["venvs"]
        return [_kept(name, _table(_table(entry).get("metadata"))) for name, entry in found.items()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path.name} is not what `pipx list --json` prints", "Write it anew") from error


def past_the_gate(kept: Kept) -> None:
    """Refuse an environment whose remembered options name an index: pipx gives them to pip where no gate sees it.

    Raises:
        UsageError: it has such options.
    """
    grammar = uv_options.grammar("pip install") if kept.backend == UV else pip_options.AFTER
    if any(token.name in pipx_options.PAST for token in args.scan(kept.pip_args, grammar)):
        raise UsageError(
            f"pipx remembers an index of its own for {kept.name[:64]!a}, which would be asked past slopguard",
            "Install it again with: pipx install --force",
        )


def _kept(name: str, metadata: Mapping[str, Any]) -> Kept:
    packages = [_table(metadata.get("main_package")), *map(_table, _table(metadata.get("injected_packages")).values())]
    options = tuple(str(option) for package in packages for option in _list(package.get("pip_args")))
    backend = UV if metadata.get("backend") == UV else PIP
    return Kept(name, tuple(_specs(packages)), backend, options)


def _specs(packages: list[Mapping[str, Any]]) -> Iterator[str]:
    for package in packages:
        spec = package.get("package_or_url") or package.get("package")
        if isinstance(spec, str):
            yield spec


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
