"""What only the installed pdm can say, and how our part gets into it: its built-in index, the plugin's folder.

Invariants: no registry's address is known here, it is read from pdm's own file or asked of pdm; the folder is private,
and what it says about the gate is readable by its owner only; nothing is installed into pdm.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from slopguard.clients.interface import GateAddress
from slopguard.errors import ConfigError
from slopguard.patterns import regex

VARIABLE, STRICT = "SLOPGUARD_PDM", "SLOPGUARD_PDM_ONLY"
"""As in `pdm_plugin`, which is not imported here: it needs pdm."""
NAME = "slopguard_pdm"
"""What our part is called inside pdm."""
PROXIES = tuple(name for each in ("http_proxy", "https_proxy", "all_proxy") for name in (each, each.upper()))
_DEFAULT = regex(r"""DEFAULT_PYPI_INDEX(?:: str)? = ["']([^"']+)["']""")
_FILE = Path("pdm", "project", "config.py")
_NOBODYS = '[project]\nname = "nobodys"\nversion = "0"\n'
"""Without a project some users' pdm would turn to their global one, and make it if need be."""
_TIMEOUT = 60.0


def built_in(command: Sequence[str], env: Mapping[str, str]) -> str:
    """The index that pdm uses where nothing names another.

    Raises:
        ConfigError: pdm cannot be started or does not say.
    """
    python = interpreter(command)
    for packages in python.parent.parent.glob("lib/python3*/site-packages") if python else ():
        found = _DEFAULT.search(_text(packages / _FILE))
        if found:
            return found[1]
    clean = {key: value for key, value in env.items() if not key.startswith("PDM_")}
    clean |= {"PDM_CHECK_UPDATE": "0", "PDM_IGNORE_STORED_INDEX": "1", "NO_COLOR": "1"}
    said = ""
    with tempfile.TemporaryDirectory(prefix="slopguard-") as folder, suppress(OSError, subprocess.TimeoutExpired):
        (Path(folder) / "pyproject.toml").write_text(_NOBODYS, encoding="utf-8")
        done = subprocess.run(
            [*command, "--config", os.devnull, "config", "pypi.url"], env=clean, cwd=folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=_TIMEOUT, check=False,
        )  # fmt: skip
        said = done.stdout.strip()
    if "://" not in said or len(said.split()) != 1:
        raise ConfigError("pdm does not say which index it uses", "Check that this works: pdm config pypi.url")
    return said


def interpreter(command: Sequence[str]) -> Path | None:
    """The Python that pdm runs on, named or in the first line of a `bin/pdm`; `None` if that says nothing."""
    if len(command) > 1 and Path(command[0]).name.startswith("python"):
        return Path(command[0])
    first = _text(Path(command[0])).partition("\n")[0].removeprefix("#!").strip()
    python = Path(first.partition(" ")[0])
    return python if python.name.startswith("python") and python.is_file() else None


def _text(file: Path) -> str:
    """The beginning of a file, `""` when it cannot be read."""
    try:
        with file.open(encoding="utf-8", errors="replace") as stream:
            return stream.read(1 << 16)
    except OSError:
        return ""


def launched(
    env: Mapping[str, str], gate: GateAddress, routes: Mapping[str, str], folder: Path
) -> tuple[dict[str, str], Path]:
    """The environment that sends pdm to the gate, and the file that exists once our part has taken over.

    A pdm that does not load its plugins finds an index that serves nothing, and the gate as its proxy, which refuses.

    Args:
        routes: index as pdm names it -> its route on the gate.
        folder: private, lives as long as pdm.
    """
    mark, place, said = folder / "guarded", folder / "plugin", folder / "told.json"
    about = place / f"{NAME}-1.dist-info"
    about.mkdir(parents=True, mode=0o700)
    (place / f"{NAME}.py").write_bytes(Path(__file__).with_name("pdm_plugin.py").read_bytes())
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(f"[pdm]\nslopguard = {NAME}:plugin\n", encoding="utf-8")
    path = os.pathsep.join(filter(None, [str(place), env.get("PYTHONPATH", "")]))
    lost = {"PDM_PYPI_URL": f"{gate.base}/pypi/000000000000/simple/", "PYTHONPATH": path}
    proxies = {**dict.fromkeys(PROXIES, gate.base), "NO_PROXY": "", "no_proxy": ""}
    told = {
        "gate": gate.base,
        "user": gate.user,
        "secret": gate.secret,
        "routes": [(plain, route) for plain, route in routes.items()],
        "mark": str(mark),
        "folder": str(place),
        "restore": {name: env.get(name) for name in lost},
        "proxies": {name: env.get(name) for name in proxies},
    }
    said.touch(mode=0o600)
    said.write_text(json.dumps(told), encoding="utf-8")
    quiet = {"PDM_CHECK_UPDATE": "0", "PDM_PYPI_JSON_API": "0"}
    return {**env, **proxies, **lost, **quiet, VARIABLE: str(said), STRICT: "1"}, mark
