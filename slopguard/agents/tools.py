"""What a tool is about to do, from its arguments: shell text and edits, whatever the agent calls tool and arguments.

Agents rename their tools from version to version, and tools of MCP servers are called as their authors like; what the
arguments are called hardly changes. Invariants: pure and total: any JSON gives an answer; an argument that could be a
command or a change of a file is taken for one.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from slopguard.agents.model import Edit, Replacement
from slopguard.patterns import regex

Arguments = Mapping[str, Any]

_COMMANDS = (
    "command",
    "commands",
    "cmd",
    "commandLine",
    "command_line",
    "CommandLine",
    "shell_command",
    "shellCommand",
    "script",
)
_PATHS = (
    "file_path",
    "filePath",
    "absolute_path",
    "target_file",
    "targetFile",
    "TargetFile",
    "notebook_path",
    "relative_path",
    "path",
    "file",
    "filename",
    "uri",
)
_CONTENTS = (
    "content",
    "contents",
    "file_text",
    "fileText",
    "new_source",
    "code_edit",
    "CodeContent",
    "new_text",
    "newText",
    "text",
)
_OLD = ("old_string", "oldString", "old_str", "oldStr", "old_text", "oldText", "search")
_NEW = ("new_string", "newString", "new_str", "newStr", "new_text", "newText", "replace")
_EVERY = ("replace_all", "replaceAll", "allow_multiple")
_SEVERAL = ("edits", "changes", "replacements", "operations", "ReplacementChunks")
_DIFFS = ("patch", "patchText", "patch_text", "diff", "input", "apply_patch")
_EDITOR = frozenset({"view", "create", "str_replace", "insert", "undo_edit"})
"""What the argument `command` says where the tool is an editor."""
_WORDS = ("args", "arguments", "argv")
"""The words behind a command, where a tool takes its name alone."""
_SOURCES = ("source", "source_path", "sourcePath", "src", "old_path", "oldPath", "from")
_TARGETS = ("destination", "destination_path", "destinationPath", "dest", "dst", "target", "new_path", "newPath", "to")
_COPIES = regex(r"copy|duplicate", re.IGNORECASE)
_FILES = ("files", "edits", "changes", "operations")
"""Lists whose elements may each name a file of their own."""
_REMOVES = regex(r"delete|remove|unlink|trash|rename|move", re.IGNORECASE)
_PATCH = regex(r"^(?:\*\*\* (?:Begin Patch|(?:Add|Update|Delete) File: )|--- |diff --git )", re.MULTILINE)
_BLOCK = regex(
    r"^(?:-{3,}|<{3,}) *SEARCH>?[^\n]*\n(.*?)^={3,}[^\n]*\n(.*?)^(?:\+{3,}|>{3,}) *REPLACE>?[^\n]*$",
    re.MULTILINE | re.DOTALL,
)
"""The blocks that Cline and others write an edit in."""
_MOST = 1_000
"""Edits of one call; commands of one call."""


def commands(tool: str, arguments: Arguments) -> tuple[str, ...]:
    """The shell text among a tool's arguments; a patch in it is shell text too, unless the tool takes nothing else.

    Args:
        tool: what the agent calls it.
    """
    found = [text for key in _COMMANDS for text in _texts(key, arguments.get(key)) if text]
    found = [_with_words(text, arguments) for text in found]
    if _path(arguments) and any(text in _EDITOR for text in found):
        return ()
    patches = "patch" in tool.lower()
    return tuple(text for text in found if not (patches and _PATCH.match(text)))[:_MOST]


def edits(tool: str, arguments: Arguments) -> tuple[Edit, ...]:
    """What a tool changes: by patches, and by what it says of one file.

    Args:
        tool: what the agent calls it.
    """
    patched = [edit for text in _patches(arguments) for edit in _parsed(text)]
    path, moved = _path(arguments), tuple(_moved(tool, arguments))
    several = () if path else tuple(_of_several(tool, arguments))
    return (*patched, *(_own(tool, path, arguments) if path else ()), *several, *moved)[:_MOST]


def _parsed(patch: str) -> Iterable[Edit]:
    from slopguard.agents.editing.patches import parse  # few calls hold one

    return parse(patch)


def _moved(tool: str, arguments: Arguments) -> Iterable[Edit]:
    """What becomes of two files of which one takes the other's place, or is its copy."""
    if _REMOVES.search(tool):
        yield from (Edit(path, removed=True) for path in _named(arguments, _SOURCES))
    if _REMOVES.search(tool) or _COPIES.search(tool):
        yield from (Edit(path, unread=True) for path in _named(arguments, _TARGETS))


