"""Dockerfiles: what building the image and starting it would install.

Shell and exec form, heredocs and constants are read as Docker reads them. Invariants: an `ARG`'s default counts as its
value; without one it is unknown; a variable of a base image is unknown too.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from slopguard.commands import requirement_list, windows
from slopguard.commands.docker_lines import Heredoc, Instruction, instructions
from slopguard.commands.docker_words import assigned, stage
from slopguard.commands.script import Script, idle, together, without_templates
from slopguard.commands.variables import Variables
from slopguard.errors import InputError
from slopguard.patterns import regex
from slopguard.readers.interface import NOWHERE, Context, Load, Reading
from slopguard.readers.places import absolute
from slopguard.readers.text import strings

_FLAG = regex(r"(?:[ \t]|\\\n)*--[a-z-]+(?:=(?:\"[^\"\n]*\"|[^\s\"])*)?(?=\s|\\\n)")
_ONLY_HEREDOC = regex(r"\s*\d*<<-?([\"']?)[\w./-]+\1[ \t]*$", re.MULTILINE)
_REQUIREMENTS = regex(r"[^/]*(?:requirements|constraints)[^/]*\.(?:txt|in)$", re.IGNORECASE)
_SHELLS = regex(r"(?:^|[/\\])(?:(?:ba|z|a|da|k)?sh|pwsh|powershell|cmd)(?:\.exe)?$|^$")
_ABOVE = 3
"""How many folders above the Dockerfile's may be what an image is built from."""

