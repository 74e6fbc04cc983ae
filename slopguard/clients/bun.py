"""bun and bunx: what a command line means, which registries they use, how they are sent to the gate.

Redirection, as measured: `BUN_CONFIG_REGISTRY` and `BUN_CONFIG_TOKEN` beat every file and lose to `--registry`, which
therefore leaves the command line. A scope can only be named in a file: a bunfig of ours, the project's own with the
registries changed, is named by `--config=`. Manifests are asked for anew each time, so that the warm cache hides none.
`bun FILE` fetches what the code imports where no `node_modules` lies above it; there it is guarded, elsewhere it is not
touched.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from slopguard.clients import argv as args
from slopguard.clients import bun_config, bun_default, bun_gate, bun_line, bun_options, bun_places, sources
from slopguard.clients.bun_config import BunConfig
from slopguard.clients.bun_line import Line
from slopguard.clients.interface import GateAddress, Invocation, Launch
from slopguard.clients.npm import creator
from slopguard.errors import ConfigError
from slopguard.indexes import Index, IndexKind
from slopguard.model import Ecosystem, Layer, Sighting
from slopguard.readers.spec import npm as read_spec

_FLAGS = ("registry", "config", "cafile", "ca", "cache-dir", "cwd", "install")
_CODE = ("-e", "--eval", "-p", "--print", "--interactive")
"""Options of `bun` that bring code by themselves."""
_NPMRC_LAST = (1, 4)


class Bun:
    """bun and bunx."""

    names: tuple[str, ...] = ("bun", "bunx")
    ecosystem = Ecosystem.NPM

    def __init__(self) -> None:
        self._overruled = frozenset[str]()
        """Scopes for which this bun believes an .npmrc before any bunfig; known once `indexes` was asked."""

    def parse(self, name: str, argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Invocation:
        """See `Client.parse`.

        Raises:
            UsageError: an option that not every bun reads alike.
            ConfigError: a settings file cannot be read.
            InputError: the lock file is the old binary one.
        """
        line = bun_line.read(name, argv, env)
        writes = line.command in bun_options.WRITING
        straight = Invocation(name, tuple(argv), line.command, installs=False, writes=writes, cwd=cwd)
        here = cwd / (args.last(line.tokens, "--cwd") or "")
        if writes or _helped(line) or not _may_install(line) or _at_hand(line, here, env):
            return straight
        root = bun_places.root(here)
        config = bun_config.load(_flags(line), env, here, root)
        if line.command in (bun_line.RUN, "repl"):
            if not _fetches(line, config, here):
                return straight
            return Invocation(name, tuple(argv), bun_line.RUN, installs=True, indexes=_named(line), cwd=here, runs=True)
        if args.has(line.tokens, "--global"):
            root = bun_places.everywhere(env, config)
        return Invocation(
            client=name,
            argv=tuple(argv),
            command=line.command,
            installs=True,
            typed=tuple(_typed(line, here, env)),
            files=_files(line, root, here, env, config),
            indexes=_named(line),
            cwd=here if line.command in ("x", "create", "init") else root,
            here=here,
            frozen=_frozen(line, config),
            offline=args.has(line.tokens, "--offline") or config.setting("offline") is True,
            runs=line.command in ("x", "create"),
        )

    def indexes(self, call: Invocation, command: Sequence[str], env: Mapping[str, str]) -> tuple[Index, ...]:
        """See `Client.indexes`.

        Raises:
            ConfigError: the settings cannot be read, or this bun cannot be sent to the gate for one of the scopes.
        """
        default = bun_default.registry(command, env)
        old = bun_default.version(command, env) < _NPMRC_LAST
        config = _config(call, env, npmrc_first=old)
        self._overruled = config.own_scopes if old else frozenset()
        used = config.settings(default)
        held = {sources.canonical(s.url): config.credentials(s.url) for s in used}
        bundle = sources.file_of(config.own("cafile"))
        text = None if bundle else config.own("ca")
        return sources.build(
            self.ecosystem,
            used,
            config.everywhere(default),
            {url: found for url, found in held.items() if found},
            env=env,
            ca_file=bundle,
            ca_text=text,
            ca_extra=None if bundle or text else sources.file_of(env.get("NODE_EXTRA_CA_CERTS")),
        )

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
        line = bun_line.read(call.client, call.argv, env)
        child = bun_gate.environment(env, gate, indexes, args.emit(line.env, bun_line.kept))
        more = ["--no-cache"] if line.command in bun_options.RESOLVING and not call.offline else []
        first: list[str] = []
        if self._overruled:
            child["XDG_CONFIG_HOME"] = str(bun_gate.config_home(env, gate, indexes, scratch))
        named = _flags(line).get("config")
        if named or call.runs or any(index.kind is IndexKind.SCOPE for index in indexes):
            own = bun_gate.bunfig(call.here or call.cwd, named, gate, indexes, scratch)
            if line.command in ("x", "create", "init"):
                child["BUN_OPTIONS"] = " ".join(filter(None, [child.get("BUN_OPTIONS"), f'"--config={own}"']))
            elif call.runs:
                first = [f"--config={own}"]
            else:
                more.append(f"--config={own}")
        return Launch((*command, *first, *line.emit(*more)), child)

    def lock_files(self, call: Invocation, env: Mapping[str, str]) -> tuple[Path, ...]:
        """The project's lock file, one that it takes over, a yarn.lock beside it, and those of bunx's own folders."""
        if call.command == bun_line.RUN:
            return ()
        if call.command not in ("x", "create", "init"):
            more = (".npmrc",) if self._overruled else ()
            return tuple(call.cwd / name for name in ("bun.lock", "package-lock.json", "yarn.lock", *more))
        made = [*call.cwd.glob("bun.lock"), *call.cwd.glob("*/bun.lock"), *call.cwd.glob("*/package-lock.json")]
        line = bun_line.read(call.client, call.argv, env)
        config = bun_config.load(_flags(line), env, call.cwd, call.cwd)
        kept = [path for s in _typed(line, call.cwd, env) for path in bun_places.fetched(env, config, s.raw)]
        return tuple(sorted({*made, *kept}))

    def mapped(self, command: Sequence[str], env: Mapping[str, str]) -> frozenset[str]:
        """See `Client.mapped`: bun's built-in registry."""
        return frozenset({sources.canonical(bun_default.registry(command, env))})


