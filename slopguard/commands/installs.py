"""One command line of a client as sightings: what it names, with what could not be known told apart.

Invariants: the client's own `parse` decides what is a package; it is asked in a folder that is on no disk, with an
environment of the script's own, so that the answer depends on the text alone; a name of which a part is unknown is
`undecidable`, a placeholder is nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import takewhile
from pathlib import Path

from slopguard.clients import client_for
from slopguard.clients.interface import Invocation
from slopguard.commands import indexes, others
from slopguard.commands.indexes import NOWHERE, Address
from slopguard.commands.scope import Word
from slopguard.commands.words import BLANK, GLOB, MARK, SPECIAL, UNKNOWN, UNSURE, shown
from slopguard.errors import SlopguardError
from slopguard.model import Ecosystem, Layer, Location, Sighting, Source, SourceKind
from slopguard.patterns import regex
from slopguard.readers import places
from slopguard.readers.interface import IndexLine
from slopguard.readers.spec import npm, npm_entry, pypi

_NOBODY = {
    "HOME": str(NOWHERE),
    "PATH": str(NOWHERE),
    "XDG_CONFIG_HOME": str(NOWHERE),
    "XDG_CONFIG_DIRS": str(NOWHERE),
    "PIP_CONFIG_FILE": os.devnull,
}
_VERBS = regex(r"(?:pip-?)?(?:install|inst?all|add|dlx|exec|create|download|wheel|sync|i|x|ci|run)")
_PLACEHOLDER = regex(rf"(?:create-|[a-z]+:)?@?{BLANK}")
"""What stands for a package of the reader's choice, alone or where `npm init` or a host takes it."""
_SCRIPT = regex(r"[\w.-]+:")
"""The beginning of a script's name, in the place of the command: no command has a colon in it."""
_SET_SCRIPT = regex(r"scripts[.\[][^=]*=(.*)", re.DOTALL)
_DEPENDENCY = regex(r"(?:dev|peer|optional)?dependencies[.\[]([^=]+)=(.*)", re.IGNORECASE | re.DOTALL)
_NO = ("--no", "--no-install")
_RUNS = frozenset({"npx", "uvx", "pnpx", "pnx", "bunx"})
_RUN_COMMANDS = frozenset({"exec", "init", "tool run", "dlx", "create", "x"})
"""Commands that fetch a package to run it at once; pipx's `run` is told by `Invocation.runs`."""
_OTHER_FILES = (".toml", ".py", ".pyw", ".cfg", ".json", ".lock", ".yaml", ".yml")
_SETTINGS_FILES = frozenset({"PIP_CONFIG_FILE", "UV_CONFIG_FILE", "NPM_CONFIG_USERCONFIG", "NPM_CONFIG_GLOBALCONFIG"})


@dataclass(slots=True)
class Found:
    """What a command line names.

    Args:
        unclear: the lines on which something cannot be decided.
    """

    sightings: list[Sighting] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    indexes: list[IndexLine] = field(default_factory=list)
    unclear: list[int] = field(default_factory=list)
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command line stands and is run: file, folder, whether that folder is known, the script's variables."""

    path: Path
    cwd: Path
    lost: bool
    env: Mapping[str, str]


def guarded(name: str, words: Sequence[Word], place: Place) -> Found:
    """What a command line of a client that slopguard guards names.

    Args:
        words: the whole line, the client first.
    """
    line = words[0].line
    taken = _here(_bracketed(words[1:]))
    found = Found()
    if name == "npx" and any(word.text in _NO for word in takewhile(lambda each: each.text.startswith("-"), taken)):
        return found  # it runs what is there, or nothing
    call = _asked(name, taken, place)
    if call is None or not call.installs or (taken and UNKNOWN.match(taken[0].text) and name not in _RUNS):
        known = None if call and _is_value(taken, call.command) else _without_unknown_verb(taken)
        if known is not None or (call and UNKNOWN.search(call.command) and not _SCRIPT.match(call.command)):
            found.unclear.append(line)
            taken = taken if known is None else known
            call = _asked(name, taken, place)
    argv = [word.text for word in taken]
    if call is None:
        if name in _RUNS or any(_VERBS.fullmatch(word) for word in argv):
            found.unclear.append(line)
        return found
    if not call.installs:
        for sighting, at in _set_in_manifest(argv, words):
            _take(found, sighting, at, place, runs=False)
        return found
    lines = _Lines([words[0], *taken])
    runs = call.command in _RUN_COMMANDS or (call.runs and call.client == "pipx")
    addresses = [*indexes.flags(call), *indexes.variables(client_for(name).ecosystem, name, place.env)]
    sourced = _sourced(found, addresses, place, line)
    for sighting in call.typed:
        _take(found, sourced(sighting), lines.of(sighting.raw), place, runs=runs)
    spelled = [*argv, *(place.env.get(name, "") for name in ("PIP_REQUIREMENT", "PIP_CONSTRAINT", "UV_CONSTRAINT"))]
    named = [path for path in (*call.files, *call.constraints) if _named(path, spelled, call.here or call.cwd)]
    _take_files(found, [os.path.relpath(path, NOWHERE) for path in named], place, line)
    settings = [value for variable, value in place.env.items() if variable.upper() in _SETTINGS_FILES]
    if call.problems or any(value not in ("/dev/null", "") for value in settings):
        found.unclear.append(line)
    return found


