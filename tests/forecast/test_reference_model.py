"""The reference model: its weights are the pinned ones, and drafting changes nothing of what it says."""

from __future__ import annotations

import math
from importlib.util import find_spec
from pathlib import Path

import pytest

from slopguard.errors import InputError
from slopguard.forecast.reference import files, shape, slices

if find_spec("numpy") is None:
    pytest.skip("numpy is not installed (extra slopguard[serve])", allow_module_level=True)

from slopguard.forecast.reference import forward

LONGEST = 40


def test_it_has_less_than_a_million_parameters() -> None:
    sizes = {name: math.prod(size) for name, size in shape.tensors().items()}
    assert sum(sizes.values()) == 887_296
    assert sum(size for name, size in sizes.items() if name.startswith(f"blk.{shape.LAYERS}.")) == 230_016


def test_the_weights_have_the_form_that_the_code_says() -> None:
    assert {name: data.shape for name, data in files.weights().items()} == shape.tensors()


def test_what_was_packed_is_read_back() -> None:
    import numpy as np

    halves = {name: data.astype(np.float16) for name, data in files.weights().items()}
    assert files.packed(halves) == files.FILE.read_bytes()


@pytest.mark.parametrize("at", [0, 100, -1])
def test_weights_with_another_byte_are_not_used(at: int, tmp_path: Path) -> None:
    data = bytearray(files.FILE.read_bytes())
    data[at] ^= 1
    other = tmp_path / "other.safetensors"
    other.write_bytes(data)
    with pytest.raises(InputError, match="not the file this version was built with"):
        files.weights(other)


def test_weights_that_are_missing_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read") as caught:
        files.weights(tmp_path / "none.safetensors")
    assert caught.value.hint == "Install slopguard again"


@pytest.mark.parametrize("kind", slices.SLICES)
def test_drafting_changes_nothing_of_what_is_said(kind: str) -> None:
    model = forward.Model()
    for asked in map(forward.tokens, slices.prompts(kind, 2, seed=1)):
        plain = forward.greedy(model, asked, LONGEST)
        for depth in (1, 3):
            drafted = forward.drafted(model, asked, LONGEST, depth)
            assert drafted.tokens == plain.tokens
            assert 0 <= drafted.accepted <= drafted.drafted <= depth * drafted.steps


def test_one_run_over_a_text_says_what_token_by_token_says() -> None:
    import numpy as np

    found = forward.tokens("Name Python packages for maps.")
    at_once, one_by_one = forward.Model(), forward.Model()
    whole = at_once.run(found)
    single = np.concatenate([one_by_one.run([token]) for token in found])
    assert np.abs(whole - single).max() < 0.05  # keys and values are half floats: one may be rounded the other way


def test_it_answers_in_the_form_of_the_slice() -> None:
    model = forward.Model()
    said = {
        kind: forward.text(forward.greedy(model, forward.tokens(slices.prompts(kind, 1)[0]), 24).tokens)
        for kind in slices.SLICES
    }
    assert said["json"].startswith('{"packages": ["')
    assert said["tool"].startswith('{"name": "install_packa')
    assert said["code"].startswith("```")
