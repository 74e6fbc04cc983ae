"""The registries themselves, a handful of well-known packages: guarded, they install as they always do.

The bare client is asked first, with the cooldown as its own date cut-off; where it gets no answer the test is skipped.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.simulators.clients import Unavailable
from tests.simulators.sandbox import Ran, Sandbox, sandbox

pytestmark = [pytest.mark.clients, pytest.mark.real]

REACHING_OUT = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "HTTP_PROXY",
                "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")  # fmt: skip
"""What a machine may need to reach the outside at all; everything else stays clean."""
COOLDOWN = (datetime.now(UTC) - timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
CUT_OFF = {"pip": "--uploaded-prior-to", "uv": "--exclude-newer", "npm": "--before"}
PROJECT = '[project]\nname = "mine"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = []\n'


def outside() -> Mapping[str, str]:
    return {key: os.environ[key] for key in REACHING_OUT if key in os.environ}


def box(root: Path, family: str, version: str = "newest") -> Sandbox:
    try:
        made = sandbox(root, family, version)
    except Unavailable as why:
        pytest.skip(str(why))
    made.env |= outside()
    return made


def bare(made: Sandbox, *names: str) -> dict[str, str]:
    """What the bare client installs when it looks at nothing younger than the cooldown."""
    ran = made.direct(*made.install(CUT_OFF[made.client.family], COOLDOWN, *names))
    if ran.rc:
        pytest.skip(f"the registry gave no answer: {ran.err[-200:]}")
    return made.installed


def fine(ran: Ran) -> None:
    """The command succeeded, and slopguard said nothing but what it stepped over."""
    assert ran.rc == 0, ran
    assert all(line.startswith("slopguard: NOTE ") for line in ran.lines), ran


@pytest.mark.parametrize(("family", "name"), [("pip", "flask"), ("uv", "flask"), ("npm", "is-odd")])
def test_the_resolution_is_that_of_the_bare_client(tmp_path: Path, family: str, name: str) -> None:
    expected = bare(box(tmp_path / "bare", family), name)
    guarded = box(tmp_path / "guarded", family)
    fine(guarded.guarded(*guarded.install(name)))
    assert guarded.installed == expected


def test_a_uv_project_is_added_to_locked_and_synced(tmp_path: Path) -> None:
    bare(box(tmp_path / "bare", "uv"), "six")
    made = box(tmp_path / "guarded", "uv")
    made.write("pyproject.toml", PROJECT)
    fine(made.guarded("uv", "add", "six", "idna"))
    lock = (made.project / "uv.lock").read_bytes()
    assert b"127.0.0.1" not in lock
    fine(made.guarded("uv", "sync", "--frozen", "--reinstall"))
    assert (made.project / "uv.lock").read_bytes() == lock
    assert set(made.installed) == {"six", "idna"}
    checked = made.direct("uv", "lock", "--check")
    assert checked.rc == 0, checked


def test_a_script_with_inline_dependencies_runs(tmp_path: Path) -> None:
    bare(box(tmp_path / "bare", "uv"), "six")
    made = box(tmp_path / "guarded", "uv")
    made.write("tool.py", '# /// script\n# dependencies = ["six"]\n# ///\nimport six\nprint("six", six.PY3)\n')
    ran = made.guarded("uv", "run", "tool.py")
    fine(ran)
    assert ran.out.strip() == "six True"


def test_an_npm_project_is_installed_from_its_lock_and_npx_runs(tmp_path: Path) -> None:
    bare(box(tmp_path / "bare", "npm", "machine"), "is-odd")
    made = box(tmp_path / "guarded", "npm", "machine")
    made.write("package.json", '{"name": "mine", "version": "0.0.0", "dependencies": {"is-odd": "^3.0.0"}}')
    fine(made.guarded("npm", "install"))
    lock = (made.project / "package-lock.json").read_bytes()
    assert b"127.0.0.1" not in lock
    fine(made.guarded("npm", "ci"))
    assert set(made.installed) == {"is-odd", "is-number"}
    ran = made.guarded("npx", "--yes", "semver", "1.2.3")
    fine(ran)
    assert ran.out.strip() == "1.2.3"


@pytest.mark.parametrize(("family", "name"), [("pip", "flask-auth-magic"), ("uv", "flask-auth-magic")])
def test_an_invented_name_is_refused(tmp_path: Path, family: str, name: str) -> None:
    bare(box(tmp_path / "bare", family), "six")
    made = box(tmp_path / "guarded", family)
    ran = made.guarded(*made.install("six", name))
    assert ran.rc == 1, ran
    assert any(f"BLOCKED pypi '{name}' (not-found)" in line for line in ran.lines)
    assert made.installed == {}
