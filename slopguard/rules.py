"""Every rule a verdict can carry: its outcome, its one fixed pair of FACT and INSTRUCTION, and how it ends.

Invariants: one row per rule id of the contract; ids are stable; the texts are ours, ASCII, and hold no
full stop (`messages` joins them). `{subject}`, `{version}`, `{age}` and `{until}` are filled in by `messages`; nothing
else is. Two rules have two rows: what does not exist may be a name or a version (`NO_SUCH_VERSION`), and an index that
did not answer may not have been asked (`UNASKED`).
Within one outcome the order of the rows is the order of precedence: of two rules that hold, the earlier is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from slopguard.model import Existence, Outcome, Verdict

EXTENSION_PREFIX = "ext-"
"""Rule ids of policy extensions begin with this; they can never be mistaken for a rule of ours."""

SEVERITY: Mapping[Outcome, int] = {
    Outcome.ALLOW: 0,
    Outcome.WARN: 1,
    Outcome.QUARANTINE: 2,
    Outcome.UNCHECKED: 3,
    Outcome.BLOCK: 4,
}
"""How severe an outcome is; the severest rule that holds decides."""

EXIT_CODES: Mapping[Outcome, int] = {
    Outcome.ALLOW: 0,
    Outcome.WARN: 0,
    Outcome.QUARANTINE: 3,
    Outcome.UNCHECKED: 4,
    Outcome.BLOCK: 1,
}
"""The contract's exit code for one outcome."""


class Ends(StrEnum):
    """How a verdict stops being one."""

    FINAL = "final"
    BY_ITSELF = "by-itself"
    BY_A_PERSON = "by-a-person"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Args:
        id: stable identifier, documented in the README.
        outcome: the contract's word.
        fact: what is known, no full stop.
        instruction: what to do, no full stop.
        ends: whether it is final, passes by itself, or needs a person.
    """

    id: str
    outcome: Outcome
    fact: str
    instruction: str
    ends: Ends

    @property
    def final(self) -> bool:
        """Whether neither time nor a person's release changes the answer."""
        return self.ends is Ends.FINAL


def rule_of(rule_id: str, outcome: Outcome) -> Rule:
    """The row of `rule_id`; for a rule of a policy extension, one made for its outcome.

    Raises:
        KeyError: the id is neither known nor an extension's.
    """
    if rule_id.startswith(EXTENSION_PREFIX):
        return Rule(rule_id, outcome, "a rule of your organisation forbids it", _ASK_INSTEAD, Ends.BY_A_PERSON)
    return RULES[rule_id]


def rule_for(verdict: Verdict) -> Rule:
    """The row of the rule that decided a verdict."""
    if verdict.rule == "not-found" and verdict.evidence.facts.existence is Existence.YES:
        return NO_SUCH_VERSION
    if verdict.rule == "upstream-down" and verdict.evidence.facts.existence is Existence.OFFLINE:
        return UNASKED
    return rule_of(verdict.rule, verdict.outcome)


def severest(outcomes: Iterable[Outcome]) -> Outcome:
    """The severest of several outcomes; `ALLOW` for none."""
    return max(outcomes, key=SEVERITY.__getitem__, default=Outcome.ALLOW)


def exit_code(outcomes: Iterable[Outcome], *, enforced: bool = True, fail_on_warn: bool = False) -> int:
    """The exit code for several verdicts: 1 before 4 before 3; 0 when not enforced (mode `observe`).

    Args:
        fail_on_warn: a warning counts as 3 (`--fail-on warn`).
    """
    worst = severest(outcomes)
    if not enforced:
        return 0
    return 3 if fail_on_warn and worst is Outcome.WARN else EXIT_CODES[worst]


_ASK_INSTEAD = "Do not work around it; use a verified package or ask the user"
_NOWHERE = "Do not install it from anywhere; tell the user"
_NOTHING = "Nothing to do"

