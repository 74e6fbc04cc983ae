"""Spellings of a file that its client understands, as real clients were seen to do, and a quick reader might pass over.

In each of them the client fetches `evil`, and so `evil` is what is told, on the line that says so.
"""

from __future__ import annotations

import pytest

from slopguard import readers
from slopguard.errors import InputError
from slopguard.model import SourceKind

from .files import HERE, holding_paths

UV_LOCK = '[[{}]]\nname = "evil"\nversion = "1.0"\nsource = {{ registry = "https://registry.example/simple" }}\n'
HOOK = "- repo: local\n  hooks:\n  - id: x\n    language: python\n    additional_dependencies: [evil]\n"


def read(name, text):
    return readers.read(HERE / name, holding_paths({name: text}))


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("package.json", '{\n"dependencies": ["npm:evil@1.0.0"]}', 2),
        ("package.json", '{"packageManager": "yarn@4.9.1",\n"dependencies": {\n"evil": "npm:good"}}', 3),
        ("uv.lock", "version = 1\n" + UV_LOCK.format("distribution"), 3),
        ("uv.lock", ("version = 1\n" + UV_LOCK.format("package")).replace("\n", "\r\n"), 3),
        ("poetry.lock", '[[package]]\r\nname = "evil"\r\nversion = "1.0"\r\n', 2),
        ("pdm.lock", '[[package]]\r\nname = "evil"\r\nversion = "1.0"\r\n', 2),
        ("setup.cfg", "[DEFAULT]\ninstall_requires = evil\n[options]\nzip_safe = false\n", 2),
        ("setup.cfg", "[options]\rinstall_requires =\r  evil\r", 3),
        ("setup.cfg", "[metadata]\nname = evil\n[options]\nsetup_requires = evil\n", 4),
        ("pyproject.toml", '[project]\nname = "evil"\n[build-system]\nrequires = ["evil"]\n', 4),
        ("pyproject.toml", '[tool.poetry]\nname = "evil"\n[tool.poetry.requires-plugins]\nevil = "*"\n', 4),
        (".pre-commit-config.yaml", HOOK, 5),
        ("deno.json", '{"imports": {\n"x": "NPM:evil@1"}}', 2),
        ("deno.json", '{"imports": {\n"x": " n\\tpm:evil@1\\n"}}', 2),
        ("deno.json", '{"compilerOptions": {\n"jsxImportSourceTypes": "npm:evil"}}', 2),
        ("pyproject.toml", '[tool.cibuildwheel]\ntest-requires = "evil other"\n', 2),
        ("pyproject.toml", '[[tool.cibuildwheel.overrides]]\ntest-requires = ["evil"]\n', 2),
        ("pixi.toml", '[pypi-dependencies]\nevil = "*"\n', 2),
    ],
)
def test_what_is_fetched_is_told(name, text, line):
    (found,) = [sighting for sighting in read(name, text).sightings if sighting.raw == "evil"]
    assert found.source.kind is SourceKind.REGISTRY
    assert found.location.line == line


def test_the_places_of_a_list_are_the_names_of_what_stands_there():
    (found,) = read("package.json", '{"devDependencies": ["evil/evil"]}').sightings
    assert (found.raw, found.source.kind, found.source.index) == ("0", SourceKind.VCS, "evil/evil")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("package.json", '{"dependencies":\n"evil"}'),
        ("deno.json", '{"imports": {"x":\n"data:application/javascript,import \'npm:evil\'"}}'),
        ("setup.py", "import setuptools\nmake = setuptools.setup\nmake(install_requires=['evil'])\n"),
        ("setup.py", "from setuptools import setup\npartial(setup, install_requires=['evil'])()\n"),
        ("setup.py", "exec(open('other.py').read())\n"),
    ],
)
def test_what_only_running_it_would_tell_is_undecidable(name, text):
    reading = readers.read(HERE / name, holding_paths({name: text}), kind="setup_py" if name == "setup.py" else None)
    assert [problem.code for problem in reading.problems] == ["undecidable"]


def test_a_program_that_only_bears_the_name_of_a_set_up_script_says_nothing():
    text = "import os\ndef setup_logging():\n    pass\n"
    reading = readers.read(HERE / "setup.py", holding_paths({"setup.py": text}), kind="setup_py")
    assert (reading.sightings, reading.problems) == ((), ())


def test_a_line_that_ends_where_only_yarn_sees_it_is_refused():
    text = 'evil@1:\r  version "1.0.0"\rb@1:\n  version "2.0.0"\n'
    with pytest.raises(InputError, match=r"yarn\.lock:1"):
        read("yarn.lock", text)


@pytest.mark.parametrize(
    "address",
    [
        "https:/evil.example/evil-1.0-py3-none-any.whl",
        "https:evil.example/evil-1.0-py3-none-any.whl",
        "HTTPS:evil.example/evil-1.0-py3-none-any.whl",
    ],
)
def test_an_address_with_fewer_slashes_is_of_its_host_all_the_same(address):
    text = UV_LOCK.format("package") + f"wheels = [{{ url = '{address}', hash = 'sha256:aa' }}]\n"
    (found,) = read("uv.lock", text).sightings
    assert found.extra["origins"].lower().startswith("https://evil.example")


