"""Guarded commands end to end: what a client leaves behind, and what its own code gets to see."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI
from tests.simulators.sandbox import Sandbox

pytestmark = pytest.mark.clients

MakeSandbox = Callable[[str, str], Sandbox]
PROJECT = '[project]\nname = "proj"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["sg-alpha"]\n'
SCRIPT = '# /// script\n# requires-python = ">=3.11"\n# dependencies = ["sg-alpha"]\n# ///\n'
SHOW = "import os, pathlib\nprint(sorted(k for k in os.environ if k.startswith(('UV_', 'PIP_', 'npm_'))))\n"


@pytest.fixture
def uv(make_sandbox: MakeSandbox, pypi: PyPI) -> Sandbox:
    pypi.add_established("sg-beta")
    pypi.add_established("sg-alpha", requires=["sg-beta"])
    box = make_sandbox("uv", "newest").use(pypi)
    box.write("pyproject.toml", PROJECT)
    return box


def files_with_a_gate(box: Sandbox) -> list[str]:
    """Files of the home and the project that hold a gate's address."""
    found = []
    for path in box.home.rglob("*"):
        if path.is_file() and ".cache" not in path.parts and "_cacache" not in path.parts and "_logs" not in path.parts:
            text = path.read_bytes()
            if b"/pypi/" in text or b"/npm/" in text:
                found.append(str(path.relative_to(box.home)))
    return found


def test_uv_run_shows_the_users_code_neither_the_gate_nor_a_changed_lock(uv: Sandbox) -> None:
    code = SHOW + "print(pathlib.Path('uv.lock').read_text().count('/pypi/'))"
    ran = uv.guarded("uv", "run", "python", "-c", code, env={"UV_NO_PROGRESS": "1"})
    assert ran.rc == 0, ran
    assert ran.out.splitlines() == ["['UV_NO_PROGRESS', 'UV_RUN_RECURSION_DEPTH']", "0"]


def test_uv_run_of_a_script_shows_it_the_users_own_environment(uv: Sandbox) -> None:
    uv.write("s.py", SCRIPT + SHOW + "import sg_alpha\n")
    ran = uv.guarded("uv", "run", "s.py")
    assert ran.rc == 0, ran
    assert ran.out.splitlines() == ["['UV_RUN_RECURSION_DEPTH']"]


def test_uv_run_hands_the_codes_exit_code_back(uv: Sandbox) -> None:
    assert uv.guarded("uv", "run", "python", "-c", "raise SystemExit(7)").rc == 7


def test_what_uv_writes_is_what_it_would_have_written_unguarded(uv: Sandbox) -> None:
    assert uv.direct("uv", "lock").rc == 0
    direct = (uv.project / "uv.lock").read_bytes()
    (uv.project / "uv.lock").unlink()
    ran = uv.guarded("uv", "lock")
    assert ran.rc == 0, ran
    assert (uv.project / "uv.lock").read_bytes() == direct
    assert uv.direct("uv", "lock", "--locked").rc == 0


def test_a_projects_named_index_keeps_its_address_and_its_meaning(uv: Sandbox, pypi: PyPI) -> None:
    with PyPI() as acme:
        acme.add_established("sg-gamma")
        uv.use(pypi, acme.url)
        index = f'[[tool.uv.index]]\nname = "acme"\nurl = "{acme.url}"\nexplicit = true\n'
        uv.write("pyproject.toml", f'{PROJECT}\n{index}\n[tool.uv.sources]\nsg-gamma = {{ index = "acme" }}\n')
        ran = uv.guarded("uv", "add", "sg-gamma")
        assert ran.rc == 0, ran
        text = (uv.project / "pyproject.toml").read_text()
        assert index in text
        assert f'registry = "{acme.url}"' in (uv.project / "uv.lock").read_text()
    assert files_with_a_gate(uv) == []


def test_compiled_requirements_and_tool_receipts_name_the_real_index(uv: Sandbox, pypi: PyPI) -> None:
    argv = ["uv", "pip", "compile", "pyproject.toml", "--emit-index-url", "-o", "out.txt"]
    compiled = uv.guarded(*argv)
    assert compiled.rc == 0, compiled
    assert f"--index-url {pypi.url}" in compiled.out
    assert f"--index-url {pypi.url}" in (uv.project / "out.txt").read_text()
    installed = uv.guarded("uv", "tool", "install", "sg-alpha")
    assert installed.rc == 0, installed
    assert files_with_a_gate(uv) == []


def test_pip_past_the_shims_of_a_run_is_guarded_too(make_sandbox: MakeSandbox, pypi: PyPI) -> None:
    pypi.add_established("sg-alpha")
    box = make_sandbox("pip", "newest").use(pypi)
    python = str(box.venv / "bin" / "python")
    for fine in ("pip install sg-alpha", f"{python} -m pip install --upgrade sg-alpha"):
        good = box.guarded("run", "--", "sh", "-c", fine)
        assert good.rc == 0, good
    for past in ("pip install sg-ghost-thing", f"{python} -m pip install sg-ghost-thing"):
        bad = box.guarded("run", "--", "sh", "-c", past)
        assert bad.rc == 1, bad
        assert "slopguard: BLOCKED pypi 'sg-ghost-thing' (not-found)" in bad.text, bad


def test_a_requirement_file_may_repeat_the_users_own_index(make_sandbox: MakeSandbox, pypi: PyPI) -> None:
    pypi.add_established("sg-alpha")
    box = make_sandbox("pip", "newest").use(pypi)
    box.write("requirements.txt", f"--index-url {pypi.url}\n-r more/sub.txt\n")
    box.write("more/sub.txt", "sg-alpha==1.1\n")
    pypi.forget()
    ran = box.guarded("pip", "install", "-r", "requirements.txt")
    assert ran.rc == 0, ran
    assert box.installed == {"sg-alpha": "1.1"}
    assert {seen.headers["user-agent"].split("/")[0] for seen in pypi.requests} == {"slopguard"}


def test_npx_leaves_no_gate_address_in_its_own_folders(make_sandbox: MakeSandbox, npm: Npm) -> None:
    npm.add_established("sg-alpha")
    box = make_sandbox("npm", "newest").use(npm)
    ran = box.guarded("npx", "--yes", "sg-alpha")
    assert "sg-alpha" in "".join(path.name for path in box.home.glob(".npm/_npx/*/node_modules/*")), ran
    assert [name for name in files_with_a_gate(box) if "package-lock" in name] == []


def test_npm_keeps_a_lock_written_by_others_byte_for_byte(make_sandbox: MakeSandbox, npm: Npm) -> None:
    npm.add_established("sg-alpha")
    box = make_sandbox("npm", "newest").use(npm)
    assert box.direct("npm", "install", "sg-alpha").rc == 0
    lock: Path = box.project / "package-lock.json"
    before = lock.read_bytes(), lock.stat().st_mtime_ns
    ran = box.guarded("npm", "ci")
    assert ran.rc == 0, ran
    assert (lock.read_bytes(), lock.stat().st_mtime_ns) == before
