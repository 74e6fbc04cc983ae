"""A poetry command line taken apart: the command, its options, whether it may install anything. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slopguard.clients import argv as args
from slopguard.clients import poetry_options


@dataclass(frozen=True, slots=True)
class Line:
    """A command line: options `before` the command, the `command` (`self add`), options and words `after` it."""

    before: list[args.Token]
    command: str
    after: list[args.Token]

    @property
    def tokens(self) -> list[args.Token]:
        """All options and words but the command."""
        return self.before + self.after

    @property
    def installs(self) -> bool:
        """Whether poetry may resolve, build or install anything; so may a command that only a plugin knows."""
        first, _, second = self.command.partition(" ")
        if not first or args.has(self.tokens, "--help", "--version"):
            return False
        if first == "show":
            return args.has(self.after, *poetry_options.LOOKING)
        if first == "publish":
            return args.has(self.after, "--build")
        if first in poetry_options.NOTHING_OF:
            return second not in poetry_options.NOTHING_OF[first]
        return first not in poetry_options.NOTHING

    @property
    def relocks(self) -> bool:
        """Whether what the lock file says does not count."""
        if self.command == "lock":
            return args.has(self.after, "--regenerate")
        return self.command == "update" and not args.words(self.after)


def understand(argv: Sequence[str]) -> Line:
    """Take a command line apart."""
    before = args.scan(argv, poetry_options.BEFORE)
    at = next((i for i, token in enumerate(before) if token.name == ""), len(before))
    words = [token.text[0] for token in before[at:]]
    command, rest = (words[0] if words else ""), words[1:]
    if command in poetry_options.FAMILIES and rest and not rest[0].startswith("-"):
        command, rest = f"{command} {rest[0]}", rest[1:]
    if command.split()[:1] == ["run"]:
        return Line(before[:at], command, [args.Token("", word, (word,)) for word in rest])
    after = args.scan(rest, poetry_options.grammar(command))
    return Line(before[:at], command, _optional(command, after))


def _optional(command: str, after: list[args.Token]) -> list[args.Token]:
    """`--optional` takes a value since poetry 2 and took none before: without it no package would be left to add."""
    if command != "add" or args.words(after):
        return after
    return [
        args.Token("", token.value, token.text[-1:]) if token.name == "--optional" and token.value else token
        for token in after
    ]
