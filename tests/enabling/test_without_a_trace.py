"""Enabled, used and disabled, a home is what it was: every file, its mode and its time of change."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.enabling.account import Account

pytestmark = pytest.mark.clients

PROFILES = {
    "nothing there": {},
    "no newline at the end": {".bashrc": "export A=1", ".profile": "export B=2"},
    "written on another system": {".bashrc": "# one\r\n# two\r\n", ".zshrc": "# z\r\n"},
    "an empty file": {".bashrc": "", ".zshenv": "", ".config/fish/conf.d/slopguard.fish": ""},
    "a login file of bash's own": {".bash_profile": "# mine\n", ".bash_login": "# not read\n", ".profile": "# sh\n"},
    "no text at all": {".bashrc": "\udcff\udcfe: \udc80\n"},
}


def write(account: Account, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = account.box.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        path.chmod(0o640)
        os.utime(path, (1_600_000_000, 1_600_000_000))


@pytest.mark.parametrize("kind", PROFILES)
@pytest.mark.parametrize("way", ["disable", "undo.sh"])
def test_whatever_the_profiles_are(account: Account, kind: str, way: str) -> None:
    write(account, PROFILES[kind])
    before = account.snapshot()
    assert account.enable().rc == 0
    assert account.snapshot() != before
    assert "sg-ghost" in account.shell("bash -ic", "pip install sg-ghost").err
    ended = account.disable() if way == "disable" else account.box.direct("sh", f"{account.shims}/undo.sh", "--force")
    assert ended.rc == 0, ended
    assert account.snapshot() == before
    assert not account.shims.exists()
    assert not (account.box.root / "slopguard" / "enabled.json").exists()
    assert account.shell("bash -lc", "pip install sg-ghost").lines == []


@pytest.mark.parametrize("way", ["disable", "undo.sh"])
def test_profiles_that_are_links_stay_links(account: Account, way: str) -> None:
    write(account, {"dotfiles/bashrc": "# kept in a repository\n", "dotfiles/zshenv": "# z\n"})
    (account.box.home / ".bashrc").symlink_to("dotfiles/bashrc")
    (account.box.home / ".bash_profile").symlink_to(".bashrc")
    (account.box.home / ".zshenv").symlink_to(account.box.home / "dotfiles" / "zshenv")
    before = account.snapshot()
    assert account.enable().rc == 0
    assert (account.box.home / ".bashrc").is_symlink()
    assert (account.box.home / "dotfiles/bashrc").read_text().count("slopguard enable") == 1
    ended = account.disable() if way == "disable" else account.box.direct("sh", f"{account.shims}/undo.sh", "--force")
    assert ended.rc == 0, ended
    assert account.snapshot() == before


def test_a_profile_with_two_names_keeps_both(account: Account) -> None:
    write(account, {".bashrc": "# one\n"})
    os.link(account.box.home / ".bashrc", account.box.home / "other")
    before = account.snapshot()
    assert account.enable().rc == 0
    assert (account.box.home / "other").read_bytes() == (account.box.home / ".bashrc").read_bytes() != b"# one\n"
    assert account.disable().rc == 0
    assert account.snapshot() == before


@pytest.mark.parametrize("way", ["disable", "undo.sh"])
def test_a_file_that_was_edited_since_loses_our_line_only_and_that_is_said(account: Account, way: str) -> None:
    write(account, {".bashrc": "# one\n", ".zshrc": "# z\n"})
    assert account.enable().rc == 0
    for name in (".bashrc", ".zshenv", ".zshrc"):
        with (account.box.home / name).open("a", encoding="utf-8") as stream:
            stream.write(f"alias mine='{name}'\n")
    (account.box.home / ".zshrc").write_text("# all new\n")
    ended = account.disable() if way == "disable" else account.box.direct("sh", f"{account.shims}/undo.sh", "--force")
    assert ended.rc == 0, ended
    assert (account.box.home / ".bashrc").read_text() == "# one\nalias mine='.bashrc'\n"
    assert (account.box.home / ".zshenv").read_text() == "alias mine='.zshenv'\n"
    assert (account.box.home / ".zshrc").read_text() == "# all new\n"
    said = [line for line in ended.out.splitlines() if "since" in line and ".bashrc" in line]
    assert len(said) == 1, ended


def test_a_profile_converted_to_another_systems_lines_still_works_and_comes_clean(account: Account) -> None:
    write(account, {".zshrc": "# z\n"})
    assert account.enable().rc == 0
    path = account.box.home / ".zshrc"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert account.disable().rc == 0
    assert path.read_bytes() == b"# z\r\n"


def test_a_folder_of_shims_that_is_gone_leaves_shells_as_they_were(account: Account) -> None:
    assert account.enable().rc == 0
    for path in account.shims.iterdir():
        path.unlink()
    account.shims.rmdir()
    ran = account.shell("bash -ic", "echo fine")
    assert (ran.rc, ran.out) == (0, "fine\n")
    assert "slopguard" not in ran.err


def test_a_crash_in_the_middle_can_be_undone(account: Account) -> None:
    write(account, {".bashrc": "# one\n", ".zshenv": "# z\n"})
    before = account.snapshot()
    assert account.enable().rc == 0
    (account.box.home / ".bashrc").write_text("# one\n")  # as if it had not come to this file yet
    os.utime(account.box.home / ".bashrc", (1_600_000_000, 1_600_000_000))
    (account.shims / "npm").unlink(missing_ok=True)
    assert account.disable().rc == 0
    assert account.snapshot() == before


def test_enabled_twice_it_changes_nothing_and_says_so(account: Account) -> None:
    assert account.enable().rc == 0
    before, record = account.snapshot(), (account.box.root / "slopguard" / "enabled.json").read_bytes()
    again = account.enable()
    assert again.rc == 0
    assert again.out.startswith("slopguard: already on; nothing to change."), again
    assert account.snapshot() == before
    assert (account.box.root / "slopguard" / "enabled.json").read_bytes() == record


def test_a_client_installed_since_is_added(account: Account) -> None:
    before = account.snapshot()
    assert account.enable().rc == 0
    tool = account.box.venv / "bin" / "pnpm"
    tool.write_text("#!/bin/sh\nexit 0\n")
    tool.chmod(0o755)
    assert not (account.shims / "pnpm").exists()
    assert account.enable().rc == 0
    assert (account.shims / "pnpm").exists()
    assert account.disable().rc == 0
    assert account.snapshot() == before


def test_where_nothing_is_on_there_is_nothing_to_undo(account: Account) -> None:
    ended = account.box.guarded("disable")
    assert (ended.rc, ended.out) == (0, "slopguard: it is not on; nothing to undo.\n")


def test_two_accounts_do_not_share_anything(account: Account, tmp_path: Path) -> None:
    other = tmp_path / "other user"
    other.mkdir()
    env = {"HOME": str(other), "SLOPGUARD_HOME": str(other / "slopguard")}
    assert account.enable(env=env).rc == 0
    assert not (account.box.home / ".bashrc").exists()
    assert account.enable().rc == 0
    assert account.at_a_terminal("disable", **env).rc == 0
    assert sorted(path.name for path in other.iterdir()) == [".local", "slopguard"]
    assert (account.box.home / ".bashrc").exists()
