"""pnpm, pnpx, pn and pnx: what a command line means, which registries they use, how they are sent to the gate.

Redirection, as measured: `npm_config_*` in the environment for pnpm 10; `pnpm_config_registry` and `pnpm_config__auth`
(the one channel for scopes and tokens that beats pnpm-workspace.yaml and every .npmrc) for 11 and 12; flags beat them
all and therefore leave the command line. In pnpm 10 pnpm-workspace.yaml beats even flags: its registries are translated
while it runs, as lock files are. pnpm 11 and 12 choose versions from their metadata cache for a day without asking, so
that a command that may choose gets an empty one; the store of files stays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from slopguard.clients import argv as args
from slopguard.clients import (
    asking,
    corepack,
    npm_indexes,
    pnpm_config,
    pnpm_itself,
    pnpm_line,
    pnpm_places,
    pnpm_project,
    sources,
)
from slopguard.clients import pnpm_options as options
from slopguard.clients.interface import GateAddress, Invocation, Launch
from slopguard.clients.npm import npm_environment
from slopguard.clients.pnpm_line import Line
from slopguard.clients.pnpm_project import WORKSPACE, Project
from slopguard.errors import UsageError
from slopguard.indexes import Index, IndexKind
from slopguard.model import Ecosystem, Layer, Location, Sighting
from slopguard.patterns import regex
from slopguard.readers import package_json
from slopguard.readers.spec import npm as read_spec

_OURS = regex(
    r"p?npm_config_(?:registry|@.*:registry|_auth|.*proxy|offline|prefer[-_]o(?:ff|n)line|update[-_]notifier"
    r"|cache[-_]dir|pnpr[-_]server)",
    re.IGNORECASE,
)
_LOCAL = regex(r"(?:workspace|link|catalog|runtime):")
_VARIABLE = regex(r"^\s*(?:export\s+)?p?npm_config_", re.IGNORECASE | re.MULTILINE)
_BRINGING = regex(
    r"(?:pnpm_config_)?(?:overrides|package[-_]?extensions|catalogs?|config[-_]?dependencies|(?:named[-_]?)?registries)"
    r"(?:\..*)?",
    re.IGNORECASE | re.DOTALL,
)
_REPLACING = ("overrides", "packageExtensions")
_MODULES = "node_modules/.modules.yaml"


class Pnpm:
    """pnpm and pnpx, and their short names."""

    names: tuple[str, ...] = ("pnpm", "pnpx", "pn", "pnx")
    ecosystem = Ecosystem.NPM

    def parse(self, name: str, argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Invocation:
        """See `Client.parse`.

        Raises:
            UsageError: the versions of pnpm do not read it alike.
            InputError: pnpm-workspace.yaml is not YAML.
        """
        line = pnpm_line.read(name, argv)
        flags = line.flags()
        project = pnpm_project.find(cwd, flags, env, recursive=line.recursive)
        executable = pnpm_itself.on_path(name, env)
        first = _first(line, project, flags, env, executable)
        installs = _installs(line) or _ahead(line, project, flags, env, executable)
        if not installs and not first and not pnpm_itself.brings_along(project):
            writes = line.command in options.WRITING
            return Invocation(name, tuple(argv), line.command, installs=False, writes=writes, cwd=project.here)
        _check_variables(line, cwd, env)
        everything = installs and line.command in options.TREE | options.RUNNING
        everything = everything and not pnpm_line.setting(flags, "global")
        files = _files(project, flags, env) if everything else _settings_file(project, line)
        return Invocation(
            client=name,
            argv=tuple(argv),
            command=line.command,
            installs=True,
            typed=(*first, *pnpm_itself.brought(project), *_typed(line, project.here)),
            files=tuple(files),
            indexes=_flag_indexes(flags),
            problems=tuple(project.problems()) if everything else (),
            cwd=project.root,
            here=project.here,
            frozen=line.command in options.FROZEN or flags.get("frozen-lockfile") == "true",
            offline=_offline(flags, env, project),
            runs=line.command in ("dlx", "create", "with") or line.command in options.RUNNING,
        )

    def indexes(self, call: Invocation, command: Sequence[str], env: Mapping[str, str]) -> tuple[Index, ...]:
        """See `Client.indexes`."""
        line = pnpm_line.read(call.client, call.argv)
        project = _project(call, line, env)
        built_in = pnpm_config.built_in(command, env)
        found = pnpm_config.load(project, line.flags(), env, _version(command, env))
        config, used = found.keys, found.settings(built_in)
        return npm_indexes.built(config, used, config.everywhere(built_in["registry"]), env)

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
        child = {key: value for key, value in env.items() if not _OURS.fullmatch(key)}
        child |= environment(gate, indexes)
        old = pnpm_config.old(_version(command, env))
        if old or call.command == "with":
            child["npm_config_globalconfig"] = str(pnpm_config.tokens(env, gate, indexes, scratch))
        main = next((index for index in indexes if index.kind is IndexKind.DEFAULT), None)
        if corepack.is_shim(Path(command[0])) and main:
            child |= corepack.environment(gate, main)
        before: tuple[str, ...] = ()
        if call.offline:
            child["pnpm_config_offline"] = "true"
            child["pnpm_config_trust_lockfile"] = "true"  # judged here; the cache of what pnpm verified is gone
        else:
            child |= {f"{prefix}_config_cache_dir": str(scratch / "cache") for prefix in ("npm", "pnpm")}
            before = (f"--config.cache-dir={scratch / 'cache'}", "--config.prefer-offline=false") if old else ()
        return Launch((*command, *before, *pnpm_line.read(call.client, call.argv).argv()), child)

    def lock_files(self, call: Invocation, env: Mapping[str, str]) -> tuple[Path, ...]:
        """The lock files of the workspace, its file of settings, and where pnpm 10 notes the registries it used."""
        line = pnpm_line.read(call.client, call.argv)
        if call.command in ("dlx", "create", "self-update") or not call.installs:
            return ()
        flags = line.flags()
        if pnpm_line.setting(flags, "global"):
            depths = ("*", "*/*")  # pnpm 10 has one project for all, later ones have one each
            moved = pnpm_places.told(_project(call, line, env), flags, env, "global-dir")
            bases = (call.here or call.cwd, _home(env))  # pnpm 12 means one below its home
            homes = [_home(env) / "global", *(base / folder for base in bases for folder in moved)]
            folders = {p.parent.parent for top in homes for depth in depths for p in top.glob(f"{depth}/{_MODULES}")}
            return tuple(pnpm_places.everywhere(sorted(folders)))
        targets = [(call.here or call.cwd) / word for word in line.words[-1:] if call.command == "deploy"]
        return tuple(pnpm_places.written(_project(call, line, env), flags, env, targets))

    def mapped(self, command: Sequence[str], env: Mapping[str, str]) -> frozenset[str]:
        """See `Client.mapped`: none, an address in pnpm's lock file means itself."""
        return frozenset()


