"""The pure parts: paths, versions, phrases, the journal's exit code, which refusal stands for a name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.errors import SlopguardError, UpstreamError
from slopguard.gate import paths
from slopguard.gate.answers import phrase
from slopguard.gate.paths import Route, Wanted
from slopguard.gate.session import Journal
from slopguard.gate.standing import soonest
from slopguard.gate.versions import newest
from slopguard.model import OFFLINE, Decision, Ecosystem, Evidence, NormalizedName, Note, Outcome, Request, Verdict

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SEGMENT = st.text(min_size=1, max_size=20).filter(lambda text: text not in (".", ".."))


def refusal(outcome: Outcome, rule: str, version: str | None = None, *, enforced: bool = True) -> Verdict:
    request = Request(Ecosystem.PYPI, NormalizedName("sg-app"), "sg-app", version)
    identity = f"d-{abs(hash((rule, version))):x}"
    return Verdict(request, Decision(outcome, rule), Evidence(OFFLINE), NOW, identity, enforced=enforced)


@given(SEGMENT, SEGMENT)
def test_any_encoded_name_and_file_come_back_decoded_once(name: str, filename: str) -> None:
    found = paths.simple(f"files/{quote(name, safe='')}/{quote(filename, safe='')}")
    assert (found.wanted, found.name, found.filename) == (Wanted.FILE, name, filename)


@given(st.text(max_size=80))
def test_no_target_breaks_the_router(target: str) -> None:
    asked = paths.route(target)
    assert asked.protocol in ("", "pypi", "npm", "osv", "healthz")
    paths.simple(asked.rest)
    paths.tagged(asked.rest)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/healthz", Route("healthz")),
        ("/pypi/main/simple/x/?a=/b", Route("pypi", "main", "simple/x/")),
        ("/npm/main/@s%2fx", Route("npm", "main", "@s%2fx")),
        ("/npm/main", Route("npm", "main")),
        ("/osv/v1/querybatch", Route("osv", rest="v1/querybatch")),
        ("http://x/pypi/main/simple/", Route("")),
        ("//pypi/main/simple/", Route("")),
        ("/", Route("")),
    ],
)
def test_routes(target: str, expected: Route) -> None:
    assert paths.route(target) == expected


@pytest.mark.parametrize("path", ["../x", "-/%2e%2e/x", "-/a%2f..%2fb", "-/."])
def test_climbing_is_seen_in_any_encoding(path: str) -> None:
    assert paths.climbs(path)
    assert not paths.climbs("-/v1/..a/b..")


@pytest.mark.parametrize(
    ("ecosystem", "versions", "expected"),
    [
        (Ecosystem.PYPI, ["1.9", "1.10", "2.0rc1", "not a version"], "1.10"),
        (Ecosystem.PYPI, ["1.0a1", "1.0a2"], "1.0a2"),
        (Ecosystem.PYPI, ["1!0.1", "9"], "1!0.1"),
        (Ecosystem.NPM, ["1.9.0", "1.10.0", "2.0.0-rc.1", "x"], "1.10.0"),
        (Ecosystem.NPM, ["1.0.0-2", "1.0.0-10", "1.0.0-alpha"], "1.0.0-alpha"),
        (Ecosystem.NPM, [], None),
    ],
)
def test_the_newest_version_is_the_one_a_client_would_choose(
    ecosystem: Ecosystem, versions: list[str], expected: str | None
) -> None:
    assert newest(ecosystem, versions) == expected
    assert newest(ecosystem, reversed(versions)) == expected


@given(st.text())
def test_a_phrase_is_one_printable_ascii_line(text: str) -> None:
    made = phrase(text)
    assert made
    assert all(" " <= character <= "~" for character in made)


def test_the_exit_code_is_that_of_the_gravest_trouble() -> None:
    journal = Journal()
    steps = [(Outcome.QUARANTINE, "unverified", 3), (Outcome.UNCHECKED, "upstream-down", 4)]
    for outcome, rule, code in steps:
        journal.refuse(refusal(outcome, rule))
        assert journal.exit_code == code
    journal.fail(SlopguardError("broken"))
    assert journal.exit_code == 5
    journal.refuse(refusal(Outcome.BLOCK, "denied"))
    assert journal.exit_code == 1
    assert "(unverified)" in str(journal.stopped)


def test_what_is_only_observed_stops_nothing() -> None:
    journal = Journal()
    journal.refuse(refusal(Outcome.BLOCK, "denied", enforced=False))
    assert (journal.exit_code, journal.stopped, len(journal.refusals)) == (None, None, 1)
    journal.fail(UpstreamError("gone"))
    assert journal.exit_code == 4


def test_things_told_twice_are_kept_once() -> None:
    journal = Journal()
    verdict = refusal(Outcome.QUARANTINE, "too-new", "2.0")
    assert [journal.note(Note(verdict, "1.0")), journal.note(Note(verdict, "1.0"))] == [True, False]
    for _ in range(2):
        journal.refuse(verdict)
        journal.fail(SlopguardError("broken"))
    assert (len(journal.notes), len(journal.refusals), len(journal.failures)) == (1, 1, 1)


def test_of_many_refusals_the_mildest_that_passes_first_stands_for_the_name() -> None:
    late = replace(refusal(Outcome.QUARANTINE, "too-new", "2"), until=NOW + timedelta(days=2))
    early = replace(refusal(Outcome.QUARANTINE, "too-new", "1"), until=NOW + timedelta(days=1))
    never = refusal(Outcome.QUARANTINE, "no-dates", "3")
    assert soonest([refusal(Outcome.BLOCK, "denied", "4"), never, late, early]) is early
