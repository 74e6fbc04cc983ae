"""What a patch does to files, in both formats that models write, whatever else stands in the text."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.agents.editing.edits import applied
from slopguard.agents.editing.patches import parse
from slopguard.agents.editing.pieces import find
from slopguard.agents.model import Edit, Replacement

_BEFORE = "flask\n# web\nrequests\n"


def envelope(*lines):
    return "\n".join(("*** Begin Patch", *lines, "*** End Patch"))


def test_every_kind_of_part_of_an_envelope_is_read():
    patch = envelope(
        "*** Add File: new.txt",
        "+one",
        "+",
        "+two",
        "*** Update File: requirements.txt",
        "@@ def f():",
        " # web",
        "-requests",
        "+httpx",
        "@@",
        "+last",
        "*** End of File",
        "*** Delete File: old.txt",
        "*** Update File: a/old name.txt",
        "*** Move to: b/new name.txt",
        "@@",
        "-x",
        "+y",
    )
    assert parse(patch) == (
        Edit("new.txt", content="one\n\ntwo\n"),
        Edit(
            "requirements.txt",
            replacements=(Replacement("# web\nrequests\n", "# web\nhttpx\n"), Replacement("", "last\n")),
        ),
        Edit("old.txt", removed=True),
        Edit("a/old name.txt", removed=True),
        Edit("b/new name.txt", replacements=(Replacement("x\n", "y\n"),)),
    )


@pytest.mark.parametrize(
    "around",
    [
        "apply_patch <<'EOF'\n{}\nEOF\n",
        "```\n{}\n```",
        "Here it is:\n\n{}\n\nDone.",
        "  {}",
    ],
)
def test_what_stands_around_an_envelope_is_skipped(around):
    patch = envelope("*** Add File: requirements.txt", "+flask")
    assert parse(around.format(patch)) == (Edit("requirements.txt", content="flask\n"),)


def test_an_envelope_with_windows_line_ends_or_cut_short_is_read():
    patch = envelope("*** Update File: a.txt", " flask", "+httpx")
    wanted = (Edit("a.txt", replacements=(Replacement("flask\n", "flask\nhttpx\n"),)),)
    assert parse(patch.replace("\n", "\r\n")) == wanted
    assert parse(patch.removesuffix("\n*** End Patch")) == wanted


def test_a_context_line_that_looks_like_a_header_is_a_context_line():
    (edit,) = parse(envelope("*** Update File: a.md", " *** Delete File: b", "+c"))
    assert edit == Edit("a.md", replacements=(Replacement("*** Delete File: b\n", "*** Delete File: b\nc\n"),))


@pytest.mark.parametrize(
    "lines",
    [
        ("*** Update File: a.txt", "no sign in front"),
        ("*** Add File: a.txt", "+one", "no sign in front"),
    ],
)
def test_a_part_that_cannot_be_read_says_so(lines):
    (edit,) = parse(envelope(*lines))
    assert (edit.path, edit.unread) == ("a.txt", True)


@pytest.mark.parametrize("text", ["neither this", "@@ -1 +1 @@\n-a\n+b\n"])
def test_a_text_that_is_no_patch_says_so(text):
    assert parse(text) == (Edit("", unread=True),)
    assert parse(" \n") == ()


_DIFF = """\
diff --git a/requirements.txt b/requirements.txt
index 83db48f..bf2a3c1 100644
--- a/requirements.txt
+++ b/requirements.txt
@@ -1,3 +1,4 @@
 flask
-# web
+# the web
+httpx
 requests
