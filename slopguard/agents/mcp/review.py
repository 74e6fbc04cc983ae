"""`request_review`: an agent wishes that a package be let through; a person decides.

Invariants: nothing is let through; the wish is in the ledger before it is answered, once a day for a package; the
agent's reason is kept redacted and cut to size, for people to read, and never printed as ours: the command that the
user is given leaves the reason to them.
"""

from __future__ import annotations

import shlex
from datetime import UTC, datetime, timedelta

from slopguard import messages
from slopguard.agents.mcp.calls import DOOR, Call, Said, request_for, title, with_version
from slopguard.agents.mcp.schemas import LONGEST_WHY, RequestReview
from slopguard.check import wishes
from slopguard.errors import printable
from slopguard.model import Ecosystem, Verdict
from slopguard.names import phrase
from slopguard.store import Store, acts, redact

LASTS = timedelta(days=30)
ONCE_IN = timedelta(days=1)
REASON = "..."
"""Stands for the reason in a command: whoever runs it writes their own."""
NOTHING = "Nothing was let through."
FOR_THE_USER = "Only a person can let it through. Tell the user, word for word:"


def request_review(here: Call, asked: RequestReview) -> Said:
    """Record the wish, and give the sentence for the user."""
    request = request_for(Ecosystem(asked.ecosystem), asked.name)
    if isinstance(asked.version, str):
        request = with_version(request, asked.version)
    wish = wishes.Wanted(request, redact(phrase(asked.why, LONGEST_WHY))[:LONGEST_WHY], LASTS)
    verdict, then = wishes.looked_up(wish, here.settings, here.cwd, here.door)
    if not verdict.outcome.refuses:
        return _said(verdict, f"{title(request)} may be installed; there is nothing to ask for.")
    refused = wishes.refusal(wish, verdict, then)
    if refused is not None:
        return _said(verdict, f"{messages.line(verdict)}\nslopguard: {refused[0]}. {NOTHING}")
    if here.settings.list_sources:
        return _to_reviewers(here, wish, verdict)
    return _to_the_user(here, wish, verdict)


def _to_the_user(here: Call, wish: wishes.Wanted, verdict: Verdict) -> Said:
    if not _asked_already(here, wish):
        words = ["slopguard", "allow", wish.target, "--why", wish.why, "--for", f"{LASTS.days}d"]
        acts.record(here.settings, DOOR, "requested", verdict.rule, wish.package, shlex.join(words))
    package = messages.named(wish.request)
    command = f'slopguard allow {package} --why "{REASON}" --for {LASTS.days}d' if package is not None else None
    step = f"If you know it and want it, run at a terminal: {command}" if command else f"See: {_shown(verdict)}"
    return _said(verdict, None, _wish(wish, verdict, step), command)


def _to_reviewers(here: Call, wish: wishes.Wanted, verdict: Verdict) -> Said:
    """The same where a team's reviewers decide: a file to hand over.

    Raises:
        InputError: a version cannot be bound to its files.
    """
    release = wishes.release_of(wish, wishes.digests_of(wish, verdict))
    path = None if _asked_already(here, wish) else wishes.ask_reviewers(wish, release, verdict, here.settings, DOOR)
    command = shlex.join(wishes.reviewer_command(wish, release, REASON)) if messages.named(wish.request) else None
    place = f"The request: {printable(str(path))}. " if path else "They were asked today already. "
    step = f"Your team's reviewers decide. {place}" + (
        f"A reviewer runs: {command}" if command else f"See: {_shown(verdict)}"
    )
    return _said(verdict, None, _wish(wish, verdict, step), command, str(path) if path else None)


def _asked_already(here: Call, wish: wishes.Wanted) -> bool:
    """Whether the ledger holds this wish from an agent today: one that asks in a loop fills nothing."""
    store = Store.open(here.settings)
    try:
        rows = store.ledger.rows(since=datetime.now(UTC) - ONCE_IN, package=wish.package)
    finally:
        store.close()
    target = f" {shlex.quote(wish.target)} "
    return any(row.verdict == "requested" and row.door == DOOR and target in row.command for row in rows)


def _wish(wish: wishes.Wanted, verdict: Verdict, step: str) -> str:
    held = f"slopguard holds it back ({verdict.rule}: {messages.reason(verdict)})"
    return f"I would like to use {title(wish.request)}; {held}. {step}"


def _shown(verdict: Verdict) -> str:
    return f"slopguard log show {verdict.decision_id}"


def _said(
    verdict: Verdict, text: str | None, sentence: str = "", command: str | None = None, path: str | None = None
) -> Said:
    data = {
        "recorded": text is None,
        "sentence": sentence,
        "command": command,
        "request": path,
        "decision": verdict.decision_id,
    }
    return Said(text if text is not None else f"{NOTHING} {FOR_THE_USER}\n{sentence}", data)
