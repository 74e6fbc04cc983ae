"""Names from files and into files: every form, bad lines by their number, and nothing lost on the way."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slopguard.errors import InputError
from slopguard.lists.rows import Row
from slopguard.model import Ecosystem, NormalizedName, WatchRow
from slopguard.watchlist import importing
from slopguard.watchlist.answers import Added
from slopguard.watchlist.exporting import list_row, text
from slopguard.watchlist.forms import FORMS, guessed
from slopguard.watchlist.importing import Importing, Read
from slopguard.watchlist.model import Batch, Sighting, Watched
from slopguard.watchlist.records import KEYS, Wrong, record_of, sighting_of
from slopguard.watchlist.watchlist import Watchlist
from tests.watchlist.world import NOW, NPM, PYPI, batch


def take(
    watchlist: Watchlist, content: str, form: str, ecosystem: Ecosystem | None = None, *, ranked: bool = True
) -> tuple[Added, Read]:
    with watchlist.filling(again=True) as filling:
        read = Importing(filling, batch("study", "imported"), ecosystem, ranked).take(io.StringIO(content), form)
        return filling.finish(), read


def known(watchlist: Watchlist) -> list[tuple[str, str, int | None]]:
    found = [each.sighting.watched for each in watchlist.ranked()]
    return [(row.ecosystem.value, row.name, row.rank) for row in found]


def test_plain_names_are_ranked_by_their_order_and_normalised(watchlist: Watchlist) -> None:
    told, read = take(watchlist, "flask-magic\nBig_Name\n\n# a comment\r\nlast\r\nflask-magic\n", "txt", PYPI)
    assert (told, read) == (Added(new=3, again=1), Read(4))
    assert known(watchlist) == [("pypi", "flask-magic", 1), ("pypi", "big-name", 2), ("pypi", "last", 3)]


def test_names_may_say_where_they_belong(watchlist: Watchlist) -> None:
    _, read = take(watchlist, "pypi:a\nnpm:B\n@c/d\nnobody-knows\n", "txt")
    assert read == Read(3, 1, (4, "nothing says whether it is of pypi or npm: add -e"))
    assert sorted(known(watchlist)) == [("npm", "@c/d", 2), ("npm", "B", 1), ("pypi", "a", 1)]


def test_an_order_that_means_nothing_gives_no_rank(watchlist: Watchlist) -> None:
    take(watchlist, "b\na\n", "txt", PYPI, ranked=False)
    assert known(watchlist) == [("pypi", "b", None), ("pypi", "a", None)]


def test_what_a_forecast_writes(watchlist: Watchlist) -> None:
    _, read = take(watchlist, "a,pypi,1,import,0.5\n@b/c,npm,1,words,0.4\nd,pypi,2,words,0.3\n", "csv")
    assert read == Read(3)
    assert known(watchlist) == [("pypi", "a", 1), ("npm", "@b/c", 1), ("pypi", "d", 2)]


def test_the_rank_may_come_first(watchlist: Watchlist) -> None:
    assert take(watchlist, "a,2,pypi,import,0.5\nb,1,pypi,words,0.4\nc,x,pypi,words,0.1\n", "csv")[1].bad == 1
    assert known(watchlist) == [("pypi", "b", 1), ("pypi", "a", 2)]


def test_a_table_with_names_alone_needs_an_ecosystem(watchlist: Watchlist) -> None:
    assert take(watchlist, "a,whatever\n", "csv")[1].bad == 1
    assert take(watchlist, 'a,whatever,"x, y"\n"b"\n', "csv", PYPI)[1] == Read(2)
    assert known(watchlist) == [("pypi", "a", 1), ("pypi", "b", 2)]


def test_rows_of_a_signed_list(watchlist: Watchlist) -> None:
    content = (
        "#slopguard-rows/1\npypi\ta\twatch\torigin=imported\tsource=study\trank=4\tmodels=2\tat=2026-05-01\n"
        "npm\tb\twatch\torigin=generated\tsource=embedded\npypi\tc\tdeny\trule=denied\n"
        "pypi\td\twatch\torigin=imported\tsource=study\tcolour=red\nr\te\twatch\torigin=imported\tsource=study\n"
    )
    _, read = take(watchlist, content, "tsv")
    assert (read.rows, read.bad) == (2, 3)
    assert read.first == (4, "it is no watch row: ECOSYSTEM, NAME, watch, with tabs between")
    (sighting,) = watchlist.sightings(PYPI, "a")
    assert sighting.batch == Batch("imported", "study", datetime(2026, 5, 1, tzinfo=UTC))
    assert sighting.watched == Watched(PYPI, NormalizedName("a"), 4, 2)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("[]", "it is no JSON object"),
        ("{", "it is no JSON"),
        ("[" * 100_000, "it is no JSON"),
        ('{"name": "a"}', "nothing says"),
        ('{"name": "a b", "ecosystem": "pypi"}', "not well-formed"),
        ('{"name": 7, "ecosystem": "pypi"}', "it has no name"),
        ('{"ecosystem": "pypi"}', "it has no name"),
        ('{"name": "a", "ecosystem": "cran"}', "neither pypi nor npm"),
        ('{"name": "a", "ecosystem": []}', "neither pypi nor npm"),
        ('{"name": "a", "ecosystem": "pypi", "rank": 0}', "its rank is no whole number from 1"),
        ('{"name": "a", "ecosystem": "pypi", "rank": true}', "its rank is no whole number from 1"),
        ('{"name": "a", "ecosystem": "pypi", "rank": 1e9999}', "its rank is no whole number from 1"),
        ('{"name": "a", "ecosystem": "pypi", "models": -1}', "its models is no whole number"),
        ('{"name": "a", "ecosystem": "pypi", "low": 2}', "its low is no share"),
        ('{"name": "a", "ecosystem": "pypi", "low": NaN}', "its low is no share"),
        ('{"name": "a", "ecosystem": "pypi", "origin": "observed"}', "its origin is none of"),
        ('{"name": "a", "ecosystem": "pypi", "source": "a study"}', "its source is no short code"),
        ('{"name": "a", "ecosystem": "pypi", "at": "soon"}', "its date is none"),
        ('{"name": "a", "ecosystem": "pypi", "at": 20260501}', "its date is none"),
        ('{"name": "a", "ecosystem": "pypi", "at": ["2026-05-01"]}', "its date is none"),
        ('{"name": "a", "ecosystem": "pypi", "at": {}}', "its date is none"),
        (f'{{"name": "a", "ecosystem": "pypi", "high": {"9" * 400}}}', "its high is no share"),
        ('{"name": "a", "ecosystem": "pypi", "detail": {"a": 1}}', "its detail is no table"),
        ('{"name": "a", "ecosystem": "pypi", "detail": {"a": "\\u001b[31m"}}', "its detail is no table"),
        ('{"name": "a", "ecosystem": "pypi", "verdict": "allow"}', "a key that is not known"),
    ],
)
def test_a_record_that_cannot_be_understood_is_named_by_its_line(watchlist: Watchlist, line: str, why: str) -> None:
    _, read = take(watchlist, f'{{"name": "fine", "ecosystem": "npm"}}\n{line}\n', "jsonl")
    assert (read.rows, read.bad) == (1, 1)
    assert read.first is not None
    assert read.first[0] == 2
    assert why in read.first[1]


def test_a_quote_that_does_not_end_takes_no_other_line_along(watchlist: Watchlist) -> None:
    _, read = take(watchlist, f'a,pypi,1\n"b,pypi,2\nc,pypi,3\n"{"d" * 140_000}",pypi,4\ne,pypi,5\n', "csv")
    assert (read.rows, read.bad, read.first) == (3, 2, (2, "a quote in it does not end"))
    assert known(watchlist) == [("pypi", "a", 1), ("pypi", "c", 3), ("pypi", "e", 5)]


def test_a_line_without_an_end_is_not_gathered_in_memory(watchlist: Watchlist) -> None:
    class Endless:
        def read(self, size: int, /) -> str:
            return "a" * size

    with pytest.raises(InputError, match="more than a million"), watchlist.filling() as filling:
        Importing(filling, batch("study", "imported"), PYPI).take(Endless(), "txt")


def test_the_date_of_a_row_is_one_that_lists_read_however_early_it_is() -> None:
    early = WatchRow("imported", "study", predicted_at=datetime(1, 1, 1, tzinfo=UTC))
    assert list_row("pypi", "a", early).endswith("\tat=0001-01-01")


def test_lines_are_counted_over_the_blocks_of_a_file(watchlist: Watchlist, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BLOCK", 7)
    names = [f"name-{n}" for n in range(50)]
    names[37] = "no name"
    told, read = take(watchlist, "\n".join(names), "txt", PYPI)
    assert (told.new, read.bad, read.first) == (49, 1, (38, "it is no name of its ecosystem"))


@pytest.mark.parametrize(
    ("first", "form"),
    [
        ('{"name": "a"}', "jsonl"),
        ("#slopguard-rows/1", "tsv"),
        ("pypi\ta\twatch", "tsv"),
        ("a,pypi,1", "csv"),
        ("a", "txt"),
    ],
)
def test_the_first_line_tells_the_form(first: str, form: str) -> None:
    assert guessed(first) == form


def test_a_row_of_a_list_is_one_that_lists_read() -> None:
    told = Sighting(batch("models", days=3), Watched(NPM, NormalizedName("@a/b"), 3, models=2))
    (line,) = text("tsv", [told])
    row = Row.parse(line.rstrip("\n").encode()).as_watch()
    assert (row.origin, row.source, row.rank, row.models) == ("generated", "models", 3, 2)
    assert row.predicted_at == datetime(2026, 11, 23, tzinfo=UTC)


# ---------------------------------------------------------------- round trips

CODES = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,10}", fullmatch=True)
WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=10)
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=4000)).map(lambda since: datetime(2020, 1, 1, tzinfo=UTC) + since)
BATCHES = st.builds(
    Batch,
    st.sampled_from(["imported", "generated"]),
    CODES,
    MOMENTS,
    st.one_of(st.none(), MOMENTS.map(lambda moment: moment + timedelta(days=36500))),
    st.dictionaries(WORDS, WORDS, max_size=3),
)
NUMBERS = st.one_of(st.none(), st.integers(0, 1 << 20))
SHARES = st.one_of(st.none(), st.floats(0, 1))
NAMES = st.one_of(
    st.tuples(st.just(PYPI), st.from_regex(r"[a-z0-9]{1,6}(-[a-z0-9]{1,4}){0,2}", fullmatch=True)),
    st.tuples(st.just(NPM), st.from_regex(r"(@[a-z0-9-]{1,5}/)?[A-Za-z0-9][a-z0-9._~'!*()-]{0,6}", fullmatch=True)),
).filter(lambda pair: pair[1] not in ("node_modules", "favicon.ico"))
ROWS = st.builds(
    lambda name, *more: Watched(name[0], NormalizedName(name[1]), *more),
    NAMES,
    st.one_of(st.none(), st.integers(1, 1 << 30)),
    *(NUMBERS, NUMBERS, NUMBERS, NUMBERS),
    *(SHARES, SHARES),
)
SIGHTINGS = st.lists(st.builds(Sighting, BATCHES, ROWS), max_size=20)


@given(st.builds(Sighting, BATCHES, ROWS))
def test_a_record_says_all_of_a_row(sighting: Sighting) -> None:
    record = json.loads(json.dumps(record_of(sighting)))
    assert sighting_of(record, batch("other", "imported"), None) == sighting


@settings(max_examples=30)  # each makes two files
@given(SIGHTINGS, st.sampled_from(["jsonl", "csv"]))
def test_what_is_exported_is_imported_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, told: list[Sighting], form: str
) -> None:
    with Watchlist(tmp_path_factory.mktemp("one")) as one, Watchlist(tmp_path_factory.mktemp("two")) as two:
        for sighting in told:
            with one.filling(again=True) as filling:
                fill(filling, [sighting])
                filling.finish()
        content = "".join(text(form, one.everything()))
        for _ in range(2):  # and a second time changes nothing
            assert take(two, content, form)[1].bad == 0
            assert sorted(map(plain, two.everything())) == sorted(map(plain, one.everything()))


def fill(filling: object, sightings: Sequence[Sighting]) -> None:
    Importing(filling, batch()).put_sightings(sightings)  # type: ignore[arg-type]  # a Filling


def plain(sighting: Sighting) -> str:
    return json.dumps(record_of(sighting), sort_keys=True)


@settings(max_examples=50)  # each makes a file
@given(st.sampled_from(list(FORMS)), st.text(max_size=60), st.sampled_from([None, PYPI, NPM]))
def test_whatever_a_file_holds_each_line_is_put_or_counted(
    tmp_path_factory: pytest.TempPathFactory, form: str, content: str, ecosystem: Ecosystem | None
) -> None:
    with Watchlist(tmp_path_factory.mktemp("home")) as watchlist:
        told, read = take(watchlist, content, form, ecosystem)
        assert told.new + told.again == read.rows
        assert read.rows + read.bad <= content.count("\n") + 1
        assert len(list(watchlist.everything())) == told.new


def test_an_unknown_key_is_never_skipped() -> None:
    with pytest.raises(Wrong):
        sighting_of({"name": "a", "ecosystem": "pypi", "why": "x"}, batch(), None)
    assert len(KEYS) == len(set(KEYS))


def test_importing_a_file_from_disk_and_from_memory_is_the_same(watchlist: Watchlist, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("a\nb\n")
    with (tmp_path / "names.txt").open() as file, watchlist.filling() as filling:
        assert Importing(filling, batch(), PYPI).take(file, "txt") == Read(2)
        filling.finish()
    assert known(watchlist) == [("pypi", "a", 1), ("pypi", "b", 2)]
    assert watchlist.get(PYPI, "a", NOW) is not None
