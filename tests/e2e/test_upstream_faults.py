"""An upstream that is broken in any way: code 4 and one clear line, never a wrong delivery."""

from __future__ import annotations

import pytest

from tests.e2e.world import World, for_clients
from tests.simulators.server import Break

pytestmark = pytest.mark.clients

CLIENTS = [("pip", "newest"), ("uv", "newest"), ("npm", "machine")]
UNUSABLE = [Break.REFUSE, Break.STALL, Break.DRIP, Break.TRUNCATE, Break.GARBLE, Break.PORTAL, Break.WRONG_TYPE]


@for_clients(CLIENTS)
def test_a_project_page_that_is_no_usable_answer_is_unchecked(world: World) -> None:
    world.box.settings("timeout = 1\n")
    world.established("sg-alpha")
    for kind in UNUSABLE:
        world.registry.fail("*/sg-alpha*", kind)
        world.refuses_all(world.install("sg-alpha"), 4, "upstream-down", "sg-alpha")
        world.registry.forget()


@for_clients(CLIENTS)
def test_an_error_status_says_whether_it_is_the_index_or_the_credentials(world: World) -> None:
    world.established("sg-alpha")
    for status, rule in ((500, "upstream-down"), (503, "upstream-down"), (401, "upstream-auth")):
        world.registry.fail("*/sg-alpha*", Break.STATUS, status=status)
        world.refuses_all(world.install("sg-alpha"), 4, rule, "sg-alpha")
        world.registry.forget()


@for_clients(CLIENTS)
def test_an_index_that_is_gone_is_unchecked(world: World) -> None:
    world.registry.close()
    world.refuses(world.install("sg-alpha"), 4, "upstream-down", "sg-alpha")


@for_clients(CLIENTS)
def test_a_dependency_page_that_breaks_stops_the_install(world: World) -> None:
    world.box.settings("timeout = 1\n")
    world.established("sg-alpha")
    world.established("sg-parent", needs={"sg-alpha": ""})
    for kind in (Break.STALL, Break.TRUNCATE, Break.PORTAL):
        world.registry.fail("*/sg-alpha*", kind)
        ran = world.install("sg-parent")
        world.refuses(ran, 4, "upstream-down", "sg-alpha")
        assert world.box.installed == {}, ran


@for_clients(CLIENTS)
@pytest.mark.parametrize("kind", [Break.GARBLE, Break.TRUNCATE, Break.DRIP, Break.PORTAL])
def test_a_file_that_breaks_on_the_way_is_not_installed(world: World, kind: Break) -> None:
    world.box.settings("timeout = 1\n")
    world.established("sg-alpha")
    world.registry.fail("*.whl", kind)
    world.registry.fail("*.tgz", kind)
    ran = world.install("sg-alpha")
    wrong_bytes = kind in (Break.GARBLE, Break.PORTAL)
    assert ran.rc == (1 if wrong_bytes else 4), ran
    assert any(("(hash-mismatch)" if wrong_bytes else "(upstream-down)") in line for line in ran.lines), ran
    assert world.box.installed == {}
    assert world.box.traces == []
