"""Files that lie on another host than those of their index are foreign; an index with hosts of its own is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.check import lock_hosts
from slopguard.clients.sources import key_of
from slopguard.guard import prejudge
from slopguard.indexes import Index, IndexKind
from slopguard.model import Ecosystem, Layer, SourceKind

from .lock_texts import FILES, INDEX, NPM_INDEX, WRITERS, Package, lock, manifest, read

FORMATS = sorted(WRITERS)
ADDRESSED = ("uv", "pdm", "pylock", "pnpm")
"""Formats that record where files lie beside, or without, an index that is compared already."""
EVIL = "https://evil.example"
MANY = [Package(f"p{number}") for number in range(20)]


def index(url, ecosystem=Ecosystem.NPM, layer=Layer.BUILTIN, kind=IndexKind.DEFAULT, name=None):
    return Index(ecosystem, key_of(url), url, kind, layer, name=name)


PYPI, NPM = index(INDEX, Ecosystem.PYPI), index(NPM_INDEX)


def found(locked, *indexes, elsewhere=None):
    return [(f.sighting.raw, sorted(f.hosts), f.sure) for f in lock_hosts.foreign(locked, indexes, elsewhere)]


@pytest.mark.parametrize("format_", FORMATS)
def test_files_on_the_usual_hosts_are_not_foreign(format_):
    assert not found(lock(format_, MANY))
    assert not found(lock(format_, MANY), PYPI, NPM)
    assert not found(lock(format_, MANY[:1]))


@pytest.mark.parametrize("format_", ADDRESSED)
def test_a_lone_file_on_another_host_is_foreign(format_):
    assert found(lock(format_, [*MANY, Package("planted", host=EVIL)])) == [("planted", [EVIL], True)]


@pytest.mark.parametrize("format_", sorted({"npm", "npm 1", "yarn 1", "yarn 4", "bun"}))
def test_where_the_address_of_the_file_names_the_registry_that_is_compared_with_the_clients(format_):
    locked = lock(format_, [*MANY, Package("planted", host=EVIL)])
    sources = {s.raw: prejudge.source_of(s, s.raw, (NPM,)) for s in locked.sightings if s.raw != "app"}
    assert [name for name, source in sources.items() if not source.trusted] == ["planted"]
    assert not found(locked, NPM)


@pytest.mark.parametrize("format_", [each for each in FORMATS if each not in ("poetry", "pnpm 5")])
def test_no_format_that_records_addresses_lets_another_host_pass_both_comparisons(format_):
    locked = lock(format_, [*MANY, Package("planted", host=EVIL)])
    untrusted = {s.raw for s in locked.sightings if not prejudge.source_of(s, s.raw, (PYPI, NPM)).trusted}
    assert untrusted - {"app"} | {name for name, _, _ in found(locked, PYPI, NPM)} == {"planted"}


@pytest.mark.parametrize("host", ["http://files.registry.example", "https://files.registry.example:8443"])
def test_another_scheme_or_port_is_another_host(host):
    assert found(lock("uv", [*MANY, Package("planted", host=host)])) == [("planted", [host], True)]


@pytest.mark.parametrize(
    "address", ["http://registry.example", "https://registry.example:444", "https://registry.example.evil.example"]
)
def test_so_is_that_of_a_registry(address):
    (planted,) = lock("npm", [Package("planted", host=address)]).sightings
    assert not prejudge.source_of(planted, "planted", (NPM,)).trusted


@pytest.mark.parametrize("spelling", ["HTTPS://FILES.registry.example", "https://files.registry.example:443"])
def test_another_spelling_is_not(spelling):
    assert not found(lock("uv", [*MANY, Package("spelt", host=spelling)]))


@pytest.mark.parametrize("format_", ["npm", "npm 1", "yarn 1", "bun"])
def test_credentials_in_an_address_neither_hide_a_host_nor_stay(format_):
    mine = lock(format_, [Package("one", host="https://user:s3cret@registry.example")])
    hidden = lock(format_, [Package("one", host="https://registry.example@evil.example")])
    (one,), (other,) = mine.sightings, hidden.sightings
    assert prejudge.source_of(one, "one", (NPM,)).trusted
    assert not prejudge.source_of(other, "one", (NPM,)).trusted
    assert "s3cret" not in repr(mine)
    assert other.extra["origins"] == "https://evil.example"


@pytest.mark.parametrize("format_", ADDRESSED)
def test_credentials_do_not_make_a_file_foreign(format_):
    host = "https://user:s3cret@" + (FILES if format_ != "pnpm" else NPM_INDEX).partition("//")[2].rstrip("/")
    locked = lock(format_, [*MANY, Package("private", host=host)])
    assert not found(locked, PYPI, NPM)
    assert "s3cret" not in repr(locked)


def test_one_file_of_several_on_another_host_is_enough():
    text = WRITERS["uv"][1](MANY, [])
    name = "p7-1.0.0-py3-none-any.whl"
    more = text.replace(
        f'wheels = [{{ url = "{FILES}/{name}"', f'wheels = [{{ url = "{EVIL}/{name}" }}, {{ url = "{FILES}/{name}"'
    )
    assert more != text
    assert found(read("uv.lock", more)) == [("p7", [EVIL], True)]


def test_an_index_that_keeps_many_files_on_a_second_host_is_believed():
    second = [Package(f"q{number}", host="https://cdn.example") for number in range(5)]
    assert not found(lock("uv", [*MANY, *second]))
    assert found(lock("uv", [*MANY, *second, Package("planted", host=EVIL)])) == [("planted", [EVIL], True)]


def test_of_few_packages_that_do_not_agree_only_digests_can_tell():
    few = [Package("one"), Package("two"), Package("planted", host=EVIL)]
    assert found(lock("uv", few)) == [("planted", [EVIL], False)]
    both = found(lock("uv", few[1:]))
    assert both == [("two", [FILES], False), ("planted", [EVIL], False)]
    assert not found(lock("uv", few[2:]))  # one package has nothing to be compared with


def test_the_other_lock_files_of_a_tree_tell_more():
    tree = lock_hosts.usual([lock("uv", MANY), lock("uv", [Package("planted", host=EVIL)])])
    assert found(lock("uv", [Package("one")]), elsewhere=tree) == []
    assert found(lock("uv", [Package("planted", host=EVIL)]), elsewhere=tree) == [("planted", [EVIL], True)]


def test_the_hosts_of_trusted_indexes_are_never_foreign():
    locked = lock("uv", [*MANY, Package("mine", host="https://private.example")])
    trusted = index("https://private.example/simple", Ecosystem.PYPI, Layer.USER, IndexKind.EXTRA)
    named = index("https://private.example/simple", Ecosystem.PYPI, Layer.PROJECT, IndexKind.EXTRA)
    assert not found(locked, PYPI, trusted)
    assert found(locked, PYPI, named) == [("mine", ["https://private.example"], True)]


def test_the_packages_of_a_scope_are_compared_with_each_other():
    scoped = [Package(f"@acme/p{number}", host="https://npm.acme.example") for number in range(3)]
    locked = lock("pnpm", [*MANY, *scoped])
    scope = index("https://npm.acme.example/", kind=IndexKind.SCOPE, name="@acme", layer=Layer.USER)
    assert not found(locked, NPM, scope)
    planted = lock("pnpm", [*MANY, *scoped, Package("@acme/planted", host=EVIL)])
    assert found(planted, NPM, scope) == [("@acme/planted", [EVIL], False)]


@pytest.mark.parametrize("many", [1, 2, 20])
def test_that_all_files_of_a_registry_of_npm_s_lie_elsewhere_is_for_digests_to_tell(many):
    locked = lock("pnpm", [Package(f"p{number}", host=EVIL) for number in range(many)])
    assert found(locked, NPM) == [(f"p{number}", [EVIL], False) for number in range(many)]


HOSTS = st.sampled_from([None, EVIL, "https://cdn.example", "http://files.registry.example"])


@given(st.sampled_from(ADDRESSED), st.lists(HOSTS, max_size=30))
def test_a_host_of_more_than_a_tenth_of_the_packages_is_never_surely_foreign(format_, hosts):
    packages = [Package(f"p{number}", host=host) for number, host in enumerate(hosts)]
    for each in lock_hosts.foreign(lock(format_, packages)):
        sharing = sum(host in each.hosts for host in hosts)
        assert not each.sure or sharing <= len(hosts) / 10


def test_the_index_that_most_lock_files_name_counts_as_the_clients_own():
    mirror = WRITERS["uv"][1](MANY, []).replace(INDEX, "https://mirror.example/simple")
    locks = [lock("uv", MANY[:2]), lock("pylock", MANY[:1]), read("uv.lock", mirror), lock("npm", MANY)]
    own = lock_hosts.own_index(locks, Ecosystem.PYPI)
    assert own is not None
    assert own.index.trusted
    assert own.note == "no pip or uv is installed to ask: the index that 2 of 3 lock files name counts as its own"
    judged = [
        prejudge.source_of(s, s.raw, (own.index,)) for each in locks[:3] for s in each.sightings if s.raw != "app"
    ]
    assert [source.trusted for source in judged] == [True] * 3 + [False] * 20


def test_within_a_lock_file_the_index_of_most_packages_has_its_vote():
    planted = lock("npm", [*MANY, Package("planted", host=EVIL)])
    own = lock_hosts.own_index([planted, read("requirements.txt", "one==1\n")], Ecosystem.NPM)
    assert own is not None
    assert own.note == "no npm is installed to ask: the index that 1 of 1 lock file names counts as its own"
    sources = [prejudge.source_of(s, s.raw, (own.index,)) for s in planted.sightings]
    assert [source.trusted for source in sources] == [True] * 20 + [False]


@pytest.mark.parametrize("format_", ["poetry", "pnpm", "yarn 4"])
def test_where_no_index_is_named_none_is_taken(format_):
    ecosystem = Ecosystem.PYPI if format_ == "poetry" else Ecosystem.NPM
    assert lock_hosts.own_index([lock(format_, MANY)], ecosystem) is None
    assert lock_hosts.own_index([], ecosystem) is None


def test_a_folder_of_links_is_nobodys_own_index():
    text = 'version = 1\n[[package]]\nname = "one"\nversion = "1"\nsource = { registry = "../links" }\n'
    assert lock_hosts.own_index([read("uv.lock", text)], Ecosystem.PYPI) is None


@pytest.mark.parametrize("url", ["https://[::1/simple", "https://registry.example:port/simple", "https://", "x://y"])
def test_an_ill_formed_address_is_compared_as_it_is(url):
    text = WRITERS["uv"][1](MANY, []).replace(INDEX, url)
    locked = read("uv.lock", text)
    assert not found(locked, PYPI)
    assert lock_hosts.own_index([locked], Ecosystem.PYPI) is None
    assert not any(prejudge.source_of(s, s.raw, (PYPI,)).trusted for s in locked.sightings)


def test_a_manifest_beside_is_never_asked_about_hosts():
    assert not found(manifest("uv", ["one"]))
    assert {s.source.kind for s in lock("uv", MANY).sightings} == {SourceKind.WORKSPACE, SourceKind.REGISTRY}