def other(name: str, words: Sequence[Word], place: Place) -> Found | None:
    """The same for a client of `others`; `None` if it is none."""
    said = others.read(name, [word.text for word in _bracketed(words[1:])])
    if said is None:
        return None
    line = words[0].line
    found = Found(skipped=said.skipped)
    lines = _Lines(words)
    addresses = [Address(url, "default") for url in said.indexes]
    addresses += indexes.variables(said.ecosystem, name, place.env)
    sourced = _sourced(found, addresses, place, line)
    read = npm if said.ecosystem is Ecosystem.NPM else pypi
    sightings = [read(text, NOWHERE) for text in said.specs if text]
    for sighting in [*sightings, *(pypi(text, NOWHERE, editable=True) for text in said.editable)]:
        _take(found, sourced(sighting), lines.of(sighting.raw), place, runs=said.run)
    _take_files(found, list(said.files), place, line)
    return found


def _sourced(found: Found, addresses: list[Address], place: Place, line: int) -> Callable[[Sighting], Sighting]:
    """Take up the indexes that a command names; gives a sighting the source that follows from them."""
    if any(address.unclear for address in addresses):
        found.unclear.append(line)
    known = [address for address in addresses if not address.unclear]
    location = Location(str(place.path), line)
    found.indexes += [IndexLine(a.url, a.kind, a.name, Layer.FLAG, location) for a in known]

    def sourced(sighting: Sighting) -> Sighting:
        return indexes.sourced(sighting, known) if _plain(sighting) else sighting

    return sourced


@lru_cache(maxsize=256)
def _parsed(name: str, argv: tuple[str, ...], variables: tuple[tuple[str, str], ...]) -> Invocation:
    """The client's reading; poetry and pdm need a project there is none of, so their lines are read by themselves."""
    env = dict(variables)
    if name == "poetry":
        from slopguard.clients import poetry, poetry_line

        line = poetry_line.understand(argv)
        typed = tuple(poetry.packages(line, NOWHERE)) if line.installs else ()
        return Invocation(name, tuple(argv), line.command, installs=line.installs, typed=typed, cwd=NOWHERE)
    if name == "pdm":
        from slopguard.clients import pdm, pdm_line

        pdm_said = pdm_line.understand(argv, NOWHERE, env)
        if not pdm_said.command.startswith("self "):
            typed = tuple(pdm.packages(pdm_said, NOWHERE))
            return Invocation(name, tuple(argv), pdm_said.command, installs=True, typed=typed, cwd=NOWHERE)
    return client_for(name).parse(name, argv, NOWHERE, env)


def _environment(env: Mapping[str, str]) -> dict[str, str]:
    """The variables that the client sees: the script's, without what would lead to files of this machine."""
    kept = {name: value for name, value in env.items() if name.upper() not in _SETTINGS_FILES}
    return {**{n: v for n, v in kept.items() if not SPECIAL.search(v)}, **_NOBODY}


def scripts_set(words: Sequence[Word]) -> Iterator[Word]:
    """`npm pkg set scripts.NAME=COMMAND` writes a command down."""
    for word in words[3:] if [each.text for each in words[1:3]] == ["pkg", "set"] else ():
        if found := _SET_SCRIPT.fullmatch(word.text):
            yield word._replace(text=found[1])


def _set_in_manifest(argv: Sequence[str], words: Sequence[Word]) -> Iterator[tuple[Sighting, int]]:
    """`npm pkg set dependencies.NAME=RANGE` writes a dependency down, for the next install."""
    for text in argv[2:] if list(argv[:2]) == ["pkg", "set"] else ():
        if found := _DEPENDENCY.fullmatch(text):
            yield npm_entry(found[1].removesuffix("]"), found[2], NOWHERE), words[0].line


def _asked(name: str, words: Sequence[Word], place: Place) -> Invocation | None:
    """What the client makes of a command line; `None` if it refuses it."""
    variables = tuple(_environment(place.env).items())
    try:
        return _parsed(name, tuple(word.text for word in words), variables)
    except (SlopguardError, ValueError, OSError, RuntimeError):  # RuntimeError: `~nobody`
        return None


def _without_unknown_verb(words: Sequence[Word]) -> list[Word] | None:
    """The words without the unknown one in the place of the command; `None` if there is no such."""
    at = next((number for number, word in enumerate(words) if not word.text.startswith("-")), None)
    if at is None or not UNKNOWN.search(words[at].text) or _SCRIPT.match(words[at].text):
        return None
    verb = next((number for number in range(at + 1, len(words)) if _VERBS.fullmatch(words[number].text)), None)
    if verb is not None:
        return [*(word for word in words[:verb] if not UNKNOWN.search(word.text)), *words[verb:]]
    follows_option = at > 0 and "=" not in words[at - 1].text
    return None if follows_option else [*words[:at], *words[at + 1 :]]


