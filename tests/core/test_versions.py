"""Two spellings of one version are one version, and no text is too odd to be asked about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.model import Ecosystem
from slopguard.versions import same_version
from tests.core.worlds import BASELINE, known, npm, released_on, said, typed

PYPI, NPM = Ecosystem.PYPI, Ecosystem.NPM
FRESH_FOURTH = released_on(400, 300, 200, 1)


@pytest.mark.parametrize("version", ["4.0", "4", "4.0.0", "v4.0", " 4.0 ", "0!4.0"])
def test_a_fresh_version_is_too_new_however_it_is_spelled_on_pypi(version: str) -> None:
    assert said(typed(version), known(FRESH_FOURTH, allow=BASELINE)) == "quarantine too-new"


@pytest.mark.parametrize("version", ["4.0.0", "v4.0.0", "=4.0.0", "= v4.0.0", " 4.0.0 ", "4.0.0+build"])
def test_a_fresh_version_is_too_new_however_it_is_spelled_on_npm(version: str) -> None:
    from dataclasses import replace

    releases = tuple(replace(release, version=f"{release.version}.0") for release in FRESH_FOURTH.releases)
    evidence = known(replace(FRESH_FOURTH, releases=releases), allow=BASELINE)
    assert said(npm(version=version), evidence) == "quarantine too-new"


@pytest.mark.parametrize(
    ("ecosystem", "one", "other"),
    [(PYPI, "1.0", "1.0.1"), (PYPI, "1.0", "1.0.post0"), (NPM, "1.0.0", "1.0.0-0"), (NPM, "1.0", "1.0.0")],
)
def test_different_versions_stay_different(ecosystem: Ecosystem, one: str, other: str) -> None:
    assert not same_version(ecosystem, one, other)


def test_npm_reads_a_pre_release_without_its_dash() -> None:
    assert same_version(NPM, "1.2.3rc.1", "1.2.3-rc.1")


@pytest.mark.parametrize("ecosystem", Ecosystem)
@pytest.mark.parametrize("version", ["1" * 5000, "1." * 5000, "1" * 5000 + ".0.0", "\ud800", "1.0.\0", "\u0661.0.0"])
def test_no_version_is_too_long_or_too_odd(ecosystem: Ecosystem, version: str) -> None:
    assert same_version(ecosystem, version, version)
    assert not same_version(ecosystem, version, "1.0.0")
    assert not same_version(ecosystem, "1.0.0", version)


@given(st.sampled_from(Ecosystem), st.text(max_size=40), st.text(max_size=40))
def test_equality_is_symmetric(ecosystem: Ecosystem, one: str, other: str) -> None:
    assert same_version(ecosystem, one, other) is same_version(ecosystem, other, one)