def test_a_digest_that_npm_would_not_know_is_none():
    text = '{"packages": {"node_modules/evil": {"version": "1.0.0", "integrity": "xsha512-AAAA"}}}'
    (found,) = read("package-lock.json", text).sightings
    assert found.digests == frozenset()


def test_variables_of_hatch_s_environments_name_indexes():
    text = (
        "[tool.hatch.envs.default.env-vars]\n"
        'PIP_INDEX_URL = "https://user:s3cret@evil.example/simple"\n'
        'UV_INDEX = "own=https://one.example/simple https://two.example/simple"\n'
        'COLUMNS = "80"\n'
        "[tool.hatch.envs.default.overrides]\n"
        'platform.linux.set-env-vars = ["PIP_EXTRA_INDEX_URL=https://three.example/simple"]\n'
    )
    reading = read("pyproject.toml", text)
    assert [(line.url, line.kind, line.location.line) for line in reading.indexes] == [
        ("https://evil.example/simple", "default", 2),
        ("https://one.example/simple", "extra", 3),
        ("https://two.example/simple", "extra", 3),
        ("https://three.example/simple", "extra", 6),
    ]


def test_a_plugin_of_yarn_is_the_address_that_it_is_fetched_from_and_run():
    text = "plugins:\n  - path: x.cjs\n    spec: 'https://evil.example/x.js'\n  - path: y\n    spec: version\n"
    (found,) = read(".yarnrc.yml", text).sightings
    assert (str(found.source.kind), found.source.index, found.location.line) == ("url", "https://evil.example/x.js", 3)


def test_a_plugin_of_yarn_that_lies_in_the_project_is_not_fetched():
    text = "plugins:\n  - path: x.cjs\n    spec: 'https://evil.example/x.js'\n"
    files = holding_paths({".yarnrc.yml": text, "x.cjs": "module.exports = {}"})
    assert readers.read(HERE / ".yarnrc.yml", files).sightings == ()


def test_an_entry_of_yarn_s_without_a_name_is_refused():
    with pytest.raises(InputError, match=r"yarn\.lock:1"):
        read("yarn.lock", '":')


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            ".yarnrc",
            '# comment\nregistry "https://user:s3cret@evil.example/npm/"\n"@a:registry" https://a.example\nx 1\n',
            [("https://evil.example/npm/", "default", None, 2), ("https://a.example", "scope", "@a", 3)],
        ),
        (
            "pdm.toml",
            '[pypi]\nurl = "https://evil.example/simple"\n[pypi.more]\nurl = "https://more.example/simple"\n',
            [("https://evil.example/simple", "default", None, 2), ("https://more.example/simple", "extra", "more", 4)],
        ),
    ],
)
def test_settings_beside_a_manifest_name_indexes(name, text, expected):
    reading = read(name, text)
    assert [(line.url, line.kind, line.name, line.location.line) for line in reading.indexes] == expected


def test_a_project_s_settings_that_trust_any_certificate_are_told():
    (problem,) = read("pdm.toml", '[pypi]\nurl = "https://one.example"\nverify_ssl = false\n').problems
    assert (problem.code, problem.location.line) == ("settings-loosened", 3)


@pytest.mark.parametrize("behind", ["?as=/good-1.0-py3-none-any.whl", "#/good-1.0-py3-none-any.whl"])
@pytest.mark.parametrize("before", ["", "good-1.0-py3-none-any.whl\\"])
def test_the_file_that_is_fetched_is_the_last_part_of_its_address_s_path(before, behind):
    address = f"https://files.registry.example/{before}evil-1.0-py3-none-any.whl{behind}"
    text = UV_LOCK.format("package").replace("evil", "good") + f"wheels = [{{ url = '{address}' }}]\n"
    assert [sighting.raw for sighting in read("uv.lock", text).sightings] == ["good", "evil"]


@pytest.mark.parametrize("setting", ["python-install-mirror", "pypy-install-mirror", "python-downloads-json-url"])
@pytest.mark.parametrize(("name", "head"), [("pyproject.toml", "[tool.uv]\n"), ("uv.toml", "\n")])
def test_another_place_for_interpreters_is_told(name, head, setting):
    (problem,) = read(name, f'{head}{setting} = "https://evil.example/"\n').problems
    assert (problem.code, problem.location.line) == ("settings-loosened", 2)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("https://{env:USER}:{env:TOKEN}@one.example/simple", "https://one.example/simple"),
        ("{env:PIP_INDEX_URL:https://evil.example/simple}", "{env:PIP_INDEX_URL:https://evil.example/simple}"),
    ],
)
def test_fields_in_hatch_s_variables_hide_no_address_and_stop_nobody(value, told):
    reading = read("pyproject.toml", f'[tool.hatch.envs.default.env-vars]\nPIP_INDEX_URL = "{value}"\n')
    assert ([line.url for line in reading.indexes], reading.problems) == ([told], ())
