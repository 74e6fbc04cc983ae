"""A team shares its watchlist: exported on one machine, signed by people, fetched and obeyed on another."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from slopguard.curation import ceremony, generated, watching
from slopguard.curation.diff import diff
from slopguard.curation.layout import Layout
from slopguard.curation.sources import read_list
from slopguard.errors import InputError
from slopguard.model import Ecosystem, WatchRow
from tests.cli.program import Program
from tests.curation.repository import Repository

ROW = "pypi\tacme-magic\twatch\torigin=generated\tsource=embedded\trank=1\tmodels=2\tat=2026-05-01"


@pytest.fixture
def writer(tmp_path: Path) -> Program:
    return Program(tmp_path / "writer")


@pytest.fixture
def reader(tmp_path: Path) -> Program:
    return Program(tmp_path / "reader")


@pytest.fixture
def acme(tmp_path: Path) -> Repository:
    (tmp_path / "lists").mkdir()
    return Repository(tmp_path / "lists")


def trusting(reader: Program, acme: Repository) -> None:
    """The reader's settings name the published lists."""
    from hashlib import sha256

    pin = sha256((acme.out / "metadata" / "1.root.json").read_bytes()).hexdigest()
    text = f'[lists]\nsources = [{{url = "{acme.out.as_uri()}/", root = "sha256:{pin}"}}]\n'
    reader.write("home/.config/slopguard/slopguard.toml", text)


def shared(writer: Program, acme: Repository, *more: str) -> dict[str, object]:
    told = writer("watch", "export", "--lists", str(acme.layout.root), "--json", *more)
    assert told.rc == 0, told.err
    found = told.json
    assert isinstance(found, dict)
    return found


def test_what_one_machine_watches_is_refused_on_another_once_people_have_signed_it(
    writer: Program, reader: Program, acme: Repository
) -> None:
    acme.start()
    trusting(reader, acme)
    assert reader("lists", "sync").rc == 0
    (row,) = reader("ask", "--offline", "pypi:acme-magic", "--format", "json").json["results"]
    assert row["rule"] == "unverified"
    writer("watch", "import", "-", "-e", "pypi", "--source", "study", "--at", "2026-05-01", stdin="acme-magic\nother\n")
    assert shared(writer, acme)["added"] == 2
    assert acme.stage()["watch"] == "content"
    acme.sign("ci")
    acme.publish()
    assert reader("lists", "sync").rc == 0
    (row,) = reader("ask", "--offline", "pypi:acme-magic", "--format", "json").json["results"]
    watched = row["evidence"]["watch"]
    assert (row["verdict"], row["rule"]) == ("quarantine", "predicted")
    assert (watched["origin"], watched["source"], watched["rank"]) == ("imported", "study", 1)
    assert watched["predicted_at"].startswith("2026-05-01")
    assert not (reader.root / "data" / "watch.db").exists()


def test_the_file_is_made_anew_and_what_is_not_watched_any_more_goes(writer: Program, acme: Repository) -> None:
    writer("watch", "import", "-", "-e", "pypi", stdin="a\nb\nc\n")
    assert shared(writer, acme, "--limit", "3")["names"] == 3
    told = shared(writer, acme, "--limit", "1")
    assert (told["names"], told["added"], told["removed"]) == (1, 0, 2)
    assert [entry.name for entry in read_list(acme.layout.watch)] == ["a", "flask-auth-magic"]


def test_entries_of_people_stay_and_internal_names_are_left_out(writer: Program, acme: Repository) -> None:
    writer("watch", "add", "pypi:flask-auth-magic", "pypi:acme-pay-core", "npm:@acme-web/x", "pypi:mine")
    told = shared(writer, acme)
    assert (told["names"], told["covered"], told["internal"]) == (1, 1, 2)
    assert (acme.layout.watch / "pypi.toml").read_text().count("flask-auth-magic") == 1
    acme.stage()


def test_a_person_reads_what_was_written_and_what_to_do_next(writer: Program, acme: Repository) -> None:
    writer("watch", "add", "pypi:mine")
    told = writer("watch", "export", "--lists", str(acme.layout.root))
    assert told.out == (
        "watch/watched.tsv: 1 name, 1 added, 0 removed\n"
        "Next: slopguard lists build, slopguard lists sign, slopguard lists publish\n"
    )
    assert [(each.name, len(each.changes)) for each in diff(acme.layout) if each.name == "watch"] == [("watch", 2)]


