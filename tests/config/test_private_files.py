"""Files that only the user may read: whole or not at all, and never in the place of another."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from slopguard.config import private
from slopguard.errors import ConfigError


def test_a_file_is_written_and_replaced_for_the_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"
    for content in (b"one", b"two"):
        private.put(path, content)
        assert path.read_bytes() == content
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert list(path.parent.iterdir()) == [path]


def test_a_new_file_takes_the_place_of_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file"
    private.put_new(path, b"one")
    with pytest.raises(ConfigError, match="is there already"):
        private.put_new(path, b"two")
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("write", [private.put, private.put_new])
def test_what_cannot_be_written_is_an_error_and_leaves_nothing(
    tmp_path: Path, write: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(write)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match="cannot be written"):
        write(tmp_path / "file" / "below", b"x")

    def full(handle: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match="cannot be written"):
        write(tmp_path / "fresh", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_removing_is_quiet_about_what_is_gone_and_loud_about_what_stays(tmp_path: Path) -> None:
    private.remove(tmp_path / "none")
    with pytest.raises(ConfigError, match="cannot be removed"):
        private.remove(tmp_path)
