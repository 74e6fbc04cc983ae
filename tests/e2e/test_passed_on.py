"""What a registry says beside names and files reaches the client; what installs nothing passes by the gate."""

from __future__ import annotations

import json

import pytest

from tests.e2e.world import World, for_clients
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI

pytestmark = pytest.mark.clients

BOTH = [("pip", "newest"), ("uv", "newest")]
PIP, UV, NPM = [("pip", "newest")], [("uv", "newest")], [("npm", "newest")]


def index(world: World) -> PyPI:
    assert isinstance(world.registry, PyPI)
    return world.registry


def registry(world: World) -> Npm:
    assert isinstance(world.registry, Npm)
    return world.registry


@for_clients(BOTH)
def test_yanked_versions_are_avoided_unless_pinned_and_then_said(world: World) -> None:
    world.established("sg-alpha")
    index(world).files_of("sg-alpha")[-1].yanked = "it eats files"
    assert world.install("sg-alpha").rc == 0
    assert world.box.installed == {"sg-alpha": "1.1.0"}
    ran = world.install("sg-alpha==1.2.0")
    assert ran.rc == 0, ran
    assert world.box.installed == {"sg-alpha": "1.2.0"}
    assert "it eats files" in ran.text, ran


@for_clients(BOTH)
def test_the_python_a_version_needs_is_respected(world: World) -> None:
    world.established("sg-alpha")
    index(world).add("sg-alpha", "2.0.0", requires_python=">=99", days_old=100)
    ran = world.install("sg-alpha")
    assert ran.rc == 0, ran
    assert world.box.installed == {"sg-alpha": "1.2.0"}
    refused, bare = world.install("sg-alpha==2.0.0"), world.box.direct(*world.box.install("sg-alpha==2.0.0"))
    assert refused.rc == bare.rc != 0, refused
    assert ">=99" in refused.text


@for_clients(BOTH)
def test_metadata_files_spare_the_client_the_wheels_it_does_not_take(world: World) -> None:
    world.established("sg-alpha")
    world.established("sg-parent", needs={"sg-alpha": "<1.2.0"})
    ran = world.install("sg-parent", "sg-alpha")
    assert ran.rc == 0, ran
    assert world.box.installed == {"sg-alpha": "1.1.0", "sg-parent": "1.2.0"}
    assert sorted(world.registry.downloads) == [f"sg_{n}-{v}-py3-none-any.whl" for n, v in TAKEN]
    assert any(seen.path.endswith(".whl.metadata") for seen in world.registry.requests)


TAKEN = (("alpha", "1.1.0"), ("parent", "1.2.0"))


@for_clients(BOTH)
def test_the_status_of_a_project_is_heeded(world: World) -> None:
    world.established("sg-held", "sg-kept", "sg-old")
    for name, status in (("sg-held", "quarantined"), ("sg-kept", "archived"), ("sg-old", "deprecated")):
        index(world).status[name] = {"status": status, "reason": "because we say so"}
    ran = world.install("sg-held")
    world.refuses_all(ran, 3, "index-quarantined", "sg-held")
    assert "because we say so" not in ran.text
    ran = world.install("sg-kept", "sg-old")
    assert ran.rc == 0, ran
    assert set(world.box.installed) == {"sg-kept", "sg-old"}
    assert [row["verdict"] for row in world.box.ledger() if row["rule"] == "archived"] == ["warn"]


READ_PAGE = """import base64, json, os, urllib.parse, urllib.request
url = urllib.parse.urlsplit(os.environ["PIP_INDEX_URL"])
pair = base64.b64encode(f"{url.username}:{url.password}".encode()).decode() if url.username else ""
page = f"http://{url.netloc.rpartition('@')[2]}{url.path.rstrip('/')}/sg-alpha/"
headers = {"Accept": "application/vnd.pypi.simple.v1+json", "Authorization": f"Basic {pair}"}
print(urllib.request.urlopen(urllib.request.Request(page, headers=headers)).read().decode())
"""


@for_clients(PIP)
def test_a_page_says_through_the_gate_what_it_says_without(world: World) -> None:
    """Hashes, sizes, dates, yanks, signatures (`gpg-sig`), metadata files, provenance links and the status: the lot."""
    world.established("sg-alpha")
    index(world).status["sg-alpha"] = {"status": "deprecated", "reason": "use another"}
    for number, file in enumerate(index(world).files_of("sg-alpha")):
        file.requires_python, file.yanked, file.gpg_sig = ">=3.8", "once" if number else False, bool(number)
        file.provenance = f"{world.registry.server.origin}/integrity/{number}"
    world.box.write("read.py", READ_PAGE)
    ran = world.guarded("run", "--", "python3", "read.py")
    bare = world.box.direct("python3", "read.py", env={"PIP_INDEX_URL": index(world).url})
    assert (ran.rc, bare.rc) == (0, 0), f"{ran}\n{bare}"
    through, direct = json.loads(ran.out), json.loads(bare.out)
    for page in (through, direct):
        for file in page["files"]:
            assert file.pop("url").endswith(file["filename"])
    assert through == direct


