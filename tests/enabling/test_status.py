"""`slopguard status` says what is guarded here and now; `--test` tries it for real."""

from __future__ import annotations

import json
from typing import Any

import pytest

from slopguard import clients
from slopguard.guard import selftest
from tests.enabling.account import Account
from tests.simulators.clients import fresh_venv
from tests.simulators.sandbox import Ran

pytestmark = pytest.mark.clients


def status(account: Account, *argv: str, shims: bool = True) -> Ran:
    """`slopguard status` in an environment whose PATH begins with the shims, or not."""
    path = account.box.env["PATH"]
    return account.box.guarded("status", *argv, env={"PATH": f"{account.shims}:{path}" if shims else path})


def said(ran: Ran) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_before_it_is_enabled_everything_is_open_and_it_says_how_to_switch_it_on(account: Account) -> None:
    ran = status(account, shims=False)
    assert ran.rc == 0, ran
    assert ran.out.startswith("off (switch it on: slopguard enable), balanced.")
    assert "NOT guarded  pip" in ran.out
    found = said(status(account, "--format", "json", shims=False))
    assert (found["on"], found["guarded"], found["tested"]) == (False, [], None)


def test_once_enabled_the_clients_are_guarded_where_the_shims_come_first(account: Account) -> None:
    assert account.enable().rc == 0
    here = said(status(account, "--format", "json"))
    assert here["on"]
    assert "pip" in here["guarded"]
    elsewhere = said(status(account, "--format", "json", shims=False))
    assert "pip" in elsewhere["open"]
    told = " ".join(status(account, shims=False).out.split())
    assert f"(open a new one, or here: . {account.shims}/env.sh)" in told, (
        "an enabled client is not to be enabled again"
    )


def test_a_client_installed_since_is_named_with_what_to_do(account: Account) -> None:
    assert account.enable().rc == 0
    late = account.box.root / "bin" / "yarn"
    late.write_text("#!/bin/sh\nexit 0\n")
    late.chmod(0o755)
    assert "yarn (installed since: slopguard enable yarn)" in " ".join(status(account).out.split())


def test_a_virtual_environment_with_a_pip_of_its_own_is_named(account: Account) -> None:
    assert account.enable().rc == 0
    fresh_venv(account.box.project / ".venv", account.box.client)
    assert ".venv (slopguard enable --venv .venv)" in " ".join(status(account).out.split())
    assert account.enable("--venv", ".venv").rc == 0
    assert ".venv (slopguard" not in status(account).out


def test_the_self_test_tries_each_client_for_real_and_is_remembered(account: Account) -> None:
    assert "not guarded in this shell, so not tried: " in status(account, "--test", shims=False).out
    ran = status(account, "--test", "--format", "json", shims=False)
    assert ran.rc == 0, ran  # nothing is guarded, and nothing was said to be
    assert set(said(ran)["test"].values()) == {"open"}
    assert account.enable().rc == 0
    ran = status(account, "--test", "--format", "json")
    assert ran.rc == 0, ran
    found = said(ran)["test"]
    assert found["pip"] == "refused", ran
    again = status(account)
    assert f"self-test {said(ran)['tested']}: a ghost was refused by " in again.out
    assert "this week: 0 decisions, 0 refused" in again.out, "neither enable nor the self-test is somebody's install"
    assert account.box.installed == {}


def test_a_client_that_is_not_guarded_is_not_started_by_it(account: Account) -> None:
    """Its result is known; it would ask its index for a made-up name and leave caches and environments behind."""
    started = account.box.root / "started"
    late = account.box.root / "bin" / "pipx"
    late.write_text(f"#!/bin/sh\n: > {started}\nexit 1\n")
    late.chmod(0o755)
    assert said(status(account, "--test", "--format", "json", shims=False))["test"]["pipx"] == "open"
    assert not started.exists()


def test_it_knows_what_to_try_with_every_client() -> None:
    assert set(selftest.PROBES) == set(clients.COMMANDS)


def test_a_guard_that_lets_a_ghost_through_ends_in_4(account: Account) -> None:
    """The shim is there, but slopguard observes: nothing is refused, and the self-test says so."""
    assert account.enable().rc == 0
    account.box.settings('mode = "observe"\n')
    ran = status(account, "--test")
    assert ran.rc == 4, ran
    assert "NOT refused: " in ran.out


def test_it_says_who_was_refused_this_week_and_what_the_indexes_and_lists_are(account: Account) -> None:
    assert account.box.guarded("pip", "install", "sg-ghost").rc == 1
    found = said(status(account, "--format", "json"))
    assert sum(found["week"]["refused"].values()) == 1
    assert "127.0.0.1" in found["indexes"]["pypi"]
    assert found["lists"][0].startswith("shipped lists: good until ")
    assert found["exceptions"] == []
