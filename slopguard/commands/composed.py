"""Commands that a pipeline writes in parts: an entry point and its arguments, a client that a task stands for.

Invariant: pure; each is read besides the parts themselves, which say less.
"""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from slopguard.commands.yaml_nodes import items, own, text, untemplated, words
from slopguard.patterns import regex

_CLIENT_IMAGE = regex(r".*/(npm|yarn|pip|npx|pnpm|bun|uv)(?::.*)?")


def composed(node: yaml.Node) -> Iterator[tuple[yaml.Node, str]]:
    """The commands that the keys of a mapping come to together, each with the node whose line it stands on."""
    known = {key.lower(): value for key, value in own(node)}
    entry, command = known.get("entrypoint"), known.get("command")
    if entry is not None and command is not None:  # compose
        yield command, f"{_written(entry)} {_written(command)}"
    if custom := known.get("customcommand"):  # Azure's Npm task
        yield custom, f"npm {_written(custom)}"
    client = _CLIENT_IMAGE.fullmatch(text(known.get("name")))
    if client and "args" in known and entry is None:  # Google's builders
        yield known["args"], f"{client[1]} {_written(known['args'])}"
    tasks = known.get("tasks")  # Taskfile's short forms
    for _, task in own(tasks):
        for each in [task, *items(task)]:
            if isinstance(each, yaml.ScalarNode):
                yield each, untemplated(each.value)


def _written(node: yaml.Node) -> str:
    return words(node) or untemplated(text(node))
