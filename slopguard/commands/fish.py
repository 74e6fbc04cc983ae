"""fish scripts as the shell text that means the same, line by line.

What counts is which command gets which words; control flow is dropped, so that every branch is read. Invariant: the
text that comes out has as many lines as the one that went in.
"""

from __future__ import annotations

import re

from slopguard.patterns import regex

_CONTROL = regex(r"\s*(?:(?:else\s+if|if|while|and|or|not|begin|else|end|switch|case|function|for)(?=\s|$))")
_NAMED = regex(r"\s*(?:switch|case|function|for)\b[^;]*")
_SET = regex(r"\s*set\s+(?:(?:-\w+|--\w+)\s+)*(\w+)\s+([^\s;]+)\s*$")
_PARTS = regex(r"\"(?:[^\"\\]|\\.)*\"?|'(?:[^'\\]|\\.)*'?|\\.|[;\"']|[^\"';\\]+|\\", re.DOTALL)
_SUBSTITUTION = regex(r"(?<![$\w])\(")


def script(text: str) -> str:
    """A fish script as shell text."""
    return "\n".join("; ".join(filter(None, map(_statement, _statements(line)))) for line in text.split("\n"))


def _statements(line: str) -> list[str]:
    """The statements of a line, cut at `;` outside of quotes."""
    found = [""]
    for part in _PARTS.findall(line):
        if part == ";":
            found.append("")
        else:
            found[-1] += part
    return found


def _statement(statement: str) -> str:
    """One statement without its control words; a loop's or a function's head is nothing by itself."""
    while found := _CONTROL.match(statement):
        named = _NAMED.match(statement)
        statement = statement[(named or found).end() :]
    if found := _SET.match(statement):
        return f"export {found[1]}={found[2]}"
    return _SUBSTITUTION.sub("$(", statement).strip()
