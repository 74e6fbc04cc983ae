"""A session may be served a document that another one fetched meanwhile: nothing new in it passes unjudged."""

from __future__ import annotations

import pytest

from tests.gate.conftest import Opened
from tests.gate.test_released import TYPED, bound, wheel
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI


def test_a_version_that_is_too_young_steps_back(opened: Opened, pypi: PyPI) -> None:
    pypi.add_established("sg-app")
    first = opened()
    assert first.page("sg-app").status == 200
    pypi.add("sg-app", "9.9", hours_old=1)
    assert opened().page("sg-app").json["versions"] == ["1.0", "1.1", "1.2"]
    assert first.page("sg-app").json["versions"] == ["1.0", "1.1", "1.2"]


def test_so_does_one_of_npm(opened: Opened, npm: Npm) -> None:
    npm.add_established("sg-app")
    first = opened()
    assert first.packument("sg-app").status == 200
    npm.add("sg-app", "9.9.0", hours_old=1)
    for house in (opened(), first):
        assert list(house.packument("sg-app").json["versions"]) == ["1.0.0", "1.1.0", "1.2.0"]


@pytest.mark.parametrize("kind", ["release", "allow"])
def test_a_further_file_of_a_version_does_not_ride_along(opened: Opened, pypi: PyPI, kind: str) -> None:
    pypi.add("sg-app", "1.0", days_old=20)
    row = bound(wheel(pypi), kind)
    first = opened(typed=TYPED, rows=[row])
    assert first.page("sg-app").status == 200
    pypi.add("sg-app", "1.0", days_old=10, wheels=("cp311-none-any",), hashed=False)
    assert "(unverified)" in opened(typed=TYPED, rows=[row]).page("sg-app").reason
    again = first.page("sg-app")
    assert "cp311" not in again.text
