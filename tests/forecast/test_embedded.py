"""Claims about the embedded forecast: what it never predicts, and that the same lists always give the same forecast."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

import pytest

from slopguard.forecast.embedded import front, topical, variants
from slopguard.forecast.embedded.lexicon import FEATURES, Lexicon, fitted
from slopguard.forecast.embedded.predict import predict, streams
from slopguard.forecast.embedded.yields import YIELDS
from slopguard.forecast.known import known
from slopguard.forecast.model import Known, Prediction
from slopguard.forecast.topics.tables import read
from slopguard.lists import Lists
from slopguard.model import Ecosystem
from slopguard.names import normalize

HERE = Path(__file__).resolve().parent.parent.parent
LIMIT = 1_000
PYPI, NPM = Ecosystem.PYPI, Ecosystem.NPM
SMALL = Known(
    ranked={
        PYPI: ("requests", "python-dateutil", "absl-py", "aws-cdk-core", "aws-cdk-lib", "pyyaml", "flask-login"),
        NPM: ("react", "@babel/core", "react-dom", "node-fetch", "lodash.merge", "is-number", "@babel/types"),
    },
    imports={"yaml": ("pyyaml",), "dateutil": ("python-dateutil",)},
    stdlib={PYPI: frozenset({"asyncio", "_thread"}), NPM: frozenset({"fs"})},
)
TABLES = read(
    """
[[topic]]
name = "tables of figures"
heads = ["pandas", "csv", "excel"]
same = [["table", "sheet"]]
words = ["columns", "rows", "data frame"]
roles = ["reader", "writer", "tools"]
pypi = ["pandas", "csv-tools", "excel-reader"]
npm = ["csv-parse", "@sheet/core"]

[[topic]]
name = "signing in"
heads = ["auth", "oauth"]
same = [["login", "signin"]]
words = ["token", "session"]
roles = ["client", "middleware"]
pypi = ["flask-auth"]
npm = ["passport-auth", "auth-token"]
""",
    "tables.toml",
)
FORECAST = """
import hashlib
from slopguard.model import Ecosystem
from tests.forecast.test_embedded import SMALL, TABLES, predict
digest = hashlib.sha256()
for each in predict(SMALL, Ecosystem.NPM, 1_000, tables=TABLES):
    digest.update(f"{each.name} {each.score!r} {each.family}".encode())
