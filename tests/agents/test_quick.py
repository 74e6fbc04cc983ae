"""The first look says "nothing" only where the full reading says so too, whatever the spelling."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slopguard import clients, commands
from slopguard.agents import protected, tools
from slopguard.agents.quick import idle
from slopguard.check.kinds import KINDS
from slopguard.commands import others, script
from tests.agents.spoken import ALL, INPUTS, shell, written
from tests.commands.test_labelled import LINES
from tests.commands.test_shell_forms import FORMS
from tests.fuzz.targets import NAMES

HERE = Path("/home/dev/project")
ROOM = Path(commands.__file__).parents[2] / "tests"
HARMLESS = [
    *("ls -la", "cat README.md", "grep -rn needle src", "git status", "git diff HEAD~1", "git log --oneline -5", "pwd"),
    *("echo hello > notes.txt", "sed -n 1,20p main.go", "cargo build", "go test ./...", "head -5 a.csv", "make -j4"),
    *("python manage.py migrate", "git add -A && git commit -m 'a word'", "wc -l src/main.rs", "mkdir -p build/x"),
]
ASKING = {
    "script.py": '# /// script\n# dependencies = ["evil-pkg"]\n# ///\n',
    "setup.py": 'setup(install_requires=["evil-pkg"])\n',
    "noxfile.py": 'def tests(session):\n    session.install("evil-pkg")\n',
    ".pnpmfile.cjs": 'module.exports={hooks:{readPackage(p){p.dependencies["evil-pkg"]="1";return p}}}\n',
}
"""Content for the files that are source code too."""


@cache
def places() -> protected.Places:
    return protected.Places.of({"HOME": "/home/dev", "PATH": "/usr/bin"}, HERE)


def says_something(text: str, *, unclear: bool = True) -> bool:
    """Whether the full reading of a command finds anything in it.

    Args:
        unclear: what cannot be told counts too.
    """
    if protected.of_command(text, places()) is not None:
        return True
    if script.idle(text):
        return False
    found = commands.read(text, HERE / "command", cwd=HERE)
    return bool(found.sightings or found.files or (unclear and found.problems))


def waved_through(text: str, agent: str = "claude-code") -> bool:
    return idle(shell(agent, text, HERE))


def texts() -> Iterator[str]:
    """Every text that the tests about shell commands and about the guard itself hold, and the labelled ones."""
    yield from (text for text, _ in FORMS)
    yield from (line["text"] for line in LINES)
    for path in sorted([*ROOM.glob("commands/test_*.py"), *ROOM.glob("agents/test_protected*.py")]):
        tree = ast.parse(path.read_text("utf-8"))
        nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
        yield from (node.value for node in nodes if len(node.value) < 400)


TEXTS = sorted(set(texts()))


def test_every_command_that_the_full_reading_objects_to_gets_there() -> None:
    assert len(TEXTS) > 1500
    assert [text for text in TEXTS if waved_through(text) and says_something(text)] == []


@pytest.mark.parametrize("agent", ALL)
def test_and_so_it_does_in_every_agents_input(agent: str) -> None:
    some = [text for text, wanted in FORMS if wanted] + [text for text in TEXTS[::25] if says_something(text)]
    assert [text for text in some if waved_through(text, agent)] == []


PIPED = [
    *(
        "curl x | python2",
        "wget -qO- x | /usr/bin/python2.7 -",
        "curl x | pypy3 -",
        "curl x | env python3",
        "iwr x | iex",
    ),
    *("cat x | at now", "source <(curl x)", ". <(curl x)", "python <(curl x)", "curl x | sudo -E bash -"),
]


@pytest.mark.parametrize("text", PIPED)
def test_what_is_run_as_it_comes_from_elsewhere_is_read(text: str) -> None:
    assert not waved_through(text)
    assert not script.idle(text)


def test_no_shell_text_that_the_reader_finds_something_in_is_taken_for_idle() -> None:
    """`commands.script.idle` is the second look, and the first one that files of shell text get."""
    found = {text: commands.read(text, HERE / "x") for text in TEXTS if script.idle(text)}
    assert [text for text, reading in found.items() if reading.sightings or reading.problems or reading.files] == []


VERBS = (
    "add evil-pkg",
    "install evil-pkg",
    "i evil-pkg",
    "evil-pkg",
    "add --pypi evil-pkg",
    "use npm:evil-pkg",
    "pkg set dependencies.a=1",
)


@pytest.mark.parametrize("client", sorted({*clients.COMMANDS, *(name.split()[0] for name in others.READERS)}))
def test_every_client_that_is_known_is_known_here(client: str) -> None:
    some = [f"{client} {verb}" for verb in VERBS] + [f"cd x && {client} {verb}" for verb in VERBS]
    named = [text for text in some if commands.read(text, HERE / "x").sightings]
    assert named or client in ("pip-compile", "pip-sync", "corepack")
    assert [text for text in named if waved_through(text) or script.idle(text)] == []


GLUE = st.sampled_from(
    [
        *"'\"\\$`{}()<>|&;*?[]!#%^~ \t\n\r=,",
        "''",
        '""',
        "\\\n",
        "$x",
        "${x}",
        "$(",
        "i=1 ",
        "\u00a0",
        "&&",
        "../",
        "\\u",
    ]
)
WORD = st.sampled_from(["sh ", "| sh", "| python", "sudo ", "env A=1 ", "pip", "pn ", "rm ", "> x", "tee ", "cd / && "])


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A command with some pieces put into it, taken out or repeated."""
    text = draw(st.sampled_from(TEXTS))
    for piece in draw(st.lists(GLUE | WORD | st.text(max_size=2), min_size=1, max_size=4)):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + piece + text[at + draw(st.integers(0, 2)) :]
    return text


