"""pip's requirement files: the same lines, names, hashes and indexes that pip itself reads, and what it cannot know."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slopguard import readers
from slopguard.model import Layer, SourceKind
from slopguard.readers.interface import Context
from slopguard.readers.requirements import logical_lines

from .files import HERE, holding, holding_paths

pytest.importorskip("pip")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # in the pips that are asked

FILE = HERE / "requirements.txt"


def read(text, **more):
    context = more.pop("context", Context())
    return readers.read(FILE, holding(requirements_txt=text, **more), context)


def codes(reading):
    return [(problem.code, problem.location.line) for problem in reading.problems]


def test_every_line_is_a_sighting_at_its_first_physical_line():
    reading = read("# pins\n\nflask>=2  # web\nsix==1.0 \\\n  --hash=sha256:AA \\\n  --hash=sha512:bb\nidna\n")
    assert [(s.raw, s.location.line) for s in reading.sightings] == [("flask", 3), ("six", 4), ("idna", 7)]
    assert reading.sightings[1].digests == {"sha256:aa", "sha512:bb"}
    assert reading.sightings[1].version == "1.0"
    assert not reading.locked


def test_invisible_characters_survive_into_the_name():
    assert [s.raw for s in read("req\u200buests\nr\u0435quests==2\n").sightings] == ["req\u200buests", "r\u0435quests"]


@pytest.mark.parametrize(
    "line", ["-r sub/more.txt", "-rsub/more.txt", "--requirement=sub/more.txt", "--requirem sub/more.txt"]
)
def test_an_include_is_followed_from_the_folder_of_its_file(line):
    load = holding_paths({"requirements.txt": line, "sub/more.txt": "six\n-r deeper.txt", "sub/deeper.txt": "idna"})
    reading = readers.read(FILE, load)
    assert [(s.raw, Path(s.location.path).name) for s in reading.sightings] == [
        ("six", "more.txt"),
        ("idna", "deeper.txt"),
    ]


def test_an_include_by_file_address_is_followed():
    reading = readers.read(FILE, holding_paths({"requirements.txt": f"-r file://{HERE}/a%20b.txt", "a b.txt": "six"}))
    assert [s.raw for s in reading.sightings] == ["six"]


def test_files_that_include_each_other_are_read_once():
    load = holding_paths({"requirements.txt": "six\n-r b.txt\n-r b.txt", "b.txt": "idna\n-r ./requirements.txt"})
    reading = readers.read(FILE, load)
    assert [s.raw for s in reading.sightings] == ["six", "idna"]
    assert not reading.problems


def test_includes_without_end_are_undecidable():
    def load(path: Path) -> str:
        return f"-r {path.stem}x.txt"

    assert [problem.code for problem in readers.read(FILE, load).problems] == ["undecidable"]


def test_a_constraint_introduces_no_name_but_an_address_in_it_does():
    load = holding_paths({"requirements.txt": "-c c.txt\nsix", "c.txt": "idna<3\nflask @ https://h.example/f.zip\n"})
    idna, flask, six = readers.read(FILE, load).sightings
    assert idna.extra["constraint"] == "1"
    assert flask.extra["group"] == "constraints"
    assert flask.source.kind is SourceKind.URL
    assert "constraint" not in flask.extra
    assert "constraint" not in six.extra


@pytest.mark.parametrize(
    ("line", "kind", "url"),
    [
        ("-i https://u:s3cret@a.example/simple", "default", "https://a.example/simple"),
        ("--index-url=https://a.example/simple", "default", "https://a.example/simple"),
        ("--pypi-url https://a.example/simple", "default", "https://a.example/simple"),
        ("--extra-index-url https://a.example/simple", "extra", "https://a.example/simple"),
        ("--extra https://a.example/simple", "extra", "https://a.example/simple"),
        ("-f ./wheels", "find-links", "./wheels"),
        ('--find-links "https://a.example/x y"', "find-links", "https://a.example/x y"),
    ],
)
def test_an_index_line_is_reported_without_credentials(line, kind, url):
    reading = read(f"six\n{line}\n")
    (index,) = reading.indexes
    assert (index.kind, index.url, index.layer, index.location.line) == (kind, url, Layer.PROJECT, 2)
    assert "s3cret" not in repr(reading)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-r https://h.example/r.txt", [("undecidable", 1)]),
        ("-c http://h.example/c.txt", [("undecidable", 1)]),
        ("six\n-r nowhere.txt", [("missing-include", 2)]),
        ("--trusted-host h.example", [("settings-loosened", 1)]),
        ("--no-require-hashes", [("settings-loosened", 1)]),
        ("--brand-new-option", [("unsupported-option", 1)]),
        ("--re x.txt", [("unsupported-option", 1)]),
        ("--find-links 'open", [("unsupported-option", 1)]),
        ("--pre six", [("unsupported-option", 1)]),
        ("six --pre", [("unsupported-option", 1)]),
        ("-e ./a -e ./b", [("unsupported-option", 1)]),
        ("-r a.txt -r b.txt", [("unsupported-option", 1), ("missing-include", 1)]),
        ("${NAME}", [("undecidable", 1)]),
        ("--no-index\n--pre\n--prefer-binary\n--require-hashes\n--no-binary :all:\n--use-feature x", []),
        ("six --global-option=x --config-settings=a=b\n--hash=sha256:aa", []),
    ],
)
def test_what_cannot_be_followed_is_a_problem_of_its_line(text, expected):
    assert codes(read(text)) == expected


def test_variables_are_filled_in_as_pip_does():
    context = Context(env={"NAME": "six", "EMPTY": ""})
    reading = read("${NAME}\n${EMPTY}x\n${UNSET}y\n$NAME\n${name}", context=context)
    assert [s.raw for s in reading.sightings] == ["six", "${EMPTY}x", "${UNSET}y", "$NAME", "${name}"]
    assert not reading.problems


def test_relative_packages_start_from_the_folder_pip_runs_in():
    load = holding_paths({"requirements.txt": "-r sub/r.txt", "sub/r.txt": "-e ./lib\n./wheels/six-1.0.zip"})
    reading = readers.read(FILE, load, Context(cwd=Path("/elsewhere")))
    assert [s.source.index for s in reading.sightings] == ["/elsewhere/lib", "/elsewhere/wheels/six-1.0.zip"]
    assert [s.extra.get("editable") for s in reading.sightings] == ["1", None]


def test_a_line_that_only_uv_sees_is_read_too():
    reading = read("six  # for the moment \\\nhidden==1.0\nidna\n")
    assert [(s.raw, s.location.line) for s in reading.sightings] == [("six", 1), ("idna", 3), ("hidden", 2)]


def test_an_include_with_spaces_in_its_name_is_read_as_uv_and_as_pip_read_it():
    texts = {"requirements.txt": "-r a b.txt", "a": "six", "a b.txt": "idna"}
    reading = readers.read(FILE, holding_paths(texts))
    assert [s.raw for s in reading.sightings] == ["six", "idna"]
    assert codes(reading) == [("unsupported-option", 1)]


SOUND = [
    "six",
    "flask>=2 ; python_version > '3'",
    "idna==3.0 --hash=sha256:" + "a" * 64,
    "click[extra]~=8.0  # comment",
    "# only a comment \\",
    "  # indented",
    "x @ https://h.example/x-1.0.zip",
    "https://h.example/y-1.0.zip#egg=y",
    "git+https://h.example/r.git@v1#egg=r",
    "-e git+https://h.example/r.git#egg=e",
    "-i https://a.example/simple",
    "--extra-index-url https://b.example/simple",
    "--no-index",
    "--pre",
    "-c constraints.txt",
    "-r more.txt",
    "left \\\n  >=1",
    "",
    "form\x0cfeed",
    "line\u2028separator",
]
ODD = ["\\", "right==1.0 \\", "a#b==1", "${VARIABLE}==1.0", "z \\ ", "name --global-option=x", "#\\"]
LINES = st.sampled_from(SOUND + ODD)
SOUND_LINES = st.sampled_from(SOUND)


@given(st.lists(LINES | st.text(max_size=20), max_size=8).map("\n".join))
def test_lines_are_joined_and_stripped_as_pip_does(text):
    from pip._internal.req.req_file import preprocess

    assert list(logical_lines(text)) == list(preprocess(text))


def _pip_reads(path: Path):
    """Requirements (name, link, hashes, constraint, editable) and index URLs, as pip reads them from a file."""
    from pip._internal.index.collector import LinkCollector
    from pip._internal.index.package_finder import PackageFinder
    from pip._internal.models.search_scope import SearchScope
    from pip._internal.models.selection_prefs import SelectionPreferences
    from pip._internal.network.session import PipSession
    from pip._internal.req.constructors import install_req_from_parsed_requirement
    from pip._internal.req.req_file import parse_requirements

    found = []
    with PipSession() as session:
        scope = SearchScope(find_links=[], index_urls=[], no_index=False)
        finder = PackageFinder.create(
            link_collector=LinkCollector(session=session, search_scope=scope),
            selection_prefs=SelectionPreferences(allow_yanked=True),
        )
        for parsed in parse_requirements(str(path), session, finder=finder):
            requirement = install_req_from_parsed_requirement(parsed)
            link = requirement.link.url_without_fragment if requirement.link else None
            name = requirement.req.name if requirement.req else None
            hashes = {f"{algo}:{value}" for algo, values in requirement.hash_options.items() for value in values}
            found.append((name, link, hashes, requirement.constraint, requirement.editable))
        return found, finder.index_urls


@settings(max_examples=60)
@given(st.lists(SOUND_LINES, max_size=8).map("\n".join), st.lists(SOUND_LINES, max_size=3).map("\n".join))
def test_pip_itself_reads_the_same_names_links_and_hashes(tmp_path_factory, text, more):
    folder = tmp_path_factory.mktemp("pip")
    for name, content in (("r.txt", text), ("more.txt", more.replace("-r more.txt", "")), ("constraints.txt", "q<1")):
        (folder / name).write_text(content, encoding="utf-8")
    theirs, _ = _pip_reads(folder / "r.txt")
    reading = readers.read(folder / "r.txt", context=Context(env=os.environ), kind="requirements")
    ours = []
    for s in reading.sightings:
        link = s.source.index if s.source.kind is not SourceKind.REGISTRY else None
        limits = "constraint" in s.extra or s.extra.get("group") == "constraints"
        ours.append((None if "unnamed" in s.extra else s.raw, link, set(s.digests), limits, "editable" in s.extra))
    assert [row for row in ours if row in theirs] == ours
    assert [row for row in theirs if row not in ours] == []


def test_pip_itself_reads_the_same_indexes(tmp_path):
    text = "-i https://a.example/simple\n--extra-index-url=https://b.example/s --extra-index-url https://c.example/s\n"
    path = tmp_path / "r.txt"
    path.write_text(text, encoding="utf-8")
    _, theirs = _pip_reads(path)
    assert [index.url for index in read(text).indexes] == theirs


@given(st.text() | st.lists(LINES).map("\n".join))
def test_no_text_is_too_odd(text):
    read(text)


def test_an_option_without_end_is_not_read_but_said():
    reading = read("flask\n-e " + "a" * 1_000_000)
    assert [sighting.raw for sighting in reading.sightings] == ["flask"]
    assert codes(reading) == [("unsupported-option", 2)]
