"""Reading what `ask` is asked about: names on the command line or in a file, and the ecosystem they belong to.

Invariant: a name that no ecosystem allows still becomes a request (the rule `bad-name` answers it); only what is not
a name at all, such as a version range, is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from slopguard.errors import InputError, UsageError
from slopguard.model import Actor, Ecosystem, Location, NormalizedName, Request
from slopguard.names import BadName, normalize, shown
from slopguard.patterns import regex

SIGNS = {
    Ecosystem.PYPI: (
        "pyproject.toml",
        "requirements.txt",
        "setup.py",
        "setup.cfg",
        "uv.lock",
        "Pipfile",
        "pylock.toml",
    ),
    Ecosystem.NPM: ("package.json", "package-lock.json", "npm-shrinkwrap.json"),
}
"""Files that say which ecosystem a folder is about."""
_SPEC = {Ecosystem.PYPI: regex(r"[\w.!+-]+"), Ecosystem.NPM: regex(r"[\w.^~*<>=|+-][\w.^~*<>=|+ -]*")}
"""What may follow a name: for PyPI one version, for npm a version, a range or a tag; no alias and no place."""
_PREFIXED = regex(r"[A-Za-z]+:[\w@].*")
CLIENTS = {Ecosystem.PYPI: ("pip", "uv"), Ecosystem.NPM: ("npm",)}
BOTH = tuple(Ecosystem)


def ecosystems_of(folder: Path) -> tuple[Ecosystem, ...]:
    """What `folder` is about: the nearest folder upwards with a sign decides, up to the repository's root.

    Unclear (both signs, or none anywhere): every ecosystem that has a client on this machine.
    """
    for place in (folder, *folder.parents):
        found = tuple(eco for eco, names in SIGNS.items() if any((place / name).is_file() for name in names))
        if found:
            return found
        if (place / ".git").exists():
            break
    import shutil

    return tuple(eco for eco, clients in CLIENTS.items() if any(map(shutil.which, clients))) or BOTH


def requests_for(
    text: str, ecosystems: Iterable[Ecosystem], actor: Actor, location: Location | None = None
) -> Iterator[Request]:
    """The requests that one `[ECO:]NAME[==V|@V]` stands for: one an ecosystem; of a tag or a range, about the name.

    Raises:
        UsageError: it is more than a name and a version: an extra, a marker, an alias, a place.
    """
    prefix, colon, rest = text.partition(":")
    known = prefix.lower()
    named = (Ecosystem(known),) if colon and known in BOTH else None
    if not named and _PREFIXED.fullmatch(text):
        raise UsageError(f"'{shown(prefix)}' is not an ecosystem that slopguard knows", "Say pypi:NAME or npm:NAME")
    spec = rest if named else text
    name, version = _parted(spec)
    if not name.strip() or any(sign in name for sign in "<>=;[|,"):
        raise _no_name(text)
    chosen = named or ((Ecosystem.NPM,) if name.startswith("@") else tuple(ecosystems))
    for ecosystem in chosen:
        if version is not None and not _SPEC[ecosystem].fullmatch(version):
            raise _no_name(text)
        yield Request(
            ecosystem,
            _normal(ecosystem, name),
            name,
            _pinned(ecosystem, version),
            actor=actor,
            locations=(location,) if location else (),
        )


def _parted(spec: str) -> tuple[str, str | None]:
    """Name and version of `NAME`, `NAME==V`, `NAME@V` or `@scope/NAME@V`."""
    name, equals, version = spec.partition("==")
    if equals:
        return name.strip(), version.removeprefix("=").strip()
    at = spec.find("@", 1)
    return (spec[:at], spec[at + 1 :]) if at > 0 else (spec, None)


def _pinned(ecosystem: Ecosystem, version: str | None) -> str | None:
    """The one version that is asked about; `None` if a client would choose it (`latest`, npm's tags and ranges)."""
    if version is None or version == "latest":
        return None
    if ecosystem is Ecosystem.PYPI:
        return version
    from slopguard.readers.spec import npm_version  # seldom needed: start-up is a feature

    return npm_version(version)


def _no_name(text: str) -> UsageError:
    return UsageError(f"'{shown(text)}' is not NAME or NAME==VERSION", "For example: slopguard ask pypi:flask==3.1.2")


def _normal(ecosystem: Ecosystem, name: str) -> NormalizedName | None:
    try:
        return normalize(ecosystem, name)
    except BadName:
        return None


def lines_of(raw: bytes, where: str) -> Iterator[tuple[str, Location]]:
    """The names of a file: one a line, blank lines and `#` comments left out.

    Raises:
        InputError: the file is not text in UTF-8.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{where}: not a text file in UTF-8", "Write the names as plain text, one a line") from None
    for number, line in enumerate(text.split("\n"), 1):
        name = line.partition("#")[0].strip(" \t\r")
        if name:
            yield name, Location(where, number)
