"""A settings file of the user's changes which index is asked: `[upstream]`, `[internal] index`, accepted indexes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from slopguard.clients.applied import applied
from slopguard.config import Settings, UpstreamSetting
from slopguard.indexes import Credentials, Index, IndexKind
from slopguard.model import Ecosystem, Layer

CLIENTS_OWN = Index(
    Ecosystem.PYPI,
    "k",
    "https://registry.example/simple",
    IndexKind.DEFAULT,
    Layer.BUILTIN,
    credentials=Credentials("me", "hunter2"),
)
EXTRA = Index(Ecosystem.PYPI, "e", "https://extra.example/simple", IndexKind.EXTRA, Layer.PROJECT)


def settings(**more: object) -> Settings:
    return Settings(Path("/home"), **more)  # type: ignore[arg-type]  # the test's own keywords


def test_without_settings_nothing_changes() -> None:
    assert applied((CLIENTS_OWN, EXTRA), settings(), {}) == (CLIENTS_OWN, EXTRA)


def test_an_upstream_replaces_the_default_and_takes_no_credentials_along() -> None:
    upstream = {Ecosystem.PYPI: UpstreamSetting("https://own.example/simple/", curated=True)}
    default, extra = applied((CLIENTS_OWN, EXTRA), settings(upstream=upstream), {"HOME": "/nowhere"})
    assert (default.url, default.layer, default.curated) == ("https://own.example/simple/", Layer.ACCEPTED, True)
    assert default.credentials is None
    assert default.key != CLIENTS_OWN.key
    assert extra == EXTRA


def test_an_upstream_that_says_the_same_changes_no_address() -> None:
    upstream = {Ecosystem.PYPI: UpstreamSetting("https://REGISTRY.example/simple/")}
    assert applied((CLIENTS_OWN,), settings(upstream=upstream), {}) == (CLIENTS_OWN,)
    assert applied((CLIENTS_OWN,), settings(upstream={Ecosystem.PYPI: UpstreamSetting(curated=True)}), {})[0].curated


def test_an_upstream_vouches_for_the_same_address_in_a_variable() -> None:
    """As on CI, where `PIP_INDEX_URL` is how a machine is configured; for no other address in it."""
    named = replace(CLIENTS_OWN, layer=Layer.ENVIRONMENT)
    same, curated = UpstreamSetting("https://registry.example/simple"), UpstreamSetting(curated=True)
    (found,) = applied((named,), settings(upstream={Ecosystem.PYPI: same}), {})
    assert found == replace(named, layer=Layer.ACCEPTED)
    assert not applied((named,), settings(upstream={Ecosystem.PYPI: curated}), {})[0].trusted
    (extra,) = applied((replace(EXTRA, url=named.url),), settings(upstream={Ecosystem.PYPI: same}), {})
    assert not extra.trusted


@pytest.mark.parametrize(
    ("prefix", "covered"),
    [
        ("https://extra.example/", True),
        ("https://extra.example/simple/", True),
        ("https://extra.example/sim", False),
        ("https://extra.example.evil.example/", False),
        ("http://extra.example/", False),
    ],
)
def test_a_prefix_ends_at_a_slash(prefix: str, covered: bool) -> None:
    (private,) = applied((EXTRA,), settings(private_indexes=(prefix,)), {})
    assert (private.private, private.trusted) == (covered, covered)
    (accepted,) = applied((EXTRA,), settings(accepted_indexes=(prefix,)), {})
    assert (accepted.private, accepted.trusted) == (False, covered)
