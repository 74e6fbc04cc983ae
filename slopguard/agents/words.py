"""What an agent is told, in fixed words: what is final, what to do instead, the rest of its command, the user's word.

Invariants: names come from the call and from signed lists, in the letters that `names.shown` lets through; nothing
comes from a registry. A text is short enough to be read by whoever works on something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slopguard import messages
from slopguard.agents.model import Answer, Decision
from slopguard.daemon.questions import MINUTES
from slopguard.model import Outcome, Verdict
from slopguard.names import shown
from slopguard.rules import SEVERITY, Ends, rule_for

MOST = 5
"""Packages named in one answer."""
SUGGESTED = 3
"""Verified names beside one package."""
TIMES = 3
"""Asked for so often in `MINUTES`, a name brings the sentence that ends it."""
_AGAIN = f"Asked {{times}} times in {MINUTES} minutes. The answer will not change. Stop and tell the user."
NOT_RUN = "Your command was not run."
NOT_MADE = "Your edit was not made."
_NO_OTHER_WAY = "fetch it by URL, git, another index or another installer; do not change slopguard's settings."
_NEVER = f"Do not retry, respell, or {_NO_OTHER_WAY}"
_UNTIL_THEN = f"Do not respell, or {_NO_OTHER_WAY}"
"""Of what passes by itself; its instruction may be to try again."""
_SETTLED = {
    Ends.FINAL: "This is final.",
    Ends.BY_A_PERSON: "Only a person can change this.",
    Ends.BY_ITSELF: "This passes by itself.",
}
_ADVISED = frozenset(
    {
        "stdlib-name",
        "bad-name",
        "too-new",
        "import-name",
        "foreign-source",
        "internal-name",
        "no-dates",
        "list-invalid",
        "list-expired",
        "policy-error",
        "upstream-auth",
        "upstream-down",
        "lookalike",
        "lookalike-new",
    }
)
"""Rules whose instruction is something to do, beside what every refusal says."""
_WHY_NOT = {
    "not-found": "it does not exist",
    "predicted-registered": "it is a name that models invent, and somebody registered it",
    "malicious": "it is known to be malicious",
}
"""What the user is told of some rules; of the others the rule's id."""

_FOR_A_PERSON = (
    "The guard is for a person to change, not for an agent. Do not look for another way; "
    "stop and tell the user what you wanted to change and why."
)
_GUESS = "Do not guess a package for it; see what holds it first"
_TOLD = "Do not tell anybody to install it; take it out, or name a verified package"
UNREAD = "slopguard: this cannot be read without running it, so what it would install was not judged."
UNREAD_DO = "Write the packages out in the command or in a requirements file, or let the user run it."
UNTOLD = "slopguard: it cannot be told what this edit makes of the file, or what that installs, so it was not judged."
UNTOLD_DO = "Read the file and write it whole, with the packages written out, or let the user make the edit."


def refused(verdicts: Sequence[Verdict], *, what: str = NOT_RUN, rest: str = "", times: int = 1) -> Answer:
    """The refusal of some packages.

    Args:
        verdicts: those that are refused, one at least.
        what: `NOT_RUN` or `NOT_MADE`.
        rest: the command without them, if that is fine; `""` if there is none.
        times: how often one of them was asked for in `MINUTES`, this time included.
    """
    ordered = sorted(verdicts, key=lambda verdict: -SEVERITY[verdict.outcome])
    lines = [_AGAIN.format(times=times)] if times >= TIMES else []
    lines += _heads(ordered, what)
    lines.append(_settled(ordered))
    lines.append("Do one of these:")
    lines += [f"{number}. {option}" for number, option in enumerate(_options(ordered), start=1)]
    lines += [f"The rest of your command is fine: {rest}"] if rest else []
    return Answer(Decision.DENY, "\n".join(lines), messages.line(ordered[0]))


