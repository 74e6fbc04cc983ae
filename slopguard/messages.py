"""The contract's one-line message: fixed words, ASCII, at most 200 characters.

Invariants:

* Nothing in a message comes from a registry: names are those asked for or stand in a signed list, a version is
  printed only if it is made of numbers and the usual release words.
* The command after `Next:` runs as printed in a POSIX shell; a name unfit for a shell is replaced by the decision id.
* Any verdict whatsoever gives one printable line within the limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from slopguard.model import Ecosystem, Outcome, Request, Verdict
from slopguard.names import shown
from slopguard.patterns import regex
from slopguard.rules import NO_SUCH_VERSION, rule_for
from slopguard.versions import listed

LIMIT = 200
"""Longest message, in characters."""
NAME_LIMIT = 64
"""Longest name shown, in characters."""

WORDS = {
    Outcome.ALLOW: "NOTE",
    Outcome.WARN: "NOTE",
    Outcome.QUARANTINE: "QUARANTINED",
    Outcome.BLOCK: "BLOCKED",
    Outcome.UNCHECKED: "UNCHECKED",
}
"""The message's WORD for each outcome (`OBSERVED` for a refusal that is not enforced)."""

_SHELL_SAFE = regex(rf"[A-Za-z0-9@/._-]{{1,{NAME_LIMIT}}}")
_DECISION_ID = regex(r"d-[0-9a-f]{6,32}")
_RELEASE_WORD = r"(?:alpha|beta|rc|a|b|c|pre|preview|next|canary|nightly|dev|post|experimental|insiders|snapshot)"
_VERSION = regex(rf"\d+(?:\.\d+){{0,5}}(?:[-.]?{_RELEASE_WORD}(?:[-.]?\d+){{0,3}}){{0,2}}")
_LONGEST_VERSION = 32


def word(verdict: Verdict) -> str:
    """BLOCKED, QUARANTINED, UNCHECKED, NOTE or OBSERVED."""
    return "OBSERVED" if verdict.outcome.refuses and not verdict.enforced else WORDS[verdict.outcome]


def reason(verdict: Verdict) -> str:
    """The rule's FACT with its values filled in; no full stop."""
    version = printable_version(verdict.request)
    named = f"version {version}" if version else "such version"
    return rule_for(verdict).fact.format(subject=version or "it", version=named, age=_age(verdict))


def remedy(verdict: Verdict) -> str:
    """The rule's INSTRUCTION with its values filled in; no full stop."""
    rule = rule_for(verdict)
    if verdict.until is None:
        return rule.instruction.replace(" or wait until {until}", " or ask the user")
    return rule.instruction.format(until=utc(verdict.until))


def next_command(verdict: Verdict) -> str:
    """A command that runs as printed and tells more: `ask`, or `log show` for a name or version unfit for a shell.

    Of a version that does not exist there is no more to tell: the name is asked about.
    """
    asked = named(verdict.request, versioned=rule_for(verdict) is not NO_SUCH_VERSION)
    return f"slopguard ask {asked}" if asked is not None else _log_command(verdict)


def named(request: Request, *, versioned: bool = True) -> str | None:
    """What was asked about as commands of ours take it: `pypi:NAME==V`, `npm:NAME@V`; `None` if unfit for a shell.

    Args:
        versioned: with its version, if it has one.
    """
    name = request.name
    if name is None or not _SHELL_SAFE.fullmatch(name):
        return None
    if request.version is None or not versioned:
        return f"{request.ecosystem}:{name}"
    version = printable_version(request)
    joint = "==" if request.ecosystem is Ecosystem.PYPI else "@"
    return f"{request.ecosystem}:{name}{joint}{version}" if version is not None else None


def line(verdict: Verdict) -> str:
    """The contract's one-line message. Too long: the second name goes, then `Verified`, then FACT, then the name."""
    return _first_that_fits(_candidates(verdict))


def note(verdict: Verdict, used: str | None = None) -> str:
    """The line for a version that was stepped over.

    Args:
        verdict: the refusal of that version.
        used: the version that was taken instead, if known.
    """
    taken = used if used is not None and _is_printable(used) else "an older one"
    taken += f" used until {utc(verdict.until)}" if verdict.until is not None else " used"
    return _first_that_fits(_note_candidates(verdict, taken))


def utc(moment: datetime) -> str:
    """A moment as `2026-11-26 09:14 UTC`."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def printable_version(request: Request) -> str | None:
    """The version asked about, if its text may be printed (numbers and the usual release words only)."""
    return request.version if request.version is not None and _is_printable(request.version) else None


def _is_printable(version: str) -> bool:
    return len(version) <= _LONGEST_VERSION and version.isascii() and _VERSION.fullmatch(version) is not None


def _first_that_fits(candidates: Iterator[str]) -> str:
    return next(text for text in candidates if len(text) <= LIMIT)


def _candidates(verdict: Verdict) -> Iterator[str]:
    """The message, ever shorter; the last one always fits."""
    ask, log = next_command(verdict), _log_command(verdict)
    fact, advice = reason(verdict), remedy(verdict)
    near = [name for name in verdict.suggestions if _SHELL_SAFE.fullmatch(name)][:2]
    head = _head(verdict, word(verdict), NAME_LIMIT)
    for count in range(len(near), 0, -1):
        yield f"{head}: {fact}. {advice}. Verified: {', '.join(near[:count])}. Next: {ask}"
    yield f"{head}: {fact}. {advice}. Next: {ask}"
    yield f"{head}: {advice}. Next: {ask}"
    yield f"{head}: {advice}. Next: {log}"
    for limit in range(NAME_LIMIT, 7, -8):
        yield f"{_head(verdict, word(verdict), limit)}: {advice}. Next: {log}"


def _note_candidates(verdict: Verdict, taken: str) -> Iterator[str]:
    """The note, ever shorter: the command gives way first, then FACT, then the name."""
    head, fact, log = _head(verdict, "NOTE", NAME_LIMIT), reason(verdict), _log_command(verdict)
    yield f"{head}: {fact}; {taken}. Next: {next_command(verdict)}"
    yield f"{head}: {fact}; {taken}. Next: {log}"
    for limit in range(NAME_LIMIT, 7, -8):
        yield f"{_head(verdict, 'NOTE', limit)}: {taken}. Next: {log}"


def _head(verdict: Verdict, what: str, limit: int) -> str:
    request = verdict.request
    name = shown(request.name or request.raw, limit)
    return f"slopguard: {what} {request.ecosystem} '{name}' ({verdict.rule})"


def _log_command(verdict: Verdict) -> str:
    known = _DECISION_ID.fullmatch(verdict.decision_id)
    return f"slopguard log show {verdict.decision_id}" if known else "slopguard log"


def _age(verdict: Verdict) -> str:
    """The age of the version asked about (or of the name) in hours, in days from 100 hours on."""
    facts, version = verdict.evidence.facts, verdict.request.version
    asked = facts.releases if version is None else listed(verdict.request.ecosystem, version, facts)
    uploaded = min((release.uploaded for release in asked if release.uploaded), default=facts.first_upload)
    hours = max(verdict.decided - uploaded, timedelta()) // timedelta(hours=1) if uploaded is not None else 0
    if hours < 100:
        return f"{hours} hour{'' if hours == 1 else 's'}"
    return f"{hours // 24} days"
