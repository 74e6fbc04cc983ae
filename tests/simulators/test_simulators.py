"""The simulators themselves: real clients accept what they serve, and faults break what they name."""

from __future__ import annotations

from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from tests.conftest import MakeSandbox
from tests.simulators.clients import NPMS, PIPS
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI
from tests.simulators.server import Break, basic


@pytest.mark.clients
@pytest.mark.parametrize(("family", "version"), [*(("pip", version) for version in PIPS), ("uv", "newest")])
def test_a_python_client_installs_a_wheel_and_builds_an_sdist(
    family: str, version: str, pypi: PyPI, make_sandbox: MakeSandbox
) -> None:
    pypi.add_established("sg-alpha", requires=["sg-beta>1"]).add("sg-beta", "2.0", wheels=(), source=True)
    box = make_sandbox(family, version).use(pypi)
    done = box.direct(*box.install("sg-alpha"))
    assert done.rc == 0, done
    assert box.installed == {"sg-alpha": "1.2", "sg-beta": "2.0"}
    assert box.traces == ["sg_beta-2.0.built"]
    assert {"sg_alpha-1.2-py3-none-any.whl", "sg_beta-2.0.tar.gz"} == set(pypi.downloads)


@pytest.mark.clients
@pytest.mark.parametrize("version", NPMS)
def test_npm_installs_a_scoped_package_and_runs_its_install_script(
    version: str, npm: Npm, make_sandbox: MakeSandbox
) -> None:
    npm.add_established("sg-alpha").add("@acme/x", requires={"sg-alpha": "^1.0.0"}, postinstall=True)
    box = make_sandbox("npm", version).use(npm)
    done = box.direct(*box.install("@acme/x"))
    assert done.rc == 0, done
    assert box.installed == {"@acme/x": "1.0.0", "sg-alpha": "1.2.0"}
    asks_first = version == "newest"  # npm 12 runs no install script that a person has not approved
    assert box.traces == ([] if asks_first else ["@acme__x-1.0.0.postinstall"])


def test_html_mode_has_no_dates(pypi: PyPI) -> None:
    pypi.add("sg-alpha", days_old=5)
    wanted = Request(f"{pypi.url}sg-alpha/", headers={"Accept": "application/vnd.pypi.simple.v1+json"})
    assert b"upload-time" in urlopen(wanted).read()
    pypi.speaks = "html"
    page = urlopen(wanted).read()
    assert b"data-core-metadata" in page
    assert b"upload-time" not in page


def test_credentials_are_demanded() -> None:
    with PyPI(credentials=basic("ann", "secret")) as registry:
        registry.add("sg-alpha")
        with pytest.raises(HTTPError, match="401"):
            urlopen(f"{registry.url}sg-alpha/")
        wanted = Request(f"{registry.url}sg-alpha/", headers={"Authorization": basic("ann", "secret")})
        assert urlopen(wanted).status == 200


@pytest.mark.parametrize("kind", [Break.REFUSE, Break.TRUNCATE])
def test_a_broken_connection_breaks_the_answer_it_names(kind: Break, pypi: PyPI) -> None:
    pypi.add("sg-alpha").add("sg-beta").fail("/simple/sg-alpha/", kind)
    with pytest.raises((URLError, ConnectionError, HTTPException)):
        urlopen(f"{pypi.url}sg-alpha/").read()
    assert urlopen(f"{pypi.url}sg-beta/").status == 200


def test_files_may_come_from_another_origin() -> None:
    with PyPI(elsewhere=True) as registry:
        registry.add("sg-alpha")
        page = urlopen(f"{registry.url}sg-alpha/").read().decode()
        assert registry.files.origin in page
        assert registry.files.origin != registry.server.origin
