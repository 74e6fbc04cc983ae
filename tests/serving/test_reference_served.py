"""The reference model on a real llama.cpp server: what it says, and how its drafts fare, is what numpy computes."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from slopguard.forecast.campaign.openai import OpenAIModel, OpenAIServer
from slopguard.forecast.known import known
from slopguard.forecast.reference import shape, slices
from slopguard.forecast.reference.gguf_file import Form, write_gguf
from slopguard.forecast.reference.names import names
from slopguard.lists import Lists
from slopguard.model import Ecosystem
from slopguard.names import normalize
from tests.serving.servers import Server, plan, served

if find_spec("numpy") is None:
    pytest.skip("numpy is not installed (extra slopguard[serve])", allow_module_level=True)

from slopguard.forecast.reference import forward

LONGEST = 48
QUESTIONS = [(kind, asked) for kind in slices.SLICES for asked in slices.prompts(kind, 3, seed=5)]


@pytest.fixture(scope="module")
def computed() -> dict[str, forward.Spoken]:
    """What numpy says to each question, with drafts."""
    model = forward.Model()
    return {asked: forward.drafted(model, forward.tokens(asked), LONGEST) for _, asked in QUESTIONS}


def completed(server: Server, asked: str, **more: Any) -> dict[str, Any]:
    """The answer to a question, greedily, with its tokens."""
    body = {"prompt": forward.tokens(asked), "n_predict": LONGEST, "temperature": 0, "return_tokens": True}
    status, answer = server.post("/completion", body | {"cache_prompt": False} | more)
    assert status == 200, answer
    found: dict[str, Any] = answer
    return found


def said(answer: dict[str, Any]) -> list[int]:
    return [token for token in answer["tokens"] if token != shape.END]


@pytest.mark.parametrize(("kind", "asked"), QUESTIONS)
def test_a_plain_server_says_what_numpy_computes(
    kind: str, asked: str, plain_server: Server, computed: dict[str, forward.Spoken]
) -> None:
    answer = completed(plain_server, asked)
    assert said(answer) == computed[asked].tokens
    assert "draft_n" not in answer["timings"]


def test_a_drafting_server_says_the_same_and_counts_the_drafts_that_numpy_counts(
    mtp_server: Server, computed: dict[str, forward.Spoken]
) -> None:
    """Where two drafts are as likely as each other, the order in which numbers are added decides between them."""
    equal = 0
    for _, asked in QUESTIONS:
        answer, spoken = completed(mtp_server, asked), computed[asked]
        assert said(answer) == spoken.tokens
        told = answer["timings"]
        assert 0 < told["draft_n_accepted"] <= told["draft_n"]
        equal += (told["draft_n"], told["draft_n_accepted"]) == (spoken.drafted, spoken.accepted)
    assert equal >= 0.8 * len(QUESTIONS)


def test_the_chat_template_is_the_form_it_was_trained_with(
    plain_server: Server, computed: dict[str, forward.Spoken]
) -> None:
    for _, asked in QUESTIONS[::3]:
        answer = plain_server.chat(asked, LONGEST)
        assert answer["choices"][0]["message"]["content"].strip() == forward.text(computed[asked].tokens).strip()
        assert answer["usage"]["prompt_tokens"] == len(forward.tokens(asked))


def test_tokens_are_bytes(plain_server: Server) -> None:
    text = 'naïve ☃ {"a": 1}\n\tpip install'
    status, answer = plain_server.post("/tokenize", {"content": text})
    assert (status, answer["tokens"]) == (200, list(text.encode()))


def test_a_twin_says_the_same_with_many_times_the_weights(
    twin_gguf: Path, reference_gguf: Path, models: Path, computed: dict[str, forward.Spoken]
) -> None:
    assert twin_gguf.stat().st_size > 30 * reference_gguf.stat().st_size
    with served(plan(twin_gguf, context=1024), models) as server:
        for _, asked in QUESTIONS[::5]:
            assert said(completed(server, asked)) == computed[asked].tokens


def test_a_twin_of_half_floats_says_the_same(
    reference_gguf: Path, models: Path, computed: dict[str, forward.Spoken]
) -> None:
    path = reference_gguf.with_name("halves.gguf")
    write_gguf(path, Form(layers=2, inner=512, halves=True))
    with served(plan(path, context=1024), models) as server:
        same = [said(completed(server, asked)) == computed[asked].tokens for _, asked in QUESTIONS[::2]]
    assert sum(same) >= len(same) - 1  # of two likeliest tokens as good as equal, rounding decides


@pytest.mark.parametrize("form", [{"layers": -1}, {"inner": shape.INNER - 1}])
def test_no_twin_has_less_than_the_model(form: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least"):
        Form(**form)


async def test_names_are_asked_of_a_server_and_none_of_them_is_known(mtp_server: Server) -> None:
    lists = known(Lists.shipped())
    async with OpenAIServer(mtp_server.url) as server:
        (model,) = await server.models()
        first = await names(OpenAIModel(server, model), lists, Ecosystem.PYPI, "PDF generation", 12)
        again = await names(OpenAIModel(server, model), lists, Ecosystem.PYPI, "PDF generation", 12)
    found = [each.name for each in first]
    assert found
    assert len(set(found)) == len(found) <= 12
    assert found == [each.name for each in again]
    assert not set(found) & set(lists.ranked[Ecosystem.PYPI])
    assert all(normalize(Ecosystem.PYPI, name) == name for name in found)
    assert [each.score for each in first] == sorted((each.score for each in first), reverse=True)
