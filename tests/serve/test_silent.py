"""A connection on which nothing is asked is closed in time; one that is being answered is not."""

from __future__ import annotations

from slopguard.serve.silent import LONGEST, Silent


class Connection:
    """A transport, as far as it matters."""

    def __init__(self) -> None:
        self.closed = self.cut = False
        self.left = 0

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_write_buffer_size(self) -> int:
        return self.left

    def abort(self) -> None:
        self.cut = True


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def looked(silent: Silent, connection: Connection) -> bool:
    silent.close([connection, None])  # type: ignore[list-item]
    return connection.closed


def test_one_that_never_asks_is_closed() -> None:
    clock, connection = Clock(), Connection()
    silent = Silent(clock)
    assert not looked(silent, connection)
    clock.now = LONGEST + 1
    assert looked(silent, connection)


def test_one_that_is_answered_for_hours_is_not() -> None:
    clock, connection = Clock(), Connection()
    silent = Silent(clock)
    silent.asked(connection)  # type: ignore[arg-type]
    for clock.now in (0, LONGEST + 1, 10 * LONGEST):
        assert not looked(silent, connection)
    silent.answered(connection)  # type: ignore[arg-type]
    clock.now += LONGEST
    assert not looked(silent, connection)
    clock.now += 1
    assert looked(silent, connection)


def test_one_that_takes_nothing_of_what_was_sent_is_cut_off() -> None:
    clock, connection = Clock(), Connection()
    silent = Silent(clock)
    looked(silent, connection)
    for clock.now, connection.left in ((LONGEST + 1, 3), (2 * LONGEST, 2), (3 * LONGEST, 1), (4 * LONGEST, 1)):
        assert looked(silent, connection)
        assert not connection.cut  # somebody takes it, slowly
    clock.now += 1
    looked(silent, connection)
    assert connection.cut