\\ No newline at end of file
"""


def test_a_unified_diff_is_read():
    assert parse(_DIFF) == (
        Edit(
            "requirements.txt",
            replacements=(Replacement("flask\n# web\nrequests\n", "flask\n# the web\nhttpx\nrequests\n"),),
        ),
    )


@pytest.mark.parametrize(
    ("diff", "wanted"),
    [
        ("--- /dev/null\n+++ b/a.txt\n@@ -0,0 +1 @@\n+one\n", (Edit("a.txt", content="one\n"),)),
        ("--- a/a.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-one\n", (Edit("a.txt", removed=True),)),
        (
            "--- lib/a.txt\t2024-01-01 00:00:00\n+++ lib/a.txt\t2024-01-01 00:00:01\n@@ -1 +1 @@\n-a\n+b\n",
            (Edit("lib/a.txt", replacements=(Replacement("a\n", "b\n"),)),),
        ),
        (
            "diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n",
            (Edit("x", removed=True), Edit("y", replacements=())),
        ),
        ("diff --git a/x.bin b/x.bin\nBinary files a/x.bin and b/x.bin differ\n", (Edit("x.bin", unread=True),)),
        ("diff --git a/x b/x\ndeleted file mode 100644\n", (Edit("x", removed=True),)),
        ("diff --git a/x b/x\nnew file mode 100644\n", (Edit("x", content=""),)),
        (
            '--- "a/gr\\303\\274n.txt"\n+++ "b/gr\\303\\274n.txt"\n@@ -1 +1 @@\n-a\n+b\n',
            (Edit("grün.txt", replacements=(Replacement("a\n", "b\n"),)),),
        ),
        (  # changed lines that look like the names of a file
            "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n--- one\n+++ two\n three\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n",
            (
                Edit("x", replacements=(Replacement("-- one\nthree\n", "++ two\nthree\n"),)),
                Edit("y", replacements=(Replacement("a\n", "b\n"),)),
            ),
        ),
    ],
)
def test_a_diff_says_what_becomes_of_each_file(diff, wanted):
    assert parse(diff) == wanted


def test_what_git_writes_of_a_change_gives_the_file_that_git_has(tmp_path):
    before = "".join(f"line {number}\n" for number in range(60))
    lines = before.splitlines(keepends=True)
    after = "".join([*lines[:9], "new one\n", *lines[11:40], "new two\n", "new three\n", *lines[40:]])
    (tmp_path / "a.txt").write_text(before)
    (tmp_path / "b.txt").write_text(after)
    diff = subprocess.run(
        ["git", "diff", "--no-index", "a.txt", "b.txt"], cwd=tmp_path, capture_output=True, text=True, check=False
    ).stdout
    removed, changed = parse(diff)
    assert (removed.path, changed.path) == ("a.txt", "b.txt")
    assert applied(changed, before) == after


@pytest.mark.parametrize(
    ("old", "new", "after"),
    [
        ("requests", "httpx", "flask\n# web\nhttpx\n"),
        ("requests\n", "requests\nhttpx\n", "flask\n# web\nrequests\nhttpx\n"),
        ("# web  \nrequests\n", "httpx\n", "flask\nhttpx\n"),
        ("  # web\r\n", "", "flask\nrequests\n"),
        ("", "httpx\n", "flask\n# web\nrequests\nhttpx\n"),
        ("nothing like it", "httpx", None),
        ("   ", "httpx", None),
    ],
)
def test_a_piece_is_replaced_as_leniently_as_tools_do_it(old, new, after):
    assert applied(Edit("a", replacements=(Replacement(old, new),)), _BEFORE) == after


def test_whole_lines_are_never_the_end_of_a_longer_one():
    assert applied(Edit("a", replacements=(Replacement("ask\n", "new\n"),)), "flask\nask") == "flask\nnew\n"


def test_typographic_quotes_of_a_model_stand_for_plain_ones():
    edit = Edit("a", replacements=(Replacement("say \u201chi\u201d\n", "new\n"),))
    assert applied(edit, 'say "hi"\n') == "new\n"


def test_every_place_is_replaced_where_the_tool_says_so():
    assert applied(Edit("a", replacements=(Replacement("a", "b", every=True),)), "a-a") == "b-b"


def test_pieces_are_replaced_one_after_the_other():
    twice = (Replacement("x\n", "one\n"), Replacement("x\n", "two\n"))
    assert applied(Edit("a", replacements=twice), "x\nx\n") == "one\ntwo\n"


def test_without_a_file_only_what_is_added_can_be_told():
    assert applied(Edit("a", replacements=(Replacement("", "new"),)), None) == "new"
    assert applied(Edit("a", replacements=(Replacement("old", "new"),)), None) is None
    assert applied(Edit("a", unread=True), "old") is None
    assert applied(Edit("a", removed=True), "old") == ""


_LINES = st.lists(
    st.sampled_from(
        [
            "*** Begin Patch",
            "*** End Patch",
            "*** Add File: a",
            "*** Update File: b",
            "*** Delete File: ",
            "*** Move to: c",
            "*** End of File",
            "@@",
            "@@ -1 +1 @@",
            "--- a/x",
            "+++ b/x",
            "--- /dev/null",
            "+++ /dev/null",
            "diff --git a/x b/y",
            "diff --git x",
            "rename from x",
            "new file mode",
            "GIT binary patch",
            "+new",
            "-old",
            " same",
            "",
            "text",
            '+++ "b/\\303"',
        ]
    )
)


@given(st.one_of(st.text(), _LINES.map("\n".join)), st.one_of(st.none(), st.text()))
def test_any_text_gives_edits_that_can_be_tried(text, before):
    for edit in parse(text):
        after = applied(edit, before)
        assert after is None or isinstance(after, str)


@given(st.text(alphabet="ab \n\r"), st.text(alphabet="ab \n\r", min_size=1), st.integers(0, 9))
def test_a_place_that_is_found_lies_in_the_text(text, piece, start):
    found = find(text, piece, min(start, len(text)))
    if found:
        assert 0 <= found.start <= found.end <= len(text)
    if piece in text:
        assert found is not None
