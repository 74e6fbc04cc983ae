"""What signed lists cost: verifying and opening a pack, looking up a row in it, building and signing one.

Invariants: the yardstick, one SHA-256 over the same bytes, is measured in turn with what it is held against; the clock
starts with a pack on disk (in the system's cache) and python-tuf imported, and ends with bundles that can be asked.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from slopguard.curation import ceremony
from slopguard.curation.book import Book
from slopguard.lists import pack
from slopguard.lists.bundle import Bundle
from slopguard.lists.trust import Trusted, verify
from slopguard.model import Ecosystem
from tests.curation.repository import Repository
from tests.simulators.lists_repository import ListsRepository

ROUNDS = 15
QUESTIONS = 2_000
SIZES = (100_000, 1_000_000)
SEED = 20261125


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Args:
        rows: how many rows the list has.
        megabytes: how long it is.
        opened: milliseconds to read, verify and open the pack; median.
        least: the same, least.
        hashed: milliseconds for one SHA-256 over the list; median.
        looked_up: microseconds for all rows about one name that is there, read; median.
        missed: the same for a name that is not there.
    """

    rows: int
    megabytes: float
    opened: float
    least: float
    hashed: float
    looked_up: float
    missed: float


def measure(rows: int, folder: Path) -> Figure:
    """The figures for a list of so many rows."""
    path, pin, names = made(rows, folder)
    data = pack.read(path)["targets/common.tsv"]
    opened, hashed = paired(lambda: opens(path, pin), lambda: sha256(data).hexdigest())
    there = opens(path, pin).bundles[0]
    asked = random.Random(SEED).choices(names, k=QUESTIONS)
    found, missed = looked_up(there, asked), looked_up(opens(path, pin).bundles[0], [f"{name}-x" for name in asked])
    middle = statistics.median
    return Figure(rows, len(data) / 1e6, middle(opened), min(opened), middle(hashed), middle(found), middle(missed))


def made(rows: int, folder: Path) -> tuple[Path, str, list[str]]:
    """A signed list: most rows allow a name, some allow versions, some deny; its pack, its root, its PyPI names."""
    acme = ListsRepository()
    acme.rows["common"] = list(lines(rows))
    acme.publish()
    path = folder / f"{rows}.pack"
    pack.write(path, acme.files())
    names = [line.split("\t")[1] for line in acme.rows["common"] if line.startswith("pypi\t")]
    return path, acme.pin, names


def lines(count: int) -> Iterator[str]:
    """Rows as a team has them."""
    chance = random.Random(SEED)
    for number in range(count):
        name = f"sg-{chance.getrandbits(48):012x}"
        if number % 10 < 7:
            yield f"pypi\t{name}\tallow\trank={number}"
        elif number % 10 < 9:
            yield f"npm\t{name}\tallow\trange=>=1.0.0 <2.0.0\towner=web platform\tuntil=2027-11-25"
        else:
            yield f"npm\t{name}\tdeny\trule=malicious\tid=MAL-2025-{number}"


def opens(path: Path, pin: str) -> Trusted:
    """What every process does before it judges with a fetched list."""
    return verify(pack.read(path), pin, ["payments"], datetime.now(UTC))


def looked_up(bundle: Bundle, names: list[str]) -> list[float]:
    """Microseconds for each name."""
    taken = []
    for name in names:
        begin = time.perf_counter()
        bundle.rows(Ecosystem.PYPI, name)
        taken.append((time.perf_counter() - begin) * 1e6)
    return taken


def paired(*things: Callable[[], object]) -> tuple[list[float], ...]:
    """Milliseconds of things measured in turn, after one round that does not count."""
    rounds = [[_timed(thing) for thing in things] for _ in range(ROUNDS + 1)][1:]
    return tuple(map(list, zip(*rounds, strict=True)))


def _timed(thing: Callable[[], object]) -> float:
    begin = time.perf_counter()
    thing()
    return (time.perf_counter() - begin) * 1000


def built_and_signed(rows: int, folder: Path) -> tuple[float, float]:
    """Seconds to build and stage a common list of so many entries from its TOML, and to sign it with one key."""
    entries = "".join(f"sg-{number:06d} = {{rank = {number + 1}}}\n" for number in range(rows))
    acme = Repository(folder / "sources", sources={"common/pypi.toml": f"[allow.pypi]\n{entries}"})
    begin = time.perf_counter()
    acme.stage()
    staged = time.perf_counter()
    ceremony.sign(acme.layout, acme.keys["ana"], shown=ceremony.payloads(Book(acme.layout)))
    return staged - begin, time.perf_counter() - staged


def asked(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """The environments of two machines: one without a source of lists, one that fetched a small list."""
    acme = ListsRepository()
    plain, fetching = folder / "plain", folder / "fetching"
    address = acme.write(folder / "site")
    settings = fetching / ".config" / "slopguard"
    settings.mkdir(parents=True)
    plain.mkdir()
    source = f'{{url = "{address}", root = "sha256:{acme.pin}"}}'
    (settings / "slopguard.toml").write_text(f"[lists]\nsources = [{source}]\n")
    pack.write(fetching / "data" / "lists" / f"{acme.pin[:16]}.pack", acme.files())
    return machine(plain), machine(fetching)


def machine(home: Path) -> dict[str, str]:
    """The environment of one account."""
    return {"HOME": str(home), "SLOPGUARD_HOME": str(home / "data"), "PATH": "/usr/bin:/bin"}
