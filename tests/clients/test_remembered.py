"""What a client's binary says of itself is asked once for each file, and never taken from a script or a bad record."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.clients import remembered

BINARY = b"\x7fELF one"


class Asked:
    """A client that counts how often it is asked."""

    def __init__(self, said: str = "uv 1.2") -> None:
        self.said, self.times = said, 0

    def __call__(self) -> str:
        self.times += 1
        return self.said


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path / "home")}


@pytest.fixture
def binary(tmp_path: Path) -> Path:
    file = tmp_path / "uv"
    file.write_bytes(BINARY)
    return file


def said(env: dict[str, str], asked: Asked, *command: str, question: str = "version") -> str:
    return remembered.answer(command, (question,), env, asked)


def test_a_binary_is_asked_once(env: dict[str, str], binary: Path) -> None:
    asked = Asked()
    assert [said(env, asked, str(binary)) for _ in range(3)] == ["uv 1.2"] * 3
    assert asked.times == 1


def test_two_questions_are_two_answers(env: dict[str, str], binary: Path) -> None:
    assert said(env, Asked("one"), str(binary), question="index") == "one"
    assert said(env, Asked("two"), str(binary), question="version") == "two"
    assert said(env, Asked("three"), str(binary), question="index") == "one"


def test_another_file_in_its_place_is_asked_anew_even_with_the_old_times(env: dict[str, str], binary: Path) -> None:
    said(env, Asked("old"), str(binary))
    before = binary.stat()
    binary.write_bytes(BINARY.replace(b"one", b"two"))
    os.utime(binary, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert said(env, Asked("new"), str(binary)) == "new"


def test_a_link_stands_for_what_it_leads_to(env: dict[str, str], binary: Path) -> None:
    link = binary.parent / "bin" / binary.name
    link.parent.mkdir()
    link.symlink_to(binary)
    said(env, Asked("uv 1.2"), str(binary))
    asked = Asked("other")
    assert (said(env, asked, str(link)), asked.times) == ("uv 1.2", 0)


def test_of_what_a_version_manager_starts_under_a_name_of_its_own_nothing_is_remembered(
    env: dict[str, str], binary: Path
) -> None:
    manager, link = binary.rename(binary.with_name("manager")), binary
    link.symlink_to(manager)
    assert said(env, Asked("uv 0.4"), str(link)) == "uv 0.4"
    assert said(env, Asked("uv 0.9"), str(link)) == "uv 0.9"


def test_of_a_script_or_several_words_nothing_is_remembered(env: dict[str, str], binary: Path) -> None:
    script = binary.with_name("script")
    script.write_text("#!/bin/sh\nexec uv\n")
    for command in ([str(script)], [str(binary), "-m", "uv"], [str(binary.with_name("none"))]):
        asked = Asked()
        assert [said(env, asked, *command) for _ in range(2)] == ["uv 1.2"] * 2
        assert asked.times == 2


def test_no_answer_is_no_answer_to_remember(env: dict[str, str], binary: Path) -> None:
    assert said(env, Asked(""), str(binary)) == ""
    assert said(env, Asked("uv 1.2"), str(binary)) == "uv 1.2"


def test_slopguard_home_does_not_say_where_the_record_is(env: dict[str, str], binary: Path, tmp_path: Path) -> None:
    said(env, Asked("uv 1.2"), str(binary))
    prepared = tmp_path / "prepared"
    prepared.mkdir()
    record = tmp_path / "home" / ".local" / "share" / "slopguard" / remembered.FILE
    (prepared / remembered.FILE).write_text(record.read_text().replace("uv 1.2", "evil"))
    assert said({**env, "SLOPGUARD_HOME": str(prepared)}, Asked("asked"), str(binary)) == "uv 1.2"


def test_only_the_newest_answers_are_kept(env: dict[str, str], binary: Path, tmp_path: Path) -> None:
    for number in range(remembered.MOST + 8):
        said(env, Asked(str(number)), str(binary), question=str(number))
    record = tmp_path / "home" / ".local" / "share" / "slopguard" / remembered.FILE
    assert len(json.loads(record.read_text())) == remembered.MOST
    assert record.stat().st_mode & 0o777 == 0o600


@given(st.one_of(st.binary(max_size=60), st.sampled_from([b"[]", b'{"a": 1}', b"null", b"[" * 100_000])))
def test_a_record_that_makes_no_sense_is_as_good_as_none(tmp_path_factory: pytest.TempPathFactory, text: bytes) -> None:
    root = tmp_path_factory.mktemp("record")
    file = root / "uv"
    file.write_bytes(BINARY)
    record = root / ".local" / "share" / "slopguard" / remembered.FILE
    record.parent.mkdir(parents=True)
    record.write_bytes(text)
    assert said({"HOME": str(root)}, Asked(), str(file)) == "uv 1.2"


def test_where_nothing_can_be_written_the_client_is_asked_each_time(binary: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    asked = Asked()
    for _ in range(2):
        assert said({"HOME": str(tmp_path / "file")}, asked, str(binary)) == "uv 1.2"
    assert asked.times == 2
