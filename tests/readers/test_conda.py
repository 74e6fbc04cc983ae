"""conda's environment files: what they make pip install."""

from __future__ import annotations

import pytest

from slopguard.errors import InputError
from slopguard.readers import conda

from .files import HERE, brief, holding_paths

TEXT = """\
name: work
channels: [conda-forge]
dependencies:
  - python=3.11
  - numpy
  - pip
  - pip:
      - flask==2.0   # why
      - "requests[socks]>=2 ; python_version > '3'"
      - -r more.txt
      - --extra-index-url https://u:s3cret@registry.example/simple
      - -e ./lib
      - git+https://git.example/a.git#egg=a
      - -r gone.txt
"""


def read(text):
    path = HERE / "environment.yml"
    return conda.read(path, holding_paths({"environment.yml": text, "more.txt": "idna\n"}))


def test_the_lines_for_pip_are_read_as_pip_reads_them():
    reading = read(TEXT)
    assert [brief(s) for s in reading.sightings] == [
        ("flask", "==2.0", "2.0", "registry", None),
        ("requests", ">=2", None, "registry", None),
        ("idna", "", None, "registry", None),
        ("lib", "", None, "path", "/project/lib"),
        ("a", "", None, "vcs", "git+https://git.example/a.git"),
    ]
    assert [s.location.line for s in reading.sightings] == [8, 9, 1, 12, 13]
    assert [(line.url, line.kind) for line in reading.indexes] == [("https://registry.example/simple", "extra")]
    assert [(problem.code, problem.location.line) for problem in reading.problems] == [("missing-include", 14)]


def test_condas_own_packages_are_counted_and_not_judged():
    assert read(TEXT).skipped == 3


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: 1\n",
        "- dependencies\n",
        "dependencies: {a: b}\n",
        "{{ helm }}\n",
        "- a\n---\n- b\n",
        "dependencies: 5\n",
    ],
)
def test_another_file_of_that_name_says_nothing(text):
    reading = read(text)
    assert (reading.sightings, reading.problems) == ((), ())


def test_what_is_no_text_is_undecidable():
    reading = read("dependencies:\n- pip:\n  - six\n  - {a: b}\n")
    assert [s.raw for s in reading.sightings] == ["six"]
    assert [problem.code for problem in reading.problems] == ["undecidable"]


def test_one_with_dependencies_that_is_no_yaml_is_refused():
    with pytest.raises(InputError, match=r"environment\.yml:2: not valid YAML"):
        read("dependencies: [\n")


def test_a_lock_of_conda_lock_names_what_pip_installs():
    reading = read(
        """
metadata: {platforms: [linux-64]}
package:
- name: python
  version: 3.11.0
  manager: conda
- name: flask
  version: 2.0.0
  manager: pip
  dependencies: {click: '*'}
  url: https://files.example/flask-2.0.0-py3-none-any.whl
  hash:
    sha256: AB
- name: own
  version: 0.1
  manager: pip
  url: git+https://t0ken@git.example/own.git
"""
    )
    assert [brief(s) for s in reading.sightings] == [
        ("flask", "", "2.0.0", "registry", None),
        ("own", "", "0.1", "vcs", "git+https://git.example/own.git"),
    ]
    assert reading.sightings[0].digests == {"sha256:ab"}
    assert reading.sightings[0].extra == {"origins": "https://files.example"}
    assert (reading.locked, reading.skipped, reading.sightings[0].location.line) == (True, 1, 7)
