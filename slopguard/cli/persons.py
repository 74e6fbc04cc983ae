"""A person at a terminal: who may be asked, and how they answer.

Invariants: only an answer typed at the controlling terminal after the question was shown counts, no flag, no pipe and
nothing typed ahead; an agent, a CI job and whatever an agent started are refused before anything is asked; a secret is
never echoed and the terminal is left as it was found.

What that is worth: a program with the account's own rights can hide where it comes from and open a terminal of its own.
It does not have the passphrase of the approval key, which is asked for as soon as the account has one (`prove`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING

from slopguard.config import Settings
from slopguard.config.actors import agent_ancestor, at_a_terminal, detect
from slopguard.errors import SigningError, UsageError, printable
from slopguard.model import Actor

if TYPE_CHECKING:
    from slopguard.signing.keys import KeyFolder, PublicKey

TERMINAL = Path("/dev/tty")
SHORTEST = 12
"""Characters of a passphrase."""
LONGEST = 512


def only_a_person(what: str, command: str) -> None:
    """Go on only if a person asks, and is there to be asked.

    Args:
        what: completes "only a person can ...".
        command: what the user would type; it is printed for an agent to pass on.

    Raises:
        UsageError: an agent, a CI job or something an agent started asks, or there is no terminal.
    """
    person = detect(os.environ, terminal=at_a_terminal()) is Actor.HUMAN
    if not person or not terminal_there() or agent_ancestor():
        raise UsageError(f"only a person can {what}, at a terminal", f"Ask the user to run: {command}")


def ask_yes(lines: Sequence[str], question: str = "Accept this?", refused: str = "nothing was accepted") -> None:
    """Show the lines and take a person's answer from the controlling terminal.

    Raises:
        UsageError: the answer is not `yes`.
    """
    tell(lines)
    if _asked(f"{question} Type yes: ").strip().lower() != "yes":
        raise UsageError(refused, "Type yes to agree")


def ask_line(prompt: str) -> str:
    """One line typed at the controlling terminal, shown as it is typed."""
    return _asked(prompt)


def ask_secret(prompt: str) -> str:
    """A secret typed at the controlling terminal, not shown.

    Raises:
        SigningError: nothing was typed, or no text.
    """
    secret = _asked(prompt, silent=True)
    if not secret or not secret.isprintable() or len(secret) > LONGEST:
        raise SigningError("that is no passphrase: nothing, or not plain text", "Type it at the terminal")
    return secret


def new_secret(what: str) -> str:
    """A new passphrase, typed twice.

    Args:
        what: completes "passphrase for ...".

    Raises:
        SigningError: it is too short, or the second is another one.
    """
    first = ask_secret(f"New passphrase for {what} (at least {SHORTEST} characters): ")
    if len(first) < SHORTEST or len(set(first)) < SHORTEST // 2:
        raise SigningError(
            f"the passphrase is too short: at least {SHORTEST} characters, not all alike", "Several words are best"
        )
    if ask_secret("The same again: ") != first:
        raise SigningError("the two passphrases differ", "Run it again")
    return first


def tell(lines: Sequence[str]) -> None:
    """Show lines on the controlling terminal, wherever standard output goes."""
    with TERMINAL.open("w", encoding="ascii", errors="backslashreplace") as out:
        out.write("".join(f"{printable(line)}\n" for line in lines))


def prove(settings: Settings, lines: Sequence[str], question: str = "Accept this?") -> None:
    """Let a person agree to what is shown: with the passphrase of the account's approval key if there is one.

    The key signs a challenge made now, and the signature is verified: nothing else than the key answers it.

    Raises:
        UsageError: there is no such key, and the answer is not `yes`.
        SigningError: the passphrase is wrong, or the key cannot be used.
    """
    key = approval_key(settings)
    if key is None:
        ask_yes(lines, question)
        return
    from slopguard.signing.envelope import opened, seal
    from slopguard.signing.signers import signer_for

    tell([*lines, question])
    challenge = os.urandom(32)
    sealed = seal(challenge, signer_for(key, key_folder(settings).folder, ask_for))
    if opened(sealed, [key.key]) != challenge:
        raise SigningError("the approval key signed something else")


def key_folder(settings: Settings) -> KeyFolder:
    """The keys of this account; a new one is in the ledger before it can be used."""
    from slopguard.signing.keys import KeyFolder
    from slopguard.store import acts

    def written_down(key: PublicKey) -> None:
        use = "approves" if key.approves else "machine" if key.machine else "signs"
        acts.record(settings, "keys", "made", use, f"key:{key.name}:{key.keyid}", f"slopguard keys new {key.name}")

    assert settings.user is not None  # `load` always sets it
    return KeyFolder(settings.user / "keys", written_down)


def approval_key(settings: Settings, name: str | None = None) -> PublicKey | None:
    """The account's approval key: the one of this name, else the first; `None` if the account has none.

    Raises:
        SigningError: there is none of this name, or it approves nothing; or no key approves and one cannot be read.
    """
    if name is None and not (settings.user and (settings.user / "keys").is_dir()):
        return None
    folder = key_folder(settings)
    keys = folder.approving()
    if name is None:
        if not keys:
            folder.all()  # one that cannot be read may be the approval key: its passphrase is not to be got around
        return keys[0] if keys else None
    found = next((key for key in keys if key.name == name), None)
    if found is None:
        raise SigningError(f"there is no approval key '{printable(name)}'")
    return found


def ask_for(what: str) -> str:
    """A secret by its name: what signers ask with (`PIN`, `passphrase of key 'ana'`)."""
    return ask_secret(f"{what[:1].upper()}{what[1:]}: ")


def _asked(prompt: str, *, silent: bool = False) -> str:
    """A line from the controlling terminal; what was typed before the prompt was shown is thrown away."""
    import termios  # not on Windows, where there is no such terminal and nobody gets here

    with (
        TERMINAL.open("w", encoding="ascii", errors="backslashreplace") as out,
        TERMINAL.open(encoding="utf-8", errors="surrogateescape") as answers,
        _unseen(out) if silent else nullcontext(),
    ):
        termios.tcflush(out, termios.TCIFLUSH)  # a "yes" pasted along with the command answers nothing
        out.write(printable(prompt))
        out.flush()
        return answers.readline().rstrip("\r\n")


@contextmanager
def _unseen(out: IO[str]) -> Iterator[None]:
    """The terminal without echo while the body runs; as it was afterwards, also after Ctrl-C."""
    import termios

    before = termios.tcgetattr(out)
    quiet = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
    termios.tcsetattr(out, termios.TCSAFLUSH, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(out, termios.TCSAFLUSH, before)
        out.write("\n")


def terminal_there() -> bool:
    """Whether this process has a controlling terminal."""
    try:
        os.close(os.open(TERMINAL, os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
