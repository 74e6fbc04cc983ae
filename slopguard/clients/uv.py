"""uv and uvx: what a command line means, which indexes they use, how they are sent to the gate.

Redirection, as measured: one settings file of ours (`UV_CONFIG_FILE`, see `uv_file`) replaces all others; flags and
variables that name indexes are read, then left out. What remains are indexes of a project's own that its sources
name: uv takes these from pyproject.toml, in which the guard puts the gate's address while uv runs. uv sends the
credentials in an index URL with the first request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from slopguard.clients import argv as args
from slopguard.clients import asking, secrets, sources, unread, uv_config, uv_file, uv_options
from slopguard.clients.interface import GateAddress, Invocation, Launch
from slopguard.clients.sources import Setting
from slopguard.clients.uv_line import Line, script_of, understand
from slopguard.indexes import Index, IndexKind
from slopguard.model import Ecosystem, Layer, Sighting
from slopguard.patterns import regex
from slopguard.readers.spec import pypi

_OURS = regex(
    r"UV_(?:DEFAULT_INDEX|INDEX|INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|INDEX_.+_(?:USERNAME|PASSWORD)|OFFLINE"
    r"|INSECURE_HOST|CONFIG_FILE|NO_CONFIG|MALWARE_CHECK.*)"
)
_MALWARE_CHECK = (0, 13)
"""From this version on uv knows the preview feature that keeps it from warning about its own malware check."""
_FLAG_KINDS = (
    ("--index", IndexKind.EXTRA),
    ("--extra-index-url", IndexKind.EXTRA),
    ("--default-index", IndexKind.DEFAULT),
    ("--index-url", IndexKind.DEFAULT),
    ("--find-links", IndexKind.FIND_LINKS),
)


class Uv:
    """uv and uvx."""

    names: tuple[str, ...] = ("uv", "uvx")
    ecosystem = Ecosystem.PYPI

    def parse(self, name: str, argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Invocation:
        """See `Client.parse`."""
        line = understand(name, argv)
        here = cwd / (args.last(line.tokens, "--directory") or env.get("UV_WORKING_DIR") or "")
        cwd = here / (args.last(line.tokens, "--project") or env.get("UV_PROJECT") or "")
        writes = line.command == "publish"
        if not _installs(line, env):
            return Invocation(name, tuple(argv), line.command, installs=False, writes=writes, cwd=cwd)
        call = Invocation(
            client=name,
            argv=tuple(argv),
            command=line.command,
            installs=True,
            typed=tuple(_typed(line, here)),
            files=_files(line, here, cwd),
            constraints=_paths(_limits(line, env), here),
            problems=unread.problems([*_requirements(line), *_limits(line, env)], stdin=True),
            indexes=sources.build(self.ecosystem, _flags(line, here), (), env={}),
            cwd=cwd,
            here=here,
            frozen=_frozen(line, env),
            offline=args.has(line.tokens, "--offline") or _on(env.get("UV_OFFLINE")),
        )
        return replace(call, typed=(*call.typed, *uv_file.places(_tables(line, call, env), pip=_pip(line))))

    def indexes(self, call: Invocation, command: Sequence[str], env: Mapping[str, str]) -> tuple[Index, ...]:
        """See `Client.indexes`."""
        line = understand(call.client, call.argv)
        default = asking.uv(command, env)
        found = _tables(line, call, env)
        files = [setting for table in found for setting in uv_config.table_settings(table, pip=_pip(line))]
        spoken = [*_flags(line, call.here or call.cwd), *uv_config.from_environment(env, call.cwd)]
        used = _effective(spoken + files, default, no_index=args.has(line.tokens, "--no-index"))
        keys = {sources.canonical(s.url): uv_config.credentials(s.name, env) for s in used}
        own = sources.file_of(env.get("SSL_CLIENT_CERT"))
        built = sources.build(
            self.ecosystem,
            used,
            [Setting(default), *spoken, *files],
            {url: held for url, held in keys.items() if held},
            env=env,
            ca_file=sources.file_of(args.last(line.tokens, "--cert"), env.get("SSL_CERT_FILE")),
            own_cert=lambda url: (own, None) if own else None,
            proxy=partial(uv_config.proxy, tables=found),
            no_proxy=",".join(uv_config.hosts("no-proxy", found)),
            insecure=frozenset(uv_config.hosts("allow-insecure-host", found)),
        )
        built = secrets.with_uv_store(built, env)
        provider = args.last(line.tokens, "--keyring-provider") or env.get("UV_KEYRING_PROVIDER")
        return secrets.with_keyring(built, provider or uv_config.value("keyring-provider", found, pip=_pip(line)), env)

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
        line = understand(call.client, call.argv)
        child = {key: value for key, value in env.items() if not _OURS.fullmatch(key)}
        child |= uv_environment(gate, indexes, _tables(line, call, env), scratch, pip=_pip(line))
        if asking.uv_version(command, env) >= _MALWARE_CHECK:
            features = [env.get("UV_PREVIEW_FEATURES", ""), "malware-check"]
            child["UV_PREVIEW_FEATURES"] = ",".join(filter(None, features))
        words = line.command.split() if call.client == "uv" else []
        argv = [*args.emit(line.before, _kept), *words, *args.emit(line.after, _kept)]
        return Launch((*command, *argv), child)

    def lock_files(self, call: Invocation, env: Mapping[str, str]) -> tuple[Path, ...]:
        """uv.lock of the workspace, a script's lock, files written by `-o`, and the receipts of tools."""
        line = understand(call.client, call.argv)
        script = script_of(line, call.here or call.cwd)
        found = [Path(f"{script}.lock")] if script else []
        if line.command in uv_options.PROJECT and not script:
            root = uv_config.project_root(call.cwd)
            found += [root / "uv.lock", *uv_config.manifests(root)] if root else []
        found += [script] if script else []
        found += [(call.here or call.cwd) / name for name in args.values(line.tokens, "-o", "--output-file")]
        if line.command in ("tool install", "tool upgrade"):
            found += sorted(_tool_folder(env).glob("*/uv-receipt.toml"))
        return tuple(found)

    def mapped(self, command: Sequence[str], env: Mapping[str, str]) -> frozenset[str]:
        """See `Client.mapped`: none."""
        return frozenset()


