"""What would loosen is error 2 naming key and file, until a person accepted the file; tightening always counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from slopguard.config.grammar import KEYS
from slopguard.errors import ConfigError
from slopguard.model import Ecosystem, Mode
from tests.config.machine import Machine

LOOSENING = {
    "mode": 'mode = "observe"',
    "established_days": "established_days = 89",
    "established_releases": "established_releases = 1",
    "min_version_age_days": "min_version_age_days = 0",
    "watch_rank": "watch_rank = 10",
    "policy": 'policy = "own.cedar"',
    "upstream.pypi.url": '[upstream.pypi]\nurl = "https://registry.example/simple/"',
    "upstream.pypi.dates_from": '[upstream.pypi]\ndates_from = "https://dates.example/simple/"',
    "upstream.pypi.curated": "[upstream.pypi]\ncurated = true",
    "upstream.npm.url": '[upstream.npm]\nurl = "https://registry.example/"',
    "upstream.npm.dates_from": '[upstream.npm]\ndates_from = "https://dates.example/"',
    "upstream.npm.curated": "[upstream.npm]\ncurated = true",
    "lists.sources": '[lists]\nsources = [{url = "https://lists.example/", root = "sha256:00"}]',
    "lists.teams": '[lists]\nteams = ["payments"]',
    "internal.pypi": '[internal]\npypi = ["*"]',
    "internal.npm": '[internal]\nnpm = ["@acme/*"]',
    "internal.index": '[internal]\nindex = "https://registry.example/"',
    "own.pypi": '[own]\npypi = ["acme-*"]',
    "own.npm": '[own]\nnpm = ["@acme/*"]',
    "check.exclude": '[check]\nexclude = ["tests/**"]',
    "net.allow": '[net]\nallow = ["*.files.example"]',
    "net.enforce": "[net]\nenforce = false",
    "cache.size_mb": "[cache]\nsize_mb = 2049",
    "serve.indexes": '[serve]\nindexes = [{ecosystem = "pypi", key = "a", url = "https://registry.example/"}]',
    "serve.own_login": '[serve]\nown_login = "https://registry.example/"',
    "radar.rate": "[radar]\nrate = 100",
    "radar.every": '[radar]\nevery = "10m"',
    "radar.webhook": '[radar]\nwebhook = "https://alarms.example/"',
    "radar.webhook_secret": '[radar]\nwebhook_secret = "GITHUB_TOKEN"',
    "radar.npm_feed": '[radar]\nnpm_feed = "https://feed.example/_changes"',
    "radar.pypi_feed": '[radar]\npypi_feed = "https://feed.example/newest.xml"',
}
"""Every key that can loosen, and a value that does."""

TIGHTENING = {
    "mode": 'mode = "strict"',
    "established_days": "established_days = 365",
    "established_releases": "established_releases = 10",
    "min_version_age_days": "min_version_age_days = 14",
    "watch_rank": "watch_rank = 100000",
    "upstream.pypi.curated": "[upstream.pypi]\ncurated = false",
    "sealed.paths": '[sealed]\npaths = ["tests/**"]',
    "timeout": "timeout = 3",
    "net.enforce": "[net]\nenforce = true",
    "cache.size_mb": "[cache]\nsize_mb = 0",
}


def test_every_key_that_can_loosen_has_a_row_here() -> None:
    assert set(LOOSENING) | {"sealed.paths", "timeout"} == set(KEYS)


@pytest.mark.parametrize("key", LOOSENING)
def test_a_project_file_cannot_loosen(machine: Machine, key: str) -> None:
    machine.in_project(LOOSENING[key])
    with pytest.raises(ConfigError, match=f"slopguard.toml: '{key}' would loosen") as refused:
        machine.load()
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("key", LOOSENING)
def test_nor_can_a_pyproject_table(machine: Machine, key: str) -> None:
    text = LOOSENING[key].replace("[", "[tool.slopguard.", 1) if LOOSENING[key].startswith("[") else LOOSENING[key]
    machine.in_project(text if text.startswith("[") else f"[tool.slopguard]\n{text}", "pyproject.toml")
    with pytest.raises(ConfigError, match=f"pyproject.toml: '{key}' would loosen"):
        machine.load()


@pytest.mark.parametrize("key", LOOSENING)
def test_nor_can_the_environment_or_a_flag(machine: Machine, key: str, tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text(LOOSENING[key])
    with pytest.raises(ConfigError, match=f"'{key}' would loosen"):
        machine.load({"SLOPGUARD_CONFIG": str(file)})
    with pytest.raises(ConfigError, match=f"'{key}' would loosen"):
        machine.load(config=file)


@pytest.mark.parametrize("key", LOOSENING)
def test_the_user_may_where_the_organisation_says_nothing(machine: Machine, key: str) -> None:
    before = machine.load()
    assert machine.user(LOOSENING[key]).load() != before


@pytest.mark.parametrize("key", LOOSENING)
def test_so_may_a_project_file_that_a_person_accepted(machine: Machine, key: str) -> None:
    before = machine.load()
    assert machine.in_project(LOOSENING[key]).accept().load() != before


@pytest.mark.parametrize("key", TIGHTENING)
def test_a_project_file_may_tighten(machine: Machine, key: str) -> None:
    before = machine.load()
    after = machine.in_project(TIGHTENING[key]).load()
    assert after != before or key in ("upstream.pypi.curated", "net.enforce")


def test_a_user_cannot_loosen_what_the_organisation_wrote(machine: Machine) -> None:
    machine.organisation('mode = "balanced"\nmin_version_age_days = 7\n[internal]\npypi = ["acme-*"]')
    for text, key in (
        ('mode = "observe"', "mode"),
        ("min_version_age_days = 6", "min_version_age_days"),
        ('[internal]\npypi = ["other-*"]', "internal.pypi"),
    ):
        machine.user(text)
        with pytest.raises(ConfigError, match=f"'{key}' would loosen what the organisation"):
            machine.load()


def test_not_even_an_accepted_file_loosens_what_the_organisation_wrote(machine: Machine) -> None:
    machine.organisation('mode = "strict"').in_project('mode = "balanced"').accept()
    with pytest.raises(ConfigError, match="'mode' would loosen what the organisation"):
        machine.load()


def test_an_accepted_file_may_loosen_what_the_user_wrote(machine: Machine) -> None:
    machine.user("min_version_age_days = 14").in_project("min_version_age_days = 1").accept()
    assert machine.load().min_version_age_days == 1


def test_acceptance_ends_when_the_file_changes(machine: Machine) -> None:
    machine.in_project("min_version_age_days = 1").accept().in_project("min_version_age_days = 0")
    with pytest.raises(ConfigError, match="min_version_age_days"):
        machine.load()


def test_acceptance_ends_when_the_policy_it_names_changes(machine: Machine) -> None:
    machine.in_project("// one", "own.cedar").in_project('policy = "own.cedar"').accept()
    assert machine.load().policy_file == machine.project / "own.cedar"
    machine.in_project("// two", "own.cedar")
    with pytest.raises(ConfigError, match="'policy' would loosen"):
        machine.load()


def test_acceptance_is_of_one_place(machine: Machine) -> None:
    machine.in_project('mode = "observe"').accept()
    machine.in_project('mode = "observe"', "other/slopguard.toml")
    with pytest.raises(ConfigError, match=r"other.slopguard\.toml: 'mode' would loosen"):
        machine.in_project("", "slopguard.toml").load(cwd=machine.project / "other")


def test_comments_and_order_do_not_end_acceptance(machine: Machine) -> None:
    machine.in_project('mode = "observe"\ntimeout = 3').accept().in_project('# why\ntimeout = 3\nmode = "observe"')
    assert machine.load().mode is Mode.OBSERVE


def test_repeating_what_is_in_force_is_not_loosening(machine: Machine) -> None:
    text = '[internal]\npypi = ["acme-*"]\n[upstream.pypi]\nurl = "https://registry.example/simple/"'
    machine.user(text).in_project(text)
    assert machine.load().internal == {Ecosystem.PYPI: ("acme-*",)}


def test_an_empty_file_further_down_hides_no_stricter_one_above(machine: Machine) -> None:
    machine.in_project('mode = "strict"').in_project("", "sub/slopguard.toml")
    assert machine.load(cwd=machine.project / "sub").mode is Mode.STRICT


def test_a_file_named_by_a_variable_replaces_none(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "empty.toml").write_text("")
    machine.user('mode = "strict"')
    assert machine.load({"SLOPGUARD_CONFIG": str(tmp_path / "empty.toml")}).mode is Mode.STRICT
