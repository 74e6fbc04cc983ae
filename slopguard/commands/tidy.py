"""Shell text without what stands around a command where people quote one: prompts, magics, keys of YAML, templates.

Invariants: the number of lines stays, so that a line of the result is the same line of the text; here-documents stay as
they are, for they may be files of any kind.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator

from slopguard.commands.words import BLANK, MARK
from slopguard.patterns import regex

_START = r"(?<!\\\n)^"
"""The beginning of a line that does not continue the one before."""
_TEMPLATE = regex(r"\$?\{\{(?:[^{}]|\{[^{}]*\}){0,500}?\}\}|\$\[\[[^\]\n]{0,200}\]\]")
_STATEMENT = regex(r"\{%[^%\n]{0,500}%\}")
_PLACEHOLDER = regex(r"(?<![<\w&|(\"'\])}`*])<[A-Za-z@](?:[^<>\n\"'`$;&|()]{0,60}[\w.)\]…-])?>(?![>&(])")
_CHOICE = regex(r"(?<![\w.])\.\.\.(?![\w/.])|…")
_NOTEBOOK = regex(
    _START + r"([ \t]*)(?:In \[\d*\]:[ \t]*)?(?:%%(?:bash|sh|script|cmd|!)[^\n]*|[%!]{1,2}(?=[A-Za-z{/.\"'~$]))", re.M
)
_PROMPT = regex(
    _START + r"[ \t]*(?:\([\w./ -]{1,40}\)[ \t]*)?"
    r"(?:PS(?:[ \t]+[A-Za-z]:[^>\n]{0,200})?>|[A-Za-z]:\\[^>\n]{0,200}>|[\w.-]{1,40}@[\w.-]{1,60}[:\w/~. -]{0,80}[$#]"
    r"|~?[$\u276f\u279c\xbb%]|>)"
    r"[ \t]+(?=[^\s&|)])",
    re.M,
)
_VENV = regex(_START + r"[ \t]*\([\w.-]{1,40}\)[ \t]+(?=[a-z./])", re.M)
_KEY = regex(
    _START + r"""[ \t]*(?:-[ \t]+)?(?:["']?(?:run|script|command|cmd|before_script|install|shell)["']?[ \t]*:"""
    r"""[ \t]+[|>]?[-+]?"""
    r"""|"(?!description|name|version|title|keywords|author|homepage)[\w:.@/-]{1,60}"[ \t]*:(?=[ \t]*"[^"\n]))[ \t]*"""
    r"""(?P<value>[^\n]*)$""",
    re.M,
)
_ITEM = regex(_START + r"[ \t]*[-*•][ \t]+(?=[a-z./\"'$A-Z])", re.M)
_NUMBER = regex(_START + r"[ \t]*\d{1,2}[.)][ \t]+(?=[a-z./])", re.M)
_RUN = regex(_START + r"([ \t]*)(?:ONBUILD[ \t]+)?RUN[ \t]+(?:--(?:mount|network|security)=\S+[ \t\\\n]+)*(?=\S)", re.M)
_RECIPE = regex(_START + r"([ \t]*)[@+](?=[A-Za-z./$(])", re.M)
_QUOTED = regex(r"""(?P<quote>["'])(?P<text>[^\n]*)(?P=quote)[ \t]*,?""")


_EXEC_FORM = regex(_START + r"[ \t]*(?:RUN|CMD|ENTRYPOINT)[ \t]+(\[[^\n]*\])[ \t]*$", re.M)
_WINDOWS_PATH = regex(r"(?<!\S)(?:[A-Za-z]:|\.{1,2}|\.?v?env)(?:\\[\w.-]+)+(?=\s)")


_CUT = regex(r"^([^#\n]*[^\s#\\])((?:(?:\\\n)+[^\s\\#]+)+)", re.M)
"""A word that goes on in the next line."""


_HEREDOC = regex(r"(?<![<\w])<<-?[ \t]*(?P<quote>[\"']?)(?P<end>[A-Za-z_][\w.-]*)(?P=quote)(?=[\s;&|)>]|\Z)")
_UNENDED = 50
"""So many beginnings of here-documents without an end are looked into."""


def _joined(found: re.Match[str]) -> str:
    """The word in one line, and as many lines as before."""
    return found[1] + found[2].replace("\\\n", "") + " " + "\\\n" * found[2].count("\n")


def tidy(text: str) -> str:
    """The commands in a text, as a shell would be given them."""
    text = re.sub(r"\r(?=\n|\Z)|\0", "", text)
    text = re.sub(r"[\ud800-\udfff]", "\ufffd", text)  # no character, and so no part of a name
    text = re.sub(r"\\\s*\Z", "", text)  # a line that was to go on
    parts, at = [], 0
    for start, end in _bodies(text):
        parts += [_commands(text[at:start]), text[start:end]]
        at = end
    return "".join([*parts, _commands(text[at:])])


def _bodies(text: str) -> Iterator[tuple[int, int]]:
    """Where here-documents lie."""
    at, tries = 0, 0
    while tries < _UNENDED and (found := _HEREDOC.search(text, at)):
        at, start = found.end(), text.find("\n", found.end()) + 1
        stop = re.compile(rf"^\t*{re.escape(found['end'])}[ \t]*$", re.M).search(text, start) if start else None
        if stop:
            yield start, stop.start()
            at = stop.end()
        tries += not stop


def _commands(text: str) -> str:
    """A text between here-documents."""
    if "\\\n" in text:
        text = _CUT.sub(_joined, text)
    if "`#" in text:
        text = re.sub(r"(?<!\S)`#[^`\n]*`", "", text)  # a comment in the middle of a command
    if "{{" in text or "[[" in text:
        text = _TEMPLATE.sub(_unknown, text)
    if "{%" in text:
        text = _STATEMENT.sub("", text)
    if "<" in text:
        text = _PLACEHOLDER.sub(BLANK, text)
    text = _CHOICE.sub(BLANK, text)
    text = text.replace("{sys.executable}", "python")
    text = _WINDOWS_PATH.sub(lambda found: found[0].replace("\\", "/"), text)
    return _unprompted(text)


def _unprompted(text: str) -> str:
    """A text whose lines begin with their commands."""
    text = _NOTEBOOK.sub(r"\1", text)
    text = _KEY.sub(_value, text)
    for pattern in (_PROMPT, _VENV, _ITEM, _NUMBER):
        text = pattern.sub("", text)
    text = _RUN.sub(_lines_of, _EXEC_FORM.sub(_exec_form, text))
    return _RECIPE.sub(r"\1", text)


def _exec_form(found: re.Match[str]) -> str:
    """A command written as a JSON array of its words."""
    try:
        words = json.loads(found[1])
    except (ValueError, RecursionError):
        return found[0]
    return shlex.join(map(str, words)) if isinstance(words, list) else found[0]


def _unknown(found: re.Match[str]) -> str:
    return MARK + "\n" * found[0].count("\n")


def _lines_of(found: re.Match[str]) -> str:
    """As many continued lines as what is taken off has."""
    return "\\\n" * found[0].count("\n")


def _value(found: re.Match[str]) -> str:
    """The value of a key, unquoted if it is quoted as a whole."""
    value = found["value"].strip()
    quoted = _QUOTED.fullmatch(value)
    if not quoted:
        return value
    inner = re.sub(r"\\(.)", r"\1", quoted["text"]) if quoted["quote"] == '"' else quoted["text"]
    return value if re.search(rf"(?<!\\){quoted['quote']}", quoted["text"]) else inner
