"""Documents with commands in them: Markdown, MDX, reStructuredText, rules and instructions of agents.

Code blocks in a shell's language are read as scripts, transcripts by their prompts; a block that is a manifest, a
Dockerfile or a configuration of MCP servers as that; everything else as prose. Invariants: what a program prints is no
command; code of a programming language gives no imports; a block that is not what it says it is, is prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from slopguard.clients.argv import listed
from slopguard.commands import documents, prose, rendered
from slopguard.commands.documents import Block
from slopguard.commands.inner import compared
from slopguard.commands.mention import disguised, mentioned
from slopguard.commands.placeholders import plain
from slopguard.commands.script import Script, together
from slopguard.errors import InputError
from slopguard.patterns import regex
from slopguard.readers.interface import NOWHERE, Context, Load, Reading

_SHELLS = listed(
    "bash sh shell zsh ksh fish console terminal term command commandline shellsession shell-session sh-session"
    " prompt bash-session cli npm yarn pnpm bun npm2yarn package-install"
    " powershell pwsh ps1 posh bat batch cmd dosbatch doscon"
)
_POWERSHELL = listed("powershell pwsh ps1 posh")
_BATCH = listed("bat batch cmd dosbatch doscon")
_PROMPT = regex(
    r"[ \t]*(?:\([\w.-]+\)[ \t]*)?(?:\$|%|>{1,3}|\u276f|\u279c|PS[^>\n]{0,80}>|[A-Za-z]:[\\/]?[^>\n]{0,80}>"
    r"|[\w.-]+@[^$#\n]{0,80}[$#]|In \[\d*\]:|\[[^\]\n]{0,80}\][$#])[ \t]+(?P<command>\S.*)"
)
_CARET = regex(r"(?<=[ \t])\^(?=\n)")
_COMMENT = regex(r"(?:^|[ \t])#+(?!!)[ \t]*(.+)", re.MULTILINE)
_MANIFESTS = (
    (
        "slopguard.commands.mcp_config",
        "json jsonc json5 toml yaml yml",
        ("mcpServers", "mcp_servers", "context_servers"),
    ),
    ("slopguard.readers.package_json", "json jsonc json5", ('ependencies"',)),
    ("slopguard.readers.pyproject", "toml", ("[project]", "[build-system]", "[tool.", "[dependency-groups]")),
    ("slopguard.readers.pep723", "python py", ("# /// script",)),
    ("slopguard.commands.dockerfile", "dockerfile docker containerfile", ("FROM ", "RUN ")),
)
"""Readers of what a block can be: module, languages, and words one of which it must hold."""
_REQUIREMENTS = regex(r"requirements[\w.-]*\.(?:txt|in)|^requirements?$|pip-requirements", re.IGNORECASE)
_OPEN = ("undecidable", "missing-include")
_MAY_HOLD = ("```", "~~~", "::")
"""What a block of code begins with, which can be a manifest, or hide a client's name."""


def read(path: Path, load: Load, context: Context = NOWHERE) -> Reading:
    """Read a document.

    Raises:
        InputError: it cannot be loaded.
    """
    return read_text(load(path).replace("\r\n", "\n"), path, 1, context.cwd or path.parent)


def read_text(text: str, path: Path, line: int, cwd: Path) -> Reading:
    """Read a document that begins on a line of a file; `cwd` is where relative paths start from."""
    text = rendered.rendered(text)
    if not mentioned(text) and not any(word in text for word in _MAY_HOLD):
        return Reading(path)
    split = documents.restructured if path.suffix.lower() == ".rst" else documents.markdown
    shifted = (replace(block, line=block.line + line - 1) for block in split(text))
    return together(path, (reading for block in shifted for reading in _block(block, path, cwd)))


def _block(block: Block, path: Path, cwd: Path) -> Iterator[Reading]:
    """What one part of the document says."""
    if block.language is not None:
        if manifest := _manifest(block, path, cwd):
            yield manifest
            return
        if not mentioned(block.text) and not (block.language in _SHELLS and disguised(block.text)):
            return
        prompted = _prompted(block)
        if prompted or block.language in _SHELLS:
            yield _script(block, prompted, path, cwd)
            yield prose.called(block.text, path, block.line, cwd)
            for comment in _COMMENT.finditer(block.text):
                if mentioned(comment[1]):
                    at = block.line + block.text.count("\n", 0, comment.start(1))
                    yield prose.paragraph(comment[1], path, at, cwd)
            return
    yield prose.paragraph(block.text, path, block.line, cwd)


def _prompted(block: Block) -> Script | None:
    """The commands of a transcript, if there is a prompt in it: what follows one, with the lines that go on with it."""
    found = Script()
    going_on = any_found = False
    for number, line in enumerate(block.text.split("\n"), block.line):
        prompt = _PROMPT.fullmatch(line)
        if prompt or going_on:
            command = prompt["command"] if prompt else line
            found.add(command, number)
            going_on = command.rstrip().endswith(("\\", "^", "`"))
            any_found = True
    return found if any_found else None


def _script(block: Block, prompted: Script | None, path: Path, cwd: Path) -> Reading:
    """What a block in a shell's language says."""
    script = prompted or Script()
    if prompted is None:
        script.add(block.text, block.line)
    if block.language in _POWERSHELL | _BATCH:
        from slopguard.commands import windows

        script = script.translated(windows.powershell if block.language in _POWERSHELL else windows.batch)
    return script.translated(plain).translated(_going_on).read(path, cwd)


def _going_on(text: str) -> str:
    """Shell text whose lines go on as those of Windows do, in the way of other shells."""
    return _CARET.sub(r"\\", text) if "^" in text else text


def _manifest(block: Block, path: Path, cwd: Path) -> Reading | None:
    """What a block says that is a file of another kind; `None` if it is none, or not a whole one."""
    if _REQUIREMENTS.search(block.title) and block.language not in _SHELLS:
        return _as("slopguard.readers.requirements", block, path, cwd)
    for module, languages, words in _MANIFESTS:
        if block.language in listed(languages) and any(word in block.text for word in words):
            reading = _as(module, block, path, cwd)
            if reading and (reading.sightings or reading.problems):
                return reading
    return None


def _as(module: str, block: Block, path: Path, cwd: Path) -> Reading | None:
    """A block read as a file of its own, every line where it stands in the document."""
    text = "\n" * (block.line - 1) + block.text
    try:
        reading: Reading = import_module(module).read(path, lambda _: text, Context(cwd=cwd, catalogs=True))
    except InputError:
        return None
    if module.startswith("slopguard.readers"):  # an example: what it leaves open is open on purpose
        kept = (problem for problem in reading.problems if problem.code not in _OPEN)
        reading = replace(reading, problems=tuple(kept))
    return compared(reading)
