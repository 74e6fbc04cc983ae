"""An account whose clients ask registries on loopback, and `slopguard watch poll` in processes of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from slopguard.model import Ecosystem, NormalizedName
from slopguard.watchlist.model import Batch, Watched
from slopguard.watchlist.watchlist import Watchlist
from tests.radar.worlds import THEN
from tests.simulators import warm
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI

COMMAND = (sys.executable, "-m", "slopguard")


class Account:
    """Args: root: an empty folder."""

    def __init__(self, root: Path, pypi: PyPI, npm: Npm | None = None) -> None:
        self.root, self.home = root, root / "slopguard"
        self.env = {
            "HOME": str(root),
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "SLOPGUARD_HOME": str(self.home),
            "SLOPGUARD_DAEMON": "off",
            **{key: value for key, value in os.environ.items() if key.startswith(("COVERAGE_", "COV_CORE_"))},
        }
        self._indexes = f'[upstream.pypi]\nurl = "{pypi.url}"\n'
        self._indexes += f'[upstream.npm]\nurl = "{npm.url}"\n' if npm is not None else ""
        self.settings("")

    def settings(self, text: str) -> None:
        """The user's settings, beside the indexes."""
        path = self.root / ".config" / "slopguard" / "slopguard.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{self._indexes}{text}")

    def watch(self, names: Iterable[str], ecosystem: Ecosystem = Ecosystem.PYPI, predicted: datetime = THEN) -> None:
        """Predict names, the first of them likeliest."""
        rows = (Watched(ecosystem, NormalizedName(name), rank) for rank, name in enumerate(names, 1))
        with Watchlist(self.home) as watchlist:
            watchlist.add(Batch("generated", "embedded", predicted), rows)

    def run(self, *argv: str, **env: str) -> subprocess.CompletedProcess[str]:
        """`slopguard watch poll ARGV...`, or another command that begins with its name, to its end."""
        words = argv if argv[:1] == ("log",) else ("watch", "poll", *argv)
        return warm.run((*COMMAND, *words), {**self.env, **env}, self.root)

    def start(self, *argv: str) -> subprocess.Popen[bytes]:
        """A poll that runs on."""
        command = (*COMMAND, "watch", "poll", *argv)
        nowhere = subprocess.DEVNULL
        return subprocess.Popen(command, env=self.env, cwd=self.root, stdin=nowhere, stdout=nowhere, stderr=nowhere)
