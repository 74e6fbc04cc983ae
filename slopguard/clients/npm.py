"""npm and npx: what a command line means, which registries they use, how they are sent to the gate.

Redirection, as measured: `npm_config_registry` and `npm_config_@scope:registry` in the environment beat every .npmrc
but lose to flags, which therefore leave the command line; the gate's token travels in a key bound to the gate's
address, so npm sends it nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from slopguard.clients import argv as args
from slopguard.clients import asking, npm_config, npm_indexes, npm_options, sources
from slopguard.clients.interface import GateAddress, Invocation, Launch
from slopguard.errors import UsageError
from slopguard.indexes import Index, IndexKind
from slopguard.model import Ecosystem, Layer, Sighting
from slopguard.patterns import regex
from slopguard.readers.spec import npm as read_spec

_OURS = regex(
    r"npm_config_(?:registry|@.*:registry|.*proxy|offline|prefer[-_]o(?:ff|n)line|allow[-_](?:git|remote)"
    r"|replace[-_]registry[-_]host|update[-_]notifier)",
    re.IGNORECASE,
)


class Npm:
    """npm and npx."""

    names: tuple[str, ...] = ("npm", "npx")
    ecosystem = Ecosystem.NPM

    def parse(self, name: str, argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Invocation:
        """See `Client.parse`.

        Raises:
            UsageError: an option is abbreviated so that it could mean several.
        """
        command, tokens, words = _understood(name, argv)
        writes = command in npm_options.WRITING
        helped = args.has(tokens, "--help", "--version") or command is None
        installs = not helped and not writes and _installs(command or "", words)
        if not installs:
            return Invocation(name, tuple(argv), command or "", installs=False, writes=writes, cwd=cwd)
        flags = _flags(tokens)
        config = npm_config.load(flags, env, cwd, None)
        everywhere = config.on("global") or config.text("location") == "global"
        root = config.project
        return Invocation(
            client=name,
            argv=tuple(argv),
            command=command or "",
            installs=True,
            typed=tuple(_typed(command or "", words, tokens, cwd, root)),
            files=() if everywhere else _files(command or "", root),
            indexes=_flag_indexes(flags),
            cwd=root,
            frozen=command in npm_options.FROZEN,
            offline=config.on("offline"),
            runs=command in ("exec", "init"),
        )

    def indexes(self, call: Invocation, command: Sequence[str], env: Mapping[str, str]) -> tuple[Index, ...]:
        """See `Client.indexes`."""
        default, folder = asking.npm(command, env)
        _, tokens, _ = _understood(call.client, call.argv)
        config = npm_config.load(_flags(tokens), env, call.cwd, folder)
        used = config.settings(default)
        return npm_indexes.built(config, used, config.everywhere(default), env)

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
        _, folder = asking.npm(command, env)
        child = {key: value for key, value in env.items() if not _OURS.fullmatch(key)}
        child |= npm_environment(gate, indexes)
        if folder and _knows_allow_git(folder):
            child |= {"npm_config_allow_git": "none", "npm_config_allow_remote": "none"}
        return Launch((*command, *_argv(call)), child)

    def lock_files(self, call: Invocation, env: Mapping[str, str]) -> tuple[Path, ...]:
        """The project's lock files, npm's hidden one, and those of npx's own folders."""
        if call.command in ("exec", "init"):
            config = npm_config.load({}, env, call.cwd, None)
            cache = Path(config.text("cache") or Path(env.get("HOME") or Path.home()) / ".npm")
            return tuple(
                sorted(cache.glob("_npx/*/package-lock.json"))
                + sorted(cache.glob("_npx/*/node_modules/.package-lock.json"))
            )
        names = ("package-lock.json", "npm-shrinkwrap.json", "node_modules/.package-lock.json")
        return tuple(call.cwd / name for name in names)

    def mapped(self, command: Sequence[str], env: Mapping[str, str]) -> frozenset[str]:
        """See `Client.mapped`: npm's built-in registry."""
        return frozenset({sources.canonical(asking.npm(command, env)[0])})


def npm_environment(gate: GateAddress, indexes: Sequence[Index]) -> dict[str, str]:
    """The variables that send any npm to the gate, and to nothing else."""
    variables = {
        "npm_config_noproxy": "127.0.0.1,localhost",
        "npm_config_prefer_online": "true",
        "npm_config_update_notifier": "false",
    }
    for index in indexes:
        url = gate.npm_url(index.key)
        key = "registry" if index.kind is IndexKind.DEFAULT else f"{index.name}:registry"
        variables[f"npm_config_{key}"] = url
        variables[f"npm_config_{url.removeprefix('http:')}:_authToken"] = gate.token
    return variables


def _understood(client: str, argv: Sequence[str]) -> tuple[str | None, list[args.Token], list[str]]:
    """The command, its options, and its words (the command itself left out)."""
    if client == "npx":
        tokens = _plain(args.scan(argv, npm_options.NPX))
        return "exec", tokens, args.words(tokens)
    tokens = _plain(args.scan(argv, npm_options.GRAMMAR))
    words = args.words(tokens)
    command = npm_options.canonical(words[0]) if words else None
    if words and command is None:
        raise UsageError("npm has no such command, or an option before it takes a value", "Write it as --option=value")
    if command in ("exec", "init"):
        tokens = args.scan(argv, npm_options.EXEC)
        words = args.words(tokens)
    return command, tokens, words[1:]


