"""What the indexes of a session say together about a name."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from slopguard.config import UpstreamSetting
from slopguard.indexes import Index, IndexKind
from slopguard.model import OFFLINE, Ecosystem, Existence, Facts, Layer, NormalizedName
from slopguard.registries.pool import Upstreams
from slopguard.registries.pypi.page import ProjectPage
from tests.registries.indexes import FOO, body, index, settings
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI
from tests.simulators.server import Answer, Break

SCOPED = NormalizedName("@acme/tool")


@pytest.fixture
def one() -> Iterator[PyPI]:
    with PyPI() as registry:
        yield registry


@pytest.fixture
def two() -> Iterator[PyPI]:
    with PyPI() as registry:
        yield registry


def default(registry: PyPI, **more: Any) -> Index:
    return index(registry.url, key="a", **more)


def extra(registry: PyPI, **more: Any) -> Index:
    return index(registry.url, **{"key": "b", "kind": IndexKind.EXTRA, **more})


async def facts(*indexes: Index, route: Index | None = None, **more: Any) -> Facts:
    async with Upstreams(indexes, settings(**more)) as upstreams:
        return await upstreams.facts(Ecosystem.PYPI, FOO, route=route)


async def test_yes_if_any_lists_it_and_no_only_if_all_said_so(one: PyPI, two: PyPI) -> None:
    assert (await facts(default(one), extra(two))).existence is Existence.NO
    two.add("foo", "1.0")
    found = await facts(default(one), extra(two))
    assert found.existence is Existence.YES
    assert found.asked is not None


@pytest.mark.parametrize(("status", "existence"), [(500, Existence.DOWN), (401, Existence.AUTH)])
async def test_a_failing_index_counts_unless_another_has_the_name(
    one: PyPI, two: PyPI, status: int, existence: Existence
) -> None:
    two.fail("/simple/*", Break.STATUS, status=status)
    assert (await facts(default(one), extra(two))).existence is existence
    one.add("foo", "1.0")
    assert (await facts(default(one), extra(two))).existence is Existence.YES


async def test_down_weighs_more_than_refused(one: PyPI, two: PyPI) -> None:
    one.fail("*", Break.STATUS, status=403)
    two.fail("*", Break.STATUS, status=500)
    assert (await facts(default(one), extra(two))).existence is Existence.DOWN


async def test_a_name_without_releases_does_not_outweigh_a_failure(one: PyPI, two: PyPI) -> None:
    one.projects["foo"] = []
    assert (await facts(default(one))).existence is Existence.YES
    two.fail("*", Break.STATUS)
    assert (await facts(default(one), extra(two))).existence is Existence.DOWN


@pytest.mark.parametrize("layer", [Layer.PROJECT, Layer.ENVIRONMENT, Layer.FLAG, Layer.LOCKFILE])
async def test_untrusted_indexes_are_not_asked(one: PyPI, two: PyPI, layer: Layer) -> None:
    two.add("foo", "1.0")
    assert (await facts(default(one), extra(two, layer=layer))).existence is Existence.NO
    assert await facts(extra(two, layer=layer)) == OFFLINE
    assert two.requests == []


async def test_offline_nobody_is_asked(one: PyPI) -> None:
    assert await facts(default(one), offline=True) == OFFLINE
    assert one.requests == []


async def test_an_explicit_index_counts_on_its_own_route_only(one: PyPI, two: PyPI) -> None:
    two.add("foo", "1.0")
    named = extra(two, kind=IndexKind.NAMED, explicit=True)
    assert (await facts(default(one), named)).existence is Existence.NO
    assert (await facts(default(one), named, route=named)).existence is Existence.YES


@pytest.mark.parametrize(("status", "why"), [(500, Existence.DOWN), (403, Existence.AUTH)])
async def test_an_index_that_failed_may_list_more_than_the_others(
    one: PyPI, two: PyPI, status: int, why: Existence
) -> None:
    one.add("foo", "1.0")
    assert (await facts(default(one), extra(two))).partial is None
    two.fail("/simple/*", Break.STATUS, status=status)
    assert (await facts(default(one), extra(two))).partial is why


async def test_an_explicit_index_that_was_not_asked_may_list_more(one: PyPI, two: PyPI) -> None:
    one.add("foo", "1.0")
    named = extra(two, kind=IndexKind.NAMED, explicit=True)
    assert (await facts(default(one), named)).partial is Existence.OFFLINE
    assert (await facts(default(one), named, route=named)).partial is None
    assert (await facts(default(one), replace(named, layer=Layer.PROJECT))).partial is None


async def test_of_an_internal_name_nothing_is_missing_because_no_public_index_was_asked(one: PyPI, two: PyPI) -> None:
    two.add("foo", "1.0")
    inside = extra(two, private=True)
    found = await facts(default(one), inside, internal={Ecosystem.PYPI: ("foo",)})
    assert (found.existence, found.partial, one.requests) == (Existence.YES, None, [])


async def test_equal_versions_of_two_indexes_become_one(one: PyPI, two: PyPI) -> None:
    one.add("foo", "1.0", days_old=10, yanked=True, source=True, wheels=())
    two.add("foo", "1.0.0", days_old=20).add("foo", "2.0", days_old=5)
    found = await facts(default(one), extra(two))
    assert [release.version for release in found.releases] == ["1.0", "2.0"]
    merged = found.releases[0]
    assert len(merged.digests) == 2
    assert (merged.yanked, merged.install_script) == (False, False)
    assert found.first_upload == merged.uploaded == two.files_of("foo")[0].uploaded


async def test_the_gravest_status_counts(one: PyPI, two: PyPI) -> None:
    one.add("foo", "1.0")
    two.add("foo", "1.0").status["foo"] = {"status": "quarantined"}
    assert (await facts(default(one), extra(two))).status == "quarantined"


async def test_an_index_without_dates_makes_the_facts_undated_unless_another_dates_them(one: PyPI, two: PyPI) -> None:
    two.speaks = "html"
    two.add("foo", "1.0")
    assert not (await facts(default(one), extra(two))).dated
    one.add("foo", "1.0")
    assert (await facts(default(one), extra(two))).dated
    two.add("foo", "2.0")
    assert not (await facts(default(one), extra(two))).dated


async def test_a_curated_index_owes_no_dates(one: PyPI) -> None:
    one.speaks = "html"
    one.add("foo", "1.0")
    assert not (await facts(default(one))).dated
    found = await facts(default(one, curated=True))
    assert (found.dated, found.first_upload) == (True, None)
    for url, dated in ((None, True), (one.url.rstrip("/"), True), ("https://registry.example/simple/", False)):
        setting = {Ecosystem.PYPI: UpstreamSetting(url=url, curated=True)}
        assert (await facts(default(one), upstream=setting)).dated is dated


async def test_dates_come_from_elsewhere_for_the_same_files(one: PyPI, two: PyPI) -> None:
    one.speaks = "html"
    one.add("foo", "1.0")
    setting = {Ecosystem.PYPI: UpstreamSetting(dates_from=two.url)}
    assert not (await facts(default(one), upstream=setting)).dated
    two.add("foo", "1.0", days_old=50)
    found = await facts(default(one), upstream=setting)
    assert found.dated
    assert found.first_upload == two.files_of("foo")[0].uploaded
    two.files_of("foo")[0].sha256 = "0" * 64
    assert not (await facts(default(one), upstream=setting)).dated
    two.fail("*", Break.STATUS)
    assert (await facts(default(one), upstream=setting)).existence is Existence.DOWN


async def test_dates_are_not_asked_for_when_they_are_there(one: PyPI, two: PyPI) -> None:
    one.add("foo", "1.0")
    assert (await facts(default(one), upstream={Ecosystem.PYPI: UpstreamSetting(dates_from=two.url)})).dated
    assert two.requests == []


async def test_npm_dates_come_from_elsewhere_too() -> None:
    with Npm() as mirror, Npm() as source:
        mirror.add("foo", "1.0.0")
        source.add("foo", "1.0.0")
        undated = mirror.respond
        mirror.server.respond = lambda seen, sent: _without_time(undated(seen, sent))
        plain = index(mirror.url, ecosystem=Ecosystem.NPM)
        for setting, dated in (({}, False), ({Ecosystem.NPM: UpstreamSetting(dates_from=source.url)}, True)):
            async with Upstreams([plain], settings(upstream=setting)) as upstreams:
                assert (await upstreams.facts(Ecosystem.NPM, FOO)).dated is dated


def _without_time(answer: Answer) -> Answer:
    document = json.loads(answer.body)
    document.pop("time", None)
    return replace(answer, body=json.dumps(document).encode())


async def test_npm_asks_the_scope_s_registry_and_no_other() -> None:
    with Npm() as public, Npm() as private:
        public.add("@acme/tool", "9.0.0").add("foo", "1.0.0")
        private.add("@acme/tool", "1.0.0")
        routes = (
            index(public.url, ecosystem=Ecosystem.NPM, key="d"),
            index(private.url, ecosystem=Ecosystem.NPM, key="s", kind=IndexKind.SCOPE, name="@acme"),
        )
        async with Upstreams(routes, settings()) as upstreams:
            scoped = await upstreams.facts(Ecosystem.NPM, SCOPED)
            assert [release.version for release in scoped.releases] == ["1.0.0"]
            assert (await upstreams.facts(Ecosystem.NPM, FOO)).existence is Existence.YES
            other = await upstreams.facts(Ecosystem.NPM, NormalizedName("@other/tool"))
            assert other.existence is Existence.NO
        assert private.pages == ["@acme/tool"]
        assert public.pages == ["foo", "@other/tool"]


async def test_documents_are_fetched_once_a_session(one: PyPI, tmp_path: Path) -> None:
    one.add("foo", "1.0")
    chosen = default(one)
    npm_index = index(one.url, ecosystem=Ecosystem.NPM)
    on_disk = index(tmp_path.as_uri(), key="c", kind=IndexKind.FIND_LINKS)
    async with Upstreams([chosen, on_disk, npm_index], settings()) as upstreams:
        await upstreams.facts(Ecosystem.PYPI, FOO)
        page = await upstreams.page(chosen, FOO)
        assert isinstance(page, ProjectPage)
        assert page is await upstreams.registry(chosen).project(FOO)
        stream = await upstreams.registry(chosen).file(FOO, page.files[0].filename)
        assert await body(stream.chunks)
        assert await body(await upstreams.registry(chosen).names())
        assert upstreams.npm(npm_index).index is npm_index
    assert one.pages.count("foo") == 1


async def test_an_internal_name_is_asked_of_the_private_index_only(one: PyPI, two: PyPI) -> None:
    internal = {Ecosystem.PYPI: ("foo*",)}
    two.add("foo", "1.0")
    found = await facts(default(one), extra(two, private=True), internal=internal)
    assert found.existence is Existence.YES
    assert one.requests == []
