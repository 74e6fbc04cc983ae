"""The variables that put a client under the net, and the way back out of it for the user's own code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.egress.environment import SPARED, covered, uncovered

NET = "http://user:secret@127.0.0.1:1234"
NAMES = [
    "HTTP_PROXY", "https_proxy", "ALL_PROXY", "NO_PROXY", "no_proxy", "YARN_HTTPS_PROXY", "npm_config_noproxy",
    "NPM_CONFIG_HTTPS_PROXY", "npm_config_https-proxy", "pnpm_config_https_proxy", "GIT_CONFIG_COUNT", "PATH",
    "PIP_PROXY", "CARGO_HTTP_PROXY",
]  # fmt: skip


@pytest.mark.parametrize("name", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"])
def test_both_spellings_lead_to_the_net(name: str) -> None:
    env, _ = covered({name: "http://own.example:3128", name.lower(): "http://other.example:3128"}, NET)
    assert env[name] == env[name.lower()] == NET


def test_no_host_is_spared_but_loopback() -> None:
    env, _ = covered({"NO_PROXY": "*", "no_proxy": "registry.example", "npm_config_noproxy": "registry.example"}, NET)
    assert {env[name] for name in ("NO_PROXY", "no_proxy", "npm_config_noproxy")} == {SPARED}


def test_npms_own_settings_count_in_one_spelling_only() -> None:
    before = {"NPM_CONFIG_HTTPS_PROXY": "http://own.example", "npm_config_https-proxy": "x", "pnpm_config_noproxy": "*"}
    env, _ = covered(before, NET)
    assert not set(before) & set(env)
    assert env["npm_config_https_proxy"] == NET


def test_gits_settings_are_added_to_those_that_are_there() -> None:
    env, _ = covered({"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "a.b", "GIT_CONFIG_VALUE_0": "c"}, NET)
    assert env["GIT_CONFIG_COUNT"] == "2"
    assert (env["GIT_CONFIG_KEY_0"], env["GIT_CONFIG_KEY_1"]) == ("a.b", "http.proxy")


@pytest.mark.parametrize("before", [{}, {"CARGO_HTTP_PROXY": "http://own.example:3128"}])
def test_cargos_settings_are_overruled_where_the_net_leads_to_the_users_proxy(before: dict[str, str]) -> None:
    """A proxy in cargo's own settings, or in git's, beats the common variables; `CARGO_HTTP_PROXY` beats it."""
    env, _ = covered(before, NET)
    assert env.get("CARGO_HTTP_PROXY") == before.get("CARGO_HTTP_PROXY")
    env, _ = covered({**before, "https_proxy": "http://own.example:3128"}, NET)
    assert env["CARGO_HTTP_PROXY"] == NET


def test_what_points_pip_at_the_gate_is_left_alone() -> None:
    env, record = covered({"PIP_PROXY": "http://127.0.0.1:9", "PATH": "/bin"}, NET)
    assert (env["PIP_PROXY"], env["PATH"]) == ("http://127.0.0.1:9", "/bin")
    assert not {"PIP_PROXY", "PATH"} & set(record)


@given(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["", "0", "2", "http://own.example:3128", NET])))
def test_the_record_undoes_all_of_it(before: dict[str, str]) -> None:
    env, record = covered(before, NET)
    assert uncovered(env, record) == before


def test_the_way_back_leaves_what_was_set_meanwhile() -> None:
    env, record = covered({"HTTPS_PROXY": "http://own.example:3128"}, NET)
    back = uncovered(env | {"VIRTUAL_ENV": "/venv"}, record)
    assert back == {"HTTPS_PROXY": "http://own.example:3128", "VIRTUAL_ENV": "/venv"}
