"""The abbreviated form of a packument: asked for where nothing but the cooldown needs dates, and only then enough."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from slopguard.config.settings import UpstreamSetting
from slopguard.errors import UpstreamError
from slopguard.indexes import Index
from slopguard.model import Ecosystem
from slopguard.registries.npm.packument import Packument
from slopguard.registries.npm.registry import SHORT
from slopguard.registries.pool import Upstreams
from slopguard.registries.shared import Shared
from tests.registries.indexes import FOO
from tests.registries.sessions import Clock, kept, of, read, session
from tests.simulators.npm import CORGI, Npm
from tests.simulators.registry import ago
from tests.simulators.server import Answer, Break, Seen

SETTLED = {"allowed": ("foo",)}


@pytest.fixture
def npm() -> Iterator[Npm]:
    with Npm() as registry:
        yield registry.add("foo", "1.0.0", days_old=400).add("foo", "2.0.0", days_old=4.9)


@pytest.fixture
async def shared() -> AsyncIterator[Shared]:
    async with Shared() as made:
        yield made


async def document(shared: Shared, npm: Npm, **more: Any) -> Packument:
    found = await read(shared, of(npm), **{**SETTLED, **more})
    assert isinstance(found, Packument)
    return found


async def short(one: Upstreams, chosen: Index) -> bool:
    found = await one.page(chosen, FOO)
    assert isinstance(found, Packument)
    return found.short


def forms(npm: Npm) -> list[str]:
    """Which form was asked for, request by request."""
    return ["short" if CORGI in seen.headers["accept"] else "full" for seen in npm.requests]


async def test_a_settled_name_that_nobody_touched_lately_is_asked_for_once_and_briefly(
    npm: Npm, shared: Shared
) -> None:
    found = await document(shared, npm)
    assert found.short
    assert forms(npm) == ["short"]
    assert npm.requests[0].headers["accept"] == SHORT


async def test_each_of_its_versions_counts_as_uploaded_at_the_last_change_and_its_age_is_unknown(
    npm: Npm, shared: Shared
) -> None:
    facts = (await document(shared, npm)).facts()
    assert {release.uploaded for release in facts.releases} == {ago(days=4.9)}
    assert (facts.bounded, facts.dated, facts.first_upload) == (True, True, None)


@pytest.mark.parametrize(
    "more",
    [
        {"allowed": ()},
        {"min_version_age_days": 0},
        {"min_version_age_days": 5},
        {"min_version_age_days": 4},
        {"own": {Ecosystem.NPM: ("fo*",)}},
        {"internal": {Ecosystem.NPM: ("foo",)}},
        {"upstream": {Ecosystem.NPM: UpstreamSetting(curated=True)}},
    ],
    ids=["not listed", "no cooldown", "in the cooldown", "clocks may differ", "own", "internal", "curated"],
)
async def test_otherwise_the_full_document_comes(npm: Npm, shared: Shared, more: dict[str, Any]) -> None:
    found = await document(shared, npm, **more)
    assert not found.short
    assert found.facts().first_upload == ago(days=400)
    assert forms(npm)[-1] == "full"


@pytest.mark.parametrize("more", [{"private": True}, {"curated": True}])
async def test_so_it_does_from_an_index_with_rules_of_its_own(npm: Npm, shared: Shared, more: Any) -> None:
    found = await read(shared, of(npm, **more), allowed=("foo",))
    assert isinstance(found, Packument)
    assert not found.short
    assert forms(npm) == ["full"]


async def test_dates_that_come_from_elsewhere_belong_to_full_documents(npm: Npm, shared: Shared) -> None:
    with Npm() as other:
        other.add("foo", "1.0.0").add("foo", "2.0.0")
        npm.dated = False
        found = await document(shared, npm, upstream={Ecosystem.NPM: UpstreamSetting(dates_from=other.url)})
        assert found.facts().first_upload == ago(days=400)
        assert (forms(npm), forms(other)) == (["full"], ["full"])


@pytest.mark.parametrize("said", [None, "", 7, [], "yesterday", "2020-01-01", "2999-01-01T00:00:00.000Z"])
async def test_a_last_change_that_is_no_moment_or_yet_to_come_is_not_believed(
    npm: Npm, shared: Shared, said: object
) -> None:
    npm.changed["foo"] = said
    assert not (await document(shared, npm)).short
    assert forms(npm) == ["short", "full"]


@pytest.mark.parametrize("status", [400, 406, 415])
async def test_a_registry_that_refuses_the_form_is_asked_for_the_full_one(
    npm: Npm, shared: Shared, status: int
) -> None:
    _answering(npm, Answer(status))
    assert not (await document(shared, npm)).short
    assert forms(npm) == ["short", "full"]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"{", CORGI),
        Answer(200, b"[]", CORGI),
        Answer(200, b'{"name": "foo", "modified": "2020-01-01T00:00:00.000Z"}', CORGI),
        Answer(200, b"<html>", "text/html"),
    ],
    ids=["broken", "no object", "no versions", "a page"],
)
async def test_an_answer_that_is_no_abbreviated_document_is_passed_over(
    npm: Npm, shared: Shared, answer: Answer
) -> None:
    _answering(npm, answer)
    found = await document(shared, npm)
    assert (found.short, list(found.versions)) == (False, ["1.0.0", "2.0.0"])
    assert forms(npm) == ["short", "full"]


async def test_a_registry_that_knows_one_form_only_is_asked_once_and_its_dates_count(npm: Npm, shared: Shared) -> None:
    _answering(npm, npm.respond(Seen("GET", "/foo", "/foo", {}), b""))
    npm.forget()
    facts = (await document(shared, npm)).facts()
    assert forms(npm) == ["short"]
    assert (facts.bounded, facts.first_upload) == (False, ago(days=400))


async def test_one_that_has_no_dates_in_it_is_asked_again(npm: Npm, shared: Shared) -> None:
    npm.dated = False
    _answering(npm, npm.respond(Seen("GET", "/foo", "/foo", {}), b""))
    assert not (await document(shared, npm)).facts().dated
    assert forms(npm) == ["short", "full"]


async def test_a_registry_that_is_down_is_not_asked_twice(npm: Npm, shared: Shared) -> None:
    npm.fail("/foo", Break.STATUS)
    with pytest.raises(UpstreamError):
        await document(shared, npm)
    assert forms(npm) == ["short"]


async def test_who_wants_the_full_document_gets_it_from_then_on(npm: Npm, shared: Shared) -> None:
    chosen = of(npm)
    async with session(shared, chosen, **SETTLED) as one:
        assert (await short(one, chosen)) is True
        one.npm(chosen).whole(FOO)
        for _ in range(2):
            assert (await short(one, chosen)) is False
    assert forms(npm) == ["short", "full"]


async def test_sessions_with_other_rules_do_not_share_it(npm: Npm, shared: Shared) -> None:
    npm.server.cache_control = "max-age=600"
    first = await document(shared, npm)
    for more in ({"min_version_age_days": 30}, {"allowed": ()}):
        other = await document(shared, npm, **more)
        assert (other.short, first.mark == other.mark, first.source == other.source) == (False, False, False)


async def test_one_that_is_here_in_full_already_is_not_asked_for_briefly(npm: Npm, shared: Shared) -> None:
    npm.server.cache_control = "max-age=600"
    await document(shared, npm, allowed=())
    assert not (await document(shared, npm)).short
    assert forms(npm) == ["full"]


@pytest.mark.parametrize("before", [("foo",), ()], ids=["short", "full"])
async def test_offline_whichever_form_was_fetched_will_do(npm: Npm, tmp_path: Path, before: tuple[str, ...]) -> None:
    clock = Clock()
    async with kept(tmp_path, clock) as shared:
        fetched = await document(shared, npm, allowed=before)
    npm.forget()
    async with kept(tmp_path, clock) as shared:
        assert (await document(shared, npm, offline=True)).mark == fetched.mark
    assert npm.requests == []


async def test_offline_a_name_that_is_not_settled_does_without_the_short_form(npm: Npm, tmp_path: Path) -> None:
    clock = Clock()
    async with kept(tmp_path, clock) as shared:
        await document(shared, npm)
    async with kept(tmp_path, clock) as shared:
        with pytest.raises(UpstreamError):
            await document(shared, npm, offline=True, allowed=())


def _answering(npm: Npm, answer: Answer) -> None:
    """From now on this is the answer to everybody who asks for the abbreviated form."""
    usual = npm.server.respond

    def respond(seen: Seen, body: bytes) -> Answer:
        return answer if CORGI in seen.headers.get("accept", "") else usual(seen, body)

    npm.server.respond = respond
