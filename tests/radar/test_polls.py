"""A poll against registries on loopback: what is asked, what is made of it, what is remembered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from slopguard.indexes import IndexKind
from slopguard.model import Ecosystem, Layer
from slopguard.radar.memory import Memory
from slopguard.radar.model import OBSERVED, State
from slopguard.radar.pace import MOST, Why
from slopguard.radar.session import Session, Wanted
from tests.radar.worlds import DAY, Listed, asked, at, index, poll, settings, target
from tests.simulators.npm import Npm
from tests.simulators.pypi import PyPI
from tests.simulators.server import Answer, Break, Seen

NOW = datetime.now(UTC).replace(microsecond=0)
NONE = timedelta()


async def test_a_name_that_nobody_has_costs_one_question(tmp_path: Path, pypi: PyPI) -> None:
    result = await poll(tmp_path, Listed(target("sg-free")), pypi)
    assert (result.tally.asked, result.tally.states) == (1, {State.FREE: 1})
    assert asked(pypi) == [("HEAD", "sg-free")]


async def test_within_its_interval_a_name_is_not_asked_about_again(tmp_path: Path, pypi: PyPI) -> None:
    names = Listed(target("sg-free"))
    await poll(tmp_path, names, pypi)
    assert (await poll(tmp_path, names, pypi)).tally.asked == 0
    assert (await poll(tmp_path, names, pypi, every=NONE)).tally.asked == 1
    assert len(asked(pypi)) == 2


async def test_free_then_registered_is_an_alarm_with_its_evidence(tmp_path: Path, pypi: PyPI) -> None:
    names = Listed(target("sg-taken", predicted=NOW - DAY))
    await poll(tmp_path, names, pypi)
    pypi.add("sg-taken", "0.0.1")
    at(NOW, pypi, "sg-taken")
    result = await poll(tmp_path, names, pypi, every=NONE)
    (alarm,) = result.tally.alarms
    (file,) = alarm.found.files
    assert alarm.free is not None
    assert (alarm.found.first, alarm.found.versions) == (NOW, ("0.0.1",))
    assert file.name.startswith("sg_taken-0.0.1")
    assert file.size
    assert file.digests[0].startswith("sha256:")
    assert [name for name, _ in names.marked] == ["sg-taken"]
    assert (await poll(tmp_path, names, pypi, every=NONE)).tally.alarms == []


async def test_an_npm_name_scopes_included_keeps_who_published_it(tmp_path: Path, npm: Npm) -> None:
    npm.add("@sg/taken", "1.0.0", maintainers=[{"name": "eve\x1b[2J", "email": "eve@mail.example"}])
    for version in npm.packages["@sg/taken"].values():
        version.published = NOW
    _people(npm, "eve\x1b[2J")
    names = Listed(target("@sg/taken", ecosystem=Ecosystem.NPM, predicted=NOW - DAY))
    (alarm,) = (await poll(tmp_path, names, npm)).tally.alarms
    assert alarm.found.by == ("eve\x1b[2J",), "as it came: it is shown nowhere as it stands"
    assert alarm.found.files[0].name == "taken-1.0.0.tgz"
    assert {digest.partition(":")[0] for digest in alarm.found.files[0].digests} == {"sha1", "sha512"}


def _people(npm: Npm, name: str) -> None:
    """Have documents name a maintainer, as the npm registry's do."""
    import json

    plain = npm.respond

    def named(seen: Seen, body: bytes) -> Answer:
        answer = plain(seen, body)
        if answer.status != 200 or "/-/" in seen.path:
            return answer
        document = json.loads(answer.body) | {"maintainers": [{"name": name, "email": "eve@mail.example"}]}
        return Answer(200, json.dumps(document).encode())

    npm.respond = named  # type: ignore[method-assign]


async def test_a_name_that_was_there_before_raises_no_alarm_and_is_kept_as_such(tmp_path: Path, pypi: PyPI) -> None:
    pypi.add("sg-old", "1.0", days_old=4000)
    result = await poll(tmp_path, Listed(target("sg-old")), pypi)
    assert (result.tally.states, result.tally.alarms) == ({State.BEFORE: 1}, [])


