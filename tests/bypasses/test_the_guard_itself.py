"""The guard's own cache, settings, lists and program: what changing them gains, and what it does not."""

from __future__ import annotations

import os
import sqlite3
import sys
from pathlib import Path

from tests.bypasses.listed import NOTHING, SETTINGS, SIGNED, stops
from tests.e2e.world import World, for_clients
from tests.simulators.sandbox import Sandbox

EVIL, FRESH = "sg-evil-core", "sg-fresh-thing"
PIP, NPM = ("pip", "newest"), ("npm", "newest")


def data(box: Sandbox) -> Path:
    """`SLOPGUARD_HOME`."""
    return box.root / "slopguard"


@stops("an agent editing the guard's cache", SIGNED)
@for_clients([PIP, NPM])
def test_nothing_in_the_database_or_in_the_cache_of_lists_allows_anything(world: World) -> None:
    world.release(FRESH, hours_old=20, armed=True)
    world.refuses_all(world.install(FRESH, deny=[EVIL]), 3, "unverified", FRESH)
    for place in sorted(data(world.box).rglob("*")):
        if place.suffix in (".db", ".sqlite", ".sqlite3"):
            forge(place)
        elif place.suffix == ".pack":
            place.write_bytes(place.read_bytes().replace(EVIL.encode(), b"sg-evil-cure"))
    ran = world.install(FRESH)
    assert ran.rc in (3, 4), ran
    assert world.box.installed == {}


def forge(database: Path) -> None:
    """Make every number of every table look as if the package were old and well known."""
    with sqlite3.connect(database) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            columns = [
                row[1]
                for row in connection.execute(f"PRAGMA table_info({table})")
                if "REAL" in row[2] or "INT" in row[2]
            ]
            for column in columns:
                try:
                    connection.execute(f"UPDATE {table} SET {column} = 1000000000")
                except sqlite3.DatabaseError:
                    continue
    connection.close()


@stops("an agent editing the guard's config", SETTINGS)
@for_clients([PIP, NPM])
def test_a_project_a_variable_and_a_flag_only_tighten(world: World) -> None:
    world.release(FRESH, hours_old=20, armed=True)
    place = world.box.write("slopguard.toml", 'mode = "observe"\n')
    ran = world.install(FRESH)
    assert ran.rc == 2, ran
    place.rename(world.box.project / "loose.toml")
    ran = world.install(FRESH, env={"SLOPGUARD_CONFIG": str(world.box.project / "loose.toml")})
    assert ran.rc == 2, ran
    ran = world.guarded("--config", "loose.toml", *world.box.install(FRESH))
    assert ran.rc == 2, ran
    assert world.box.installed == {}


@stops("an agent editing the guard's config", NOTHING)
@for_clients([PIP])
def test_whoever_writes_the_users_own_settings_has_them(world: World) -> None:
    world.release(FRESH, hours_old=20)
    world.box.settings('mode = "observe"\n')
    ran = world.install(FRESH)
    assert ran.rc == 0, ran
    assert all(line.startswith("slopguard: OBSERVED ") for line in ran.lines), ran


@stops("the guard's own feed replaced", SIGNED)
@for_clients([PIP, NPM])
def test_a_list_signed_by_somebody_else_allows_nothing(world: World) -> None:
    world.release(FRESH, hours_old=20, armed=True)
    world.established("sg-alpha")
    world.install("sg-alpha", deny=[EVIL])
    packs = list((data(world.box) / "lists").glob("*.pack"))
    assert packs
    for pack in packs:
        pack.write_bytes(b'{"signed": {}, "signatures": []}')
    ran = world.guarded(*world.box.install(FRESH), env={"SLOPGUARD_OFFLINE": "1"})
    assert ran.rc in (1, 3, 4), ran
    assert FRESH not in world.box.installed


@stops("the guard's own binary replaced", NOTHING)
@for_clients([PIP])
def test_whoever_replaces_the_program_has_replaced_it(world: World, tmp_path: Path) -> None:
    """Same account, same rights: said in SECURITY.md; what helps is another user for the agent, or an egress rule."""
    world.established("sg-alpha")
    fake = tmp_path / "fake" / "slopguard"
    fake.mkdir(parents=True)
    (fake / "__init__.py").write_text("")
    (fake / "__main__.py").write_text("print('allowed')\n")
    ran = world.box.direct(
        sys.executable, "-m", "slopguard", "pip", "install", "x", env={"PYTHONPATH": str(fake.parent)}
    )
    assert (ran.rc, ran.out) == (0, "allowed\n")
    assert os.access(fake, os.W_OK)
