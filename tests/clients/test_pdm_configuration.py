"""pdm's sources: which there are, in which order, and whose word each is; the same as pdm itself says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from slopguard.clients import pdm_config
from slopguard.clients.pdm import Pdm
from slopguard.clients.pdm_config import Source
from slopguard.indexes import IndexKind
from slopguard.model import Layer
from tests.simulators import python_tools
from tests.simulators.drivers.pdm import DRIVER

BUILT_IN = "https://built-in.example/simple"
SOURCE = '[[tool.pdm.source]]\nname = "{}"\nurl = "{}"\n'


class Places:
    """The files that pdm reads, below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.env = {"HOME": str(root / "home"), "XDG_CONFIG_DIRS": str(root / "machine")}
        (root / "project").mkdir()

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def project(self, text: str) -> None:
        self.write("project/pyproject.toml", text)

    def user(self, text: str) -> None:
        self.write("home/.config/pdm/config.toml", text)

    def sources(self, **env: str) -> list[Source]:
        folder = self.root / "project"
        found = pdm_config.load(
            folder, {**self.env, **env}, config_file=None, manifest=folder / "pyproject.toml", cwd=folder
        )
        return found.sources(BUILT_IN)

    def found(self, **env: str) -> list[tuple[str, str, Layer]]:
        return [(s.name, s.setting.url, s.setting.layer) for s in self.sources(**env)]


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path)


def test_without_settings_there_is_the_built_in_index(places: Places) -> None:
    assert places.found() == [("pypi", BUILT_IN, Layer.BUILTIN)]


@pytest.mark.parametrize(
    ("path", "layer"),
    [
        ("machine/pdm/config.toml", Layer.SYSTEM),
        ("home/.config/pdm/config.toml", Layer.USER),
        ("project/pdm.toml", Layer.PROJECT),
    ],
)
def test_each_file_speaks_for_somebody(places: Places, path: str, layer: Layer) -> None:
    places.write(path, '[pypi]\nurl = "https://r.example/s"\n[pypi.more]\nurl = "https://more.example/s"\n')
    assert places.found() == [
        ("pypi", "https://r.example/s", layer),
        ("more", "https://more.example/s", layer),
    ]


def test_variables_beat_files_and_are_the_environments_word(places: Places) -> None:
    places.user('[pypi]\nurl = "https://user.example/s"\n')
    found = places.found(PDM_PYPI_URL="https://env.example/s")
    assert found == [("pypi", "https://env.example/s", Layer.ENVIRONMENT)]
    places.write("other.toml", '[pypi]\nurl = "https://other.example/s"\n')
    found = places.found(PDM_CONFIG_FILE=str(places.root / "other.toml"))
    assert found == [("pypi", "https://other.example/s", Layer.ENVIRONMENT)]


def test_the_project_comes_first_and_its_gaps_are_filled(places: Places) -> None:
    places.user(
        '[pypi.own]\nurl = "https://own.example/s"\nusername = "ann"\npassword = "s3cret"\n[pypi.b]\nurl = "u"\n'
    )
    places.project(SOURCE.format("a", "https://a.example/s") + '[[tool.pdm.source]]\nname = "own"\n')
    assert places.found() == [
        ("pypi", BUILT_IN, Layer.BUILTIN),
        ("a", "https://a.example/s", Layer.PROJECT),
        ("own", "https://own.example/s", Layer.USER),
        ("b", "u", Layer.USER),
    ]
    own = places.sources()[2]
    assert own.credentials is not None
    assert (own.credentials.username, own.credentials.secret) == ("ann", "s3cret")
    assert "s3cret" not in repr(own)


def test_stored_sources_may_be_ignored(places: Places) -> None:
    places.user('[pypi.more]\nurl = "https://more.example/s"\n')
    places.project(SOURCE.format("a", "https://a.example/s"))
    assert [name for name, *_ in places.found(PDM_IGNORE_STORED_INDEX="1")] == ["a"]
    places.project(SOURCE.format("pypi", "https://a.example/s"))
    assert places.found(PDM_IGNORE_STORED_INDEX="true") == [("pypi", "https://a.example/s", Layer.PROJECT)]


def test_a_project_has_no_say_in_certificates(places: Places) -> None:
    table = SOURCE.format("a", "https://a.example/s") + 'verify_ssl = false\nca_certs = "/evil.pem"\n'
    places.project(table)
    source = places.sources()[1]
    assert (source.verify, source.ca_certs) == (True, None)
    places.user('[pypi.a]\nurl = "https://a.example/s"\nverify_ssl = false\nca_certs = "/own.pem"\n')
    source = places.sources()[1]
    assert (source.verify, source.ca_certs) == (False, Path("/own.pem"))


def test_variables_in_an_address_are_filled_in(places: Places) -> None:
    places.user('[pypi]\nurl = "https://${WHO}:${KEY}@r.example/s"\n')
    assert places.sources(WHO="ann", KEY="x")[0].setting.url == "https://ann:x@r.example/s"


def test_an_address_that_the_user_has_too_is_trusted(places: Places) -> None:
    places.user('[pypi.mine]\nurl = "https://user:x@a.example/s/"\n')
    places.project(SOURCE.format("a", "https://a.example/s") + SOURCE.format("b", "https://b.example/s"))
    command = program(places)
    call = Pdm().parse("pdm", ["lock"], places.root / "project", places.env)
    found = {index.name: index for index in Pdm().indexes(call, command, places.env)}
    assert (found["a"].layer, found["b"].layer) == (Layer.USER, Layer.PROJECT)
    assert found["pypi"].kind is IndexKind.DEFAULT
    assert "example" not in found["pypi"].url


def program(places: Places) -> tuple[str, ...]:
    folder = DRIVER.fetch(DRIVER.versions[0])
    return (str(python_tools.program(places.root / "bin" / "pdm", folder, "pdm.core:main")),)


A, B = SOURCE.format("a", "https://a.example/s"), '[pypi.b]\nurl = "https://b.example/s"\n'
USER = '[pypi]\nurl = "https://u.example/s"\n'


@pytest.mark.parametrize(
    ("project", "local", "user", "env"),
    [
        ("", "", "", {}),
        (A, "", B, {}),
        (SOURCE.format("pypi", "https://a.example/s"), B, "", {}),
        (A, "", USER + '[pypi.a]\nusername = "x"\n', {}),
        (
            SOURCE.format("z", "https://${WHO}@z.example/s"),
            "",
            "",
            {"WHO": "ann", "PDM_PYPI_URL": "https://e.example/s"},
        ),
        (A, "", B, {"PDM_IGNORE_STORED_INDEX": "1"}),
        ("", "[pypi]\nignore_stored_index = true\n", B, {}),
        ("", '[pypi]\nurl = "https://l.example/s"\n', USER + 'username = "ann"\n', {}),
    ],
)
def test_pdm_itself_finds_the_same_sources(
    places: Places, project: str, local: str, user: str, env: dict[str, str]
) -> None:
    places.project(f'[project]\nname = "x"\nversion = "0"\n{project}')
    places.write("project/pdm.toml", local)
    places.user(user)
    ask = (
        "import json; from pdm.core import Core; "
        "print(json.dumps([(s.name, s.url, s.username) for s in Core().create_project('.').sources]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", ask],
        env={**places.env, "PYTHONPATH": str(DRIVER.fetch(DRIVER.versions[0])), **env},
        cwd=places.root / "project",
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = [(name, url if "example" in url else BUILT_IN, who) for name, url, who in json.loads(done.stdout)]
    found = places.sources(**env)
    assert [(s.name, s.setting.url, s.credentials.username if s.credentials else None) for s in found] == theirs
