"""What a person let through is served as far as it goes: that version, those files, from an index of one's own."""

from __future__ import annotations

import pytest

from slopguard.model import Layer
from tests.gate.conftest import Opened
from tests.gate.house import npm_index, pypi_index
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI

TYPED = ["pypi:sg-app"]
FILE = "/pypi/{}/files/sg-app/{}"


def bound(digest: str, kind: str = "release") -> str:
    """A row that is bound to version 1.0 and one digest."""
    return f"pypi sg-app {kind} hashes=sha256:{digest} until=2099-01-01 versions=1.0"


def wheel(pypi: PyPI) -> str:
    """The digest of the first file of the package."""
    return pypi.files_of("sg-app")[0].artefact.sha256


def test_only_the_version_that_was_let_through_is_served(opened: Opened, pypi: PyPI) -> None:
    pypi.add("sg-app", "1.0", days_old=20).add("sg-app", "9.9", days_old=10)
    house = opened(typed=TYPED, rows=[bound(wheel(pypi))])
    assert house.page("sg-app").json["versions"] == ["1.0"]
    assert house.ask(FILE.format("main", "sg_app-9.9-py3-none-any.whl")).status == 403


@pytest.mark.parametrize("released", [bound("a" * 64), "pypi sg-app release until=2099-01-01"])
def test_it_opens_no_index_that_nobody_trusted(opened: Opened, pypi: PyPI, released: str) -> None:
    pypi.add("sg-app", "1.0", days_old=20)
    with PyPI() as foreign:
        foreign.add("sg-app", "9.9", days_old=10)
        house = opened(pypi_index(pypi.url), pypi_index(foreign.url, "theirs", Layer.PROJECT), rows=[released])
        assert "(foreign-source)" in house.page("sg-app", key="theirs").reason
        assert house.ask(FILE.format("theirs", "sg_app-9.9-py3-none-any.whl")).status == 403
    assert foreign.requests == []


def test_nor_a_registry_that_nobody_trusted(opened: Opened, npm: Npm) -> None:
    npm.add("sg-app", "1.0.0", days_old=20)
    row = f"npm sg-app release hashes=sha512:{'a' * 128} until=2099-01-01 versions=1.0.0"
    with Npm() as foreign:
        foreign.add("sg-app", "9.9.0", days_old=10)
        house = opened(npm_index(npm.url), npm_index(foreign.url, "theirs", Layer.PROJECT), rows=[row])
        assert "(foreign-source)" in house.packument("sg-app", key="theirs").reason
    assert foreign.requests == []


def test_told_to_stay_offline_it_still_hides_the_versions_that_nobody_let_through(opened: Opened, pypi: PyPI) -> None:
    pypi.add("sg-app", "1.0", days_old=20).add("sg-app", "9.9", days_old=10)
    opened(typed=TYPED).page("sg-app")
    house = opened(offline=True, typed=TYPED, rows=[bound(wheel(pypi))])
    assert house.page("sg-app").json["versions"] == ["1.0"]
    assert house.ask(FILE.format("main", "sg_app-9.9-py3-none-any.whl")).status == 403
    other = opened(offline=True, typed=TYPED, rows=[bound("a" * 64)])
    assert "(unverified)" in other.page("sg-app").reason
    assert ("pypi:sg-app", "unverified") in other.rules()


def test_told_to_stay_offline_a_listed_name_loses_its_denied_version(opened: Opened, pypi: PyPI) -> None:
    pypi.add_established("sg-app").add("sg-app", "9.9", days_old=10)
    opened().page("sg-app")
    house = opened(offline=True, rows=["pypi sg-app allow", "pypi sg-app deny rule=malicious versions=9.9"])
    assert house.page("sg-app").json["versions"] == ["1.0", "1.1", "1.2"]
    assert "(malicious)" in house.ask(FILE.format("main", "sg_app-9.9-py3-none-any.whl")).reason


@pytest.mark.parametrize("kind", ["release", "allow"])
def test_a_file_without_a_digest_does_not_ride_along_with_one_that_was_let_through(
    opened: Opened, pypi: PyPI, kind: str
) -> None:
    pypi.add("sg-app", "1.0", days_old=20)
    row = bound(wheel(pypi), kind)
    assert opened(typed=TYPED, rows=[row]).page("sg-app").status == 200
    pypi.add("sg-app", "1.0", days_old=10, wheels=("cp311-none-any",), hashed=False)
    assert "(unverified)" in opened(typed=TYPED, rows=[row]).page("sg-app").reason
