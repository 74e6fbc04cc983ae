"""The MCP server's tools, over standard input and output: what an agent is told, and what the ledger says of it."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.agents.mcp_world import (
    GHOST,
    LISTED,
    Agent,
    ledger,
    over_stdio,
)
from tests.cli.program import Program
from tests.cli.terminal import user_folder
from tests.simulators.lists_repository import ListsRepository
from tests.simulators.pypi import PyPI

FIELDS = ("verdict", "rule", "reason", "remedy", "final", "until", "suggestions", "next")


@pytest.fixture
def slopguard(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return Program(tmp_path_factory.mktemp("mcp"))


@pytest.fixture(scope="module")
def agent(place: Program) -> Iterator[Agent]:
    with over_stdio(place) as found:
        yield found


def test_the_server_says_what_it_is_and_when_to_ask(agent: Agent) -> None:
    assert agent.client.server_info.name == "slopguard"
    assert "Call check_packages before you install" in (agent.client.instructions or "")
    tools = agent.portal.call(agent.client.list_tools).tools
    assert [tool.name for tool in tools] == [
        "check_packages",
        "suggest_alternatives",
        "explain_verdict",
        "request_review",
    ]
    for tool in tools:
        assert tool.description
        assert tool.input_schema["additionalProperties"] is False
        assert "$ref" not in json.dumps(tool.input_schema)  # not every agent follows references
        assert tool.output_schema


@pytest.mark.parametrize("names", [[LISTED, GHOST], ["os", "requests==2.32.0"], ["flask-auth-magic==1.0"]])
def test_verdicts_are_those_of_ask(agent: Agent, place: Program, names: list[str]) -> None:
    asked = place("ask", "-e", "pypi", "--offline", "--format", "json", *names).json["results"]
    told = agent("check_packages", ecosystem="pypi", names=names).data
    assert [[each[key] for key in FIELDS] for each in told["results"]] == [[e[key] for key in FIELDS] for e in asked]
    assert (told["schema"], told["enforced"], told["summary"]["checked"]) == ("slopguard/report/1", True, len(names))


def test_the_text_alone_is_enough_to_act_on(agent: Agent) -> None:
    answer = agent("check_packages", ecosystem="pypi", names=[LISTED, GHOST])
    first, second, last = answer.text.splitlines()
    assert first.startswith(f"slopguard: QUARANTINED pypi '{GHOST}' (unverified): ")
    assert second == "May be installed: pypi:flask"
    assert last.startswith("Do not install what is refused in any other way")


def test_a_name_that_is_none_is_refused_and_not_repeated_as_it_was(agent: Agent) -> None:
    answer = agent("check_packages", ecosystem="pypi", names=["flas\u200bk"])
    [result] = answer.data["results"]
    assert (result["rule"], result["suggestions"]) == ("bad-name", ["flask"])
    assert (answer.text + json.dumps(answer.data, ensure_ascii=False)).isascii()


def test_a_hundred_names_are_one_call_and_each_counts_once(agent: Agent) -> None:
    names = [f"sg-hundred-{number}" for number in range(98)]
    answer = agent("check_packages", ecosystem="npm", names=[*names, "react", "react"])
    assert answer.data["summary"] == {
        **dict.fromkeys(("warn", "block", "unchecked"), 0),
        "checked": 99,
        "allow": 1,
        "quarantine": 98,
    }


def test_what_was_asked_is_in_the_ledger_and_among_the_suggestions(agent: Agent, place: Program) -> None:
    decisions = {agent.check("sg-noted")["sg-noted"]["decision"] for _ in range(2)}
    [row] = [row for row in ledger(place) if row["package"] == "pypi:sg-noted"]
    assert {row["decision"]} == decisions
    assert (row["actor"], row["door"], row["count"]) == ("agent", "mcp", 2)
    with closing(sqlite3.connect(place.root / "data" / "slopguard.db")) as database:
        found = database.execute("SELECT kind, decision FROM suggestions WHERE name = 'sg-noted'").fetchall()
    assert found == [("mcp", row["decision"])] * 2


@pytest.mark.parametrize(
    ("ecosystem", "name", "expected"),
    [
        ("pypi", "flassk", [("flask", "lookalike")]),
        ("pypi", "flas\u200bk", [("flask", "lookalike")]),
        ("pypi", "skimage", [("scikit-image", "import-name")]),
        ("pypi", LISTED, []),
        ("pypi", "os", []),
        ("npm", "sg-nothing-is-near-this-one", []),
    ],
)
def test_alternatives_are_verified_and_say_why(
    agent: Agent, ecosystem: str, name: str, expected: list[tuple[str, str]]
) -> None:
    answer = agent("suggest_alternatives", ecosystem=ecosystem, name=name)
    assert [(each["name"], each["why"]) for each in answer.data["alternatives"]] == expected


def test_every_alternative_may_itself_be_installed(agent: Agent) -> None:
    answer = agent("suggest_alternatives", ecosystem="pypi", name=GHOST)
    offered = [each["name"] for each in answer.data["alternatives"]]
    assert offered
    assert {result["verdict"] for result in agent.check(*offered).values()} == {"allow"}
    assert {each["why"] for each in answer.data["alternatives"]} == {"near"}


def test_a_decision_is_explained_from_the_ledger(agent: Agent, place: Program) -> None:
    place("ask", "pypi:sg-explained", "--offline")
    [decision] = [row["decision"] for row in ledger(place) if row["package"] == "pypi:sg-explained"]
    answer = agent("explain_verdict", subject=decision)
    [row] = answer.data["ledger"]
    assert (row["decision"], row["rule"], row["door"]) == (decision, "unverified", "ask")
    assert "no index was asked" in answer.text
    assert "slopguard ask" not in answer.text  # the command line is others' text


def test_a_name_is_explained_with_what_was_decided_before(agent: Agent) -> None:
    decision = agent.check("sg-before")["sg-before"]["decision"]
    for subject in ({"subject": "pypi:sg-before"}, {"subject": "sg-before", "ecosystem": "pypi"}):
        answer = agent("explain_verdict", **subject)
        assert [row["decision"] for row in answer.data["ledger"]] == [decision]
        assert answer.data["results"][0]["decision"] == decision
        assert answer.text.startswith("before:\n")
    assert agent("explain_verdict", subject="@types/node").data["results"][0]["ecosystem"] == "npm"


def test_a_decision_about_no_package_is_told_as_it_stands(agent: Agent, place: Program) -> None:
    agent("request_review", ecosystem="pypi", name="sg-acts", why="needed")
    [decision] = [
        row["decision"] for row in ledger(place) if row["verdict"] == "requested" and "acts" in row["package"]
    ]
    answer = agent("explain_verdict", subject=decision)
    assert (answer.data["results"], answer.data["ledger"][0]["verdict"]) == ([], "requested")


def test_a_wish_is_recorded_and_the_user_is_given_the_command(agent: Agent, place: Program) -> None:
    why = "the task\nneeds it; token=abcdef123456 \x1b[31m"
    answers = [agent("request_review", ecosystem="pypi", name="sg-wish", why=why) for _ in range(2)]
    assert {answer.data["command"] for answer in answers} == {'slopguard allow pypi:sg-wish --why "..." --for 30d'}
    assert answers[0].data["sentence"] in answers[0].text
    assert "task" not in answers[0].text
    [row] = [row for row in ledger(place) if row["verdict"] == "requested" and row["package"] == "pypi:sg-wish"]
    assert (row["actor"], row["door"], row["rule"]) == ("agent", "mcp", "unverified")
    assert "the task needs it" in row["command"]
    assert not {"abcdef123456", "\x1b", "\n"} & set(re.split(r"[= ]", row["command"]))
    assert agent.check("sg-wish")["sg-wish"]["verdict"] == "quarantine"  # nothing was let through


def test_a_wish_for_one_version_is_another_wish(agent: Agent, place: Program) -> None:
    agent("request_review", ecosystem="npm", name="sg-both", why="needed")
    answer = agent("request_review", ecosystem="npm", name="sg-both", version="1.2.3", why="needed")
    assert answer.data["command"] == 'slopguard allow npm:sg-both@1.2.3 --why "..." --for 30d'
    rows = [row for row in ledger(place) if row["verdict"] == "requested" and row["package"] == "npm:sg-both"]
    assert len(rows) == 2


@pytest.mark.parametrize(("name", "said"), [("os", "nobody can let it through here"), (LISTED, "may be installed")])
def test_what_no_person_could_let_through_is_no_wish(agent: Agent, place: Program, name: str, said: str) -> None:
    answer = agent("request_review", ecosystem="pypi", name=name, why="needed")
    assert (answer.data["recorded"], answer.data["command"], said in answer.text) == (False, None, True)
    assert not [row for row in ledger(place) if row["verdict"] == "requested" and row["package"] == f"pypi:{name}"]


def test_a_name_unfit_for_a_shell_is_in_no_command(agent: Agent) -> None:
    answer = agent("request_review", ecosystem="npm", name="sg-it's", why="needed")
    assert (answer.failed, answer.data["command"]) == (False, None)
    assert "slopguard log show d-" in answer.text


CHECK, REVIEW = "check_packages", "request_review"
SECRET = "sg-not-to-be-repeated"


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        (CHECK, {"ecosystem": "pypi", "names": [LISTED], SECRET: 1}),
        (CHECK, {"ecosystem": SECRET, "names": [LISTED]}),
        (CHECK, {"ecosystem": "pypi", "names": SECRET}),
        (CHECK, {"ecosystem": "pypi", "names": [SECRET, 1]}),
        (CHECK, {"ecosystem": "pypi", "names": []}),
        (CHECK, {"ecosystem": "pypi", "names": [SECRET] * 101}),
        (CHECK, {"ecosystem": "pypi", "names": [SECRET * 20]}),
        (CHECK, {"ecosystem": "pypi", "names": [LISTED, f"{SECRET}; python_version > '3'"]}),
        (CHECK, {"ecosystem": "pypi", "names": [f"{SECRET} @ https://registry.example/x.whl"]}),
        (CHECK, {"names": [SECRET]}),
        ("suggest_alternatives", {"ecosystem": "npm", "name": f"{SECRET}[x]"}),
        ("explain_verdict", {"subject": SECRET}),
        ("explain_verdict", {"subject": "d-000000000000"}),
        (REVIEW, {"ecosystem": "npm", "name": SECRET}),
        (REVIEW, {"ecosystem": "npm", "name": SECRET, "why": "x" * 301}),
        (REVIEW, {"ecosystem": "npm", "name": SECRET, "why": "x", "version": "^1"}),
        (REVIEW, {"ecosystem": "pypi", "name": f"{SECRET}==1", "why": "x", "version": "2"}),
        (SECRET, {}),
    ],
)
def test_what_does_not_fit_is_a_fixed_error_and_is_not_repeated(
    agent: Agent, tool: str, arguments: dict[str, Any]
) -> None:
    answer = agent(tool, **arguments)
    assert (answer.failed, answer.data) == (True, {})
    assert answer.text.startswith("slopguard: ")
    assert SECRET not in answer.text
    assert "\n" not in answer.text


def test_an_argument_that_is_null_is_left_out(agent: Agent) -> None:
    assert not agent(REVIEW, ecosystem="npm", name="sg-null", why="x", version=None).failed


def test_changed_settings_count_from_the_next_call_on(agent: Agent, place: Program) -> None:
    settings = place.root / "home" / ".config" / "slopguard" / "slopguard.toml"
    settings.parent.mkdir(parents=True)
    try:
        settings.write_text('mode = "observe"')
        answer = agent(CHECK, ecosystem="pypi", names=[GHOST])
        assert (answer.data["enforced"], "OBSERVED" in answer.text) == (False, True)
        settings.write_text("mood = 1")
        broken = agent(CHECK, ecosystem="pypi", names=[GHOST])
        assert (broken.failed, "'mood'" in broken.text, "Traceback" in broken.text) == (True, True, False)
    finally:
        settings.unlink()
    assert agent(CHECK, ecosystem="pypi", names=[GHOST]).data["enforced"] is True


def test_an_error_inside_is_a_fixed_sentence(agent: Agent, place: Program) -> None:
    home = place.root / "data"
    aside = home.rename(place.root / "aside")
    home.write_text("no folder")
    try:
        answer = agent(CHECK, ecosystem="pypi", names=[GHOST])
    finally:
        home.unlink()
        aside.rename(home)
    assert (answer.failed, answer.text.startswith("slopguard: the database")) == (True, True)
    assert str(place.root) not in answer.text


def test_calls_at_the_same_time_are_all_answered_and_recorded(agent: Agent, place: Program) -> None:
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda number: agent.check(f"sg-same-time-{number}"), range(24)))
    assert {name for each in found for name in each} == {f"sg-same-time-{number}" for number in range(24)}
    assert len([row for row in ledger(place) if "sg-same-time" in row["package"]]) == 24
    assert place("log", "verify").rc == 0


def test_two_agents_have_a_server_each_and_share_the_ledger(agent: Agent, place: Program) -> None:
    with over_stdio(place) as other:
        told = [each.check("sg-shared")["sg-shared"] for each in (agent, other)]
    assert told[0]["decision"] != told[1]["decision"]
    assert [row["actor"] for row in ledger(place) if row["package"] == "pypi:sg-shared"] == ["agent", "agent"]


def test_the_configured_index_is_asked(slopguard: Program, pypi: PyPI) -> None:
    slopguard.write("home/.config/pip/pip.conf", f"[global]\nindex-url = {pypi.url}\n")
    pypi.add_established("sg-alpha")
    with over_stdio(slopguard, SLOPGUARD_OFFLINE="0") as agent:
        told = agent.check("sg-alpha", "sg-ghost")
    assert (told["sg-alpha"]["rule"], told["sg-ghost"]["rule"]) == ("established", "not-found")


def test_where_a_team_has_lists_the_wish_becomes_a_request_to_its_reviewers(slopguard: Program, pypi: PyPI) -> None:
    slopguard.write("home/.config/pip/pip.conf", f"[global]\nindex-url = {pypi.url}\n")
    pypi.add("sg-fresh", "1.0", days_old=20)
    acme = ListsRepository(teams=())
    acme.publish()
    address = acme.write(slopguard.root / "lists")
    folder = user_folder(slopguard)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "slopguard.toml").write_text(f'[lists]\nsources = [{{url = "{address}", root = "sha256:{acme.pin}"}}]\n')
    with over_stdio(slopguard, SLOPGUARD_OFFLINE="0") as agent:
        wish = {"ecosystem": "pypi", "name": "sg-fresh", "version": "1.0", "why": "read it"}
        answer, again = agent(REVIEW, **wish), agent(REVIEW, **wish)
    [path] = (slopguard.root / "data" / "requests").iterdir()
    asked = json.loads(path.read_text())
    assert (answer.data["request"], again.data["request"]) == (str(path), None)
    assert (asked["name"], asked["version"], asked["why"]) == ("sg-fresh", "1.0", "read it")
    assert answer.data["command"].startswith("slopguard lists add pypi:sg-fresh==1.0 --release --why ... --owner ")
    assert asked["hashes"][0] in answer.data["command"]
    assert "read it" not in answer.text
