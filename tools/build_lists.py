"""Writes `allowlists/sources/` from a folder of source data: TOML files, one line a package, that people can review.

Usage: python tools/build_lists.py DATA_FOLDER, then python tools/release_lists.py

Deterministic: the same data gives the same bytes. Names that stand on both sides (popular, and documented as invented,
malicious or misspelled) are decided conservatively and printed, one line each.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from slopguard.curation.edit import write_generated
from slopguard.curation.entries import ListEntry
from slopguard.model import Ecosystem
from slopguard.names import problem_of

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "allowlists" / "sources"

SOURCES = (
    ("churilov-2026", "churilov-2026", "2026-05-01"),
    ("yujin1103", "yujin1103-2026", "2026-04-01"),
    ("0pstech", "vdb-2026", "2026-10-10"),
)
"""What the data calls a source, our attribution code, and the day its names count as predicted: the first day of the
month of publication where only the month is documented, so that a name registered later that month counts as after."""

TIERS = ("A", "B")
"""Tier C was never verified: names in it may be real."""

MALICIOUS = "Malicious packages, and the compromised versions of real ones."

Row = dict[str, str]


def main(argv: list[str]) -> int:
    """Write everything and print the conflicts."""
    if len(argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    data = Path(argv[1])
    conflicts: list[str] = []
    for ecosystem in Ecosystem:
        write("baseline", ecosystem, allow_entries(data, ecosystem, conflicts), "Popular packages, with their rank.")
        write("malicious", ecosystem, deny_entries(data, ecosystem, conflicts), MALICIOUS)
        write("watch", ecosystem, watch_entries(data, ecosystem, conflicts), "Names that language models invented.")
    write_maps("import", import_names(data))
    write_maps("stdlib", {ecosystem: dict.fromkeys(modules(data, ecosystem), ()) for ecosystem in Ecosystem})
    print("\n".join(sorted(conflicts)))
    return 0


def write(name: str, ecosystem: Ecosystem, entries: Iterable[ListEntry], what: str) -> None:
    """Write the entries of one list for one ecosystem."""
    path = TARGET / name / f"{ecosystem}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_generated(path, entries, f"{what}\nWritten by tools/build_lists.py.")


def write_maps(kind: str, names: dict[Ecosystem, dict[str, tuple[str, ...]]]) -> None:
    """Write what names mean: rows that only the shipped lists have."""
    lines = ["# What names mean. Written by tools/build_lists.py."]
    for ecosystem, found in names.items():
        lines += ["", f"[{kind}.{ecosystem}]"] if found else []
        for name, holders in sorted(found.items()):
            inside = f"in = {json.dumps(holders)}" if holders else ""
            lines.append(f"{name if re.fullmatch('[A-Za-z0-9_-]+', name) else json.dumps(name)} = {{{inside}}}")
    path = TARGET / "maps" / f"{kind}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="ascii")


# ---------------------------------------------------------------- allow and deny


def allow_entries(data: Path, ecosystem: Ecosystem, conflicts: list[str]) -> Iterator[ListEntry]:
    """One entry for each popular name, but for names documented as invented or malicious."""
    bad = {row["name"]: "invented" for row in watched(data, ecosystem)}
    bad |= dict.fromkeys(malicious(data, ecosystem), "malicious")
    typos = {row["name"]: row["target"] for row in table(data / "typosquat-pairs-dev.csv", ecosystem)}
    for rank, name in enumerate(popular(data, ecosystem), 1):
        if name in bad:
            conflicts.append(f"{ecosystem} {name}: popular, but documented as {bad[name]}: not listed")
            continue
        if problem_of(ecosystem, name):
            conflicts.append(f"{ecosystem} {name}: popular, but not a well-formed name: not listed")
            continue
        if name in typos:
            conflicts.append(
                f"{ecosystem} {name}: popular, but one source calls it a misspelling of {typos[name]}: listed"
            )
        yield ListEntry("allow", ecosystem, name, more={"rank": str(rank)})


def deny_entries(data: Path, ecosystem: Ecosystem, conflicts: list[str]) -> Iterator[ListEntry]:
    """One entry for each malicious package, and one for each real package with compromised versions."""
    compromised = {row["name"]: row for row in table(data / "compromised-real-dev.csv", ecosystem)}
    yield from bad_versions(data, ecosystem, compromised, conflicts)
    real = {
        **dict.fromkeys(known_real(data, ecosystem), "real"),
        **dict.fromkeys(compromised, "real, compromised once"),
    }
    real |= dict.fromkeys(popular(data, ecosystem), "popular")
    for name in sorted(malicious(data, ecosystem)):
        if problem_of(ecosystem, name):
            conflicts.append(f"{ecosystem} {name}: malicious, but not a well-formed name: no deny row")
        elif name in real:
            conflicts.append(f"{ecosystem} {name}: documented as malicious, but {real[name]}: not denied as a whole")
        else:
            yield ListEntry("deny", ecosystem, name, more={"rule": "malicious"})


def bad_versions(
    data: Path, ecosystem: Ecosystem, compromised: dict[str, Row], conflicts: list[str]
) -> Iterator[ListEntry]:
    """One entry for each real package with compromised versions; those whose versions are unknown are left out."""
    favourites = set(popular(data, ecosystem))
    for name, row in sorted(compromised.items()):
        versions = sorted({plain(version) for version in row["versions"].split(";") if version})
        if problem_of(ecosystem, name):
            conflicts.append(f"{ecosystem} {name}: compromised, but not a well-formed name: no deny row")
        elif versions:
            yield ListEntry("deny", ecosystem, name, tuple(versions), more={"rule": "malicious"})
        else:
            known = "popular, " if name in favourites else ""
            conflicts.append(f"{ecosystem} {name}: {known}compromised in versions not known: no deny row")


def malicious(data: Path, ecosystem: Ecosystem) -> set[str]:
    """Names documented as malicious, whole packages."""
    return set(lines(data / f"malicious-{ecosystem}-dev.txt"))


def plain(version: str) -> str:
    """An npm version without the `v` that some reports put before it."""
    return re.sub(r"^v(?=\d)", "", version.strip())


# ---------------------------------------------------------------- watch


def watch_entries(data: Path, ecosystem: Ecosystem, conflicts: list[str]) -> Iterator[ListEntry]:
    """One entry for each documented invented name, ranked within its ecosystem."""
    noise = {(row["ecosystem"], row["name"]) for row in rows(data / "hallucinated-collector-noise.csv")}
    noise |= {(row["ecosystem"], row["name"]) for row in rows(data / "hallucinated-excluded-real.csv")}
    bad, real = malicious(data, ecosystem), known_real(data, ecosystem)
    kept = []
    for row in watched(data, ecosystem):
        if (row["ecosystem"], row["name"]) in noise or problem_of(ecosystem, row["name"]):
            conflicts.append(f"{ecosystem} {row['name']}: collector noise or ill-formed: not watched")
        elif row["name"] in real:
            conflicts.append(f"{ecosystem} {row['name']}: documented as invented, but real: not watched")
        else:
            kept.append(row)
        if row["name"] in bad:
            conflicts.append(f"{ecosystem} {row['name']}: documented as invented and as malicious: watched and denied")
    for rank, row in enumerate(sorted(kept, key=likelihood), 1):
        yield watch_entry(ecosystem, rank, row)


def watch_entry(ecosystem: Ecosystem, rank: int, row: Row) -> ListEntry:
    """The entry for one watched name; its prediction is as old as the earliest source that stands for its tier."""
    found = [(code, day) for mark, code, day in SOURCES if mark in row["sources"]]
    more = {"origin": "imported", "source": found[0][0], "rank": str(rank), "models": str(number_of(row["models"]))}
    return ListEntry("watch", ecosystem, row["name"], more={**more, "at": min(day for _, day in found)})


def likelihood(row: Row) -> tuple[str, int, int, str]:
    """Sort key, likeliest first: tier, then how many models invented it, then how often, then the name."""
    return row["tier"], -number_of(row["models"]), -int(row["count"] or 0), row["name"]


def number_of(values: str) -> int:
    """How many values a `;`-separated field holds."""
    return len([value for value in values.split(";") if value])


def watched(data: Path, ecosystem: Ecosystem) -> list[Row]:
    """Documented invented names of the tiers that were verified."""
    return [row for row in rows(data / f"hallucinated-{ecosystem}-dev.csv") if row["tier"] in TIERS]


# ---------------------------------------------------------------- maps


def import_names(data: Path) -> dict[Ecosystem, dict[str, tuple[str, ...]]]:
    """Each import name that is not itself a ranked distribution, with the distributions that hold it.

    Ranked distributions only, in order of rank; or the one that a curated source names, where none is ranked.
    Type stubs hold no module.
    """
    rank = {name: place for place, name in enumerate(popular(data, Ecosystem.PYPI))}
    found: dict[str, dict[str, set[str]]] = {}
    for module, distributions in json.loads((data / "import-to-dist.json").read_text(encoding="utf-8")).items():
        holders = found.setdefault(pep503(module), {})
        for distribution, origins in distributions.items():
            if not distribution.startswith("types-"):
                holders.setdefault(pep503(distribution), set()).update(origins)
    for row in watched(data, Ecosystem.PYPI):
        for distribution in flagged(row):
            found.setdefault(row["name"], {}).setdefault(distribution, set()).add("flag")
    kept: dict[str, tuple[str, ...]] = {}
    for name, holders in found.items():
        if name in rank or name in holders or problem_of(Ecosystem.PYPI, name):
            continue
        ranked = sorted(holders.keys() & rank.keys(), key=rank.__getitem__)
        curated = [holder for holder, origins in holders.items() if len(holders) == 1 and origins != {"pipreqs"}]
        if ranked or curated:
            kept[name] = tuple(ranked or curated)
    return {Ecosystem.PYPI: kept}


def flagged(row: Row) -> list[str]:
    """The distributions that the data says the author of an invented name wanted."""
    flags = [
        flag.removeprefix("import-name-of:") for flag in row["flags"].split(";") if flag.startswith("import-name-of:")
    ]
    return [name for flag in flags for name in flag.split("|") if not name.startswith("types-")]


def modules(data: Path, ecosystem: Ecosystem) -> Iterator[str]:
    """Each module of a standard library whose name a package could have."""
    key = {Ecosystem.PYPI: "python_3.8_to_3.14_top_level", Ecosystem.NPM: "node_builtin"}[ecosystem]
    for module in json.loads((data / "stdlib-modules.json").read_text(encoding="utf-8"))[key]:
        if problem_of(ecosystem, module) is None and not module.startswith("_"):
            yield pep503(module) if ecosystem is Ecosystem.PYPI else module


# ---------------------------------------------------------------- reading


def popular(data: Path, ecosystem: Ecosystem) -> list[str]:
    """Names by popularity."""
    return lines(data / f"popular-{ecosystem}.txt")


def known_real(data: Path, ecosystem: Ecosystem) -> set[str]:
    """Names known to be real packages, popular or not."""
    real = set(popular(data, ecosystem))
    real |= {row["name"] for row in rows(data / f"real-names-extra-{ecosystem}-dev.csv")}
    real |= {row["name"] for row in table(data / "lookalike-benign-dev.csv", ecosystem)}
    for kind in ("real-names", "real-names-longtail"):
        real |= set(lines(data / f"{kind}-{ecosystem}-dev.txt"))
    return real


def table(path: Path, ecosystem: Ecosystem) -> list[Row]:
    """The rows of a table that are about one ecosystem."""
    return [row for row in rows(path) if row["ecosystem"] == ecosystem]


def rows(path: Path) -> list[Row]:
    """The rows of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def lines(path: Path) -> list[str]:
    """The lines of a file."""
    return path.read_text(encoding="utf-8").split()


def pep503(name: str) -> str:
    """A module or distribution name in the spelling of PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main(sys.argv))
