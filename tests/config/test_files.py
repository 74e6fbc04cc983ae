"""Reading settings files: the grammar, its errors, and where files are looked for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from slopguard.config import ListSource, Settings, UpstreamSetting, load
from slopguard.config.places import places
from slopguard.errors import ConfigError
from slopguard.model import Actor, Ecosystem, Mode
from tests.config.machine import Machine

EVERYTHING = """
mode = "strict"
established_days = 180
established_releases = 5
min_version_age_days = 7
watch_rank = 20000
timeout = 2.5
policy = "own.cedar"
[upstream.pypi]
url = "https://registry.example/simple/"
dates_from = "https://dates.example/simple/"
curated = true
[lists]
sources = [{url = "https://lists.example/", root = "sha256:abcd"}]
teams = ["payments"]
[internal]
pypi = ["acme-*"]
index = "https://registry.example/"
[own]
npm = ["@acme/*"]
[sealed]
paths = ["tests/**"]
"""


def test_every_key_of_the_contract_is_understood(machine: Machine) -> None:
    settings = machine.user(EVERYTHING).load()
    assert settings == Settings(
        account=machine.where.home,
        home=machine.where.home,
        user=machine.where.user,
        mode=Mode.STRICT,
        actor=Actor.HUMAN,
        established_days=180,
        established_releases=5,
        min_version_age_days=7,
        watch_rank=20_000,
        timeout=2.5,
        upstream={
            Ecosystem.PYPI: UpstreamSetting(
                "https://registry.example/simple/", "https://dates.example/simple/", curated=True
            )
        },
        internal={Ecosystem.PYPI: ("acme-*",)},
        own={Ecosystem.NPM: ("@acme/*",)},
        private_indexes=("https://registry.example/",),
        list_sources=(ListSource("https://lists.example/", "sha256:abcd"),),
        list_teams=("payments",),
        sealed_paths=("tests/**",),
        policy_file=machine.where.user / "own.cedar",
        digest=settings.digest,
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('moode = "strict"', "no setting 'moode'; the nearest is 'mode'"),
        ("xyzzy = 1", "no setting 'xyzzy'$"),
        ("[upstream.pipy]\nurl = 'x'", "no setting 'upstream.pipy'; the nearest is 'upstream.pypi"),
        ("[internal]\npipy = []", "the nearest is 'internal.pypi'"),
        ('"a\\u202eb" = 1', r"no setting 'a\\u202eb'"),
        ('internal = ["*"]', "'internal' must be a table, written \\[internal\\]"),
        ('mode = "loose"', '\'mode\' must be one of "strict", "balanced", "observe"'),
        ("mode = []", "'mode' must be one of"),
        ("established_days = -1", "whole number from 0 to 3650"),
        ("established_days = 3651", "whole number from 0 to 3650"),
        ("established_days = true", "whole number"),
        ('min_version_age_days = "3"', "whole number"),
        ("min_version_age_days = 3.5", "whole number"),
        ("timeout = 0", "seconds from 0.1 to 120"),
        ("timeout = true", "seconds"),
        ("policy = 1", "the path of a file"),
        ("[upstream.pypi]\nurl = 1", "https://, http:// or file:// URL"),
        ('[upstream.pypi]\nurl = "ftp://registry.example/"', "https://, http:// or file:// URL"),
        ('[upstream.pypi]\nurl = "https://u:hunter2@registry.example/"', "a URL without credentials"),
        ("[upstream.pypi]\ncurated = 1", "true or false"),
        ('[internal]\npypi = "acme-*"', "a list of name globs"),
        ("[internal]\npypi = [1]", "a list of name globs"),
        ("[internal]\nindex = [1]", "URL"),
        ('[internal]\npypi = ["a\\u200bb"]', "a list of name globs"),
        ("[lists]\nsources = [1]", "a list of tables"),
        ('[lists]\nsources = [{url = "https://l.example/", root = "md5:1"}]', "root is"),
        ("mode = ", "not a TOML file"),
    ],
)
def test_a_wrong_file_is_refused_with_the_key(machine: Machine, text: str, says: str) -> None:
    machine.user(text)
    with pytest.raises(ConfigError, match=says) as refused:
        machine.load()
    assert "hunter2" not in refused.value.diagnosis()
    assert refused.value.diagnosis().isascii()


def test_a_file_that_is_not_text_is_refused(machine: Machine) -> None:
    (machine.where.user / "slopguard.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not a TOML file in UTF-8"):
        machine.load()


def test_a_file_that_cannot_be_read_is_refused_not_skipped(machine: Machine) -> None:
    (machine.where.user / "slopguard.toml").mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        machine.load()


def test_two_tables_in_one_folder_are_refused(machine: Machine) -> None:
    machine.in_project('mode = "strict"').in_project('[tool.slopguard]\nmode = "strict"', "pyproject.toml")
    with pytest.raises(ConfigError, match="both"):
        machine.load()


def test_a_pyproject_without_our_table_is_none_of_our_business(machine: Machine) -> None:
    assert machine.in_project("this is not TOML", "pyproject.toml").load().mode is Mode.BALANCED
    assert machine.in_project('[project]\nname = "slopguard"', "pyproject.toml").load().mode is Mode.BALANCED
    assert machine.in_project('tool = "slopguard"', "pyproject.toml").load().mode is Mode.BALANCED


def test_a_table_that_is_none_is_refused(machine: Machine) -> None:
    machine.in_project('[tool]\nslopguard = "strict"', "pyproject.toml")
    with pytest.raises(ConfigError, match=r"'tool\.slopguard' must be a table"):
        machine.load()


def test_the_search_ends_at_the_repository(machine: Machine) -> None:
    machine.in_project('mode = "strict"', "../slopguard.toml")
    assert machine.load().mode is Mode.BALANCED


def test_without_a_repository_it_ends_at_the_home_folder(machine: Machine) -> None:
    (machine.account / "slopguard.toml").write_text("mode = 1")
    plain = machine.account / "plain" / "folder"
    plain.mkdir(parents=True)
    (plain.parent / "slopguard.toml").write_text('mode = "strict"')
    assert machine.load(cwd=plain).mode is Mode.STRICT


def test_a_named_file_must_exist(machine: Machine, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--config names it"):
        machine.load(config=tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="SLOPGUARD_CONFIG names it"):
        machine.load({"SLOPGUARD_CONFIG": "none.toml"})


def test_the_record_of_what_was_accepted_must_be_whole(machine: Machine) -> None:
    (machine.where.user / "accepted.toml").write_text("files = 1")
    with pytest.raises(ConfigError, match=r"accepted\.toml"):
        machine.load()


def test_accepted_indexes_are_known(machine: Machine) -> None:
    before = machine.load().digest
    (machine.where.user / "accepted.toml").write_text('indexes = ["https://registry.example/"]')
    after = machine.load()
    assert after.accepted_indexes == ("https://registry.example/",)
    assert after.digest != before


def test_the_digest_stands_for_what_can_change_a_verdict(machine: Machine) -> None:
    plain = machine.load().digest
    assert machine.load().digest == plain
    policy = machine.user('policy = "own.cedar"').load().digest
    (machine.where.user / "own.cedar").write_text("// another")
    assert len({plain, policy, machine.load().digest, machine.user("timeout = 3").load().digest}) == 4


def test_a_policy_that_is_not_there_is_an_error(machine: Machine) -> None:
    machine.user('policy = "none.cedar"')
    with pytest.raises(ConfigError, match="'policy' names it"):
        machine.load()


def test_the_home_of_the_database(machine: Machine, tmp_path: Path) -> None:
    assert machine.load({"SLOPGUARD_HOME": str(tmp_path)}).home == tmp_path
    assert machine.load({"SLOPGUARD_HOME": "here"}).home == machine.project / "here"


@pytest.mark.parametrize(("value", "offline"), [("1", True), ("yes", True), ("0", False), ("", False), ("No", False)])
def test_the_variable_that_takes_the_network_away(machine: Machine, value: str, offline: bool) -> None:
    assert machine.load({"SLOPGUARD_OFFLINE": value}).offline is offline


def test_the_flag_that_takes_the_network_away(machine: Machine) -> None:
    assert machine.load(offline=True).offline
    assert machine.load({"SLOPGUARD_OFFLINE": "1"}, offline=False).offline


@pytest.mark.skipif(sys.platform == "win32", reason="the XDG specification is not for Windows")
def test_places_follow_the_xdg_specification() -> None:
    found = places({"HOME": "/home/me"})
    assert found.user == Path("/home/me/.config/slopguard")
    assert found.home == Path("/home/me/.local/share/slopguard")
    moved = places({"HOME": "/home/me", "XDG_CONFIG_HOME": "/c", "XDG_DATA_HOME": "/d"})
    assert (moved.user, moved.home) == (Path("/c/slopguard"), Path("/d/slopguard"))


def test_no_variable_moves_the_organisations_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    fixed = places({}).organisation
    assert places({"HOME": "/x", "XDG_CONFIG_DIRS": "/y", "SLOPGUARD_CONFIG": "/z"}).organisation == fixed


def test_places_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    found = places({"HOME": "/h", "ProgramData": "/p", "LOCALAPPDATA": "/l"})
    assert found.organisation == Path("/p/slopguard/slopguard.toml")
    assert found.home == Path("/l/slopguard")


def test_this_machine_loads_without_help(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    settings = load(tmp_path, {"HOME": str(tmp_path)})
    assert settings.home == tmp_path / ".local" / "share" / "slopguard"