def _plain(tokens: list[args.Token]) -> list[args.Token]:
    """The tokens, if every npm reads them so.

    Raises:
        UsageError: an option that some npm takes a value for and some not; which word is the command, or a package,
            would depend on it.
    """
    first = next((at for at, token in enumerate(tokens) if token.name in ("", "--")), len(tokens))
    for at, token in enumerate(tokens):
        joined = "=" in token.text[0]
        unknown = at < first and token.name.startswith("--") and not _known(token.name)
        if not joined and (unknown or (token.name in npm_options.NOT_IN_ALL and token.value is not None)):
            raise UsageError(f"not every npm reads {token.name!a} alike", "Write it as --option=value")
    return tokens


def _known(name: str) -> bool:
    plain = "--" + name.removeprefix("--").removeprefix("no-")
    return name == "--" or npm_options.EXEC.known(name) or npm_options.EXEC.known(plain) or name.endswith(":registry")


def _installs(command: str, words: list[str]) -> bool:
    """Whether npm may fetch packages for this command."""
    if command == "audit":
        return words[:1] == ["fix"]
    if command in ("init", "pack"):
        return bool(words)
    return command in npm_options.INSTALLING


def _typed(command: str, words: list[str], tokens: list[args.Token], cwd: Path, root: Path) -> list[Sighting]:
    """The packages that the command line names."""
    if command == "exec":
        named = args.values(tokens, "--package") or _tool(words, tokens, cwd)
    elif command == "init":
        named = [creator(words[0])]
    elif command in ("audit", "uninstall", "dedupe", "prune", "shrinkwrap", "ci", "install-ci-test"):
        named = []
    else:
        named = words
    return [read_spec(word, root if command == "install" else cwd) for word in named if word]


def _tool(words: list[str], tokens: list[args.Token], cwd: Path) -> list[str]:
    """What `npx NAME` would fetch: nothing when the project already holds an executable of that name."""
    if not words or args.has(tokens, "--call"):
        return []
    here = any((folder / "node_modules" / ".bin" / words[0]).exists() for folder in (cwd, *cwd.parents))
    return [] if here and "@" not in words[0][1:] else words[:1]


def creator(word: str) -> str:
    """The package that `npm init WORD` runs: `x` -> `create-x`, `@acme` -> `@acme/create`."""
    scope_only = re.fullmatch(r"(@[^/@]+)(@.*)?", word)
    if scope_only:
        return f"{scope_only[1]}/create{scope_only[2] or ''}"
    if re.match(r"[a-z+]+:|[^@][^/]*/", word):
        return word
    return re.sub(r"^(@[^/]+/)?", r"\1create-", word, count=1)


def _files(command: str, root: Path) -> tuple[Path, ...]:
    """The manifests and the lock file of the project, workspaces included."""
    if command not in npm_options.TREE:
        return ()
    manifests = [folder / "package.json" for folder in (root, *npm_config.workspaces(root))]
    locks = [root / name for name in ("npm-shrinkwrap.json", "package-lock.json")]
    return tuple([p for p in manifests if p.is_file()] + [p for p in locks if p.is_file()][:1])


def _flags(tokens: list[args.Token]) -> dict[str, str]:
    """Options as configuration keys; a bare flag is `true`, `--no-x` is `x=false`."""
    found = {}
    for token in tokens:
        if token.name.startswith("--") and len(token.name) > 2:
            key = token.name[2:]
            negated = token.value is None and key.startswith("no-")
            found[key.removeprefix("no-") if negated else key] = "false" if negated else token.value or "true"
    return {key: value for key, value in found.items() if not (key == "global" and value == "false")}


def _flag_indexes(flags: Mapping[str, str]) -> tuple[Index, ...]:
    """Registries named by flags."""
    settings = []
    for key, value in flags.items():
        if key == "registry":
            settings.append(sources.Setting(value, IndexKind.DEFAULT, Layer.FLAG))
        elif key.endswith(":registry"):
            settings.append(sources.Setting(value, IndexKind.SCOPE, Layer.FLAG, key.removesuffix(":registry")))
    return sources.build(Ecosystem.NPM, settings, (), env={})


def _kept(token: args.Token) -> bool:
    return token.name not in npm_options.DROPPED and not token.name.endswith(":registry")


def _argv(call: Invocation) -> list[str]:
    """The command line without what leads past the gate."""
    command, tokens, _ = _understood(call.client, call.argv)
    del command
    return args.emit(tokens, _kept)


def _knows_allow_git(folder: Path) -> bool:
    """Whether this npm has `allow-git` and `allow-remote` (11.9 and later; older ones warn about unknown keys)."""
    file = folder / "node_modules" / "@npmcli" / "config" / "lib" / "definitions" / "definitions.js"
    try:
        return "'allow-git'" in file.read_text(encoding="utf-8")
    except OSError:
        return False
