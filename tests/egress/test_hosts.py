"""Which hosts are refused: every spelling of one that is known, what lies below it, and what nothing can allow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.egress.hosts import CODE_HOSTS, NotAHost, Refused, canonical

INDEX = "https://registry.example/simple/"


def refuses(refused: Refused, host: str, port: int = 443) -> bool:
    return refused.refuses(canonical(host), port)


@pytest.mark.parametrize(
    "spelled", ["registry.example", "REGISTRY.Example", "registry.example.", "files.registry.example"]
)
@pytest.mark.parametrize("port", [80, 443, 8443])
def test_an_index_is_refused_however_it_is_spelled_and_at_every_port(spelled: str, port: int) -> None:
    assert refuses(Refused([INDEX]), spelled, port)


@pytest.mark.parametrize("host", ["registry.example.org", "aregistry.example", "example", "files.example"])
def test_what_only_looks_like_it_is_not(host: str) -> None:
    assert not refuses(Refused([INDEX]), host)


@pytest.mark.parametrize("host", CODE_HOSTS)
def test_code_hosts_are_refused_unasked_with_all_below_them(host: str) -> None:
    assert refuses(Refused(), host)
    assert refuses(Refused(), f"codeload.{host}")
    assert refuses(Refused(), f"ssh.{host}", 22)


def test_a_bare_host_and_one_learned_later_are_refused() -> None:
    refused = Refused(["Mirror.Example"])
    assert refuses(refused, "mirror.example")
    assert not refuses(refused, "cdn.example")
    refused.add("https://cdn.example/files/a-1.tar.gz")
    assert refuses(refused, "cdn.example")


@pytest.mark.parametrize(
    "where", ["", "file:///srv/wheels", "https://", "http://[", "https://h:port/", "https://ä.example/"]
)
def test_what_names_no_host_refuses_nothing(where: str) -> None:
    assert not refuses(Refused([where]), "registry.example")


@pytest.mark.parametrize(
    "spelled",
    ["127.0.0.1", "localhost", "LOCALHOST.", "[::1]", "127.1", "0x7f000001", "0", "::ffff:127.0.0.1", "a.localhost"],
)
def test_loopback_is_one_host_whose_ports_count(spelled: str) -> None:
    refused = Refused(["http://localhost:8080/simple/"])
    assert refuses(refused, spelled, 8080)
    assert not refuses(refused, spelled, 8081)


def test_an_index_on_loopback_without_a_port_is_at_its_schemes() -> None:
    refused = Refused(["https://localhost/simple/"])
    assert refuses(refused, "127.0.0.1", 443)
    assert not refuses(refused, "127.0.0.1", 80)


@pytest.mark.parametrize("spelled", ["8.8.8.8", "134744072", "0x08.8.8.8", "[2600::1]", "::ffff:8.8.8.8"])
def test_a_public_address_is_refused_because_nothing_tells_whose_it_is(spelled: str) -> None:
    assert refuses(Refused(), spelled)
    assert not refuses(Refused(allow=[canonical(spelled)]), spelled)


@pytest.mark.parametrize("spelled", ["10.1.2.3", "192.168.0.1", "fd00::1"])
def test_a_private_address_is_not_unless_an_index_is_there(spelled: str) -> None:
    url = f"http://[{spelled}]/" if ":" in spelled else f"http://{spelled}/"
    assert not refuses(Refused([INDEX]), spelled)
    assert refuses(Refused([url]), spelled)


@pytest.mark.parametrize(
    ("pattern", "allowed", "refused"),
    [
        ("registry.example", "registry.example", "files.registry.example"),
        ("*.registry.example", "files.registry.example", "registry.example"),
        ("Registry.Example", "registry.example", "files.registry.example"),
        ("GitHub.com", "github.com", "api.github.com"),
        ("*", "8.8.8.8", None),
    ],
)
def test_what_a_person_allows_is_let_through_and_no_more(pattern: str, allowed: str, refused: str | None) -> None:
    hosts = Refused([INDEX], allow=[pattern])
    assert not refuses(hosts, allowed)
    assert refused is None or refuses(hosts, refused)


def test_a_pattern_with_a_port_is_for_that_port() -> None:
    hosts = Refused([INDEX], allow=["registry.example:8443", "[2600::1]:80", "localhost:99"])
    assert not refuses(hosts, "registry.example", 8443)
    assert refuses(hosts, "registry.example", 443)
    assert not refuses(hosts, "2600::1", 80)
    assert refuses(hosts, "2600::1", 443)


@pytest.mark.parametrize("pattern", ["", "a..b", "0x", ":443", "[", "*x", "ä.example"])
def test_a_pattern_that_means_no_host_allows_nothing(pattern: str) -> None:
    assert refuses(Refused([INDEX], allow=[pattern]), "registry.example")


def test_what_is_closed_off_no_pattern_opens() -> None:
    hosts = Refused(allow=["*"])
    hosts.close_off("127.0.0.1", 3128)
    assert refuses(hosts, "localhost", 3128)
    assert not refuses(hosts, "localhost", 3129)


@pytest.mark.parametrize(
    "text", ["", ".", "a b", "a..b", "-a", "a/b", "a:b", "[::1", "ä.example", "a\r\nb", "1.2.3.4.5", "x" * 64]
)
def test_what_is_no_host_is_said_to_be_none(text: str) -> None:
    if text == "[::1":  # a bracket is taken off wherever a URL's parser left one
        assert canonical(text) == "localhost"
        return
    with pytest.raises(NotAHost):
        canonical(text)


@given(st.text(max_size=40))
def test_a_canonical_host_is_safe_to_echo_and_stays_what_it_is(text: str) -> None:
    try:
        host = canonical(text)
    except NotAHost:
        return
    assert set(host) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-:")
    assert canonical(host) == host


def test_what_is_kept_is_refused_whatever_is_allowed_and_from_the_moment_it_is_there() -> None:
    ports: set[int] = set()
    refused = Refused(allow=["*", "localhost:*"], kept=lambda: ports)
    assert not refuses(refused, "127.0.0.1", 4000)
    ports.add(4000)
    for spelled in ("127.0.0.1", "localhost", "[::1]", "127.1"):
        assert refuses(refused, spelled, 4000)
    assert not refuses(refused, "127.0.0.1", 4001)
    assert not refuses(refused, "registry.example", 4000)
