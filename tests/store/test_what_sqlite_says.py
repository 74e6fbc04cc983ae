"""Whatever SQLite says of a damaged file, and in whatever bytes, is our one error."""

from __future__ import annotations

import sqlite3

import pytest

from slopguard.errors import StoreError
from slopguard.store.sqlite import reported


@pytest.mark.parametrize(
    "said",
    [sqlite3.DatabaseError("malformed"), OSError("gone"), UnicodeDecodeError("utf-8", b"\xe5", 0, 1, "a damaged page")],
)
def test_it_becomes_the_error_of_the_store(said: Exception) -> None:
    with pytest.raises(StoreError, match="the database cannot be read or written"), reported():
        raise said
