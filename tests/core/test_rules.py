"""Every rule has a fixed pair of texts, and outcomes map to the contract's exit codes."""

from __future__ import annotations

import re

import pytest

from slopguard.model import Outcome
from slopguard.rules import NO_SUCH_VERSION, RULES, SEVERITY, UNASKED, Ends, Rule, exit_code, rule_of, severest

CONTRACT = {
    Outcome.ALLOW: "allowlisted internal established vouched locked",
    Outcome.WARN: "released archived unpinned-run undecidable fixes-advisory settings-loosened unhashed lock-drift "
    "unknown-import unknown-host",
    Outcome.QUARANTINE: "unverified too-new lookalike import-name predicted index-quarantined no-dates",
    Outcome.BLOCK: "not-found predicted-registered lookalike-new malicious denied bad-name stdlib-name foreign-source "
    "internal-name hash-mismatch",
    Outcome.UNCHECKED: "upstream-down upstream-auth list-invalid list-expired policy-error unreadable malformed",
}
FILLED = {"{subject}", "{version}", "{age}", "{until}"}


def test_the_rules_are_those_of_the_contract() -> None:
    assert {outcome: {rule.id for rule in RULES.values() if rule.outcome is outcome} for outcome in Outcome} == {
        outcome: set(ids.split()) for outcome, ids in CONTRACT.items()
    }


@pytest.mark.parametrize("row", [*RULES.values(), NO_SUCH_VERSION, UNASKED], ids=lambda row: row.id)
def test_texts_are_plain_and_joinable(row: Rule) -> None:
    for text in (row.fact, row.instruction):
        assert text.isascii()
        assert "." not in text
        assert set(re.findall(r"{.*?}", text)) <= FILLED


def test_the_contracts_own_sentences() -> None:
    assert (RULES["not-found"].fact, RULES["not-found"].instruction) == (
        "no such package",
        "Do not retry or guess another name",
    )
    assert RULES["predicted-registered"].fact == "models invent this name and somebody registered it"
    assert RULES["predicted-registered"].instruction == "Do not install it from anywhere"
    assert RULES["unverified"].fact == "nothing vouches for it yet"
    assert RULES["unverified"].instruction == "Do not work around it; use a verified package or ask the user"
    assert RULES["upstream-down"].fact == "the index did not answer"
    assert RULES["upstream-down"].instruction == "Nothing is wrong with the name; retry once later"


def test_only_blocks_are_final_and_only_time_or_a_person_ends_the_rest() -> None:
    refusals = [rule for rule in RULES.values() if rule.outcome.refuses]
    assert all(rule.outcome is Outcome.BLOCK for rule in refusals if rule.final)
    assert {rule.id for rule in refusals if rule.ends is Ends.BY_ITSELF} == {"too-new", "upstream-down"}


def test_a_rule_of_an_extension_has_a_row_of_its_outcome() -> None:
    rule = rule_of("ext-no-gpl", Outcome.UNCHECKED)
    assert (rule.id, rule.outcome, rule.final) == ("ext-no-gpl", Outcome.UNCHECKED, False)
    with pytest.raises(KeyError):
        rule_of("no-such-rule", Outcome.BLOCK)


def test_block_is_severer_than_unchecked_and_unchecked_than_quarantine() -> None:
    assert sorted(Outcome, key=SEVERITY.__getitem__) == [
        Outcome.ALLOW,
        Outcome.WARN,
        Outcome.QUARANTINE,
        Outcome.UNCHECKED,
        Outcome.BLOCK,
    ]
    assert severest([]) is Outcome.ALLOW


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([], 0),
        (["allow", "warn"], 0),
        (["allow", "quarantine"], 3),
        (["quarantine", "unchecked"], 4),
        (["unchecked", "block", "quarantine"], 1),
    ],
)
def test_exit_codes(outcomes: list[str], code: int) -> None:
    assert exit_code(map(Outcome, outcomes)) == code
    assert exit_code(map(Outcome, outcomes), enforced=False) == 0


def test_fail_on_warn_makes_a_warning_a_quarantine() -> None:
    assert exit_code([Outcome.WARN], fail_on_warn=True) == 3
    assert exit_code([Outcome.ALLOW], fail_on_warn=True) == 0
    assert exit_code([Outcome.BLOCK], fail_on_warn=True) == 1
