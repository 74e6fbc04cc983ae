"""The command `slopguard`: where a command line starts, and where every error becomes an exit code.

Invariants:

* A guarded client (`slopguard pip ...`) is on its way before anything heavy is imported; its arguments are passed on
  untouched, `--help` and `--version` included.
* Every error ends in the contract's code with one line on stderr; nothing unforeseen ends in 0, nor in Python's own 1,
  which would read as a block.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from slopguard import clients
from slopguard.errors import SlopguardError, UsageError
from slopguard.guard import outer

SELDOM = 200_000
"""Net allocations between two rounds of garbage collection: our commands are short, and at the default of 700 a
seventh of the time of one `ask` went into looking for garbage that is not there."""
INTERNAL_ERROR = SlopguardError.exit_code
INTERRUPTED = 130
BROKEN_PIPE = 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and give its exit code.

    Args:
        argv: the arguments after the command's name; those of this process if `None`.
    """
    gc.set_threshold(SELDOM)
    if None in (sys.stdin, sys.stdout, sys.stderr):
        _open_closed_streams()
    try:
        code = _dispatch(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
        return code
    except SlopguardError as error:
        return _failed(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return BROKEN_PIPE
    except Exception as error:  # the edge of the process: what nobody foresaw must end in 5, and never in 0 or 1
        if os.environ.get("SLOPGUARD_DEBUG"):
            raise
        return _failed(SlopguardError(f"internal error ({type(error).__name__})"))
    finally:
        gc.freeze()  # the interpreter's last collection would walk over everything that its end frees anyway: 30 ms


def _dispatch(args: list[str]) -> int:
    config, rest = _config_first(args)
    if rest and clients.plain(rest[0]):
        return _guarded(rest[0], rest[1:], config)
    net = rest[:2] == ["run", "--net"]
    if rest[:1] == ["run"] and (command := rest[1 + net :]) and (command[0] == "--" or not command[0].startswith("-")):
        command = command[1:] if command[0] == "--" else command
        if not command:
            raise UsageError("run needs a command after --", "For example: slopguard run -- make install")
        return _guarded("run", command, config, net=net)
    outer.take_back()  # below a guard: its gate is not the user's index
    if rest[:1] == ["ask"]:
        from slopguard.cli.plain import plain

        asked = plain(rest[1:], config)
        if asked is not None:
            from slopguard.cli.answering import answer

            return answer(asked)
    if rest[:1] == ["check"]:
        from slopguard.cli import check_line

        line = check_line.plain(rest[1:], config)
        if line is not None:
            return check_line.answer(line)
    from slopguard.cli.app import run

    return run(rest, config)


def _guarded(client: str, args: list[str], config: Path | None, *, net: bool = False) -> int:
    from slopguard.guard.run import main as guard

    return guard(client, args, config, net=net)


def _config_first(args: list[str]) -> tuple[Path | None, list[str]]:
    """`--config FILE` before the command, for all commands alike."""
    if args[:1] == ["--config"] and len(args) > 1:
        return Path(args[1]), args[2:]
    if args and args[0].startswith("--config="):
        return Path(args[0].removeprefix("--config=")), args[1:]
    return None, args


def _failed(error: SlopguardError) -> int:
    print(error.diagnosis(), file=sys.stderr)
    return error.exit_code


def _open_closed_streams() -> None:
    """A stream that our caller closed (`>&-`) leads nowhere, for the client as well; a file would take its number."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
            os.set_inheritable(number, True)
            setattr(sys, name, open(number, mode, closefd=False, encoding="utf-8"))  # noqa: SIM115 for all our life


def _forget_stdout() -> None:
    """Nobody reads any more: let the interpreter's last flush go nowhere instead of complaining."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
