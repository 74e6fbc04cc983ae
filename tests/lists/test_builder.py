"""The tools that make the shipped lists: deterministic, conservative where sources disagree, signed for one release."""

from __future__ import annotations

import importlib.util
import json
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest
from tuf.ngclient import Updater
from tuf.ngclient.fetcher import FetcherInterface

from slopguard.curation.entries import rows_of
from slopguard.curation.sources import read_list

CSV = "name,ecosystem,tier,models,tasks,count,flags,sources,note\n"
DATA = {
    "popular-pypi.txt": "requests\npyyaml\nscikit-learn\ninvented-too\nbad-too\n",
    "popular-npm.txt": "lodash\n@a/b\nopn\n-\ndebug\n",
    "malicious-pypi-dev.txt": "bad-too\nwatched-too\nplainly-bad\nreal-one\nlooks-alike\n.ill\n",
    "malicious-npm-dev.txt": "debug\n@evil/one\nhurt-once\n",
    "lookalike-benign-dev.csv": "ecosystem,name,lookalike_of,why\npypi,looks-alike,look-alike,x\n",
    "typosquat-pairs-dev.csv": "ecosystem,name,target,technique,source\nnpm,opn,open,typo,x\n",
    "compromised-real-dev.csv": "ecosystem,name,versions\nnpm,lodash,v4.0.1;4.0.0\nnpm,debug,\nnpm,hurt-once,\n"
    "npm,host/a/b,1.0.0\n",
    "hallucinated-pypi-dev.csv": CSV
    + "second,pypi,B,m1,,,,0pstech VDB,\nfirst,pypi,A,m1;m2,,9,import-name-of:types-x|pyyaml,churilov-2026,\n"
    + "never,pypi,C,m1,,,,maryout,\ninvented-too,pypi,B,m,,,,yujin1103,\nwatched-too,pypi,B,m,,,,yujin1103,\n"
    + "junk,pypi,B,m,,,,0pstech VDB,\nreal-one,pypi,B,m,,,,0pstech VDB,\n",
    "hallucinated-npm-dev.csv": CSV,
    "hallucinated-collector-noise.csv": "name,ecosystem,why\njunk,pypi,prose\n",
    "hallucinated-excluded-real.csv": CSV,
    "real-names-pypi-dev.txt": "real-one\n",
    "real-names-npm-dev.txt": "",
    "real-names-longtail-pypi-dev.txt": "",
    "real-names-longtail-npm-dev.txt": "",
    "real-names-extra-pypi-dev.csv": "name,source\n",
    "real-names-extra-npm-dev.csv": "name,source\n",
    "import-to-dist.json": json.dumps(
        {
            "yaml": {"pyyaml": ["pants"], "types-pyyaml": ["pants"]},
            "requests": {"requests": ["pants"]},
            "odd": {"pyodd": ["pipreqs"]},
            "known": {"pyknown": ["pants", "pipreqs"]},
        }
    ),
    "stdlib-modules.json": json.dumps(
        {"python_3.8_to_3.14_top_level": ["json", "_abc"], "node_builtin": ["node:fs", "fs", "fs/promises"]}
    ),
}


