"""Whatever the entries: what is written is what is read, and an edit leaves everything else byte for byte."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from slopguard.curation import edit, sources, writing
from slopguard.curation.entries import ListEntry, rows_of
from slopguard.curation.statements import statements
from slopguard.lists.rows import Row
from tests.curation.samples import entries, several

FEW = settings(max_examples=40)


@given(entries())
def test_an_entry_is_read_as_it_was_written(entry: ListEntry) -> None:
    assert list(sources.parse(writing.block(entry), "x.toml")) == [entry]
    assert list(sources.parse(writing.generated([entry], "Made by a test"), "x.toml")) == [entry]


@FEW
@given(several, st.randoms())
def test_rows_do_not_depend_on_order_and_machines_read_them(found: list[ListEntry], chance: object) -> None:
    rows = list(rows_of(found))
    mixed = list(found)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert list(rows_of(mixed)) == rows == sorted(rows)
    for row in rows:
        read = Row.parse(row.encode("ascii"))
        assert "\n" not in row
        if read.kind == "deny":
            read.as_deny("list")
        if read.kind == "watch":
            read.as_watch()


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, list[ListEntry]]:
    """The text of a file as somebody may have written it, and what is in it."""
    found = draw(several)
    gap = st.sampled_from(["", "\n", "\n\n", "\n# A remark on nothing\n\n", "# Said of what follows\n"])
    pieces = [draw(st.sampled_from(["", "# Ours\n", "# Ours\n\n"]))]
    for entry in found:
        block = writing.block(entry)
        lines = block.splitlines(keepends=True)
        aside = draw(st.sampled_from(["", "  # beside"]))
        if not lines[-1].startswith("]"):
            lines[-1] = lines[-1].removesuffix("\n") + aside + "\n"
        pieces += [draw(gap), "".join(lines)]
    text = "".join(pieces)
    end = draw(st.sampled_from(["\n", "\r\n"]))
    return text.replace("\n", end), found


@FEW
@given(texts())
def test_the_statements_of_a_text_are_the_text(made: tuple[str, list[ListEntry]]) -> None:
    text, _ = made
    assert "".join(text[each.start : each.end] for each in statements(text)) == text


@FEW
@given(texts(), entries())
def test_putting_in_and_taking_out_leaves_the_file_as_it_was(
    made: tuple[str, list[ListEntry]], entry: ListEntry
) -> None:
    text, found = made
    if entry.key in {each.key for each in found}:
        return
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "common"
        path = folder / f"{entry.ecosystem.value}.toml"
        folder.mkdir()
        path.write_bytes(text.encode())
        assert edit.put(folder, entry) == path
        assert set(sources.located(folder)) == {entry.key, *(each.key for each in found)}
        assert text_less(path.read_bytes().decode(), writing.block(entry)) == "".join(text.split())
        assert edit.take_out(folder, entry.kind, entry.ecosystem, entry.name) == 1
        assert path.read_bytes().decode() == text


def text_less(text: str, block: str) -> str:
    """A text without its blanks and without one block."""
    return "".join(text.split()).replace("".join(block.split()), "", 1)


@FEW
@given(texts(), st.data())
def test_replacing_one_entry_leaves_the_others_as_they_are(
    made: tuple[str, list[ListEntry]], data: st.DataObject
) -> None:
    text, found = made
    if not found:
        return
    old = data.draw(st.sampled_from(found))
    drawn = data.draw(entries(old.kind))
    exact = drawn.versions if drawn.ecosystem is old.ecosystem else old.versions
    new = ListEntry(
        old.kind, old.ecosystem, old.name, exact, *(getattr(drawn, each) for each in ListEntry.__slots__[4:])
    )
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "common"
        folder.mkdir()
        path = folder / "all.toml"
        path.write_bytes(text.encode())
        edit.put(folder, new)
        after = path.read_bytes().decode()
        assert dict(sources.located(folder))[new.key][0] == new
        for other in found:
            if other is not old:
                assert writing.block(other).rstrip() in after.replace("\r\n", "\n")
        edit.put(folder, old)
        assert sources.located(folder)[old.key][0] == old


@given(st.text(max_size=300) | st.text(alphabet="[]{}.=\"'\n#abdeny pypi1,:", max_size=60))
def test_no_text_ends_in_anything_but_an_input_error(text: str) -> None:
    said = ""
    try:
        list(sources.parse(text, "x.toml"))
    except sources.InputError as why:
        said = str(why)
    assert said.isprintable()
