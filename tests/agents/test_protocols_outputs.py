"""Whatever there is to say, every agent is told in words and with an exit code that it knows."""

from __future__ import annotations

import json
import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.agents import words
from slopguard.agents.model import NOTHING, Answer, Decision, Output
from slopguard.agents.protocols import named
from slopguard.agents.unjudged import FAILED, SETTINGS, unjudged
from tests.agents.spoken import ALL, ASKING, INPUTS, Given, decision, reason, spoken

REASON = "slopguard: BLOCKED pypi 'evil-pkg' (not-found): it's \"not\" there.\nThis is final."
ANSWERS = {
    "none": NOTHING,
    "none-with-a-note": Answer(note="slopguard: NOTE"),
    "ask": Answer(Decision.ASK, REASON, "slopguard: one line"),
    "deny": Answer(Decision.DENY, REASON, "slopguard: one line"),
    "failed": unjudged(FAILED, strict=False),
    "failed-strict": unjudged(FAILED, strict=True),
    "settings": unjudged(SETTINGS, strict=False),
    "unread": words.unread(),
    "guarded": words.guarded("this takes away what guards the user"),
}
BEFORE = [each for each in INPUTS if each.understood["event"] == "before"]
each_agent = pytest.mark.parametrize("agent", ALL)


def output(given: Given | None, agent: str, answer: Answer) -> Output:
    protocol = named(agent)
    return protocol.output(answer, protocol.call(given.input) if given else None)


def first(agent: str, kind: str) -> Given:
    """The first input of an agent whose name begins with `kind`."""
    found = [each for each in INPUTS if each.agent == agent and each.name.startswith(kind)]
    return next((each for each in found if each.name == kind), found[0])


def wanted(agent: str, answer: Answer, *, asks: bool) -> str:
    if answer.decision is Decision.ASK and not asks:
        return "deny"
    return answer.decision.value


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("given", BEFORE, ids=str)
def test_every_answer_to_every_input_is_taken(given: Given, name: str) -> None:
    answer = ANSWERS[name]
    found = output(given, given.agent, answer)
    asks = given.agent in ASKING and (given.agent != "cursor" or given.understood["tool"].endswith("Execution"))
    assert decision(given.agent, found) == wanted(given.agent, answer, asks=asks)
    assert answer.decision is Decision.NONE or answer.reason.splitlines()[0] in reason(given.agent, found)


@pytest.mark.parametrize("name", ANSWERS)
@each_agent
def test_and_where_the_input_could_not_be_read(agent: str, name: str) -> None:
    found = output(None, agent, ANSWERS[name])
    assert decision(agent, found) == wanted(agent, ANSWERS[name], asks=agent in ASKING)


@each_agent
def test_nothing_is_said_where_there_is_nothing_to_object_but_to_cursor(agent: str) -> None:
    found = output(first(agent, "shell"), agent, NOTHING)
    assert found == Output('{"permission":"allow"}\n' if agent == "cursor" else "")


@pytest.mark.parametrize("agent", sorted({*ALL} - {"cursor"}))
@pytest.mark.parametrize("name", ANSWERS)
def test_nobody_else_is_ever_told_to_allow(agent: str, name: str) -> None:
    for one in (None, *(each for each in BEFORE if each.agent == agent)):
        found = output(one, agent, ANSWERS[name])
        assert "allow" not in json.dumps(spoken(agent, found)).replace(words.unread().user, "").split('"')


@pytest.mark.parametrize("name", ANSWERS)
def test_codex_is_never_told_to_ask_nor_a_key_that_it_does_not_know(name: str) -> None:
    said = spoken("codex", output(first("codex", "shell"), "codex", ANSWERS[name]))
    inner = said.get("hookSpecificOutput", {})
    assert inner.get("permissionDecision") in (None, "deny")
    assert set(said) <= {"hookSpecificOutput"}
    assert set(inner) <= {"hookEventName", "permissionDecision", "permissionDecisionReason", "additionalContext"}


@pytest.mark.parametrize(
    ("name", "asked"), [("shell", "ask"), ("mcp-tool", "ask"), ("write", "deny"), ("edit", "deny"), ("patch", "deny")]
)
def test_cursor_asks_before_commands_and_mcp_tools_only(name: str, asked: str) -> None:
    assert decision("cursor", output(first("cursor", name), "cursor", ANSWERS["ask"])) == asked


@pytest.mark.parametrize("agent", ["codex", "gemini", "windsurf", "cline", "opencode"])
def test_an_agent_that_cannot_ask_refuses(agent: str) -> None:
    found = output(first(agent, "shell"), agent, ANSWERS["ask"])
    assert decision(agent, found) == "deny"
    assert REASON.splitlines()[0] in reason(agent, found)


def test_a_command_of_cline_is_replaced_by_one_that_says_why_and_fails() -> None:
    said = spoken("cline", output(first("cline", "shell"), "cline", ANSWERS["deny"]))
    (command,) = said["overrideInput"]["commands"]
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (1, "", f"{REASON}\n")
    assert said["contextModification"] == REASON


@given(text=st.text(min_size=1, max_size=300).filter(lambda text: "\0" not in text and text.strip()))
def test_whatever_a_reason_holds_the_command_only_prints_it(text: str) -> None:
    call = named("cline").call(first("cline", "shell").input)
    said = json.loads(named("cline").output(Answer(Decision.DENY, text, "x"), call).stdout)
    (command,) = said["overrideInput"]["commands"]
    assert shlex.split(command) == ["printf", "%s\\n", text, ">&2;", "exit", "1"]


def test_a_patch_of_cline_is_replaced_by_a_text_that_is_none() -> None:
    said = spoken("cline", output(first("cline", "patch"), "cline", ANSWERS["deny"]))
    assert said["overrideInput"] == {"input": REASON}


@pytest.mark.parametrize("name", ["write", "edit", "old-shell", "old-write"])
def test_other_tools_of_cline_are_cancelled(name: str) -> None:
    said = spoken("cline", output(first("cline", name), "cline", ANSWERS["deny"]))
    assert said == {"cancel": True, "errorMessage": REASON}


@pytest.mark.parametrize(("name", "code", "stderr"), [("none", 0, ""), ("deny", 2, f"{REASON}\n")])
def test_windsurf_is_told_by_exit_code_and_standard_error(name: str, code: int, stderr: str) -> None:
    assert output(first("windsurf", "shell"), "windsurf", ANSWERS[name]) == Output("", stderr, code)


@given(
    reason_text=st.text(max_size=200), user=st.text(max_size=50), note=st.text(max_size=50), agent=st.sampled_from(ALL)
)
def test_any_text_is_one_line_of_json_in_ascii(reason_text: str, user: str, note: str, agent: str) -> None:
    if agent == "windsurf":  # which reads no JSON
        return
    for kind in Decision:
        found = output(None, agent, Answer(kind, reason_text, user, note))
        assert found.stdout.isascii()
        assert found.stdout.count("\n") == (1 if found.stdout else 0)
        assert not found.stdout or isinstance(json.loads(found.stdout), dict)
