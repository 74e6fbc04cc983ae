"""What a probe makes of engines other than llama.cpp, in the shapes of their documentation (never seen here)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from functools import partial
from time import monotonic
from typing import Any

import pytest

from slopguard.errors import UpstreamError, UsageError
from slopguard.forecast.engines import probe as asking
from slopguard.forecast.engines import server as engine_server
from slopguard.forecast.engines.logprobs import Trust
from slopguard.forecast.engines.model import EngineModel, Told
from slopguard.forecast.engines.probe import probe
from slopguard.forecast.engines.probed import Agreement, OptOut, Probed, SchemaSupport, Speculating, as_json, lines
from slopguard.forecast.engines.server import EngineServer
from slopguard.forecast.engines.speculation import Source
from slopguard.forecast.engines.table import LM_STUDIO, Shape
from tests.forecast.engine_servers import Engine

VERSION = {"/version": {"version": "0.19.1"}}


def drafts(tokens: int) -> dict[str, Any]:
    """What vLLM says of a request that it drafted three tokens a step for, two of them right."""
    steps = tokens // 3
    told = {"num_draft_tokens": 3 * steps, "num_accepted_draft_tokens": 2 * steps, "num_spec_steps": steps}
    return {"metrics": {"speculative_decoding": told | {"acceptance_histogram": {"2": steps}}}}


def counters(generated: int, share: int = 1) -> str:
    steps = share * generated // 3
    lines = {"generation_tokens": generated, "spec_decode_num_drafts": steps, "spec_decode_num_draft_tokens": 3 * steps}
    lines |= {"spec_decode_num_accepted_tokens": 2 * steps}
    text = [
        f'# TYPE vllm:{name}_total counter\nvllm:{name}_total{{engine="0"}} {count}.0' for name, count in lines.items()
    ]
    return "\n".join(text) + "\n"


def alternatives(body: Mapping[str, Any], tokens: int) -> Any:
    top = [{"token": "a", "logprob": -0.5}, {"token": "b", "logprob": -1.5}]
    return (
        {"content": [{"token": "a", "logprob": -0.5, "top_logprobs": top}] * tokens} if body.get("logprobs") else None
    )


def test_vllm_that_tells_with_each_answer() -> None:
    with Engine("vllm", VERSION, lambda body: drafts(body["max_tokens"]), logprobs=alternatives) as server:
        found = probe(server.url)
    assert (found.engine.key, found.build, found.engine.shape) == ("vllm", "0.19.1", Shape.READ)
    assert (found.speculating, found.short.drafted, found.short.accepted) == (Speculating.ON, 24, 16)
    assert (found.logprobs.trust, found.opt_out) == (Trust.REAL, OptOut.IGNORED)
    assert (found.largest_n, found.more, found.schema) == (16, True, SchemaSupport.HELD)


def test_vllm_that_tells_by_its_counters_only() -> None:
    with Engine("vllm", VERSION, metrics=counters) as server:
        found = probe(server.url)
    assert (found.speculating, found.short.source) == (Speculating.ON, Source.METRICS)
    assert (found.short.drafted, found.counters) == (24, Agreement.SILENT)


def test_counters_that_contradict_an_answer_are_told() -> None:
    with Engine("vllm", VERSION, lambda body: drafts(body["max_tokens"] // 2), metrics=counters) as server:
        assert probe(server.url).counters is Agreement.DIFFER


@pytest.mark.parametrize(("said", "counted"), [(0, 1), (1, 0)])
def test_an_answer_and_counters_that_contradict_each_other_settle_nothing(said: int, counted: int) -> None:
    growing = partial(counters, share=counted)
    with Engine("vllm", VERSION, lambda body: drafts(said * body["max_tokens"]), metrics=growing) as server:
        found = probe(server.url)
    assert (found.counters, found.speculating, found.code) == (Agreement.DIFFER, Speculating.UNDETERMINED, 4)
    assert "contradict each other" in "\n".join(lines(found))


def test_an_opt_out_that_only_the_answer_heeds_is_not_believed() -> None:
    def heeding(body: Mapping[str, Any]) -> dict[str, Any]:
        return drafts(0 if body.get("disable_spec_decode") else body["max_tokens"])

    with Engine("vllm", VERSION, heeding, metrics=counters) as server:
        found = probe(server.url)
    assert (found.speculating, found.opt_out) == (Speculating.ON, OptOut.UNDETERMINED)


def test_drafts_that_fit_into_no_answer_are_not_believed() -> None:
    with Engine("vllm", VERSION, lambda body: drafts(10**6)) as server:
        assert probe(server.url).speculating is Speculating.UNDETERMINED


@pytest.mark.parametrize("status", [302, 401, 403, 500, 503, 0])
def test_pages_that_a_server_does_without_settle_nothing(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_server, "SOON", 1.0)
    with Engine("vllm", {}, lambda body: drafts(body["max_tokens"]), elsewhere=status) as server:
        found = probe(server.url)
    assert (found.speculating, found.build, found.counters) == (Speculating.ON, "", Agreement.SILENT)


def test_a_server_that_never_answers_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_server, "SOON", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(UpstreamError, match="in time"):
        probe(f"http://127.0.0.1:{silent.getsockname()[1]}")


def test_all_questions_together_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "LONGEST", 1.0)
    with (
        Engine("vllm", VERSION, chat="/nowhere", elsewhere=0) as server,
        pytest.raises(UpstreamError, match="too long"),
    ):
        probe(server.url)


def test_an_engine_that_heeds_an_opt_out_one_day_is_seen_to() -> None:
    def heeding(body: Mapping[str, Any]) -> dict[str, Any]:
        return drafts(0 if body.get("disable_spec_decode") else body["max_tokens"])

    with Engine("vllm", VERSION, heeding) as server:
        assert probe(server.url).opt_out is OptOut.HONOURED
    with Engine("vllm", VERSION, heeding, refuses=frozenset({"disable_spec_decode"})) as server:
        assert probe(server.url).opt_out is OptOut.REFUSED


@pytest.mark.parametrize("said", [{}, {"speculative": 1}, {"speculative": None}])
def test_slots_that_do_not_say_whether_they_draft_say_nothing(said: dict[str, Any]) -> None:
    with Engine("llamacpp", {"/slots": [{"speculative": False}, said]}) as server:
        found = probe(server.url)
    assert (found.configured, found.speculating) == (None, Speculating.UNDETERMINED)


def test_a_server_that_lists_its_models_no_more_was_identified_already() -> None:
    timings = {"predicted_n": 24, "draft_n": 18, "draft_n_accepted": 12}
    pages = {"/slots": [{"speculative": True}]}
    with Engine("llamacpp", pages, lambda body: {"timings": timings}, lists=2) as server:
        found = probe(server.url)
    assert (found.configured, found.speculating) == ("on", Speculating.ON)


def test_sglang_is_asked_to_tell() -> None:
    def told(body: Mapping[str, Any]) -> dict[str, Any]:
        counts = {"spec_num_proposed_drafts": 24, "spec_num_correct_drafts": 12, "spec_verify_ct": 6}
        return {"sglext": {"spec_tokens_details": counts}} if body.get("return_spec_tokens_details") else {}

    pages = {"/server_info": {"version": "0.6.1", "speculative_algorithm": "NEXTN"}}
    with Engine("sglang", pages, told) as server:
        found = probe(server.url)
    assert (found.engine.key, found.configured, found.speculating) == ("sglang", "NEXTN", Speculating.ON)
    assert (found.short.length, found.opt_out) == (3.0, OptOut.UNKNOWN_WAY)


def test_sglang_without_a_drafter_is_plain() -> None:
    with Engine("sglang", {"/server_info": {"version": "0.6.1", "speculative_algorithm": None}}) as server:
        assert probe(server.url).speculating is Speculating.OFF


def test_sglang_that_names_its_drafter_in_no_words_says_nothing() -> None:
    with Engine("sglang", {"/server_info": {"version": "0.6.1", "speculative_algorithm": [["NEXTN"]]}}) as server:
        found = probe(server.url)
    assert (found.configured, found.speculating) == (None, Speculating.UNDETERMINED)


def test_lm_studio_drafts_when_a_request_names_the_drafter() -> None:
    def told(body: Mapping[str, Any]) -> dict[str, Any]:
        counts = {"total_draft_tokens_count": 20, "accepted_draft_tokens_count": 9} if "draft_model" in body else {}
        return {"stats": {"tokens_per_second": 17.0, **counts}}

    pages = {"/api/v0/models": {"data": [{"id": "m"}]}}
    with Engine("organization_owner", pages, told, chat="/api/v0/chat/completions") as server:
        with_one, without = probe(server.url, draft="small"), probe(server.url)
    assert (with_one.speculating, with_one.opt_out) == (Speculating.ON, OptOut.HONOURED)
    assert (without.speculating, without.opt_out) == (Speculating.OFF, OptOut.NEEDLESS)


def test_a_drafter_is_named_only_where_requests_name_one() -> None:
    with Engine("vllm", VERSION) as server, pytest.raises(UsageError, match="name no drafter"):
        probe(server.url, draft="small")


def test_ollama_does_not_tell() -> None:
    mark = {"system_fingerprint": "fp_ollama"}
    with Engine("library", {"/api/version": {"version": "0.32.14"}}, lambda body: mark, most=1, schema=False) as server:
        found = probe(server.url)
    assert (found.engine.key, found.build, found.code) == ("ollama", "0.32.14", 4)
    assert (found.speculating, found.opt_out) == (Speculating.UNDETERMINED, OptOut.UNDETERMINED)
    assert (found.largest_n, found.more, found.schema) == (1, False, SchemaSupport.IGNORED)


def test_mlx_is_known_by_its_answers() -> None:
    mark = {"system_fingerprint": "0.28.4-0.29.1-macOS-26.1-arm64-arm-64bit-applegpu_g16s"}
    with Engine(None, extra=lambda body: mark) as server:
        assert probe(server.url).engine.key == "mlx-lm"
    with Engine(None, extra=lambda body: {"system_fingerprint": "0.0" + "-0.0" * 50_000}) as server:
        started = monotonic()
        assert probe(server.url).engine.key == "other"
        assert monotonic() - started < 10
    timings = {"predicted_n": 24, "draft_n": 18, "draft_n_accepted": 12, "draft_rounds": 6, "draft_kind": "assistant"}
    with Engine(None, extra=lambda body: {"timings": timings}) as server:
        found = probe(server.url)
    assert (found.engine.key, found.speculating, found.short.steps) == ("mlx-vlm", Speculating.ON, 6)


def test_a_server_of_no_known_kind_is_asked_all_the_same() -> None:
    with Engine("somebody", refuses=frozenset({"logprobs", "response_format"})) as server:
        found = probe(server.url)
    assert (found.engine.key, found.schema, found.logprobs.trust) == ("other", SchemaSupport.REFUSED, Trust.NONE)
    assert found.code == 4


def test_what_answers_no_completion_is_no_server_of_models() -> None:
    with Engine("vllm", VERSION, chat="/elsewhere") as server, pytest.raises(UpstreamError, match="no chat completion"):
        probe(server.url)


def test_a_model_is_asked_with_and_without_its_drafter() -> None:
    def told(body: Mapping[str, Any]) -> dict[str, Any]:
        counts = {"total_draft_tokens_count": 20, "accepted_draft_tokens_count": 9} if "draft_model" in body else {}
        return {"stats": {"tokens_per_second": 17.0, **counts}}

    async def asked(url: str) -> list[Told]:
        async with EngineServer(url) as server:
            models = [EngineModel(server, "m", LM_STUDIO, draft="small", plain=plain) for plain in (False, True)]
            return [await model.told("Name a package.", 1, 7, 0.0) for model in models]

    with Engine("organization_owner", {}, told, chat="/api/v0/chat/completions") as server:
        drafting, plain = asyncio.run(asked(server.url))
    assert (drafting.speculation.drafted, drafting.heeded) == (20, None)
    assert (plain.speculation.active, plain.heeded) == (False, True)


def test_a_server_that_breaks_after_its_first_answer_leaves_the_rest_undetermined() -> None:
    with Engine("vllm", VERSION, lambda body: drafts(body["max_tokens"]), breaks_after=1) as server:
        found = probe(server.url)
    assert found.speculating is Speculating.ON
    assert (found.schema, found.opt_out) == (SchemaSupport.UNDETERMINED, OptOut.UNDETERMINED)


def test_a_server_with_several_models_wants_one_named() -> None:
    with Engine("vllm", VERSION, lambda body: drafts(body["max_tokens"]), models=("m", "other")) as server:
        with pytest.raises(UsageError, match="several models"):
            probe(server.url)
        assert probe(server.url, "other").model == "other"
        with pytest.raises(UsageError, match="--model takes"):
            probe(server.url, "other\nm")


def test_every_finding_has_words_and_a_place_in_the_json() -> None:
    with Engine("somebody") as server:
        found = probe(server.url)
    told = as_json(found)
    assert told["speculation"]["drafted"] is None  # type: ignore[index]  # a dict, seen from here as an object
    for line in lines(found):
        assert line.isascii()
    assert isinstance(found, Probed)
    assert any("from its documentation only" in line for line in lines(found))
