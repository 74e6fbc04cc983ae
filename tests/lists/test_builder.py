"""The tool that builds the lists: deterministic, conservative where sources disagree."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

CSV = "name,ecosystem,tier,models,tasks,count,flags,sources,note\n"
DATA = {
    "popular-pypi.txt": "requests\npyyaml\nscikit-learn\ninvented-too\nbad-too\n",
    "popular-npm.txt": "lodash\n@a/b\nopn\n-\ndebug\n",
    "malicious-pypi-dev.txt": "bad-too\nwatched-too\n",
    "malicious-npm-dev.txt": "",
    "typosquat-pairs-dev.csv": "ecosystem,name,target,technique,source\nnpm,opn,open,typo,x\n",
    "compromised-real-dev.csv": "ecosystem,name,versions\nnpm,lodash,v4.0.1;4.0.0\nnpm,debug,\nnpm,host/a/b,1.0.0\n",
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


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "tools" / "build_lists.py"
    spec = importlib.util.spec_from_file_location("build_lists", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "TARGET", tmp_path / "allowlists")
    monkeypatch.setattr(module, "DIGESTS", tmp_path / "digests.py")
    return module


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    for name, text in DATA.items():
        (folder / name).write_text(text)
    return folder


def rows(tmp_path: Path, name: str) -> list[str]:
    return (tmp_path / "allowlists" / name / "rows.tsv").read_text().splitlines()[1:]


def test_the_same_data_gives_the_same_bytes(tool: ModuleType, data: Path, tmp_path: Path) -> None:
    tool.main(["build", str(data)])
    first = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    tool.main(["build", str(data)])
    assert first == {path: path.read_bytes() for path in first}


def test_a_popular_name_documented_as_bad_is_not_listed(
    tool: ModuleType, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tool.main(["build", str(data)])
    listed = rows(tmp_path, "baseline")
    assert [row for row in listed if "too" in row or "\t-\t" in row] == []
    assert "npm\topn\tallow\trank=3" in listed
    assert "npm\tlodash\tdeny\trule=malicious\tversions=4.0.0;4.0.1" in listed
    told = capsys.readouterr().out
    assert all(
        name in told
        for name in ("invented-too", "bad-too", "opn", "debug", "watched-too", "junk", "real-one", "npm -", "host/a/b")
    )


def test_only_verified_inventions_are_watched_the_likeliest_first(tool: ModuleType, data: Path, tmp_path: Path) -> None:
    tool.main(["build", str(data)])
    assert rows(tmp_path, "watch") == [
        "pypi\tfirst\twatch\torigin=imported\tsource=churilov-2026\trank=1\tmodels=2\tat=2026-05-01",
        "pypi\tsecond\twatch\torigin=imported\tsource=vdb-2026\trank=2\tmodels=1\tat=2026-10-10",
        "pypi\twatched-too\twatch\torigin=imported\tsource=yujin1103-2026\trank=3\tmodels=1\tat=2026-04-01",
    ]


def test_import_names_lead_to_ranked_or_curated_distributions(tool: ModuleType, data: Path, tmp_path: Path) -> None:
    tool.main(["build", str(data)])
    assert rows(tmp_path, "maps") == [
        "npm\tfs\tstdlib",
        "pypi\tfirst\timport\tin=pyyaml",
        "pypi\tjson\tstdlib",
        "pypi\tknown\timport\tin=pyknown",
        "pypi\tyaml\timport\tin=pyyaml",
    ]


def test_verified_names_are_written_once_more_with_their_place(tool: ModuleType, data: Path, tmp_path: Path) -> None:
    tool.main(["build", str(data)])
    folder = tmp_path / "allowlists" / "listings"
    assert (folder / "npm.tsv").read_text() == "@a/b\t2\ndebug\t4\nlodash\t1\nopn\t3\n"
    assert (folder / "pypi.tsv").read_text() == "pyyaml\t2\nrequests\t1\nscikit-learn\t3\n"


def test_without_a_folder_it_says_how_it_is_used(tool: ModuleType) -> None:
    assert tool.main(["build"]) == 2
