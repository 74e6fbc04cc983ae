"""Registries full of packages as a real application has them: what an install is measured with.

A `World` is all that a mirror serves, the project that asks for it, and what must be installed in the end. Sizes follow
what was seen of real registries: a few large ones, many small ones.

Invariants: the same world each time, down to the bytes; packages are real and can be installed; every release is years
old; content does not compress, so that sizes are what they seem.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from random import Random

from bench.mirror import Route
from slopguard.lists.shipped import prepared
from slopguard.model import Ecosystem

FIRST, LAST = datetime(2017, 3, 1, tzinfo=UTC), datetime(2024, 6, 1, tzinfo=UTC)
"""When a package was released first, and last."""
UNLISTED = "sg-established-{}"
"""Names that no list holds, with a history that speaks for them."""
_NO_PACKAGE = frozenset({"npm", "pnpm", "yarn", "bun", "node", "corepack"})
"""Names that would come between the client and itself."""


@dataclass(frozen=True, slots=True)
class World:
    """What a registry holds, and a project.

    Args:
        direct: what the project requires: name to range.
        installed: what an install must bring: name to version.
        routes: makes what the registry serves.
        files: makes the files of the versions that are installed, for a client that installs from a folder.
    """

    ecosystem: str
    direct: Mapping[str, str]
    installed: Mapping[str, str]
    routes: Callable[[], Iterator[Route]]
    files: Callable[[], Iterator[tuple[str, bytes]]]

    def unpack(self, folder: Path) -> Path:
        """A folder with the files, to install from."""
        folder.mkdir()
        for name, content in self.files():
            (folder / name).write_bytes(content)
        return folder


@dataclass(frozen=True, slots=True)
class Node:
    """One package of a graph.

    Args:
        requires: names of packages in deeper layers.
        depth: its layer; 0 is what the project itself requires.
    """

    name: str
    requires: tuple[str, ...]
    depth: int


def graph(names: Sequence[str], layers: Sequence[int], more: int, random: Random) -> list[Node]:
    """A graph of dependencies in layers of these sizes, without circles.

    Each package below the first layer is required by one in the layer above it, and each requires up to `more` others
    from anywhere below.
    """
    rows, start = [], 0
    for size in layers:
        rows.append(list(names[start : start + size]))
        start += size
    wanted: dict[str, set[str]] = {name: set() for name in names}
    for above, row in pairwise(rows):
        for number, name in enumerate(row):
            wanted[above[number % len(above)]].add(name)
    found = []
    for depth, row in enumerate(rows):
        below = [name for deeper in rows[depth + 1 :] for name in deeper]
        for name in row:
            wanted[name].update(random.sample(below, min(len(below), random.randint(0, more))))
            found.append(Node(name, tuple(sorted(wanted[name])), depth))
    return found


def falling(count: int, most: int, least: int, how: float, random: Random) -> list[int]:
    """Sizes from most to least, few of them large, in no order; the larger `how`, the fewer are large."""
    steepness = math.log(most / least) / math.log(1 + (count - 1) / how)
    sizes = [round(most * (1 + rank / how) ** -steepness) for rank in range(count)]
    random.shuffle(sizes)
    return sizes


def dates(count: int) -> list[datetime]:
    """When each of so many releases appeared, the oldest first."""
    step = (LAST - FIRST) / max(1, count - 1)
    return [FIRST + number * step for number in range(count)]


def stamp(moment: datetime, digits: int = 3) -> str:
    """RFC 3339 with `Z` and fractions of seconds, as registries write it."""
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}"[: 20 + digits] + "Z"


def listed(ecosystem: str, count: int) -> list[str]:
    """Names that the shipped lists allow, drawn from all over the alphabet."""
    rows = [line.partition("\t")[0] for line in (prepared(Ecosystem(ecosystem)) or "").splitlines()]
    usable = [name for name in rows if name not in _NO_PACKAGE]
    return usable[:: len(usable) // count][:count]


def noise(size: int, random: Random) -> str:
    """Text of about this size in lines, that hardly compresses."""
    return base64.encodebytes(random.randbytes(size * 3 // 4)).decode("ascii")
