"""The shim of a client says "installs nothing" exactly where slopguard says so, and finds the client itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from slopguard.clients import COMMANDS
from slopguard.guard import find
from slopguard.guard.enabling import shims
from slopguard.guard.quick import ALONE, FIRST, UV_PIP, installs_nothing

WORDS = sorted(
    {word for words in FIRST.values() for word in words} | UV_PIP | ALONE | {"install", "i", "pip", "add", "--x", "*"}
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shims of all clients, and clients that say that it is they."""
    folder = tmp_path_factory.mktemp("clients")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "executable", str(folder / "slopguard"))
        texts = shims.scripts(COMMANDS, folder / "shims")
    for name in ("shims", "real"):
        (folder / name).mkdir()
    for name, text in texts.items():
        (folder / "shims" / name).write_text(text)
        (folder / "real" / name).write_text(f"#!/bin/sh\necho {name} itself\n")
    (folder / "slopguard").write_text("#!/bin/sh\necho slopguard $5\n")
    for path in folder.rglob("*"):
        path.chmod(0o755)
    return folder


def said(place: Path, client: str, lines: list[tuple[str, ...]], path: str = "shims:real") -> list[str]:
    """What answers each command line; one shell for all."""
    script = "".join(
        f"'{place}/shims/{client}' {' '.join(map(repr, words))}\n" if words else f"'{place}/shims/{client}'\n"
        for words in lines
    )
    env = {"PATH": ":".join(f"{place}/{part}" for part in path.split(":"))}
    done = subprocess.run(["/bin/sh", "-f", "-c", script], env=env, capture_output=True, text=True)
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize("client", COMMANDS)
def test_it_agrees_with_slopguard_on_what_installs_nothing(place: Path, client: str) -> None:
    lines = [(), *((word,) for word in WORDS), *((word, "x") for word in WORDS), *(("pip", word) for word in WORDS)]
    expected = [f"{client} itself" if installs_nothing(client, words) else f"slopguard {client}" for words in lines]
    assert said(place, client, lines) == expected


def test_other_shims_on_path_are_passed_over(place: Path) -> None:
    (place / "run").mkdir()
    other = place / "run" / "npm"
    other.write_text(f"#!/bin/sh\n{find.SHIM_MARK}\nexec slopguard npm\n")
    other.chmod(0o755)
    assert said(place, "npm", [("ls",)], "run:shims:real") == ["npm itself"]


def test_a_client_behind_a_shim_in_its_own_place_is_the_one(place: Path, tmp_path: Path) -> None:
    folder = place / "venv"
    (folder / find.MOVED).mkdir(parents=True)
    for path, text in (
        (folder / "pip", f"#!/bin/sh\n{find.SHIM_MARK}\nexit 9\n"),
        (folder / find.MOVED / "pip", "#!/bin/sh\necho the moved one\n"),
    ):
        path.write_text(text)
        path.chmod(0o755)
    assert said(place, "pip", [("list",)], "shims:venv:real") == ["the moved one"]
    env = {"PATH": f"{place}/shims:{folder}:{place}/real"}
    assert find.command("pip", env) == (str(folder / find.MOVED / "pip"),)


def test_folders_and_files_that_cannot_be_run_are_passed_over(place: Path) -> None:
    (place / "odd" / "pip").mkdir(parents=True)
    (place / "odd" / "npm").write_text("no program")
    assert said(place, "pip", [("list",)], "shims:odd:real") == ["pip itself"]
    assert said(place, "npm", [("ls",)], "shims:odd:real") == ["npm itself"]


def test_a_binary_is_a_client_like_any_other(place: Path) -> None:
    (place / "binary").mkdir()
    (place / "binary" / "uv").symlink_to(Path(sys.executable).resolve())
    ran = subprocess.run(
        [f"{place}/shims/uv", "--version"], env={"PATH": f"{place}/binary"}, capture_output=True, text=True
    )
    assert (ran.returncode, ran.stdout[:7], ran.stderr) == (0, "Python ", "")