def note(verdicts: Sequence[Verdict], *, imported: bool) -> str:
    """What a model is told of packages that it brings up without installing them.

    Args:
        imported: source code imports them; else a document tells its readers to install them.
    """
    return "\n".join(_note(verdict, _GUESS if imported else _TOLD) for verdict in verdicts[:MOST])


def observed(verdicts: Sequence[Verdict]) -> str:
    """What mode `observe` says of what it would have refused."""
    return "\n".join(messages.line(verdict) for verdict in verdicts[:MOST])


def unread(*, what: str = "command") -> Answer:
    """What cannot be judged: the user decides.

    Args:
        what: `command` or `edit`.
    """
    why, instead = (UNREAD, UNREAD_DO) if what == "command" else (UNTOLD, UNTOLD_DO)
    return Answer(Decision.ASK, f"{why}\n{instead}", f"{why} Allow this {what} only if you know what it does.")


def guarded(what: str) -> Answer:
    """Something that an agent must not do to the guard.

    Args:
        what: fixed words of `protected`, that complete "slopguard: refused: ...".
    """
    text = f"slopguard: REFUSED: {what}. Nothing was run or changed."
    return Answer(Decision.DENY, f"{text}\n{_FOR_A_PERSON}", text)


def _heads(verdicts: Sequence[Verdict], what: str) -> Iterator[str]:
    heads = [f"{_head(verdict, messages.word(verdict))}: {messages.reason(verdict)}." for verdict in verdicts[:MOST]]
    if len(verdicts) > MOST:
        heads.append(f"And {len(verdicts) - MOST} more: slopguard log")
    yield from heads[:-1]
    yield f"{heads[-1]} {what}"


def _head(verdict: Verdict, word: str) -> str:
    request = verdict.request
    return f"slopguard: {word} {request.ecosystem} '{shown(request.name or request.raw)}' ({verdict.rule})"


def _settled(verdicts: Sequence[Verdict]) -> str:
    """How it ends, as the one that lasts longest does, and what not to do about it."""
    ends = {rule_for(verdict).ends for verdict in verdicts}
    if ends == {Ends.BY_ITSELF}:
        until = max((verdict.until for verdict in verdicts if verdict.until), default=None)
        said = f"This passes by itself at {messages.utc(until)}." if until else _SETTLED[Ends.BY_ITSELF]
        return f"{said} {_UNTIL_THEN}"
    return f"{_SETTLED[Ends.FINAL] if Ends.FINAL in ends else _SETTLED[Ends.BY_A_PERSON]} {_NEVER}"


def _options(verdicts: Sequence[Verdict]) -> Iterator[str]:
    for verdict in verdicts[:MOST]:
        name = shown(verdict.request.name or verdict.request.raw)
        near = ", ".join(verdict.suggestions[:SUGGESTED])
        instead = f" instead of {name}" if len(verdicts) > 1 else ""
        if near:
            yield f"A verified package with a near name{instead}, if it does what you need: {near}."
        if verdict.rule in _ADVISED:
            yield f"{messages.remedy(verdict)}{f' ({name})' if len(verdicts) > 1 else ''}."
    yield "Write it without a package."
    yield _tell(verdicts[0])


def _tell(verdict: Verdict) -> str:
    """The sentence for the user."""
    name = shown(verdict.request.name or verdict.request.raw)
    released = rule_for(verdict).ends is Ends.BY_A_PERSON and verdict.outcome is Outcome.QUARANTINE
    package = messages.named(verdict.request)
    if released and package:
        command = f'slopguard allow {package} --why "..." --for 30d'
        return f"Stop and tell the user that a person may let it through with: {command}"
    why = _WHY_NOT.get(verdict.rule, f"slopguard refused it ({verdict.rule})")
    return f'Stop and tell the user: "I asked for {name}; {why}."'


def _note(verdict: Verdict, advice: str) -> str:
    near = ", ".join(verdict.suggestions[:SUGGESTED])
    verified = f" Verified: {near}." if near else ""
    return f"{_head(verdict, 'NOTE')}: {messages.reason(verdict)}. {advice}.{verified}"
