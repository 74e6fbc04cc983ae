"""pip: what a command line means, which indexes it uses, how it is sent to the gate.

Redirection, as measured: `PIP_INDEX_URL` and `PIP_EXTRA_INDEX_URL` beat every configuration file but lose to flags
and to lines in requirement files; `PIP_CONFIG_FILE` set to the null device switches every file off. So the files are
read here, what is no index setting is handed over as `PIP_*` variables, and index options leave the command line.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from slopguard.clients import argv as args
from slopguard.clients import asking, pip_config, pip_options, secrets, sources, unread
from slopguard.clients.interface import GateAddress, Invocation, Launch
from slopguard.clients.pip_config import PipConfig, Value
from slopguard.indexes import Index, IndexKind
from slopguard.model import Ecosystem, Layer, Sighting
from slopguard.readers.spec import pypi

_NOT_HANDED_OVER = frozenset({"index-url", "extra-index-url", "find-links", "no-index", "proxy", "trusted-host"})
_SYSTEM_STORE = (24, 2)
"""From this version on pip believes the system's authorities too, whatever bundle it is told of."""
_FLAG_KINDS = (
    ("--index-url", IndexKind.DEFAULT),
    ("--extra-index-url", IndexKind.EXTRA),
    ("--find-links", IndexKind.FIND_LINKS),
)


