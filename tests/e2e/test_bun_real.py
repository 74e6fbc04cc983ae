"""bun against the npm registry itself: its lock file leaves that registry's addresses out, guarded or not.

The bare client is asked first; where it gets no answer the test is skipped.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.simulators.drivers import driver
from tests.simulators.sandbox import Sandbox, sandbox

pytestmark = [pytest.mark.clients, pytest.mark.real]

REACHING_OUT = ("SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
                "http_proxy", "https_proxy", "no_proxy")  # fmt: skip
"""What a machine may need to reach the outside at all; everything else stays clean."""


def box(root: Path, version: str) -> Sandbox:
    made = sandbox(root, "bun", version)
    made.env |= {key: os.environ[key] for key in REACHING_OUT if key in os.environ}
    return made


@pytest.mark.parametrize("version", driver("bun").versions)
def test_lock_file_and_installation_are_those_of_the_bare_client(tmp_path: Path, version: str) -> None:
    bare, guarded = box(tmp_path / "bare", version), box(tmp_path / "guarded", version)
    ran = bare.direct("bun", "add", "is-odd@3.0.1")
    if ran.rc:
        pytest.skip(f"the registry gave no answer: {ran.err[-200:]}")
    ran = guarded.guarded("bun", "add", "is-odd@3.0.1")
    assert (ran.rc, ran.lines) == (0, []), ran
    lock = (guarded.project / "bun.lock").read_bytes()
    assert lock == (bare.project / "bun.lock").read_bytes()
    assert b"://" not in lock
    assert guarded.installed == bare.installed
    guarded.driver.empty(guarded)  # type: ignore[attr-defined]
    ran = guarded.guarded("bun", "install", "--frozen-lockfile")
    assert (ran.rc, ran.lines) == (0, []), ran
    assert guarded.installed == bare.installed
    assert (guarded.project / "bun.lock").read_bytes() == lock


@pytest.mark.parametrize("version", driver("bun").versions)
def test_an_invented_name_is_refused_before_anything_is_asked_for(tmp_path: Path, version: str) -> None:
    made = box(tmp_path, version)
    if made.direct("bun", "info", "is-odd").rc:
        pytest.skip("the registry gave no answer")
    ran = made.guarded("bun", "add", "is-odd", "left-pad-auth")
    assert ran.rc == 1, ran
    assert any("BLOCKED npm 'left-pad-auth' (not-found)" in line for line in ran.lines), ran
    assert made.installed == {}
