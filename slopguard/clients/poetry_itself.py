"""What only the installed poetry can say, and how our part gets into it: its built-in index, the plugin's folder.

Invariants: no registry's address is known here, it is read from poetry's own file or asked of poetry; the folder is
private, and what it says about the gate is readable by its owner only; nothing is installed into poetry.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from slopguard.clients.interface import GateAddress
from slopguard.errors import ConfigError
from slopguard.patterns import regex

VARIABLE, STRICT = "SLOPGUARD_POETRY", "SLOPGUARD_POETRY_ONLY"
"""As in `poetry_plugin`, which is not imported here: it needs poetry."""
NAME = "slopguard_poetry"
"""What our part is called inside poetry."""
PROXIES = tuple(name for each in ("http_proxy", "https_proxy", "all_proxy") for name in (each, each.upper()))
_DEFAULT = regex(r"""def __init__\(\s*self,\s*url: str = ["']([^"']+)["']""")
_FILE = Path("poetry", "repositories", "pypi_repository.py")
_TIMEOUT = 60.0


def built_in(command: Sequence[str], env: Mapping[str, str]) -> str:
    """The index that poetry uses where a project names none.

    Raises:
        ConfigError: poetry cannot be started, or does not load what would guard it.
    """
    found = {address for file in _beside(Path(command[0])) for address in _DEFAULT.findall(_text(file))}
    base = found.pop() if len(found) == 1 else _asked(command, env)
    return base.rstrip("/") + "/simple/"


def _beside(script: Path) -> list[Path]:
    """The file in which the poetry of a `bin/poetry` names its index: that of the Python in its first line."""
    first = _text(script).partition("\n")[0].removeprefix("#!").strip()
    python = Path(first.partition(" ")[0])
    if not python.name.startswith("python"):
        return []
    return [
        found
        for packages in python.parent.parent.glob("lib/python3*/site-packages")
        if (found := packages / _FILE).is_file()
    ]


def _text(file: Path) -> str:
    """The beginning of a file, `""` when it cannot be read."""
    try:
        with file.open(encoding="utf-8", errors="replace") as stream:
            return stream.read(1 << 16)
    except OSError:
        return ""


def _asked(command: Sequence[str], env: Mapping[str, str]) -> str:
    """What poetry itself says, through our part of it."""
    with tempfile.TemporaryDirectory(prefix="slopguard-") as folder:
        answer = Path(folder) / "answer"
        child = {**env, **placed(Path(folder), {"answer": str(answer)}, env)}
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(
                [*command, "--version"], env=child, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, timeout=_TIMEOUT, check=False,
            )  # fmt: skip
        said = _text(answer)
    if "://" not in said:
        raise ConfigError(
            "poetry does not load its plugins, so it cannot be guarded",
            "Start it without -I and -E of Python, and check that this works: poetry about",
        )
    return said


def launched(
    env: Mapping[str, str], gate: GateAddress, routes: Sequence[tuple[str, str]], pip: Mapping[str, str], folder: Path
) -> tuple[dict[str, str], Path]:
    """The environment that sends poetry to the gate, and the file that exists once our part has taken over.

    A poetry that does not load its plugins finds nothing but the gate as its proxy, which refuses everything.

    Args:
        routes: (index as poetry names it, its route on the gate).
        pip: the variables for the pip that poetry starts.
        folder: private, lives as long as poetry.
    """
    mark = folder / "guarded"
    pair = base64.b64encode(f"{gate.user}:{gate.secret}".encode()).decode()
    proxies = {**dict.fromkeys(PROXIES, gate.base), "NO_PROXY": "", "no_proxy": ""}
    told = {
        "gate": gate.base,
        "authorization": f"Basic {pair}",
        "routes": routes,
        "pip": pip,
        "mark": str(mark),
        "proxies": {name: env.get(name) for name in proxies},
    }
    return {**env, **proxies, **placed(folder, told, env), STRICT: "1"}, mark


def placed(folder: Path, told: Mapping[str, Any], env: Mapping[str, str]) -> dict[str, str]:
    """Put our part into a folder with what it is told; the variables that lead poetry there."""
    place = folder / "plugin"
    about = place / f"{NAME}-1.dist-info"
    about.mkdir(parents=True, mode=0o700)
    (place / f"{NAME}.py").write_bytes(Path(__file__).with_name("poetry_plugin.py").read_bytes())
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1\n", encoding="utf-8")
    entry = f"[poetry.application.plugin]\nslopguard = {NAME}:SlopguardPlugin\n"
    (about / "entry_points.txt").write_text(entry, encoding="utf-8")
    said = folder / "told.json"
    said.touch(mode=0o600)
    more = {"restore": {"PYTHONPATH": env.get("PYTHONPATH")}, "folder": str(place)}
    said.write_text(json.dumps({**told, **more}), encoding="utf-8")
    path = os.pathsep.join(filter(None, [str(place), env.get("PYTHONPATH", "")]))
    return {"PYTHONPATH": path, VARIABLE: str(said)}
