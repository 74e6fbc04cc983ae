"""A check as SARIF 2.1.0, for code scanning.

Invariants: valid by the standard's schema; what is allowed is left out; every refusal has the level `error`, for the
host must not let through what slopguard does not; a message holds no link and no placeholder, whatever a package is
called; a result keeps its fingerprint when its line moves; the same check gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from slopguard import __version__
from slopguard.check.model import Checked
from slopguard.model import Outcome
from slopguard.reports.problems import PLAIN, Placed, Problem, View, address, placed, problems
from slopguard.rules import Ends, rule_of

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
CATEGORY = "slopguard/check/"
"""What keeps this analysis apart from others of the same commit."""
RESULTS = 5_000
"""So many results a host shows."""
PLACES = 20
"""So many places of one problem become results of their own; the others are related to the first."""
RELATED = 100
"""So many related places a host shows."""
SEVERITIES = {Outcome.BLOCK: "9.0", Outcome.UNCHECKED: "7.0", Outcome.QUARANTINE: "7.0", Outcome.WARN: "3.0"}
"""What code scanning sorts security alerts by: critical, high, high, low."""
ENDS = {
    Ends.FINAL: "This is final",
    Ends.BY_ITSELF: "It passes by itself",
    Ends.BY_A_PERSON: "A person may decide otherwise",
}
_LITERAL = str.maketrans({each: f"\\x{ord(each):02x}" for each in "[]{}"})
"""Characters that begin a link or a placeholder in a message."""


def report(checked: Checked, view: View = PLAIN) -> str:
    """The report as JSON text; `view` says where paths start and what the command ends with."""
    found = problems(checked)
    code = checked.exit_code() if view.code is None else view.code
    rules = list(dict.fromkeys((one.rule, one.outcome) for one in found))
    results = list(_results(found, view.prefix, {rule: number for number, (rule, _) in enumerate(rules)}))
    run = {
        "tool": {"driver": _driver(rules)},
        "automationDetails": {"id": CATEGORY},
        "invocations": [_invocation(code, len(results) - RESULTS)],
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the repository."}}},
        "results": results[:RESULTS],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1)


def _driver(rules: Iterable[tuple[str, Outcome]]) -> dict[str, Any]:
    return {
        "name": "slopguard",
        "semanticVersion": __version__,
        "version": __version__,
        "rules": [_rule(rule, outcome) for rule, outcome in rules],
    }


def _rule(rule_id: str, outcome: Outcome) -> dict[str, Any]:
    rule = rule_of(rule_id, outcome)
    fact = rule.fact.format(subject="this version", age="only hours or days", version="such version")
    remedy = rule.instruction.format(until="it is older")
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.split("-")),
        "shortDescription": {"text": f"{rule.outcome.value}: {fact}"},
        "fullDescription": {"text": f"A dependency gets the verdict {outcome.value} by the rule {rule.id}: {fact}."},
        "help": {"text": f"{fact.capitalize()}. {remedy}. {ENDS[rule.ends]}."},
        "defaultConfiguration": {"level": _level(outcome, enforced=True)},
        "properties": {"security-severity": SEVERITIES[outcome], "tags": ["security", "supply-chain"]},
    }


def _level(outcome: Outcome, *, enforced: bool) -> str:
    if not enforced:
        return "note"
    return "error" if outcome.refuses else "warning"


def _invocation(code: int, left_out: int) -> dict[str, Any]:
    """How the command ended: what could not be verified is no success of the tool, what was refused is."""
    told: dict[str, Any] = {"executionSuccessful": code in (0, 1, 3), "exitCode": code}
    if left_out > 0:
        text = f"{left_out:,} more results are left out; slopguard check --format json has them all."
        told["toolExecutionNotifications"] = [{"level": "warning", "message": {"text": text}}]
    return told


def _results(found: Sequence[Problem], prefix: str, numbers: dict[str, int]) -> Iterator[dict[str, Any]]:
    """A result for each of the first places of a problem; the first result knows the rest."""
    groups: list[list[Placed]] = []
    for each in placed(found, prefix):
        if each.first:
            groups.append([])
        groups[-1].append(each)
    for group in groups:
        rest = [_location(each) for each in group[PLACES:][:RELATED]]
        for each in group[:PLACES]:
            more = {"relatedLocations": rest} if rest and each.first else {}
            yield _result(each, numbers[each.problem.rule]) | more


def _result(each: Placed, number: int) -> dict[str, Any]:
    one = each.problem
    properties = {"verdict": one.outcome.value, "new": one.new, "enforced": one.enforced}
    return {
        "ruleId": one.rule,
        "ruleIndex": number,
        "level": _level(one.outcome, enforced=one.enforced),
        "message": {"text": one.line.translate(_LITERAL)},
        "locations": [_location(each)],
        "partialFingerprints": {"primaryLocationLineHash": f"{each.fingerprint}:1", "slopguard/v1": each.fingerprint},
        "properties": properties | ({"purl": one.purl} if one.purl else {}),
    }


def _location(each: Placed) -> dict[str, Any]:
    uri = address(each.path)
    artifact = {"uri": f"file://{uri}"} if uri.startswith("/") else {"uri": uri, "uriBaseId": "%SRCROOT%"}
    physical: dict[str, Any] = {"artifactLocation": artifact}
    if each.line is not None:
        physical["region"] = {"startLine": each.line}
    return {"physicalLocation": physical}
