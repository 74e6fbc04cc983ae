"""Names that imitate: invisible and look-alike characters, near misses, modules of the language itself."""

from __future__ import annotations

import pytest

from tests.e2e.world import ALL, NODE, PYTHON, World, for_clients

pytestmark = pytest.mark.clients

NOT_PLAIN = {
    "zero-width space": "fla\u200bsk",
    "cyrillic a": "fl\u0430sk",
    "right-to-left mark": "flask\u200f",
    "fullwidth": "\uff46lask",
}


@for_clients(ALL)
def test_a_name_that_is_not_plain_ascii_is_refused_and_shown_escaped(world: World) -> None:
    world.established("flask")
    for name in NOT_PLAIN.values():
        ran = world.install(name)
        assert ran.rc == 1, ran
        assert any("(bad-name)" in line and line.isascii() for line in ran.lines), ran
        assert world.box.installed == {}
    assert world.registry.requests == []
    assert [row["rule"] for row in world.box.ledger()] == ["bad-name"] * len(NOT_PLAIN)


@for_clients(PYTHON)
def test_a_module_of_python_itself_is_not_a_package(world: World) -> None:
    world.established("json")
    world.refuses_all(world.install("json"), 1, "stdlib-name", "json")


@for_clients(NODE)
def test_a_module_of_node_itself_is_not_a_package(world: World) -> None:
    world.established("http2")
    world.refuses_all(world.install("http2"), 1, "stdlib-name", "http2")


@for_clients(ALL)
def test_a_near_miss_of_a_popular_name_is_refused(world: World) -> None:
    near = {"pypi": "reqests", "npm": "expresss"}[world.ecosystem]
    world.release(near, "1.0.0", days_old=30, armed=True)
    world.refuses_all(world.install(near), 1, "lookalike-new", near)