def environment(gate: GateAddress, indexes: Sequence[Index]) -> dict[str, str]:
    """The variables that send any pnpm to the gate, and to nothing else."""
    variables = {
        key: value for key, value in npm_environment(gate, indexes).items() if key != "npm_config_prefer_online"
    }
    main = next((gate.npm_url(index.key) for index in indexes if index.kind is IndexKind.DEFAULT), None)
    routes: dict[str, dict[str, dict[str, str]]] = {}
    for index in indexes:
        scope = "@" if index.kind is IndexKind.DEFAULT else str(index.name)
        routes.setdefault(gate.npm_url(index.key), {})[scope] = {"authToken": gate.token}
    return variables | {
        "pnpm_config_registry": main or "",
        "pnpm_config__auth": json.dumps(routes, separators=(",", ":")),
        "pnpm_config_update_notifier": "false",
        "pnpm_config_noproxy": "127.0.0.1,localhost",
    }


def _project(call: Invocation, line: Line, env: Mapping[str, str]) -> Project:
    """The project of a call; its own folder is known by now."""
    here = call.here or call.cwd
    flags = {key: value for key, value in line.flags().items() if key != "dir"}
    return pnpm_project.find(here, flags, env, recursive=line.recursive)


def _version(command: Sequence[str], env: Mapping[str, str]) -> str:
    """The version of the pnpm that would be started, asked of it where its files do not say."""
    return pnpm_itself.version(Path(command[0])) or _said(command, env)


def _said(command: Sequence[str], env: Mapping[str, str]) -> str:
    return asking.output([*pnpm_config.itself(command), "--version"], env, cwd=Path("/")).strip()


def _installs(line: Line) -> bool:
    """Whether the command itself may fetch packages."""
    if args.has(line.tokens, "--help") and line.command not in ("dlx", "create"):
        return False
    if args.has(line.tokens, "--version") and line.command not in options.RUNNING:
        return False
    if line.command == "audit":
        return any(token.name == "--fix" for token in line.tokens)
    if line.command == "store":
        return line.words[:1] == ("add",)
    if line.command in ("dlx", "create"):
        return bool(line.words) or args.has(line.tokens, "--package")
    return line.command in options.TREE | options.FETCHING


def _ahead(line: Line, project: Project, flags: Mapping[str, str], env: Mapping[str, str], found: Path | None) -> bool:
    """Whether what runs the project's own code installs first."""
    running = pnpm_itself.version(found)
    return line.command in options.RUNNING and pnpm_itself.installs_first(project, flags, env, running)


