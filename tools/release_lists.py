"""Makes `allowlists/shipped/`, and the digests pinned in the code, from `allowlists/sources/`.

Usage: python tools/release_lists.py [--date YYYY-MM-DD]   a release of that day (UTC); today by default
       python tools/release_lists.py --check               are the shipped lists those that the sources give?

The bundles are deterministic. The signatures are not: every release is signed with keys made for it alone, which no
file ever holds and which are gone when this program ends, so that nobody can sign another list in their name.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import tomli

from slopguard.curation.entries import rows_of
from slopguard.curation.sources import read_list
from slopguard.lists import Bundle, Lists
from slopguard.lists.digests import DIGESTS, LISTINGS
from slopguard.lists.shipped import ROLES
from slopguard.model import Ecosystem
from slopguard.names import problem_of

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "allowlists" / "sources"
TARGET = ROOT / "allowlists" / "shipped"
MODULE = ROOT / "slopguard" / "lists" / "digests.py"
LASTS = timedelta(days=548)
"""How long the lists of a release count: 18 months."""
LISTS = ("baseline", "malicious", "watch")
"""The lists whose sources are entries, as a team's are; `maps` has rows of its own."""


def main(argv: list[str]) -> int:
    """Make a release, or compare."""
    if argv[1:] == ["--check"]:
        return check()
    if argv[1:] and (argv[1] != "--date" or len(argv) != 3):
        print(__doc__, file=sys.stderr)
        return 2
    release(date.fromisoformat(argv[2]) if argv[1:] else datetime.now(UTC).date())
    return 0


def check() -> int:
    """Whether the sources give the lists whose digests are pinned; prints those that differ."""
    made = bundles()
    found = {bundle.name: bundle.digest for bundle in made}
    given = {ecosystem.value: digest(text.encode()) for ecosystem, text in listings(made).items()}
    wrong = {name for name, _ in {**found, **given}.items() ^ {**DIGESTS, **LISTINGS}.items()}
    print("\n".join(f"{name}: not what the sources give" for name in sorted(wrong)) or "as the sources say")
    return 1 if wrong else 0


def release(day: date) -> None:
    """Write the bundles, the listings, the signed metadata and the module that pins them."""
    made = bundles()
    files = {f"{bundle.name}.tsv": bundle.data for bundle in made}
    files |= {f"listings/{ecosystem.value}.tsv": text.encode("ascii") for ecosystem, text in listings(made).items()}
    metadata = signed(files, day + LASTS)
    for name, data in {**files, **{f"metadata/{name}": data for name, data in metadata.items()}}.items():
        path = TARGET / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    MODULE.write_text(module(made, files, metadata, day), encoding="ascii")


# ---------------------------------------------------------------- bundles


def bundles() -> list[Bundle]:
    """Every list, from its sources."""
    made = [Bundle.of(name, rows_of(read_list(SOURCES / name))) for name in LISTS]
    made.append(Bundle.of("maps", maps(SOURCES / "maps")))
    return sorted(made, key=lambda bundle: bundle.name)


def maps(folder: Path) -> Iterator[str]:
    """The rows that say what names mean, which no list of a team has."""
    for path in sorted(folder.glob("*.toml")):
        for kind, ecosystems in tomli.loads(path.read_text(encoding="ascii")).items():
            for ecosystem, names in ecosystems.items():
                yield from (map_row(Ecosystem(ecosystem), kind, name, fields) for name, fields in names.items())


def map_row(ecosystem: Ecosystem, kind: str, name: str, fields: Mapping[str, Any]) -> str:
    """One row: an import name with the distributions that hold it, or a module of a standard library."""
    holders = fields.get("in", [])
    wanted = {"import": {"in"}, "stdlib": set()}[kind]
    if set(fields) != wanted or any(problem_of(ecosystem, each) for each in (name, *holders)):
        raise SystemExit(f"{kind}.{ecosystem}.{name}: not a row of this list")
    return "\t".join((ecosystem.value, name, kind, *([f"in={';'.join(holders)}"] if holders else [])))


def listings(made: list[Bundle]) -> dict[Ecosystem, str]:
    """The verified names of each ecosystem as the search for look-alikes wants them."""
    lists = Lists(made)
    return {ecosystem: lists.listing(ecosystem) for ecosystem in Ecosystem}


# ---------------------------------------------------------------- signatures


def signed(files: Mapping[str, bytes], last: date) -> dict[str, bytes]:
    """A TUF repository over these files, that counts through a day: file name to bytes of its metadata."""
    from securesystemslib.signer import CryptoSigner
    from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp

    expires = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
    keys = {role: CryptoSigner.generate_ed25519() for role in ROLES}
    root = Root(expires=expires, consistent_snapshot=False)
    for role, key in keys.items():
        root.add_key(key.public_key, role)
    targets = Targets(expires=expires)
    targets.targets = {name: TargetFile.from_data(name, data, ["sha256"]) for name, data in files.items()}

    def sealed(role: str, content: Root | Targets | Snapshot | Timestamp) -> bytes:
        metadata = Metadata(content)
        metadata.sign(keys[role])
        return metadata.to_bytes()

    made = {"root": sealed("root", root), "targets": sealed("targets", targets)}
    snapshot = Snapshot(expires=expires, meta={"targets.json": MetaFile.from_data(1, made["targets"], ["sha256"])})
    made["snapshot"] = sealed("snapshot", snapshot)
    timestamp = Timestamp(expires=expires, snapshot_meta=MetaFile.from_data(1, made["snapshot"], ["sha256"]))
    made["timestamp"] = sealed("timestamp", timestamp)
    return {ROLES[role]: data for role, data in made.items()}


# ---------------------------------------------------------------- what the code pins


def module(made: list[Bundle], files: Mapping[str, bytes], metadata: Mapping[str, bytes], day: date) -> str:
    """The text of `slopguard/lists/digests.py`."""
    prepared = {name[len("listings/") : -len(".tsv")]: data for name, data in files.items() if "/" in name}
    return (
        '"""SHA-256 of every shipped list. Generated by tools/release_lists.py; do not edit."""\n\n'
        "from __future__ import annotations\n\nfrom collections.abc import Mapping\nfrom datetime import date\n\n"
        f"BUILT = date({day.year}, {day.month}, {day.day})\n"
        '"""The day of this release (UTC)."""\n\n'
        f"ENDS = date({(end := day + LASTS).year}, {end.month}, {end.day})\n"
        '"""The last day on which these lists count."""\n\n'
        f'ROOT = "{digest(metadata[ROLES["root"]])}"\n'
        '"""The root of trust of their signatures, made for this release alone."""\n\n'
        + pinned("DIGESTS", {bundle.name: bundle.digest for bundle in made})
        + "\n"
        + pinned("LISTINGS", {name: digest(data) for name, data in prepared.items()})
    )


def pinned(variable: str, digests: Mapping[str, str]) -> str:
    """The lines of Python that pin some digests."""
    lines = "".join(f'    "{name}": "{value}",\n' for name, value in sorted(digests.items()))
    return f"{variable}: Mapping[str, str] = {{\n{lines}}}\n"


def digest(data: bytes) -> str:
    """The SHA-256 of some bytes."""
    return sha256(data).hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv))
