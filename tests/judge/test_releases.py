"""What a person let through, what an advisory fixes, and lists that expired: from rows to verdicts."""

from __future__ import annotations

import pytest

from slopguard.lists import Bundle, Lists
from slopguard.model import Existence, Facts, Outcome, Release, Source, SourceKind
from tests.judge.worlds import ESTABLISHED, NOW, TRANSITIVE, days_ago, judge, listed, request

ROWS = (
    "pypi\tfree\trelease\tuntil=2026-12-01",
    "pypi\tpinned\trelease\thashes=sha256:1\tuntil=2026-12-01\tversions=1.0",
    "pypi\tinvented\trelease\thashes=sha256:1\tuntil=2026-12-01\tversions=1.0",
    "pypi\tinvented\twatch\torigin=imported\tsource=study\trank=1\tat=2026-05-01",
    "pypi\tover\trelease\tuntil=2026-11-23",
    "pypi\tevil\trelease\tuntil=2026-12-01",
    "pypi\tevil\tdeny\trule=malicious",
    "pypi\tpatched\tallow",
    "pypi\tpatched\tfix\tid=GHSA-1\tversions=4.0",
)


def lists(**more: object) -> Lists:
    return Lists([Bundle.of("team", ROWS)], clock=lambda: NOW, **more)  # type: ignore[arg-type]


def said(raw: str, facts: Facts, **more: object) -> str:
    verdict = judge(lists=lists()).verdict(request(raw, **more), facts)
    return f"{verdict.outcome} {verdict.rule}"


def test_a_released_name_passes_with_a_warning_and_says_until_when() -> None:
    verdict = judge(lists=lists()).verdict(request("free"), listed(5))
    assert (verdict.outcome, verdict.rule) == (Outcome.WARN, "released")
    assert str(verdict.evidence.released_until) == "2026-12-01"
    assert said("over", listed(5)) == "quarantine unverified"


def test_a_release_bound_to_hashes_covers_that_version_only_and_the_rest_steps_back() -> None:
    mine, facts = judge(lists=lists()), listed(20, 10, 5)
    assert mine.verdict(request("pinned"), facts).rule == "released"
    assert mine.verdict(request("pinned", version="1.0"), facts).rule == "released"
    assert mine.verdict(request("pinned", version="2.0"), facts).rule == "unverified"
    assert set(mine.versions(request("pinned"), facts)) == {"2.0", "3.0"}


def test_a_release_bound_to_hashes_does_not_cover_other_files_of_that_version() -> None:
    other = Facts(Existence.YES, (Release("1.0", days_ago(20), frozenset({"sha256:1", "sha256:other"})),), asked=NOW)
    assert said("pinned", other, version="1.0") == "quarantine unverified"
    assert said("pinned", listed(20), version="1.0", digests=frozenset({"sha256:other"})) == "block hash-mismatch"


def test_only_a_release_by_hash_lifts_predicted_registered() -> None:
    assert said("invented", listed(20), version="1.0") == "warn released"
    assert said("invented", listed(20, 10), version="2.0") == "block predicted-registered"


def test_no_release_lifts_malicious() -> None:
    assert said("evil", listed(20)) == "block malicious"


def test_a_release_of_a_name_speaks_of_no_url() -> None:
    url = Source(SourceKind.URL, "https://files.registry.example/pinned-1.0.whl", trusted=False)
    assert said("pinned", listed(20), source=url) == "block foreign-source"
    assert said("pinned", listed(20), source=url, version="1.0") == "block foreign-source"
    assert said("free", listed(20), source=url) == "block foreign-source"
    assert said("pinned", listed(20), source=url, version="1.0", digests=frozenset({"sha256:1"})) == "warn released"


def test_a_release_by_hash_needs_the_hashes_where_the_index_is_not_trusted() -> None:
    index = Source(index="https://other.registry.example/", trusted=False)
    assert said("pinned", listed(20), source=index) == "block foreign-source"  # which version, nobody knows yet
    assert said("pinned", listed(20), source=index, version="1.0") == "block foreign-source"
    assert said("pinned", listed(20), source=index, version="1.0", digests=frozenset({"sha256:1"})) == "warn released"


def test_a_version_that_fixes_an_advisory_is_not_stepped_over() -> None:
    mine, facts = judge(lists=lists()), listed(400, 300, 200, 1, 0.5)
    assert set(mine.versions(request("patched"), facts)) == {"5.0"}
    assert mine.verdict(request("patched", version="4.0"), facts).rule == "fixes-advisory"
    assert mine.verdict(request("patched", version="4.0", arrived=TRANSITIVE), facts).rule == "fixes-advisory"


def test_what_only_an_expired_list_allows_could_not_be_verified() -> None:
    old = judge(lists=lists(stale={"team"}))
    assert old.verdict(request("patched"), listed(5)).rule == "list-expired"
    assert old.verdict(request("evil"), ESTABLISHED).rule == "malicious"
    assert old.verdict(request("free"), ESTABLISHED).rule == "established"


@pytest.mark.parametrize("state", ["invalid"])
def test_lists_that_cannot_be_verified_refuse_everything_and_what_is_known_still_blocks(state: str) -> None:
    mine = judge(lists=lists(state=state, notes=("slopguard: NOTE something",)))
    assert mine.verdict(request("patched"), ESTABLISHED).rule == "list-invalid"
    assert mine.verdict(request("evil"), ESTABLISHED).rule == "malicious"
    assert mine.notes == ("slopguard: NOTE something",)