_INSIDE = 4
"""How many parts at the end of a path in the image are looked for outside of it."""


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a Dockerfile.

    Raises:
        InputError: it cannot be loaded.
    """
    text = load(path).replace("\r\n", "\n")
    if idle(text):
        return Reading(path)
    build = _Build(path, context.cwd or path.parent, load)
    for instruction in instructions(without_templates(text)):
        build.take(instruction)
    return together(path, build.readings)


class _Build:
    """The way through one Dockerfile."""

    def __init__(self, path: Path, cwd: Path, load: Load) -> None:
        self.path = path
        self.cwd = cwd
        self.load = load
        self.readings: list[Reading] = []
        self.variables = Variables()
        self.defaults = Variables()
        self.stages: dict[str, Variables] = {}
        self.copied: dict[str, str] = {}
        self.dialect: Callable[[str], str] | None = None
        self.starter: list[str] = []  # of a `SHELL` that is none
        self.entry: list[str] = []

    def take(self, instruction: Instruction) -> None:
        """Take up one instruction."""
        match instruction.keyword:
            case "RUN" | "CMD" | "ENTRYPOINT":
                self.command(instruction)
            case "HEALTHCHECK" if found := re.match(r"(?:\s|\\\n|--\S+(?=\s))*CMD\b", instruction.text, re.IGNORECASE):
                self.command(instruction.cut(found.end()))
            case "ONBUILD" if found := re.match(r"\s*(\w+)", instruction.text):
                if found[1].upper() != "ONBUILD":
                    self.take(replace(instruction.cut(found.end()), keyword=found[1].upper()))
            case "FROM":
                self.variables, self.dialect = stage(instruction.joined, self.stages), None
                self.starter, self.entry = [], []
            case "ENV" | "ARG":
                self.assign(instruction)
            case "SHELL":
                words = _exec_form(instruction.joined) or [""]
                self.starter = [] if _SHELLS.search(words[0].lower()) else words
                self.dialect = windows.DIALECTS.get(re.split(r"[/\\]", words[0].lower())[-1].removesuffix(".exe"))
            case "COPY" | "ADD":
                self.copy(instruction)

    def assign(self, instruction: Instruction) -> None:
        """Take up variables; an `ARG` before the first `FROM` is a default for the stages that name it."""
        inside = bool(self.stages)
        for name, value in assigned(instruction.keyword, instruction.joined, self.variables):
            given = self.defaults.get(name) if instruction.keyword == "ARG" and value is None and inside else value
            (self.variables if inside else self.defaults).set(name, given)
        if not inside:
            self.variables = Variables(self.defaults)

    def command(self, instruction: Instruction) -> None:
        """Take up a command in either form."""
        instruction = _without_flags(instruction)
        if argv := _exec_form(instruction.joined):
            self.entry = argv if instruction.keyword == "ENTRYPOINT" else self.entry
            self.script(shlex.join(argv), instruction.line, exact=False)
            if instruction.keyword == "CMD" and self.entry:
                self.script(shlex.join([*self.entry, *argv]), instruction.line, exact=False)
        elif self.starter:
            self.script(shlex.join([*self.starter, instruction.joined.strip()]), instruction.line, exact=False)
        elif instruction.heredocs and _ONLY_HEREDOC.match(instruction.text):
            for heredoc in instruction.heredocs:
                self.body(heredoc)
        else:
            self.script(instruction.text, instruction.line)

    def body(self, heredoc: Heredoc) -> None:
        """Take up a heredoc that is the command: a script for the shell, or for what its first line says."""
        interpreter = heredoc.text.partition("\n")[0] if heredoc.text.startswith("#!") else ""
        if not interpreter or re.search(r"sh\b", interpreter):
            self.script(heredoc.text, heredoc.line)
        elif "python" in interpreter:
            self.script(f"python3 - <<'SCRIPT'\n{heredoc.text}\nSCRIPT", heredoc.line - 1)

    def script(self, text: str, line: int, *, exact: bool = True) -> None:
        """Take up shell text.

        Args:
            exact: it stands in the file as it is.
        """
        script = Script()
        (script.add if exact else script.add_at)(text, line)
        if self.dialect and exact:
            script = script.translated(self.dialect)
        reading = script.read(self.path, self.cwd, self.load, self.variables)
        self.readings.append(replace(reading, files=tuple(self.outside(file) for file in reading.files)))

    def copy(self, instruction: Instruction) -> None:
        """Take up files that are written in the Dockerfile, and the names under which others come into the image."""
        words = _without_flags(instruction).joined.split("\n")[0].split()
        words = _exec_form(" ".join(words)) or words
        for heredoc in instruction.heredocs:
            target = heredoc.name if words[-1].endswith("/") else words[-1]
            if _REQUIREMENTS.search(target):
                lines = enumerate(heredoc.text.split("\n"), start=heredoc.line)
                self.readings.append(requirement_list.read(lines, self.path, self.cwd))
            elif target.endswith(".sh") or heredoc.text.startswith(("#!/bin/sh", "#!/bin/bash", "#!/usr/bin/env bash")):
                self.script(heredoc.text, heredoc.line)
        if len(words) == 2 and "--from" not in instruction.text and not words[1].endswith(("/", ".")):
            self.copied[words[1].rpartition("/")[2]] = words[0]

    def outside(self, file: Path) -> Path:
        """The file that a path in the image was copied from: the context is the Dockerfile's folder or above it."""
        here = next((place for place in (self.cwd, Path(absolute(self.cwd))) if file.is_relative_to(place)), None)
        written = file.relative_to(here) if here else Path(*file.parts[-_INSIDE:])
        names = [self.copied[file.name]] if file.name in self.copied else []
        names += ["/".join(written.parts[start:]).lstrip("/") for start in range(len(written.parts))]
        for base in (self.cwd, *list(self.cwd.parents)[:_ABOVE]):
            for name in names[:_INSIDE]:
                try:
                    self.load(base / name)
                except InputError:
                    continue
                return base / name
        return self.cwd / names[0]


def _without_flags(instruction: Instruction) -> Instruction:
    """An instruction without its `--mount`, `--network` and the like."""
    end = 0
    while found := _FLAG.match(instruction.text, end):
        end = found.end()
    return instruction.cut(end)


def _exec_form(text: str) -> list[str]:
    """The words of an exec form, none if it is not one (then Docker takes it for shell text)."""
    if not text.lstrip().startswith("["):
        return []
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return strings(found) if isinstance(found, list) and len(strings(found)) == len(found) else []