def _config(call: Invocation, env: Mapping[str, str], *, npmrc_first: bool) -> BunConfig:
    """The settings, in the order of this bun.

    Raises:
        ConfigError: an .npmrc names a scope's registry, this bun believes it before all else, and what it fetches
            would run with the settings folder that stands in for the user's.
    """
    line = bun_line.read(call.client, call.argv, env)
    here = call.here or call.cwd
    config = bun_config.load(_flags(line), env, here, bun_places.root(here), npmrc_first=npmrc_first)
    if npmrc_first and config.own_scopes and call.runs:
        raise ConfigError(
            "what this bun starts cannot be guarded while an .npmrc names the registry of a scope",
            "Name it in bunfig.toml under [install.scopes], or update bun to 1.4",
        )
    return config


def _helped(line: Line) -> bool:
    """Whether bun will only explain itself."""
    if line.command in (bun_line.RUN, "x", "create"):
        first = [token.name for token in line.after if token.name.startswith("-")]
        return bool({"--help", "--version"} & {*first, *(t.name for t in line.before)}) and not line.words
    return args.has(line.tokens, "--help")


def _at_hand(line: Line, here: Path, env: Mapping[str, str]) -> bool:
    """Whether `bunx NAME` finds a program of that name in the project or on PATH, which it then starts."""
    if line.command != "x" or not line.words or args.has(line.after, "--package"):
        return False
    name, folders = line.words[0], [str(folder / "node_modules" / ".bin") for folder in (here, *here.parents)]
    path = os.pathsep.join([*folders, env.get("PATH", os.defpath)])
    return not re.search(r"[@/\\:]", name) and shutil.which(name, path=path) is not None


