"""One row a situation: the judge gathers the evidence that the rule needs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slopguard.lists import Lists
from slopguard.locked import LockedSet
from slopguard.model import OFFLINE, Arrival, Existence, Facts, Mode, Request, Source
from tests.judge.worlds import (
    ESTABLISHED,
    LISTS,
    NOW,
    NOWHERE,
    NPM,
    PYPI,
    TRANSITIVE,
    days_ago,
    judge,
    listed,
    request,
)

FOREIGN = Source(index="https://else.example/", trusted=False)
PRIVATE = Source(index="https://inside.example/", private=True)

TABLE = [
    ("allowlisted", request("flask"), ESTABLISHED),
    ("allowlisted", request("flask"), OFFLINE),
    ("allowlisted", request("events", NPM), OFFLINE),
    ("allowlisted", request("reviewed", version="1.0"), ESTABLISHED),
    ("allowlisted", request("pinned", version="1.0", digests=frozenset({"sha256:aa"})), OFFLINE),
    ("established", request("unlisted-name"), ESTABLISHED),
    ("vouched", request("unlisted-name", arrived=TRANSITIVE), listed(10)),
    ("vouched", request("@acme/other", NPM), listed(10)),
    ("internal", request("acme-tool", source=PRIVATE), ESTABLISHED),
    ("internal", request("requessts", source=PRIVATE), listed(10)),
    ("archived", request("unlisted-name"), replace(ESTABLISHED, status="archived")),
    ("unverified", request("unlisted-name"), listed(10)),
    ("unverified", request("unlisted-name"), OFFLINE),
    ("too-new", request("flask", version="2.0"), listed(900, 1)),
    ("lookalike", request("reqeusts"), ESTABLISHED),
    ("lookalike-new", request("reqeusts"), listed(10)),
    ("import-name", request("yaml"), ESTABLISHED),
    ("predicted", request("invented"), ESTABLISHED),
    ("predicted", request("invented"), OFFLINE),
    ("predicted-registered", request("invented"), listed(10)),
    ("index-quarantined", request("flask"), replace(ESTABLISHED, status="quarantined")),
    ("no-dates", request("unlisted-name"), listed(None, dated=False)),
    ("not-found", request("unlisted-name"), NOWHERE),
    ("not-found", request("flask", version="99"), ESTABLISHED),
    ("upstream-down", request("flask", version="99"), replace(ESTABLISHED, partial=Existence.DOWN)),
    ("upstream-auth", request("flask", version="99"), replace(ESTABLISHED, partial=Existence.AUTH)),
    ("allowlisted", request("flask", version="99"), replace(ESTABLISHED, partial=Existence.OFFLINE)),
    ("malicious", request("evil"), ESTABLISHED),
    ("malicious", request("lodash", NPM, version="4.0.1"), OFFLINE),
    ("denied", request("unwanted"), ESTABLISHED),
    ("bad-name", request("fl\u0430sk"), OFFLINE),
    ("bad-name", request("a b"), OFFLINE),
    ("stdlib-name", request("asyncio"), ESTABLISHED),
    ("stdlib-name", request("fs", NPM), ESTABLISHED),
    ("foreign-source", request("flask", source=FOREIGN), OFFLINE),
    ("internal-name", request("acme-tool"), ESTABLISHED),
    ("hash-mismatch", request("flask", version="1.0", digests=frozenset({"sha256:zz"})), ESTABLISHED),
    ("upstream-down", request("unlisted-name"), Facts(Existence.DOWN)),
    ("upstream-auth", request("unlisted-name"), Facts(Existence.AUTH)),
]


@pytest.mark.parametrize(("rule", "asked", "facts"), TABLE, ids=lambda value: value if isinstance(value, str) else "")
def test_each_situation_is_decided_by_its_rule(rule: str, asked: Request, facts: Facts) -> None:
    assert judge(internal={PYPI: ("acme-*", "requessts")}).verdict(asked, facts).rule == rule


def test_a_locked_version_may_be_new_but_only_with_the_locked_hash() -> None:
    locked = LockedSet({(PYPI, "unlisted-name", "1.0"): frozenset({"sha256:1"})})
    asked = request("unlisted-name", version="1.0", digests=frozenset({"sha256:1"}), arrived=Arrival.LOCKED)
    mine = judge(locked=locked)
    assert mine.verdict(asked, listed(1)).rule == "locked"
    assert mine.verdict(replace(asked, digests=frozenset({"sha256:2"})), listed(1)).stops
    assert mine.verdict(replace(asked, digests=frozenset({"sha256:1", "sha256:2"})), listed(1)).stops
    assert mine.verdict(replace(asked, version=None), listed(1)).stops


def test_of_a_refused_name_what_an_adopted_lock_holds_is_admitted_and_nothing_else() -> None:
    facts = listed(1, 1, 1)
    locked = {
        (PYPI, "unlisted-name", f"{version}.0"): frozenset({f"sha256:{digest}"}) for version, digest in ((1, 1), (2, 9))
    }
    mine = judge(locked=LockedSet(locked))
    assert mine.verdict(request("unlisted-name"), facts).stops
    found = mine.locked(request("unlisted-name"), facts)
    assert {version: (each.rule, each.request.digests) for version, each in found.items()} == {
        "1.0": ("locked", frozenset({"sha256:1"}))
    }
    assert mine.locked(request("flask"), facts) == {}
    assert judge().locked(request("unlisted-name"), facts) == {}


def test_a_lock_admits_no_version_that_is_denied() -> None:
    locked = LockedSet({(PYPI, "evil", "1.0"): frozenset({"sha256:1"})})
    assert judge(locked=locked).locked(request("evil"), listed(400)) == {}


def test_a_weak_digest_locks_and_pins_nothing() -> None:
    lists = Lists.of({"team": ["pypi\tpinned\tallow\thashes=sha1:aa;md5:bb\tversions=1.0"]})
    weak = frozenset({"sha1:aa", "md5:bb"})
    locked = LockedSet({(PYPI, "unlisted-name", "1.0"): weak})
    mine = judge(lists=lists, locked=locked)
    for name in ("unlisted-name", "pinned"):
        asked = request(name, version="1.0", digests=weak, arrived=Arrival.LOCKED)
        assert mine.verdict(asked, OFFLINE).rule == "unverified"


def test_of_a_locked_version_asked_for_by_its_number_every_file_listed_must_be_locked() -> None:
    asked = request("unlisted-name", version="1.0", arrived=Arrival.LOCKED)
    key = (PYPI, "unlisted-name", "1.0")
    assert judge(locked=LockedSet({key: frozenset({"sha256:1"})})).verdict(asked, listed(1)).rule == "locked"
    assert judge(locked=LockedSet({key: frozenset({"sha256:7"})})).verdict(asked, listed(1)).stops
    assert judge(locked=LockedSet({key: frozenset({"sha256:1"})})).verdict(asked, OFFLINE).stops


@pytest.mark.parametrize(
    ("asked", "mismatch"),
    [
        ({"sha256:1"}, False),
        ({"sha256:9"}, True),
        ({"sha512:9"}, False),
        ({"sha256:9", "sha256:1"}, False),
        (set(), False),
    ],
)
def test_only_digests_of_one_algorithm_contradict_each_other(asked: set[str], mismatch: bool) -> None:
    verdict = judge().verdict(request("flask", version="1.0", digests=frozenset(asked)), ESTABLISHED)
    assert verdict.evidence.hash_mismatch is mismatch


def test_a_version_that_the_index_does_not_list_contradicts_nothing() -> None:
    asked = request("flask", version="77", digests=frozenset({"sha256:9"}))
    assert not judge().verdict(asked, ESTABLISHED).evidence.hash_mismatch


def test_wrong_bytes_delivered_are_a_hash_mismatch() -> None:
    assert judge().verdict(request("flask"), ESTABLISHED, hash_mismatch=True).rule == "hash-mismatch"


def test_a_name_of_our_own_has_no_cooldown() -> None:
    asked, facts = request("flask", version="2.0"), listed(900, 1)
    assert judge(own={PYPI: ("flask*",)}).verdict(asked, facts).rule == "allowlisted"
    assert judge(own={NPM: ("flask*",)}).verdict(asked, facts).rule == "too-new"


def test_lists_that_cannot_be_verified_refuse_everything() -> None:
    verdict = judge(lists=Lists((), "invalid")).verdict(request("flask"), ESTABLISHED)
    assert (verdict.rule, verdict.stops) == ("list-invalid", True)


def test_a_malformed_name_says_what_is_wrong_with_it_whoever_found_out() -> None:
    assert judge().verdict(request("fl\u0430sk"), OFFLINE).evidence.name_problem == "confusable"
    assert judge().verdict(Request(PYPI, None, "flask"), OFFLINE).evidence.name_problem == "ill-formed"


def test_in_observe_nothing_is_enforced_and_the_verdict_is_the_same() -> None:
    verdict = judge(mode=Mode.OBSERVE).verdict(request("evil"), ESTABLISHED)
    assert (verdict.rule, verdict.enforced, verdict.stops) == ("malicious", False, False)


def test_a_refusal_that_passes_says_when() -> None:
    verdict = judge().verdict(request("flask", version="2.0"), listed(900, 1))
    assert verdict.until == days_ago(-2)
    assert judge().verdict(request("evil"), ESTABLISHED).until is None


def test_one_session_gives_one_decision_one_id() -> None:
    mine, other = judge(), judge()
    asked = request("evil")
    ids = [each.verdict(asked, ESTABLISHED, session="s").decision_id for each in (mine, other)]
    assert ids[0] == ids[1]
    assert mine.verdict(asked, OFFLINE).decision_id == mine.verdict(asked, ESTABLISHED).decision_id
    different = {
        ids[0],
        mine.verdict(asked, ESTABLISHED).decision_id,
        other.verdict(asked, ESTABLISHED).decision_id,
        mine.verdict(request("evil", version="1.0"), ESTABLISHED, session="s").decision_id,
        mine.verdict(request("unwanted"), ESTABLISHED, session="s").decision_id,
    }
    assert len(different) == 5


def test_the_clock_is_the_judges_own() -> None:
    assert judge().verdict(request("flask"), OFFLINE).decided == NOW
    assert LISTS.state == "ok"