def tool_named(name: str) -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "tools" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = tool_named("build_lists")
    monkeypatch.setattr(module, "TARGET", tmp_path / "sources")
    return module


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = tool_named("release_lists")
    monkeypatch.setattr(module, "SOURCES", tmp_path / "sources")
    monkeypatch.setattr(module, "TARGET", tmp_path / "shipped")
    monkeypatch.setattr(module, "MODULE", tmp_path / "digests.py")
    return module


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    for name, text in DATA.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def built(build: ModuleType, data: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The sources of that data; gives what the tool printed."""
    assert build.main(["build", str(data)]) == 0
    return capsys.readouterr().out


def rows(tmp_path: Path, name: str) -> list[str]:
    return list(rows_of(read_list(tmp_path / "sources" / name)))


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_data_give_the_same_sources(build: ModuleType, data: Path, built: str, tmp_path: Path) -> None:
    first = contents(tmp_path / "sources")
    build.main(["build", str(data)])
    assert len(first) == 8
    assert contents(tmp_path / "sources") == first


def test_a_popular_name_documented_as_bad_is_not_listed(built: str, tmp_path: Path) -> None:
    listed = rows(tmp_path, "baseline")
    assert [row for row in listed if "too" in row or "\t-\t" in row] == []
    assert "npm\topn\tallow\trank=3" in listed
    for name in ("invented-too", "bad-too", "opn", "debug", "watched-too", "junk", "real-one", "npm -", "host/a/b"):
        assert name in built


def test_malicious_names_are_denied_but_for_those_known_as_real(built: str, tmp_path: Path) -> None:
    assert rows(tmp_path, "malicious") == [
        "npm\t@evil/one\tdeny\trule=malicious",
        "npm\tlodash\tdeny\trule=malicious\tversions=4.0.0;4.0.1",
        "pypi\tplainly-bad\tdeny\trule=malicious",
        "pypi\twatched-too\tdeny\trule=malicious",
    ]
    assert "npm debug: documented as malicious, but popular: not denied as a whole" in built
    assert "npm hurt-once: documented as malicious, but real, compromised once: not denied as a whole" in built
    assert "pypi bad-too: documented as malicious, but popular: not denied as a whole" in built
    assert "pypi looks-alike: documented as malicious, but real: not denied as a whole" in built
    assert "pypi .ill: malicious, but not a well-formed name: no deny row" in built


def test_a_real_package_whose_bad_versions_are_unknown_is_not_denied(built: str) -> None:
    assert "npm debug: popular, compromised in versions not known: no deny row" in built
    assert "npm hurt-once: compromised in versions not known: no deny row" in built


def test_only_verified_inventions_are_watched_the_likeliest_first(built: str, tmp_path: Path) -> None:
    assert rows(tmp_path, "watch") == [
        "pypi\tfirst\twatch\torigin=imported\tsource=churilov-2026\trank=1\tmodels=2\tat=2026-05-01",
        "pypi\tsecond\twatch\torigin=imported\tsource=vdb-2026\trank=2\tmodels=1\tat=2026-10-10",
        "pypi\twatched-too\twatch\torigin=imported\tsource=yujin1103-2026\trank=3\tmodels=1\tat=2026-04-01",
    ]


def test_import_names_lead_to_ranked_or_curated_distributions(built: str, release: ModuleType, tmp_path: Path) -> None:
    assert sorted(release.maps(tmp_path / "sources" / "maps")) == [
        "npm\tfs\tstdlib",
        "pypi\tfirst\timport\tin=pyyaml",
        "pypi\tjson\tstdlib",
        "pypi\tknown\timport\tin=pyknown",
        "pypi\tyaml\timport\tin=pyyaml",
    ]


@pytest.mark.parametrize(
    "line", ["[import.pypi]\nyaml = {}", '[stdlib.pypi]\nos = {in = ["x"]}', "[stdlib.npm]\n'' = {}"]
)
def test_a_row_that_says_something_else_is_refused(release: ModuleType, tmp_path: Path, line: str) -> None:
    (tmp_path / "a.toml").write_text(line)
    with pytest.raises(SystemExit, match="not a row of this list"):
        list(release.maps(tmp_path))


def test_verified_names_are_written_once_more_with_their_place(built: str, release: ModuleType, tmp_path: Path) -> None:
    release.main(["release"])
    folder = tmp_path / "shipped" / "listings"
    assert (folder / "npm.tsv").read_text() == "@a/b\t2\nlodash\t1\nopn\t3\n"
    assert (folder / "pypi.tsv").read_text() == "pyyaml\t2\nrequests\t1\nscikit-learn\t3\n"


def test_a_release_is_deterministic_but_for_its_signatures(built: str, release: ModuleType, tmp_path: Path) -> None:
    release.release(date(2026, 11, 25))
    first = contents(tmp_path / "shipped")
    release.release(date(2026, 11, 25))
    second = contents(tmp_path / "shipped")
    assert {path.name for path in first if first[path] != second[path]} == {
        "1.root.json",
        "targets.json",
        "snapshot.json",
        "timestamp.json",
    }


def test_a_release_says_until_when_it_counts(
    built: str, release: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert release.main(["release", "--date", "2026-11-25"]) == 0
    made: dict[str, object] = {}
    exec((tmp_path / "digests.py").read_text(), made)
    assert (made["BUILT"], made["ENDS"]) == (date(2026, 11, 25), date(2028, 5, 26))
    monkeypatch.setattr(release, "DIGESTS", made["DIGESTS"])
    monkeypatch.setattr(release, "LISTINGS", made["LISTINGS"])
    assert release.main(["release", "--check"]) == 0
    (tmp_path / "sources" / "watch" / "pypi.toml").write_text("")
    assert release.main(["release", "--check"]) == 1
    assert "watch: not what the sources give" in capsys.readouterr().out


def test_no_private_key_is_written_anywhere(built: str, release: ModuleType, tmp_path: Path) -> None:
    release.main(["release"])
    found = contents(tmp_path)
    assert [path for path, text in found.items() if b"PRIVATE" in text or b'"private"' in text] == []


class Files(FetcherInterface):
    """Serves a folder to the stock client."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _fetch(self, url: str):  # type: ignore[no-untyped-def]
        from tuf.api.exceptions import DownloadHTTPError

        path = self.folder / url.removeprefix("http://shipped/")
        if not path.is_file():
            raise DownloadHTTPError("not there", 404)
        return iter([path.read_bytes()])


def test_any_client_of_tuf_verifies_a_release(built: str, release: ModuleType, tmp_path: Path) -> None:
    release.main(["release"])
    shipped = tmp_path / "shipped"
    root = (shipped / "metadata" / "1.root.json").read_bytes()
    place = tmp_path / "client"
    client = Updater(
        str(place), "http://shipped/metadata/", str(place), "http://shipped/", Files(shipped), bootstrap=root
    )
    client.refresh()
    for name in ("baseline.tsv", "malicious.tsv", "maps.tsv", "watch.tsv", "listings/npm.tsv", "listings/pypi.tsv"):
        info = client.get_targetinfo(name)
        assert info is not None
        assert Path(client.download_target(info)).read_bytes() == (shipped / name).read_bytes()


@pytest.mark.parametrize("name", ["build", "release"])
def test_a_command_line_that_makes_no_sense_is_answered_with_the_usage(
    name: str, request: pytest.FixtureRequest
) -> None:
    assert request.getfixturevalue(name).main([name, "--what", "is", "this"]) == 2
