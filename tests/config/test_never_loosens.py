"""The invariant behind the layers, on generated ones: what an untrusted layer adds never loosens any key."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from slopguard.config.grammar import KEYS
from slopguard.config.layers import SettingsLayer, Standing, merge
from slopguard.config.settings import ListSource
from slopguard.errors import ConfigError
from slopguard.model import Mode

NUMBERS = st.integers(0, 5)
GLOBS = st.lists(st.sampled_from(["a-*", "b-*", "*"]), max_size=3).map(tuple)
BY_DEFAULT: dict[type, st.SearchStrategy[Any]] = {
    Mode: st.sampled_from(Mode),
    int: NUMBERS,
    float: NUMBERS.map(float),
    bool: st.booleans(),
    tuple: GLOBS,
    type(None): st.sampled_from(["https://a.example/", "https://b.example/"]),
}


def _value(key: str) -> st.SearchStrategy[Any]:
    if key == "lists.sources":
        return st.lists(st.builds(ListSource, st.just("https://l.example/"), st.sampled_from("ab"))).map(tuple)
    return BY_DEFAULT[type(KEYS[key].default)]


VALUES = st.fixed_dictionaries({}, optional={key: _value(key) for key in KEYS})
LAYERS = st.lists(st.builds(SettingsLayer, st.just("file"), st.sampled_from(Standing), VALUES), max_size=4)


@given(LAYERS, VALUES)
def test_an_untrusted_layer_never_loosens(above: list[SettingsLayer], values: dict[str, Any]) -> None:
    try:
        before = merge(above)
    except ConfigError:
        return
    try:
        after = merge([*above, SettingsLayer("file", Standing.UNTRUSTED, values)])
    except ConfigError:
        assert any(KEYS[key].loosens(before[key], value) for key, value in values.items())
        return
    assert not any(KEYS[key].loosens(before[key], after[key]) for key in KEYS)


@given(VALUES, LAYERS)
def test_no_layer_loosens_what_the_organisation_wrote(written: dict[str, Any], below: list[SettingsLayer]) -> None:
    top = SettingsLayer("file", Standing.ORGANISATION, written)
    try:
        after = merge([top, *(layer for layer in below if layer.standing is not Standing.ORGANISATION)])
    except ConfigError:
        return
    floor = merge([top])
    assert not any(KEYS[key].loosens(floor[key], after[key]) for key in written)
