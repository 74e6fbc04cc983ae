"""SARIF: valid by the standard's schema, and shown rightly by code scanning."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from slopguard.check.model import Checked
from slopguard.model import Location
from slopguard.reports.problems import View
from slopguard.reports.sarif import PLACES, RELATED, RESULTS, report
from slopguard.rules import RULES
from tests.reports.checks import CLEAN, HOSTILE, MIXED, finding, hostile, judged
from tests.simulators.clients import node_package

OF_ALL_RULES = Checked(
    tuple(judged(rule, f"pkg-{rule}", "requirements.txt:3") for rule in RULES), (finding("malformed", "a.json"),)
)
MANY = Checked(tuple(judged("not-found", f"ghost-{number}", "a.txt:1") for number in range(RESULTS + 3)), files=1)
WIDE = Checked((judged("not-found", "ghost", *(f"{number}/a.txt:1" for number in range(300))),), files=300)


def run(checked: Checked, view: View = View()) -> dict[str, Any]:  # noqa: B008  # frozen
    document = json.loads(report(checked, view))
    (found,) = document["runs"]
    return found  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def schema() -> Any:
    """The official schema, as a package of Microsoft's brings it along (MIT licence)."""
    folder = node_package("@microsoft/jest-sarif", "1.0.0-beta.0")
    return json.loads((folder / "lib" / "schemas" / "sarif-2.1.0-rtm.5.json").read_text())


@pytest.mark.clients
@pytest.mark.parametrize(
    "checked", [Checked(), CLEAN, MIXED, hostile(), OF_ALL_RULES, MANY, WIDE],
    ids=["nothing", "clean", "mixed", "hostile", "rules", "many", "wide"],
)  # fmt: skip
def test_every_report_is_valid_by_the_official_schema(checked: Checked, schema: Any) -> None:
    jsonschema.validate(json.loads(report(checked)), schema)


@pytest.mark.clients
def test_the_schema_would_find_a_mistake(schema: Any) -> None:
    broken = report(MIXED).replace('"startLine": 3', '"startLine": 0')
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(broken), schema)


def test_what_is_allowed_is_left_out_and_every_other_rule_is_explained() -> None:
    found = run(OF_ALL_RULES)
    told = {result["ruleId"] for result in found["results"]}
    assert told == {rule.id for rule in RULES.values() if rule.outcome.value != "allow"}
    rules = found["tool"]["driver"]["rules"]
    assert {rule["id"] for rule in rules} == told
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in found["results"])
    texts = [rule[part]["text"] for rule in rules for part in ("shortDescription", "fullDescription", "help")]
    assert not [text for text in texts if set(text) & set("{}") or ".." in text]


def test_whatever_is_refused_is_an_error_and_what_is_warned_of_a_warning() -> None:
    for result in run(OF_ALL_RULES)["results"]:
        assert result["level"] == ("error" if RULES[result["ruleId"]].outcome.refuses else "warning")


def test_a_place_without_a_line_has_no_region() -> None:
    (result,) = run(Checked(findings=(finding("malformed", "a.json"),)))["results"]
    assert result["locations"] == [
        {"physicalLocation": {"artifactLocation": {"uri": "a.json", "uriBaseId": "%SRCROOT%"}}}
    ]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b/ü#?.txt", "a%20b/%C3%BC%23%3F.txt"),
        ("javascript:x", "javascript%3Ax"),
        ("\udcff.txt", "%FF.txt"),
        ("\ud800.txt", "%3F.txt"),
        ("./x/../a.txt", "a.txt"),
    ],
)
def test_paths_are_relative_addresses(path: str, uri: str) -> None:
    (result,) = run(Checked(findings=(replace(finding("malformed"), locations=(Location(path, 1),)),)))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": uri, "uriBaseId": "%SRCROOT%"}


def test_a_path_outside_the_repository_says_so() -> None:
    (result,) = run(Checked((judged("not-found", "ghost", "/srv/a b.txt:1"),)))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "file:///srv/a%20b.txt"}


def test_a_result_keeps_its_fingerprint_when_its_line_moves() -> None:
    def prints(line: int) -> list[str]:
        results = run(Checked((judged("not-found", "ghost", f"a.txt:{line}", "b.txt:1"),)))["results"]
        return [result["partialFingerprints"]["primaryLocationLineHash"] for result in results]

    assert prints(3) == prints(30)
    assert len(set(prints(3))) == 2


def test_fingerprints_are_never_shared() -> None:
    for checked in (MIXED, hostile(), WIDE):
        prints = [result["partialFingerprints"]["slopguard/v1"] for result in run(checked)["results"]]
        assert len(prints) == len(set(prints))


def test_a_package_in_very_many_places_is_a_few_results_with_related_places() -> None:
    results = run(WIDE)["results"]
    assert len(results) == PLACES
    assert len(results[0]["relatedLocations"]) == RELATED
    assert "relatedLocations" not in results[1]


def test_more_results_than_a_host_shows_are_left_out_and_said_to_be() -> None:
    found = run(MANY)
    assert len(found["results"]) == RESULTS
    (told,) = found["invocations"][0]["toolExecutionNotifications"]
    assert told["message"]["text"].startswith("3 more results are left out")


@pytest.mark.parametrize(("code", "successful"), [(0, True), (1, True), (3, True), (2, False), (4, False)])
def test_a_check_that_could_not_verify_is_no_success_of_the_tool(code: int, successful: bool) -> None:
    invocation = run(MIXED, View(code=code))["invocations"][0]
    assert invocation == {"executionSuccessful": successful, "exitCode": code}


def test_without_a_code_it_is_the_check_s_own() -> None:
    assert run(MIXED)["invocations"][0]["exitCode"] == MIXED.exit_code() == 1


def test_what_is_not_enforced_is_a_note() -> None:
    observed = Checked((judged("not-found", "ghost", "a.txt:1", enforced=False),), enforced=False)
    (result,) = run(observed)["results"]
    assert (result["level"], result["properties"]["enforced"]) == ("note", False)


def test_no_name_makes_a_link_or_a_placeholder_of_a_message() -> None:
    messages = [result["message"]["text"] for result in run(hostile())["results"]]
    assert len(messages) > len(HOSTILE)
    assert not [text for text in messages if set(text) & set("[]{}")]
