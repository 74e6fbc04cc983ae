"""A team's signed list, a person's release, and what happens when either is not what it was."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.world import World, for_clients
from tests.simulators.person import typed

pytestmark = pytest.mark.clients

CLIENTS = (("pip", "newest"), ("uv", "newest"), ("npm", "newest"))
NAME = "sg-fresh-thing"
PASSPHRASE = "three words of mine"


def row(world: World, text: str) -> str:
    return f"{world.ecosystem}\t{text}".replace(" ", "\t")


def packs(world: World) -> list[Path]:
    return sorted((world.box.root / "slopguard" / "lists").glob("*.pack"))


@for_clients(CLIENTS)
def test_a_team_lets_a_young_package_in_until_its_row_ends(world: World) -> None:
    world.release(NAME, "1.0.0", days_old=20)
    command = world.box.install(NAME)
    world.refuses_all(world.guarded(*command), 3, "unverified", NAME)
    world.box.team_list(row(world, f"{NAME} allow until=2020-01-01"))
    world.refuses_all(world.guarded(*command), 3, "unverified", NAME)
    world.box.team_list(row(world, f"{NAME} allow owner=web until=2099-01-01"))
    ran = world.guarded(*command)
    assert ran.rc == 0, ran
    assert ran.lines == []
    assert world.box.installed == {NAME: "1.0.0"}


@for_clients(CLIENTS)
def test_a_release_bound_to_other_hashes_lets_nothing_through(world: World) -> None:
    world.release(NAME, "1.0.0", days_old=20)
    world.box.team_list(
        row(world, f"{NAME} release until=2099-01-01 versions=1.0.0 hashes=sha512:{'0' * 128};sha256:{'0' * 64}")
    )
    ran = world.install(NAME)
    assert ran.rc == 3, ran
    assert world.box.installed == {}


@for_clients(CLIENTS)
def test_a_denied_version_is_stepped_over_and_its_name_stays(world: World) -> None:
    world.established("sg-alpha")
    world.box.team_list(row(world, "sg-alpha deny rule=malicious range=>=1.2.0"))
    ran = world.install("sg-alpha")
    assert ran.rc == 0, ran
    assert world.box.installed == {"sg-alpha": "1.1.0"}


@for_clients(CLIENTS)
def test_a_version_that_fixes_an_advisory_need_not_cool_down(world: World) -> None:
    world.established("sg-alpha")
    world.release("sg-alpha", "1.2.1", hours_old=6)
    world.release("sg-alpha", "1.3.0", hours_old=5)
    world.box.team_list(row(world, "sg-alpha fix versions=1.2.1 id=GHSA-xxxx"))
    ran = world.install("sg-alpha")
    assert ran.rc == 0, ran
    assert world.box.installed == {"sg-alpha": "1.2.1"}


@for_clients(CLIENTS)
def test_a_changed_pack_refuses_everything_and_the_next_command_fetches_it_again(world: World) -> None:
    world.established("sg-alpha", "sg-evil")
    world.box.team_list(row(world, "sg-evil deny rule=denied"))
    world.refuses_all(world.install("sg-evil"), 1, "denied", "sg-evil")
    (pack,) = packs(world)
    pack.write_bytes(pack.read_bytes().replace(b"deny", b"seny"))
    world.refuses_all(world.install("sg-evil"), 4, "list-invalid", "sg-evil")
    world.refuses_all(world.install("sg-evil"), 1, "denied", "sg-evil")


@for_clients(CLIENTS)
def test_an_old_list_served_to_an_emptied_data_folder_is_refused(world: World) -> None:
    world.established("sg-evil")
    published = world.box.team_list(row(world, "sg-other allow"))
    old = dict(published.published)
    world.box.team_list(row(world, "sg-evil deny rule=denied"))
    world.refuses_all(world.install("sg-evil"), 1, "denied", "sg-evil")
    for pack in packs(world):
        pack.unlink()
    published.published = old
    published.write(world.box.root / "lists")
    ran = world.guarded(*world.box.install("sg-evil"), env={"SLOPGUARD_HOME": str(world.box.root / "elsewhere")})
    assert ran.rc == 4, ran
    assert "list-invalid" in ran.text
    assert world.box.installed == {}


@for_clients(CLIENTS)
def test_what_an_expired_list_allows_is_refused_and_what_it_denies_stays_denied(world: World) -> None:
    world.release(NAME, "1.0.0", days_old=20)
    world.established("sg-evil", "sg-alpha")
    rows = (row(world, f"{NAME} allow"), row(world, "sg-evil deny rule=denied"))
    published = world.box.team_list(*rows)
    assert world.guarded("ask", f"{world.ecosystem}:{NAME}").rc == 0
    (pack,) = packs(world)
    published.ends = dict.fromkeys(
        ("root", "targets", "snapshot", "timestamp", "watch"), published.now - timedelta(days=30)
    )
    published.publish_root()
    published.publish()
    from slopguard.lists import pack as packing

    pack.write_bytes(packing.packed(published.files()))
    world.refuses_all(world.install(NAME), 4, "list-expired", NAME)
    world.refuses_all(world.install("sg-evil"), 1, "denied", "sg-evil")
    ran = world.install("sg-alpha")
    assert ran.rc == 0, ran
    assert any("ended on" in line and "slopguard lists sync" in line for line in ran.lines), ran


@for_clients(CLIENTS)
def test_a_publisher_that_never_answered_refuses_everything(world: World) -> None:
    world.established("sg-alpha")
    world.box.settings(f'[lists]\nsources = [{{url = "file:///nowhere/", root = "sha256:{"0" * 64}"}}]\n')
    ran = world.install("sg-alpha")
    world.refuses_all(ran, 4, "list-invalid", "sg-alpha")
    assert "slopguard lists sync" in ran.text


@for_clients(CLIENTS)
def test_a_person_lets_a_package_through_and_it_installs_until_taken_back(world: World) -> None:
    world.release(NAME, "1.0.0", days_old=20)
    spec = f"{world.ecosystem}:{world.exactly(NAME, '1.0.0')}"
    command = [sys.executable, "-m", "slopguard", "allow", spec, "--why", "read every line", "--for", "7d"]
    script = [("characters): ", PASSPHRASE), ("again: ", PASSPHRASE)]
    code, shown = typed(command, world.box.env, world.box.project, script=script)
    assert code == 0, shown
    until = datetime.now(UTC) + timedelta(days=7)
    assert f"{until:%Y-%m-%d}" in shown
    ran = world.install(NAME)
    assert ran.rc == 0, ran
    assert world.box.installed == {NAME: "1.0.0"}
    rows = [entry for entry in world.box.ledger() if entry["rule"] == "released"]
    assert rows
    assert world.guarded("allow", "remove", spec).rc == 0
    assert world.guarded("ask", spec).rc == 3
