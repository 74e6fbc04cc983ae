"""What an adopted lock file holds is served though it is young: those versions, those files, and nothing else."""

from __future__ import annotations

from hashlib import sha256, sha512

from slopguard.locked import LockedSet
from slopguard.model import Ecosystem
from tests.gate.conftest import Opened
from tests.gate.house import Reply
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI

FILES = "/pypi/main/files/{}/{}"


def wheel_of(pypi: PyPI, name: str, version: str) -> LockedSet:
    """A lock that holds the wheel of one version, and not its source archive."""
    files = [file.artefact for file in pypi.files_of(name)]
    content = next(f.content for f in files if f"-{version}-" in f.filename and f.filename.endswith(".whl"))
    return lock(Ecosystem.PYPI, name, version, f"sha256:{sha256(content).hexdigest()}")


def lock(ecosystem: Ecosystem, name: str, version: str, digest: str) -> LockedSet:
    return LockedSet({(ecosystem, name, version): frozenset({digest})})


def names(page: Reply) -> list[str]:
    return [file["filename"] for file in page.json["files"]]


def test_of_a_locked_young_version_only_the_locked_files_are_served(opened: Opened, pypi: PyPI) -> None:
    pypi.add_established("sg-app").add("sg-app", "1.3", hours_old=5, source=True)
    house = opened(locked=wheel_of(pypi, "sg-app", "1.3"))
    assert names(house.page("sg-app"))[-1] == "sg_app-1.3-py3-none-any.whl"
    assert house.page("sg-app").json["versions"] == ["1.0", "1.1", "1.2", "1.3"]
    assert house.ask(FILES.format("sg-app", "sg_app-1.3-py3-none-any.whl")).status == 200
    assert house.ask(FILES.format("sg-app", "sg_app-1.3.tar.gz")).status == 404
    assert pypi.downloads == ["sg_app-1.3-py3-none-any.whl"]


def test_of_a_name_that_nothing_else_vouches_for_only_the_locked_version_stands(opened: Opened, pypi: PyPI) -> None:
    for version in ("0.1", "0.2"):
        pypi.add("sg-young", version, hours_old=5)
    house = opened(locked=wheel_of(pypi, "sg-young", "0.1"))
    assert names(house.page("sg-young")) == ["sg_young-0.1-py3-none-any.whl"]
    assert house.ask(FILES.format("sg-young", "sg_young-0.2-py3-none-any.whl")).status != 200
    assert pypi.downloads == []
    assert ("pypi:sg-young", "locked") in house.rules()


def test_a_locked_version_with_other_bytes_is_not_served(opened: Opened, pypi: PyPI) -> None:
    pypi.add_established("sg-app").add("sg-app", "1.3", hours_old=5)
    house = opened(locked=lock(Ecosystem.PYPI, "sg-app", "1.3", "sha256:" + "0" * 64))
    assert house.page("sg-app").json["versions"] == ["1.0", "1.1", "1.2"]
    assert house.ask(FILES.format("sg-app", "sg_app-1.3-py3-none-any.whl")).status != 200
    assert pypi.downloads == []


def test_a_denied_name_is_refused_although_it_is_locked(opened: Opened, pypi: PyPI) -> None:
    pypi.add_established("sg-app").add("sg-app", "1.3", hours_old=5)
    house = opened(locked=wheel_of(pypi, "sg-app", "1.3"), rows=["pypi sg-app deny rule=malicious"])
    assert "sg-app' (malicious)" in house.page("sg-app").reason
    assert pypi.downloads == []


def test_a_locked_young_version_is_in_the_packument_and_the_newer_one_is_not(opened: Opened, npm: Npm) -> None:
    npm.add_established("sg-app")
    for version in ("1.3.0", "1.4.0"):
        npm.add("sg-app", version, hours_old=5)
    digest = "sha512:" + sha512(npm.packages["sg-app"]["1.3.0"].artefact.content).hexdigest()
    found = opened(locked=lock(Ecosystem.NPM, "sg-app", "1.3.0", digest)).packument("sg-app").json
    assert list(found["versions"]) == ["1.0.0", "1.1.0", "1.2.0", "1.3.0"]
