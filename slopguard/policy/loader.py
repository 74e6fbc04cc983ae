"""Reads policy text and refuses what could weaken it.

Invariants: every rule has its own `@id`; a `permit` carries the id of one of our allow or warn rules; a `forbid`
carries a `@verdict` that agrees with its id, or an `ext-` id; an extension holds nothing but `ext-` forbids on
"install"; everything is valid against the schema. What breaks one of these is a `ConfigError`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from slopguard.errors import ConfigError
from slopguard.model import Outcome
from slopguard.policy.cedar import cedar
from slopguard.rules import EXTENSION_PREFIX, RULES

_EXTENSION_ID = re.compile(EXTENSION_PREFIX + r"[a-z0-9][a-z0-9-]{0,19}")
_PERMITS = {"install": {Outcome.ALLOW, Outcome.WARN}, "advise": {Outcome.WARN}}
_VERDICTS = {outcome.value: outcome for outcome in Outcome if outcome.refuses}


@dataclass(frozen=True, slots=True)
class Loaded:
    """A policy that passed every check.

    Args:
        policies: Cedar's handle of the policy set.
        schema: Cedar's handle of the schema.
        verdicts: the outcome of every forbid, by rule id.
    """

    policies: Any
    schema: Any
    verdicts: Mapping[str, Outcome]


@cache
def shipped(filename: str) -> str:
    """The text of a file shipped beside this module."""
    return Path(__file__).with_name(filename).read_text(encoding="utf-8")


def load(base: str, extensions: Sequence[str]) -> Loaded:
    """Check `base` and its extensions, and hand them to Cedar as one set.

    Raises:
        ConfigError: the text is not Cedar, not valid against the schema, or breaks a rule of this module.
    """
    return _loaded(base, tuple(extensions))


@lru_cache(maxsize=8)
def _loaded(base: str, extensions: tuple[str, ...]) -> Loaded:
    """The same, remembered: texts in, rules out; a daemon asks for it in every session."""
    cedarpy = cedar()  # some 15 ms: only where a decision is really taken
    text = "\n".join((base, *extensions))
    schema = cedarpy.Schema.from_str(shipped("schema.cedarschema"))
    if text == shipped("default.cedar"):  # our tests check it; 6 ms at each start are saved
        verdicts: Mapping[str, Outcome] = {rule.id: rule.outcome for rule in RULES.values() if rule.outcome.refuses}
    else:
        verdicts = _checked(base, extensions)
        if not cedarpy.validate_policies(text, schema).validation_passed:
            raise ConfigError("the policy uses facts that do not exist, or compares them wrongly")
    return Loaded(cedarpy.PolicySet.from_str(text), schema, verdicts)


def _checked(base: str, extensions: Sequence[str]) -> dict[str, Outcome]:
    """The forbids of all texts with their outcomes, after every rule was checked."""
    verdicts = _rules(base, extension=False)
    for extension in extensions:
        verdicts |= _unused(_rules(extension, extension=True), verdicts)
    return verdicts


def _unused(new: dict[str, Outcome], known: Mapping[str, Outcome]) -> dict[str, Outcome]:
    if new.keys() & known.keys():
        raise ConfigError("two rules of the policy have the same @id")
    return new


def _rules(text: str, *, extension: bool) -> dict[str, Outcome]:
    """The forbids of one policy text with their outcomes, after every rule in it was checked."""
    try:
        parsed = cedar().policies_to_pst(text)
    except ValueError:
        raise ConfigError("the policy is not well-formed Cedar") from None
    if parsed.templates.keys() - parsed.static_policies.keys():
        raise ConfigError("the policy holds a template")
    ids: set[str] = set()
    verdicts: dict[str, Outcome] = {}
    for policy in parsed.static_policies.values():
        rule_id = policy.annotations.get("id", "")
        if rule_id in ids:
            raise ConfigError("two rules of the policy have the same @id")
        ids.add(rule_id)
        if policy.effect == "forbid":
            verdicts[rule_id] = _forbid(policy, rule_id, extension=extension)
        else:
            _check_permit(policy, rule_id, extension=extension)
    return verdicts


def _forbid(policy: Any, rule_id: str, *, extension: bool) -> Outcome:
    verdict = _VERDICTS.get(policy.annotations.get("verdict", ""))
    if verdict is None:
        raise ConfigError("a forbid of the policy lacks a @verdict of block, quarantine or unchecked")
    if _action(policy) != "install":
        raise ConfigError('a forbid of the policy is not for action == Action::"install"')
    if _EXTENSION_ID.fullmatch(rule_id):
        return verdict
    if extension:
        raise ConfigError("a rule of a policy extension needs an @id such as ext-name, lower case, at most 24 letters")
    if rule_id not in RULES or RULES[rule_id].outcome is not verdict:
        raise ConfigError("a forbid of the policy has an unknown @id, or a @verdict that is not its own")
    return verdict


def _check_permit(policy: Any, rule_id: str, *, extension: bool) -> None:
    if extension:
        raise ConfigError("a policy extension may only forbid")
    if "verdict" in policy.annotations:
        raise ConfigError("a permit of the policy carries a @verdict")
    expected = _PERMITS.get(_action(policy))
    if expected is None or rule_id not in RULES or RULES[rule_id].outcome not in expected:
        raise ConfigError("a permit of the policy has an @id that is not an allow or warn rule of its action")


def _action(policy: Any) -> str:
    """The one action a rule is for; `""` when its scope is wider."""
    entity = getattr(policy.action, "entity", None)
    return str(entity.id) if entity is not None else ""
