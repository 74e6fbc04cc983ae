"""Commands that a workflow gives an action of others to run: `with: {command: npx x}`, `docker://IMAGE`, `CIBW_*`.

Invariants: pure; only inputs that are called like a command are taken for one, so that the text of a comment or of a
release is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from slopguard.commands.script import Script
from slopguard.commands.yaml_nodes import add, get, line, pairs, text, untemplated, words
from slopguard.patterns import regex

_COMMAND = regex(
    r"(?:.*[-_.])?(?:run|commands?|cmds?|scripts?|install|build|start|exec|before|after|pre|post|test)(?:[-_.].*)?",
    re.IGNORECASE,
)
_PACKAGES = regex(r"pip-install|CIBW_TEST_REQUIRES\w*")
_BUILD = regex(r"CIBW_(?:BEFORE_\w+|TEST_COMMAND\w*)")


def scripts(node: yaml.Node, source: list[str]) -> Iterator[Script]:
    """The commands that a step, a job or an action hands to something else.

    Args:
        source: the lines of the file.
    """
    uses = text(get(node, "uses"))
    image = uses.startswith("docker://") or text(get(node, "using")) == "docker"
    for name, value in pairs(get(node, "with")):
        if _PACKAGES.fullmatch(name):
            yield _installing(value)
        elif _COMMAND.fullmatch(name):
            script = _script(value, source)
            yield script.given_to("node") if uses.startswith("actions/github-script") else script
    for name, value in pairs(get(node, "env")):
        if _PACKAGES.fullmatch(name):
            yield _installing(value)
        elif _BUILD.fullmatch(name):
            yield _script(value, source)
    if image:
        yield _image(get(node, "with") if uses else node)


def _script(value: yaml.Node, source: list[str]) -> Script:
    script = Script()
    add(script, value, source)
    return script


def _installing(value: yaml.Node) -> Script:
    """Names, or lines of them, that something else gives to pip."""
    script = Script()
    script.add_at(f"pip install {' '.join(untemplated(text(value)).split())}", line(value))
    return script


def _image(node: yaml.Node | None) -> Script:
    """What an image is started with."""
    parts = [get(node, "entrypoint"), get(node, "args")]
    written = [words(part) or untemplated(text(part)) for part in parts if part is not None]
    script = Script()
    if written:
        script.add_at(" ".join(written), line(next(part for part in parts if part is not None)))
    return script
