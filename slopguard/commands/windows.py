"""PowerShell and Windows batch as the shell text that means the same, line by line.

What counts is which command gets which words; control flow is dropped, so that every branch is read. Invariant: the
text that comes out has as many lines as the one that went in.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator

from slopguard.commands.script import UNKNOWN, idle
from slopguard.patterns import regex

_EXE = regex(
    r"(?<![\w-])(pip[\d.]*|python[\d.]*|py|uvx?|npm|npx|pnpm|pnpx|yarn|bunx?|poetry|pdm|pipx)\.(?:exe|cmd)\b", re.I
)
_LAUNCHER = regex(r"(?<![\w./-])py(?: -[\d.]+)*(?= -m )", re.IGNORECASE)

_JOINT = "\x1f"
"""Stands where a line was continued, as a blank does."""

_CLIENT = regex(
    r"\b(?<!-)(?:pip[\d.x]*|pipenv|uvx?|npm|npx|pnpm|pnpx|yarn|bunx?|poetry|pdm|deno|corepack|conda|mamba|hatch|rye|tox"
    r"|nox|easy_install|iex|invoke-expression|start-process|saps)(?![\w-])|\|\s*(?:ba)?sh\b"
)
"""In lower case (to ignore case in a search takes twice the time)."""

_HIDING = regex(
    r"`(?<=\w`)[^\W0abefnrtuv]|\^(?<=\w\^)\w|\"(?<=\w\")\"?\w"
    r"|'(?<=\w')(?:['\"]\w|(?!(?:t|s|re|ll|ve|d|m)(?![\w'\"]))\w)"
)
"""A name in parts; an escape (`n) is none, nor what follows an apostrophe in English."""

_CALLED = regex(
    r"[$%!]\{?[\w:]+[%!}]?[\"')]?\s+(?:install|add|dlx|exec|i|x)\s|\s-e(?:nc(?!oding)\w*|n|c)?\s", re.IGNORECASE
)
"""A variable, called as a client would be; an encoded command."""

_CONSTANT = regex(r"\s*(?:\$(?:env:)?\w+\s*=|@?set\s)", re.IGNORECASE)

# PowerShell
_COMMENTS = regex(r"<#.*?(?:#>|\Z)|@(['\"])\s*\n.*?(?:\n\1@|\Z)", re.DOTALL)
_ENV = regex(r"\$\{?env:(\w+)\}?", re.IGNORECASE)
_SET = regex(r"\s*\$(?:env:)?(\w+)\s*=\s*((['\"])[^'\"]*\3|[\w.-]+)\s*$", re.IGNORECASE)
_PARTS = regex(r"\"(?:[^\"`]|`.)*\"?|'[^']*'?|\$\{\w+\}|#[^\n]*|&&|\|\||[;{}]|[^\"'$;{}#&|]+|.", re.DOTALL)
_CONTROL = regex(
    r"\s*(?:(?:foreach|for|switch)\s*\([^{}]*\)|(?:if|elseif|while|else|try|finally|do|catch|until)(?=[\s(]|$)|[&.](?=\s))\s*",
    re.IGNORECASE,
)
_CAPTURE = regex(r"\s*\$\w+\s*=\s*")
_NEW_ITEM = regex(r"\s*ni\s", re.IGNORECASE)
_INVOKE = regex(r"\s*(?:iex|invoke-expression)\s+(?:-command\s+)?", re.IGNORECASE)
_START = regex(r"\s*(?:start-process|saps)\s+(.*)", re.IGNORECASE | re.DOTALL)
_START_WORDS = regex(r"\"([^\"]*)\"|'([^']*)'|([^\s,'\"()@]+)")
_START_OPTIONS = regex(r"-(?:filepath|argumentlist|args|wait|nonewwindow|passthru)$", re.IGNORECASE)

# batch
_TOKENS = regex(
    r'"[^"]*"?|\^.?|%%~?\w+|%~?\w+(?::[^%\s]*)?%|%~?[\w*]|![\w]+!|&&|\|\||[<>]+&?\d?|[&|()]|\s+|[^"^%!&|()<>\s]+|.'
)
_VARIABLE = regex(r"%(\w+)%|!(\w+)!|%%?~?[\w*]+|%[\w:=~,-]+%")
_REM = regex(r"\s*@?(?:rem\b|::|:\w)", re.IGNORECASE)
_PREFIX = regex(
    r"\s*(?:@|call\s|do\s|else\s|start\s+(?:\"[^\"]*\"\s+)?(?:/\w+\s+)*|cmd(?:\.exe)?\s+(?:/[\w:]+\s+)*/[ck]\s+(?!\")"
    r"|if\s+(?:/i\s+)?(?:not\s+)?(?:exist\s+(?:\"[^\"]*\"|\S+)|defined\s+\S+|errorlevel\s+\d+"
    r"|\"[^\"]*\"\s*==\s*\"[^\"]*\"|\S+\s*==\s*\S+|\S+\s+(?:equ|neq|lss|leq|gtr|geq)\s+\S+)\s*)",
    re.IGNORECASE,
)
_SHELLS = regex(
    r"\s*(?:cmd(?:\.exe)?\s+(?:/[\w:]+\s+)*/[ck]|(?:powershell|pwsh)(?:\.exe)?\s+(?:-\w+\s+(?:bypass\s+)?)*?-c(?:ommand)?)\s+",
    re.IGNORECASE,
)
_ASSIGN = regex(r'\s*set\s+(?:"(\w+)=([^"]*)"|(\w+)=(.*?))\s*$', re.IGNORECASE)


def _may_install(text: str) -> bool:
    """Whether a text can have to do with an install: a client is in it, a name put together, or a variable called."""
    return bool(_CLIENT.search(text.lower()) or _HIDING.search(text) or _CALLED.search(text))


def powershell(text: str) -> str:
    """PowerShell as shell text."""
    text = _COMMENTS.sub(lambda found: re.sub(r"[^\n]", "", found[0]), text.replace("\\", "/"))
    return "\n".join(_translated(text, "`", _powershell_line))