class Pip:
    """pip, by any of its names."""

    names: tuple[str, ...] = ("pip", "pip3")
    ecosystem = Ecosystem.PYPI

    def parse(self, name: str, argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Invocation:
        """See `Client.parse`.

        Raises:
            UsageError: an option is abbreviated so that pip's own versions would disagree on it.
        """
        before, command, after = _split(argv)
        tokens = before + after
        if command not in pip_options.INSTALLING or args.has(tokens, "--help", "--version"):
            return Invocation(name, tuple(argv), command, installs=False, cwd=cwd)
        config = pip_config.load(command, env, None, isolated=args.has(tokens, "--isolated"))
        typed = [pypi(word, cwd) for word in args.words(after) if word]
        typed += [_editable(value, cwd) for value in args.values(tokens, "--editable")]
        typed += [_editable(word, cwd) for word, _ in config.words("editable")]
        return Invocation(
            client=name,
            argv=tuple(argv),
            command=command,
            installs=True,
            typed=tuple(typed),
            files=_files(tokens, config, cwd),
            constraints=_paths(_limits(tokens, config), cwd),
            problems=unread.problems([*_requirements(tokens, config), *_limits(tokens, config)], stdin=False),
            indexes=_flag_indexes(tokens, cwd),
            cwd=cwd,
        )

    def indexes(self, call: Invocation, command: Sequence[str], env: Mapping[str, str]) -> tuple[Index, ...]:
        """See `Client.indexes`."""
        default, place = asking.pip(command, env)
        tokens = _tokens(call)
        config = pip_config.load(call.command, env, place, isolated=args.has(tokens, "--isolated"))
        used = _used(config, tokens, default, call.cwd)
        spoken = (env.get("REQUESTS_CA_BUNDLE"), env.get("CURL_CA_BUNDLE"))  # in pip they beat its own options
        named = (*spoken, args.last(tokens, "--cert"), config.own("cert"))
        bundle, adds = sources.file_of(*named), asking.pip_version(place) >= _SYSTEM_STORE
        own = sources.file_of(args.last(tokens, "--client-cert"), config.own("client-cert"))
        found = sources.build(
            self.ecosystem,
            used,
            [sources.Setting(default), *_known(config, call.cwd)],
            env=env,
            ca_file=None if adds else bundle,
            ca_extra=bundle if adds else None,
            own_cert=lambda url: (own, None) if own else None,
            proxy=lambda url: args.last(tokens, "--proxy") or config.own("proxy"),
            insecure=config.vouched("trusted-host"),
        )
        provider = args.last(tokens, "--keyring-provider") or config.text("keyring-provider")
        beside = {**env, "PATH": os.pathsep.join([str(Path(command[0]).parent), env.get("PATH", os.defpath)])}
        if provider in (None, "auto") and not (args.has(tokens, "--no-input") or config.on("no-input")):
            return secrets.with_keyring_later(found, beside)
        return secrets.with_keyring(found, provider, beside)

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
        _, place = asking.pip(command, env)
        before, name, after = _split(call.argv)
        isolated = args.has(before + after, "--isolated")
        config = pip_config.load(call.command, env, place, isolated=isolated)
        child = {key: value for key, value in env.items() if not key.startswith("PIP_")}
        child |= {
            "PIP_" + option.upper().replace("-", "_"): value.text
            for option, value in config.effective.items()
            if option not in _NOT_HANDED_OVER
        }
        child |= pip_environment(gate, indexes)
        argv = [*args.emit(before, _kept), name, *args.emit(after, _kept)]
        return Launch((*command, *argv), child)

    def lock_files(self, call: Invocation, env: Mapping[str, str]) -> tuple[Path, ...]:
        """`pip lock -o FILE` (PEP 751) and `--report FILE`: both hold the address of every file."""
        tokens = _tokens(call)
        named = args.values(tokens, "--output") if call.command == "lock" else []
        if call.command == "lock" and not named:
            named = ["pylock.toml"]
        return tuple(call.cwd / name for name in [*named, *args.values(tokens, "--report")] if name != "-")

    def mapped(self, command: Sequence[str], env: Mapping[str, str]) -> frozenset[str]:
        """See `Client.mapped`: none."""
        return frozenset()


def pip_environment(gate: GateAddress, indexes: Sequence[Index]) -> dict[str, str]:
    """The variables that send any pip to the gate, and to nothing else."""
    routes = list(dict.fromkeys(gate.index_url(i.key) for i in sorted(indexes, key=_default_first)))
    variables = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    variables["PIP_PROXY"] = gate.base  # what pip would fetch from elsewhere, the gate refuses
    if not routes:
        return variables | {"PIP_NO_INDEX": "1"}
    variables["PIP_INDEX_URL"] = routes[0]
    if len(routes) > 1:
        variables["PIP_EXTRA_INDEX_URL"] = "\n".join(routes[1:])
    return variables


def _default_first(index: Index) -> bool:
    return index.kind is not IndexKind.DEFAULT


def _split(argv: Sequence[str]) -> tuple[list[args.Token], str, list[args.Token]]:
    """Options before the command, the command, and everything after it."""
    before = args.scan(argv, pip_options.BEFORE)
    at = next((i for i, token in enumerate(before) if token.name == ""), None)
    if at is None:
        return before, "", []
    command, rest = before[at].value or "", [token.text[0] for token in before[at + 1 :]]
    grammar = pip_options.AFTER
    if command not in pip_options.INSTALLING:
        return before[:at], command, [args.Token("", word, (word,)) for word in rest]
    return before[:at], command, args.scan(rest, grammar)


def _tokens(call: Invocation) -> list[args.Token]:
    before, _, after = _split(call.argv)
    return before + after


def _kept(token: args.Token) -> bool:
    return token.name not in pip_options.DROPPED


def _editable(value: str, cwd: Path) -> Sighting:
    return pypi(value, cwd, editable=True)


def _files(tokens: list[args.Token], config: PipConfig, cwd: Path) -> tuple[Path, ...]:
    """Requirement files, scripts with inline metadata, and the pyproject.toml files of dependency groups."""
    files = list(_paths(_requirements(tokens, config), cwd))
    files += [cwd / script for script in args.values(tokens, "--requirements-from-script")]
    for group in args.values(tokens, "--group"):
        path, colon, _ = group.rpartition(":")
        files.append(cwd / (path if colon else "pyproject.toml"))
    return tuple(dict.fromkeys(files))


def _requirements(tokens: list[args.Token], config: PipConfig) -> list[str]:
    """Requirement files named by flags, and by the environment or configuration (`PIP_REQUIREMENT`)."""
    return args.values(tokens, "--requirement") + [word for word, _ in config.words("requirement")]


def _limits(tokens: list[args.Token], config: PipConfig) -> list[str]:
    """Files that limit versions, named likewise."""
    named = args.values(tokens, "--constraint", "--build-constraint")
    return named + [word for option in ("constraint", "build-constraint") for word, _ in config.words(option)]


def _paths(names: list[str], cwd: Path) -> tuple[Path, ...]:
    """Those that are files."""
    found = (unread.path_of(name, stdin=False) for name in names)
    return tuple(cwd / path for path in found if path is not None)


def _flag_indexes(tokens: list[args.Token], cwd: Path) -> tuple[Index, ...]:
    """The indexes that flags name, with the layer of a flag."""
    settings = [
        sources.Setting(sources.absolute(value, cwd), kind, Layer.FLAG)
        for option, kind in _FLAG_KINDS
        for value in args.values(tokens, option)
    ]
    return sources.build(Ecosystem.PYPI, settings, (), env={})


def _used(config: PipConfig, tokens: list[args.Token], default: str, cwd: Path) -> list[sources.Setting]:
    """The indexes pip will use, in its order: the default, the extra ones, the links."""
    made: list[sources.Setting] = []
    if not (args.has(tokens, "--no-index") or config.on("no-index")):
        flag = args.last(tokens, "--index-url")
        value = config.effective.get("index-url")
        if flag is not None:
            made.append(
                sources.Setting(sources.absolute(flag, cwd), IndexKind.DEFAULT, Layer.FLAG, named=_option("index-url"))
            )
        elif value is not None:
            url, named = sources.absolute(value.text.strip(), cwd), _place(value, value.text.strip())
            made.append(sources.Setting(url, IndexKind.DEFAULT, value.layer, named=named))
        else:
            made.append(sources.Setting(default))
        made += _several("extra-index-url", IndexKind.EXTRA, config, tokens, cwd)
    return made + _several("find-links", IndexKind.FIND_LINKS, config, tokens, cwd)


def _several(
    option: str, kind: IndexKind, config: PipConfig, tokens: list[args.Token], cwd: Path
) -> list[sources.Setting]:
    """An option given more than once: flags are added to what the configuration says."""
    found = [
        sources.Setting(sources.absolute(word, cwd), kind, value.layer, named=_place(value, word))
        for value in filter(None, [config.effective.get(option)])
        for word in value.text.split()
    ]
    flags = args.values(tokens, f"--{option}")
    named = _option(option)
    return found + [sources.Setting(sources.absolute(flag, cwd), kind, Layer.FLAG, named=named) for flag in flags]


def _option(option: str) -> str:
    return f"the option --{option}"


def _place(value: Value, word: str) -> str:
    """Where an address was written, in words; the line is only looked up for what may have to be explained."""
    written = value.named.startswith("the variable ") or value.layer.trusted
    return value.named if written else sources.line_of(Path(value.named), word)


def _known(config: PipConfig, cwd: Path) -> list[sources.Setting]:
    """Every address configured anywhere, for deciding on trust."""
    return [
        sources.Setting(sources.absolute(word, cwd), layer=value.layer)
        for option, value in config.everything
        if option in ("index-url", "extra-index-url", "find-links")
        for word in value.text.split()
    ]
