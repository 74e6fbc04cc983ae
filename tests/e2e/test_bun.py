"""What is special about bun: scopes in bunfig.toml, its own lock file, tokens, settings of the project, scanners."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.e2e.world import World, for_clients
from tests.simulators.drivers import driver
from tests.simulators.npm import Npm

pytestmark = [pytest.mark.clients, pytest.mark.matrix]

BUN = [("bun", version) for version in driver("bun").versions]
NEWEST = BUN[:1]
OLD = BUN[1:]
GHOST = "sg-ghost-helper"
SCANNER = """export const scanner = {
  version: "1",
  async scan({ packages }) { console.log("scanned", packages.map((one) => one.name).join()); return []; },
};
"""


@pytest.fixture
def private() -> Iterator[Npm]:
    """A registry for the scope @acme that wants a token."""
    with Npm(credentials="Bearer of-the-scope") as registry:
        registry.add_established("@acme/thing")
        yield registry


def lock_of(world: World) -> str:
    return (world.box.project / "bun.lock").read_text()


def same_as_bare(world: World, *argv: str) -> None:
    """Claim: the command succeeds, and leaves the lock file and the manifest that bare bun leaves."""
    places = [world.box.project / name for name in ("bun.lock", "package.json")]
    before = [place.read_bytes() if place.exists() else None for place in places]
    ran = world.guarded(*argv)
    assert ran.rc == 0, ran
    ours = [place.read_bytes() if place.exists() else None for place in places]
    for place, content in zip(places, before, strict=True):
        place.unlink(missing_ok=True) if content is None else place.write_bytes(content)
    world.box.driver.empty(world.box)  # type: ignore[attr-defined]
    bare = world.box.direct(*argv)
    assert bare.rc == 0, bare
    assert [place.read_bytes() if place.exists() else None for place in places] == ours


@for_clients(BUN)
@pytest.mark.parametrize("argv", ["add sg-beta", "add -d sg-beta@1.1.0", "install", "update", "remove sg-alpha"])
def test_lock_file_and_manifest_are_those_of_the_bare_client(world: World, argv: str) -> None:
    world.established("sg-alpha", "sg-beta")
    world.box.driver.manifest(world.box, {"sg-alpha": "^1.0.0"})
    same_as_bare(world, "bun", *argv.split())


@for_clients(BUN)
def test_a_scope_of_the_users_bunfig_is_asked_with_its_own_token(world: World, private: Npm) -> None:
    world.established("sg-alpha")
    world.box.write(
        "~/.bunfig.toml", f'[install.scopes]\n"@acme" = {{ url = "{private.url}", token = "of-the-scope" }}\n'
    )
    same_as_bare(world, "bun", "add", "@acme/thing", "sg-alpha")
    assert private.url in lock_of(world)
    private.forget()
    assert world.guarded("bun", "install", "--frozen-lockfile").rc == 0
    world.refuses(world.guarded("bun", "add", "@acme/ghost"), 1, "not-found", "@acme/ghost")
    assert private.pages


def npmrc(world: World, private: Npm) -> str:
    """An .npmrc that names the registry of a scope, and the token for it."""
    host = private.url.partition(":")[2]
    return f"registry={world.registry.url}\n@acme:registry={private.url}\n{host}:_authToken=of-the-scope\n"


@for_clients(BUN)
def test_a_scope_of_the_users_npmrc_is_asked_with_its_own_token(world: World, private: Npm) -> None:
    world.established("sg-alpha")
    own = world.box.write("~/.npmrc", npmrc(world, private))
    world.box.write("~/.config/kept/settings", "mine")
    same_as_bare(world, "bun", "add", "@acme/thing", "sg-alpha")
    assert own.read_text() == npmrc(world, private)
    private.forget()
    world.refuses(world.guarded("bun", "add", "@acme/ghost"), 1, "not-found", "@acme/ghost")
    world.box.driver.empty(world.box)  # type: ignore[attr-defined]
    assert world.guarded("bun", "install", "--frozen-lockfile").rc == 0


@for_clients(BUN)
def test_a_scope_that_project_and_user_name_alike_is_trusted(world: World, private: Npm) -> None:
    world.box.write("~/.npmrc", npmrc(world, private))
    shared = world.box.write(".npmrc", f"; shared\n@acme:registry = {private.url} ; ours\n")
    before = shared.read_bytes()
    same_as_bare(world, "bun", "add", "@acme/thing")
    assert shared.read_bytes() == before
    world.refuses(world.guarded("bun", "add", "@acme/ghost"), 1, "not-found", "@acme/ghost")
    assert shared.read_bytes() == before


@for_clients(OLD)
def test_what_an_old_bun_starts_would_see_our_settings_folder_so_it_is_not_started(world: World, private: Npm) -> None:
    world.box.write("~/.npmrc", npmrc(world, private))
    for argv in (("bunx", "@acme/thing"), ("bun", "-i", "mine.ts")):
        ran = world.guarded(*argv)
        assert ran.rc == 2, ran
        assert "[install.scopes]" in ran.err
    assert private.requests == world.registry.requests == []


@for_clients(BUN)
def test_a_scope_that_only_the_projects_npmrc_names_is_foreign(world: World) -> None:
    with Npm() as rogue:
        rogue.add_established("@acme/thing")
        world.box.write(".npmrc", f"@acme:registry={rogue.url}\n")
        world.refuses_all(world.install("@acme/thing"), 1, "foreign-source", "@acme/thing")
        assert rogue.downloads == []


@for_clients(BUN)
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bunfig.toml", '[install]\nregistry = "URL"\n'),
        ("bunfig.toml", '[install.registry]\nurl = "URL"\n'),
        (".env", "BUN_CONFIG_REGISTRY=URL\n"),
        (".env.local", "export npm_config_registry='URL'\n"),
    ],
)
def test_a_registry_that_the_project_names_is_foreign(world: World, private: Npm, name: str, text: str) -> None:
    with Npm() as rogue:
        rogue.add_established("sg-alpha")
        world.established("sg-alpha")
        (world.box.home / ".npmrc").unlink()  # before 1.4 it would beat every bunfig.toml
        world.box.write("~/.bunfig.toml", f'[install]\nregistry = "{world.registry.url}"\n')
        world.box.write(name, text.replace("URL", rogue.url))
        ran = world.install("sg-alpha")
        world.refuses_all(ran, 1, "foreign-source", "sg-alpha")
        assert rogue.downloads == []
        assert name in ran.err


@for_clients(BUN)
def test_a_scope_that_the_project_names_is_foreign(world: World) -> None:
    with Npm() as rogue:
        rogue.add_established("@acme/thing")
        world.box.write("bunfig.toml", f'[install.scopes]\n"@acme" = "{rogue.url}"\n')
        world.refuses_all(world.install("@acme/thing"), 1, "foreign-source", "@acme/thing")
        assert rogue.downloads == []


@for_clients(BUN)
def test_a_lock_file_that_names_a_stranger_installs_nothing(world: World) -> None:
    world.established("sg-alpha")
    assert world.install("sg-alpha").rc == 0
    world.registry.forget()
    with Npm() as rogue:
        rogue.add_established("sg-alpha")
        world.box.write("bun.lock", lock_of(world).replace(world.registry.url, rogue.url))
        world.box.driver.empty(world.box)  # type: ignore[attr-defined]
        for argv in (("install", "--frozen-lockfile"), ("install",), ("ci",)):
            world.refuses_all(world.guarded("bun", *argv), 1, "foreign-source", "sg-alpha")
        assert rogue.requests == []


@for_clients(BUN)
def test_a_lock_file_of_npms_is_taken_over_through_the_gate(world: World) -> None:
    world.established("sg-alpha")
    world.box.driver.manifest(world.box, {"sg-alpha": "^1.0.0"})
    digest = world.registry.packages["sg-alpha"]["1.1.0"].artefact.integrity  # type: ignore[union-attr]

    def locked(address: str) -> str:
        entry = {"version": "1.1.0", "resolved": f"{address}sg-alpha/-/sg-alpha-1.1.0.tgz", "integrity": digest}
        root = {"name": "mine", "version": "0.0.0", "dependencies": {"sg-alpha": "^1.0.0"}}
        packages = {"": root, "node_modules/sg-alpha": entry}
        return json.dumps({"name": "mine", "lockfileVersion": 3, "requires": True, "packages": packages}, indent=2)

    world.box.write("package-lock.json", locked(world.registry.url))
    same_as_bare(world, "bun", "install")
    assert world.box.installed == {"sg-alpha": "1.1.0"}
    world.box.driver.empty(world.box)  # type: ignore[attr-defined]
    (world.box.project / "bun.lock").unlink()
    with Npm() as rogue:
        world.box.write("package-lock.json", locked(rogue.url))
        world.refuses(world.guarded("bun", "install"), 1, "foreign-source", "sg-alpha")
        assert rogue.requests == []


@for_clients(BUN)
def test_a_binary_lock_file_is_refused_with_the_way_out(world: World) -> None:
    world.established("sg-alpha")
    world.box.write("bunfig.toml", "[install]\nsaveTextLockfile = false\n")
    assert world.box.direct("bun", "add", "sg-alpha").rc == 0
    assert (world.box.project / "bun.lockb").is_file()
    world.box.write("bunfig.toml", "")
    ran = world.guarded("bun", "install")
    assert ran.rc == 2, ran
    way_out = ("bun", "install", "--save-text-lockfile", "--frozen-lockfile", "--lockfile-only")
    assert " ".join(way_out) in ran.err
    assert world.box.direct(*way_out).rc == 0
    assert (world.box.project / "bun.lock").is_file()


@for_clients(BUN)
def test_a_workspace_with_catalogs_is_judged_as_one(world: World) -> None:
    world.established("sg-alpha", "sg-beta")
    members = {"packages": ["packages/*"], "catalog": {"sg-alpha": "^1.0.0"}, "catalogs": {"old": {"sg-beta": "1.0.0"}}}
    world.box.write("package.json", json.dumps({"name": "mine", "workspaces": members}, indent=2) + "\n")
    needs = {"sg-alpha": "catalog:", "sg-beta": "catalog:old"}
    world.box.write("packages/one/package.json", json.dumps({"name": "one", "version": "1.0.0", "dependencies": needs}))
    same_as_bare(world, "bun", "install", "--linker=hoisted")
    assert world.box.installed.items() >= {"sg-alpha": "1.2.0", "sg-beta": "1.0.0"}.items()
    members["catalog"] |= {GHOST: "^1.0.0"}  # type: ignore[operator]
    world.box.write("package.json", json.dumps({"name": "mine", "workspaces": members}))
    ran = world.guarded("bun", "install")
    world.refuses(ran, 1, "not-found", GHOST)


@for_clients(NEWEST)
def test_the_longer_of_two_cooldowns_counts(world: World) -> None:
    world.established("sg-alpha")
    world.release("sg-alpha", "1.3.0", days_old=20)
    world.release("sg-alpha", "1.4.0", hours_old=5)
    world.box.write("bunfig.toml", f"[install]\nminimumReleaseAge = {100 * 86400}\n")
    assert world.install("sg-alpha").rc == 0
    assert world.box.installed == {"sg-alpha": "1.2.0"}
    world.box.write("bunfig.toml", "[install]\nminimumReleaseAge = 60\n")
    world.box.driver.empty(world.box)  # type: ignore[attr-defined]
    assert world.install("sg-alpha@latest").rc == 0
    assert world.box.installed == {"sg-alpha": "1.3.0"}


@for_clients(BUN)
@pytest.mark.parametrize("scoped", [False, True])
def test_a_scanner_of_the_projects_own_still_scans(world: World, private: Npm, scoped: bool) -> None:
    world.established("sg-alpha")
    world.box.write("scan.ts", SCANNER)
    world.box.write("bunfig.toml", '[install.security]\nscanner = "./scan.ts"\n')
    if scoped:
        world.box.write("~/.bunfig.toml", f'[install.scopes]\n"@acme" = "{private.url}"\n')
    ran = world.install("sg-alpha")
    assert ran.rc == 0, ran
    assert "scanned sg-alpha" in ran.out


@for_clients(BUN)
def test_scripts_run_for_trusted_dependencies_alone_as_always(world: World) -> None:
    for name in ("sg-armed", "sg-other"):
        for version, days in (("1.0.0", 900), ("1.1.0", 600), ("1.2.0", 300)):
            world.release(name, version, days_old=days, armed=True)
    about = {"name": "mine", "dependencies": {"sg-armed": "^1.0.0", "sg-other": "^1.0.0"}}
    world.box.write("package.json", json.dumps({**about, "trustedDependencies": ["sg-armed"]}, indent=2))
    ran = world.guarded("bun", "install")
    assert ran.rc == 0, ran
    assert world.box.traces == ["sg-armed-1.2.0.postinstall"]


@for_clients(NEWEST)
def test_offline_only_what_the_lock_file_says(world: World) -> None:
    world.established("sg-alpha")
    assert world.install("sg-alpha").rc == 0
    world.box.driver.empty(world.box)  # type: ignore[attr-defined]
    ran = world.guarded("bun", "add", "--offline", "sg-alpha")
    assert ran.rc == 4, ran
    ran = world.guarded("bun", "install", "--offline", "--frozen-lockfile")
    assert ran.rc == 0, ran
    assert world.box.installed == {"sg-alpha": "1.2.0"}


@for_clients(BUN)
def test_bun_itself_ends_at_an_address_that_spells_the_refusal_and_our_line_follows(world: World) -> None:
    world.established("sg-parent", needs={GHOST: ""})
    ran = world.install("sg-parent")
    world.refuses(ran, 1, "not-found", GHOST)
    at = ran.err.index(f"/-/slopguard/BLOCKED/{GHOST}/not-found")
    assert ran.err.index("slopguard: BLOCKED npm") > at


@for_clients(BUN)
def test_a_proxy_in_a_projects_env_file_is_not_between_bun_and_the_gate(world: World) -> None:
    world.established("sg-alpha")
    world.box.write(".env", "HTTP_PROXY=http://127.0.0.1:9\nhttp_proxy=http://127.0.0.1:9\n")
    assert world.install("sg-alpha").rc == 0


@for_clients(BUN)
def test_a_token_in_the_environment_is_for_the_default_registry(world: World) -> None:
    with Npm(credentials="Bearer of-the-user") as wanting:
        wanting.add_established("sg-alpha")
        world.box.write("~/.npmrc", f"registry={wanting.url}\n")
        assert world.install("sg-alpha").rc == 4
        ran = world.install("sg-alpha", env={"BUN_CONFIG_TOKEN": "of-the-user"})
        assert ran.rc == 0, ran


@for_clients(BUN)
def test_a_global_install_is_guarded_and_leaves_a_clean_lock_file(world: World) -> None:
    world.established("sg-alpha")
    assert world.guarded("bun", "add", "--global", GHOST).rc == 1
    ran = world.guarded("bun", "add", "--global", "sg-alpha")
    assert ran.rc == 0, ran
    text = (world.box.home / ".bun" / "install" / "global" / "bun.lock").read_text()
    assert world.registry.url in text
    assert "/npm/" not in text


@for_clients(BUN)
def test_publishing_goes_straight_to_the_registry(world: World) -> None:
    host = world.registry.url.partition(":")[2]
    world.box.write("~/.npmrc", f"registry={world.registry.url}\n{host}:_authToken=mine\n")
    world.box.write("package.json", '{"name": "sg-mine", "version": "1.0.0"}')
    ran = world.guarded("bun", "publish")
    assert ran.rc == 0, ran
    assert isinstance(world.registry, Npm)
    assert world.registry.writes == ["PUT sg-mine"]
