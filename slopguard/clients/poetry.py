"""poetry: what a command line means, which indexes it uses, how it is sent to the gate.

Redirection, as measured: no variable or setting moves poetry's built-in index, and a source in pyproject.toml shows in
the lock file. So a plugin of ours, known to this one process (see `poetry_itself`, `poetry_plugin`), sends its requests
to the gate. A poetry that does not load it finds only the gate as its proxy, which refuses, and leaves no mark.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from slopguard.clients import argv as args
from slopguard.clients import poetry_config, poetry_itself, poetry_options, secrets, sources
from slopguard.clients.interface import GateAddress, Invocation, Launch
from slopguard.clients.pip import pip_environment
from slopguard.clients.poetry_config import Config
from slopguard.clients.poetry_line import Line, understand
from slopguard.errors import UsageError
from slopguard.indexes import Index
from slopguard.model import Ecosystem, Sighting
from slopguard.readers.poetry_tables import typed


class Poetry:
    """poetry."""

    names: tuple[str, ...] = ("poetry",)
    ecosystem = Ecosystem.PYPI

    def __init__(self) -> None:
        self._built_in: dict[Sequence[str], str] = {}

    def parse(self, name: str, argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Invocation:
        """See `Client.parse`.

        Raises:
            UsageError: it is told to load no plugins, so that nothing could guard it.
        """
        line = understand(argv)
        here = cwd / (args.last(line.tokens, "--directory") or "")
        project = here / (args.last(line.tokens, "--project") or "")
        writes = line.command == "publish"
        if not (line.installs and project.is_dir()):
            return Invocation(name, tuple(argv), line.command, installs=False, writes=writes, cwd=project)
        if args.has(line.tokens, "--no-plugins"):
            raise UsageError("poetry without plugins cannot be guarded", "Leave --no-plugins out")
        return Invocation(
            client=name,
            argv=tuple(argv),
            command=line.command,
            installs=True,
            typed=tuple(packages(line, here)),
            files=tuple(_files(line, project, env)),
            cwd=project,
            here=here,
            frozen=line.command in ("install", "sync"),
        )

    def indexes(self, call: Invocation, command: Sequence[str], env: Mapping[str, str]) -> tuple[Index, ...]:
        """See `Client.indexes`."""
        config = self._config(call, command, env)
        beside = {**env, "PATH": os.pathsep.join([str(Path(command[0]).resolve().parent), env.get("PATH", os.defpath)])}
        return tuple(index for setting in config.sources for index in _built(setting, config, beside))

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
        config = self._config(call, command, env)
        routes = [(setting.url, gate.index_url(_route(setting, indexes), auth=False)) for setting in config.sources]
        child, mark = poetry_itself.launched(env, gate, routes, pip_environment(gate, indexes), scratch)
        return Launch((*command, *call.argv), child, mark)

    def lock_files(self, call: Invocation, env: Mapping[str, str]) -> tuple[Path, ...]:
        """None: poetry.lock names the sources as the project does, and no file's address."""
        return ()

    def mapped(self, command: Sequence[str], env: Mapping[str, str]) -> frozenset[str]:
        """See `Client.mapped`: none."""
        return frozenset()

    def _config(self, call: Invocation, command: Sequence[str], env: Mapping[str, str]) -> Config:
        """What decides about indexes; poetry itself is asked once, as a wrapper makes that slow."""
        asked = tuple(command)
        if asked not in self._built_in:
            self._built_in[asked] = poetry_itself.built_in(command, env)
        return poetry_config.load(call.cwd, env, self._built_in[asked], itself=call.command.startswith("self"))


def _route(setting: sources.Setting, indexes: Sequence[Index]) -> str:
    """The key of the index that stands for a source: by address, or (slopguard's settings name another) by name."""
    same = [i for i in indexes if sources.canonical(i.url) == sources.canonical(setting.url)]
    return next(i.key for i in [*same, *(i for i in indexes if i.name == setting.name)])


def _built(setting: sources.Setting, config: Config, env: Mapping[str, str]) -> tuple[Index, ...]:
    """One source as an index."""
    names = config.names(setting)
    name, held = next(((n, known) for n in names if (known := config.credentials(n))), (names[0], None))
    own = next(filter(None, (config.certificate(n, "client-cert") for n in names)), None)
    host = setting.url.partition("://")[2].partition("/")[0].rpartition("@")[2]
    bundle = next(filter(None, (config.certificate(n, "cert") for n in names)), None)
    found = sources.build(
        Ecosystem.PYPI,
        [setting],
        config.known,
        {sources.canonical(setting.url): held} if held and held.secret else {},
        env=env,
        ca_file=bundle or sources.file_of(env.get("REQUESTS_CA_BUNDLE"), env.get("CURL_CA_BUNDLE")),
        own_cert=lambda url: (own, None) if own else None,
        insecure=frozenset() if all(map(config.verified, names)) else frozenset({host}),
    )
    if held and not held.secret:  # the password lies in poetry's own entry of the keyring
        ask = partial(secrets.keyring, f"poetry-repository-{name}", held.username, env)
        return tuple(replace(index, ask=ask) for index in found)
    return secrets.with_keyring_later(found, env)


def packages(line: Line, here: Path) -> Iterable[Sighting]:
    """The packages that the command line names."""
    named = args.words(line.after) if line.command in poetry_options.TYPED else []
    named += args.values(line.after, "--dependency", "--dev-dependency")
    source = args.last(line.after, "--source")
    return [typed(word, here, source) for word in named if word]


def _files(line: Line, project: Path, env: Mapping[str, str]) -> list[Path]:
    """The manifest and the lock file; not the lock where poetry is told to make another, or to take something out."""
    if line.command in ("remove", "init", "new", "self remove"):
        return []
    own = poetry_config.folder(env) / "pyproject.toml"
    manifest = own if line.command.startswith("self ") else poetry_config.manifest(project)
    if manifest is None or not manifest.is_file():
        return []
    lock = manifest.with_name("poetry.lock")
    return [manifest, *([lock] if lock.is_file() and not line.relocks else [])]