@for_clients(NPM)
def test_npm_says_what_is_deprecated_and_which_engine_is_needed(world: World) -> None:
    for version, days in (("1.0.0", 900), ("1.1.0", 600), ("1.2.0", 300)):
        registry(world).add("sg-alpha", version, days_old=days, deprecated="use sg-beta", engines={"node": ">=99"})
    ran = world.install("sg-alpha")
    assert ran.rc == 0, ran
    assert "deprecated sg-alpha@1.2.0: use sg-beta" in ran.text, ran
    assert "EBADENGINE" in ran.text, ran
    assert world.install("sg-alpha", "--engine-strict").rc != 0


@for_clients(NPM)
def test_tags_point_to_versions_that_are_there(world: World) -> None:
    world.established("sg-alpha")
    world.release("sg-alpha", "1.3.0", hours_old=5)
    registry(world).tags["sg-alpha"] |= {"next": "1.3.0", "old": "1.0.0"}
    for spec, version in (("sg-alpha@old", "1.0.0"), ("sg-alpha@latest", "1.2.0"), ("sg-alpha@next", "1.2.0")):
        ran = world.install(spec)
        assert ran.rc == 0, ran
        assert world.box.installed == {"sg-alpha": version}


@for_clients(NPM)
def test_an_audit_and_other_questions_reach_the_registry(world: World) -> None:
    world.established("sg-alpha")
    advisory = {"id": 1, "title": "bad", "severity": "high", "vulnerable_versions": "<2", "url": "https://a.example/1"}
    registry(world).advisories = {"sg-alpha": [advisory]}
    world.box.write("package.json", '{"name": "mine", "version": "0.0.0", "dependencies": {"sg-alpha": "*"}}')
    ran = world.guarded("npm", "install")
    assert ran.rc == 0, ran
    assert "1 high severity vulnerability" in ran.text, ran
    assert "1.2.0" in world.guarded("npm", "view", "sg-alpha", "version").out
    world.registry.forget()
    asked = "npm ping && npm search sg-alpha && npm view sg-alpha version && npm audit"
    ran = world.guarded("run", "--", "sh", "-c", asked)
    assert "1.2.0" in ran.out, ran
    assert "sg-alpha" in ran.out
    assert "1 high severity vulnerability" in ran.text, ran
    assert {"/-/v1/search", "/-/npm/v1/security/advisories/bulk"} <= {seen.path for seen in world.registry.requests}


@for_clients(NPM)
def test_npm_publishes_past_the_gate(world: World) -> None:
    token = f"{registry(world).url.removeprefix('http:')}:_authToken=s3cret\n"
    world.box.write("~/.npmrc", (world.box.home / ".npmrc").read_text() + token)
    world.box.write("package.json", '{"name": "sg-mine", "version": "1.0.0"}')
    for guard in ([], ["run", "--"]):
        ran = world.guarded(*guard, "npm", "publish")
        assert ran.rc == 0, ran
    sent = [seen for seen in world.registry.requests if seen.method == "PUT"]
    assert [seen.path for seen in sent] == ["/sg-mine", "/sg-mine"]
    assert all(seen.headers["user-agent"].startswith("npm/") for seen in sent)
    assert {seen.headers["authorization"] for seen in sent} == {"Bearer s3cret"}
    for command in (["dist-tag", "add", "sg-mine@1.0.0", "old"], ["login"], ["logout"], ["owner", "ls", "sg-mine"]):
        world.guarded("npm", *command)
    assert not [seen for seen in world.registry.requests if "slopguard" in seen.headers.get("user-agent", "")]


@for_clients(UV)
def test_uv_publishes_past_the_gate(world: World) -> None:
    world.established("sg-mine")
    made = index(world).files_of("sg-mine")[0].artefact
    (world.box.project / "dist").mkdir()
    (world.box.project / "dist" / made.filename).write_bytes(made.content)
    to = f"{world.registry.server.origin}/legacy/"
    for guard in ([], ["run", "--"]):
        ran = world.guarded(*guard, "uv", "publish", "--publish-url", to, "--token", "s3cret")
        assert ran.rc == 0, ran
    assert index(world).writes == ["POST legacy", "POST legacy"]
    assert all(seen.headers["user-agent"].startswith("uv/") for seen in world.registry.requests)
