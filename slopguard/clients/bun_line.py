"""A bun or bunx command line, taken apart as bun takes it apart. Pure.

bun looks for its command among the words alone: `bun --cwd folder install` runs the file `folder`, whatever follows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from slopguard.clients import argv as args
from slopguard.clients import bun_options
from slopguard.errors import UsageError
from slopguard.patterns import regex

_NAMELESS = regex(r"-c.")
"""`-cFILE` and `-c=FILE`: bun takes them, and reads no file (measured)."""
RUN = "run"
"""The command of a line that names none of bun's: a file, a script or a program."""


@dataclass(frozen=True, slots=True)
class Line:
    """A command line.

    Args:
        command: the one name of the command; `""` if there is none.
        word: the command as typed, `""` where it goes without saying (`bunx`, `bun FILE`).
        before, after: the options on both sides of it; the words are in `after`.
        env: the options in `BUN_OPTIONS`, which count like those before the command.
    """

    command: str
    word: str
    before: tuple[args.Token, ...]
    after: tuple[args.Token, ...]
    env: tuple[args.Token, ...] = ()

    @property
    def tokens(self) -> tuple[args.Token, ...]:
        """Every option and word."""
        return (*self.env, *self.before, *self.after)

    @property
    def words(self) -> list[str]:
        """The words after the command."""
        return args.words(self.after)

    def emit(self, *more: str) -> list[str]:
        """The arguments without what leads past the gate, `more` right after the command."""
        rest = args.emit(self.after, kept)
        return [*args.emit(self.before, kept), *([self.word] if self.word else []), *more, *rest]


def read(client: str, argv: Sequence[str], env: Mapping[str, str]) -> Line:
    """Take a command line apart.

    Raises:
        UsageError: an option that not every bun takes a value for.
    """
    spoken = tuple(args.scan(env.get("BUN_OPTIONS", "").split(), bun_options.GRAMMAR))
    if client == "bunx":
        return Line("x", "", (), _bunx(argv), spoken)
    at = next((at for at, word in enumerate(argv) if not word.startswith("-") or word[1:2] == "e"), len(argv))
    word = argv[at] if at < len(argv) else ""
    command = bun_options.COMMANDS.get(word, RUN if argv else "")
    before = tuple(args.scan(argv[:at], Joined))
    if command in ("x", "create"):
        return Line(command, word, before, _bunx(argv[at + 1 :]), spoken)
    if command == RUN:
        rest = argv[at + 1 :] if word == RUN else argv
        return Line(RUN, word if word == RUN else "", before if word == RUN else (), _run(rest), spoken)
    after = args.scan([word for word in argv[at + 1 :] if not _NAMELESS.match(word)], bun_options.GRAMMAR)
    return Line(command, word, before, tuple(_plain(after, bun_options.NEW)), spoken)


Joined = args.Grammar(frozenset(), names=(("-c", "--config"), ("-g", "--global"), ("-h", "--help")))
"""Before the command no option takes the word behind it."""


def _bunx(argv: Sequence[str]) -> tuple[args.Token, ...]:
    return tuple(_plain(args.scan(argv, bun_options.BUNX), bun_options.BUNX_NEW))


def _run(argv: Sequence[str]) -> tuple[args.Token, ...]:
    return tuple(args.scan(argv, bun_options.RUN))


def _plain(tokens: list[args.Token], new: frozenset[str]) -> list[args.Token]:
    """The tokens, if every bun reads them so.

    Raises:
        UsageError: it does not.
    """
    for token in tokens:
        if token.name in new and len(token.text) > 1:
            raise UsageError(f"not every bun reads {token.name!a} alike", "Write it as --option=value")
    return tokens


def kept(token: args.Token) -> bool:
    """Whether an option may reach bun."""
    return token.name not in bun_options.DROPPED