def _may_install(line: Line) -> bool:
    """Whether bun may fetch packages for this command, or for code that it runs."""
    words = line.words
    if line.command == "pm":
        return words[:1] != [] and words[0] in bun_options.PM and (words[0] != "cache" or words[1:2] == ["unpack"])
    if line.command == "audit":
        return words[:1] == ["fix"]
    if line.command == "link":
        return bool(words)
    return line.command in bun_options.TREE or line.command in ("x", "create", "init", "repl", bun_line.RUN)


def _fetches(line: Line, config: BunConfig, here: Path) -> bool:
    """Whether bun fetches what the code that it runs imports: told to, or no `node_modules` lies above the code."""
    auto = args.last(line.tokens, "--install") or config.setting("auto")
    idle = line.command == bun_line.RUN and not line.words and not args.has(line.after, *_CODE)
    if idle or args.has(line.tokens, "--no-install") or auto in ("disable", False):
        return False
    if args.has(line.tokens, "-i") or auto in ("force", "fallback", True):
        return True
    return not all(bun_places.modules_above(folder) for folder in (here, *bun_places.told(line.words[:20], here)))


def _flags(line: Line) -> dict[str, str]:
    """The options that count as settings."""
    pairs = ((token.name[2:], token.value) for token in line.tokens if token.name.startswith("--"))
    return {key: value for key, value in pairs if key in _FLAGS and value}


def _named(line: Line) -> tuple[Index, ...]:
    """The registry that a flag names."""
    found = args.last(line.tokens, "--registry")
    return sources.build(Ecosystem.NPM, [sources.Setting(found, layer=Layer.FLAG)] if found else (), (), env={})


def _typed(line: Line, here: Path, env: Mapping[str, str]) -> list[Sighting]:
    """The packages that the command line names."""
    words, named = line.words, []
    if line.command == "x":
        named = args.values(line.after, "--package") or words[:1]
    elif line.command == "create":
        named = _template(words, here, env)
    elif line.command in ("install", "add", "ci") and not args.has(line.tokens, "--analyze"):
        named = words
    elif line.command == "update":
        named = [word for word in words if not re.search(r"[*!]", word)]
    return [read_spec(word, here) for word in named if word]


def _template(words: list[str], here: Path, env: Mapping[str, str]) -> list[str]:
    """What `bun create WORD` fetches by itself: nothing for a component or a template of the user's own."""
    own = [
        here / ".bun-create",
        Path(env.get("BUN_CREATE_DIR") or Path(env.get("HOME") or Path.home()) / ".bun-create"),
    ]
    if not words or words[0].endswith((".jsx", ".tsx")) or any((folder / words[0]).is_dir() for folder in own):
        return []
    return [creator(words[0])]


def _files(line: Line, root: Path, here: Path, env: Mapping[str, str], config: BunConfig) -> tuple[Path, ...]:
    """The manifests and lock files that it installs from.

    Raises:
        InputError: the lock file is binary.
        ConfigError: bun is told to write a binary one.
    """
    if line.command == "x":
        return tuple(path for s in _typed(line, here, env) for path in bun_places.fetched(env, config, s.raw))
    if line.command in ("create", "init"):
        return ()
    if config.setting("saveTextLockfile") is False:
        raise ConfigError(
            "bunfig.toml asks for a binary lock file, which cannot be judged", "Take saveTextLockfile out"
        )
    return (*bun_places.manifests(root), *bun_places.lock(root))


def _frozen(line: Line, config: BunConfig) -> bool:
    """Whether exactly the lock file is installed."""
    told = line.command == "ci" or args.has(line.tokens, "--frozen-lockfile", "--production")
    return line.command in ("ci", "install") and (told or config.setting("frozenLockfile") is True)
