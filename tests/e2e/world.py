"""One vocabulary for every client, so that a claim is written once: publish, install, and what "refused" means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest

from tests.simulators.drivers import FAMILIES, driver
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI
from tests.simulators.sandbox import Ran, Sandbox

PYTHON = (("pip", "newest"), ("pip", "24.0"), ("pip", "22.3.1"), ("uv", "newest"))
NODE = (("npm", "newest"), ("npm", "10.9.9"))
ALL = PYTHON + NODE
"""What every claim is made of; those marked `matrix` below are added to it."""
OLDEST = ("pip", "22.3.1")
"""It asks for pages and metadata in older ways; `tests/e2e/test_every_client.py` has it beside the newest ones."""
LATER = (("pip", "24.0"), OLDEST, ("npm", "10.9.9"))
"""Versions before the newest, of which claims for everybody are made by the matrix only."""
OTHERS = tuple(
    (family, version)
    for family in FAMILIES
    if family not in ("pip", "uv", "npm")
    for version in driver(family).versions
)
"""Clients that are driven through every claim by the command for the whole matrix, and through `EACH` by CI."""
EACH = tuple((family, driver(family).versions[0]) for family in FAMILIES)
"""One version of every client."""
WORDS = {1: "BLOCKED", 3: "QUARANTINED", 4: "UNCHECKED"}


@dataclass(slots=True)
class World:
    """A client in its sandbox and the registry it is configured for."""

    box: Sandbox
    registry: PyPI | Npm

    @property
    def ecosystem(self) -> str:
        """`pypi` or `npm`, as messages say it."""
        return "pypi" if isinstance(self.registry, PyPI) else "npm"

    @property
    def reads(self) -> str:
        """The family whose variables and settings files this client reads (pipx has none of its own)."""
        found: dict[str, str] = getattr(self.box.driver, "reads", {})
        return found.get(self.box.client.version, self.box.client.family)

    def release(
        self,
        name: str,
        version: str = "1.0.0",
        *,
        needs: Mapping[str, str] | None = None,
        days_old: float = 400,
        hours_old: float = 0,
        armed: bool = False,
    ) -> None:
        """Publish one release. `armed`: installing it runs its own code (an sdist only; a postinstall script)."""
        if isinstance(self.registry, PyPI):
            requires = [f"{other}{spec}" for other, spec in (needs or {}).items()]
            wheels = () if armed else ("py3-none-any",)
            self.registry.add(
                name,
                version,
                requires=requires,
                days_old=days_old,
                hours_old=hours_old,
                wheels=wheels,
                source=armed,
            )
        else:
            wanted = {other: spec or "*" for other, spec in (needs or {}).items()}
            self.registry.add(name, version, requires=wanted, days_old=days_old, hours_old=hours_old, postinstall=armed)

    def established(self, *names: str, needs: Mapping[str, str] | None = None) -> None:
        """Publish 1.0.0, 1.1.0 and 1.2.0 of each, spread over the years; only the last one has needs."""
        for name in names:
            for version, days in (("1.0.0", 900), ("1.1.0", 600), ("1.2.0", 300)):
                self.release(name, version, days_old=days, needs=needs if version == "1.2.0" else None)

    def exactly(self, name: str, version: str) -> str:
        """A specification of exactly this version."""
        return f"{name}=={version}" if self.ecosystem == "pypi" else f"{name}@{version}"

    def install(self, *specs: str, deny: Sequence[str] = (), env: Mapping[str, str] | None = None) -> Ran:
        """The guarded install of `specs`; `deny` names are on the team's list."""
        return self.guarded(*self.box.install(*specs), deny=deny, env=env)

    def guarded(self, *argv: str, deny: Sequence[str] = (), env: Mapping[str, str] | None = None) -> Ran:
        """Any guarded command; `deny` names are on the team's list."""
        rows = ",".join(f"{self.ecosystem} {name} deny rule=denied" for name in deny)
        return self.box.guarded(*argv, env=env, rows=rows)

    def refuses(self, ran: Ran, code: int, rule: str, name: str) -> None:
        """Claim: refused with this code, in one line that names package and rule, leaving no trace but a ledger row."""
        assert ran.rc == code, ran
        start = f"slopguard: {WORDS[code]} {self.ecosystem} '{name}' ({rule}): "
        said = [line for line in ran.text.splitlines() if line.startswith(start)]
        assert said, ran
        assert all(len(line) <= 200 and line.isascii() for line in said), ran
        assert self.box.traces == [], ran
        rows = [row for row in self.box.ledger() if row["rule"] == rule and name.replace("@", "%40") in row["purl"]]
        assert rows, ran

    def refuses_all(self, ran: Ran, code: int, rule: str, name: str) -> None:
        """Claim: `refuses`, and nothing at all was installed or downloaded."""
        self.refuses(ran, code, rule, name)
        assert self.box.installed == {}, ran
        assert self.registry.downloads == [], ran


def for_clients(clients: Sequence[tuple[str, str]]) -> pytest.MarkDecorator:
    """Run the test with each of these clients in a `world`; for `ALL`, the matrix adds every other client."""
    everybody = any(clients is group for group in (ALL, PYTHON, NODE))
    more = OTHERS if clients is ALL else ()
    found = [
        pytest.param(client, id="-".join(client), marks=[pytest.mark.matrix] if later else [])
        for client in (*clients, *more)
        for later in [client in more or (everybody and client in LATER)]
    ]
    return pytest.mark.parametrize("world", found, indirect=True)
