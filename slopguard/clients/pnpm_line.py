"""A command line of pnpm's, taken apart as every pnpm from 10 to 12 takes it apart.

Invariant: where the versions would read it differently, so that another word became the command or a package, it is
an error that says how to write it plainly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from slopguard.clients import argv as args
from slopguard.clients import pnpm_options as options
from slopguard.errors import UsageError

_DLX = ("pnpx", "pnx")


@dataclass(frozen=True, slots=True)
class Line:
    """What was typed.

    Args:
        command: the command; `""` for none, `run` for a script or an executable of the project's.
        tokens: everything typed, options as far as pnpm reads them itself.
        words: what follows the command, options left out.
        version: the version of pnpm that `pnpm with` runs instead.
        recursive: it is for every project of the workspace.
    """

    command: str
    tokens: tuple[args.Token, ...]
    words: tuple[str, ...] = ()
    version: str | None = None
    recursive: bool = False

    def flags(self) -> dict[str, str]:
        """Options as configuration keys; a bare flag is `true`, `--no-x` is `x=false`."""
        found = {}
        for token in self.tokens:
            if token.name.startswith("--") and len(token.name) > 2:
                key = token.name[2:].removeprefix("config.")
                negated = token.value is None and key.startswith("no-")
                found[key.removeprefix("no-") if negated else key] = "false" if negated else token.value or "true"
        return {key: value for key, value in found.items() if not (key == "global" and value == "false")}

    def argv(self) -> list[str]:
        """The command line without what leads past the gate."""
        return args.emit(self.tokens, _kept)


def read(client: str, argv: Sequence[str]) -> Line:
    """Take a command line apart.

    Raises:
        UsageError: the versions of pnpm do not read it alike.
    """
    if client in _DLX:
        tokens = _plain(args.scan(argv, options.HEAD))
        return Line("dlx", tuple(tokens), tuple(args.words(tokens)))
    return _command(list(argv), Line("", ()))


def _command(argv: list[str], before: Line) -> Line:
    """The line that begins with `argv`, after what `before` holds."""
    head = _plain(args.scan(argv, options.HEAD))
    words = args.words(head)
    at = next((at for at, token in enumerate(head) if token.name == ""), len(head))
    tokens = (*before.tokens, *head[: at + 1])
    recursive = before.recursive or args.has(head[:at], "--recursive", "--filter", "--filter-prod")
    if not words:
        return Line("", tokens, (), before.version, recursive)
    first, rest = words[0], words[1:]
    if first == "pm" and not before.tokens:
        return _command(rest, Line("", tokens, (), before.version, recursive))
    command = options.canonical(first)
    if command == "recursive":
        return _command(rest, Line("", tokens, (), before.version, recursive=True))
    if command == "with" and rest:
        version = before.version if rest[0] == "current" else rest[0]
        return _command(rest[1:], Line("", (*tokens, _word(rest[0])), (), version, recursive))
    if command is None or command in options.RUNNING:
        return Line(command or "run", (*tokens, *map(_word, rest)), tuple(rest), before.version, recursive)
    following = args.scan(rest, _grammar(command))
    _plain(following)
    words = args.words(following)
    if command == "install" and words:
        command = "add"
    recursive = recursive or args.has(following, "--recursive", "--filter", "--filter-prod")
    return Line(command, (*tokens, *following), tuple(words), before.version, recursive)


def _grammar(command: str) -> args.Grammar:
    if command in ("dlx", "create"):
        return options.HEAD
    return options.PATCH if command == "patch" else options.GRAMMAR


def _word(text: str) -> args.Token:
    return args.Token("", text, (text,))


def _plain(tokens: list[args.Token]) -> list[args.Token]:
    """The tokens, if every pnpm reads them so.

    Raises:
        UsageError: an option that is not pnpm's, or that takes the next word for its value in some versions only.
    """
    for at, token in enumerate(tokens):
        if token.name not in ("", "--") and "=" not in token.text[0]:
            _check(token, tokens[at + 1].value if tokens[at + 1 :] and not tokens[at + 1].name else None)
    return tokens


def _check(token: args.Token, word: str | None) -> None:
    """See `_plain`; `word` follows the option without being its value."""
    bound = token.name.startswith(("--config.", "--//", "--@"))
    if bound or not options.known(token.name) or (token.value is None and word in options.VAGUE):
        raise UsageError(f"not every pnpm reads {token.name!a} alike", "Write it as --option=value")


def _kept(token: args.Token) -> bool:
    """Whether an option leads nowhere but to the gate."""
    name = token.name.replace("--config.", "--", 1)
    return name not in options.DROPPED and not name.startswith("--//") and not name.endswith(":registry")


def environment_files(line: Line) -> Iterator[str]:
    """The files of variables that pnpm is told to read first."""
    yield from args.values(line.tokens, "--env-file")


def setting(flags: Mapping[str, str], name: str) -> bool:
    """Whether a boolean option is on."""
    return flags.get(name) in ("true", "")
