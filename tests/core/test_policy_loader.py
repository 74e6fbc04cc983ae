"""A policy that would weaken the guard is refused when it is read, and never quietly."""

from __future__ import annotations

import pytest

from slopguard.errors import ConfigError
from slopguard.model import Decision, Outcome
from slopguard.policy import Policy, Thresholds, decide
from slopguard.policy.loader import load, shipped
from slopguard.rules import RULES
from tests.core.worlds import BASELINE, GONE, NOW, known, typed

INSTALL = '(principal, action == Action::"install", resource)'
GOOD = f'@id("ext-no-scripts") @verdict("quarantine") forbid {INSTALL} when {{ context.own }};'

BAD_EXTENSIONS = {
    "a permit": f'@id("allowlisted") permit {INSTALL};',
    "a permit under an ext- id": f'@id("ext-mine") permit {INSTALL};',
    "no @id": f'@verdict("block") forbid {INSTALL};',
    "a rule id of ours": f'@id("denied") @verdict("block") forbid {INSTALL};',
    "an unknown id": f'@id("mine") @verdict("block") forbid {INSTALL};',
    "an id with odd characters": f'@id("ext-Mine!") @verdict("block") forbid {INSTALL};',
    "an id too long for a message": f'@id("ext-{"a" * 21}") @verdict("block") forbid {INSTALL};',
    "the same id twice": f'@id("ext-a") @verdict("block") forbid {INSTALL};' * 2,
    "no @verdict": f'@id("ext-a") forbid {INSTALL};',
    "a verdict that refuses nothing": f'@id("ext-a") @verdict("warn") forbid {INSTALL};',
    "an unknown verdict": f'@id("ext-a") @verdict("explode") forbid {INSTALL};',
    "a forbid that takes warnings away": '@id("ext-a") @verdict("block") forbid (principal, action, resource);',
    "a forbid of advice": '@id("ext-a") @verdict("block") forbid (principal, action == Action::"advise", resource);',
    "a fact that does not exist": f'@id("ext-a") @verdict("block") forbid {INSTALL} when {{ context.mood }};',
    "a fact of another type": f'@id("ext-a") @verdict("block") forbid {INSTALL} when {{ context.row > 3 }};',
    "a template": f'@id("ext-a") @verdict("block") forbid {INSTALL.replace("principal", "principal == ?principal")};',
    "no Cedar at all": "allow everything, please",
}

BAD_POLICIES = {
    "a forbid with the verdict of another": f'@id("malicious") @verdict("quarantine") forbid {INSTALL};',
    "a forbid with the id of a permit": f'@id("vouched") @verdict("block") forbid {INSTALL};',
    "a permit with the id of a forbid": f'@id("malicious") permit {INSTALL};',
    "a permit with a verdict": f'@id("vouched") @verdict("block") permit {INSTALL};',
    "a permit with an unknown id": f'@id("friend") permit {INSTALL};',
    "a permit of every action": '@id("vouched") permit (principal, action, resource);',
    "an allow rule as a warning": '@id("vouched") permit (principal, action == Action::"advise", resource);',
    "the same id twice": f'@id("vouched") permit {INSTALL};' * 2,
}


@pytest.mark.parametrize("text", BAD_EXTENSIONS.values(), ids=BAD_EXTENSIONS)
def test_a_bad_extension_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        Policy.load(Thresholds(), [text])


@pytest.mark.parametrize("text", BAD_POLICIES.values(), ids=BAD_POLICIES)
def test_a_bad_replacement_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        Policy.load(Thresholds(), text=text)


def test_two_extensions_may_not_share_an_id() -> None:
    with pytest.raises(ConfigError, match="same @id"):
        Policy.load(Thresholds(), [GOOD, GOOD])


def test_an_extension_adds_a_refusal_of_its_own() -> None:
    policy = Policy.load(Thresholds(), [GOOD])
    assert decide(typed(), known(own=True), policy, NOW) == Decision(Outcome.QUARANTINE, "ext-no-scripts")
    assert decide(typed(), known(), policy, NOW).outcome is Outcome.ALLOW


def test_a_severer_rule_wins_over_an_extension_and_a_rule_of_ours_is_named_first() -> None:
    block = GOOD.replace("quarantine", "block")
    assert decide(typed(), known(GONE, own=True), Policy.load(Thresholds(), [GOOD]), NOW).rule == "not-found"
    assert decide(typed(), known(GONE, own=True), Policy.load(Thresholds(), [block]), NOW).rule == "not-found"
    assert decide(typed(), known(lookalike_of="x", own=True), Policy.load(Thresholds(), [block]), NOW).rule == (
        "ext-no-scripts"
    )


def test_an_extension_of_the_replaced_policy_is_checked_all_the_same() -> None:
    text = f'@id("allowlisted") permit {INSTALL} when {{ context.row != "none" }};'
    policy = Policy.load(Thresholds(), [GOOD], text=text)
    assert decide(typed(), known(allow=BASELINE), policy, NOW).rule == "allowlisted"
    assert decide(typed(), known(allow=BASELINE, own=True), policy, NOW).rule == "ext-no-scripts"
    assert decide(typed(), known(), policy, NOW).rule == "unverified"


def test_the_digest_covers_every_text() -> None:
    digests = {
        Policy.load(Thresholds()).digest,
        Policy.load(Thresholds(), [GOOD]).digest,
        Policy.load(Thresholds(), text=shipped("default.cedar") + "\n").digest,
    }
    assert len(digests) == 3
    assert all(len(digest) == 64 for digest in digests)


def test_the_shipped_policy_passes_the_checks_that_it_is_spared_at_each_start() -> None:
    checked = load(shipped("default.cedar") + "\n", [])
    spared = load(shipped("default.cedar"), [])
    assert checked.verdicts.items() <= spared.verdicts.items()
    assert spared.verdicts.keys() - checked.verdicts.keys() == {"unverified", "policy-error", "unreadable", "malformed"}


def test_every_rule_of_the_shipped_policy_is_one_of_the_contract() -> None:
    refusals = {rule.id for rule in RULES.values() if rule.outcome.refuses}
    found = {rule_id for rule_id in RULES if f'@id("{rule_id}")' in shipped("default.cedar")}
    assert refusals - found == {"unverified", "policy-error", "unreadable", "malformed"}, "answers without a rule"
