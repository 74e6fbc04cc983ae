"""A uv command line taken apart: the command, its options, the script it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from slopguard.clients import argv as args
from slopguard.clients import uv_options


@dataclass(frozen=True, slots=True)
class Line:
    """A uv command line taken apart: `before` the command, `command` (`pip install`), its options, its words."""

    before: list[args.Token]
    command: str
    after: list[args.Token]

    @property
    def tokens(self) -> list[args.Token]:
        """All options and words but the command."""
        return self.before + self.after


def understand(client: str, argv: Sequence[str]) -> Line:
    """Take a command line apart."""
    if client == "uvx":
        return Line([], "tool run", args.scan(argv, uv_options.grammar("tool run")))
    before = args.scan(argv, uv_options.BEFORE)
    at = next((i for i, token in enumerate(before) if token.name == ""), len(before))
    words = [token.text[0] for token in before[at:]]
    if words[:1] and words[0] in uv_options.FAMILIES and len(words) > 1 and not words[1].startswith("-"):
        command, rest = f"{words[0]} {words[1]}", words[2:]
    else:
        command, rest = (words[0] if words else ""), words[1:]
    return Line(before[:at], command, args.scan(rest, uv_options.grammar(command)))


def script_of(line: Line, cwd: Path) -> Path | None:
    """The script whose inline metadata counts: `--script FILE`, or what `uv run` is given when it has any."""
    if line.command != "run":
        named = args.last(line.after, "--script")
        return cwd / named if named else None
    word = next(iter(args.words(line.after)), "")
    path = cwd / word
    wanted = args.has(line.tokens, "--script", "-s", "--gui-script") or word.endswith((".py", ".pyw"))
    if not word or not wanted or not path.is_file():
        return None
    try:
        return path if b"# /// script" in path.read_bytes() else None
    except OSError:
        return None
