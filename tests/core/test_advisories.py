"""A version that a signed advisory calls fixed need not cool down; nothing else is excused by that."""

from __future__ import annotations

import pytest

from slopguard.model import Evidence, Request
from tests.core.worlds import BASELINE, DENIED, UNDATED, YOUNG, known, needed, released_on, said, typed

NEW_VERSION = released_on(400, 300, 200, 100, 30, 0.8)
ALWAYS_FRESH = released_on(1)


@pytest.mark.parametrize(
    ("request_", "evidence", "expected"),
    [
        (needed("6.0"), known(NEW_VERSION, fixes=True), "warn fixes-advisory"),
        (typed("3.0"), known(fixes=True), "allow established"),
        (typed("3.0"), known(YOUNG, fixes=True), "quarantine unverified"),
        (needed("1.0"), known(ALWAYS_FRESH, fixes=True), "quarantine too-new"),
        (typed("6.0"), known(NEW_VERSION, deny=DENIED, fixes=True), "block denied"),
        (typed("1.0"), known(UNDATED, fixes=True, allow=BASELINE), "quarantine no-dates"),
    ],
)
def test_a_version_that_fixes_an_advisory(request_: Request, evidence: Evidence, expected: str) -> None:
    assert said(request_, evidence) == expected
