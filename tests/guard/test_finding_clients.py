"""Which client a guarded command starts: never a shim, always the one the user would have run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from slopguard.errors import UsageError
from slopguard.guard import find, outer, shims


def tool(folder: Path, name: str, text: str = "#!/bin/sh\nexit 0\n") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_the_first_on_path_counts(tmp_path: Path) -> None:
    tool(tmp_path / "two", "uv")
    first = tool(tmp_path / "one", "uv")
    assert find.command("uv", {"PATH": f"{tmp_path}/one:{tmp_path}/two"}) == (str(first),)


def test_shims_are_skipped_by_folder_and_by_mark(tmp_path: Path) -> None:
    shims.write_shims(tmp_path / "shims", None, {"PATH": str(tool(tmp_path / "there", "uv").parent)})
    tool(tmp_path / "other", "uv", f"#!/bin/sh\n{find.SHIM_MARK}\nexec slopguard uv\n")
    real = tool(tmp_path / "real", "uv")
    path = f"{tmp_path}/shims:{tmp_path}/other:{tmp_path}/real"
    assert find.command("uv", {"PATH": path}) == (str(real),)
    assert find.command("uv", {"PATH": path, "SLOPGUARD_SHIMS": f"{tmp_path}/shims"}) == (str(real),)


def test_a_client_that_is_not_installed_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="npm is not installed"):
        find.command("npm", {"PATH": str(tmp_path)})


def test_without_a_pip_the_active_environments_python_is_asked_for_it(tmp_path: Path) -> None:
    python = tool(tmp_path / "venv" / "bin", "python")
    package = tmp_path / "venv" / "lib" / "python3.11" / "site-packages" / "pip"
    package.mkdir(parents=True)
    (package / "__main__.py").write_text("")
    env = {"PATH": str(tmp_path), "VIRTUAL_ENV": str(tmp_path / "venv")}
    assert find.command("pip", env) == (str(python), "-m", "pip")


def test_a_shim_runs_slopguard_with_the_clients_arguments(tmp_path: Path) -> None:
    there = tool(tmp_path / "there", "pip3.12").parent
    tool(there, "pipfoo")
    (there / "yarn").write_text("not to be started")
    shims.write_shims(tmp_path / "shims", None, {"PATH": str(there)})
    assert [path.name for path in (tmp_path / "shims").iterdir()] == ["pip3.12"]
    text = (tmp_path / "shims" / "pip3.12").read_text()
    assert text.startswith("#!/bin/sh\n# slopguard shim\nexec ")
    assert text.endswith(' -P -m slopguard pip3.12 "$@"\n')


def test_a_versioned_pip_is_that_pythons_pip(tmp_path: Path) -> None:
    for version in ("3.11", "3.12"):
        python = tool(tmp_path / version / "bin", f"python{version}")
        package = tmp_path / version / "lib" / f"python{version}" / "site-packages" / "pip"
        package.mkdir(parents=True)
        (package / "__main__.py").write_text("")
    env = {"PATH": f"{tmp_path}/3.11/bin:{tmp_path}/3.12/bin", "VIRTUAL_ENV": str(tmp_path / "3.11")}
    assert find.command("pip3.12", env) == (str(python), "-m", "pip")
    with pytest.raises(UsageError, match=r"pip3\.13 is not installed"):
        find.command("pip3.13", env)


def test_inside_a_run_the_users_own_environment_comes_back(tmp_path: Path) -> None:
    record = tmp_path / outer.FILE
    record.write_text('{"PIP_INDEX_URL": null, "UV_CONFIG_FILE": "mine", "PATH": "old"}')
    env = {"PIP_INDEX_URL": "gate", "UV_CONFIG_FILE": "gate", "PATH": "new", outer.VARIABLE: str(record), "A": "b"}
    assert outer.restored(env) == {"UV_CONFIG_FILE": "mine", "PATH": "new", "A": "b"}


RUN = "import sys; from slopguard.guard import child; sys.exit(child.run(sys.argv[1:], __import__('os').environ))"


def test_the_clients_exit_code_is_kept() -> None:
    for code in (0, 1, 7):
        ran = subprocess.run([sys.executable, "-c", RUN, sys.executable, "-c", f"raise SystemExit({code})"])
        assert ran.returncode == code


def test_a_signal_reaches_the_client_and_its_end_is_kept() -> None:
    client = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(42)); "
    client += "print('up', flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", RUN, sys.executable, "-c", client], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 42
    process.stdout.close()


def test_a_client_killed_by_a_signal_ends_as_shells_say_it() -> None:
    killed = f"import os; os.kill(os.getpid(), {int(signal.SIGKILL)})"
    assert subprocess.run([sys.executable, "-c", RUN, sys.executable, "-c", killed]).returncode == 128 + signal.SIGKILL


def test_what_installs_nothing_becomes_the_client_itself(tmp_path: Path) -> None:
    tool(tmp_path, "pip", '#!/bin/sh\necho "$PPID $@"\nexit 3\n')
    ran = subprocess.run(
        [sys.executable, "-c", "from slopguard.guard.run import main; main('pip', ['list', '-v'])"],
        env={**os.environ, "PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, ran.stderr) == (3, "")
    assert ran.stdout == f"{os.getpid()} list -v\n"
