"""Releases on disk: whatever happens to their files, they only ever become fewer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slopguard.errors import UsageError
from slopguard.lists.released import MOST_HASHES, Release, Released
from slopguard.lists.rows import Row
from slopguard.model import Ecosystem
from slopguard.signing.envelope import seal
from tests.simulators.keys import give, signer

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HASHES = ("sha256:" + "a" * 64, "sha512:" + "b" * 128)
NAME = Release(Ecosystem.PYPI, "flask-magic", None, (), "read it", NOW, NOW + timedelta(days=30), "approval")
VERSION = replace(NAME, version="1.0", hashes=HASHES)


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An account with an approval key and two releases of one package."""
    folder = tmp_path_factory.mktemp("user")
    give(folder)
    give(folder, "signing", approves=False)
    keep(folder, NAME, VERSION)
    return folder


def keep(user: Path, *releases: Release, by: str = "approval", payload: bytes | None = None) -> Path:
    """Sign these releases and put them in the file of the first one's package."""
    first, account = releases[0], Released(user)
    sealed = [seal(payload or release.payload(), signer(by)) for release in releases]
    account.keep(first.ecosystem, first.name, sealed)
    return account.path(first.ecosystem, first.name)


def rows(
    user: Path, now: datetime = NOW, name: str = "flask-magic", ecosystem: Ecosystem = Ecosystem.PYPI
) -> list[str]:
    return Released(user, lambda: now).rows(ecosystem, name)


def problem(user: Path, now: datetime = NOW) -> str | None:
    [kept] = Released(user, lambda: now).all()
    return kept.problem


@pytest.fixture
def account(tmp_path: Path) -> Path:
    """An account with an approval key and no releases."""
    give(tmp_path)
    return tmp_path


def test_a_release_is_a_row_of_its_package(user: Path) -> None:
    assert rows(user) == [
        "pypi\tflask-magic\trelease\tuntil=2026-12-25\towner=approval",
        f"pypi\tflask-magic\trelease\thashes={';'.join(HASHES)}\tuntil=2026-12-25\tversions=1.0\towner=approval",
    ]
    assert all(Row.parse(row.encode()).kind == "release" for row in rows(user))
    assert rows(user, name="flask") == rows(user, ecosystem=Ecosystem.NPM) == []


def test_it_ends_to_the_minute_and_does_not_begin_before_it_was_given(user: Path) -> None:
    assert len(rows(user, NOW + timedelta(days=30, seconds=-1))) == 2
    assert rows(user, NOW + timedelta(days=30)) == []
    assert rows(user, NOW - timedelta(days=1)) == []
    assert len(rows(user, NOW - timedelta(minutes=1))) == 2


def test_who_wrote_what_they_like_cannot_break_a_row(account: Path) -> None:
    keep(account, replace(NAME, by="a\tb\n%;=\u00e9"))
    [row] = rows(account)
    assert Row.parse(row.encode()).text("owner") == "a\tb\n%;=\u00e9"


@pytest.mark.parametrize(
    ("release", "why"),
    [
        (replace(NAME, until=NOW + timedelta(days=90, seconds=1)), "lasts longer than 90 days"),
        (replace(NAME, until=NOW), "lasts longer than 90 days"),
        (replace(NAME, hashes=HASHES), "a version without its digests"),
        (replace(VERSION, hashes=()), "a version without its digests"),
        (replace(VERSION, hashes=("md5:" + "a" * 32,)), "a version without its digests"),
        (replace(VERSION, hashes=("sha256:" + "a" * 63,)), "a version without its digests"),
        (replace(VERSION, version="1.0;2.0"), "not a version"),
        (replace(VERSION, version="1.0\tversions=2.0"), "not a version"),
    ],
)
def test_what_may_not_be_given_does_not_count_even_signed(account: Path, release: Release, why: str) -> None:
    keep(account, release)
    assert rows(account) == []
    assert (problem(account) or "").startswith(why)


def test_only_a_key_that_approves_counts(account: Path) -> None:
    give(account, "signing", approves=False)
    for by in ("signing", "stranger"):
        keep(account, NAME, by=by)
        assert rows(account) == []
        assert problem(account) == "not signed by any key that counts here"


def test_a_release_ends_with_its_key(account: Path) -> None:
    keep(account, NAME)
    assert len(rows(account)) == 1
    (account / "keys" / "approval.json").unlink()
    assert rows(account) == []


def test_a_file_does_not_say_of_another_package_what_was_signed(account: Path) -> None:
    path = keep(account, NAME)
    path.write_bytes(path.read_bytes().replace(b'"package": "pypi:flask-magic"', b'"package": "pypi:requests"'))
    assert [kept.package for kept in Released(account, lambda: NOW).all()] == ["pypi:flask-magic"]


