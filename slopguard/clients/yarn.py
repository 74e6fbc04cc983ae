"""yarn (1, and 2 and later), yarnpkg, and corepack's shims of these names.

Invariant: which yarn a command would run is found out before anything is started (`yarn_which`); what a project brings
along in `.yarn/releases` or as plugins is code of the project's own, and is not judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from slopguard.clients import argv as args
from slopguard.clients import (
    corepack,
    npm_config,
    npm_indexes,
    sources,
    yarn_berry,
    yarn_classic,
    yarn_line,
    yarn_which,
)
from slopguard.clients import yarn_options as options
from slopguard.clients.interface import GateAddress, Invocation, Launch
from slopguard.clients.npm import creator
from slopguard.clients.sources import Setting
from slopguard.clients.yarn_line import Line
from slopguard.clients.yarn_which import Which
from slopguard.errors import ConfigError
from slopguard.indexes import Index, IndexKind
from slopguard.model import Ecosystem, Layer, Location, Sighting, Source, SourceKind
from slopguard.patterns import regex
from slopguard.readers import package_json, spec, yarn_spec

_PROTOCOL = regex(r"(?:npm|patch|jsr|workspace|link|portal|exec|catalog):")


class Yarn:
    """yarn and yarnpkg."""

    names: tuple[str, ...] = ("yarn", "yarnpkg")
    ecosystem = Ecosystem.NPM

    def parse(self, name: str, argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Invocation:
        """See `Client.parse`.

        Raises:
            ConfigError: it cannot be told which yarn this is, or a settings file of it cannot be read.
        """
        line = yarn_line.read(argv, cwd)
        writes = line.command in options.WRITING
        if not _installs(line):
            return Invocation(name, tuple(argv), line.command, installs=False, writes=writes, cwd=line.cwd)
        which = yarn_which.which(None, line.cwd, env)
        root = yarn_which.project_root(line.cwd)
        return Invocation(
            client=name,
            argv=tuple(argv),
            command=line.command,
            installs=True,
            typed=(*_manager(name, argv, line, env), *_typed(line, which), *_plugins(line, env)),
            files=_files(line, root, env, _members(argv, root)),
            indexes=_flag_indexes(line),
            cwd=root,
            here=line.cwd,
            frozen=line.has("--frozen-lockfile", "--immutable", "--immutable-cache"),
            offline=_offline(line, which, env),
            runs=line.command in ("dlx", "create", "init"),
        )

    def indexes(self, call: Invocation, command: Sequence[str], env: Mapping[str, str]) -> tuple[Index, ...]:
        """See `Client.indexes`.

        Raises:
            ConfigError: a settings file cannot be read, or no registry is known.
        """
        line = yarn_line.read(call.argv, call.here or call.cwd)
        line = replace(line, cwd=call.here or call.cwd)
        which = yarn_which.which(Path(command[0]), line.cwd, env)
        inside = _inside(call, line)
        found = _classic(line, which, env, call.cwd, inside) if which.classic else _berry(line, which, env)
        if any("://" not in index.url for index in found):
            raise ConfigError("yarn does not say which registry it uses", "Set it in your own settings file of yarn")
        return found

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
        executable, place = Path(command[0]), call.here or call.cwd
        which = yarn_which.which(executable, place, env)
        to_the_gate = yarn_classic.environment if which.classic else yarn_berry.environment
        child = to_the_gate(env, gate, indexes, scratch)
        main = next((index for index in indexes if index.kind is IndexKind.DEFAULT), None)
        if corepack.is_shim(executable) and main:
            child |= corepack.environment(gate, main)
        more = yarn_classic.options(scratch) if which.classic else []
        return Launch((*command, *more, *_argv(call)), child)

    def lock_files(self, call: Invocation, env: Mapping[str, str]) -> tuple[Path, ...]:
        """The project's lock file and what yarn 1 notes of it; yarn 1 keeps both of its global packages too."""
        line = yarn_line.read(call.argv, call.here or call.cwd)
        if call.command == "dlx":
            return ()
        place = call.cwd
        if call.command.startswith(("global ", "create")):
            named = args.last(line.tokens, "--global-folder")
            place = yarn_classic.global_folder({"global-folder": named or ""}, env, call.cwd)
        modules = place / (args.last(line.tokens, "--modules-folder") or "node_modules")
        return place / "yarn.lock", modules / ".yarn-integrity"

    def mapped(self, command: Sequence[str], env: Mapping[str, str]) -> frozenset[str]:
        """See `Client.mapped`: none; yarn 1 fetches what its lock file says, and later ones record no address."""
        return frozenset()


def _installs(line: Line) -> bool:
    """Whether yarn may fetch packages, or code of its own, for this command."""
    word, _, more = line.command.partition(" ")
    if word == "global":
        return more in ("add", "upgrade", "remove", "upgrade-interactive")
    if word in ("plugin", "set", "policies"):
        return more == "resolution" or (more in ("import", "version", "set-version") and _addressed(line))
    if word == "init":
        return bool(line.words)
    return word in options.INSTALLING


def _addressed(line: Line) -> bool:
    """Whether what yarn would download is given by address, or as somebody's repository."""
    return any("://" in word for word in line.words) or any(t.name == "--repository" for t in line.tokens)


def _typed(line: Line, which: Which) -> list[Sighting]:
    """The packages that the command line names."""
    word, _, more = line.command.partition(" ")
    if word == "dlx":
        named = args.values(line.tokens, "--package") or list(line.words[:1])
    elif word in ("create", "init"):
        named = [_creator(line.words[0], which) if word == "create" else line.words[0]] if line.words else []
        named = args.values(line.tokens, "--package") or named
    elif word in ("plugin", "set", "policies"):
        named = [text for text in line.words if "://" in text]
        named += [t.value or t.text[0].partition("=")[2] for t in line.tokens if t.name == "--repository"]
    elif (more or word) in options.NAMING:
        named = [text for text in line.words if "*" not in text]
    else:
        named = []
    return [_wanted(text, line.cwd) for text in named if text]


