"""What a check comes to: verdicts on packages, findings that name none, and what was looked at.

Invariant: everything here is data; texts in it are our own words, paths and names as written in the files.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from slopguard.check.found import Finding
from slopguard.model import Outcome, Verdict
from slopguard.rules import exit_code

BAD_FILE = 2
"""The exit code for a file that is not what its name claims."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on one package, with every place it is written at in `verdict.request.locations`.

    Args:
        new: whether the change looked at added it (always `False` where no base is known).
    """

    verdict: Verdict
    new: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """One check.

    Args:
        judged: every package and version once; refused ones first, severest first.
        findings: what names no package, severest first.
        locks: how many lock files were read.
        files: how many other files that can name a dependency were read.
        changed_only: only what changed since that base was looked at.
        since: the base that `new` is about (`origin/main`), `None` if there is none.
        enforced: `False` in mode `observe`; where only some folders are in it, the verdicts there say so.
        offline: no index was asked.
        lists: what is known of the lists, one fixed line each.
        notes: what a person should know about the check itself, one line each.
        seconds: how long it took.
    """

    judged: tuple[Judged, ...] = ()
    findings: tuple[Finding, ...] = ()
    locks: int = 0
    files: int = 0
    since: str | None = None
    changed_only: bool = False
    enforced: bool = True
    offline: bool = False
    lists: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    def outcomes(self) -> Iterator[Outcome]:
        """The outcome of everything, packages and findings."""
        yield from (each.verdict.outcome for each in self.judged)
        yield from (each.outcome for each in self.findings)

    def exit_code(self, *, fail_on_warn: bool = False) -> int:
        """The contract's exit code: 1 before 4 before 2 (a malformed file) before 3."""
        outcomes = [each.verdict.outcome for each in self.judged if each.verdict.enforced]
        outcomes += [each.outcome for each in self.findings if each.rule != "malformed"]
        code = exit_code(outcomes, enforced=self.enforced, fail_on_warn=fail_on_warn)
        bad = self.enforced and any(each.rule == "malformed" for each in self.findings)
        return BAD_FILE if bad and code not in (1, 4) else code
