"""What an agent reads: what is final, what to do instead, what to tell the user; names of the call and of lists."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.agents import words
from slopguard.agents.model import Answer, Decision
from slopguard.model import OFFLINE, Ecosystem, Existence, Facts, Mode, Verdict
from tests.agents.machine import Machine, machine_in
from tests.agents.spoken import ALL
from tests.judge.worlds import ESTABLISHED, NOWHERE, NPM, judge, listed, request

LONGEST = 4_000
DOWN = Facts(Existence.DOWN)
GHOST = judge().verdict(request("ghost-name"), NOWHERE)
UNLISTED = judge().verdict(request("unlisted-name"), OFFLINE)
TYPO = judge().verdict(request("reqeusts"), listed(10))
NEW = judge().verdict(request("flask"), listed(0.1))
EVERY = [
    *(GHOST, UNLISTED, TYPO, NEW, judge().verdict(request("evil"), ESTABLISHED)),
    *(judge().verdict(request("invented"), facts) for facts in (OFFLINE, listed(10))),
    *(judge().verdict(request("asyncio"), NOWHERE), judge().verdict(request("unwanted"), ESTABLISHED)),
    *(judge().verdict(request("yaml"), ESTABLISHED), judge().verdict(request("x-name"), DOWN)),
    *(judge().verdict(request("fl\u0430sk"), OFFLINE), judge().verdict(request("@a/b", NPM), NOWHERE)),
]
FINAL = "This is final. Do not retry, respell, or fetch it by URL, git, another index or another installer"


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with machine_in(tmp_path_factory.mktemp("words")) as found:
        yield found


def lines(*verdicts: Verdict, **more: object) -> list[str]:
    answer = words.refused(verdicts, **more)  # type: ignore[arg-type]  # the arguments of refused by keyword
    assert answer.decision is Decision.DENY
    return answer.reason.splitlines()


def test_a_name_that_does_not_exist_is_final() -> None:
    head, settled, *rest = lines(GHOST)
    assert head.startswith("slopguard: BLOCKED pypi 'ghost-name' (not-found): ")
    assert head.endswith(" Your command was not run.")
    assert settled.startswith(FINAL)
    assert settled.endswith("do not change slopguard's settings.")
    assert rest == [
        "Do one of these:",
        "1. Write it without a package.",
        '2. Stop and tell the user: "I asked for ghost-name; it does not exist."',
    ]


def test_verified_names_that_are_near_are_offered() -> None:
    assert "1. A verified package with a near name, if it does what you need: requests." in lines(TYPO)


def test_of_an_edit_it_says_so() -> None:
    assert lines(GHOST, what=words.NOT_MADE)[0].endswith(" Your edit was not made.")


def test_quarantine_is_for_a_person_with_the_command_that_lets_it_through() -> None:
    found = lines(UNLISTED)
    assert found[1].startswith("Only a person can change this. ")
    assert found[-1] == (
        "2. Stop and tell the user that a person may let it through with: "
        'slopguard allow pypi:unlisted-name --why "..." --for 30d'
    )


def test_what_is_too_new_passes_by_itself_at_a_time_that_is_told() -> None:
    found = lines(NEW)
    assert found[0].startswith("slopguard: QUARANTINED pypi 'flask' (too-new): ")
    assert found[1].startswith("This passes by itself at 2026-11-27 09:36 UTC. ")


def test_of_several_the_one_that_lasts_longest_decides_and_comes_first() -> None:
    found = lines(NEW, UNLISTED, GHOST)
    assert [line.split("'")[1] for line in found[:3]] == ["ghost-name", "flask", "unlisted-name"]
    assert [line.endswith(words.NOT_RUN) for line in found[:3]] == [False, False, True]
    assert found[3].startswith("This is final. ")
    assert found[-1] == '3. Stop and tell the user: "I asked for ghost-name; it does not exist."'
    assert lines(NEW, UNLISTED)[2].startswith("Only a person can change this. ")


def test_of_many_five_are_named() -> None:
    many = [judge().verdict(request(f"ghost-{number}"), NOWHERE) for number in range(8)]
    found = lines(*many)
    assert found[5] == "And 3 more: slopguard log Your command was not run."
    assert not any("ghost-6" in line for line in found)


@pytest.mark.parametrize(("times", "said"), [(1, False), (2, False), (3, True), (7, True)])
def test_the_third_time_there_is_one_sentence_before_all_others(times: int, said: bool) -> None:
    sentence = f"Asked {times} times in 10 minutes. The answer will not change. Stop and tell the user."
    assert (lines(GHOST, times=times)[0] == sentence) is said


def test_the_rest_of_the_command_is_the_last_line() -> None:
    assert lines(GHOST, rest="npm test")[-1] == "The rest of your command is fine: npm test"


@pytest.mark.parametrize("verdict", EVERY, ids=lambda verdict: f"{verdict.rule}-{verdict.request.ecosystem}")
def test_every_rule_makes_a_text_of_fixed_words_in_ascii(verdict: Verdict) -> None:
    answer = words.refused([verdict], rest="x" * 500, times=3)
    for text in (answer.reason, answer.user, words.note([verdict], imported=True), words.observed([verdict])):
        assert text.isascii()
        assert "{" not in text
        assert len(text) < LONGEST
        assert "  " not in text
        assert ".." not in text.replace('"..."', "")


@given(raw=st.text(min_size=1, max_size=300), ecosystem=st.sampled_from(list(Ecosystem)), count=st.integers(1, 30))
def test_whatever_the_name_nothing_but_plain_letters_is_printed(raw: str, ecosystem: Ecosystem, count: int) -> None:
    verdicts = [judge().verdict(request(f"{raw}{number or ''}", ecosystem), OFFLINE) for number in range(count)]
    for answer in (words.refused(verdicts, times=3), Answer(reason=words.note(verdicts, imported=False))):
        assert answer.reason.replace("\n", "").isprintable()
        assert answer.reason.isascii()
        assert len(answer.reason) < LONGEST
        assert len(answer.user) <= 200


def test_a_name_unfit_to_print_is_escaped_and_no_command_is_made_of_it() -> None:
    found = lines(judge().verdict(request("fl\u0430sk`id`\n\x1b[31m"), OFFLINE))
    text = "\n".join(found)
    assert r"fl\u0430sk" in text
    assert "\x1b" not in text
    assert "slopguard allow" not in text


@pytest.mark.parametrize("agent", ALL)
def test_the_same_name_a_third_time_in_one_conversation(machine: Machine, agent: str) -> None:
    seen = [machine.run(agent, "pip install zz-again", session=f"{agent}-a")[1].splitlines()[0] for _ in range(3)]
    assert [line.startswith("Asked 3 times in 10 minutes. ") for line in seen] == [False, False, True]
    other = machine.run(agent, "pip install zz-again", session=f"{agent}-b")[1]
    assert not other.startswith("Asked ")


def test_what_is_fine_in_a_command_is_given_back(machine: Machine) -> None:
    told, reason = machine.run("claude-code", "pip install requests zz-ghost && npm test")
    assert told == "deny"
    assert reason.splitlines()[-1] == "The rest of your command is fine: pip install requests && npm test"


@pytest.mark.parametrize(
    "command",
    ["pip install zz-ghost", "cd x; pip install zz-ghost", "pip install $(cat x) zz-ghost", "echo `pip i` zz"],
)
def test_nothing_is_given_back_where_nothing_is_left_or_it_cannot_be_told(machine: Machine, command: str) -> None:
    assert "rest of your command" not in machine.run("claude-code", command)[1]


def test_modules_that_source_code_imports_are_noted_and_never_refused(machine: Machine) -> None:
    told, note = machine.write("claude-code", "main.py", "import zz_invented_module\n")
    assert told == "none"
    assert note.startswith("slopguard: NOTE pypi 'zz-invented-module' (unverified): ")
    assert "Do not guess a package for it; see what holds it first." in note


def test_commands_in_documents_are_noted_and_never_refused(machine: Machine) -> None:
    told, note = machine.write("claude-code", "README.md", "Run this:\n\n```sh\npip install zz-invented\n```\n")
    assert told == "none"
    assert "Do not tell anybody to install it" in note


def test_an_edit_of_a_manifest_is_refused(machine: Machine) -> None:
    told, reason = machine.write("claude-code", "requirements.txt", "requests\nzz-invented\n")
    assert told == "deny"
    assert "zz-invented" in reason
    assert "Your edit was not made." in reason


@pytest.mark.parametrize("agent", ALL)
def test_in_mode_observe_it_is_told_and_let_through(machine: Machine, agent: str) -> None:
    settings = machine.root / ".config" / "slopguard" / "slopguard.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(f'mode = "{Mode.OBSERVE}"\n')
    try:
        told, note = machine.run(agent, "pip install zz-observed")
    finally:
        settings.unlink()
    assert told == "none"
    if agent not in ("windsurf", "opencode"):  # which have no way to tell
        assert note.startswith("slopguard: OBSERVED pypi 'zz-observed' (unverified): ")
