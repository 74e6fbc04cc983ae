"""What a call of an interpreter runs: `python -m MODULE`, `python -c CODE`, `node npm-cli.js add x`.

Invariants: pure; a module or a file that is a package client is that client, whatever stands in front of it.
"""

from __future__ import annotations

import re

from slopguard.clients import plain
from slopguard.commands import later
from slopguard.commands.scope import Word
from slopguard.commands.unwrap import base
from slopguard.commands.words import UNKNOWN
from slopguard.patterns import regex

_MODULES = {name: name for name in ("pip", "pipx", "uv", "poetry", "pdm", "pipenv", "easy_install", "hatch", "rye")}
_MODULES |= {"pip._internal": "pip", "pip.__main__": "pip", "setuptools.command.easy_install": "easy_install"}
_MODULES |= {"piptools": "pip-tools", "pip._internal.cli.main": "pip"}
"""`python -m MODULE` -> the command that is."""
_NODE_FILE = regex(r"(npm|npx)-cli\.js|(pnpm|pnpx|yarn|corepack)(?:-[\d.]+)?\.c?js")

Words = tuple[Word, ...]


def python(words: Words) -> tuple[str, Words]:
    """What a command line of Python's runs, and how that is to be read.

    Returns:
        `command` with its words, `code` with one word, `input` (the code is read from there), `unclear`, or `""`.
    """
    at = 1
    while at < len(words) and (text := words[at].text).startswith("-") and text not in ("-", "--"):
        rest = words[at + 1 :]
        if module := re.fullmatch(r"-[A-Za-z]*?m(.*)", text):
            return _module((words[at]._replace(text=module[1]), *rest) if module[1] else rest)
        if re.fullmatch(r"-[A-Za-z]*c", text):
            return ("code", rest[:1]) if rest else ("", ())
        at += 2 if text in ("-W", "-X") else 1
    if at >= len(words) or words[at].text in ("-", "/dev/stdin"):
        return "input", ()
    file = words[at]
    if UNKNOWN.fullmatch(file.text) and "<(" in file.raw:
        return "unclear", ()
    if base(file.text) == "get-pip.py":  # its arguments are pip's
        return "command", (file._replace(text="pip"), file._replace(text="install"), *words[at + 1 :])
    return ("command", words[at:]) if plain(base(file.text)) else ("", ())


def _module(words: Words) -> tuple[str, Words]:
    """`python -m MODULE WORDS`; another module may run one that is a client: `python -m coverage run -m pip`."""
    if words and (command := _MODULES.get(words[0].text)):
        return "command", (words[0]._replace(text=command, raw=command), *words[1:])
    for at, word in enumerate(words[1:-1], start=1):
        if word.text == "-m" and words[at + 1].text in _MODULES:
            return _module(words[at + 1 :])
    found = later.find(words) if words else None
    return ("command", words[found:]) if found is not None else ("", ())


def node(words: Words) -> Words:
    """The client that a call of Node's runs by its file; nothing if it is none."""
    for at, word in enumerate(words[1:], start=1):
        if found := _NODE_FILE.fullmatch(base(word.text)):
            return (word._replace(text=found[1] or found[2]), *words[at + 1 :])
        if not word.text.startswith("-"):
            break
    return ()
