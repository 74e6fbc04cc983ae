"""What is installed in a Python environment: its metadata and pip's view of its folder, running none of it."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

from slopguard.check import installed, site_packages
from slopguard.model import SourceKind
from tests.simulators.artefacts import core_metadata, wheel


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A real environment, in which pip installed a wheel from a file and another one that it requires."""
    home = tmp_path_factory.mktemp("home")
    venv.create(home / ".venv", with_pip=False)
    wheels = home / "wheels"
    wheels.mkdir()
    for name, requires in (("Asked_For", ["brought-along"]), ("brought-along", [])):
        made = wheel(name, "1.5", core_metadata(name, "1.5", requires=requires), markers=home)
        (wheels / made.filename).write_bytes(made.content)
    asked = next(wheels.glob("asked_for*"))
    command = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(home / ".venv"),
        "--isolated",
        "install",
        "-q",
        "--no-index",
    ]
    subprocess.run([*command, "--disable-pip-version-check", "--no-compile", "-f", str(wheels), str(asked)], check=True)
    return home


def packages(reading):
    return {each.raw: each for each in reading.sightings}


def info(folder, name, metadata="Name: {}\nVersion: 1.0\n", **files):
    """Metadata by hand: a folder as installers leave it."""
    place = folder / f"{name}-1.0.dist-info"
    place.mkdir(parents=True)
    (place / "METADATA").write_text("Metadata-Version: 2.1\n" + metadata.format(name))
    for file, text in files.items():
        (place / file.replace("__", ".")).write_text(text)
    return place


def test_what_pip_installed_is_read_with_where_it_came_from_and_who_asked(home):
    (reading,) = installed.read(home, {}).readings
    found = packages(reading)
    assert {name: each.version for name, each in found.items()} == {"Asked_For": "1.5", "brought-along": "1.5"}
    assert [name for name, each in found.items() if "requested" in each.extra] == ["Asked_For"]
    assert found["Asked_For"].source.kind is SourceKind.PATH
    assert {digest.partition(":")[0] for digest in found["Asked_For"].digests} == {"sha256"}
    assert found["brought-along"].source.kind is SourceKind.REGISTRY
    assert Path(found["brought-along"].location.path).name == "METADATA"
    assert reading.locked


def test_nothing_installed_is_imported(home):
    installed.read(home, {})
    assert not list(home.glob("*.imported"))


def test_a_module_of_the_project_is_never_taken_for_pip(home, monkeypatch):
    for name in ("pip", "json", "runpy"):
        (home / f"{name}.py").write_text(f"open({str(home / 'taken')!r}, 'w')")
    monkeypatch.chdir(home)
    monkeypatch.setenv("PYTHONPATH", str(home))
    assert len(installed.read(home, {}).readings[0].sightings) == 2
    assert not (home / "taken").exists()


