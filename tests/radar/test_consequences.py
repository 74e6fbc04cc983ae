"""What follows from an alarm: the ledger, the watchlist, the webhook; each at least once, whatever happens between."""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from slopguard.errors import ConfigError, StoreError
from slopguard.messages import LIMIT
from slopguard.model import Ecosystem, NormalizedName
from slopguard.radar import raising, words
from slopguard.radar.memory import Memory
from slopguard.radar.model import Alarm, Found, Upload
from slopguard.radar.webhook import SECRET_FILE, Webhook, secret_of, signed
from slopguard.store import Store
from tests.radar.hooked import Hooked
from tests.radar.worlds import DAY, THEN, Listed, at, poll, settings, target
from tests.simulators.pypi import PyPI

NOW = datetime.now(UTC).replace(microsecond=0)
SHA = "sha256:" + "0" * 64


def alarm(name: str = "sg-taken", ecosystem: Ecosystem = Ecosystem.PYPI, **found: Any) -> Alarm:
    return Alarm("d-0123456789ab", target(name, 3, ecosystem), NOW, THEN, Found(**found))


def rows(home: Path) -> list[tuple[str, str, str, tuple[str, ...]]]:
    store = Store.open(settings(home))
    try:
        assert store.ledger.verify().ok
        found = store.ledger.rows()
        return [(row.verdict, row.rule, row.package, row.digests) for row in found if row.door == "radar"]
    finally:
        store.close()


def registered(pypi: PyPI, *names: str) -> Listed:
    for name in names:
        pypi.add(name, "1.0")
        at(NOW, pypi, name)
    return Listed(*(target(name, n, predicted=NOW - DAY) for n, name in enumerate(names, 1)))


async def test_an_alarm_is_a_row_of_its_own_kind_with_the_digests_of_the_files(tmp_path: Path, pypi: PyPI) -> None:
    await poll(tmp_path, registered(pypi, "sg-taken"), pypi)
    ((verdict, rule, package, digests),) = rows(tmp_path)
    assert (verdict, rule, package) == ("alarm", "predicted-registered", "pypi:sg-taken")
    assert digests == (f"sha256:{pypi.files_of('sg-taken')[0].artefact.sha256}",)


async def test_a_poll_that_was_killed_before_the_ledger_has_it_written_by_the_next(
    tmp_path: Path, pypi: PyPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = registered(pypi, "sg-taken")

    def killed(*_: object) -> None:
        raise StoreError("killed here")

    with monkeypatch.context() as patched:
        patched.setattr(raising, "_write", killed)
        with pytest.raises(StoreError):
            await poll(tmp_path, names, pypi)
    assert rows(tmp_path) == []
    assert (await poll(tmp_path, names, pypi)).tally.alarms == []
    assert len(rows(tmp_path)) == 1
    await poll(tmp_path, names, pypi)
    assert len(rows(tmp_path)) == 1


async def test_only_a_name_that_was_seen_free_is_marked_in_the_watchlist(tmp_path: Path, pypi: PyPI) -> None:
    names = registered(pypi, "sg-first-look")
    names.all.append(target("sg-free-first", 9, predicted=NOW - DAY))
    await poll(tmp_path, names, pypi)
    assert names.marked == []
    pypi.add("sg-free-first", "1.0")
    at(NOW, pypi, "sg-free-first")
    await poll(tmp_path, names, pypi, every=DAY * 0)
    assert [name for name, _ in names.marked] == ["sg-free-first"]


async def test_a_webhook_is_told_once_and_again_only_until_it_takes_it(tmp_path: Path, pypi: PyPI) -> None:
    names = registered(pypi, "sg-taken")
    with Hooked() as hooked:
        hooked.status = 500
        assert (await poll(tmp_path, names, pypi, webhook=Webhook(hooked.url))).undelivered == 1
        hooked.status = 204
        told = len(hooked.bodies)
        assert (await poll(tmp_path, names, pypi, webhook=Webhook(hooked.url))).undelivered == 0
        await poll(tmp_path, names, pypi, webhook=Webhook(hooked.url))
        assert len(hooked.bodies) == told + 1
        assert {each["id"] for each in hooked.posted} == {hooked.posted[0]["id"]}


async def test_a_webhook_that_redirects_has_not_taken_it_and_nobody_follows(tmp_path: Path, pypi: PyPI) -> None:
    with Hooked() as hooked, Hooked() as elsewhere:
        hooked.status, hooked.to = 307, elsewhere.url
        result = await poll(tmp_path, registered(pypi, "sg-taken"), pypi, webhook=Webhook(hooked.url))
        assert (result.undelivered, elsewhere.bodies) == (1, [])


async def test_a_webhook_that_does_not_answer_does_not_hold_up_the_poll(tmp_path: Path, pypi: PyPI) -> None:
    nobody = Webhook("http://127.0.0.1:9/", timeout=1.0)
    result = await poll(tmp_path, registered(pypi, "sg-taken", "sg-other"), pypi, webhook=nobody)
    assert (result.tally.asked, result.undelivered) == (2, 2)


async def test_what_is_posted_is_signed_and_holds_no_text_of_a_registry() -> None:
    file = Upload("evil\n](http://x)-1.whl", "1\x1b[2J", 10, (SHA,), NOW)
    told = alarm(versions=("1\x1b[2J",), files=(file,), first=NOW, by=("<script>",))
    with Hooked() as hooked:
        assert await Webhook(hooked.url, b"secret").deliver([told]) == [told]
        (body,), (headers,) = hooked.bodies, hooked.headers
    moment = headers["x-slopguard-timestamp"]
    expected = hmac.new(b"secret", moment.encode() + b"." + body, "sha256").hexdigest()
    assert headers["x-slopguard-signature"] == f"sha256={expected}"
    assert not any(text in body for text in (b"evil", b"script", b"1b[2J"))
    assert hooked.posted[0].keys() == {
        "schema", "event", "id", "rule", "ecosystem", "name", "purl", "rank", "origin", "predicted", "seen_free",
        "seen_registered", "first_upload", "versions", "files",
    }  # fmt: skip


def test_without_a_secret_nothing_is_signed() -> None:
    assert signed(b"x", b"", 1) == {}


def test_the_secret_is_in_the_variable_or_in_a_private_file(tmp_path: Path) -> None:
    assert secret_of(None, {}, tmp_path) == b""
    assert secret_of("KEY", {"KEY": "from the variable"}, tmp_path) == b"from the variable"
    with pytest.raises(ConfigError, match="KEY"):
        secret_of("KEY", {}, tmp_path)
    path = tmp_path / SECRET_FILE
    path.write_text("from the file\n")
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="others may read it"):
        secret_of("KEY", {}, tmp_path)
    path.chmod(0o600)
    assert secret_of("KEY", {}, tmp_path) == secret_of(None, {}, tmp_path) == b"from the file"


