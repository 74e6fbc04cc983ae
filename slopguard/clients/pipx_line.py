"""A pipx command line taken apart, and written down again as the pip and uv commands that pipx makes of it.

pipx installs through one of two backends, pip or uv. What it hands to them (`--index-url`, `--pip-args`, the packages)
is read by what slopguard knows of pip and of uv. Invariant: a line that is handed to a backend in another way than
pip's or uv's own commands would read it is refused.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from slopguard import readers
from slopguard.clients import argv as args
from slopguard.clients import pip_options, pipx_kept, pipx_options, uv_options
from slopguard.clients.pipx_kept import PIP, UV, Kept
from slopguard.clients.uv import comma_separated
from slopguard.errors import UsageError
from slopguard.readers.interface import Context, Reading

_SCRIPT = b"# /// script"


@dataclass(frozen=True, slots=True)
class Line:
    """A pipx command line taken apart: options `before` the command, the `command`, everything `after` it."""

    before: list[args.Token]
    command: str
    after: list[args.Token]

    @property
    def words(self) -> list[str]:
        """The words after the command."""
        return args.words(self.after)

    def given(self, backend: str) -> list[str]:
        """The options that a backend is given: `--index-url`, then those in `--pip-args`.

        Raises:
            UsageError: they cannot be told apart.
        """
        return [*_index(self.after), *args.emit(_given(self.after, backend))]


def understand(argv: Sequence[str]) -> Line:
    """Take a command line apart.

    Raises:
        UsageError: it can be read in more than one way.
    """
    before = args.scan(argv, pipx_options.BEFORE)
    at = next((i for i, token in enumerate(before) if token.name == ""), len(before))
    words = [token.text[0] for token in before[at:]]
    command, rest = (words[0] if words else ""), words[1:]
    grammar = pipx_options.UNTIL_WORD if command in ("run", "runpip") else pipx_options.AFTER
    return Line(before[:at], command, args.scan(rest, grammar))


def _given(tokens: Sequence[args.Token], backend: str) -> list[args.Token]:
    text = args.last(tokens, "--pip-args") or ""
    if text[:1] == "'" and text.find("'", 1) == len(text) - 1 > 0:  # as some shells hand it over
        text = text[1:-1]
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError("the value of --pip-args cannot be split into words", "Close its quotes") from error
    return args.scan(words, uv_options.grammar("pip install") if backend == UV else pip_options.AFTER)


def _index(tokens: Sequence[args.Token]) -> list[str]:
    found = args.last(tokens, "--index-url")
    return [] if found is None else ["--index-url", found]


def runpip(line: Line) -> list[str]:
    """The arguments that `runpip` hands to pip; one that holds several words is split, as pipx does."""
    rest = line.words[1:]
    return shlex.split(rest[0]) if len(rest) == 1 and any(map(str.isspace, rest[0])) else rest


def specs(line: Line, env: Mapping[str, str], cwd: Path) -> list[str]:
    """The requirements that the command line names, or stands for: those of environments that are installed again.

    Raises:
        InputError: the file for `install-all` cannot be read.
        UsageError: an environment would be installed from an index past the gate.
    """
    words = line.words
    if line.command == "upgrade-shared":
        return [PIP]
    named = args.values(line.after, "--preinstall", "--spec")
    named += [spec for value in args.values(line.after, "--with") for spec in comma_separated(value)]
    if line.command == "install":
        named += words
    elif line.command == "inject":
        named += words[1:]
    elif line.command == "run":
        named += words[:1] if args.last(line.after, "--spec") is None else []
    found = kept(line, env, cwd)
    for each in found if line.command != "runpip" else ():
        pipx_kept.past_the_gate(each)
        named += each.specs if line.command != "inject" else ()
    known = {each.name for each in found}
    return named + ([word for word in words if word not in known] if line.command == "upgrade" else [])


def kept(line: Line, env: Mapping[str, str], cwd: Path) -> list[Kept]:
    """The environments that the command works on.

    Raises:
        InputError: the file for `install-all` cannot be read.
    """
    words = line.words
    if line.command == "install-all":
        return pipx_kept.listed(cwd / words[0]) if words else []
    folder = pipx_kept.home(env, everybody=args.has(line.after, "--global"))
    if line.command in pipx_options.EVERYWHERE:
        found = pipx_kept.environments(folder)
        if line.command == "repair":
            return [each for each in found if each.name in words] if words else found
        skipped = {*args.values(line.after, "--skip"), *words}
        return [each for each in found if each.name not in skipped]
    if line.command == "upgrade":
        named = words
    else:
        named = words[:1] if line.command in ("inject", "reinstall", "runpip") else []
    return [pipx_kept.environment(path) for name in named if (path := folder / "venvs" / _folder(name)).is_dir()]


def _folder(word: str) -> str:
    """The folder of the environment that a word names, whatever follows the name: `Black>=24` is in `black`."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^A-Za-z0-9._-]", word)[0]).lower() or "-"


def script(word: str, cwd: Path) -> Path | None:
    """The file that a word names, if it has inline metadata (PEP 723).

    Raises:
        UsageError: it is one that slopguard could not tell by its name.
    """
    path = cwd / word
    try:
        if "://" in word or not path.is_file() or _SCRIPT not in path.read_bytes():
            return None
    except OSError:
        return None
    if path.suffix != ".py":
        raise UsageError("a script with inline metadata is only read if its name ends in .py", "Rename it")
    return path


def script_of(line: Line, cwd: Path) -> Path | None:
    """The script that `pipx run` is given."""
    alone = line.command == "run" and args.last(line.after, "--spec") is None
    return next(filter(None, (script(word, cwd) for word in line.words[:1] if alone)), None)


def guarded(line: Line, backends: Sequence[str], handed: Sequence[str]) -> Iterator[str]:
    """The command line without what would lead past the gate.

    Args:
        handed: for `runpip`, pip's own arguments without that.
    """
    yield from args.emit(line.before)
    yield line.command
    for token in line.after:
        if token.name == "--pip-args":
            left = args.emit(_given([token], backends[0]), lambda each: each.name not in pipx_options.PAST)
            yield f"--pip-args={shlex.join(left)}"
        elif token.name != "--index-url":
            yield from token.text
        if token.name == "" and line.command == "runpip":
            yield from handed
            return


def metadata(path: Path, cwd: Path) -> Reading:
    """What a script with inline metadata requires, uv's own tables obeyed.

    Raises:
        InputError: its metadata cannot be read.
    """
    return readers.read(path, context=Context(cwd=cwd, sources=True), kind="pep723")
