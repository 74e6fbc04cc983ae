"""Requirement files without their index lines, for a client that would obey them before the gate.

Measured: `--index-url` and `--extra-index-url` lines in a requirement file beat `PIP_INDEX_URL`. The indexes they
name are routes of the gate by then. Invariant: the user's files are never changed; copies live in a private folder,
and nothing but index lines and the paths of includes differs in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from slopguard.errors import InputError
from slopguard.patterns import regex
from slopguard.readers.interface import IndexLine

_INCLUDE = regex(r"(-r|-c|--requirement|--constraint)\s*=?\s*(?![A-Za-z]+://)(\S.*)")
_INDEX = regex(r"(?:-i|-f|--(?:index|pypi|extra-index|find-l|no-index|trusted)[a-z-]*)(?:[\s=]|$|(?<=-[if])\S)")


@dataclass(slots=True)
class Copies:
    """Copies of requirement files.

    Args:
        folder: where the copies go.
        made: original -> copy.
    """

    folder: Path
    made: dict[Path, Path] = field(default_factory=dict)

    def of(self, path: Path) -> Path:
        """The copy of a file, made with its includes on first use.

        Raises:
            InputError: it cannot be read.
        """
        path = path.resolve()
        if path in self.made:
            return self.made[path]
        copy = self.folder / f"{len(self.made)}-{path.name}"
        self.made[path] = copy
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{path.name} cannot be read") from error
        from slopguard.readers.requirements import logical_lines  # only where there is such a file

        lines = [self._line(line, path) for _, line in logical_lines(text) if not _INDEX.match(line)]
        copy.write_text("\n".join([*lines, ""]), encoding="utf-8")
        return copy

    def _line(self, line: str, path: Path) -> str:
        include = _INCLUDE.fullmatch(line)
        return f"{include[1]} {self.of(path.parent / include[2].strip())}" if include else line


def copied(files: Iterable[Path], lines: Iterable[IndexLine], folder: Path) -> dict[Path, Path]:
    """Copies of the files if any of them (or of their includes) names an index; `{}` otherwise."""
    if not any(True for _ in lines):
        return {}
    copies = Copies(folder)
    return {path: copies.of(path) for path in files if path.suffix in (".txt", ".in", "")}


def substituted(argv: Sequence[str], cwd: Path, copies: Mapping[Path, Path]) -> tuple[str, ...]:
    """A command line with the copies in place of the files, however their paths are attached to options.

    Raises:
        InputError: a file is named in a way that leaves no trace on the command line (`PIP_REQUIREMENT`).
    """
    left = set(copies)
    words = list(argv)
    for at, word in enumerate(words):
        for path, copy in copies.items():
            head, name = _attached(word, path, cwd)
            if name:
                words[at] = f"{head}{copy}"
                left.discard(path)
    if left:
        name = next(iter(left)).name
        raise InputError(f"{name} names an index and is not named on the command line", "Name it with -r")
    return tuple(words)


def _attached(word: str, path: Path, cwd: Path) -> tuple[str, str]:
    """How an argument names a file: `FILE`, `-rFILE`, `--requirement=FILE`; ("", "") if it does not."""
    heads = {"", word[: word.find("=") + 1]} if word.startswith("--") else {word[:n] for n in range(len(word))}
    for head in heads if word.startswith("-") else {""}:
        if word != head and cwd / word[len(head) :] == path:
            return head, word[len(head) :]
    return "", ""
