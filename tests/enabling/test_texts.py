"""The line in a profile: it goes in once, comes out whole, and nothing else in the file moves."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.guard.enabling import hooks, profiles
from tests.enabling.account import need

LINE = profiles.sh_line(Path("/a b/shims"))


@given(st.binary())
def test_in_and_out_is_what_was_there_but_for_a_missing_newline(content: bytes) -> None:
    after = profiles.with_line(content, LINE)
    assert profiles.with_line(after, LINE) == after
    assert after.count(LINE.encode()) == 1
    rest = profiles.without_line(after)
    assert rest in (content, content + b"\n")


def test_a_line_of_an_older_place_is_replaced() -> None:
    older = profiles.with_line(b"# one\n", profiles.sh_line(Path("/old/shims")))
    assert profiles.with_line(older, LINE) == b"# one\n" + LINE.encode() + b"\n"


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ((), {".bashrc", ".profile"}),
        ((".profile",), {".bashrc", ".profile"}),
        ((".bash_profile",), {".bashrc", ".bash_profile"}),
        ((".bash_login", ".profile"), {".bashrc", ".bash_login", ".profile"}),
        ((".zshrc",), {".bashrc", ".profile", ".zshrc"}),
        ((".zprofile", ".zshenv"), {".bashrc", ".profile", ".zprofile", ".zshenv"}),
        ((".config/fish/config.fish",), {".bashrc", ".profile", ".config/fish/conf.d/slopguard.fish"}),
    ],
)
def test_only_shells_that_are_there_or_have_a_profile(
    tmp_path: Path, there: tuple[str, ...], expected: set[str]
) -> None:
    for name in there:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "bin").mkdir()
    bash = tmp_path / "bin" / "bash"
    bash.touch()
    bash.chmod(0o755)
    found = profiles.profiles(tmp_path / "shims", {"HOME": str(tmp_path), "PATH": str(tmp_path / "bin")})
    assert {str(profile.path.relative_to(tmp_path)) for profile in found} == expected


def test_the_places_that_shells_are_told_to_look_in_count(tmp_path: Path) -> None:
    (tmp_path / "z").mkdir()
    (tmp_path / "z" / ".zshrc").touch()
    (tmp_path / "c" / "fish").mkdir(parents=True)
    env = {"HOME": str(tmp_path), "ZDOTDIR": str(tmp_path / "z"), "XDG_CONFIG_HOME": str(tmp_path / "c"), "PATH": ""}
    found = {str(profile.path.relative_to(tmp_path)) for profile in profiles.profiles(tmp_path / "shims", env)}
    assert found == {".profile", "z/.zshrc", "c/fish/conf.d/slopguard.fish"}


PLACES = ["/s", "/with space/s", "/it's/s", "/glob*?[x]/s", "/dollar$HOME`x`/s"]


@pytest.mark.parametrize("shell", ["bash", "dash", "zsh", "busybox sh"])
@pytest.mark.parametrize("place", PLACES)
def test_the_shims_come_first_once_and_the_rest_keeps_its_order(tmp_path: Path, shell: str, place: str) -> None:
    need(shell.split()[0])
    script = tmp_path / "env.sh"
    script.write_text(hooks.env_sh(Path(place)))
    line = (
        f". '{script}'; echo \"$PATH\"; PATH=/v:$PATH; . '{script}'; echo \"$PATH\"; false; _slopguard_first; echo $?"
    )
    for before in ("/usr/bin:/bin", f"/a:{place}:/b:{place}", place):
        done = subprocess.run(
            [*shell.split(), "-c", f"PATH={shlex.quote(before)}; {line}"], capture_output=True, text=True
        )
        rest = [part for part in before.split(":") if part != place]
        first, again, status = done.stdout.splitlines()
        assert first == ":".join([place, *rest]), done
        assert again == ":".join([place, "/v", *rest])
        assert status == "1"


@pytest.mark.parametrize("place", PLACES)
def test_fish_keeps_them_first_whatever_changes_path(tmp_path: Path, place: str) -> None:
    need("fish")
    script = tmp_path / "env.fish"
    script.write_text(hooks.env_fish(Path(place)))
    start = f"set -gx PATH /usr/bin /bin; source '{script}'; set -gx PATH /v $PATH"
    line = f"{start}; string join : $PATH; false; echo $status"
    done = subprocess.run(["fish", "--no-config", "-c", line], capture_output=True, text=True)
    assert done.stdout.splitlines() == [f"{place}:/v:/usr/bin:/bin", "1"], done


@pytest.mark.parametrize(
    ("path", "then"),
    [("", "/s"), ("/a", "/s:/a"), ("/a:", "/s:/a:"), (":/a", "/s::/a"), ("/a::/s:/b", "/s:/a::/b"), ("/s", "/s")],
)
def test_no_entry_of_path_comes_or_goes_but_ours(tmp_path: Path, path: str, then: str) -> None:
    """An empty entry is the working directory: it may be the user's, but never ours."""
    script = tmp_path / "env.sh"
    script.write_text(hooks.env_sh(Path("/s")))
    for shell in ("/bin/bash", "/bin/dash"):
        done = subprocess.run([shell, "-euc", f"PATH='{path}'; . '{script}'; echo \"$PATH\""], capture_output=True)
        assert done.stdout.decode() == f"{then}\n", done


@pytest.mark.parametrize(
    "theirs", ["''", "true", "'true; '", "'PATH=/v:$PATH'", "_theirs", "(true 'PATH=/v:$PATH')", "()"]
)
def test_at_a_prompt_of_bash_what_others_do_there_is_done_and_the_shims_are_first_after_it(
    tmp_path: Path, theirs: str
) -> None:
    script = tmp_path / "env.sh"
    script.write_text(hooks.env_sh(Path("/s")))
    lines = f"""PATH=/usr/bin:/bin
_theirs() {{ PATH=/v:$PATH; }}
PROMPT_COMMAND={theirs}
. '{script}'
. '{script}'
PATH=/w:$PATH
echo "<$PATH>"
(exit 7)
echo "<$?>"
declare -p PROMPT_COMMAND
"""
    shell = ["bash", "--norc", "-i"]
    done = subprocess.run(shell, input=lines, capture_output=True, text=True, start_new_session=True)
    first, status = [line for line in done.stdout.splitlines() if line.startswith("<")]
    assert first.startswith("</s:"), done
    assert status == "<7>"
    assert done.stdout.count("_slopguard_first") == 1, "read twice it is there once"
    assert "syntax error" not in done.stderr
