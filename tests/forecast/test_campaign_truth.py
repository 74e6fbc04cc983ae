"""A campaign against models whose inventions and rates are known: it finds them, and its intervals hold the truth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from slopguard.forecast.campaign.model import Form, Kind, Plan, Prompt
from slopguard.forecast.campaign.prompts import Sources, prompts
from slopguard.forecast.campaign.summary import CampaignSummary
from slopguard.forecast.statistics import wilson
from slopguard.model import Ecosystem
from tests.forecast.asking import campaign, located, mind, topics
from tests.simulators.models import Invention, Mind, OpenAI

PYPI = Ecosystem.PYPI
PLAN = Plan(samples=2, again=10, control=6, target=0.02)
SOURCES = Sources(topics(30), (PYPI,))
SEEN_BY_BOTH = [Invention("pypi", f"often-{number}", 0.01 + number * 0.01, spread=0.3) for number in range(12)]
EVERYWHERE = [Invention("pypi", f"steady-{number}", 0.012, spread=1.0) for number in range(6)]
ONLY_FIXES = [Invention("pypi", f"fix-{number}", 0.3, spread=0.6, kinds=frozenset({"fix"})) for number in range(3)]
SELDOM = [Invention("pypi", f"seldom-{number}", 0.0004) for number in range(50)]
MINDS = {
    "careful": mind(*SEEN_BY_BOTH, *EVERYWHERE),
    "careless": mind(*SEEN_BY_BOTH, *EVERYWHERE, *ONLY_FIXES, *SELDOM),
}


@dataclass(frozen=True)
class Truth:
    """What the models would tell of the prompts of a campaign, exactly."""

    asked: tuple[Prompt, ...]

    def rate(self, mind: Mind, kind: Kind | None = None) -> float:
        """The share of invented names among the names of an answer in JSON."""
        own = [each for each in self.asked if each.form is Form.JSON and kind in (None, each.kind)]
        invented = sum(self._expected(mind, each) for each in own)
        return invented / (invented + mind.told * len(own))

    def recurrence(self, name: str) -> float:
        """The chance of a completion to hold a name, over all models and prompts."""
        found = [each.at("pypi", prompt.kind.value, prompt.text) for prompt in self.asked for each in self._named(name)]
        return sum(found) / (len(self.asked) * len(MINDS))

    def _named(self, name: str) -> Iterator[Invention]:
        return (each for mind in MINDS.values() for each in mind.invented if each.name == name)

    def _expected(self, mind: Mind, prompt: Prompt) -> float:
        return sum(each.at("pypi", prompt.kind.value, prompt.text) for each in mind.invented)


@pytest.fixture(scope="module")
def asked() -> Truth:
    return Truth(prompts(SOURCES, PLAN.seed, PLAN.control))


@pytest.fixture(scope="module")
def found(asked: Truth, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CampaignSummary]:
    with OpenAI(MINDS, locate=located(asked.asked)) as server:
        yield campaign(server, tmp_path_factory.mktemp("home"), topics=topics(30), plan=PLAN)


def names(inventions: Iterable[Invention]) -> set[str]:
    return {each.name for each in inventions}


def test_all_names_over_one_in_a_hundred_are_found(asked: Truth, found: CampaignSummary) -> None:
    everything = names(each for mind in MINDS.values() for each in mind.invented)
    often = {name for name in everything if asked.recurrence(name) > 0.01}
    assert len(often) >= 15
    assert often <= {row.name for row in found.names}


def test_nothing_is_found_that_no_model_told(found: CampaignSummary) -> None:
    assert {row.name for row in found.names} <= names(each for mind in MINDS.values() for each in mind.invented)


def test_what_recurs_stands_before_what_does_not(found: CampaignSummary) -> None:
    order = [row.name for row in found.names]
    first = set(order[:12])
    assert len(first & names((*SEEN_BY_BOTH, *ONLY_FIXES))) >= 11
    assert not first & names(SELDOM)


def test_the_rate_of_each_model_lies_in_its_interval(asked: Truth, found: CampaignSummary) -> None:
    rated = {each.model: each.names for each in found.rates if each.by == "all"}
    for model, share in rated.items():
        truth = asked.rate(MINDS[model])
        assert share.low is not None
        assert share.high is not None
        assert share.low <= truth <= share.high
    careful, careless = rated["careful"], rated["careless"]
    assert (careful.high or 1) < (careless.rate or 0)


def test_the_rate_of_each_kind_lies_in_its_interval_as_often_as_it_should(asked: Truth, found: CampaignSummary) -> None:
    rated = [each for each in found.rates if each.by == "kind"]
    assert len(rated) == 12
    held = [
        (each.names.low or 0) <= asked.rate(MINDS[each.model], Kind(each.value)) <= (each.names.high or 1)
        for each in rated
    ]
    assert sum(held) >= 10


def test_a_kind_in_which_a_model_invents_more_stands_out(found: CampaignSummary) -> None:
    rates = {(each.model, each.value): each.names for each in found.rates if each.by == "kind"}
    fixes = rates["careless", "fix"]
    assert all((fixes.low or 0) > (rates["careless", kind].rate or 1) for kind in ("task", "which", "setup"))
    assert (fixes.low or 0) > (rates["careful", "fix"].high or 1)


def test_the_recurrence_of_steady_names_lies_in_its_interval(found: CampaignSummary) -> None:
    """Names that come everywhere with one chance: after the first sighting they come with just that chance."""
    rows = [row for row in found.names if row.name.startswith("steady-")]
    assert len(rows) >= 5
    held = [(row.low or 0) <= 0.012 <= (row.high or 1) for row in rows]
    assert sum(held) >= len(rows) - 1
    hits, samples = sum(row.hits or 0 for row in rows), sum(row.samples or 0 for row in rows)
    low, high = wilson(hits, samples)
    assert low <= 0.012 <= high


def test_code_and_json_are_compared_over_the_same_prompts(found: CampaignSummary) -> None:
    forms = {(each.model, each.value): each.names for each in found.rates if each.by == "form"}
    for model in MINDS:
        code, listed = forms[model, "code"], forms[model, "json"]
        assert code.clusters == listed.clusters == 30
        assert (code.low or 0) <= (listed.high or 1)
        assert (listed.low or 0) <= (code.high or 1)


def test_coverage_says_that_most_was_heard_and_how_many_there_may_be(found: CampaignSummary) -> None:
    covered = found.coverage[PYPI]
    assert covered.coverage is not None
    assert covered.coverage > 0.95
    assert covered.total is not None
    assert covered.total >= covered.species
    assert covered.total <= len(names((*SEEN_BY_BOTH, *EVERYWHERE, *ONLY_FIXES, *SELDOM)))
    assert found.coverage[Ecosystem.NPM].coverage is None


def test_the_curve_rises_and_ends_where_the_campaign_ended(found: CampaignSummary) -> None:
    curve = found.curve
    assert [point.pairs for point in curve] == sorted({point.pairs for point in curve})
    assert [point.unknown for point in curve] == sorted(point.unknown for point in curve)
    assert curve[-1].unknown == found.coverage[PYPI].species
    assert curve[-1].coverage == found.coverage[PYPI].coverage
    assert len(curve) <= 41


def test_a_model_that_invents_nothing_has_a_bound_and_not_a_rate_of_none(tmp_path: Path) -> None:
    with OpenAI({"m": mind()}) as server:
        honest = campaign(server, tmp_path)
    share = next(each.names for each in honest.rates if each.by == "all")
    assert (share.rate, share.method) == (0.0, "rule-of-three")
    assert 0.05 < (share.high or 0) < 3 / 24
    assert honest.names == ()