def _wanted(text: str, cwd: Path) -> Sighting:
    """One package argument, with the protocols that only a manifest has in npm."""
    parts = yarn_spec.split(text)
    if parts and _PROTOCOL.match(parts[1]):
        return replace(package_json.entry(*parts, cwd, Location(""), {}), location=None)
    return spec.npm(text, cwd)


def _creator(word: str, which: Which) -> str:
    """The package that `yarn create WORD` runs; later yarns leave a name that says `create` already."""
    bare = word.partition("/")[2] if word.startswith("@") else word
    if not which.classic and (bare.startswith("create-") or bare.partition("@")[0] == "create"):
        return word
    return creator(word)


def _manager(name: str, argv: Sequence[str], line: Line, env: Mapping[str, str]) -> list[Sighting]:
    """The yarn that corepack would download first."""
    start = yarn_which.on_path(env)
    if start is None or not corepack.is_shim(start):
        return []
    found = corepack.wanted(line.cwd, name, env, argv)
    return [found] if found else []


def _plugins(line: Line, env: Mapping[str, str]) -> list[Sighting]:
    """The plugins that yarn would download and run, each as what it is: a file at an address."""
    return [
        Sighting(
            Ecosystem.NPM, "plugin", source=Source(SourceKind.URL, url, trusted=False), location=Location(str(path))
        )
        for url, path in yarn_berry.missing_plugins(yarn_berry.load(line.cwd, env))
    ]


def _members(argv: Sequence[str], root: Path) -> list[Path]:
    """The members of a project in any of which yarn may work (`yarn workspace NAME`)."""
    return npm_config.workspaces(root) if not {"workspace", "workspaces"}.isdisjoint(argv) else []


def _files(line: Line, root: Path, env: Mapping[str, str], members: Sequence[Path]) -> tuple[Path, ...]:
    """The manifests and the lock file of the project, workspaces included, and the settings that add packages."""
    if line.command.startswith(("dlx", "create", "init", "global ", "plugin ", "policies ", "set v")):
        return ()
    manifests = [folder / "package.json" for folder in (root, *npm_config.workspaces(root))]
    settings = dict.fromkeys(path for folder in (line.cwd, *members) for path in yarn_berry.adding(folder, env))
    found = (*manifests, *settings, root / "yarn.lock")
    return tuple(path for path in found if path.is_file())


def _flags(line: Line) -> dict[str, str]:
    """The registry that the command line names, as a setting."""
    named = args.last(line.tokens, "--registry")
    return {"registry": named} if named else {}


def _flag_indexes(line: Line) -> tuple[Index, ...]:
    settings = [Setting(url, IndexKind.DEFAULT, Layer.FLAG) for url in _flags(line).values()]
    return sources.build(Ecosystem.NPM, settings, (), env={})


def _offline(line: Line, which: Which, env: Mapping[str, str]) -> bool:
    """Whether yarn was told not to use the network."""
    return line.has("--offline") or (not which.classic and yarn_berry.load(line.cwd, env).offline())


def _berry(line: Line, which: Which, env: Mapping[str, str]) -> tuple[Index, ...]:
    """The registries of yarn 2 and later."""
    config = yarn_berry.load(line.cwd, env)
    default = Setting(which.default or which.vouched, layer=Layer.PROJECT)
    flagged = [Setting(url, layer=Layer.FLAG, named="the option --registry") for url in _flags(line).values()]
    used = [*flagged, *config.settings(default)[len(flagged) :]]
    known = [*config.everywhere(default), *([Setting(which.vouched)] if which.vouched else [])]
    held = {sources.canonical(s.url): config.credentials(s) for s in used}
    return sources.build(
        Ecosystem.NPM,
        used,
        known,
        {url: found for url, found in held.items() if found},
        env=env,
        ca_file=config.bundle(),
        ca_extra=sources.file_of(env.get("NODE_EXTRA_CA_CERTS")),
        proxy=lambda url: config.text("httpsProxy" if url.startswith("https:") else "httpProxy", own=True),
        insecure=frozenset(_host(s.url) for s in used) if config.loose() else frozenset(),
    )


def _inside(call: Invocation, line: Line) -> list[Path]:
    """The folders below the project's root whose settings count: up from where yarn starts; of any workspace named."""
    below = [folder for folder in (line.cwd, *line.cwd.parents) if call.cwd in folder.parents]
    return below + _members(call.argv, call.cwd)


def _classic(line: Line, which: Which, env: Mapping[str, str], root: Path, inside: Sequence[Path]) -> tuple[Index, ...]:
    """The registries of yarn 1."""
    config = yarn_classic.load(_flags(line), env, root, inside)
    default = which.default or which.vouched
    used = config.settings(default)
    used = [replace(s, layer=Layer.PROJECT) if s.layer is Layer.BUILTIN else s for s in used]
    known = [s for s in config.everywhere(default) if s.layer is not Layer.BUILTIN]
    known += [Setting(which.vouched)] if which.vouched else []
    return npm_indexes.built(config, used, known, env)


def _argv(call: Invocation) -> list[str]:
    """The command line without the options of yarn 1 that lead past the gate; what a command runs keeps its own."""
    tokens = args.scan(call.argv, options.FIRST if call.runs else options.PLAIN)
    return args.emit(tokens, lambda token: token.name not in options.DROPPED)


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2].partition(":")[0]
