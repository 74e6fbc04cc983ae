"""Names that models are known to invent: refused, and blocked for good once somebody has registered them."""

from __future__ import annotations

import pytest

from tests.e2e.world import ALL, World, for_clients

pytestmark = pytest.mark.clients

INVENTED = {"pypi": "corefoundation", "npm": "@auth0/node-jwt-verification"}
"""Rows of the shipped watchlist."""


@for_clients(ALL)
def test_a_predicted_name_registered_since_is_blocked(world: World) -> None:
    name = INVENTED[world.ecosystem]
    world.release(name, "1.0.0", days_old=20, armed=True)
    world.refuses_all(world.install(name), 1, "predicted-registered", name)


@for_clients(ALL)
def test_a_predicted_name_that_was_there_before_waits_for_a_person(world: World) -> None:
    name = INVENTED[world.ecosystem]
    for version, days in (("1.0.0", 1500), ("1.1.0", 1200), ("1.2.0", 800)):
        world.release(name, version, days_old=days, armed=True)
    world.refuses_all(world.install(name), 3, "predicted", name)


@for_clients(ALL)
def test_a_predicted_name_that_nobody_has_registered_does_not_exist(world: World) -> None:
    name = INVENTED[world.ecosystem]
    world.refuses_all(world.install(name), 1, "not-found", name)
