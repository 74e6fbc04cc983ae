"""Entries in JSON settings: they go in as lines of their own, come out whole, and nobody else's byte moves."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.guard.enabling.insertions import is_ours
from slopguard.guard.enabling.jsonc import NoJson, parse
from slopguard.guard.enabling.settings_json import Entry, Unfit, with_entries, without_entries

COMMAND = "/home/dev/.local/share/slopguard/hooks/run claude-code"
GROUP = {"matcher": "Bash|Write", "hooks": [{"type": "command", "command": COMMAND}]}
ONE = [Entry(("hooks", "PreToolUse"), GROUP)]
TWO = [Entry(("hooks", "shell"), {"command": COMMAND}), Entry(("hooks", "write"), {"command": COMMAND, "matcher": "W"})]
LAST = [Entry(("hooks", "PreToolUse"), GROUP, last=True)]
FILES = {
    "empty object": "{}",
    "one line": '{"model": "x", "hooks": {"PreToolUse": [{"matcher": "Read", "hooks": []}]}}',
    "spaces inside": '{ "hooks": { } }\n',
    "as editors write it": json.dumps({"model": "x", "hooks": {"Stop": [], "PreToolUse": [{"a": 1}]}}, indent=2) + "\n",
    "tabs": '{\n\t"hooks": {\n\t\t"PreToolUse": [\n\t\t\t{"a": 1}\n\t\t]\n\t}\n}',
    "line ends of another system": '{\r\n    "hooks": {\r\n        "PreToolUse": []\r\n    }\r\n}\r\n',
    "a mark in front": '\ufeff{\n  "a": "\u00e9"\n}\n',
    "comments": '// 1\n{\n  "hooks": { // 2\n  /* 3 */ "PreToolUse": [ // 4\n      {"a": 1} // 5\n    ]\n  }\n}\n',
    "a long number": '{"n": ' + "9" * 60 + ', "hooks": {}}',
    "a key twice": '{"hooks": {"x": 1}, "hooks": {"PreToolUse": [1, 2]}}',
}


def put(text: str, entries: list[Entry] = ONE, fresh: dict[str, Any] | None = None) -> tuple[str, tuple[str, ...]]:
    after, lines = with_entries(text.encode(), entries, is_ours, fresh or {}, comments=True)
    return after.decode(), lines


def without(text: str, before: str | None) -> str | None:
    rest = without_entries(text.encode(), is_ours, None if before is None else before.encode())
    return None if rest is None else rest.decode()


def value(text: str) -> Any:
    return parse(text.removeprefix("\ufeff")).plain()


def gone(text: str, lines: tuple[str, ...]) -> str:
    """What is left of a text when exactly these lines are taken out of it, as `undo.sh` does."""
    return "".join(line for line in text.splitlines(keepends=True) if line.strip().removesuffix(",") not in lines)


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("entries", [ONE, TWO])
def test_it_goes_in_first_and_each_line_of_it_can_go_by_itself(kind: str, entries: list[Entry]) -> None:
    before = FILES[kind]
    after, lines = put(before, entries)
    for entry in entries:
        assert value(after)["hooks"][entry.keys[-1]][0] == entry.value
    assert value(gone(after, lines)) == value(before)
    assert put(after, entries)[0] == after, "once is enough"
    kept = iter(after)
    assert all(letter in kept for letter in before), "every byte that was there is there, in its order"
    assert value(without(after, before) or "") == value(before)


@pytest.mark.parametrize("kind", FILES)
def test_an_agent_that_counts_its_hooks_gets_it_after_all_others(kind: str) -> None:
    before = FILES[kind]
    after, _ = put(before, LAST)
    assert value(after)["hooks"]["PreToolUse"][-1] == GROUP
    assert value(without(after, before) or "") == value(before)


@pytest.mark.parametrize("kind", FILES)
def test_a_formatter_that_rewrote_everything_does_not_hide_it(kind: str) -> None:
    before = value(FILES[kind])
    for text in (json.dumps(value(put(FILES[kind])[0]), indent=4), json.dumps(value(put(FILES[kind])[0]))):
        rest = without(text, FILES[kind])
        assert rest is not None
        assert json.loads(rest, parse_int=float) == before


def test_a_new_file_holds_what_the_agent_wants_and_nothing_of_it_is_left_over() -> None:
    after, lines = put("", TWO, {"version": 1})
    assert list(json.loads(after)) == ["hooks", "version"]
    assert len(lines) == 1
    assert without(after, None) is None
    theirs = json.dumps(
        {"version": 1, "hooks": {**json.loads(after)["hooks"], "stop": [{"command": "mine"}]}}, indent=2
    )
    assert json.loads(without(theirs, None) or "") == {"version": 1, "hooks": {"stop": [{"command": "mine"}]}}


def test_other_hooks_and_empty_places_that_were_there_stay() -> None:
    before = '{"hooks": {"PreToolUse": [], "Stop": []}, "x": {}}'
    assert value(without(put(before)[0], before) or "") == value(before)
    moved = {"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [{"command": "theirs"}, GROUP["hooks"][0]]}]}}
    rest = json.loads(without(json.dumps(moved), None) or "")
    assert rest == {"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [{"command": "theirs"}]}]}}


@pytest.mark.parametrize(
    "older",
    [
        "/old/place/hooks/run claude-code",
        "'/a b/hooks/run' claude-code",
        "slopguard hook claude-code",
        "/v/bin/slopguard hook",
    ],
)
def test_an_older_one_is_replaced(older: str) -> None:
    before = json.dumps(
        {"hooks": {"PreToolUse": [{"hooks": [{"command": older}]}, {"a": 1}], "Old": [{"command": older}]}}
    )
    assert value(put(before)[0])["hooks"] == {"PreToolUse": [GROUP, {"a": 1}], "Old": []}


def test_a_comment_between_it_and_its_comma_is_not_ours_to_take() -> None:
    entry = json.dumps(GROUP)
    rest = without('{"hooks": {"PreToolUse": [' + entry + ' /* mine */ , {"a": 1}]}}', None)
    assert rest == '{"hooks": {"PreToolUse": [ /* mine */  {"a": 1}]}}'


@pytest.mark.parametrize(
    "theirs", ["./hooks/run", "hooks/run.sh claude-code", "echo slopguard hooks", "/x/hooks/runner claude-code", "hook"]
)
def test_somebody_elses_is_never_taken_for_it(theirs: str) -> None:
    assert not is_ours(theirs)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nothing", r"is no valid JSON \(line 1\)"),
        ('{\n"a": 1\n"b": 2}', r"is no valid JSON \(line 3\)"),
        ('{"a": 1} x', r"is no valid JSON \(line 1\)"),
        ('{"a": 01}', r"is no valid JSON \(line 1\)"),
        ("{'a': 1}", r"is no valid JSON \(line 1\)"),
        ('{"a" 1}', r"is no valid JSON \(line 1\)"),
        ('{"a": [1,,2]}', r"is no valid JSON \(line 1\)"),
        ("[" * 1000, r"is no valid JSON \(line 1\)"),
        ('{"a": "\n"}', r"is no valid JSON \(line 1\)"),
        ("[]", "is no JSON object"),
        ('{"hooks": []}', "has something else than an object under hooks$"),
        ('{"hooks": {"PreToolUse": {}}}', r"has something else than an array under hooks\.PreToolUse$"),
        ('{"a": [1,],}', "has a trailing comma, for which its agent does not read it"),
    ],
)
def test_a_file_that_is_not_understood_is_an_error_that_says_where(text: str, says: str) -> None:
    with pytest.raises(Unfit, match=says):
        put(text)


def test_a_comment_is_an_error_for_an_agent_that_would_ignore_the_file() -> None:
    with pytest.raises(Unfit, match="has a comment, for which its agent does not read it"):
        with_entries(b'{"a": 1} // mine\n', ONE, is_ours, {}, comments=False)
    with pytest.raises(Unfit, match="is not UTF-8"):
        with_entries(b'{"a": "\xff"}', ONE, is_ours, {}, comments=True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(JSON, st.sampled_from([None, 1, 4, "\t"]), st.booleans())
def test_every_value_is_read_as_json_reads_it(value: Any, indent: int | str | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert parse(text).plain() == json.loads(text, parse_int=float)


@given(st.text(st.sampled_from('{}[]",:/*\n\\ a1.-e"'), max_size=40))
def test_any_text_is_read_as_json_or_is_an_error(text: str) -> None:
    try:
        expected = json.loads(text, parse_int=float, parse_constant=lambda _: pytest.fail("no such value is in reach"))
    except ValueError:
        expected = NoJson
    try:
        found = parse(text).plain()
    except NoJson:
        assert expected is NoJson
    else:
        assert found == expected or expected is NoJson, "only comments and trailing commas go beyond JSON"


@given(
    st.dictionaries(st.text(max_size=5), JSON, max_size=4),
    st.lists(st.dictionaries(st.text(max_size=5), JSON, max_size=3), max_size=3),
    st.sampled_from([None, 1, "\t"]),
    st.sampled_from([ONE, TWO, LAST]),
)
def test_in_and_out_leaves_whatever_was_there(
    other: dict[str, Any], hooks: list[Any], indent: int | str | None, entries: list[Entry]
) -> None:
    before = json.dumps({**other, "hooks": {"PreToolUse": hooks, "Stop": hooks}}, indent=indent)
    after, lines = put(before, entries)
    assert value(without(after, before) or "") == value(before)
    if entries is not LAST:
        assert value(gone(after, lines)) == value(before)