def test_a_version_with_as_many_files_as_may_be_counts_and_more_than_can_be_read_is_not_kept(account: Path) -> None:
    many = replace(VERSION, hashes=tuple(f"sha512:{number:0128x}" for number in range(MOST_HASHES)), why="\u00e9" * 300)
    keep(account, many)
    assert len(rows(account)) == 1
    with pytest.raises(UsageError, match="too many versions"):
        keep(account, *(replace(many, version=f"{number}.0") for number in range(3)))
    assert len(rows(account)) == 1


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(account: Path) -> None:
    path = keep(account, NAME)
    path.unlink()
    os.mkfifo(path)
    assert rows(account) == []
    assert problem(account) == "the file cannot be read"


def test_a_release_in_the_file_of_another_package_does_not_count(account: Path) -> None:
    path = keep(account, NAME)
    path.rename(Released(account).path(Ecosystem.PYPI, "flask-other"))
    assert rows(account) == rows(account, name="flask-other") == []
    assert problem(account) == "it is in the file of another package"


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "slopguard/release/2"},
        {"more": 1},
        {"name": 1},
        {"hashes": "sha256:"},
        {"ecosystem": "cargo"},
        {"until": "2026-12-25"},
        {"until": "2026-12-25T00:00:00"},
        {"until": 7},
        {"version": 1.0, "hashes": list(HASHES)},
    ],
)
def test_a_payload_of_another_shape_does_not_count_even_signed(account: Path, change: dict[str, object]) -> None:
    fields = json.loads(NAME.payload()) | change
    keep(account, NAME, payload=json.dumps(fields).encode())
    assert rows(account) == []
    assert problem(account)


def test_times_of_another_zone_are_the_same_moment(account: Path) -> None:
    east = timezone(timedelta(hours=14))
    keep(account, replace(NAME, until=NAME.until.astimezone(east)))
    assert rows(account) == ["pypi\tflask-magic\trelease\tuntil=2026-12-25\towner=approval"]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_change_of_a_file_widens_a_release_or_ends_in_a_traceback(user: Path, data: st.DataObject) -> None:
    """The product's central claim, for this file: flipped bits, lost and doubled pieces, other files."""
    path, honest = Released(user).path(Ecosystem.PYPI, "flask-magic"), rows(user)
    before = path.read_bytes()
    try:
        path.write_bytes(_changed(before, data))
        assert set(rows(user)) <= set(honest)
        assert {row for row in _all(user) if row} <= set(honest)
    finally:
        path.write_bytes(before)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_change_of_a_public_key_widens_a_release_or_ends_in_a_traceback(user: Path, data: st.DataObject) -> None:
    path, honest = user / "keys" / "approval.json", rows(user)
    before = path.read_bytes()
    try:
        path.write_bytes(_changed(before, data))
        assert set(rows(user)) <= set(honest)
    finally:
        path.write_bytes(before)


def _changed(before: bytes, data: st.DataObject) -> bytes:
    kind = data.draw(st.sampled_from(["bits", "cut", "double", "other"]))
    one, two = sorted(data.draw(st.tuples(*[st.integers(0, len(before))] * 2)))
    if kind == "other":
        return data.draw(st.binary(max_size=100))
    if kind != "bits":
        return before[:one] + before[one:two] * (0 if kind == "cut" else 2) + before[two:]
    changed = bytearray(before)
    for at in data.draw(st.lists(st.integers(0, 8 * len(before) - 1), min_size=1, max_size=5)):
        changed[at // 8] ^= 1 << at % 8
    return bytes(changed)


def _all(user: Path) -> list[str]:
    return [kept.release.row() for kept in Released(user, lambda: NOW).all() if kept.release and not kept.problem]


@pytest.mark.parametrize(
    "content",
    [b"{}", b'{"package": "x", "envelopes": 1}', b'{"package": 1, "envelopes": [1, [], {}]}', b"x" * (1 << 21)],
)
def test_a_file_that_is_something_else_is_no_release(account: Path, content: bytes) -> None:
    Released(account).folder.mkdir()
    Released(account).path(Ecosystem.PYPI, "flask-magic").write_bytes(content)
    assert rows(account) == []
    assert all(kept.problem for kept in Released(account).all())


def test_a_file_that_cannot_be_read_is_no_release(account: Path) -> None:
    Released(account).path(Ecosystem.PYPI, "flask-magic").mkdir(parents=True)
    assert rows(account) == []
    assert problem(account) == "the file cannot be read"


def test_where_nothing_was_released_asking_imports_nothing(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from slopguard.lists.released import Released; "
        "from slopguard.model import Ecosystem; print(Released(Path(sys.argv[1])).rows(Ecosystem.PYPI, 'a')); "
        "(Path(sys.argv[1]) / 'released').mkdir(); print(Released(Path(sys.argv[1])).rows(Ecosystem.PYPI, 'a')); "
        "print(*{'cryptography', 'securesystemslib', 'tuf'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n[]\n\n"


def test_the_file_goes_with_the_last_release(account: Path) -> None:
    path = keep(account, NAME)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    Released(account).keep(Ecosystem.PYPI, "flask-magic", [])
    assert not path.exists()
    assert Released(account).all() == []