def _of_several(tool: str, arguments: Arguments) -> Iterable[Edit]:
    """The changes of files that the elements of a list name."""
    for key in _FILES:
        several = arguments.get(key)
        for each in several[:_MOST] if isinstance(several, list) else ():
            if isinstance(each, dict) and (path := _path(each)):
                yield from _own(tool, path, each)


def _own(tool: str, path: str, arguments: Arguments) -> tuple[Edit, ...]:
    """What becomes of the file that is named."""
    if _REMOVES.search(tool):
        return (Edit(path, removed=True),)
    pieces = tuple(_pieces(arguments))[:_MOST]
    if pieces:
        return (Edit(path, replacements=pieces),)
    content = next((text for key in _CONTENTS if (text := _text(arguments.get(key))) is not None), None)
    if "new_source" in arguments and content is not None:
        return (Edit(path, content=_notebook(content)),)
    inserted = content if arguments.get("command") == "insert" or "insert_line" in arguments else None
    inserted = _text(arguments.get("insert_text")) if inserted is None else inserted
    if inserted is not None:
        return (Edit(path, replacements=(Replacement("", inserted),)),)
    return () if content is None else (Edit(path, content=content),)


def _notebook(source: str) -> str:
    """A notebook that holds one cell: what it asks for is what the change of that cell may add."""
    cell: dict[str, object] = {
        "cell_type": "code",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": source,
    }
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def _pieces(arguments: Arguments) -> Iterable[Replacement]:
    """The pieces of one file that are replaced."""
    found = _piece(arguments)
    if found is not None:
        yield found
    for key in _SEVERAL:
        several = arguments.get(key)
        for each in several if isinstance(several, list) else ():
            piece = _piece(each) if isinstance(each, dict) else None
            if piece is not None:
                yield piece
    for key in ("diff", "content"):
        text = arguments.get(key)
        for old, new in _BLOCK.findall(text) if isinstance(text, str) else ():
            yield Replacement(old, new)


def _piece(arguments: Arguments) -> Replacement | None:
    new = next((text for key in _NEW if (text := _text(arguments.get(key))) is not None), None)
    old = next((text for key in _OLD if (text := _text(arguments.get(key))) is not None), None)
    if new is None or (old is None and not any(key in arguments for key in ("line", "insert_line"))):
        return None
    return Replacement(old or "", new, every=any(bool(arguments.get(key)) for key in _EVERY))


def _patches(arguments: Arguments) -> Iterable[str]:
    """Texts that are patches: of several files, wherever the tool takes them."""
    for key in (*_DIFFS, *_COMMANDS):
        value = arguments.get(key)
        text = "\n".join(filter(_is_text, value)) if isinstance(value, list) else value
        if isinstance(text, str) and _PATCH.search(text) and not _BLOCK.search(text):
            yield text


def _path(arguments: Arguments) -> str:
    return next(_named(arguments, _PATHS), "")


def _named(arguments: Arguments, keys: Iterable[str]) -> Iterator[str]:
    """The texts that some keys hold."""
    return (value for key in keys if isinstance(value := arguments.get(key), str) and value)


def _texts(key: str, value: object) -> list[str]:
    """The commands that one argument holds; of the plural each element is one."""
    if key == "commands" and isinstance(value, list):
        return [text for each in value for text in (commands("", each) if isinstance(each, dict) else [_command(each)])]
    return [_command(value)]


def _with_words(text: str, arguments: Arguments) -> str:
    """A command with the words that a tool takes beside it: `{"command": "npx", "args": ["-y", "x"]}`."""
    words = next((value for key in _WORDS if isinstance(value := arguments.get(key), list)), ())
    return f"{text} {shlex.join(words)}" if words and all(map(_is_text, words)) else text


def _command(value: object) -> str:
    """A command as a shell takes it; a list of words is quoted, `bash -lc TEXT` too."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list) and all(map(_is_text, value)):
        return shlex.join(value)
    return ""


def _text(value: object) -> str | None:
    """A text, given as one or as a list of lines."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(map(_is_text, value)):
        return "\n".join(value)
    return None


def _is_text(value: object) -> bool:
    return isinstance(value, str)