def _is_value(words: Sequence[Word], command: str) -> bool:
    """Whether the first unknown word is what an option before the command asks for: `--filter "$X" run test`."""
    texts = [word.text for word in words]
    at = next((number for number, text in enumerate(texts) if UNKNOWN.search(text)), 0)
    return at > 0 and texts[at - 1].startswith("-") and "=" not in texts[at - 1] and command in texts[at + 1 :]


def _bracketed(words: Sequence[Word]) -> list[Word]:
    """`[options]`, `[name ...]` as placeholders."""
    taken, inside = [], False
    for word in words:
        inside = inside or (word.raw.startswith("[") and any("]" in each.raw for each in words))
        taken.append(word._replace(text=BLANK) if inside else word)
        inside = inside and not word.raw.endswith("]")
    return taken


def _here(words: Sequence[Word]) -> list[Word]:
    """The words, what is a folder below this one whatever it is called (`./$NAME`) under a name of no meaning."""
    taken: list[Word] = []
    for before, word in zip(["", *(word.text for word in words)], words, strict=False):
        is_value = before.startswith("-") and before not in ("-e", "--editable")
        inside = word.text.startswith(("./", "../")) and not places.is_archive(word.text) and not is_value
        taken.append(word._replace(text=UNKNOWN.sub("_", word.text)) if inside else word)
    return taken


class _Lines:
    """The lines of the words of a command, found by the name that is read from them."""

    def __init__(self, words: Sequence[Word]) -> None:
        self._first = words[0].line
        spread = any(word.line != self._first for word in words)
        self._lines = {re.split(r"(?<=.)[@\[<>=!~; ]", w.text)[0]: w.line for w in reversed(words)} if spread else {}

    def of(self, name: str) -> int:
        """The line of a package's word, else of the command."""
        return self._lines.get(name, self._first)


def _plain(sighting: Sighting) -> bool:
    return sighting.source.kind is SourceKind.REGISTRY


def _hidden(sighting: Sighting) -> bool:
    """Whether it cannot be known what package this is."""
    if _plain(sighting):
        return bool(UNKNOWN.search(sighting.raw) or GLOB in sighting.raw)
    return bool(UNKNOWN.match(_written(sighting)))


def _written(sighting: Sighting) -> str:
    """The name, address or path, much as it was written."""
    place = sighting.source.index
    if _plain(sighting) or place is None:
        return sighting.raw
    return os.path.relpath(place, NOWHERE) if sighting.source.kind is SourceKind.PATH else place


def _take(found: Found, sighting: Sighting, line: int, place: Place, *, runs: bool) -> None:
    """Take up one package."""
    where = f"{sighting.raw}{sighting.source.index or ''}"
    if _PLACEHOLDER.match(_written(sighting)):
        return
    if BLANK in where or _hidden(sighting):
        found.unclear.append(line)
        return
    unsure = UNSURE in where or (sighting.ecosystem is Ecosystem.NPM and MARK in sighting.specifier)
    if unsure:
        found.unclear.append(line)
    extra = {key: shown(value) for key, value in sighting.extra.items()} | ({"run": "1"} if runs else {})
    if sighting.source.kind is SourceKind.PATH and SPECIAL.search(where):
        extra.pop("archive", None)  # one of the files in a folder here: what the script has built, as a rule
    vague = bool(SPECIAL.search(sighting.specifier.replace(GLOB, "")))
    found.sightings.append(
        replace(
            sighting,
            raw=shown(sighting.raw),
            specifier="" if vague else shown(sighting.specifier),
            version=None if vague or SPECIAL.search(sighting.version or "") else sighting.version,
            source=_placed(sighting.source, place),
            location=Location(str(place.path), line),
            extra=extra,
        )
    )


def _placed(source: Source, place: Place) -> Source:
    """A source with its path as from the folder that the command runs in."""
    if source.index is None:
        return source
    index = source.index
    if source.kind in (SourceKind.PATH, SourceKind.WORKSPACE) and index.startswith("/proc/none"):
        index = places.absolute(place.cwd, os.path.relpath(index, NOWHERE))
    return replace(source, index=shown(index))


def _named(path: Path, argv: Sequence[str], here: Path) -> bool:
    """Whether the command line names a requirement file, rather than implying a manifest."""
    text = os.path.relpath(path, here)
    spelled = {text, str(path), f"./{text}"}
    return not text.endswith(_OTHER_FILES) and any(
        word in spelled or word.endswith((f"={text}", f"r{text}", f"c{text}", f"./{text}")) for word in argv
    )


def _take_files(found: Found, files: list[str], place: Place, line: int) -> None:
    """Take up requirement files, by their paths from where the command runs."""
    for name in files:
        if BLANK in name:
            continue
        path = Path(places.absolute(place.cwd, name))
        if SPECIAL.search(name) or _streamed(path) or (place.lost and not name.startswith("/")):
            found.unclear.append(line)
        else:
            found.files.append(path)


def _streamed(path: Path) -> bool:
    """Whether what can be read there changes with whoever reads: devices and pipes, no folder in memory."""
    folders = path.parts[1:3]
    return folders[:1] in (("dev",), ("proc",)) and folders != ("dev", "shm") and path.name != "null"
