"""pdm: what a command line means, which indexes it uses, how it is sent to the gate.

Redirection, as measured: `PDM_PYPI_URL` moves the built-in index only, a source in pyproject.toml is part of the
content hash in pdm.lock, and a settings file cannot replace one. So a plugin of ours, known to this one process (see
`pdm_itself`, `pdm_plugin`), replaces the sources as pdm reads them. A pdm that does not load it finds an index that
serves nothing and a proxy that refuses, and leaves no mark. `pdm self` starts pip, which is read and guarded as pip.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from slopguard.clients import argv as args
from slopguard.clients import pdm_config, pdm_itself, pdm_line, pdm_options, pip_options, secrets, sources, unread
from slopguard.clients.interface import GateAddress, Invocation, Launch
from slopguard.clients.pdm_config import Config, Source
from slopguard.clients.pdm_line import Line, understand
from slopguard.clients.pip import Pip, pip_environment
from slopguard.clients.uv import uv_environment
from slopguard.errors import UsageError
from slopguard.indexes import Index, IndexKind
from slopguard.model import Ecosystem, Sighting
from slopguard.readers.spec import pypi

_UV_TABLES = frozenset({"index", "index-url", "extra-index-url", "find-links", "sources", "override-dependencies"})
"""What uv would read from a project that pdm works on with uv."""


class Pdm:
    """pdm."""

    names: tuple[str, ...] = ("pdm",)
    ecosystem = Ecosystem.PYPI

    def parse(self, name: str, argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Invocation:
        """See `Client.parse`.

        Raises:
            UsageError: the command line can be read in more than one way, or leads past the gate.
        """
        line = understand(argv, cwd, env)
        scripts = pdm_line.scripts(line, cwd)
        here = line.root or cwd
        writes = line.command == "publish"
        if not _installs(line, scripts):
            return Invocation(name, tuple(argv), line.command, installs=False, writes=writes, cwd=here)
        if line.command.startswith("self "):
            return replace(_pip(line, cwd, env), client=name, argv=tuple(argv), command=line.command, cwd=cwd)
        config = _config(line, cwd, env)
        _readable(config, line)
        overrides = _overrides(line, env)
        return Invocation(
            client=name,
            argv=tuple(argv),
            command=line.command,
            installs=True,
            typed=tuple(packages(line, cwd)),
            files=tuple(_files(line, scripts, env, config)),
            constraints=tuple(cwd / path for word in overrides if (path := unread.path_of(word, stdin=False))),
            problems=unread.problems(overrides, stdin=False),
            cwd=here,
            here=cwd,
            frozen=line.command in ("install", "sync"),
            runs=line.command == "run",
        )

    def indexes(self, call: Invocation, command: Sequence[str], env: Mapping[str, str]) -> tuple[Index, ...]:
        """See `Client.indexes`."""
        line, cwd = _again(call, env)
        if line.command.startswith("self "):
            return Pip().indexes(_pip(line, cwd, env), _pip_command(command), env)
        default = pdm_itself.built_in(command, env)
        config = _config(line, cwd, env)
        known = [sources.Setting(default), *config.known()]
        found = [index for source in config.sources(default) for index in _built(source, known, env)]
        if not any(index.kind is IndexKind.DEFAULT for index in found):
            first = next((i for i, index in enumerate(found) if index.kind is IndexKind.EXTRA), None)
            if first is not None:
                found[first] = replace(found[first], kind=IndexKind.DEFAULT)
        return secrets.with_keyring_later(found, env)

    def launch(
        self,
        call: Invocation,
        command: Sequence[str],
        env: Mapping[str, str],
        gate: GateAddress,
        indexes: Sequence[Index],
        scratch: Path,
    ) -> Launch:
        """See `Client.launch`."""
        line, cwd = _again(call, env)
        if line.command.startswith("self "):
            inner = Pip().launch(_pip(line, cwd, env), _pip_command(command), env, gate, indexes, scratch)
            return Launch((*command, *_without_indexes(line, call.argv)), {**inner.env, "PDM_CHECK_UPDATE": "0"})
        config = _config(line, cwd, env)
        routes = {
            _plain(source.setting.url): gate.index_url(_route(source.setting, indexes), auth=False)
            for source in config.sources(pdm_itself.built_in(command, env))
        }
        child, mark = pdm_itself.launched(env, gate, routes, scratch)
        child |= pip_environment(gate, indexes)
        child |= uv_environment(gate, indexes, (), scratch) if config.on("use_uv") else {}
        return Launch((*command, *call.argv), child, mark)

    def lock_files(self, call: Invocation, env: Mapping[str, str]) -> tuple[Path, ...]:
        """pdm.lock, or what stands for it."""
        line, cwd = _again(call, env)
        if line.command.startswith("self "):
            return ()
        lock = pdm_line.lock_file(line, env, _config(line, cwd, env))
        return (lock,) if lock else ()

    def mapped(self, command: Sequence[str], env: Mapping[str, str]) -> frozenset[str]:
        """See `Client.mapped`: none."""
        return frozenset()


def _again(call: Invocation, env: Mapping[str, str]) -> tuple[Line, Path]:
    """The command line of a call, taken apart again, and the folder that it was typed in."""
    cwd = call.here or call.cwd
    return understand(call.argv, cwd, env), cwd


def _installs(line: Line, scripts: Sequence[Path]) -> bool:
    """Whether pdm may resolve, build or install anything."""
    if args.has(line.before + line.after, "--help", "--version", "--pep582"):
        return False
    if line.command.startswith("self "):
        return line.command.removeprefix("self ") in pdm_options.ITSELF
    if line.command == "run":
        return bool(scripts)
    if line.command == "publish" and args.has(line.after, "--no-build"):
        return False
    there = line.root is not None and (line.everybodys or (line.root / "pyproject.toml").is_file())
    return line.command in pdm_options.PROJECT and there


def _config(line: Line, cwd: Path, env: Mapping[str, str]) -> Config:
    root = line.root or cwd
    script = next(iter(pdm_line.scripts(line, cwd)), None)
    named = args.last(line.before, "--config")
    return pdm_config.load(root, env, config_file=named, manifest=script or root / "pyproject.toml", cwd=cwd)


def _readable(config: Config, line: Line) -> None:
    """Refuse a project that pdm hands to uv together with tables of uv's own.

    Raises:
        UsageError: it has such tables.
    """
    if config.on("use_uv") and _UV_TABLES & pdm_line.uv_table(line).keys():
        raise UsageError(
            "pdm with use_uv would obey indexes and sources of [tool.uv] past slopguard",
            "Take them out of pyproject.toml, or switch use_uv off: PDM_USE_UV=0",
        )


def packages(line: Line, cwd: Path) -> Iterable[Sighting]:
    """The packages that the command line names; those of `update` and `remove` stand in the project."""
    if line.command != "add":
        return
    for word in line.words:
        yield pypi(word, cwd)
    for value in args.values(line.after, "--editable", "-e"):
        yield pypi(value, cwd, editable=True)


def _files(line: Line, scripts: Sequence[Path], env: Mapping[str, str], config: Config) -> Iterable[Path]:
    """Manifests and lock files this call will install from."""
    if line.command == "run" or line.root is None:
        return list(scripts)
    lock = pdm_line.lock_file(line, env, config)
    return [*pdm_line.manifests(line.root), *([lock] if lock and lock.is_file() and line.command != "build" else [])]


def _overrides(line: Line, env: Mapping[str, str]) -> list[str]:
    """The files that limit versions, by option and by variable."""
    found = args.values(line.after, "--override")
    return found or [word for word in [env.get("PDM_OVERRIDE", "")] if word]


def _built(source: Source, known: Sequence[sources.Setting], env: Mapping[str, str]) -> tuple[Index, ...]:
    """One source as an index."""
    setting, held = source.setting, source.credentials
    host = setting.url.partition("://")[2].partition("/")[0].rpartition("@")[2]
    return sources.build(
        Ecosystem.PYPI,
        [setting],
        known,
        {sources.canonical(setting.url): held} if held else {},
        env=env,
        ca_file=source.ca_certs or sources.file_of(env.get("REQUESTS_CA_BUNDLE"), env.get("CURL_CA_BUNDLE")),
        own_cert=lambda url: source.own_cert,
        insecure=frozenset() if source.verify else frozenset({host}),
    )


def _plain(url: str) -> str:
    """An address as the plugin compares it."""
    return sources.canonical(url).partition("?")[0]


def _route(setting: sources.Setting, indexes: Sequence[Index]) -> str:
    """The key of the index that stands for a source: by address, or (slopguard's settings name another) by name."""
    same = [i for i in indexes if sources.canonical(i.url) == sources.canonical(setting.url)]
    return next(i.key for i in [*same, *(i for i in indexes if i.name == setting.name)])


def _pip(line: Line, cwd: Path, env: Mapping[str, str]) -> Invocation:
    """The pip command that `pdm self` makes of its words.

    Raises:
        UsageError: the value of `--pip-args` cannot be split into words, or it would be uv's.
    """
    if _config(line, cwd, env).on("use_uv"):
        raise UsageError("pdm self with use_uv cannot be guarded", "Switch it off: PDM_USE_UV=0")
    words = line.words if line.command != "self update" else ["pdm"]
    return Pip().parse("pip", ["install", *_pip_args(line), *words], cwd, env)


def _pip_args(line: Line) -> list[str]:
    try:
        return shlex.split(args.last(line.after, "--pip-args") or "")
    except ValueError as error:
        raise UsageError("the value of --pip-args cannot be split into words", "Close its quotes") from error


def _pip_command(command: Sequence[str]) -> tuple[str, ...]:
    """The pip of the Python that pdm runs on."""
    return (str(pdm_itself.interpreter(command) or sys.executable), "-m", "pip")


def _without_indexes(line: Line, argv: Sequence[str]) -> list[str]:
    """The command line of `pdm self` without what names an index in the options for pip."""
    if not args.has(line.after, "--pip-args"):
        return list(argv)
    left = args.emit(args.scan(_pip_args(line), pip_options.AFTER), lambda token: token.name not in pip_options.DROPPED)
    rest = args.emit(line.after, lambda token: token.name != "--pip-args")
    return [*args.emit(line.before), *line.command.split(), f"--pip-args={shlex.join(left)}", *rest]