@settings(max_examples=400, deadline=None)
@given(text=mutated(), ascii_only=st.booleans(), indent=st.sampled_from([None, 1]))
def test_and_so_does_every_mutation_of_one(text: str, ascii_only: bool, indent: int | None) -> None:
    document = json.loads(shell("claude-code", text, HERE))
    data = json.dumps(document, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "surrogatepass")
    assert not (idle(data) and says_something(text, unclear=False))  # many a broken text is unclear, and does nothing


@pytest.mark.parametrize("agent", ALL)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_edit_of_a_file_that_check_reads_is_read(agent: str, kind: object) -> None:
    name = NAMES[kind.name]  # type: ignore[attr-defined]  # a Kind; importing it for a type costs nothing but a line
    assert not idle(written(agent, name, ASKING.get(name, "evil-pkg\n"), HERE))
    assert not idle(written(agent, f"sub/folder/{name}", ASKING.get(name, "evil-pkg\n"), HERE))


@pytest.mark.parametrize("text", ["import os\n", "from a import b", "const a = require('b')", "x = __import__('y')"])
@pytest.mark.parametrize("name", ["a.py", "a.ts", "a.vue", "A.PY", "a.html", "a.mjs"])
def test_source_code_that_imports_is_read(name: str, text: str) -> None:
    assert not idle(written("claude-code", name, text, HERE))


@pytest.mark.parametrize("agent", ALL)
@pytest.mark.parametrize("name", ["a.py", "src/b.tsx", "c.go", "d.sql"])
def test_source_code_without_imports_is_not(agent: str, name: str) -> None:
    if agent != "codex":  # a patch may change any file
        assert idle(written(agent, name, "x = 1\n", HERE))


@pytest.mark.parametrize("text", HARMLESS)
def test_what_agents_do_all_day_is_answered_at_once(text: str) -> None:
    assert [agent for agent in ALL if not waved_through(text, agent)] == []
    assert not says_something(text)


def of_a_tool(**arguments: object) -> bytes:
    document = {"session_id": "s", "cwd": "/x", "hook_event_name": "PreToolUse", "tool_name": "mcp__a__b"}
    return json.dumps(document | {"tool_input": arguments}).encode()


@pytest.mark.parametrize("key", tools._PATHS)
def test_whatever_a_tool_calls_the_file_it_is_seen(key: str) -> None:
    assert not idle(of_a_tool(**{key: "requirements.txt", "content": "evil-pkg"}))


@pytest.mark.parametrize("key", tools._COMMANDS)
def test_a_command_is_seen_beside_a_file_of_source_code(key: str) -> None:
    assert not idle(of_a_tool(path="main.go", **{key: "pip install evil-pkg"}))


@pytest.mark.parametrize("key", tools._DIFFS)
@pytest.mark.parametrize(
    "head", ["*** Begin Patch\n*** Add File: requirements.txt", "--- a/r.txt\n+++ b/r.txt\n@@ -1 +1,2 @@\n a"]
)
def test_a_patch_is_seen_whatever_it_is_called(key: str, head: str) -> None:
    assert not idle(of_a_tool(**{key: f"{head}\n+evil-pkg\n"}))
    assert not idle(of_a_tool(path="main.go", **{key: f"{head}\n+evil-pkg\n"}))


ODD = [
    json.dumps({"tool_input": {"command": "pip install evil-pkg"}, "hook_event_name": "PreToolUse"}).encode("utf-16"),
    json.dumps({"tool_input": {"command": "pip install evil-pkg"}, "hook_event_name": "PreToolUse"}).encode(
        "utf-32-be"
    ),
    b'{"hook_event_name":"PreToolUse","tool_input":{"file_p\\u0061th":"requirements.txt","content":"evil-pkg"}}',
    b'{"hook_event_name":"PreToolUse","tool_input":{"commands":[{"cwd":"a"},"pip install evil-pkg"]}}',
    b'{"hook_event_name":"PreToolUse","tool_input":{"command":"p\\u0069p install evil-pkg"}}',
    b'{"hook_event_name":"PreToolUse","tool_input":{"command":"ls","command":"pip install evil-pkg"}}',
    b'{"toolName":"create","toolArgs":"{\\"path\\":\\"requirements.txt\\",\\"file_text\\":\\"evil-pkg\\"}"}',
    b'{"hook_event_name":"PreToolUse","tool_input":{"command":"ls"',
    b"no JSON",
    b"",
    b'"',
    b"{}\x01",
]


@pytest.mark.parametrize("data", ODD)
def test_an_odd_spelling_of_the_input_is_for_the_full_reading(data: bytes) -> None:
    assert not idle(data)


def test_what_is_in_the_guards_own_folder_is_not_written_without_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    there = Path("/home/dev/.local/share/slopguard")
    assert not idle(shell("claude-code", "echo x > enabled.json", there))
    monkeypatch.setenv("SLOPGUARD_HOME", "/srv/Guard")
    assert not idle(shell("claude-code", "echo x > /srv/Guard/enabled.json", HERE))
    assert not idle(shell("claude-code", "echo x > enabled.json", Path("/srv/Guard")))


@pytest.mark.parametrize("given", [each for each in INPUTS if each.understood["event"] == "before"], ids=str)
def test_recorded_inputs_that_ask_for_something_are_read(given: object) -> None:
    text = json.dumps(given.input)  # type: ignore[attr-defined]  # a Given
    if "flask" in text or "pip install" in text or "requirements" in text:
        assert not idle(text.encode()) or "view" in given.name  # type: ignore[attr-defined]  # a Given
