"""A key on paper: what is typed is the key that was written, or the line with the mistake is named."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slopguard.errors import SigningError
from slopguard.signing.sheet import LINES, lines_of, page, read_line, seed_of

SEEDS = st.binary(min_size=32, max_size=32)
SEED = bytes(range(32))


@given(SEEDS)
def test_what_is_written_is_read_again(seed: bytes) -> None:
    assert seed_of(lines_of(seed)) == seed


@given(SEEDS, st.booleans(), st.booleans())
def test_it_may_be_typed_in_small_letters_without_numbers_and_spaces(seed: bytes, small: bool, bare: bool) -> None:
    lines = [line.lower() if small else line for line in lines_of(seed)]
    if bare:
        lines = [line[1:].replace(" ", "") for line in lines]
    assert seed_of([f"  {line} " for line in lines]) == seed


@given(SEEDS, st.integers(0, LINES - 1), st.integers(0, 19), st.sampled_from(string.ascii_uppercase + string.digits))
def test_any_one_wrong_character_is_found_and_its_line_named(seed: bytes, line: int, at: int, other: str) -> None:
    lines = list(lines_of(seed))
    places = [place for place, sign in enumerate(lines[line]) if sign != " "][1:]
    right = lines[line][places[at]]
    lines[line] = lines[line][: places[at]] + other + lines[line][places[at] + 1 :]
    if right == {"0": "O", "1": "I"}.get(other, other):
        assert seed_of(lines) == seed
        return
    with pytest.raises(SigningError, match=f"line {line + 1} of the sheet"):
        seed_of(lines)


@given(SEEDS, st.integers(0, LINES - 1), st.integers(0, 18))
def test_two_neighbours_in_the_wrong_order_are_found(seed: bytes, line: int, at: int) -> None:
    lines = list(lines_of(seed))
    text = lines[line][1:].replace(" ", "")
    swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if swapped != text:
        with pytest.raises(SigningError, match=f"line {line + 1} "):
            read_line(line + 1, swapped)


@given(st.text(max_size=60), st.integers(1, LINES))
def test_any_text_is_a_line_or_an_error(text: str, number: int) -> None:
    with pytest.raises(SigningError):
        read_line(number, text)


def test_lines_in_the_wrong_place_are_found() -> None:
    lines = list(lines_of(SEED))
    lines[0], lines[1] = lines[1][3:], lines[0][3:]
    with pytest.raises(SigningError, match="line 1 "):
        seed_of(lines)


def test_lines_of_two_sheets_make_no_key() -> None:
    one, other = lines_of(SEED), lines_of(bytes(32))
    with pytest.raises(SigningError, match="not of one sheet"):
        seed_of([*one[:2], *other[2:]])


@pytest.mark.parametrize("count", [0, 3, 5])
def test_a_sheet_has_four_lines(count: int) -> None:
    with pytest.raises(SigningError, match="4 lines"):
        seed_of((lines_of(SEED) * 2)[:count])


def test_the_page_says_what_it_is_and_how_to_use_it() -> None:
    text = "\n".join(page("ana", "ab" * 32, SEED))
    assert all(f"    {line}\n" in text for line in lines_of(SEED))
    assert "key 'ana', id abababababababab\n" in text
    assert text.endswith("slopguard keys new ana --from-sheet")
