"""pipx: what a command line means, which indexes it uses, how it is sent to the gate.

pipx hands everything to pip or uv. So a command line is written down as the pip or uv command that pipx makes of it,
and read as such: settings, indexes and the environment that leads to the gate are those of pip and of uv. Measured:
pipx hands its environment on, keeps `--pip-args` (and gives them again at each upgrade), and fetches a pip of its own
through the same index.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from slopguard.clients import argv as args
from slopguard.clients import pip_options, pipx_backend, pipx_kept, pipx_line, pipx_options
from slopguard.clients.interface import GateAddress, Invocation, Launch
from slopguard.clients.pip import Pip, pip_environment
from slopguard.clients.pipx_kept import UV
from slopguard.clients.pipx_line import Line, script_of, understand
from slopguard.clients.uv import Uv, uv_environment
from slopguard.errors import ConfigError, UsageError
from slopguard.indexes import Index
from slopguard.model import Ecosystem, Sighting
from slopguard.readers.interface import Problem
from slopguard.readers.spec import pypi


class Pipx:
    """pipx."""

    names: tuple[str, ...] = ("pipx",)
    ecosystem = Ecosystem.PYPI

    def __init__(self) -> None:
        self._asked: pipx_backend.Asked | None = None

    def parse(self, name: str, argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Invocation:
        """See `Client.parse`.

        Raises:
            InputError: a file that says what to install cannot be read.
            UsageError: the command line can be read in more than one way, or leads past the gate.
        """
        line = understand(argv)
        if not _installs(line):
            return Invocation(name, tuple(argv), line.command, installs=False, cwd=cwd)
        _unguarded(line)
        first = _inner(line, pipx_backend.guess(env), env, cwd)[0]
        typed, problems = _typed(line, env, cwd)
        files = [cwd / file for file in args.values(line.after, "--requirement")]
        return Invocation(
            client=name,
            argv=tuple(argv),
            command=line.command,
            installs=True,
            typed=(*typed, *first.typed),
            files=(*files, *first.files),
            constraints=first.constraints,
            problems=(*problems, *first.problems),
            indexes=first.indexes,
            cwd=cwd,
            offline=first.offline,
            runs=line.command == "run",
        )

    def indexes(self, call: Invocation, command: Sequence[str], env: Mapping[str, str]) -> tuple[Index, ...]:
        """See `Client.indexes`: those of the backend that is at work, of both where both are."""
        line = understand(call.argv)
        asked = self._ask(command, env)
        found: dict[Index, None] = {}
        for inner in _inner(line, asked, env, call.cwd):
            client, start = _client(inner, line, asked, command, env)
            found |= dict.fromkeys(client.indexes(inner, start, env))
        return tuple(found)

    def launch(
        self,
        call: Invocation,
        command: Sequence[str],
        env: Mapping[str, str],
        gate: GateAddress,
        indexes: Sequence[Index],
        scratch: Path,
    ) -> Launch:
        """See `Client.launch`: pip and uv are both sent to the gate, whichever pipx starts."""
        line = understand(call.argv)
        asked = self._ask(command, env)
        child = dict(env)
        left: Sequence[str] = ()
        inner = _inner(line, asked, env, call.cwd)
        for each in inner:
            client, start = _client(each, line, asked, command, child)
            launch = client.launch(each, start, child, gate, indexes, scratch)
            child, left = dict(launch.env), launch.argv[len(start) :]
        backends = {each.client for each in inner}
        child |= {} if "pip" in backends else pip_environment(gate, indexes)
        child |= {} if UV in backends else uv_environment(gate, indexes, (), scratch, pip=True)
        handed = left[1:] if UV in backends and line.command == "runpip" else left
        return Launch((*command, *pipx_line.guarded(line, [each.client for each in inner], handed)), child)

    def lock_files(self, call: Invocation, env: Mapping[str, str]) -> tuple[Path, ...]:
        """What pip or uv would write to: the lock of a script that uv runs, what `runpip` is told to write."""
        line = understand(call.argv)
        if line.command not in ("run", "runpip"):
            return ()
        inner = _inner(line, pipx_backend.guess(env), env, call.cwd)
        return tuple(path for each in inner for path in (Uv() if each.client == UV else Pip()).lock_files(each, env))

    def mapped(self, command: Sequence[str], env: Mapping[str, str]) -> frozenset[str]:
        """See `Client.mapped`: none."""
        return frozenset()

    def _ask(self, command: Sequence[str], env: Mapping[str, str]) -> pipx_backend.Asked:
        """What pipx says about itself, asked once."""
        self._asked = self._asked or pipx_backend.ask(command, env)
        return self._asked


def _installs(line: Line) -> bool:
    """Whether pipx may resolve or install anything."""
    if line.command not in pipx_options.INSTALLING or args.has(line.before + line.after, "--help"):
        return False
    if line.command == "runpip":
        return any(word in pip_options.INSTALLING or word == "sync" for word in pipx_line.runpip(line))
    if line.command == "interpreter":
        return line.words[:1] == ["upgrade"]
    return not args.has(line.after, "--pypackages")


def _unguarded(line: Line) -> None:
    """Refuse what installs from addresses in a file of its own.

    Raises:
        UsageError: `--lock`, `manifest`.
    """
    if line.command == "manifest" or args.has(line.after, "--lock"):
        raise UsageError("pipx installs from lock files past every index", "Use pipx install without --lock")


def _typed(line: Line, env: Mapping[str, str], cwd: Path) -> tuple[list[Sighting], list[Problem]]:
    """The packages that the command line names or stands for, those that scripts require included."""
    found: list[Sighting] = []
    problems: list[Problem] = []
    for spec in pipx_line.specs(line, env, cwd):
        script = pipx_line.script(spec, cwd) if line.command in ("install", "run") else None
        if script:
            reading = pipx_line.metadata(script, cwd)
            found += reading.sightings
            problems += reading.problems
        elif not (line.command == "run" and (cwd / spec).is_file() and args.last(line.after, "--spec") is None):
            found.append(pypi(spec, cwd))
    return found, problems


def _inner(line: Line, asked: pipx_backend.Asked, env: Mapping[str, str], cwd: Path) -> list[Invocation]:
    """The pip and uv commands that stand for what pipx starts, their packages left out."""
    made = []
    for backend in pipx_backend.backends(line, asked, env, cwd):
        script = script_of(line, cwd)
        if backend == UV:
            words = ["run", "--script", str(script)] if script else ["pip", "install", *line.given(backend)]
            words = ["pip", *pipx_line.runpip(line)] if line.command == "runpip" else words
            folder = cwd if script else pipx_kept.home(env) / "venvs"
            made.append(replace(Uv().parse(UV, words, cwd, env), cwd=folder, here=cwd))
        else:
            words = pipx_line.runpip(line) if line.command == "runpip" else ["install", *line.given(backend)]
            made.append(Pip().parse("pip", words, cwd, env))
    return made


def _client(
    inner: Invocation, line: Line, asked: pipx_backend.Asked, command: Sequence[str], env: Mapping[str, str]
) -> tuple[Pip | Uv, tuple[str, ...]]:
    """What reads a command of `_inner`, and how it is started.

    Raises:
        ConfigError: pipx would use a uv that is not there.
    """
    if inner.client != UV:
        everybody = args.has(line.after, "--global")
        return Pip(), pipx_backend.pip_command(command, env, everybody=everybody)
    start = pipx_backend.uv_command(asked, env)
    if start is None:
        raise ConfigError("pipx would use uv, which is not installed", "Name the other: --backend pip")
    return Uv(), start