@pytest.mark.parametrize("variable", ["KEY", None])
@pytest.mark.parametrize("make", [lambda path: path.write_text(" \n"), lambda path: path.mkdir(), os.mkfifo])
def test_a_file_that_holds_no_secret_is_an_error_and_no_leave_to_sign_nothing(
    tmp_path: Path, make: Callable[[Path], object], variable: str | None
) -> None:
    make(tmp_path / SECRET_FILE)
    (tmp_path / SECRET_FILE).chmod(0o600)
    with pytest.raises(ConfigError, match=SECRET_FILE):
        secret_of(variable, {}, tmp_path)


@pytest.mark.parametrize("name", ["x", "a-" * 60 + "z", "@sg/" + "y" * 200, "it's"])
@pytest.mark.parametrize("ecosystem", list(Ecosystem))
def test_a_line_is_one_line_of_ascii_and_short_enough(name: str, ecosystem: Ecosystem) -> None:
    line = words.line(alarm(name, ecosystem, by=("\x1b",)))
    assert line.startswith(f"slopguard: ALARM {ecosystem} '")
    assert "(predicted-registered): " in line
    assert line.isascii()
    assert line.isprintable()
    assert len(line) <= LIMIT


def test_the_evidence_for_review_is_made_safe_to_print() -> None:
    file = Upload("a\x1b[2J\n.whl", "1", 1, (SHA,))
    shown = words.reviewed(alarm(files=(file,), versions=("1",), by=("eve\x00",)))
    assert shown["files"][0]["name"] == "a\\x1b[2J\\x0a.whl"
    assert shown["by"] == ["eve\\x00"]


def test_alarms_stay_and_are_kept_whole(tmp_path: Path) -> None:
    file = Upload("a-1.whl", "1", 5, (SHA,), NOW)
    told = alarm(versions=("1",), files=(file,), first=NOW, by=("eve",))
    with Memory(tmp_path) as memory:
        memory.keep((), [told])
        memory.keep((), [told])
    with Memory(tmp_path) as memory:
        (noted,) = memory.alarms()
        assert noted.alarm == told
        memory.happened([told], "told", NOW)
        assert memory.alarms(without="told") == []
        assert memory.alarms()[0].told == NOW
    assert NormalizedName(told.target.name) == "sg-taken"
