"""What can draft for a model is decided by the tensors in the files, not by names, and before llama.cpp sees them."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest

from slopguard.errors import InputError
from slopguard.forecast.serving import header
from slopguard.forecast.serving.fitting import Kind, fit
from slopguard.forecast.serving.header import Header
from tests.serving import tiny


def made(path: Path, **more: int | bool) -> Header:
    return header.read(tiny.write(path / "made.gguf", **more))  # type: ignore[arg-type]  # of several kinds


def settings(found: Header, **values: int | str) -> Header:
    return replace(found, values=found.values | {key.replace("__", "."): value for key, value in values.items()})


def test_a_model_with_its_layers_drafts_for_itself(tmp_path: Path) -> None:
    found = fit(made(tmp_path), None, speculation=True)
    assert (found.kind, found.blocks, found.context) == (Kind.MTP, 1, tiny.CONTEXT)


def test_a_model_that_lost_them_does_not(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="says it has 1 NextN layers, but"):
        fit(made(tmp_path, tensors=False), None, speculation=True)


def test_layers_that_the_file_does_not_count_are_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no NextN layers"):
        fit(settings(made(tmp_path), mimo2__nextn_predict_layers=0), None, speculation=True)


def test_nobody_needs_drafts(tmp_path: Path) -> None:
    assert fit(made(tmp_path, nextn=0), None, speculation=False).kind is Kind.NONE


def test_a_count_below_nothing_is_none(tmp_path: Path) -> None:
    assert fit(settings(made(tmp_path), mimo2__context_length=-5), None, speculation=True).context == 0


def test_a_drafter_of_the_same_words_is_used_as_what_it_is(tmp_path: Path) -> None:
    model = made(tmp_path, nextn=0, layers=2)
    assert fit(model, made(tmp_path), speculation=True).kind is Kind.MTP
    assert fit(model, made(tmp_path, nextn=0), speculation=True).kind is Kind.SIMPLE


def test_a_drafter_of_other_words_is_refused(tmp_path: Path) -> None:
    model = made(tmp_path)
    assert fit(model, made(tmp_path, nextn=0, spare=128), speculation=True).kind is Kind.SIMPLE
    with pytest.raises(InputError, match="another vocabulary"):
        fit(model, made(tmp_path, nextn=0, spare=129), speculation=True)
    other = settings(made(tmp_path, nextn=0), tokenizer__ggml__model="llama")
    with pytest.raises(InputError, match="another vocabulary"):
        fit(model, other, speculation=True)


def test_a_drafter_of_as_many_other_words_is_refused(tmp_path: Path) -> None:
    """llama.cpp would serve such a pair, and not draft."""
    path = tiny.write(tmp_path / "drafter.gguf", nextn=0)
    words = [struct.pack("<Q1s", 1, letter) for letter in (b"a", b"b")]
    path.write_bytes(path.read_bytes().replace(words[0], words[1], 1))
    with pytest.raises(InputError, match="another vocabulary"):
        fit(made(tmp_path), header.read(path), speculation=True)


def test_layers_of_another_width_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="of another width"):
        fit(made(tmp_path), made(tmp_path, width=32), speculation=True)


def assistant(width: int) -> Header:
    """A drafter of Gemma 4, as llama.cpp reads one (its source; none was seen here)."""
    values = {"general.architecture": "gemma4-assistant", "gemma4-assistant.embedding_length_out": width}
    return Header(values, {}, {"nextn.pre_projection.weight": (2 * width, 256)})


def gemma(width: int) -> Header:
    values = {"general.architecture": "gemma4", "gemma4.embedding_length": width, "gemma4.block_count": 35}
    return Header(values, {}, {"token_embd.weight": (width, 262_144)})


def test_a_drafter_of_gemma_fits_the_gemma_it_was_made_for(tmp_path: Path) -> None:
    assert fit(gemma(1536), assistant(1536), speculation=True).kind is Kind.MTP
    with pytest.raises(InputError, match="another size of Gemma 4"):
        fit(gemma(1536), assistant(2560), speculation=True)
    with pytest.raises(InputError, match="is of Gemma 4, the model is not"):
        fit(made(tmp_path), assistant(64), speculation=True)


def test_a_form_of_drafter_that_llama_does_not_load_is_told_before() -> None:
    draft = Header({"general.architecture": "gemma4_assistant"}, {}, {"nextn.pre_projection.weight": (1, 1)})
    with pytest.raises(InputError, match="does not load drafters of the form"):
        fit(gemma(1536), draft, speculation=True)


def test_what_is_no_language_model_is_refused() -> None:
    with pytest.raises(InputError, match="no language model"):
        fit(Header({"general.architecture": "clip"}, {}, {"v.weight": (1,)}), None, speculation=False)
