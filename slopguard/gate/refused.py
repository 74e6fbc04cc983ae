"""The one way out of the registry chain for a refusal: an exception that carries its verdict."""

from __future__ import annotations

from slopguard.errors import SlopguardError
from slopguard.messages import line
from slopguard.model import Facts, Verdict
from slopguard.rules import EXIT_CODES


class Refused(SlopguardError):
    """The judge refused a package; raised by the decorators, turned into an HTTP answer by the routes.

    Args:
        verdict: the refusal, already in the ledger.
        facts: what the indexes say about the name (for pip's tombstone page).
    """

    code = "refused"

    def __init__(self, verdict: Verdict, facts: Facts) -> None:
        super().__init__(line(verdict))
        self.verdict = verdict
        self.facts = facts
        self.exit_code = EXIT_CODES[verdict.outcome]
