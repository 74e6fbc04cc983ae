"""The package names in a model's answer, as the readers of `check` and the hooks find them.

Invariants: whatever the text, no error; nothing is run or looked up; a name is given as a model wrote it, for the
grammar to accept or refuse; what names a URL, a path or a repository is no package name of a registry.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from slopguard.commands import documents, markdown
from slopguard.errors import InputError
from slopguard.forecast.campaign.model import Form
from slopguard.model import Ecosystem, Sighting, SourceKind
from slopguard.patterns import regex
from slopguard.readers import js_imports, python_imports, spec

LIMIT = 64 * 1024
"""Characters of an answer that are read."""
MOST = 64
"""Names of one answer that count; more are no answer to the question."""
_ANSWER, _HERE = Path("answer.md"), Path("/")
_THOUGHT = regex(r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_FENCED = regex(r"```[A-Za-z0-9_-]*[ \t]*\n(.*?)(?:```|\Z)", re.DOTALL)
_LIST = regex(r"\[([^\[\]]*)")
_STRING = regex(r'"((?:[^"\\\n]|\\.)*)"')
_KEYS = ("packages", "package", "dependencies", "names", "requirements", "install")
_NAMED = ("name", "package", "id")
_PYTHON, _JAVASCRIPT = frozenset({"python", "py", "python3"}), frozenset({"js", "javascript", "mjs", "jsx"})
_TYPESCRIPT = frozenset({"ts", "typescript", "tsx"})
_WORDS = 3
"""Words of an entry that may still be a name with something beside it (`pip install x`)."""


@dataclass(frozen=True, slots=True)
class Found:
    """A name as written.

    Args:
        module: it is what code imports, not what something installs.
    """

    ecosystem: Ecosystem
    raw: str
    module: bool = False


@dataclass(frozen=True, slots=True)
class Extracted:
    """What an answer holds.

    Args:
        found: the names, in order.
        readable: it had the form that was asked for; without it the names are what else could be found.
        refused: entries that are no name at all.
    """

    found: tuple[Found, ...]
    readable: bool
    refused: int = 0


def names(text: str, ecosystem: Ecosystem, form: Form) -> Extracted:
    """The names in an answer."""
    text = _THOUGHT.sub("", text[:LIMIT]).strip()
    if form is Form.CODE:
        return _code(text, ecosystem)
    listed = _listed(text)
    if listed is None:
        found = _code(text, ecosystem)
        return Extracted(found.found, readable=False, refused=found.refused)
    readings = [list(_entry(each, ecosystem)) for each in listed[:MOST]]
    return Extracted(
        tuple(found for reading in readings for found in reading), True, sum(not reading for reading in readings)
    )


def _listed(text: str) -> list[str] | None:
    """The entries of a JSON answer: alone, in a fence, with words around it, or cut off; `None` if there is none."""
    pieces = [text, *(found[1] for found in _FENCED.finditer(text)), text[text.find("{") :], text[text.find("[") :]]
    for piece in pieces:
        try:
            value, _ = json.JSONDecoder().raw_decode(piece.strip())
        except (ValueError, RecursionError):
            continue
        if (entries := _entries(value)) is not None:
            return entries
    return _cut_off(text)


def _entries(value: object) -> list[str] | None:
    if isinstance(value, dict):
        value = next((value[key] for key in _KEYS if key in value), None)
        value = list(value) if isinstance(value, dict) else value  # {"dependencies": {"name": "^1.0"}}
    if not isinstance(value, list):
        return None
    return [text for each in value if (text := _name_in(each))]


def _name_in(entry: object) -> str | None:
    if isinstance(entry, dict):
        entry = next((entry[key] for key in _NAMED if key in entry), None)
    return entry if isinstance(entry, str) and entry.strip() else None


def _cut_off(text: str) -> list[str] | None:
    """The whole strings of a list that was never closed."""
    found = _LIST.search(text) if '"' in text and "{" in text else None
    strings = _STRING.findall(found[1]) if found else []
    return [each for each in strings if each.strip()] or None


def _entry(text: str, ecosystem: Ecosystem) -> Iterator[Found]:
    """What one entry of a list names."""
    text = text.strip().strip("`")
    text = text.partition(";")[0].rstrip() if ecosystem is Ecosystem.PYPI else text  # what follows is a marker
    words = text.split()
    if len(words) > _WORDS:
        yield from _commands(f"`{text}`")
    elif len(words) > 1 and words[0] in ("pip", "npm", "pip3", "uv", "yarn", "pnpm"):
        yield from _commands(f"```bash\n{text}\n```")
    else:
        read = spec.pypi if ecosystem is Ecosystem.PYPI else spec.npm
        yield from _packages([read(text, _HERE)])


def _code(text: str, ecosystem: Ecosystem) -> Extracted:
    """What the commands, manifests and imports of an answer name."""
    found = list(_commands(text))
    blocks = [block for block in documents.markdown(text) if block.language is not None]
    if "```" not in text and "~~~" not in text:
        blocks = [documents.Block(1, text, "")]
    for block in blocks:
        found += _imports(block, ecosystem)
    return Extracted(tuple(dict.fromkeys(found))[:MOST], readable=bool(found))


def _commands(text: str) -> Iterator[Found]:
    try:
        reading = markdown.read_text(text, _ANSWER, 1, _HERE)
    except InputError:
        return
    yield from _packages(reading.sightings)


def _packages(sightings: Iterable[Sighting]) -> Iterator[Found]:
    for each in sightings:
        if each.source.kind is SourceKind.REGISTRY and each.raw and "unnamed" not in each.extra:
            yield Found(each.ecosystem, each.raw)


def _imports(block: documents.Block, ecosystem: Ecosystem) -> Iterator[Found]:
    """What a block of code imports; one that says no language is in that of the question."""
    language = block.language or ("python" if ecosystem is Ecosystem.PYPI else "js")
    if language in _PYTHON:
        imported = python_imports.read(Path("answer.py"), block.text)
    elif language in _JAVASCRIPT | _TYPESCRIPT:
        imported = js_imports.read(Path("answer.ts"), block.text)
    else:
        return
    yield from (Found(each.ecosystem, each.module, module=True) for each in imported)