_ROWS = (
    # block: the earliest that holds is named
    Rule(
        "bad-name",
        Outcome.BLOCK,
        "no package has such a name",
        "Do not retry it; retype it in plain letters",
        Ends.FINAL,
    ),
    Rule("malicious", Outcome.BLOCK, "it is known to be malicious", _NOWHERE, Ends.FINAL),
    Rule("denied", Outcome.BLOCK, "your list denies it", _ASK_INSTEAD, Ends.FINAL),
    Rule("hash-mismatch", Outcome.BLOCK, "its bytes are not the ones promised", _NOWHERE, Ends.FINAL),
    Rule(
        "internal-name",
        Outcome.BLOCK,
        "an internal name, asked of a public index",
        "Do not install it from there; ask the user for the private index",
        Ends.FINAL,
    ),
    Rule(
        "foreign-source",
        Outcome.BLOCK,
        "it comes from a URL, repository or index nobody trusted",
        "Use the plain name, or ask the user to trust the source",
        Ends.BY_A_PERSON,
    ),
    Rule(
        "stdlib-name",
        Outcome.BLOCK,
        "a module of the language itself",
        "Do not install it; import it, it is there already",
        Ends.FINAL,
    ),
    Rule("not-found", Outcome.BLOCK, "no such package", "Do not retry or guess another name", Ends.FINAL),
    Rule(
        "predicted-registered",
        Outcome.BLOCK,
        "models invent this name and somebody registered it",
        "Do not install it from anywhere",
        Ends.FINAL,
    ),
    Rule(
        "lookalike-new",
        Outcome.BLOCK,
        "it is new and imitates a verified package",
        "Do not install it from anywhere; check the spelling",
        Ends.FINAL,
    ),
    # unchecked
    Rule(
        "policy-error",
        Outcome.UNCHECKED,
        "the policy could not be evaluated",
        "Do not work around it; ask the user to check the policy",
        Ends.BY_A_PERSON,
    ),
    Rule(
        "list-invalid",
        Outcome.UNCHECKED,
        "the lists could not be verified",
        "Do not work around it; ask the user to verify the lists",
        Ends.BY_A_PERSON,
    ),
    Rule(
        "list-expired",
        Outcome.UNCHECKED,
        "the list that allows it has expired",
        "Do not work around it; ask the user to update the lists",
        Ends.BY_A_PERSON,
    ),
    Rule(
        "upstream-auth",
        Outcome.UNCHECKED,
        "the index refused the credentials",
        "Nothing is wrong with the name; ask the user to log in",
        Ends.BY_A_PERSON,
    ),
    Rule(
        "upstream-down",
        Outcome.UNCHECKED,
        "the index did not answer",
        "Nothing is wrong with the name; retry once later",
        Ends.BY_ITSELF,
    ),
    Rule(
        "unreadable",
        Outcome.UNCHECKED,
        "a file could not be read whole",
        "Split it or make it readable; what it names was not judged",
        Ends.BY_A_PERSON,
    ),
    Rule(
        "malformed",
        Outcome.UNCHECKED,
        "a file is not what its name says",
        "Correct it; what it names was not judged",
        Ends.BY_A_PERSON,
    ),
    # quarantine
    Rule(
        "index-quarantined",
        Outcome.QUARANTINE,
        "the index itself holds it in quarantine",
        "Do not install it from anywhere; ask the user",
        Ends.BY_A_PERSON,
    ),
    Rule(
        "import-name",
        Outcome.QUARANTINE,
        "the name of a module, not of its package",
        "Install the package that holds it, or ask the user",
        Ends.BY_A_PERSON,
    ),
    Rule(
        "lookalike",
        Outcome.QUARANTINE,
        "it imitates the name of a verified package",
        "Check the spelling, or ask the user",
        Ends.BY_A_PERSON,
    ),
    Rule("predicted", Outcome.QUARANTINE, "models invent this name", _ASK_INSTEAD, Ends.BY_A_PERSON),
    Rule(
        "no-dates",
        Outcome.QUARANTINE,
        "the index does not say how old it is",
        "Ask the user to set dates_from or curated for that index",
        Ends.BY_A_PERSON,
    ),
    Rule(
        "too-new",
        Outcome.QUARANTINE,
        "{subject} is {age} old",
        "Use an older one or wait until {until}",
        Ends.BY_ITSELF,
    ),
    Rule("unverified", Outcome.QUARANTINE, "nothing vouches for it yet", _ASK_INSTEAD, Ends.BY_A_PERSON),
    # warn
    Rule("released", Outcome.WARN, "a person let it through", "It ends with the release", Ends.BY_ITSELF),
    Rule(
        "fixes-advisory",
        Outcome.WARN,
        "younger than the cooldown, and fixes an advisory",
        "Check it before you deploy it",
        Ends.BY_ITSELF,
    ),
    Rule(
        "archived",
        Outcome.WARN,
        "its maintainers have archived it",
        "Prefer a package that is maintained",
        Ends.BY_A_PERSON,
    ),
    Rule("unpinned-run", Outcome.WARN, "it runs whichever version is newest", "Name a version", Ends.BY_A_PERSON),
    Rule(
        "undecidable",
        Outcome.WARN,
        "the command cannot be read without running it",
        "Name the packages in a file",
        Ends.BY_A_PERSON,
    ),
    Rule(
        "settings-loosened",
        Outcome.WARN,
        "it switches off a check of the client",
        "Take it out, or ask the user",
        Ends.BY_A_PERSON,
    ),
    Rule(
        "unhashed",
        Outcome.WARN,
        "the lock file holds no digest for it",
        "Write the lock file anew with the client",
        Ends.BY_A_PERSON,
    ),
    Rule(
        "lock-drift",
        Outcome.WARN,
        "the lock file does not hold what its manifest asks for",
        "Write the lock file anew with the client",
        Ends.BY_A_PERSON,
    ),
    Rule(
        "unknown-host",
        Outcome.WARN,
        "its files lie on a host that could not be compared with others",
        "Leave --offline out, so that the index can tell",
        Ends.BY_A_PERSON,
    ),
    Rule(
        "unknown-import",
        Outcome.WARN,
        "a module that no verified package is known to hold",
        "Do not guess a package for it; see what holds it first",
        Ends.BY_A_PERSON,
    ),
    # allow: the earliest that holds is named
    Rule("allowlisted", Outcome.ALLOW, "on a verified list", _NOTHING, Ends.FINAL),
    Rule("internal", Outcome.ALLOW, "an internal name, from the private index", _NOTHING, Ends.FINAL),
    Rule("locked", Outcome.ALLOW, "in the lock file of an adopted project", _NOTHING, Ends.FINAL),
    Rule("established", Outcome.ALLOW, "established on a trusted index", _NOTHING, Ends.FINAL),
    Rule("vouched", Outcome.ALLOW, "an admitted package requires it", _NOTHING, Ends.FINAL),
)

RULES: Mapping[str, Rule] = {rule.id: rule for rule in _ROWS}
"""Every rule by its id, in order of precedence within each outcome."""

NO_SUCH_VERSION = Rule(
    "not-found",
    Outcome.BLOCK,
    "the index lists no {version}",
    "Leave the version out, or use one that is listed",
    Ends.FINAL,
)
"""`not-found` of a version, where the name exists."""

UNASKED = Rule(
    "upstream-down",
    Outcome.UNCHECKED,
    "offline, and not fetched before",
    "Nothing is wrong with the name; retry once online",
    Ends.BY_A_PERSON,
)
"""`upstream-down` of an index that was not asked."""
