"""What the shell's own commands change in a scope: the folder, aliases, positional parameters.

Invariant: pure but for the scope; what is read from outside is unknown from then on.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from slopguard.clients import plain
from slopguard.commands.scope import Scope, Word
from slopguard.commands.steps import Raw
from slopguard.commands.unwrap import base
from slopguard.commands.words import MARK


def _change(scope: Scope, words: tuple[Word, ...]) -> None:
    """`cd`, `pushd`."""
    rest = [word for word in words[1:] if word.text not in ("-P", "-L", "--", "/d", "-Path")]
    if words[0].text == "pushd":
        scope.folders.append((scope.cwd, scope.lost))
    scope.folder(rest[0] if rest else None)


def _back(scope: Scope, words: tuple[Word, ...]) -> None:
    """`popd`."""
    del words
    scope.cwd, scope.lost = scope.folders.pop() if scope.folders else (scope.cwd, True)


def _aliases(scope: Scope, words: tuple[Word, ...]) -> None:
    """`alias NAME=TEXT`."""
    for word in words[1:]:
        name, equals, text = word.text.partition("=")
        if equals:
            scope.aliases[name] = Raw(text, word.line)


def _positional(scope: Scope, words: tuple[Word, ...]) -> None:
    """`set -- WORDS`."""
    texts = [word.text for word in words]
    if "--" in texts:
        scope.variables = scope.called(list(words[texts.index("--") + 1 :]), shifts=True).variables


def _shift(scope: Scope, words: tuple[Word, ...]) -> None:
    """`shift N`; what `$1` may then be, `Scope.called` has seen to."""
    count = words[1].text if len(words) > 1 else "1"
    values = scope.variables.get("@", ())
    known = len(values) == 1 and MARK not in values[0] and re.fullmatch(r"[0-9]{1,3}", count)
    scope.bind("@", [values[0][int(count) :] if known else (MARK,)])


def _forget(scope: Scope, words: tuple[Word, ...]) -> None:
    """`read NAME`, `unset NAME`, `mapfile -t NAME`: what they hold is not known any more."""
    for word in words[1:]:
        if re.fullmatch(r"[A-Za-z_]\w*", word.text):
            scope.bind(word.text, [(MARK,)])


def _linked(scope: Scope, words: tuple[Word, ...]) -> None:
    """`ln -s /usr/bin/pip x`, `cp`, `mv`: a client by another name."""
    named = [word for word in words[1:] if not word.text.startswith("-")]
    if len(named) == 2 and plain(base(named[0].text)):
        client = Raw(base(named[0].text), named[0].line)
        scope.aliases |= {named[1].text: client, f"./{named[1].text}": client}


def _printed(scope: Scope, words: tuple[Word, ...]) -> None:
    """`printf -v NAME`."""
    _forget(scope, words[1:3] if len(words) > 2 and words[1].text == "-v" else ())


_CONFIGURED = {
    "global.index-url": "PIP_INDEX_URL",
    "global.extra-index-url": "PIP_EXTRA_INDEX_URL",
    "global.find-links": "PIP_FIND_LINKS",
    "install.index-url": "PIP_INDEX_URL",
    "registry": "npm_config_registry",
    "npmRegistryServer": "npm_config_registry",
}


def configured(scope: Scope, words: tuple[Word, ...]) -> None:
    """`pip config set global.index-url URL`, `npm config set registry URL`: counts for the clients that follow."""
    texts = [word.text for word in words[1:] if not word.text.startswith("--")]
    if texts[:2] != ["config", "set"] or len(texts) < 3:
        return
    key, _, value = " ".join(texts[2:]).replace("=", " ", 1).partition(" ")
    name = f"npm_config_{key}" if key.endswith(":registry") else _CONFIGURED.get(key)
    if name and value:
        scope.env[name] = value.strip()


BUILTINS: dict[str, Callable[[Scope, tuple[Word, ...]], None]] = {
    "cd": _change,
    "pushd": _change,
    "Set-Location": _change,
    "popd": _back,
    "alias": _aliases,
    "set": _positional,
    "read": _forget,
    "unset": _forget,
    "mapfile": _forget,
    "readarray": _forget,
    "getopts": _forget,
    "printf": _printed,
    "ln": _linked,
    "cp": _linked,
    "mv": _linked,
    "shift": _shift,
}
"""Command -> what it does."""
