"""Every kind of file that `check` looks at is fuzzed, and whatever the text, a reader returns or refuses."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slopguard.check.kinds import KINDS, kinds_of
from tests.fuzz.targets import HERE, NAMES, targets

WORDS = st.sampled_from(
    [
        *(
            "pip",
            "install",
            "npm",
            "i",
            "npx",
            "-y",
            "uvx",
            "--from",
            "flask",
            "@a/b",
            "1.0.0",
            "$X",
            "$(",
            ")",
            "`",
            '"',
            "'",
        ),
        *("\\", "|", "&&", ";", "\n", "\t", "#", "{", "}", "[", "]", ":", ",", "-", "=", "\r\n", "<<EOF", "EOF", "RUN"),
        *("FROM", "run:", "script:", "dependencies", "packages", "scripts", "name", "version", "resolved", "integrity"),
        *(
            "http://x.example/",
            "../",
            "%pip",
            "!",
            "```",
            ">",
            "import",
            "require(",
            "from",
            "\0",
            "\ud800",
            "\u2028",
            "*a",
        ),
        *("&a", "<<:", "[[package]]", "[project]", '"""', "''", "//", "/*", "*/"),
    ]
)
TEXTS = st.one_of(
    st.text(max_size=200), st.lists(WORDS, max_size=60).map(" ".join), st.lists(WORDS, max_size=60).map("".join)
)


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
def test_a_target_is_of_the_kind_that_it_is_called_by(kind: str) -> None:
    assert kind in {each.name for each in kinds_of(f"{HERE}/{NAMES[kind]}")}


@pytest.mark.parametrize("name", list(targets()))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=TEXTS)
def test_whatever_the_text_it_is_read_or_refused(name: str, text: str) -> None:
    targets()[name](text)
