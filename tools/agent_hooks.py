"""`python -m tools.agent_hooks [FOLDER]`: writes the ready-made hook settings of `hooks/agents` anew.

Invariant: they are what `slopguard enable --project AGENT` writes into an empty project of an account with the usual
places, laid out for people to read; a test holds them to that.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from slopguard.agents.protocols import AGENTS
from slopguard.agents.settings import files_for
from slopguard.guard.enabling import insertions
from slopguard.guard.enabling.insertions import SettingsFile

HOME = Path("/home/dev")
"""Stands for any account: no path of it is in what is written."""
PLACE = Path(__file__).resolve().parent.parent / "hooks" / "agents"


def ready_made() -> Mapping[str, tuple[bytes, int]]:
    """Path below `hooks/agents` to the content of each file and its mode."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder).resolve()
        for agent in AGENTS:
            for file in files_for(agent, {"HOME": str(HOME)}, HOME / ".local" / "share" / "slopguard", project):
                found[f"{agent}/{file.path.name}"] = _laid_out(file), file.mode
    return found


def _laid_out(file: SettingsFile) -> bytes:
    content, _ = insertions.applied(file, None)
    return content if file.kind == "file" else (json.dumps(json.loads(content), indent=2) + "\n").encode()


def main(argv: list[str]) -> None:
    """Write them."""
    place = Path(argv[0]) if argv else PLACE
    for path, (content, mode) in ready_made().items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(content)
        (place / path).chmod(mode)


if __name__ == "__main__":
    main(sys.argv[1:])