def _first(
    line: Line, project: Project, flags: Mapping[str, str], env: Mapping[str, str], found: Path | None
) -> list[Sighting]:
    """The pnpm that would be downloaded before anything else happens."""
    if line.version:
        return [read_spec(f"pnpm@{line.version}", project.here)]
    running = pnpm_itself.version(found)
    wanted = pnpm_itself.corepack_wants(found, project.here, env)
    if wanted is None and not (found and corepack.is_shim(found)):
        wanted = pnpm_itself.wanted(line.command, project, flags, env, running)
    return [wanted] if wanted else []


def _files(project: Project, flags: Mapping[str, str], env: Mapping[str, str]) -> list[Path]:
    """What a project is installed from."""
    return [*project.manifests(), *pnpm_places.read_locks(project, flags, env)]


def _settings_file(project: Project, line: Line) -> list[Path]:
    """What config dependencies are read from, and what puts other packages in place of a tool's."""
    replaced = line.command in options.FETCHING and any(project.settings.get(key) for key in _REPLACING)
    replaced = replaced or any("catalog:" in (token.value or "") for token in line.tokens)
    wanted = replaced or pnpm_itself.brings_along(project)
    return [path for path in (project.root / WORKSPACE,) if wanted and path.is_file()]


def _check_variables(line: Line, cwd: Path, env: Mapping[str, str]) -> None:
    """Refuse files of variables that set pnpm's own, and what only files may say.

    Raises:
        UsageError: such a file is named, or an option or variable puts other packages in place (pnpm 12 reads JSON).
    """
    if any(map(_BRINGING.fullmatch, line.flags())) or any(_BRINGING.fullmatch(k) and "{" in env[k] for k in env):
        raise UsageError("no option or variable may put other packages in place", "Say it in pnpm-workspace.yaml")
    for name in pnpm_line.environment_files(line):
        try:
            text = (cwd / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if _VARIABLE.search(text):
            raise UsageError("a file of variables may not set pnpm's own settings", "Set them in pnpm-workspace.yaml")


def _typed(line: Line, here: Path) -> list[Sighting]:
    """The packages that the command line names."""
    words = list(line.words)
    if line.command == "dlx":
        named = args.values(line.tokens, "--package") or words[:1]
    elif line.command == "create":
        named = [creator(words[0])] if words else []
    elif line.command == "self-update":
        named = [f"pnpm@{words[0]}" if words else "pnpm"]
    elif line.command == "store":
        named = words[1:]
    elif line.command in ("add", "patch", "update"):
        named = [word for word in words if "*" not in word and not word.startswith("!")]
    else:
        named = []
    return [_wanted(word, here) for word in named if word]


def _wanted(text: str, here: Path) -> Sighting:
    """One package argument, with the protocols that only a manifest has in npm."""
    name, _, spec = text[1:].partition("@")
    if _LOCAL.match(spec):
        return replace(package_json.entry(text[0] + name, spec, here, Location(""), {}), location=None)
    return read_spec(text, here)


def creator(word: str) -> str:
    """The package that `pnpm create WORD` runs: `x` -> `create-x`, `@acme` -> `@acme/create`."""
    name, _, version = word[1:].partition("@")
    name, version = word[:1] + name, f"@{version}" if version else ""
    scope, slash, inner = name.partition("/") if name.startswith("@") else ("", "", name)
    if scope and not slash:
        return f"{scope}/create{version}"
    return f"{scope}{slash}{inner if inner.startswith('create-') else f'create-{inner}'}{version}"


def _flag_indexes(flags: Mapping[str, str]) -> tuple[Index, ...]:
    """Registries named by flags."""
    settings = [sources.Setting(flags["registry"], layer=Layer.FLAG)] if "registry" in flags else []
    scoped = [(key.removesuffix(":registry"), url) for key, url in flags.items() if key.endswith(":registry")]
    settings += [sources.Setting(url, IndexKind.SCOPE, Layer.FLAG, scope) for scope, url in scoped]
    return sources.build(Ecosystem.NPM, settings, (), env={})


def _offline(flags: Mapping[str, str], env: Mapping[str, str], project: Project) -> bool:
    """Whether pnpm was told not to use the network."""
    variables = (f"{a}_{b}" for a in ("pnpm", "npm") for b in ("config_offline", "CONFIG_OFFLINE"))
    named = [env.get(name) or env.get(name.upper()) for name in variables]
    said = flags.get("offline") or next(filter(None, named), None) or str(project.settings.get("offline") or "")
    return said in ("true", "1")


def _home(env: Mapping[str, str]) -> Path:
    """Where pnpm keeps global packages."""
    home = Path(env.get("HOME") or Path.home())
    data = Path(env["XDG_DATA_HOME"]) if env.get("XDG_DATA_HOME") else home / ".local" / "share"
    return Path(env.get("PNPM_HOME") or data / "pnpm")