async def test_an_index_without_dates_says_nothing_at_the_first_look(tmp_path: Path, pypi: PyPI) -> None:
    pypi.speaks = "html"
    pypi.add("sg-there", "1.0")
    names = Listed(target("sg-there"), target("sg-free"))
    result = await poll(tmp_path, names, pypi)
    assert (result.tally.states, result.tally.alarms) == ({State.UNDATED: 1, State.FREE: 1}, [])
    pypi.add("sg-free", "1.0")
    assert [alarm.target.name for alarm in (await poll(tmp_path, names, pypi, every=NONE)).tally.alarms] == ["sg-free"]


async def test_a_document_is_fetched_once_and_then_asked_about_conditionally(tmp_path: Path, pypi: PyPI) -> None:
    pypi.server.tags = True
    pypi.add("sg-old", "1.0", days_old=4000)
    names = Listed(target("sg-old"))
    await poll(tmp_path, names, pypi)
    pypi.forget()
    await poll(tmp_path, names, pypi, every=NONE)
    seen = [each for each in pypi.requests if each.path == "/simple/sg-old/"]
    assert [(each.method, "if-none-match" in each.headers) for each in seen] == [("GET", True)]


async def test_dates_are_validators_too(tmp_path: Path, npm: Npm) -> None:
    npm.server.dates = True
    npm.add("sg-old", days_old=4000)
    names = Listed(target("sg-old", ecosystem=Ecosystem.NPM))
    await poll(tmp_path, names, npm)
    await poll(tmp_path, names, npm, every=NONE)
    seen = [each for each in npm.requests if each.path == "/sg-old"]
    assert [(each.method, "if-modified-since" in each.headers) for each in seen] == [
        ("HEAD", False),
        ("GET", False),
        ("GET", True),
    ]


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
async def test_a_status_that_is_no_answer_is_never_free(tmp_path: Path, pypi: PyPI, status: int) -> None:
    pypi.fail("/simple/sg-*", Break.STATUS, status=status)
    result = await poll(tmp_path, Listed(target("sg-name")), pypi)
    assert (result.tally.asked, result.tally.failed, result.tally.states) == (0, 1, {})
    with Memory(tmp_path) as memory:
        assert memory.records([(Ecosystem.PYPI, target("sg-name").name)]) == {}


@pytest.mark.parametrize("kind", [Break.REFUSE, Break.PORTAL, Break.TRUNCATE, Break.GARBLE])
async def test_an_index_that_breaks_is_never_free_nor_an_alarm(tmp_path: Path, pypi: PyPI, kind: Break) -> None:
    pypi.add("sg-name", "1.0")
    at(NOW, pypi, "sg-name")
    pypi.fail("/simple/sg-*", kind)
    result = await poll(tmp_path, Listed(target("sg-name")), pypi)
    assert (result.tally.asked, result.tally.alarms) == (0, [])


async def test_an_index_that_knows_every_name_is_not_heard(tmp_path: Path, pypi: PyPI) -> None:
    pypi.add("sg-name", "1.0")
    pypi.fail("/simple/*", Break.PORTAL)
    result = await poll(tmp_path, Listed(*(target(f"sg-{number}") for number in range(30))), pypi)
    assert list(result.stopped.values()) == [Why.ODD]
    assert asked(pypi) == []
    assert not result.tally.whole


