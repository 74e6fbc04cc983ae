"""What `slopguard check` finds in manifests and lock files of real repositories.

The folder's `index.jsonl` says for each file which repository it is of, where it lies there, how many names of a
registry are in it, and which other entries (`npm:NAME:git`). Each repository is laid out anew and checked offline;
the indexes that lock files record are those that the clients know. Invariant: what counts for a file is written in it.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.machine import Found, Machine, Report, blocked, cells, head, rules, share

ELSEWHERE = "foreign-source"
"""The rule for what does not come from an index: a URL, a repository, an archive on disk."""
Names = Mapping[str, frozenset[str]]
Key = tuple[str, str]
"""Ecosystem and name."""
_LOCKS = ("lock", "package-lock.json", "pnpm-lock.yaml")


@dataclass(frozen=True, slots=True)
class File:
    """One file, and what was found in it.

    Args:
        counted: how many names of a registry the index counts in it.
        others: its other entries: ecosystem, name and kind.
        found: the packages reported for it.
    """

    repo: str
    path: str
    counted: int
    others: tuple[tuple[str, str, str], ...]
    found: tuple[Found, ...]

    @property
    def lock(self) -> bool:
        """Whether it is a lock file."""
        return self.path.endswith(_LOCKS)

    @property
    def names(self) -> dict[Key, Found]:
        """What is of a registry in it, of several verdicts the severest; not what is known to be of another place."""
        every = {(each.ecosystem, each.name): each for each in reversed(self.found)}
        aside = {(ecosystem, name.lower()) for ecosystem, name, _ in self.others}
        return {
            key: each for key, each in every.items() if each.rule != ELSEWHERE or (key[0], key[1].lower()) not in aside
        }


def tables(machine: Machine, folder: Path, data: Path, popular: Names, real: Names) -> None:
    """Lay every repository out, check it, and print the tables.

    Args:
        data: the folder with `index.jsonl`.
        popular: the names of each ecosystem that many install.
        real: all names that are known to be real.
    """
    files = list(_files(machine, folder / "manifests", data))
    _totals(files, popular)
    _differences(files, real)
    _others(files)


def _files(machine: Machine, folder: Path, data: Path) -> Iterable[File]:
    lines = (data / "index.jsonl").read_text(encoding="utf-8").splitlines()
    repos: dict[str, list[dict[str, Any]]] = {}
    for row in map(json.loads, lines):
        repos.setdefault(row["repo"], []).append(row)
    for repo, rows in repos.items():
        place = folder / repo
        for row in rows:
            _lay(data / row["file"], place / row["path"])
        report = machine.check(place, "--offline")
        for row in rows:
            yield File(repo, row["path"], row["registry"], tuple(map(_other, row["other"])), _in(report, row["path"]))


def _other(entry: str) -> tuple[str, str, str]:
    """Ecosystem, name and kind of `npm:@scope/name:git`."""
    ecosystem, _, rest = entry.partition(":")
    name, _, kind = rest.rpartition(":")
    return ecosystem, name, kind


def _lay(source: Path, place: Path) -> None:
    content = source.read_bytes()
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(gzip.decompress(content) if source.suffix == ".gz" else content)


def _in(report: Report, path: str) -> tuple[Found, ...]:
    return tuple(each for each in report.found if path in each.places)


def _totals(files: Sequence[File], popular: Names) -> None:
    columns = ("files", "names counted", "found", "blocked", "refused of the popular", "of the long tail", "rules")
    head("Real manifests, offline", *columns)
    for what, wanted in (("manifests", False), ("lock files", True)):
        chosen = [file for file in files if file.lock is wanted]
        found = [each for file in chosen for each in file.names.values()]
        shares = [share([e for e in found if (e.name in popular[e.ecosystem]) is known]) for known in (True, False)]
        counted = sum(file.counted for file in chosen)
        cells(f"{len(chosen)} {what}", f"{counted:,}", f"{len(found):,}", len(blocked(found)), *shares, rules(found))
    for file in files:
        for each in blocked(file.names.values()):
            print(f"\nBlocked: `{each.ecosystem}:{each.name}` ({each.rule}) in `{file.repo}/{file.path}`")


def _differences(files: Sequence[File], real: Names) -> None:
    """Where the index and the report do not agree."""
    print("\nFiles with another number of names than counted:\n")
    for file in files:
        if len(file.names) != file.counted:
            strange = sorted(name for ecosystem, name in file.names if name not in real[ecosystem])
            more = f"; in no list of real names: {', '.join(strange)}" if strange else ""
            print(f"* `{file.repo}/{file.path}`: {file.counted} counted, {len(file.names)} found{more}")


def _others(files: Sequence[File]) -> None:
    """What does not come from a registry."""
    seen: dict[str, Counter[str]] = {}
    for file in files:
        for ecosystem, name, kind in file.others:
            said = {each.rule for each in file.found if (each.ecosystem, each.name.lower()) == (ecosystem, name)}
            seen.setdefault(kind, Counter())[", ".join(sorted(said)) or "not asked about"] += 1
    head("Entries that are of no registry", "entries", "what is said of them")
    for kind, counts in seen.items():
        cells(kind, ", ".join(f"{said} {count}" for said, count in counts.most_common()))
