"""A version that no index lists does not exist; one that an index may list which was not heard is not known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slopguard.messages import line
from slopguard.model import Ecosystem, Existence, Facts, Release, Request, Source
from slopguard.reports import text
from slopguard.versions import listed
from tests.core.worlds import BASELINE, OFFLINE, OLD, PINNED, REVIEWED, ago, known, locked, needed, npm, said, typed
from tests.core.worlds import verdict as made

PYPI, NPM = Ecosystem.PYPI, Ecosystem.NPM


def listing(*versions: str) -> Facts:
    return Facts(Existence.YES, tuple(Release(version, ago(400 - at)) for at, version in enumerate(versions)))


@pytest.mark.parametrize(
    ("ecosystem", "versions", "asked", "named"),
    [
        (PYPI, "1.0 2.0", "1.0", "1.0"),
        (PYPI, "1.0 2.0", "1", "1.0"),
        (PYPI, "1.0rc1", "1.0.0-RC.1", "1.0rc1"),
        (PYPI, "1.0", "1.0.post1", ""),
        (PYPI, "1.0", "1.0.dev1", ""),
        (PYPI, "1.0", "2!1.0", ""),
        (PYPI, "1.0+cpu 1.0+cu12 1.1+cpu", "1.0", "1.0+cpu 1.0+cu12"),
        (PYPI, "1.0+cpu", "1", "1.0+cpu"),
        (PYPI, "1.0 1.0+cpu", "1.0", "1.0"),
        (PYPI, "1.0+cpu", "1.0+CPU", "1.0+cpu"),
        (PYPI, "1.0", "1.0+cpu", ""),
        (PYPI, "1.0+cpu", "1.0+cu12", ""),
        (PYPI, "1.0", "newest", ""),
        (PYPI, "", "1.0", ""),
        (NPM, "1.0.0", "v1.0.0", "1.0.0"),
        (NPM, "1.0.0", "1.0.0+build", "1.0.0"),
        (NPM, "1.0.0", "1.0", ""),
        (NPM, "1.0.0-rc.1", "1.0.0", ""),
        (NPM, "1.0.0", "1.0.0-rc.1", ""),
    ],
)
def test_which_releases_a_version_names(ecosystem: Ecosystem, versions: str, asked: str, named: str) -> None:
    assert [found.version for found in listed(ecosystem, asked, listing(*versions.split()))] == named.split()


@pytest.mark.parametrize(
    ("why", "expected"),
    [
        (None, "block not-found"),
        (Existence.DOWN, "unchecked upstream-down"),
        (Existence.AUTH, "unchecked upstream-auth"),
        (Existence.OFFLINE, "allow allowlisted"),
    ],
)
def test_what_is_not_listed_is_missing_only_if_every_index_was_heard(why: Existence | None, expected: str) -> None:
    facts = replace(OLD, partial=why)
    assert said(typed("99"), known(facts, allow=BASELINE)) == expected
    assert said(typed("5.0"), known(facts, allow=BASELINE)) == "allow allowlisted"
    assert said(typed(), known(facts, allow=BASELINE)) == "allow allowlisted"


@pytest.mark.parametrize(
    "asked", [typed("99"), needed("99"), locked("99"), npm(version="99.0.0"), typed("99", source=Source(private=True))]
)
def test_however_it_arrived(asked: Request) -> None:
    assert said(asked, known(allow=REVIEWED, internal=asked.source.private)) == "block not-found"


def test_pinned_bytes_need_no_index_that_is_down_but_one_that_lists_them() -> None:
    assert said(typed("99"), known(replace(OLD, partial=Existence.DOWN), allow=PINNED)) == "allow allowlisted"
    assert said(typed("99"), known(OLD, allow=PINNED)) == "block not-found"


def test_offline_nothing_is_missing() -> None:
    assert said(typed("99"), known(OFFLINE, allow=BASELINE)) == "allow allowlisted"


def test_a_local_version_in_its_cooldown_makes_its_public_version_wait() -> None:
    fresh = Facts(Existence.YES, (Release("1.0", ago(400)), Release("2.0+cpu", ago(1)), Release("2.0+cu12", ago(1))))
    assert said(typed("2.0"), known(fresh, allow=BASELINE)) == "quarantine too-new"


def test_the_message_says_that_the_version_is_missing_and_asks_about_the_name() -> None:
    assert line(made(typed("99"), known())) == (
        "slopguard: BLOCKED pypi 'acme-thing' (not-found): the index lists no version 99. "
        "Leave the version out, or use one that is listed. Next: slopguard ask pypi:acme-thing"
    )


def test_a_version_that_is_no_plain_number_is_not_repeated() -> None:
    assert "lists no such version. Leave" in line(made(typed("run-this; please"), known()))


def test_a_missing_version_of_a_public_package_is_not_taken_for_a_private_package() -> None:
    missing = "\n".join(text.report([made(typed("99"), known())]))
    assert ("why      the index lists no version 99" in missing, "yours?" in missing) == (True, False)
