"""`python -m bench accuracy DIR`: what `slopguard check` says of names that are known to be real, invented or hostile.

Prints Markdown. DIR holds the sets: `hallucinated-*`, `real-names-*`, `popular-*`, `lookalike-benign-*`, `malicious-*`,
`typosquat-pairs-*`, `real-manifests/`. Nothing of it is kept. Invariants: a name is asked about from the lists that
ship alone, or of a registry on loopback that knows real names by construction; nothing outside this machine is asked.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench import manifests
from bench.known import registries
from bench.machine import WRITTEN, Found, Machine, blocked, cells, head, rules, share

ECOSYSTEMS = ("pypi", "npm")
UNVERIFIED = "unverified"
SHOWN = 40
"""Exceptions that are listed by name; of more, the number of the rest is told."""


@dataclass(frozen=True, slots=True)
class Names:
    """One set of names of one ecosystem."""

    title: str
    ecosystem: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said of one set."""

    of: Names
    found: tuple[Found, ...]


def main(arguments: Sequence[str]) -> None:
    """Every table; the argument is the folder."""
    data = Path(arguments[0])
    popular = {each: frozenset(_lines(data / f"popular-{each}.txt")) for each in ECOSYSTEMS}
    with tempfile.TemporaryDirectory(prefix="slopguard-bench-") as scratch, ExitStack() as stack:
        folder = Path(scratch)
        machine = Machine.at(folder / "home")
        real = _sets(data, "real-names-{}-dev.txt", "real-names-extra-{}-dev.csv", "lookalike-benign-dev.csv")
        invented(_asked(machine, folder, _sets(data, "hallucinated-{}-dev.txt")))
        genuine(_asked(machine, folder, real), popular, "offline")
        hostile(_asked(machine, folder, _sets(data, "malicious-{}-dev.txt", "typosquat-pairs-dev.csv")))
        noise(machine, folder, data / "hallucinated-collector-noise.csv")
        manifests.tables(machine, folder, data / "real-manifests", popular, _all_names(real))
        pypi, npm = registries(_all_names(real))
        stack.enter_context(pypi)
        stack.enter_context(npm)
        online = Machine.at(folder / "online", pypi.url, npm.url)
        genuine(_asked(online, folder, real, online=True), popular, "with facts of a registry")


def invented(answers: Iterable[Answer]) -> None:
    """Names that models invent: all must be refused."""
    head("Invented names, offline", "set", "refused", "blocked", "rules")
    _refusals(answers)


def genuine(answers: Iterable[Answer], popular: Mapping[str, frozenset[str]], how: str) -> None:
    """Names that are real: none may be blocked."""
    head(f"Real names, {how}", "set", "blocked", "refused", "of the popular", "of the long tail", "rules")
    wrong: list[Found] = []
    doubted: list[Found] = []
    for answer in answers:
        known, found = popular[answer.of.ecosystem], answer.found
        parts = (found, [each for each in found if each.name in known], [e for e in found if e.name not in known])
        cells(answer.of.title, len(blocked(found)), *map(share, parts), rules(found))
        wrong += blocked(found)
        doubted += [each for each in found if each.refused and each.rule != UNVERIFIED]
    _listed("Blocked", wrong)
    _listed("Refused for more than that nothing vouches for them", doubted)


def hostile(answers: Iterable[Answer]) -> None:
    """Names known to be hostile: how many are refused."""
    head("Hostile names, offline", "set", "refused", "blocked", "rules")
    _refusals(answers)


def _refusals(answers: Iterable[Answer]) -> None:
    """One row a set, and the names that are let through."""
    rest: list[Found] = []
    for answer in answers:
        cells(answer.of.title, share(answer.found), len(blocked(answer.found)), rules(answer.found))
        rest += [each for each in answer.found if not each.refused]
    _listed("Not refused", rest)


def noise(machine: Machine, folder: Path, path: Path) -> None:
    """What is no name at all: a report all the same."""
    head("What is no name, offline", "set", "refused", "findings", "exit code")
    for names in _of(path):
        report = machine.check(WRITTEN[names.ecosystem](folder / names.title, names.names), "--offline")
        cells(names.title, share(report.found), len(report.findings), report.code)


def _asked(machine: Machine, folder: Path, sets: Iterable[Names], *, online: bool = False) -> Iterable[Answer]:
    """Each set in a file of its own, checked."""
    for names in sets:
        place = folder / f"{names.title}-{'online' if online else 'offline'}"
        written = WRITTEN[names.ecosystem](place, names.names)
        found = machine.check(written, *(() if online else ("--offline",))).named(names.ecosystem)
        if len(found) != len(names.names):
            print(f"\n{names.title}: {len(names.names):,} names, {len(found):,} in the report", file=sys.stderr)
        yield Answer(names, tuple(found.values()))


def _sets(data: Path, *patterns: str) -> list[Names]:
    files = [data / pattern.format(each) for pattern in patterns for each in ECOSYSTEMS[: 1 + pattern.count("{}")]]
    return [names for path in files for names in _of(path)]


def _of(path: Path) -> list[Names]:
    """The sets in one file: one ecosystem's, or by the column of that name."""
    if path.suffix == ".txt":
        rows = [{"name": line} for line in _lines(path)]
    else:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    own = next((each for each in ECOSYSTEMS if each in path.stem.split("-")), "")
    found: dict[str, dict[str, None]] = {}
    for each in rows:
        found.setdefault(own or each["ecosystem"], {})[each["name"]] = None
    title = path.stem.removesuffix("-dev")
    return [Names(title if own else f"{title}, {each}", each, tuple(names)) for each, names in found.items()]


def _all_names(sets: Iterable[Names]) -> dict[str, frozenset[str]]:
    sets = list(sets)
    return {each: frozenset(n for names in sets if names.ecosystem == each for n in names.names) for each in ECOSYSTEMS}


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split()


def _listed(title: str, found: Sequence[Found]) -> None:
    shown = [f"`{each.ecosystem}:{each.name}` ({each.rule})" for each in found[:SHOWN]]
    more = f" and {len(found) - SHOWN:,} more" if len(found) > SHOWN else ""
    print(f"\n{title}: {', '.join(shown) or 'none'}{more}.", flush=True)
