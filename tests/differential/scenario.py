"""Resolver scenarios in the packse TOML format: a root, some packages, what a resolver should say.

Invariant: reading is pure and complete; a key this reader does not know is an error, so that no scenario is run as
something it is not.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.simulators.pypi import PyPI, normal

RELEASE_KEYS = {"requires", "requires_python", "extras", "sdist", "wheel", "wheel_tags", "yanked", "description"}
OPTION_KEYS = {
    "universal", "prereleases", "no_binary", "no_build", "python", "python_platform", "required_environments",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Options:
    """How the resolver is to be asked (`resolver_options` and `environment`)."""

    universal: bool = False
    prereleases: bool = False
    no_binary: tuple[str, ...] = ()
    no_build: tuple[str, ...] = ()
    python: str | None = None
    python_platform: str | None = None
    required_environments: tuple[str, ...] = ()
    interpreter: str | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario.

    Args:
        name: as its file says.
        requires: the root's requirements.
        requires_python: the root's own bound, `None` for none.
        packages: name to version to what that release says.
        satisfiable: what the file expects.
    """

    name: str
    requires: tuple[str, ...]
    requires_python: str | None
    packages: Mapping[str, Mapping[str, Mapping[str, Any]]]
    satisfiable: bool
    options: Options = field(default_factory=Options)

    @property
    def mentioned(self) -> frozenset[str]:
        """Every name that the root or any release requires, whether it exists or not."""
        return frozenset(normal(_name(requirement)) for requirement in self._requirements())

    @property
    def missing(self) -> frozenset[str]:
        """Names required somewhere that no package bears."""
        return self.mentioned - {normal(name) for name in self.packages}

    def _requirements(self) -> Iterator[str]:
        yield from self.requires
        for versions in self.packages.values():
            for release in versions.values():
                yield from release.get("requires", ())
                for wanted in release.get("extras", {}).values():
                    yield from wanted


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found, requirement
    return found[0]


def read(path: Path) -> Scenario:
    """Read one scenario file.

    Raises:
        ValueError: it holds a key that this reader does not know.
    """
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    packages = {name: package.get("versions", {}) for name, package in document.get("packages", {}).items()}
    options = document.get("resolver_options", {})
    _known(path, options, OPTION_KEYS)
    for versions in packages.values():
        for release in versions.values():
            _known(path, release, RELEASE_KEYS)
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}
    return Scenario(
        name=document["name"],
        requires=tuple(document["root"].get("requires", ())),
        requires_python=document["root"].get("requires_python"),
        packages=packages,
        satisfiable=document["expected"]["satisfiable"],
        options=Options(**fields, interpreter=document.get("environment", {}).get("python")),
    )


def _known(path: Path, table: Mapping[str, Any], keys: set[str]) -> None:
    unknown = set(table) - keys
    if unknown:
        raise ValueError(f"{path.name}: unknown keys {sorted(unknown)}")


def publish(scenario: Scenario, registry: PyPI) -> None:
    """Publish every package of the scenario: a wheel and an sdist a release unless it says otherwise."""
    for name, versions in scenario.packages.items():
        registry.projects.setdefault(normal(name), [])
        for age, (version, release) in enumerate(versions.items()):
            registry.add(
                name,
                version,
                requires=release.get("requires", ()),
                extras=release.get("extras"),
                requires_python=release.get("requires_python"),
                days_old=1000 - age,
                wheels=release.get("wheel_tags", ("py3-none-any",)) if release.get("wheel", True) else (),
                source=release.get("sdist", True),
                yanked=release.get("yanked", False),
            )
