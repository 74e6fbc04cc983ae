"""Shell profiles: which files get a line that puts the shims first on PATH, and that line.

Invariants: it is one line that carries its mark, so that it can be told from every other line, moved or converted to
CRLF too; a shell that finds the shims' folder gone goes on as if the line were not there; everything else in the file
stays byte for byte what it was.
"""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from slopguard.guard.enabling import files

MARK = "# slopguard enable: taken out by slopguard disable"
_PURPOSE = {".bashrc": "bash", ".profile": "every sh at login"}


@dataclass(frozen=True, slots=True)
class Profile:
    """A file that gets the line.

    Args:
        path: where it lies.
        purpose: which shell reads it, for a person.
        line: the line.
    """

    path: Path
    purpose: str
    line: str


def profiles(shims: Path, env: Mapping[str, str]) -> list[Profile]:
    """The profiles of every shell that is installed here, or that has one; each file once, links followed.

    Raises:
        ConfigError: one is a link that leads in a circle.
    """
    found: dict[Path, Profile] = {}
    for profile in _all(shims, env):
        found.setdefault(files.target(profile.path), profile)
    return list(found.values())


def activations(shims: Path, folder: Path) -> list[Profile]:
    """The scripts in a virtual environment's `bin` that put it first on PATH, where they are there."""
    return [
        Profile(folder / name, "activating it", line)
        for name, line in (("activate", sh_line(shims)), ("activate.fish", fish_line(shims)))
        if (folder / name).is_file()
    ]


def sh_line(shims: Path) -> str:
    """The line for shells of the Bourne family."""
    script = shlex.quote(str(shims / "env.sh"))
    return f"if [ -r {script} ]; then . {script}; fi {MARK}"


def fish_line(shims: Path) -> str:
    """The line for fish."""
    script = fish_quoted(str(shims / "env.fish"))
    return f"if test -r {script}; source {script}; end {MARK}"


def fish_quoted(text: str) -> str:
    """A word as fish reads it: between single quotes only a backslash and a quote are special."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def with_line(content: bytes | None, line: str) -> bytes:
    """The content with the line at its end, in the place of an older one of slopguard's."""
    encoded = line.encode("utf-8", "surrogateescape")
    if content is not None and encoded in content.splitlines():
        return content
    rest = without_line(content or b"")
    return rest + (b"\n" if rest and not rest.endswith(b"\n") else b"") + encoded + b"\n"


def without_line(content: bytes) -> bytes:
    """The content without slopguard's line."""
    return b"".join(line for line in content.splitlines(keepends=True) if MARK.encode() not in line)


def _all(shims: Path, env: Mapping[str, str]) -> Iterator[Profile]:
    home = Path(env.get("HOME") or Path.home())
    line = sh_line(shims)
    for path in _bash(home, _there("bash", env)):
        yield Profile(path, _PURPOSE.get(path.name, "bash at login"), line)
    if (home / ".profile").exists():
        yield Profile(home / ".profile", _PURPOSE[".profile"], line)
    for path in _zsh(home, env, _there("zsh", env)):
        yield Profile(path, "zsh", line)
    fish = Path(env.get("XDG_CONFIG_HOME") or home / ".config") / "fish"
    if fish.is_dir() or _there("fish", env):
        yield Profile(fish / "conf.d" / "slopguard.fish", "fish", fish_line(shims))


def _bash(home: Path, installed: bool) -> Iterator[Path]:
    """The file of interactive bash, and the first of those that a login reads; `.profile` serves every other sh too."""
    if installed or (home / ".bashrc").exists():
        yield home / ".bashrc"
    logins = [home / name for name in (".bash_profile", ".bash_login", ".profile")]
    yield next((path for path in logins if path.exists()), logins[-1])


def _zsh(home: Path, env: Mapping[str, str], installed: bool) -> Iterator[Path]:
    """`.zshenv` for all, `.zshrc` after what a person writes there; `.zprofile` where something reorders PATH in it."""
    place = Path(env.get("ZDOTDIR") or home)
    for folder in dict.fromkeys((place, home)):
        for name in (".zshenv", ".zprofile", ".zshrc"):
            wanted = installed and folder == place and (name != ".zprofile" or sys.platform == "darwin")
            if wanted or (folder / name).exists():
                yield folder / name


def _there(shell: str, env: Mapping[str, str]) -> bool:
    return shutil.which(shell, path=env.get("PATH")) is not None
