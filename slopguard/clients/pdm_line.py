"""A pdm command line taken apart, with what the project's own settings add to it.

`[tool.pdm.options]` of a project adds arguments to a command; a word that is no command is a script of the project's.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slopguard import readers
from slopguard.clients import argv as args
from slopguard.clients import pdm_config, pdm_options
from slopguard.errors import SlopguardError, UsageError
from slopguard.patterns import regex
from slopguard.readers.text import load, string, strings, table, toml

_SCRIPT = b"# /// script"
_HOOKS = ("pre_run", "post_run", "pre_script", "post_script")
"""Tasks that run whenever another one does."""
_RUN_CWD = regex(r"\{run_cwd(?::[^}]*)?\}")
_PLACEHOLDER = regex(r"\{args(?::([^}]*))?\}")


@dataclass(frozen=True, slots=True)
class Line:
    """A pdm command line taken apart.

    Args:
        before: options before the command.
        command: `add`, `self add`, `run`; what pdm takes for `run` is that.
        after: everything after it.
        root: the project's folder, `None` where there is none.
        everybodys: that is a global project, which pdm makes where there is none.
    """

    before: list[args.Token]
    command: str
    after: list[args.Token]
    root: Path | None
    everybodys: bool = False

    @property
    def words(self) -> list[str]:
        """The words after the command."""
        return args.words(self.after)


def understand(argv: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Line:
    """Take a command line apart.

    Raises:
        UsageError: it can be read in more than one way.
    """
    before = args.scan(argv, pdm_options.BEFORE)
    at = next((i for i, token in enumerate(before) if token.name == ""), len(before))
    words = [token.text[0] for token in before[at:]]
    command, rest = (words[0] if words else ""), words[1:]
    if command and command not in pdm_options.INSTALLING | pdm_options.OTHERS:
        command, rest = "run", words
    if command not in pdm_options.INSTALLING:
        return Line(before[:at], command, [args.Token("", word, (word,)) for word in rest], None)
    tokens = _scanned(command, rest)
    root, everybodys = project_root(tokens, before[:at], cwd, env)
    more = strings(table(_settings(root).get("options")).get(command)) if root else []
    if more:
        tokens = _scanned(command, [*more, *rest])
    if command in ("self", "plugin"):
        first = next(iter(args.words(tokens)), "")
        at_word = next((i for i, token in enumerate(tokens) if token.name == ""), len(tokens))
        return Line(before[:at], f"self {first}".strip(), tokens[:at_word] + tokens[at_word + 1 :], root)
    return Line(before[:at], command, tokens, root, everybodys)


def _scanned(command: str, words: Sequence[str]) -> list[args.Token]:
    tokens = args.scan(words, pdm_options.grammar(command))
    if any(token.name == "--venv" and (token.value or "").startswith("-") for token in tokens):
        raise UsageError("--venv stands before another option here", "Write it as --venv=in-project")
    return tokens


def project_root(
    tokens: Sequence[args.Token], before: Sequence[args.Token], cwd: Path, env: Mapping[str, str]
) -> tuple[Path | None, bool]:
    """The project's folder: named, the nearest with a pyproject.toml, or the user's global one; whether it is global.

    A global project is made by pdm where it is not there yet, also in a folder that is named.
    """
    everybodys = args.has(tokens, "--global")
    named = args.last(tokens, "--project") or env.get("PDM_PROJECT")
    if named:
        return cwd / named, everybodys
    near = next((folder for folder in (cwd, *cwd.parents) if (folder / "pyproject.toml").is_file()), None)
    if near and not everybodys:
        return near, False
    config_file = args.last(before, "--config") or env.get("PDM_CONFIG_FILE")
    settings = pdm_config.load(
        cwd, env, config_file=config_file, manifest=cwd / "nothing.toml", cwd=cwd
    ).without_project()
    if not everybodys and not settings.on("global_project.fallback"):
        return None, False
    found = settings.value("global_project.path")
    return (Path(str(found[0])).expanduser() if found else pdm_config.user_folder(env) / "global-project"), True


def _settings(root: Path, tool: str = "pdm") -> Mapping[str, Any]:
    """`[tool.pdm]` of a project, empty where it cannot be read: whoever reads it next says so."""
    try:
        document = toml(load(root / "pyproject.toml"), root / "pyproject.toml")
    except SlopguardError:
        return {}
    return table(table(document.get("tool")).get(tool))


def uv_table(line: Line) -> Mapping[str, Any]:
    """`[tool.uv]` of the project."""
    return _settings(line.root, "uv") if line.root else {}


def manifests(root: Path) -> list[Path]:
    """The pyproject.toml files of a project and of its workspace's members."""
    found = [root / "pyproject.toml"]
    for pattern in strings(table(_settings(root).get("workspace")).get("members")):
        if pattern.strip("/."):
            found += [folder / "pyproject.toml" for folder in sorted(root.glob(pattern))]
    return [path for path in dict.fromkeys(found) if path.is_file()]