def test_a_hundred_thousand_names_are_built_and_signed(acme: Repository) -> None:
    rows = "".join(
        f"pypi\tsome-name-{n:06d}\twatch\torigin=generated\tsource=embedded\trank={n + 1}\tat=2026-05-01\n"
        for n in range(100_000)
    )
    acme.write("watch/watched.tsv", rows)
    acme.stage(datetime.now(UTC).date())
    ceremony.sign(acme.layout, acme.keys["ci"])
    built = (acme.layout.bundles / "watch.tsv").read_text()
    assert built.count("\n") == 100_002
    assert "pypi\tsome-name-099999\twatch\torigin=generated\tsource=embedded\trank=100000\tat=2026-05-01\n" in built


# ---------------------------------------------------------------- files of rows in a repository of lists


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    (tmp_path / "watch").mkdir()
    (tmp_path / "lists.toml").write_text('name = "acme"\n')
    return Layout(tmp_path)


def test_rows_are_entries_and_entries_are_rows(layout: Layout) -> None:
    (layout.watch / "x.tsv").write_text(f"# made by a tool\n\n{ROW}\n")
    (entry,) = read_list(layout.watch)
    assert entry.key == ("watch", "pypi", "acme-magic")
    assert entry.more == {"origin": "generated", "source": "embedded", "rank": "1", "models": "2", "at": "2026-05-01"}
    assert generated.text_of([entry], "made by a tool\n") == f"# made by a tool\n{ROW}\n"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("pypi\tacme-magic", "is no watch row"),
        ("pypi\tacme-magic\tallow", "is no watch row"),
        ("cran\tacme-magic\twatch\torigin=imported\tsource=x", "is no watch row"),
        ("pypi\tAcme_Magic\twatch\torigin=imported\tsource=x", "write it 'acme-magic'"),
        ("pypi\ta b\twatch\torigin=imported\tsource=x", "not a name"),
        ("pypi\ta\twatch\tsource=x", "says no origin"),
        ("pypi\ta\twatch\torigin=imported", "says no origin"),
        ("pypi\ta\twatch\torigin=imported\tsource=x\tsource=y", "or one twice"),
        ("pypi\ta\twatch\torigin=imported\tsource=x\twhy=y", "not known"),
        ("pypi\ta\twatch\torigin=observed\tsource=x", 'must be "imported"'),
        ("pypi\ta\twatch\torigin=imported\tsource=a study", "must be a short name"),
        ("pypi\ta\twatch\torigin=imported\tsource=x\trank=01", "a number that is none"),
        ("pypi\ta\twatch\torigin=imported\tsource=x\trank=0", "a whole number from 1"),
        ("pypi\ta\twatch\torigin=imported\tsource=x\trank=\u0663", "a number that is none"),
        ("pypi\ta\twatch\torigin=imported\tsource=x\trank=9999999999", "a whole number from 1"),
        ("pypi\ta\twatch\torigin=imported\tsource=x\tat=soon", "a date that is none"),
    ],
)
def test_a_line_that_is_no_watch_row_is_an_error_that_names_it(layout: Layout, line: str, why: str) -> None:
    (layout.watch / "x.tsv").write_text(f"{ROW}\n{line}\n")
    with pytest.raises(InputError) as caught:
        read_list(layout.watch)
    assert str(caught.value).startswith("watch/x.tsv, line 2: ")
    assert why in str(caught.value)


def test_a_name_stands_once_whatever_the_form_of_the_file(layout: Layout) -> None:
    (layout.watch / "x.tsv").write_text(f"{ROW}\n")
    (layout.watch / "y.toml").write_text('[watch.pypi.acme-magic]\norigin = "imported"\nsource = "study"\n')
    with pytest.raises(InputError, match="stands in"):
        read_list(layout.watch)


def test_an_entry_is_taken_out_of_a_file_of_rows(layout: Layout) -> None:
    from slopguard.curation import edit
    from slopguard.curation.entries import ListEntry
    from slopguard.model import Ecosystem

    (layout.watch / "x.tsv").write_text(f"# made by a tool\n{ROW}\n{ROW.replace('acme-magic', 'acme-magic-two')}\n")
    assert edit.take_out(layout.watch, None, Ecosystem.PYPI, "acme-magic") == 1
    assert [entry.name for entry in read_list(layout.watch)] == ["acme-magic-two"]
    mine = ListEntry("watch", Ecosystem.PYPI, "acme-magic-two", more={"origin": "imported", "source": "me"})
    with pytest.raises(InputError, match="a tool wrote"):
        edit.put(layout.watch, mine)


def test_the_date_of_a_shared_row_is_one_that_lists_read_however_early_it_is(acme: Repository) -> None:
    acme.start()
    early = WatchRow("imported", "study", predicted_at=datetime(1, 1, 1, tzinfo=UTC))
    watching.write(watching.plan(acme.layout, [(Ecosystem.PYPI, "acme-a", early)]))
    found = {entry.name: entry.more["at"] for entry in read_list(acme.layout.watch) if "at" in entry.more}
    assert found["acme-a"] == "0001-01-01"
