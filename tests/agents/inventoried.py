"""A scratch home and project with configurations of clients in them, and the inventory of that."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slopguard.agents.inventory.finding import Taken, take
from slopguard.agents.inventory.model import Server
from slopguard.agents.inventory.places import Machine
from slopguard.config import load, places

SAMPLES = Path(__file__).parent / "mcp_samples"


@dataclass
class Home:
    """`root/home` and `root/home/project`, with `root` standing for `/`."""

    root: Path
    system: str = "linux"
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home, self.project = self.root / "home", self.root / "home" / "project"
        (self.project / ".git").mkdir(parents=True)

    def write(self, where: str, content: str | bytes | dict[str, Any]) -> Path:
        """Write a file: `~/x` in the home, `/x` below the root, anything else in the project."""
        base, rest = self.project, where
        if where.startswith("~/"):
            base, rest = self.home, where[2:]
        elif where.startswith("/"):
            base, rest = self.root, where[1:]
        path = base / rest
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(content) if isinstance(content, dict) else content
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def sample(self, name: str, where: str) -> Path:
        """Put a sample where its client looks."""
        return self.write(where, (SAMPLES / name).read_bytes())

    @property
    def machine(self) -> Machine:
        return Machine({"HOME": str(self.home), **self.env}, self.system, self.root)

    def take(self) -> Taken:
        """The inventory, offline."""
        env = {"HOME": str(self.home), "SLOPGUARD_HOME": str(self.root / "data"), "SLOPGUARD_OFFLINE": "1"}
        settings = load(self.project, env, where=places(env), terminal=False)
        return take(self.machine, self.project, settings, "slopguard mcp inventory")

    def servers(self) -> dict[str, Server]:
        """The servers by name."""
        return {server.name: server for server in self.take().inventory.servers}

    def one(self, server: dict[str, Any], where: str = "~/.cursor/mcp.json") -> Server:
        """The one server of a configuration."""
        self.write(where, {"mcpServers": {"one": server}})
        return self.servers()["one"]


def codes(server: Server) -> list[str]:
    """The codes of its findings, verdicts aside."""
    return [noted.code for noted in server.noted]
