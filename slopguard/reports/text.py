"""Verdicts for people: plain ASCII lines, one for what is allowed, a short block for what is not.

Invariants: nothing is looked up here; no text of a registry is printed; the same words as in the one-line message.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slopguard import messages
from slopguard.model import DenyRow, Ecosystem, Existence, Outcome, Verdict, WatchRow
from slopguard.names import phrase, shown
from slopguard.rules import NO_SUCH_VERSION, rule_for

WORDS = {
    Outcome.ALLOW: "ALLOWED",
    Outcome.WARN: "WARNED",
    Outcome.QUARANTINE: "QUARANTINED",
    Outcome.BLOCK: "BLOCKED",
    Outcome.UNCHECKED: "UNCHECKED",
}
COLOURS = {Outcome.ALLOW: "32", Outcome.WARN: "33", Outcome.QUARANTINE: "33", Outcome.BLOCK: "31"}
"""ANSI colours; used only where a person watches and `NO_COLOR` is not set."""
INSTALL = {Ecosystem.PYPI: "pip install", Ecosystem.NPM: "npm install"}
REPLACEABLE = frozenset({"not-found", "unverified", "predicted", "lookalike", "lookalike-new", "import-name"})
"""Rules after which a verified package of a near name may be what was meant."""
WHATEVER_THE_INDEX_SAYS = frozenset(
    {
        "bad-name",
        "malicious",
        "denied",
        "internal-name",
        "foreign-source",
        "stdlib-name",
        "list-invalid",
        "policy-error",
    }
)
"""Rules that no answer of an index could change, so that nobody needs to know whether one was asked."""
RELEASABLE = frozenset(
    {"unverified", "too-new", "lookalike", "import-name", "predicted", "index-quarantined", "no-dates"}
)
"""Rules that a person's release lifts, as the contract has them."""
WIDE = 200
"""Characters of one word that are shown."""
MAYBE_PRIVATE = frozenset({"not-found", "unverified"})


def report(verdicts: Sequence[Verdict], *, colour: bool = False) -> Iterator[str]:
    """The lines of a report on `verdicts`, in their order; several get a closing summary."""
    width = max((len(_word(verdict)) for verdict in verdicts), default=0)
    names = min(max((len(title(verdict)) for verdict in verdicts), default=0), 40)
    for verdict in verdicts:
        yield _headline(verdict, width, names, colour=colour)
        if verdict.outcome.refuses:
            yield from (f"  {label:<8} {text}" for label, text in _details(verdict))
    if len(verdicts) > 1:
        yield _summary(verdicts)


def _headline(verdict: Verdict, width: int, names: int, *, colour: bool) -> str:
    word = _word(verdict).ljust(width)
    if colour and verdict.outcome in COLOURS:
        word = f"\x1b[{COLOURS[verdict.outcome]}m{word}\x1b[0m"
    head = f"{word}  {title(verdict):<{names}}   {verdict.rule}"
    if verdict.outcome.refuses:
        return head if verdict.enforced else f"{head}   (mode observe: not enforced)"
    known = "; the language has a module of that name" if verdict.evidence.stdlib else ""
    return f"{head}   {messages.reason(verdict)}{_standing(verdict)}{known}"


def _details(verdict: Verdict) -> Iterator[tuple[str, str]]:
    """The labelled lines under a refusal."""
    yield "why", messages.reason(verdict) + _asked(verdict)
    watch, deny = verdict.evidence.watch, verdict.evidence.deny
    if watch is not None:
        yield "known", _known(watch)
    if deny is not None:
        yield "list", _denied(deny)
    if verdict.suggestions:
        near = ", ".join(shown(name) for name in verdict.suggestions)
        yield "near", f"{near}      verified names; check that they do what you need"
    yield "do", _do(verdict)
    command = release(verdict)
    if command is not None:
        yield "or", f"{command}      (a person must)"
    if verdict.rule in MAYBE_PRIVATE and rule_for(verdict) is not NO_SUCH_VERSION:
        yield "yours?", "a private package: add it to [internal] in your slopguard.toml (a person must)"


def _denied(deny: DenyRow) -> str:
    """Where it is denied and why: words of the list's own people, made safe to print."""
    parts = (phrase(part, WIDE) for part in (deny.id, deny.why) if part)
    return ": ".join((shown(deny.list_name), *parts))


def release(verdict: Verdict) -> str | None:
    """The command with which a person may let it through; `None` where that would not help."""
    name = messages.named(verdict.request) if verdict.rule in RELEASABLE else None
    return f'slopguard allow {name} --why "..." --for 30d' if name is not None else None


def _do(verdict: Verdict) -> str:
    if verdict.suggestions and verdict.rule in REPLACEABLE:
        command = f"{INSTALL[verdict.request.ecosystem]} {shown(verdict.suggestions[0])}"
        return f"{command}      or write it without a package"
    return messages.remedy(verdict)


def _known(watch: WatchRow) -> str:
    """What the watch row says: how the name is known, never who it may be."""
    if watch.origin == "observed":
        return "asked for here before, by this machine's own doors"
    parts = ["models invent this name"]
    if watch.models is not None:
        parts.append(f"{watch.models} model{'' if watch.models == 1 else 's'} did")
    if watch.rank is not None:
        parts.append(f"rank {watch.rank}")
    if watch.predicted_at is not None:
        parts.append(f"known since {watch.predicted_at:%Y-%m-%d}")
    return ", ".join(parts)


def _asked(verdict: Verdict) -> str:
    existence = verdict.evidence.facts.existence
    if verdict.rule in WHATEVER_THE_INDEX_SAYS:
        return ""
    if existence is Existence.OFFLINE:
        return " (offline: no index was asked)"
    asked = verdict.evidence.facts.asked
    return f" (your index, asked {messages.utc(asked)})" if asked is not None else ""


def _standing(verdict: Verdict) -> str:
    """For an allowed name: the list it is on, until when it is let through, or since when it is known."""
    if verdict.rule == "released" and verdict.evidence.released_until is not None:
        return f" (until {verdict.evidence.released_until})"
    row, first = verdict.evidence.allow, verdict.evidence.facts.first_upload
    if verdict.rule == "allowlisted" and row is not None:
        rank = f", rank {row.rank}" if row.rank is not None else ""
        return f" ({row.list_name}{rank})"
    return f" (first upload {first:%Y-%m-%d})" if first is not None else ""


def _word(verdict: Verdict) -> str:
    return "OBSERVED" if verdict.outcome.refuses and not verdict.enforced else WORDS[verdict.outcome]


def title(verdict: Verdict) -> str:
    """What was judged, safe to print: `pypi:NAME==V`, `npm:NAME@V`; a version unfit to print is `...`."""
    request = verdict.request
    name = f"{request.ecosystem}:{shown(request.name or request.raw)}"
    if request.version is None:
        return name
    joint = "==" if request.ecosystem is Ecosystem.PYPI else "@"
    return name + joint + (messages.printable_version(request) or "...")


def _summary(verdicts: Sequence[Verdict]) -> str:
    counts = {outcome: sum(verdict.outcome is outcome for verdict in verdicts) for outcome in Outcome}
    parts = [f"{count:,} {WORDS[outcome].lower()}" for outcome, count in counts.items() if count]
    return f"{len(verdicts):,} names: {', '.join(parts)}"