def lock_file(line: Line, env: Mapping[str, str], config: pdm_config.Config) -> Path | None:
    """The lock file that the command reads and writes.

    Raises:
        UsageError: it is called what slopguard does not know a lock file by.
    """
    if line.root is None or line.command not in pdm_options.PROJECT:
        return None
    found = config.value("lock.format")
    usual = "pylock.toml" if found and found[0] == "pylock" else "pdm.lock"
    if usual == "pylock.toml" and not (line.root / usual).exists() and (line.root / "pdm.lock").exists():
        usual = "pdm.lock"
    path = line.root / (args.last(line.after, "--lockfile") or env.get("PDM_LOCKFILE") or usual)
    if not any(readers.READERS[kind].claims(path) for kind in ("pdm_lock", "pylock")):
        raise UsageError("pdm's lock file is only read if it is called pdm.lock or pylock.toml", "Rename it")
    return path


def scripts(line: Line, cwd: Path) -> list[Path]:
    """The scripts with inline metadata that `pdm run` would make an environment for."""
    if line.command != "run" or not line.words:
        return []
    tasks = table(_settings(line.root).get("scripts")) if line.root else {}
    texts = {name: [_RUN_CWD.sub(shlex.quote(str(cwd)), text) for text in _texts(task)] for name, task in tasks.items()}
    handed = [*line.words[1:], *(word for several in texts.values() for text in several for word in text.split()[1:])]
    found = [line.words[0], *_commands(texts, [line.words[0], *_HOOKS], handed)]
    root = [line.root] if line.root else []
    places = [*args.values(line.after, "--working-dir"), *(string(table(t).get("working_dir")) for t in tasks.values())]
    folders = [cwd, *root, *(above / place for above in (cwd, *root) for place in places)]
    paths = [folder / _expanded(word) for folder in folders for word in found if word.endswith(".py")]
    return list(dict.fromkeys(path for path in paths if path.is_file() and _SCRIPT in path.read_bytes()))


def _commands(texts: Mapping[str, list[str]], names: Sequence[str], handed: Sequence[str]) -> list[str]:
    """The first words of what tasks of the project's run, what they run in turn and around them followed.

    Args:
        texts: each task's command lines.
        handed: what may stand in the place of a task's arguments.
    """
    found: list[str] = []
    seen: set[str] = set()
    waiting = [*names]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        first = [word for text in texts.get(name, ()) for word in _first(text, handed)]
        found += first
        waiting += [*first, f"pre_{name}", f"post_{name}"] if name in texts else []
    return found


def _expanded(word: str) -> Path:
    """A path with its `~`, unless that names nobody."""
    try:
        return Path(word).expanduser()
    except RuntimeError:
        return Path(word)


def _texts(task: object) -> list[str]:
    """The command lines of a task: one, or several (`composite`)."""
    cmd = table(task).get("cmd", task)
    several = strings(table(task).get("composite"))
    return [*([shlex.join(strings(cmd))] if isinstance(cmd, list) else [string(cmd)]), *several]


def _first(text: str, handed: Sequence[str]) -> list[str]:
    """What a command line may begin with; a placeholder stands for what is handed on, or for its own default."""
    found = _PLACEHOLDER.match(text.lstrip(" \t\n\"'"))
    try:
        return [*handed, *shlex.split(found[1] or "")[:1]] if found else shlex.split(text)[:1]
    except ValueError:
        return text.split(maxsplit=1)[:1]