async def test_a_host_that_is_down_is_left_alone_soon_and_the_other_ecosystem_goes_on(
    tmp_path: Path, pypi: PyPI, npm: Npm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slopguard.radar.pace.FIRST", 0.01)
    pypi.fail("/simple/sg-*", Break.STATUS, status=500)
    names = [target(f"sg-{number}", number, eco) for number in range(1, 101) for eco in Ecosystem]
    result = await poll(tmp_path, Listed(*names), pypi, npm)
    assert list(result.stopped.values()) == [Why.DOWN]
    assert len(asked(pypi)) < 50
    assert len(asked(npm)) == 100
    assert (result.tally.asked, result.tally.whole) == (100, False)


async def test_a_host_that_takes_no_head_is_asked_with_get(tmp_path: Path, pypi: PyPI) -> None:
    plain = pypi.respond
    pypi.respond = lambda seen, body: Answer(405) if seen.method == "HEAD" else plain(seen, body)  # type: ignore[method-assign]
    pypi.add("sg-old", "1.0", days_old=4000)
    result = await poll(tmp_path, Listed(target("sg-old"), target("sg-free")), pypi)
    assert result.tally.states == {State.BEFORE: 1, State.FREE: 1}
    assert [method for method, _ in asked(pypi)].count("HEAD") == 0, "the canary has found it out"


async def test_too_many_requests_and_a_time_are_obeyed_in_this_poll_and_the_next(tmp_path: Path, pypi: PyPI) -> None:
    plain = pypi.respond
    busy = Answer(429, headers={"Retry-After": "3600"})
    pypi.respond = lambda seen, body: busy if "/sg-" in seen.path else plain(seen, body)  # type: ignore[method-assign]
    names = Listed(*(target(f"sg-{number}", number) for number in range(1, 50)))
    first = await poll(tmp_path, names, pypi)
    assert list(first.stopped.values()) == [Why.BUSY]
    pypi.forget()
    again = await poll(tmp_path, names, pypi)
    assert list(again.stopped.values()) == [Why.BUSY]
    assert pypi.requests == []


async def test_the_likeliest_names_come_first_and_ecosystems_share_a_limit(
    tmp_path: Path, pypi: PyPI, npm: Npm
) -> None:
    names = [target(f"sg-{number}", number, eco) for eco in Ecosystem for number in range(1, 11)]
    result = await poll(tmp_path, Listed(*names), pypi, npm, limit=6)
    assert result.tally.asked == 6
    assert {name for _, name in asked(pypi)} == {name for _, name in asked(npm)} == {"sg-1", "sg-2", "sg-3"}


async def test_names_of_our_own_are_asked_of_nobody(tmp_path: Path, pypi: PyPI) -> None:
    from slopguard.radar.looking import Looking
    from slopguard.radar.paces import Paces

    ours = settings(tmp_path, internal={Ecosystem.PYPI: ("acme-*",)}, own={Ecosystem.PYPI: ("sg-own",)})
    async with Looking([index(pypi), index(pypi, Layer.ENVIRONMENT)], ours, Paces(1000)) as looking:
        assert looking.asked(target("acme-pay")) == ()
        assert looking.asked(target("sg-own")) == ()
        assert looking.asked(target("sg-other")) == (index(pypi),), "nor is an index that only a variable names"


async def test_of_several_indexes_all_must_say_that_a_name_is_free(tmp_path: Path, pypi: PyPI) -> None:
    with PyPI() as other:
        other.fail("/simple/sg-*", Break.STATUS, status=500)
        assert (await poll(tmp_path, Listed(target("sg-a")), pypi, other)).tally.states == {}
        other.mend()
        assert (await poll(tmp_path, Listed(target("sg-a")), pypi, other)).tally.states == {State.FREE: 1}
        other.add("sg-a", "1.0")
        at(NOW, other, "sg-a")
        assert len((await poll(tmp_path, Listed(target("sg-a")), pypi, other, every=NONE)).tally.alarms) == 1


async def test_a_name_on_an_index_of_ones_own_is_looked_for_on_the_others_too(tmp_path: Path, pypi: PyPI) -> None:
    names = Listed(target("sg-ours"))
    pypi.add("sg-ours", "1.0", days_old=4000)
    with PyPI() as public:
        for _ in range(2):
            assert (await poll(tmp_path, names, pypi, public, every=NONE)).tally.states == {State.BEFORE: 1}
        public.add("sg-ours", "99.0")
        at(NOW, public, "sg-ours")
        (alarm,) = (await poll(tmp_path, names, pypi, public, every=NONE)).tally.alarms
        assert alarm.found.versions == ("99.0",)
        for _ in range(3):
            again = (await poll(tmp_path, names, pypi, public, every=NONE)).tally
            assert (again.states, again.alarms) == ({State.APPEARED: 1}, [])


async def test_names_that_a_host_refuses_keep_nobody_from_the_others(
    tmp_path: Path, pypi: PyPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slopguard.radar.pace.FIRST", 0.01)
    plain = pypi.respond
    pypi.respond = lambda seen, body: Answer(403) if "/bad-" in seen.path else plain(seen, body)  # type: ignore[method-assign]
    bad = [target(f"bad-{number}", number) for number in range(1, 2 * MOST)]
    result = await poll(tmp_path, Listed(*bad, target("sg-free", 90)), pypi)
    assert (result.tally.states, result.tally.failed) == ({State.FREE: 1}, len(bad))
    assert result.stopped == {}
    pypi.respond = lambda seen, body: Answer(403)  # type: ignore[method-assign]
    assert list((await poll(tmp_path / "other", Listed(*bad), pypi)).stopped.values()) == [Why.AUTH]


async def test_after_its_time_a_poll_begins_no_further_name(tmp_path: Path, pypi: PyPI) -> None:
    names = Listed(*(target(f"sg-{number}", number) for number in range(1, 100)))
    result = await poll(tmp_path, names, pypi, seconds=0.0)
    assert (result.tally.asked, result.tally.whole) == (0, False)


async def test_a_name_that_is_taken_down_and_registered_anew_is_another_alarm(tmp_path: Path, pypi: PyPI) -> None:
    names = Listed(target("sg-twice", origin=OBSERVED, rank=None))
    pypi.add("sg-twice", "1.0")
    at(NOW, pypi, "sg-twice")
    assert len((await poll(tmp_path, names, pypi)).tally.alarms) == 1
    kept = pypi.projects.pop("sg-twice")
    assert (await poll(tmp_path, names, pypi, every=NONE)).tally.gone == 1
    pypi.projects["sg-twice"] = kept
    at(NOW + timedelta(hours=1), pypi, "sg-twice")
    assert len((await poll(tmp_path, names, pypi, every=NONE)).tally.alarms) == 1
    with Memory(tmp_path) as memory:
        assert len({noted.alarm.id for noted in memory.alarms()}) == 2


async def test_a_registration_that_an_index_loses_for_a_while_is_one_alarm(tmp_path: Path, pypi: PyPI) -> None:
    names = Listed(*(target(f"sg-{number}", number) for number in range(1, 4)))
    for each in names.all:
        pypi.add(each.name, "1.0")
        at(NOW, pypi, each.name)
    assert len((await poll(tmp_path, names, pypi)).tally.alarms) == 3
    plain = pypi.respond
    for _ in range(2):
        pypi.respond = lambda seen, body: Answer(404)  # type: ignore[method-assign]
        assert (await poll(tmp_path, names, pypi, every=NONE)).tally.gone == 3
        pypi.respond = plain  # type: ignore[method-assign]
        back = (await poll(tmp_path, names, pypi, every=NONE)).tally
        assert (back.states, back.alarms) == ({State.APPEARED: 3}, [])


async def test_the_registry_of_a_scope_is_asked_about_nothing_outside_it(tmp_path: Path, npm: Npm) -> None:
    plain, asked_for = npm.respond, list[str]()

    def only_acme(seen: Seen, body: bytes) -> Answer:
        asked_for.append(seen.path)
        return plain(seen, body) if seen.path.startswith("/@acme/") else Answer(400)

    npm.respond = only_acme  # type: ignore[method-assign]
    scoped = replace(index(npm), kind=IndexKind.SCOPE, name="@acme")
    with Memory(tmp_path) as memory:
        session = Session(settings(tmp_path), [scoped], memory, Listed(target("@acme/x", ecosystem=Ecosystem.NPM)))
        result = await session.run(Wanted((Ecosystem.NPM,), DAY, 1000))
    assert result.tally.states == {State.FREE: 1}
    assert all(path.startswith("/@acme/") for path in asked_for)


def test_the_file_is_for_its_account_only(tmp_path: Path) -> None:
    with Memory(tmp_path / "home"):
        assert (tmp_path / "home" / "radar.db").stat().st_mode & 0o777 == 0o600
