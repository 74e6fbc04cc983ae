"""A machine of its own for a benchmark of `check`: a home whose clients know one index, and what the command reports.

Invariants: nothing of the account's settings is in force, and none of its variables; the only indexes that the clients
know are the ones given, which lie on loopback or are of no host that exists; a check that dies is the end.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.simulators.clients import SYSTEM

OURS = (sys.executable, "-m", "slopguard")
PYPI = "https://registry.example/simple"
NPM = "https://registry.example/"
REFUSED = ("block", "quarantine", "unchecked")
DIED = 70
"""Exit codes from here on are none of the contract's: a fault of ours."""


@dataclass(frozen=True, slots=True)
class Found:
    """One package of a report.

    Args:
        places: the files that it is written in, as the report names them.
    """

    ecosystem: str
    name: str
    verdict: str
    rule: str
    places: frozenset[str] = frozenset()

    @property
    def refused(self) -> bool:
        """Whether it may not be installed as things are."""
        return self.verdict in REFUSED


@dataclass(frozen=True, slots=True)
class Report:
    """What one check said: its exit code, its packages, and its findings by rule with their places."""

    code: int
    found: tuple[Found, ...]
    findings: tuple[tuple[str, str, str], ...] = ()

    def named(self, ecosystem: str) -> dict[str, Found]:
        """The packages of one ecosystem by name; of one in several versions, the one refused most severely."""
        return {each.name: each for each in reversed(self.found) if each.ecosystem == ecosystem}


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine.

    Args:
        home: the account's home.
        env: the variables that commands see.
    """

    home: Path
    env: dict[str, str] = field(default_factory=dict)

    @classmethod
    def at(cls, home: Path, pypi: str = PYPI, npm: str = NPM) -> Machine:
        """A machine whose pip, uv and npm know these indexes."""
        places = {
            ".config/pip/pip.conf": f"[global]\nindex-url = {pypi}\n",
            ".config/uv/uv.toml": f'[[index]]\nurl = "{pypi}"\ndefault = true\n',
            ".npmrc": f"registry={npm}\nupdate-notifier=false\n",
        }
        for name, text in places.items():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text(text)
        path = f"{Path(sys.executable).parent}:{SYSTEM}"
        return cls(home, {"HOME": str(home), "PATH": path, "SLOPGUARD_HOME": str(home / "data"), "LANG": "C.UTF-8"})

    def check(self, folder: Path, *flags: str) -> Report:
        """What `slopguard check` says of a folder."""
        command = [*OURS, "check", "--format", "json", "--all", *flags]
        done = subprocess.run(command, env=self.env, cwd=folder, capture_output=True, check=False)
        if done.returncode >= DIED or done.returncode < 0 or not done.stdout:
            sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr.decode()[-3000:]}")
        document = json.loads(done.stdout)
        findings = tuple(_findings(document["findings"]))
        return Report(done.returncode, tuple(_found(each) for each in document["results"]), findings)


def share(found: Sequence[Found]) -> str:
    """How many of some packages are refused, for a table."""
    refused = sum(each.refused for each in found)
    return f"{refused:,} of {len(found):,} ({100 * refused / len(found):.1f} %)" if found else "-"


def blocked(found: Iterable[Found]) -> list[Found]:
    """Those that are blocked."""
    return [each for each in found if each.verdict == "block"]


def rules(found: Iterable[Found]) -> str:
    """The rules that refuse some packages, with how many each, for a table."""
    counts = Counter(each.rule for each in found if each.refused)
    return ", ".join(f"{rule} {count:,}" for rule, count in counts.most_common()) or "-"


def head(title: str, *columns: str) -> None:
    """The heading of a table."""
    print(f"\n### {title}\n\n| {' | '.join(columns)} |\n{'|---' * len(columns)}|", flush=True)


def cells(*texts: object) -> None:
    """One row of a table."""
    shown = (f"{each:,}" if isinstance(each, int) else str(each) for each in texts)
    print(f"| {' | '.join(shown)} |", flush=True)


def requirements(folder: Path, names: Iterable[str]) -> Path:
    """A folder with a requirement file of these names."""
    return _written(folder, "requirements.txt", "".join(f"{name}\n" for name in names))


def package_json(folder: Path, names: Iterable[str]) -> Path:
    """A folder with a package.json that asks for these names."""
    manifest = {"name": "sg-scratch", "private": True, "dependencies": dict.fromkeys(names, "^1.0.0")}
    return _written(folder, "package.json", json.dumps(manifest, indent=2))


WRITTEN = {"pypi": requirements, "npm": package_json}


def _written(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def _found(each: dict[str, Any]) -> Found:
    places = frozenset(str(place["path"]) for place in each["locations"])
    return Found(each["ecosystem"], each["name"], each["verdict"], each["rule"], places)


def _findings(findings: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    for each in findings:
        for place in each["locations"]:
            yield each["rule"], f"{place['path']}:{place['line']}", each["detail"]
