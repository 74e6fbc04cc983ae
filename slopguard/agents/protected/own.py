"""Commands that only a person may run: slopguard's own that loosen, its removal, the variables it is set up with.

Invariants: pure; what only tells something is let through; a command that the command line itself would refuse from an
agent is refused here too, so that the agent hears of it before it tries.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from slopguard.agents.protected.places import Guarded, Kind, Places, written
from slopguard.clients import plain
from slopguard.clients.argv import listed
from slopguard.commands.scope import Word
from slopguard.commands.unwrap import base
from slopguard.patterns import regex

PERSONS = Guarded(
    "command", "a command that only a person may give: slopguard disable, trust, allow, keys, lists, review"
)
UNDO = Guarded("command", "this runs the script that takes slopguard away, which only a person may do")
VARIABLE = Guarded("command", "this sets or takes away a variable that slopguard is set up with")
UNINSTALL = Guarded("uninstall", "this removes slopguard, which only a person may do")

_VERBS = listed("disable trust allow keys lists")
_TELLING = {
    "trust": listed("list"),
    "allow": listed("list"),
    "keys": listed("list show"),
    "lists": listed("status diff expiring verify"),
}
"""What only tells something, unless it writes that into a file."""
_HARMLESS = listed("SLOPGUARD_OFFLINE SLOPGUARD_DEBUG SLOPGUARD_ACTOR")
"""Variables that can only make slopguard stricter, or say more."""
_SETTING = listed("export declare typeset readonly local set setenv unset unsetenv read env launchctl printf")
_REMOVES = listed("uninstall remove rm un r unlink delete uninstall-all erase")
_INSTALLERS = listed("pip pipx uv poetry pdm pipenv conda mamba micromamba brew rye hatch pixi apt apt-get dnf")
_AGENTS = listed("claude codex gemini qwen copilot opencode cursor-agent agent cline")
_RUNS = listed("sh bash dash zsh ksh . source exec")
_CALLS = regex(r"run_module|run_path|\bmain\s*\(|\bargv\b|\bcli\b|subprocess|\bsystem\b|\bexec", re.ASCII)
_QUOTED = regex(r"""["'](?:disable|trust|allow|keys|lists|approve)["'\s]""")
_UNDOES = regex(r"put_back|\bswitch\b|accepted\W+write|record\W+(?:remove|write)|enabling")
_UNSET = regex(r"(?:^|[\s;&|(])(?:unset|export[ \t]+-n)\b[^;&|\n]*?\b(SLOPGUARD_\w+)")


def command(words: Sequence[Word], cwd: Path, places: Places) -> Guarded | None:
    """Why a command line is only a person's."""
    name, rest = base(words[0].text), [word.text for word in words[1:]]
    if name == "slopguard":
        return _slopguard(rest)
    if name.startswith(("python", "pypy")) or name in ("py", "pipx", "uvx", "uv"):
        for at, text in enumerate(rest):
            started = text in ("slopguard", "-mslopguard") or text.endswith(("/slopguard", "slopguard/__main__.py"))
            if started and (found := _slopguard(rest[at + 1 :])):
                return found
    if (name in _RUNS or name == "undo.sh") and any(_undoes(word.text, cwd, places) for word in words):
        return UNDO
    if name in _SETTING and any(_set_up(re.split(r"[+=]", text, maxsplit=1)[0]) for text in rest):
        return VARIABLE
    if name in _AGENTS and _switches(rest):
        return written(Kind.HOOKS)
    return _uninstalls(name, rest)


def variables(names: Iterable[str], text: str) -> Guarded | None:
    """Why variables must not be set or taken away; the grammar has no step for `unset`, so the text is asked."""
    found = [*names, *_UNSET.findall(text)] if "SLOPGUARD_" in text else []
    return VARIABLE if any(map(_set_up, found)) else None


def code(text: str) -> Guarded | None:
    """Why code in another language must not run: it calls slopguard as a person would, or sets it up otherwise."""
    if "slopguard" in text and ((_QUOTED.search(text) and _CALLS.search(text)) or _UNDOES.search(text)):
        return PERSONS
    if any(_set_up(name) for name in re.findall(r"\b(SLOPGUARD_\w+)[\"']?\s*\]?\s*=[^=]", text)):
        return VARIABLE
    return None


def _slopguard(words: Sequence[str]) -> Guarded | None:
    """What follows `slopguard` on a command line."""
    at = 0
    while at < len(words) and words[at].startswith("-"):
        at += 2 if words[at] == "--config" else 1
    verb, rest = (words[at], list(words[at + 1 :])) if at < len(words) else ("", [])
    if rest[:1] in (["--help"], ["-h"]):
        return None
    if verb == "review":
        return PERSONS if "approve" in rest else None
    if verb not in _VERBS:
        return _uninstalls(verb, rest)
    if verb == "disable":
        return None if "--dry-run" in rest else PERSONS
    written = any(text in ("-o", "--reset-floor") or text.startswith("--output") for text in rest)
    telling = rest[:1] and rest[0] in _TELLING[verb] and not written
    return None if telling or rest[1:2] in (["--help"], ["-h"]) else PERSONS


def _uninstalls(name: str, words: Sequence[str]) -> Guarded | None:
    """`pip uninstall slopguard`, in whatever spelling and with whichever installer."""
    if (plain(name) or name) not in _INSTALLERS:
        return None
    removes = next((at for at, text in enumerate(words) if text in _REMOVES), None)
    if removes is None:
        return None
    named = any(re.sub(r"[-_.]+", "-", re.split(r"[\[=<>~!@]", text)[0]).casefold() == "slopguard" for text in words)
    everything = words[removes] == "uninstall-all" or (words[:1] == ["tool"] and "--all" in words)
    return UNINSTALL if named or everything else None


def _switches(words: Sequence[str]) -> bool:
    """`claude config set disableAllHooks true`, `codex features disable hooks`."""
    said = any(text in ("set", "add", "remove", "unset", "disable", "edit") for text in words)
    return said and any(re.search("hook", text, re.IGNORECASE) for text in words if " " not in text)


def _undoes(text: str, cwd: Path, places: Places) -> bool:
    return text.endswith("undo.sh") and (
        "shims/undo.sh" in text or places.path(text, cwd) == places.home / "shims" / "undo.sh"
    )


def _set_up(name: str) -> bool:
    return name.startswith("SLOPGUARD_") and name not in _HARMLESS
