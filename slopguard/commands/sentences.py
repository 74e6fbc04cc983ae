"""Where a command ends that nothing sets apart from the sentence around it: `run pip install flask to get started`.

Invariants: pure, one pass; better to stop too early than to take words of a sentence for packages.
"""

from __future__ import annotations

import re
import unicodedata

from slopguard.clients.argv import listed
from slopguard.patterns import regex

_STOP = listed(
    """
    a about above after afterwards again all allow allows also always an and another any anymore anyone anything are as
    at back
    be because been before being below between both but by can cannot could did does doing done down during each
    either else etc even every everything exactly fail failed failing fails first followed following for from
    further gets give gives globally had happens has have having he here how however if in inside instead into is it
    its itself just later let lets like locally makes may me means might more most must my needs never next no nor
    normally not nothing now of off on once one only onto or other our out over per please rather runs same
    she should since so some something still such than that the their them then there these they this those though
    through to together too under unless until upon us used uses using usually via was we were what when where
    whether which while who whose why will with within without work worked working works would yet you your yours
    algorithm algorithms command commands completes completed dependencies errors fallback finishes issues mechanism
    modules packages performance process requirements succeeded succeeds support things
    """
)
"""Words that go on with a sentence where an argument could stand; no client takes them for anything but a package."""
_INTRODUCES = listed(
    """
    by call calling can command could do doing enter execute executing first invoke invoking just like must need only
    please recommend run running runs should simply then to try type typing use uses using via want with would
    """
)
_BLANKS = " \t\r"
_LONGEST = 500
"""No argument outside of quotes is longer, in characters."""
_CLOSING = {"(": ")", "[": "]", "{": "}", "<": ">"}
_ENDS = ".,:!?"
_OPERATOR = regex(r";[ \t]*(?:then|do|done|fi|else)\b|&&|\|\|?|;|&(?= )|\d?>>?(?:&\d)?|<(?![A-Za-z@_])")
_RUNNER = regex(r"(?:npx|uvx|bunx|pnpx|pipx[ \t]+run|(?:pnpm|yarn)[ \t]+dlx)[ \t]+([\w.-]+)")
_OPTION = regex(r"--?[A-Za-z][\w-]*[ \t]+")
_GOES_ON = regex(r"[ \t]*(?:$|\n|-|&&|;|\|)")
_DOTS = regex(r"(?:^|.*[/\\])\.{1,2}|.*:(?:all|none):|:.*", re.DOTALL)
_FIRST = regex(r"[A-Za-z0-9@./~:$%*{<\[_+\\-]")
_QUOTED = regex(r'"[^"\n]*"|' + r"'[^'\n]*'")


def introduced(before: str) -> bool:
    """Whether the text before a command announces one: `..., then run `, `Install with: `, `cd x && `."""
    words = before.rstrip(_BLANKS)
    if words.endswith((":", "(", "=>", "->", " -m", "  #", " //")) or operated(before):
        return True
    last = re.search(r"([A-Za-z]+|[^\x00-\u024f])$", words[-40:])  # or a letter that is not Latin
    return last is not None and (last[1].lower() in _INTRODUCES or not last[1].isascii())


def operated(before: str) -> bool:
    """Whether the text before a command ends with an operator of a shell, or with what sets options apart."""
    return before.rstrip(_BLANKS).endswith(("&&", "||", ";", "|", " --", " /"))


def speaks(before: str) -> bool:
    """Whether words could not stand in front of a command but in a sentence."""
    return any(word.lower() in _STOP for word in before.split())


def loose(command: str) -> bool:
    """Whether a command that a sentence follows runs what may be a word of the sentence: `npx generators and`."""
    found = _RUNNER.match(command)
    return found is not None and found[1].isalpha()


def end(text: str, start: int, limit: int) -> tuple[int, bool]:
    """Where the command that begins at `start` ends, at or before `limit`; and whether a sentence goes on there."""
    at = start
    last = start
    while at < limit:
        if text[at] in _BLANKS:
            at += 1
            continue
        if text[at] == "\n":
            break
        after, stops = _word(text, at, limit)
        if after == at:
            return last, True
        last = at = after
        if stops:
            return last, True
    return last, False


def _word(text: str, at: int, limit: int) -> tuple[int, bool]:
    """The end of the word at `at` (`at` itself if it is not the command's), and whether the command ends with it."""
    if operator := _OPERATOR.match(text, at, limit):
        return operator.end(), False
    if quoted := _QUOTED.match(text, at, limit):
        return quoted.end(), False
    if not _FIRST.match(text, at) or text.startswith("->", at):
        return at, True
    after = _run(text, at, limit)
    word = text[at:after]
    kept = word if _DOTS.fullmatch(word) else word.rstrip(_ENDS)
    if word.startswith("...") or (kept.lower() in _STOP and not _valued(text, at, after)):
        return at, True
    cut = after < limit and text[after] not in _BLANKS + "\n;&|"
    return at + len(kept), cut or kept != word


def _valued(text: str, at: int, after: int) -> bool:
    """Whether a word is an option's value, by what stands around it: `-w a -w b`, `--target packages`."""
    start = text.rfind(" -", max(at - 40, 0), at) + 1
    return bool(start and _OPTION.fullmatch(text, start, at) and _GOES_ON.match(text, after))


def _run(text: str, at: int, limit: int) -> int:
    """The end of a run of characters that can stand in one argument, brackets closed and quotes after `=` included."""
    closing: list[tuple[str, int]] = []
    limit = min(limit, at + _LONGEST)
    while at < limit:
        letter = text[at]
        if letter in _BLANKS + "\n" and not closing:
            break
        if letter == "\n":
            break
        if letter in "\"'":
            quoted = _QUOTED.match(text, at, limit)
            if not quoted or not (closing or text[at - 1] in "=["):
                break
            at = quoted.end()
            continue
        if letter in _CLOSING:
            closing.append((_CLOSING[letter], at))
        elif closing and letter == closing[-1][0]:
            closing.pop()
        elif letter in ")>`|;" or (letter == "\\" and text[at + 1 : at + 2] in "nrt\"'") or _wide(letter):
            break
        at += 1
    return closing[0][1] if closing else at


def _wide(letter: str) -> bool:
    """Whether a letter is of a script that writes no blanks, or a mark that only prose has."""
    return letter > "\u2000" and (unicodedata.east_asian_width(letter) in "WF" or unicodedata.category(letter) == "Pf")
