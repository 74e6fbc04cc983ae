"""`slopguard watch poll` as people and jobs run it: what it prints, and how it ends."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from slopguard.model import Ecosystem
from tests.radar.account import Account
from tests.radar.feeding import Changes
from tests.radar.hooked import Hooked
from tests.radar.worlds import asked, at
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI
from tests.simulators.server import Break

pytestmark = pytest.mark.clients
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def account(tmp_path: Path, pypi: PyPI, npm: Npm) -> Account:
    return Account(tmp_path / "account", pypi, npm)


def registered(account: Account, pypi: PyPI, name: str = "sg-taken") -> None:
    account.watch(["sg-free", name], predicted=NOW - timedelta(days=1))
    pypi.add(name, "1.0")
    at(NOW, pypi, name)


def test_where_nothing_is_watched_nobody_is_asked(account: Account, pypi: PyPI) -> None:
    ran = account.run()
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "slopguard: 0 watched names asked about; 0 new alarms\n", "")
    assert pypi.requests == []


def test_an_alarm_is_a_line_and_ends_in_1_and_the_next_poll_says_nothing_more(account: Account, pypi: PyPI) -> None:
    registered(account, pypi)
    ran = account.run("--rate", "100")
    assert ran.returncode == 1
    assert ran.stdout.splitlines() == [
        (
            "slopguard: ALARM pypi 'sg-taken' (predicted-registered): models invent this name and somebody registered"
            " it. Do not install it from anywhere. Next: slopguard watch show pypi:sg-taken"
        ),
        "slopguard: 2 watched names asked about: 1 free, 1 registered since; 1 new alarm",
    ]
    again = account.run()
    assert (again.returncode, again.stdout) == (0, "slopguard: 0 watched names asked about; 0 new alarms\n")


def test_what_nobody_read_is_told_by_the_next_poll(account: Account, pypi: PyPI) -> None:
    registered(account, pypi)
    assert account.run("--rate", "100", "--unattended").returncode == 1
    assert "ALARM pypi 'sg-taken'" in account.run().stdout
    assert "ALARM" not in account.run().stdout


def test_json_has_fixed_fields(account: Account, pypi: PyPI) -> None:
    registered(account, pypi)
    ran = account.run("--rate", "100", "--format", "json")
    told = json.loads(ran.stdout)
    assert (ran.returncode, told["schema"]) == (1, "slopguard/watch-poll/1")
    assert told["summary"] == {
        "asked": 2, "free": 1, "appeared": 1, "before": 0, "undated": 0, "unanswered": 0, "gone": 0, "complete": True,
    }  # fmt: skip
    assert told["alarms"][0]["name"] == "sg-taken"
    assert (told["left_alone"], told["not_asked"], told["feeds"], told["undelivered"]) == ([], [], [], 0)


def test_alarms_are_listed_again_whenever_somebody_asks(account: Account, pypi: PyPI) -> None:
    assert account.run("--alarms").stderr == "slopguard: no alarms.\n"
    registered(account, pypi)
    account.run("--rate", "100")
    for _ in range(2):
        shown = account.run("--alarms")
        assert shown.returncode == 0
        assert "ALARM pypi 'sg-taken'" in shown.stdout
        assert "never seen free; first upload " in shown.stdout
    (alarm,) = json.loads(account.run("--alarms", "--format", "json").stdout)["alarms"]
    assert alarm["files"][0]["name"] == "sg_taken-1.0-py3-none-any.whl"
    assert alarm["ledger"]
    assert alarm["webhook"] is None


def test_the_ledger_says_who_and_what(account: Account, pypi: PyPI) -> None:
    registered(account, pypi)
    account.run("--rate", "100")
    assert "alarm       pypi:sg-taken  predicted-registered" in account.run("log", "who", "pypi:sg-taken").stdout
    assert account.run("log", "verify").returncode == 0


def test_what_is_due_is_listed_without_asking_anybody(account: Account, pypi: PyPI, npm: Npm) -> None:
    account.watch(["sg-1", "sg-2"])
    account.watch(["sg-1"], Ecosystem.NPM)
    ran = account.run("--dry-run")
    assert ran.stdout.splitlines() == [
        "pypi:sg-1  rank 1  never asked",
        "npm:sg-1  rank 1  never asked",
        "pypi:sg-2  rank 2  never asked",
    ]
    assert pypi.requests == npm.requests == []
    assert "and more" in account.run("--dry-run", "--limit", "2").stderr
    told = json.loads(account.run("--dry-run", "--format", "json").stdout)
    assert (told["more"], len(told["names"])) == (False, 3)
    account.run("--rate", "100")
    assert account.run("--dry-run").stderr == "slopguard: nothing is due.\n"


def test_a_host_that_refuses_ends_in_4_and_nothing_is_free(account: Account, pypi: PyPI) -> None:
    account.watch(["sg-1"])
    pypi.fail("/simple/*", Break.STATUS, status=403)
    ran = account.run()
    assert ran.returncode == 4
    assert ran.stdout == "slopguard: 1 watched names asked about: 1 without an answer; 0 new alarms\n"


def test_a_captive_portal_ends_in_4_and_says_so(account: Account, pypi: PyPI) -> None:
    account.watch(["sg-1"])
    pypi.fail("/simple/*", Break.PORTAL)
    ran = account.run()
    assert ran.returncode == 4
    assert "was left alone: it claims to have a name that nobody can have" in ran.stderr


def test_one_ecosystem_by_itself(account: Account, pypi: PyPI, npm: Npm) -> None:
    account.watch(["sg-1"])
    account.watch(["sg-1"], Ecosystem.NPM)
    assert account.run("-e", "npm", "--rate", "100").returncode == 0
    assert (len(asked(pypi)), len(asked(npm))) == (0, 1)


@pytest.mark.parametrize(
    "argv",
    [("--max-time", "soon"), ("--every", "6"), ("--feed", "pypi"), ("--feed", "gem:https://feed.example/"),
     ("--feed", "npm:http://feed.example/"), ("--feed", "npm:https://feed.example:99999/"),
     ("--limit", "0"), ("--rate", "0")],
)  # fmt: skip
def test_a_line_that_makes_no_sense_is_error_2(account: Account, argv: tuple[str, ...]) -> None:
    assert account.run(*argv).returncode == 2


def test_offline_nobody_is_asked_and_that_is_said(account: Account, pypi: PyPI) -> None:
    account.watch(["sg-1"])
    ran = account.run(SLOPGUARD_OFFLINE="1")
    assert (ran.returncode, pypi.requests) == (2, [])


def test_a_feed_of_the_settings_is_read(account: Account, npm: Npm) -> None:
    with Changes() as feed:
        account.settings(f'[radar]\nrate = 100\nnpm_feed = "{feed.url}"\n')
        account.watch(["sg-1", "sg-2"], Ecosystem.NPM)
        account.run("--feed-only")
        feed.names.append("sg-2")
        ran = account.run("--feed-only", "--format", "json")
        assert json.loads(ran.stdout)["feeds"] == [
            {"ecosystem": "npm", "names": 1, "watched": 1, "gap": False, "failed": False}
        ]
        assert {name for _, name in asked(npm)} == {"sg-2"}


@pytest.mark.parametrize("line", ['webhook = "{url}"', 'npm_feed = "{url}"', "rate = 1000", 'every = "10m"'])
def test_a_project_can_set_none_of_it(account: Account, line: str) -> None:
    with Hooked() as hooked:
        (account.root / "work").mkdir()
        (account.root / "work" / "slopguard.toml").write_text(f"[radar]\n{line.format(url=hooked.url)}\n")
        account.watch(["sg-1"])
        account.root /= "work"
        ran = account.run()
        assert ran.returncode == 2
        assert f"'radar.{line.split()[0]}'" in ran.stderr
        assert hooked.bodies == []


def test_a_secret_that_is_not_there_is_an_error_before_anybody_is_asked(account: Account, pypi: PyPI) -> None:
    account.settings('[radar]\nwebhook = "https://alarms.example/"\nwebhook_secret = "NOT_SET"\n')
    account.watch(["sg-1"])
    ran = account.run()
    assert (ran.returncode, pypi.requests) == (2, [])
    assert "NOT_SET" in ran.stderr


def test_without_a_client_or_an_address_its_names_are_said_not_to_be_asked_about(account: Account) -> None:
    (account.root / ".config" / "slopguard" / "slopguard.toml").write_text("")
    account.watch(["sg-1"], Ecosystem.NPM)
    ran = account.run(PATH="/nowhere")
    assert ran.returncode == 4
    assert "npm: no npm is installed" in ran.stderr
    assert "[upstream.npm]" in ran.stderr
