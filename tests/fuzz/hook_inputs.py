"""Inputs of agents, changed where they hold something: texts, keys, kinds of values, depth, bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from tests.agents.spoken import FOLDER, INPUTS

HUGE = 200_000
COMMANDS = (
    *(
        "ls",
        "pip install evil-pkg",
        "npm i left-pad && rm -rf ~/.claude",
        "cat > requirements.txt <<E\nevil\nE",
        "$(x)",
    ),
    *('eval "pip install $(x)"', "cd / && npx -y evil", "slopguard disable", "sed -i s/a/b/ .claude/settings.json"),
    *("uv pip install -r requirements.txt", "curl x | sh", "pip install 'a b", "pip install a\0b", "pn add \ud800"),
    *("git checkout .", "echo x > .cursor/hooks.json", "python -c \"open('pyproject.toml','w')\"", "p\\\nip install x"),
)
PATHS = (
    *("requirements.txt", "package.json", f"{FOLDER}/pyproject.toml", "/dev/zero", "/dev/stdin", "/", "..", ".", "~"),
    *("a\0b", "\ud800", "x" * 5000, "C:\\x\\package.json", "Dockerfile", ".github/workflows/ci.yml", "n.ipynb", "a.py"),
    *(".claude/settings.json", "slopguard.toml", "//", "pipe", "folder", "README.md", "uv.lock", "/proc/self/mem"),
)
CONTENTS = (
    *("evil-pkg\n", '{"dependencies": {"evil-pkg": "1"}}', "import evil_pkg\n", "[project]\ndependencies = ['evil']\n"),
    *(
        "*** Begin Patch\n*** Add File: requirements.txt\n+evil\n*** End Patch",
        "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n",
    ),
    *(
        "*** Begin Patch\n*** Update File: pipe\n@@\n",
        "FROM x\nRUN pip install evil\n",
        "[[[[",
        "{" * 500,
        "- a: &a *a\n",
    ),
    *(
        '{"cells": [{"cell_type": "code", "source": "!pip install evil"}]}',
        "\ufeff",
        "a\rb\r\nc\u2028d",
        "`pip install e`",
    ),
)
KEYS = (
    *(
        "command",
        "commands",
        "cwd",
        "file_path",
        "path",
        "content",
        "edits",
        "tool_name",
        "toolName",
        "toolArgs",
        "model",
    ),
    *(
        "hookName",
        "hook_event_name",
        "agent_action_name",
        "cursor_version",
        "agent",
        "tool_input",
        "patch",
        "",
        "\ud800",
    ),
    *(
        "session_id",
        "old_string",
        "new_string",
        "replace_all",
        "turn_id",
        "tool_call",
        "args",
        "workdir",
        "diff",
        "uri",
    ),
)
NAMES = (
    "BeforeTool",
    "PreToolUse",
    "opencode",
    "tool_call",
    "preToolUse",
    "beforeShellExecution",
    "PostToolUse",
    "Edit",
)


class Twice(dict):  # type: ignore[type-arg]  # a dict of JSON
    """An object that says one of its keys twice, which only its text can."""

    def items(self) -> Any:
        found = list(super().items())
        return found + found[:1]


def mutated(random: Random, agent: str) -> bytes:
    """An input of an agent, changed."""
    given = random.choice([each for each in INPUTS if each.agent == agent])
    document = given.at(Path.cwd())
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        document = _changed(random, document)
    return _bytes(random, document)


def _changed(random: Random, document: Any) -> Any:
    """A document with one place changed."""
    places = list(_places(document))
    if not places:
        return _value(random)
    holder, key = random.choice(places)
    change = random.choice(_CHANGES)
    change(random, holder, key)
    return document


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a document, as what holds it and where."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


def _text(random: Random) -> str:
    pools = (COMMANDS, COMMANDS, PATHS, CONTENTS, NAMES)
    kind = random.randrange(8)
    if kind < len(pools):
        return random.choice(pools[kind])
    if kind == 5:
        return "".join(chr(random.choice((random.randrange(128), random.randrange(0x11_0000)))) for _ in range(30))
    if kind == 6:
        return json.dumps({random.choice(KEYS): random.choice(COMMANDS + PATHS + CONTENTS) for _ in range(3)})
    one, other = random.choice(COMMANDS + CONTENTS), random.choice(COMMANDS + PATHS)
    return one[: random.randrange(len(one) + 1)] + random.choice("\n;&| '\"\\$`") + other


def _value(random: Random) -> Any:
    return random.choice(
        (
            *(None, True, 0, -1, 1e400, float("nan"), 10**30, "", [], {}, [[]], [None], [[1], {"command": "pip i x"}]),
            *([random.choice(COMMANDS)], {random.choice(KEYS): _text(random)}, [_text(random)] * 3, _text(random)),
        )
    )


def _say(random: Random, holder: Any, key: Any) -> None:
    holder[key] = _text(random)


def _replace(random: Random, holder: Any, key: Any) -> None:
    holder[key] = _value(random)


def _drop(random: Random, holder: Any, key: Any) -> None:
    del random
    del holder[key]


def _add(random: Random, holder: Any, key: Any) -> None:
    del key
    if isinstance(holder, dict):
        holder[random.choice(KEYS)] = random.choice((_text, _text, _value))(random)
    else:
        holder.append(_text(random))


def _rename(random: Random, holder: Any, key: Any) -> None:
    if isinstance(holder, dict):
        holder[random.choice((*KEYS, str(key).upper(), f"{key}x"))] = holder.pop(key)


def _repeat(random: Random, holder: Any, key: Any) -> None:
    del random
    holder[key] = Twice(holder[key]) if isinstance(holder[key], dict) else [holder[key]] * 2


def _sink(random: Random, holder: Any, key: Any) -> None:
    for _ in range(random.choice((1, 3, 200))):
        holder[key] = [holder[key]] if random.random() < 0.5 else {random.choice(KEYS): holder[key]}


def _swell(random: Random, holder: Any, key: Any) -> None:
    if random.random() < 0.05:
        piece = random.choice(
            ("a", "é", "pip install a;", "a\n", "[", "'", "\\", "$(", " ", "-", "*** Update File: x\n")
        )
        holder[key] = piece * random.choice((300, 3_000, HUGE // len(piece)))


_CHANGES: tuple[Callable[[Random, Any, Any], None], ...] = (
    *(_say, _say, _say, _say, _replace, _replace, _drop, _add, _add, _rename, _repeat, _sink, _swell),
)


def _bytes(random: Random, document: Any) -> bytes:
    """The document as bytes, now and then not quite."""
    text = json.dumps(document, ensure_ascii=random.random() < 0.7, indent=random.choice((None, None, 1)))
    data = text.encode("utf-8", "surrogatepass")
    kind = random.randrange(30)
    if kind == 0:
        return data[: random.randrange(len(data) + 1)]
    if kind == 1:
        at = random.randrange(len(data))
        return data[:at] + bytes([random.randrange(256)]) + data[at + 1 :]
    if kind == 2:
        return random.choice((b"\xef\xbb\xbf", b"\xff\xfe", b" \n", b"\0", b"{}", b"[")) + data
    if kind == 3:
        return data + random.choice((b"\0", b"}", b"\n\n", data, b"\xff"))
    if kind == 4:
        return text.encode(random.choice(("utf-16", "utf-32", "utf-16-be")), "surrogatepass")
    if kind == 5:
        return b'{"a":' * random.choice((10, 5_000)) + data
    if kind == 6:
        return data.replace(b": null", b": " + b"9" * 5_000)
    return data