def batch(text: str) -> str:
    """A batch file (`cmd.exe`) as shell text."""
    return "\n".join(_translated(text, "^", _batch_line))


DIALECTS: dict[str, Callable[[str], str]] = {"pwsh": powershell, "powershell": powershell, "cmd": batch}
"""What shell text is made with, by the name of the shell."""


def _translated(text: str, mark: str, translate: Callable[[str], str]) -> Iterator[str]:
    """The lines of a text, each with those that `mark` continues it on."""
    if not _may_install(text):
        yield "\n" * text.count("\n")
        return
    held: list[str] = []
    for line in text.replace(_JOINT, " ").split("\n"):
        line_ = line.rstrip()
        goes_on = line_.endswith(mark)
        held.append(line_[: -len(mark)] if goes_on else line_)
        if not goes_on:
            yield from _logical(held, translate)
            held = []
    if held:
        yield from _logical(held, translate)


def _logical(held: list[str], translate: Callable[[str], str]) -> list[str]:
    """A line that may be continued, translated, as the lines that it had been."""
    joined = _JOINT.join(held)
    return _apart(translate(joined) if _CONSTANT.match(joined) or _may_install(joined) else "", len(held))


def _apart(joined: str, count: int) -> list[str]:
    """A translated line as the lines that it had been."""
    lines = joined.replace(_JOINT, " \\\n").split("\n")
    return lines + [""] * (count - len(lines))


def _plain(line: str) -> str:
    """A line in which clients have their usual names."""
    return _LAUNCHER.sub("python", _EXE.sub(r"\1", line))


def _powershell_line(line: str) -> str:
    line = _ENV.sub(r"${\1}", line) if not _SET.match(line) else line
    return "; ".join(filter(None, map(_powershell_statement, _statements(_plain(line)))))


def _statements(line: str) -> Iterator[str]:
    """The statements of a line, cut at `;` and braces outside of quotes; a comment ends it."""
    held: list[str] = []
    for part in _PARTS.findall(line):
        if part in (";", "{", "}"):
            yield "".join(held)
            held = []
        elif part.startswith("#") and (not held or held[-1][-1:].isspace()):
            break
        else:
            held.append(part)
    yield "".join(held)


def _powershell_statement(statement: str) -> str:
    if found := _SET.match(statement):
        return f"export {found[1]}={found[2]}"
    if found := _START.match(statement):
        words = ["".join(each) for each in _START_WORDS.findall(found[1])]
        return " ".join(word for word in words if not _START_OPTIONS.match(word))
    statement = _CONTROL.sub("", _CAPTURE.sub("", statement, count=1), count=1)
    if _NEW_ITEM.match(statement):
        return ""
    if found := _INVOKE.match(statement):
        statement = f"eval {statement[found.end() :]}"
    return "" if idle(statement) else statement.strip()


def _batch_line(line: str) -> str:
    if _REM.match(line):
        return ""
    return "; ".join(filter(None, map(_batch_statement, _batch_statements(_plain(line.replace("\\", "/"))))))


def _batch_statements(line: str) -> Iterator[str]:
    """The commands of a line, cut at `&`, `|` and parentheses outside of quotes."""
    held: list[str] = []
    for token in _TOKENS.findall(line):
        if token in ("&", "&&", "|", "||", "(", ")"):
            yield "".join(held)
            held = []
        else:
            held.append(token)
    yield "".join(held)


def _batch_statement(statement: str) -> str:
    """One command with what stands before it taken away, its words quoted for a shell."""
    while (found := _PREFIX.match(statement)) and found.end():
        statement = statement[found.end() :]
    if found := _ASSIGN.match(statement):
        name, value = found[1] or found[3], found[2] if found[1] else found[4]
        return f"export {name}={_batch_word(value)}"
    shell = _SHELLS.match(statement)
    if shell:
        statement = statement[shell.end() :]
    words = "".join(map(_batch_token, _TOKENS.findall(statement))).strip()
    return f"sh -c {words}" if shell and words else words


def _batch_token(token: str) -> str:
    if token.isspace() or token[0] in "<>":
        return token
    if token[0] == "^":
        return shlex.quote(token[1:]) if token[1:] else ""
    return _batch_word(token.strip('"') if token[0] == '"' else token)


def _batch_word(word: str) -> str:
    """A word as a shell's, with its variables."""
    made, at = [], 0
    for found in _VARIABLE.finditer(word):
        name = found[1] or found[2]
        made += [word[at : found.start()] and shlex.quote(word[at : found.start()])]
        made += [f'"${{{name}}}"' if name and not name.isdigit() else f'"{UNKNOWN}"']
        at = found.end()
    rest = word[at:]
    return "".join(made) + (shlex.quote(rest) if rest or not made else "")
