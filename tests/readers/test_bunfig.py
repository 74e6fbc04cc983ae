"""`bunfig.toml` as it is read for its registries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.readers import bunfig
from tests.readers.files import HERE, holding_paths, refusal

PATH = HERE / "bunfig.toml"


def read(text):
    return bunfig.read(PATH, holding_paths({"bunfig.toml": text}))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[install]\nregistry = "https://mirror.example"', ("https://mirror.example", "default", None, 2)),
        (
            '[install]\nregistry = { url = "https://a:b@mirror.example" }',
            ("https://mirror.example", "default", None, None),
        ),
        ('[install.scopes]\nacme = "https://mirror.example"', ("https://mirror.example", "scope", "@acme", 2)),
        (
            '[install.scopes]\n"@acme" = { url = "https://mirror.example" }',
            ("https://mirror.example", "scope", "@acme", 2),
        ),
    ],
)
def test_registries_are_told(text, expected):
    (line,) = read(text).indexes
    assert (line.url, line.kind, line.name) == expected[:3]
    assert expected[3] is None or line.location.line == expected[3]


def test_other_settings_say_nothing():
    assert read('[install]\nregistry = 5\nscopes = "x"\n[test]\nroot = "."').indexes == ()


@given(st.text())
def test_any_text_is_read_or_refused(text):
    said = refusal(read, text)
    assert not said or said.startswith(str(PATH))
