"""Clients that slopguard does not guard, but whose commands name packages all the same: pipenv, deno, ni, lerna, ...

Invariants: pure; conda, apt, brew and other ecosystems are none of these; `jsr:` packages are counted, not judged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from slopguard.clients import argv as args
from slopguard.model import Ecosystem

_PYPI, _NPM = Ecosystem.PYPI, Ecosystem.NPM


@dataclass(frozen=True, slots=True)
class Said:
    """What a command line names.

    Args:
        specs: packages, as a person types them.
        ecosystem: that of the packages.
        editable: of these, what follows `-e`.
        files: requirement files.
        indexes: addresses of indexes.
        run: the packages are run at once.
        skipped: packages of ecosystems that slopguard does not know.
    """

    specs: tuple[str, ...] = ()
    ecosystem: Ecosystem = _PYPI
    editable: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()
    run: bool = False
    skipped: int = 0


_VALUES = args.listed("""
    -r --requirement --requirements -c --constraint -e --editable -i --index --index-url --extra-index-url
    --pypi-mirror --python -p --path --categories --project --name -f --find-links -o --output-file
    --config --registry --scope --filter -C --cwd --dir --extras --features --group --source --from
    --install-dir --import-map --cert --unsafely-ignore-certificate-errors --optional
    """)
_NAMES = (
    ("-r", "--requirement"),
    ("--requirements", "--requirement"),
    ("-c", "--constraint"),
    ("-e", "--editable"),
    ("-i", "--index-url"),
    ("--index", "--index-url"),
    ("--pypi-mirror", "--index-url"),
    ("--registry", "--index-url"),
)
_GRAMMAR = args.Grammar(_VALUES, names=_NAMES)
_NODE = frozenset({"node", "npm:node"})
"""volta's word for Node.js itself."""
Reader = Callable[[Sequence[str]], Said | None]


def read(name: str, argv: Sequence[str]) -> Said | None:
    """What a command line names; `None` if it is none of these clients', or installs nothing."""
    reader = READERS.get(name)
    return reader(argv) if reader else None


def _taken(argv: Sequence[str]) -> tuple[str, list[str], list[args.Token]]:
    """The command, the words after it, the options."""
    tokens = args.scan(argv, _GRAMMAR)
    words = args.words(tokens)
    return (words[0] if words else ""), words[1:], tokens


def _said(words: Sequence[str], tokens: list[args.Token], ecosystem: Ecosystem = _PYPI, *, run: bool = False) -> Said:
    return Said(
        tuple(words),
        ecosystem,
        tuple(args.values(tokens, "--editable")),
        tuple(args.values(tokens, "--requirement", "--constraint")),
        tuple(args.values(tokens, "--index-url", "--extra-index-url")),
        run,
    )


def _commands(*verbs: str, ecosystem: Ecosystem = _PYPI) -> Reader:
    """A client whose packages follow one of some commands."""

    def reader(argv: Sequence[str]) -> Said | None:
        verb, words, tokens = _taken(argv)
        return _said(words, tokens, ecosystem) if verb in verbs else None

    return reader


def _every(ecosystem: Ecosystem = _PYPI, *, run: bool = False) -> Reader:
    """A client all of whose words are packages; only the first, if it is run."""

    def reader(argv: Sequence[str]) -> Said | None:
        tokens = args.scan(argv, _GRAMMAR)
        words = args.words(tokens)
        return _said(words[:1] if run else words, tokens, ecosystem, run=run)

    return reader


def _files(argv: Sequence[str]) -> Said | None:
    """pip-compile, pip-sync: every word is a file."""
    tokens = args.scan(argv, _GRAMMAR)
    named = args.values(tokens, "--requirement", "--constraint")
    indexes = args.values(tokens, "--index-url", "--extra-index-url")
    files = [word for word in args.words(tokens) if word.endswith((".txt", ".in"))]
    return Said(files=(*files, *named), indexes=tuple(indexes))


def _rye(argv: Sequence[str]) -> Said | None:
    verb, words, tokens = _taken(argv)
    if verb == "tools":
        verb, words = (words or [""])[0], words[1:]
    return _said(words, tokens) if verb in ("add", "install") else None


def _deno(argv: Sequence[str]) -> Said | None:
    """Every `npm:` word; bare words of `deno add` are `jsr:`."""
    verb, words, _ = _taken(argv)
    named = [re.sub(r"^npm:/*", "", word) for word in words if word.startswith("npm:")]
    specs = tuple(re.sub(r"^((?:@[^/]+/)?[^/@]+(?:@[^/]+)?)/.*", r"\1", name) for name in named)
    adding = verb in ("add", "install", "i", "x", "run")
    skipped = sum(word.startswith("jsr:") for word in words) if adding else 0
    return Said(specs, _NPM, run=verb in ("run", "x", "serve", "test"), skipped=skipped)


def _volta(argv: Sequence[str]) -> Said | None:
    verb, words, tokens = _taken(argv)
    tools = [word for word in words if word.partition("@")[0] not in _NODE]
    return _said(tools, tokens, _NPM) if verb in ("install", "fetch", "pin") else None


def _corepack(argv: Sequence[str]) -> Said | None:
    verb, words, tokens = _taken(argv)
    managers = [word for word in words if re.match(r"(?:npm|pnpm|yarn)(?:@|$)", word)]
    return _said(managers, tokens, _NPM) if verb in ("prepare", "use", "install") else None


def _mise(argv: Sequence[str]) -> Said | None:
    """`npm:NAME` of `mise use`; `pipx:NAME` is read by `read_more`."""
    verb, words, tokens = _taken(argv)
    named = [word[4:] for word in words if word.startswith("npm:")]
    return _said(named, tokens, _NPM) if verb in ("use", "u", "install", "i", "x", "exec") else None


def _mise_pipx(argv: Sequence[str]) -> Said | None:
    verb, words, tokens = _taken(argv)
    named = [word[5:] for word in words if word.startswith("pipx:")]
    return _said(named, tokens) if verb in ("use", "u", "install", "i", "x", "exec") else None


def _pixi(argv: Sequence[str]) -> Said | None:
    verb, words, tokens = _taken(argv)
    return _said(words, tokens) if verb == "add" and args.has(tokens, "--pypi") else None


READERS: dict[str, Reader] = {
    "pipenv": _commands("install", "upgrade", "update"),
    "easy_install": _every(),
    "rye": _rye,
    "pip-compile": _files,
    "pip-sync": _files,
    "deno": _deno,
    "ni": _every(_NPM),
    "nlx": _every(_NPM, run=True),
    "lerna": _commands("add", ecosystem=_NPM),
    "ng": _commands("add", ecosystem=_NPM),
    "nx": _commands("add", ecosystem=_NPM),
    "expo": _commands("install", "add", ecosystem=_NPM),
    "volta": _volta,
    "corepack": _corepack,
    "mise": _mise,
    "rtx": _mise,
    "mise pipx": _mise_pipx,
    "pixi": _pixi,
    "cnpm": _commands("install", "i", "add", ecosystem=_NPM),
    "tnpm": _commands("install", "i", "add", ecosystem=_NPM),
    "jspm": _commands("install", ecosystem=_NPM),
}
"""Command -> its reader."""