print(digest.hexdigest())
"""


@pytest.fixture(scope="module")
def shipped() -> Known:
    return known(Lists.shipped())


@pytest.fixture(scope="module")
def forecasts(shipped: Known) -> Mapping[Ecosystem, Sequence[Prediction]]:
    return {each: list(predict(shipped, each, LIMIT)) for each in Ecosystem}


@pytest.mark.parametrize("ecosystem", Ecosystem)
def test_from_the_shipped_lists_come_well_formed_new_names_each_once_and_best_first(
    forecasts: Mapping[Ecosystem, Sequence[Prediction]], shipped: Known, ecosystem: Ecosystem
) -> None:
    names = [each.name for each in forecasts[ecosystem]]
    scores = [each.score for each in forecasts[ecosystem]]
    assert len(names) == len(set(names)) == LIMIT
    assert [normalize(ecosystem, name) for name in names] == names
    assert {each.ecosystem for each in forecasts[ecosystem]} == {ecosystem}
    assert set(names) & set(shipped.ranked[ecosystem]) == set()
    assert scores == sorted(scores, reverse=True)
    assert min(scores) > 0


@pytest.mark.parametrize("ecosystem", Ecosystem)
def test_verified_names_are_never_predicted_and_the_words_of_a_topic_are_put_together(ecosystem: Ecosystem) -> None:
    found = {each.name for each in predict(SMALL, ecosystem, 2_000, tables=TABLES)}
    assert found & set(SMALL.ranked[ecosystem]) == set()
    assert "auth-token" in found
    assert "auth-token" not in {each.name for each in predict(SMALL, ecosystem, 2_000, tables=[])}


def test_what_tables_of_topics_list_is_put_forward_first_ones_first() -> None:
    found = topical.streams(NPM, Lexicon(SMALL, NPM, TABLES))
    assert names_of("listed", found) == ["csv-parse", "passport-auth", "@sheet/core", "auth-token"]
    assert names_of("listed-other", found) == ["flask-auth", "pandas", "csv-tools", "excel-reader"]
    assert "@oauth/client" in names_of("topic-@hr", found)


def test_a_shorter_forecast_is_the_head_of_a_longer_one() -> None:
    longer = list(predict(SMALL, PYPI, 500, tables=TABLES))
    assert list(predict(SMALL, PYPI, 120, tables=TABLES)) == longer[:120]


def test_the_progress_told_adds_up_to_what_was_asked_for() -> None:
    told: list[int] = []
    assert len(list(predict(SMALL, NPM, 1_234, told.append, tables=TABLES))) == 1_234
    assert sum(told) == 1_234


def test_another_process_gives_the_same_forecast() -> None:
    found = set()
    for seed in ("1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(HERE)}
        done = subprocess.run([sys.executable, "-c", FORECAST], env=env, capture_output=True, text=True, check=True)
        found.add(done.stdout)
    assert len(found) == 1


@pytest.mark.parametrize("ecosystem", Ecosystem)
def test_every_sort_of_candidate_has_its_fitted_figure(ecosystem: Ecosystem) -> None:
    strata = {stratum for stream in streams(SMALL, ecosystem, TABLES) for stratum in stream.strata}
    nothing_to_give = {"w1+"} | ({"unscoped"} if ecosystem is PYPI else set())
    assert strata == set(YIELDS[ecosystem]) | nothing_to_give
    assert all(figure.slope > 0 for figure in YIELDS[ecosystem].values())


def test_every_place_has_a_weight_for_every_feature() -> None:
    assert {len(weights) for weights in fitted().values()} == {len(FEATURES)}
    assert (PYPI, "2.0") in fitted()


def names_of(stratum: str, found: Sequence[object]) -> list[str]:
    (stream,) = (each for each in found if each.strata == (stratum,))  # type: ignore[attr-defined]
    return [name for _, _, name in stream.read({stratum: 50.0})]  # type: ignore[attr-defined]


def test_what_stands_in_for_a_real_name_is_put_forward() -> None:
    found = front.streams(SMALL, PYPI)
    assert names_of("namespace", found)[:2] == ["aws", "aws-cdk"]
    assert names_of("language-start", found) == ["dateutil", "yaml"]
    assert names_of("language-end", found) == ["absl", "aws-cdk"]
    imported = names_of("import", found)
    assert imported[:3] == ["requests", "dateutil", "absl"]
    assert "yaml" in imported[:9]
    assert names_of("stdlib", found) == ["asyncio"]
    assert names_of("start", found) == ["python", "absl", "aws-cdk", "flask"]


def test_names_are_carried_over_from_the_other_ecosystem_and_out_of_scopes() -> None:
    found = variants.streams(SMALL, NPM)
    assert names_of("pypi-told", found)[:3] == ["requests", "dateutil", "absl"]
    assert names_of("joined", found) == ["babel-core", "babel-types"]
    assert names_of("scoped", found)[0] == "@react/dom"
    assert set(names_of("unscoped", found)) == {"core", "babel", "types"}
    assert "lodash-merge" in names_of("swapped", found)
    assert names_of("before", found)[0] == "node-react"


def test_told_plainly_a_name_has_neither_scope_nor_affix_of_a_language() -> None:
    assert variants.told("@node-js/rest.api") == "rest-api"
    assert variants.told("python") == "python"


def test_the_table_of_imports_is_read() -> None:
    held = front.import_names()
    assert held["Bio"] == ("biopython",)
    assert len(list(islice(held, 2_000))) > 1_000