def uv_environment(
    gate: GateAddress, indexes: Sequence[Index], tables: Sequence[uv_config.Table], scratch: Path, *, pip: bool = False
) -> dict[str, str]:
    """The variables that send any uv to the gate, and to nothing else; writes `uv.toml` into `scratch`."""
    file = scratch / "uv.toml"
    file.touch(mode=0o600)
    file.write_text(uv_file.text(tables, gate, indexes, pip=pip), encoding="utf-8")
    variables = {
        "UV_CONFIG_FILE": str(file),
        "UV_MALWARE_CHECK": "1",
        "UV_MALWARE_CHECK_URL": gate.malware_url(),
    }
    for index in indexes:  # for a project's own index that `[tool.uv.sources]` names
        if index.name:
            stem = uv_config.variable(index.name)
            variables |= {f"{stem}_USERNAME": gate.user, f"{stem}_PASSWORD": gate.secret}
    return variables


def _pip(line: Line) -> bool:
    return line.command.startswith("pip ")


def _kept(token: args.Token) -> bool:
    return token.name not in uv_options.DROPPED


def _installs(line: Line, env: Mapping[str, str]) -> bool:
    """Whether uv may resolve or install anything."""
    if line.command not in uv_options.INSTALLING or args.has(line.tokens, "--help", "--version"):
        return False
    if line.command == "venv":
        return args.has(line.tokens, "--seed") or _on(env.get("UV_VENV_SEED"))
    if line.command == "version":
        return args.has(line.tokens, "--bump") or bool(args.words(line.after))
    if line.command == "run" and args.has(line.tokens, "--no-sync", "--no-project") and not _extra(line):
        return False
    return not (line.command in ("tree", "export", "audit") and args.has(line.tokens, "--frozen"))


def _extra(line: Line) -> bool:
    """Whether `uv run` is told of packages beyond the project's."""
    return args.has(line.tokens, "--with", "--with-editable", "--with-requirements") or any(
        word.endswith((".py", ".pyw")) or word == "-" or "://" in word for word in args.words(line.after)[:1]
    )


def _frozen(line: Line, env: Mapping[str, str]) -> bool:
    return args.has(line.tokens, "--frozen", "--locked") or _on(env.get("UV_FROZEN")) or _on(env.get("UV_LOCKED"))


def _on(text: str | None) -> bool:
    return (text or "").lower() in ("1", "true", "yes", "on", "y", "t")


def _typed(line: Line, cwd: Path) -> list[Sighting]:
    """The packages that the command line names."""
    words = args.words(line.after)
    named: list[str] = []
    if line.command in ("pip install", "add", "tool install", "tool upgrade"):
        named = words
    elif line.command == "tool run":
        source = args.last(line.after, "--from")
        named = [source] if source else [w for w in words[:1] if not _python(w)]
    elif line.command == "run" and words and "://" in words[0]:
        named = words[:1]
    for value in args.values(line.after, "--with", "--with-executables-from"):
        named += comma_separated(value)
    found = [pypi(word, cwd) for word in named if word.strip()]
    return found + [
        pypi(v, cwd, editable=True) for v in args.values(line.after, "-e", "--editable", "--with-editable") if v
    ]