def test_a_project_that_only_pip_sees_is_found_whatever_its_settings(monkeypatch, tmp_path):
    (tmp_path / "pip.conf").write_text("[list]\nexclude = old-link\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setenv("PIP_EXCLUDE", "old-link")
    monkeypatch.setenv("PIPAPI_PYTHON_LOCATION", "/nowhere")
    project = tmp_path / "project"
    (project / "old_link.egg-info").mkdir(parents=True)
    (project / "old_link.egg-info" / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: old-link\nVersion: 3\n")
    folder = tmp_path / "site-packages"
    folder.mkdir()
    (folder / "old-link.egg-link").write_text(f"{project}\n.")
    info(folder, "other")
    found = packages(site_packages.read(folder))
    assert set(found) == {"old-link", "other"}
    assert (found["old-link"].source.kind, found["old-link"].source.index) == (SourceKind.PATH, str(project))


ARCHIVE = '{"url": "https://u:p@x.example/a.zip", "archive_info": {"hash": "sha256=ab"}}'
REPOSITORY = '{"url": "https://x.example/r", "vcs_info": {"vcs": "git", "commit_id": "c"}}'


@pytest.mark.parametrize(
    ("record", "kind", "place", "extra"),
    [
        (ARCHIVE, "url", "https://x.example/a.zip", {"archive": "1"}),
        (REPOSITORY, "vcs", "git+https://x.example/r", {}),
        ('{"url": "file:///w/p", "dir_info": {"editable": true}}', "path", "/w/p", {"editable": "1"}),
        ('{"url": "file:///w/p", "dir_info": {}}', "path", "/w/p", {}),
        ("{}", "registry", None, {}),
        ("not json", "registry", None, {}),
    ],
)
def test_a_record_of_a_direct_url_is_the_source(tmp_path, record, kind, place, extra):
    info(tmp_path, "a", direct_url__json=record)
    (found,) = site_packages.read(tmp_path, pip=False).sightings
    assert (found.source.kind, found.source.index, found.extra) == (kind, place, extra)


def test_packages_of_conda_are_counted_and_told(tmp_path):
    folder = tmp_path / "lib" / "python3.11" / "site-packages"
    info(folder, "a", INSTALLER="conda\n")
    info(folder, "b", INSTALLER="pip\n")
    (tmp_path / "conda-meta").mkdir()
    found = installed.read(tmp_path, {"CONDA_PREFIX": str(tmp_path)}, pip=False)
    assert [each.raw for each in found.readings[0].sightings] == ["b"]
    assert len(found.notes) == 1
    assert "1 packages of conda" in found.notes[0]


def test_what_only_says_that_conda_installed_it_is_told(tmp_path):
    info(tmp_path, "a", INSTALLER="conda\n")
    reading = site_packages.read(tmp_path, pip=False)
    assert ([each.raw for each in reading.sightings], reading.skipped) == (["a"], 0)


def test_a_package_that_claims_to_be_another_is_told_under_both_names(tmp_path):
    info(tmp_path, "evil_name", "Name: requests\nVersion: 1.0\n")
    info(tmp_path, "Zope.Interface", "Name: zope-interface\nVersion: 1.0\n")
    (tmp_path / "evil_name-1.0.dist-info").rename(tmp_path / "evil_name-1.0.DIST-INFO")
    found = site_packages.read(tmp_path, pip=False).sightings
    assert [each.raw for each in found] == ["zope-interface", "requests", "evil_name"]


@pytest.mark.parametrize("metadata", ["", "Name: a\n", "Version: 1\n", "\nName: a\nVersion: 1\n"])
def test_metadata_that_does_not_say_is_a_problem(tmp_path, metadata):
    place = info(tmp_path, "a", metadata.replace("{", "{{"))
    reading = site_packages.read(tmp_path, pip=False)
    assert not reading.sightings or metadata.startswith("\n")
    assert [each.location.path for each in reading.problems] == [str(place)]


def test_a_folder_that_cannot_be_listed_is_a_problem(tmp_path):
    (tmp_path / "file").write_text("")
    assert len(site_packages.read(tmp_path / "file", pip=False).problems) == 1


def test_what_an_interrupted_removal_left_is_not_installed(tmp_path):
    info(tmp_path, "~a")
    reading = site_packages.read(tmp_path, pip=False)
    assert (reading.sightings, reading.problems) == ((), ())


def test_old_metadata_is_read_in_all_its_forms(tmp_path):
    (tmp_path / "a-1.egg-info").write_text("Metadata-Version: 1.0\r\nName: a\r\nVersion: 1\r\n")
    for name, inside in (("b.egg-info", "PKG-INFO"), ("c-3-py3.8.egg", "EGG-INFO/PKG-INFO")):
        file = tmp_path / name / inside
        file.parent.mkdir(parents=True)
        file.write_text(f"Metadata-Version: 1.0\nName: {name[0]}\nVersion: 3\n")
    found = site_packages.read(tmp_path, pip=False).sightings
    assert [(each.raw, each.version) for each in found] == [("a", "1"), ("b", "3"), ("c", "3")]


def test_the_active_environment_goes_before_the_projects_own(home, tmp_path):
    folder = tmp_path / "lib" / "python3.11" / "site-packages"
    folder.mkdir(parents=True)
    assert installed.environment(home, {"VIRTUAL_ENV": str(tmp_path)}) == (folder,)
    (own,) = installed.environment(home, {})
    assert own.is_relative_to(home / ".venv")


def test_without_either_it_is_the_one_that_slopguard_runs_in(tmp_path):
    found = installed.environment(tmp_path, {})
    assert found
    assert all(place.is_relative_to(sys.prefix) or place.is_relative_to(Path(sys.prefix).resolve()) for place in found)


def test_an_environment_without_packages_is_told(tmp_path):
    assert installed.read(tmp_path, {"VIRTUAL_ENV": str(tmp_path)}).notes == ("no Python environment was found",)
