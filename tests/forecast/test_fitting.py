"""Claims about the tool that fits the embedded forecaster, with tiny inputs."""

from __future__ import annotations

from math import exp, log
from pathlib import Path

import pytest

from slopguard.forecast.embedded.candidate import Ordered
from slopguard.forecast.embedded.lexicon import FEATURES, Lexicon
from slopguard.forecast.embedded.yields import Yield
from slopguard.model import Ecosystem
from tests.forecast.test_embedded import SMALL, TABLES
from tools import fit_weights
from tools.fit_embedded import EXISTING, given, table
from tools.fit_promises import LIFTED, RANKED, STEEP, Seen, collect, fit, lifted

PYPI, NPM = Ecosystem.PYPI, Ecosystem.NPM


def stratum(code: str, many: int = 60) -> Ordered:
    return Ordered(code, ((log(RANKED + at), f"{code}-{at}") for at in range(many)))


def seen(names: dict[str, float]) -> Seen:
    return collect([stratum("often"), stratum("seldom")], names)


def test_a_stratum_whose_names_are_hit_more_promises_more() -> None:
    names = dict.fromkeys(["often-1", "often-5", "often-20", "often-41", "seldom-20"], 1.0)
    found = fit(seen(names), names)
    assert found["often"].height - found["often"].slope * 3 > found["seldom"].height - found["seldom"].slope * 3


def test_a_stratum_whose_first_names_are_hit_falls_faster() -> None:
    names = dict.fromkeys([*(f"often-{at}" for at in range(12)), *(f"seldom-{at}" for at in range(48, 60))], 1.0)
    found = fit(seen(names), names)
    assert found["often"].slope > 1.0 > found["seldom"].slope


def test_a_promise_adds_up_to_the_hits_and_a_little_more() -> None:
    names = {"often-1": 1.0, "often-20": 0.5, "seldom-7": 2.0}
    each = seen(names)
    found = fit(each, names)
    for code, hits in (("often", 1.6), ("seldom", 2.1)):
        height, slope = found[code]
        promised = sum(many * exp(height - slope * cost) for cost, many in each.levels[code])
        assert promised == pytest.approx(hits)


def test_a_name_that_two_strata_hold_counts_once() -> None:
    both = [Ordered("a", [(1.0, "x"), (2.0, "y")]), Ordered("b", [(1.5, "x"), (2.5, "z")])]
    found = collect(both, {"x": 1.0})
    assert found.hits == {"x": {"a": 1.0, "b": 1.5}}
    yields = fit(found, {"x": 1.0})
    promised = sum(
        many * exp(yields[code].height - yields[code].slope * cost)
        for code in "ab"
        for cost, many in found.levels[code]
    )
    assert promised == pytest.approx(1.2)


def test_names_without_a_weight_are_not_fitted_on() -> None:
    names = {"often-1": 1.0, "seldom-1": 1.0}
    assert fit(seen(names), {"often-1": 1.0}) == fit(seen({"often-1": 1.0}), {"often-1": 1.0})


def test_lifting_raises_the_last_of_the_lifted_candidates_to_the_promise_and_nothing_else() -> None:
    found = {"import": Yield(-9.0, 0.5), "start": Yield(3.0, 0.9), "w2": Yield(-9.0, 0.5)}
    raised = lifted(found, 0.01)
    assert raised["w2"] == found["w2"]
    assert raised["start"] == found["start"]
    height, slope = raised["import"]
    assert slope == STEEP
    assert exp(height - slope * log(RANKED + LIFTED["import"])) == pytest.approx(0.01)
    assert lifted(found, 0.0) == found


def test_what_was_given_for_a_request_weighs_one_and_little_where_it_exists(tmp_path: Path) -> None:
    requests, further, existing = (tmp_path / name for name in ("requests.tsv", "further.txt", "existing.txt"))
    requests.write_text("b\tMy_Charts\na\tmy-charts\nb\tplotly\nb\tnot a name\n", encoding="utf-8")
    further.write_text("plotly\nother\n", encoding="utf-8")
    existing.write_text("Plotly\n", encoding="utf-8")
    found = given(PYPI, requests, [(0.2, further)], [existing])
    assert found.weights == {"my-charts": 1.0, "plotly": EXISTING, "other": 0.2}
    assert found.requests == {"my-charts": "a", "plotly": "b"}


def test_the_table_is_python_that_gives_the_figures_back() -> None:
    names: dict[str, object] = {"Ecosystem": Ecosystem, "Yield": Yield}
    exec(
        table({PYPI: {"w2": Yield(-1.234, 0.5)}, NPM: {}}).replace(": Mapping[Ecosystem, Mapping[str, Yield]]", ""),
        names,
    )
    assert names["YIELDS"] == {PYPI: {"w2": Yield(-1.23, 0.5)}, NPM: {}}


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon(SMALL, NPM, TABLES)


def test_names_are_taken_apart_into_words_by_place(lexicon: Lexicon) -> None:
    places = fit_weights.Places(lexicon)
    assert places.of("auth-token") == [("2.0", "auth"), ("2.1", "token")]
    assert places.of("auth") == [("1.0", "auth")]
    assert places.of("authtoken") == [("g.0", "auth"), ("g.1", "token")]
    assert places.of("@auth/react-token") == [("s3.0", "auth"), ("s3.1", "react"), ("s3.2", "token")]
    assert places.of("auth.token") == [("dot.1", "token")]
    assert [places.of(name) for name in ("auth-zzz", "@zzz/auth", "auth.zzz", "zzz", "a_b")] == [[], [], [], [], []]


def test_roles_are_learnt_to_stand_last_and_a_place_with_few_names_is_like_another(lexicon: Lexicon) -> None:
    names = [f"{head}-{role}" for head in ("auth", "csv", "excel") for role in ("client", "reader", "writer")]
    found = fit_weights.fitted(lexicon, NPM, dict.fromkeys(names, 3.0))
    assert list(found) == list(fit_weights.LIKE)
    role = FEATURES.index("topic role?")
    assert found["2.1"][role] > 0 > found["2.0"][role]
    assert list(found["3.2"]) == pytest.approx(list(found["2.1"]))
    rows = fit_weights.table({NPM: found}).splitlines()
    assert [row.partition("\t")[0] for row in rows if row[0] != "#"] == ["feature", *FEATURES]
