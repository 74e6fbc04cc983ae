"""Whatever goes wrong while the policy is asked, the answer is `policy-error`, never an allow."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import cedarpy
import pytest

from slopguard.model import Decision, Outcome
from slopguard.policy import Policy, Thresholds, decide
from slopguard.policy.engine import POLICY_ERROR
from tests.core.worlds import BASELINE, DENIED, NOW, known, typed

INSTALL = '(principal, action == Action::"install", resource)'
OVERFLOWS = "9223372036854775807 + context.first_days > 0"
POISON = f'@id("ext-poison") @verdict("block") forbid {INSTALL} when {{ {OVERFLOWS} }};'
LISTED = known(allow=BASELINE)


def test_a_forbid_that_fails_is_not_skipped() -> None:
    policy = Policy.load(Thresholds(), [POISON])
    assert decide(typed(), LISTED, policy, NOW) == POLICY_ERROR
    assert decide(typed(), known(deny=DENIED), policy, NOW) == POLICY_ERROR


def test_advice_that_fails_counts_too() -> None:
    text = f"""
    @id("allowlisted") permit {INSTALL};
    @id("archived") permit (principal, action == Action::"advise", resource) when {{ {OVERFLOWS} }};
    """
    assert decide(typed(), LISTED, Policy.load(Thresholds(), text=text), NOW) == POLICY_ERROR


def test_facts_that_do_not_fit_the_schema_are_no_decision() -> None:
    policy = Policy.load(Thresholds())
    policy._limits["limits"] = {"established_days": "ninety"}
    assert decide(typed(), LISTED, policy, NOW) == POLICY_ERROR


def test_numbers_out_of_cedars_range_are_no_decision() -> None:
    policy = Policy.load(Thresholds(established_days=10**30))
    assert decide(typed(), LISTED, policy, NOW) == POLICY_ERROR


CLEAN = SimpleNamespace(errors=[], reasons=["policy0"], id_annotations_by_reason={"policy0": "allowlisted"})
SILENT = SimpleNamespace(errors=[], reasons=[], id_annotations_by_reason={})


def answer(decision: str, diagnostics: SimpleNamespace) -> SimpleNamespace:
    return SimpleNamespace(
        decision=SimpleNamespace(value=decision), allowed=decision == "Allow", diagnostics=diagnostics
    )


@pytest.mark.parametrize(
    "answers",
    [
        [answer("Allow", CLEAN)],
        [answer("Allow", SILENT), answer("Deny", SILENT)],
        [answer("NoDecision", SILENT), answer("Deny", SILENT)],
        [answer("Allow", CLEAN), answer("NoDecision", SILENT)],
        [
            answer("Allow", SimpleNamespace(errors=[], reasons=["policy9"], id_annotations_by_reason={})),
            answer("Deny", SILENT),
        ],
        [answer("Deny", CLEAN), answer("Deny", SILENT)],
        [answer("Allow", SimpleNamespace(**(vars(CLEAN) | {"errors": ["broken"]}))), answer("Deny", SILENT)],
    ],
    ids=["half", "reasonless", "undecided", "advice undecided", "nameless", "denied by a permit", "with errors"],
)
def test_a_malformed_answer_is_a_policy_error(answers: list[SimpleNamespace], monkeypatch: pytest.MonkeyPatch) -> None:
    policy = Policy.load(Thresholds())
    monkeypatch.setattr(cedarpy, "is_authorized_batch", lambda *_: answers)
    assert decide(typed(), LISTED, policy, NOW) == POLICY_ERROR


def test_a_policy_error_is_unchecked() -> None:
    assert Decision(Outcome.UNCHECKED, "policy-error") == POLICY_ERROR


def test_decisions_are_remembered_by_their_facts_and_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slopguard.policy.engine.REMEMBERED", 2)
    policy = Policy.load(Thresholds())
    asked = []
    real = cedarpy.is_authorized_batch
    monkeypatch.setattr(cedarpy, "is_authorized_batch", lambda *given: asked.append(1) or real(*given))
    for evidence in (known(), known(), known(own=True), known(own=True), known(stdlib=True), known(stdlib=True)):
        decide(typed(), evidence, policy, NOW)
    assert len(asked) == 3
    assert (
        decide(replace(typed(), raw="other", name=typed().name), known(stdlib=True), policy, NOW).rule == "stdlib-name"
    )
    assert len(asked) == 3