def _tool_folder(env: Mapping[str, str]) -> Path:
    """Where uv keeps installed tools."""
    data = Path(env.get("XDG_DATA_HOME") or Path(env.get("HOME") or Path.home()) / ".local" / "share")
    return Path(env.get("UV_TOOL_DIR") or data / "uv" / "tools")


def _python(word: str) -> bool:
    """Whether `uvx WORD` means a Python interpreter, not a package."""
    return bool(re.fullmatch(r"(?:python|pypy|graalpy)(?:[0-9.]*)(?:@.*)?", word))


def comma_separated(text: str) -> list[str]:
    """`a,b[c,d]>=1,<2` -> `a`, `b[c,d]>=1,<2`, as uv splits `--with`."""
    parts: list[str] = []
    for part in re.split(r",(?![^\[]*\])", text):
        if parts and re.match(r"\s*(?:[<>=!~]|$)", part):
            parts[-1] += f",{part}"
        else:
            parts.append(part.strip())
    return parts


def _files(line: Line, here: Path, cwd: Path) -> tuple[Path, ...]:
    """Manifests, locks and requirement files this call will install from."""
    files = list(_paths(_requirements(line), here))
    words = args.words(line.after)
    for group in args.values(line.after, "--group") if line.command.startswith("pip ") else ():
        path, colon, _ = group.rpartition(":")
        files.append(here / path if colon else cwd / "pyproject.toml")
    script = script_of(line, here)
    if script:
        files += [script, *(p for p in [Path(f"{script}.lock")] if p.is_file())]
    elif line.command in uv_options.PROJECT - {"remove"} and not args.has(line.tokens, "--no-project", "--no-sync"):
        root = uv_config.project_root(cwd)
        files += [*uv_config.manifests(root), *(p for p in [root / "uv.lock"] if p.is_file())] if root else []
    elif line.command == "build":
        files += [p for p in [here / (words[0] if words else "") / "pyproject.toml"] if p.is_file()]
    return tuple(dict.fromkeys(files))


def _requirements(line: Line) -> list[str]:
    """The requirement files that the command line names."""
    named = args.values(line.after, "-r", "--requirements", "--with-requirements")
    return named + (args.words(line.after) if line.command in ("pip sync", "pip compile") else [])


def _limits(line: Line, env: Mapping[str, str]) -> list[str]:
    """The files that limit versions, by option and by variable; what they say may still be a URL."""
    named = args.values(line.after, *uv_options.LIMITS)
    if line.command in uv_options.LIMITED:
        named += [word for variable in uv_options.LIMIT_VARIABLES for word in env.get(variable, "").split()]
    return named


def _paths(names: Iterable[str], folder: Path) -> tuple[Path, ...]:
    """Those that are files."""
    found = (unread.path_of(name, stdin=True) for name in names)
    return tuple(folder / path for path in found if path is not None)


def _flags(line: Line, cwd: Path) -> list[Setting]:
    """The indexes that flags name."""
    return [
        uv_config.written(value, kind, Layer.FLAG, cwd, f"the option {option}")
        for option, kind in _FLAG_KINDS
        for value in args.values(line.tokens, option)
    ]


def _tables(line: Line, call: Invocation, env: Mapping[str, str]) -> list[uv_config.Table]:
    here = call.here or call.cwd
    return uv_config.tables(
        call.cwd,
        env,
        config_file=args.last(line.tokens, "--config-file"),
        no_config=args.has(line.tokens, "--no-config") or _on(env.get("UV_NO_CONFIG")),
        tool=line.command.startswith("tool "),
        script=script_of(line, here),
        here=here,
    )


def _effective(found: list[Setting], default: str, *, no_index: bool) -> list[Setting]:
    """What uv uses of all settings, strongest first: one of a name, one default, all links."""
    used: list[Setting] = []
    names: set[str] = set()
    for setting in found:
        if setting.name and setting.name in names:
            continue
        if setting.kind is IndexKind.DEFAULT and any(s.kind is IndexKind.DEFAULT for s in used):
            continue
        names.update([setting.name] if setting.name else [])
        used.append(setting)
    if not any(s.kind is IndexKind.DEFAULT for s in used):
        used.append(Setting(default))
    return [s for s in used if s.joined] if no_index else used
