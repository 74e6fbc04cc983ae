"""Sessions of one gate share rendered documents, and each gets the very bytes that it would get alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from slopguard.config import UpstreamSetting
from slopguard.gate import pypi_routes
from slopguard.gate.thread import GateThread
from slopguard.indexes import IndexKind
from slopguard.locked import LockedSet
from slopguard.model import Ecosystem, Layer, Mode
from slopguard.registries.npm.packument import Packument
from tests.gate.conftest import Opened
from tests.gate.house import NPM, PIP, UV, House, Reply, build, npm_index, pypi_index
from tests.simulators.npm import CORGI, Npm
from tests.simulators.pypi import PyPI

TYPED = ["pypi:sg-app", "npm:sg-app"]
PNPM = "pnpm/11.0.0 npm/? node/v20.0.0"
ASKED: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("/pypi/main/simple/sg-app/", UV, {"Accept": "application/vnd.pypi.simple.v1+json"}),
    ("/pypi/main/simple/sg-app/", UV, {"Accept": "text/html"}),
    ("/pypi/main/simple/sg-app/", UV, {"Accept": "application/vnd.pypi.simple.v1+html"}),
    ("/pypi/main/simple/sg-app/", PIP, {"Accept": "application/vnd.pypi.simple.v1+json", "X-Slopguard-Origins": "1"}),
    ("/npm/main/sg-app", NPM, {}),
    ("/npm/main/sg-app", NPM, {"Accept": CORGI}),
    ("/npm/main/sg-app", PNPM, {"Accept": CORGI}),
    ("/npm/main/sg-app", PNPM, {}),
    ("/npm/main/sg-app/1.0.0", NPM, {}),
    ("/npm/main/sg-app/1.1.0", NPM, {}),
    ("/npm/main/sg-app/1.1.0", PNPM, {}),
    ("/npm/main/sg-app/latest", NPM, {}),
    ("/npm/main/-/package/sg-app/dist-tags", NPM, {}),
)


def filled(pypi: PyPI, npm: Npm, *, days: float = 300) -> None:
    """Three versions each, the last one young."""
    pypi.add_established("sg-app").add("sg-app", "2.0", hours_old=100)
    npm.add_established("sg-app").add("sg-app", "2.0.0", hours_old=100)
    npm.add("sg-app", "1.3.0", days_old=days, requires={"sg-other": "1"})


@contextmanager
def second() -> Iterator[tuple[PyPI, Npm]]:
    """Registries with other documents under the same names."""
    with PyPI() as pypi, Npm() as npm:
        pypi.add_established("sg-app")
        npm.add_established("sg-app").add("sg-app", "1.4.0", days_old=200)
        yield pypi, npm


def sessions(pypi: PyPI, npm: Npm, others: tuple[PyPI, Npm]) -> list[Callable[[GateThread, Path], House]]:
    """Sessions that differ in whatever bytes could depend on."""
    mine, theirs = (pypi_index(pypi.url), npm_index(npm.url)), (pypi_index(others[0].url), npm_index(others[1].url))
    links = pypi_index(f"{others[0].url}sg-app/", "links", kind=IndexKind.FIND_LINKS, joined=True)
    dated = {Ecosystem.PYPI: UpstreamSetting(dates_from=pypi.url)}
    deny = "pypi sg-app deny rule=malicious versions=1.1"
    wheel = next(file for file in pypi.projects["sg-app"] if file.version == "1.0").artefact.sha256
    locked = LockedSet({(Ecosystem.PYPI, "sg-app", "1.0"): frozenset({f"sha256:{wheel}"})})
    made: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
        (mine, {}),
        (mine, {"min_version_age_days": 9}),
        (mine, {"min_version_age_days": 0}),
        (mine, {"mode": Mode.OBSERVE}),
        (mine, {"mode": Mode.STRICT}),
        (mine, {"rows": [deny]}),
        (mine, {"rows": [deny, "npm sg-app deny rule=malicious versions=1.1.0"]}),
        (mine, {"typed": None}),
        (mine, {"locked": locked, "mode": Mode.STRICT}),
        (theirs, {}),
        ((mine[0], links, mine[1]), {}),
        ((theirs[0], mine[1]), {"upstream": dated}),
        ((pypi_index(pypi.url, layer=Layer.PROJECT), mine[1]), {}),
        ((pypi_index(pypi.url, "other", kind=IndexKind.EXTRA), mine[0], mine[1]), {}),
    ]
    return [
        lambda gate, home, i=indexes, m=more: build(gate, home, i, **{"typed": TYPED, **m}) for indexes, more in made
    ]


def told(house: House, reply: Reply) -> tuple[int, bytes, str | None]:
    """A reply without what differs from gate to gate and from session to session."""
    own = reply.headers.get("ETag") if reply.status == 200 else None
    body = reply.body.replace(f":{house.port}".encode(), b":PORT")
    return reply.status, body if reply.status == 200 else b"", own and own[:1]


@pytest.mark.parametrize("backwards", [False, True])
def test_what_a_session_gets_does_not_depend_on_who_asked_before(
    pypi: PyPI, npm: Npm, tmp_path: Path, backwards: bool
) -> None:
    filled(pypi, npm)
    with second() as others, GateThread() as shared:
        makers = sessions(pypi, npm, others)[:: -1 if backwards else 1]
        together = [make(shared, tmp_path / f"shared{n}") for n, make in enumerate(makers)]
        for _ in range(2):
            replies = [[told(h, h.ask(path, agent, **more)) for path, agent, more in ASKED] for h in together]
        for number, make in enumerate(makers):
            with GateThread() as own:
                alone = make(own, tmp_path / f"alone{number}")
                assert [told(alone, alone.ask(path, agent, **more)) for path, agent, more in ASKED] == replies[number]
                own.close(alone.session)
                alone.store.close()
        assert len({tuple(each) for each in replies}) > len(replies) // 2  # they do differ
        for house in together:
            shared.close(house.session)
            house.store.close()


def test_a_validator_of_one_session_is_good_for_another_only_where_the_bytes_are(opened: Opened, pypi: PyPI) -> None:
    pypi.add_established("sg-app")
    one, same, other = opened(), opened(), opened(rows=["pypi sg-app deny rule=malicious versions=1.1"])
    tag = one.page("sg-app").headers["ETag"]
    assert same.page("sg-app", If_None_Match=tag).status == 304
    assert other.page("sg-app", If_None_Match=tag).status == 200
    assert other.page("sg-app").headers["ETag"] != tag


def test_each_address_of_the_gate_has_packuments_of_its_own(opened: Opened, npm: Npm) -> None:
    npm.add_established("sg-app")
    house = opened()
    for _ in range(2):
        for host in (f"127.0.0.1:{house.port}", f"localhost:{house.port}"):
            found = house.packument("sg-app", Host=host).json["versions"]["1.0.0"]["dist"]["tarball"]
            assert found.startswith(f"http://{host}/")


def test_a_session_that_learns_learns_from_what_another_was_sent(opened: Opened, npm: Npm) -> None:
    npm.add_established("sg-app", requires={"sg-new": "1"}).add("sg-new", "1.0.0", days_old=20)
    told_so, learning = opened(typed=["npm:sg-app"]), opened(typed=None)
    tag = told_so.packument("sg-app").headers["ETag"]
    assert "(unverified)" in opened(typed=None).packument("sg-new").reason
    assert learning.packument("sg-app", If_None_Match=tag).status == 304
    assert learning.packument("sg-new").status == 200


def test_a_large_packument_is_rewritten_beside_the_loop_that_answers_others(
    opened: Opened, npm: Npm, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm.add_established("sg-small").add_established("sg-large")
    npm.add("sg-large", "1.3.0", days_old=200, readme="x" * (20 << 20))
    house, real = opened(), Packument.render
    going, go, answers = threading.Event(), threading.Event(), list[Reply]()

    def slow(self: Packument, *arguments: Any, **more: Any) -> bytes:
        if self.name == "sg-large":
            going.set()
            assert go.wait(30)
        return real(self, *arguments, **more)

    monkeypatch.setattr(Packument, "render", slow)
    asking = threading.Thread(target=lambda: answers.append(house.packument("sg-large")))
    asking.start()
    assert going.wait(30)
    assert house.packument("sg-small").status == 200
    go.set()
    asking.join()
    assert len(answers[0].json["versions"]["1.3.0"]["readme"]) == 20 << 20


def test_nothing_is_rendered_for_a_client_that_holds_the_bytes_not_even_by_a_gate_that_never_sent_them(
    opened: Opened, pypi: PyPI, npm: Npm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pypi.add_established("sg-app")
    npm.add_established("sg-app")
    house = opened()
    page, packument = house.page("sg-app").headers["ETag"], house.packument("sg-app").headers["ETag"]
    monkeypatch.setattr(Packument, "render", lambda *arguments, **more: pytest.fail("rendered"))
    monkeypatch.setattr(pypi_routes, "render", lambda *arguments, **more: pytest.fail("rendered"))
    assert opened().page("sg-app").status == opened().packument("sg-app").status == 200
    assert opened().packument("sg-app", If_None_Match=packument).status == 304
    with GateThread() as other:
        fresh = build(other, tmp_path / "fresh", [pypi_index(pypi.url)], typed=TYPED)
        assert fresh.page("sg-app", If_None_Match=page).status == 304
        fresh.store.close()


def test_one_address_may_be_an_index_page_here_and_a_page_of_links_there(opened: Opened, pypi: PyPI) -> None:
    pypi.add_established("sg-app")
    links = pypi_index(f"{pypi.url}sg-app/", "links", kind=IndexKind.FIND_LINKS)
    houses = [opened(pypi_index(pypi.url)), opened(links), opened(pypi_index(pypi.url), links)]
    for key, house in (("main", houses[0]), ("links", houses[1]), ("main", houses[2]), ("links", houses[2])):
        found = house.page("sg-app", key=key).json["files"]
        assert [file["filename"] for file in found] == [f"sg_app-1.{n}-py3-none-any.whl" for n in range(3)]
